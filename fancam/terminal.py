"""What commands show: a console, bars that say how far things are, and failures in a line in place of a traceback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from fancam.errors import FancamError
from fancam.settings import WrongSetting

console = Console()

OUT = Path("out")
"""Where everything goes that a command makes."""

QUIET_S = 10.0
"""Where there is no terminal, a stage that goes on says so this often."""


class Board:
    """Bars per stage on a terminal; elsewhere a line whenever something is done, and one now and then."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[message]}", style="dim"),
            console=console,
            refresh_per_second=8,
            disable=not console.is_terminal,
        )
        self._shown: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}
        self._began = time.monotonic()

    def __enter__(self) -> Board:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def tell(self, stage: str, fraction: float, message: str) -> None:
        """Show how far a stage is."""
        if stage not in self._shown:
            self._shown[stage] = self._bars.add_task(stage, total=1.0, message="")
        self._bars.update(self._shown[stage], completed=fraction, message=message)
        now = time.monotonic()
        if not console.is_terminal and (fraction >= 1 or now - self._said.get(stage, 0.0) > QUIET_S):
            self._said[stage] = now
            line = f"{now - self._began:6.1f} s  {stage:>10} {100 * fraction:3.0f} %  {message}"
            console.print(line, highlight=False, soft_wrap=True)


def room_for(folder: Path) -> None:
    """Make a folder for results, or say why there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        console.print(f"[red]{escape(str(error.filename))}: {escape(error.strerror or '')}[/]", highlight=False)
        raise typer.Exit(1) from None


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command; failures of the mesh are told in a few words, not as a traceback."""
    from fancam.client import Refused

    try:
        asyncio.run(work)
    except (FancamError, Refused, WrongSetting, OSError) as error:
        said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        console.print(f"[red]{escape(said)}[/]", highlight=False)
        for field, detail in getattr(error, "fields", {}).items():
            # What is wrong with the only field is the message itself.
            if detail != str(error):
                console.print(f"  [bold]{escape(field)}[/]: {escape(detail)}", highlight=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
