"""Notices changed files of a folder, by their times and sizes: no library, and network folders work too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

POLL_S = 0.25
"""How often the folder is looked at; a campaign's few hundred files take about a millisecond."""

Stamps = Mapping[str, tuple[int, int]]
"""When each file was changed last, in nanoseconds, and how many bytes it has."""

QUIET = ("source", "__pycache__")
"""Folders that no service reads."""


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file that may matter, by its path inside the folder."""
    found = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part in QUIET for part in parts):
            continue
        try:
            seen = path.stat()
        except OSError:  # deleted between two looks
            continue
        if path.is_file():
            found["/".join(parts)] = (seen.st_mtime_ns, seen.st_size)
    return found


def changed(before: Stamps, after: Stamps) -> list[str]:
    """Paths that are new, gone or different."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


async def changes(folder: Path, poll_s: float = POLL_S) -> AsyncIterator[list[str]]:
    """Changed paths, again and again. Editors write in steps, so a change is told when the folder is still."""
    known = told = await asyncio.to_thread(stamps, folder)
    while True:
        await asyncio.sleep(poll_s)
        now = await asyncio.to_thread(stamps, folder)
        if now == known and now != told:
            yield changed(told, now)
            told = now
        known = now
