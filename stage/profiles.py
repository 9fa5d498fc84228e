"""Folders for Chrome's profiles, in memory where there is room: its rings lie in them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

ROOM_BYTES = 256 * 1024 * 1024
"""Memory-backed room that a profile with its rings wants; with less the profile lies on disk."""

PROFILE = "fancam-chrome-"
"""How the folders of profiles begin; the number of their process follows."""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it, with an unguessable name

_in_use: set[Path] = set()
"""Profiles of this process that are in use."""


def make_profile() -> Path:
    """An empty folder for Chrome's profile; folders left by processes that were killed are deleted first."""
    room = _memory_backed() or Path(tempfile.gettempdir())
    for old in room.glob(f"{PROFILE}*"):
        owner = old.name.removeprefix(PROFILE).split("-")[0]
        # A new process may have the number of the one that was killed: the first in a container always has.
        dead = owner.isdecimal() and (owner == str(os.getpid()) or not Path("/proc", owner).exists())
        if dead and old not in _in_use:
            shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{PROFILE}{os.getpid()}-", dir=room))
    _in_use.add(made)
    return made


def drop_profile(profile: Path) -> None:
    """Delete a profile that Chrome has left."""
    shutil.rmtree(profile, ignore_errors=True)
    _in_use.discard(profile)


def _memory_backed() -> Path | None:
    """Memory-backed folder for profiles, as rings on a disk would be written to it. None: the usual place."""
    try:
        room = os.statvfs(SHARED_MEMORY)
    except OSError:
        return None
    writable = os.access(SHARED_MEMORY, os.W_OK)
    return SHARED_MEMORY if writable and room.f_bavail * room.f_frsize >= ROOM_BYTES else None
