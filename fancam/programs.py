"""Running other programs of ours from a command: to their end, or until somebody ends us."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import typer


def module(name: str, *arguments: str | Path) -> None:
    """Run a module of ours in this terminal, and end as it ends."""
    raise typer.Exit(call([sys.executable, "-m", name, *map(str, arguments)]))


def program(*arguments: str | Path) -> None:
    """Run a Python program to its end, without what it prints; why it failed stands on standard error."""
    if status := call([sys.executable, *map(str, arguments)], stdout=subprocess.DEVNULL):
        raise typer.Exit(status)


def call(command: list[str], given: bytes | None = None, *, stdout: int | None = None) -> int:
    """Run a program of ours in this terminal; gives its status.

    It stands in a process group of its own, so that Ctrl-C reaches us alone: it is told to end, and says nothing more.
    """
    told = False
    child: subprocess.Popen[bytes] | None = None

    def end(*_: object) -> None:
        nonlocal told
        told = True
        if child is not None:
            child.terminate()

    # An exception could come while the program is being started, and leave it alone.
    before = signal.signal(signal.SIGINT, end)
    try:
        child = subprocess.Popen(
            command, stdin=None if given is None else subprocess.PIPE, stdout=stdout, process_group=0
        )
        if told:
            child.terminate()
        child.communicate(given)
    finally:
        signal.signal(signal.SIGINT, before)
    if told:
        raise typer.Exit(130)
    return child.returncode


async def until_told() -> None:
    """Wait for Ctrl-C, or for whoever ends us."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)


async def program_until_told(command: list[str]) -> None:
    """Run a program of ours until it ends or somebody ends us."""
    told = asyncio.ensure_future(until_told())
    # From now on Ctrl-C is heard: it could come while the program is being started, and leave it alone.
    await asyncio.sleep(0)
    child = await asyncio.create_subprocess_exec(*command)
    ended = asyncio.ensure_future(child.wait())
    await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not ended.done():
        child.terminate()
    if await ended > 0:
        raise typer.Exit(await ended)  # it has said why
