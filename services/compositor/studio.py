"""A designer's studio: one campaign's folder followed, checked, rehearsed, and its avatars drawn. Knows no HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fancam.casting import Casting, Part
from fancam.errors import FancamError
from services.compositor import job
from services.compositor.footage import BadFootage, unpack
from services.compositor.rehearsal import Fan, avatars, document, short_footage, stand_in
from services.compositor.watch import changes

KEPT_PASSES = 24
"""Passes held in memory; the renderer's store has the others."""

BEAT_S = 15.0
"""An event stream that is silent for this long says that it is still there."""


@dataclass
class Take:
    """One avatar of one cut: asked for, being drawn, or drawn."""

    part: Part
    fraction: float = 0.0
    fault: str = ""
    packets: bytes | None = None
    region: job.Region | None = None


@dataclass
class Studio:
    """All that the page is told.

    Attributes:
        folder: The campaign.
        casting: Has avatars drawn; without one, figures stand in for fans.
        fans: Whom cuts are rehearsed with.
        read_shot: From a shot's document to what the player is told, checked as a request is.
    """

    folder: Path
    casting: Casting | None
    fans: list[Fan]
    read_shot: Callable[[object], job.Json]
    report: dict[str, Any] = field(default_factory=lambda: {"faults": [], "losses": [], "cuts": []})
    """What the last check said; its cuts are the last ones that could be read."""
    takes: dict[str, Take] = field(default_factory=dict)
    version: int = 0
    """Counts changes of the folder."""
    _wanted: list[str] = field(default_factory=list)
    _listeners: set[asyncio.Queue[dict[str, Any]]] = field(default_factory=set)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _unchecked: asyncio.Event = field(default_factory=asyncio.Event)

    # What pages listen to

    def tell(self, kind: str, **more: Any) -> None:
        """Say something to every page."""
        for listener in self._listeners:
            listener.put_nowait({"kind": kind, **more})

    async def listen(self) -> AsyncIterator[str]:
        """Server-sent events for one page."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield f"data: {json.dumps({'kind': 'hello', 'version': self.version})}\n\n"
            while True:
                try:
                    yield f"data: {json.dumps(await asyncio.wait_for(queue.get(), BEAT_S))}\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._listeners.discard(queue)

    # The folder

    async def follow(self) -> None:
        """Tell pages of changed files for ever."""
        async for paths in changes(self.folder):
            self.version += 1
            self._unchecked.set()
            self.tell("changed", version=self.version, paths=paths)

    async def check(self) -> None:
        """Check the campaign now and after each change, in a warm process of the assembler's."""
        checker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.assembler.check", str(self.folder), "--follow"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 * 1024**2,
        )
        assert checker.stdin is not None
        assert checker.stdout is not None
        try:
            while line := await checker.stdout.readline():
                told = json.loads(line)
                self.report |= _with_known_cuts(told, self.report["cuts"])
                self.tell("checked", faults=len(told["faults"]))
                await self._unchecked.wait()
                self._unchecked.clear()
                checker.stdin.write(b"\n")
                await checker.stdin.drain()
        finally:
            with contextlib.suppress(ProcessLookupError):
                checker.kill()
            await checker.wait()

    # One cut

    def cut(self, wanted: str) -> dict[str, Any]:
        """The cut of that id; KeyError when there is none."""
        found: dict[str, Any] = {cut["id"]: cut for cut in self.report["cuts"]}[wanted]
        return found

    def rehearse(self, cut: Mapping[str, Any], fan: Fan, width: int, height: int) -> dict[str, Any]:
        """What the page loads for a cut: the compositor's own job, and where the files lie.

        Raises:
            BadDocument: The shot cannot be read.
            job.Refused: It cannot be played; says which field.
        """
        shot = self.read_shot(document(self.folder, cut["shot"]))
        first, frames = cut["first_frame"], cut["frames"]
        wanted = job.wanted_files(shot, first, frames)
        faults = short_footage(self.folder, wanted)
        if faults:
            raise job.ShotInvalid(faults)
        files = {f"{want.kind}:{want.path}": f"file/{want.kind}/{want.path}?v={self.version}" for want in wanted}
        regions = {}
        passes = []
        self._wanted.clear()
        for avatar, slot in avatars(shot):
            own = slot.get("recipe", "")
            recipe = document(self.folder, own) if own else fan.recipe
            part = Part(recipe, slot.get("staging", {}), cut["start_frame"], first, frames, width, height)  # type: ignore[arg-type]
            key = _key(part)
            take = self.takes.setdefault(key, Take(part))
            ready = take.packets is not None
            if not ready:
                self._wanted.append(key)
            regions[avatar] = take.region or job.Region(0, 0, width, height, frames, (width, height))
            files[f"pass:{avatar}"] = f"pass/{key}?{'drawn' if ready else 'stand-in'}"
            passes.append({"layer": avatar, "fan": not own, "ready": ready, "key": key, "fault": take.fault})
        self._work.set()
        told = job.page_job(shot, width=width, height=height, name=fan.name, passes=regions)
        return {"job": told, "files": files, "passes": passes, "cut": dict(cut), "version": self.version}

    # Avatars

    def packets(self, key: str) -> bytes:
        """The pass as the page reads it, or what stands in for it; KeyError when nobody asked for it."""
        take = self.takes[key]
        part = take.part
        return take.packets or stand_in(part.width, part.height, part.frames, part.shot_first_frame)

    async def draw(self) -> None:
        """Draw what pages wait for, one avatar after another; what nobody waits for any more is left out."""
        while self.casting is not None:
            await self._work.wait()
            self._work.clear()
            while self._wanted:
                key = self._wanted.pop(0)
                take = self.takes[key]
                if take.packets is None and not take.fault:
                    await self._draw(self.casting, key, take)
            for old in [key for key, take in self.takes.items() if take.packets is not None][:-KEPT_PASSES]:
                del self.takes[old]

    async def _draw(self, casting: Casting, key: str, take: Take) -> None:
        def told(fraction: float, message: str) -> None:
            take.fraction = fraction
            self.tell("drawing", key=key, fraction=round(fraction, 3), message=message)

        try:
            drawn = await casting.draw(take.part, told)
            packets = await asyncio.to_thread(unpack, "the pass", drawn.clip, first_frame=take.part.shot_first_frame)
        except (FancamError, BadFootage, OSError) as error:
            take.fault = str(error)
            self.tell("drawn", key=key, fault=take.fault)
            return
        take.packets = packets.data
        take.region = job.Region(drawn.left, drawn.top, drawn.width, drawn.height, take.part.frames, drawn.composition)
        self.tell("drawn", key=key, fault="")


def _with_known_cuts(told: dict[str, Any], known: list[dict[str, Any]]) -> dict[str, Any]:
    """What a check told, with the last known length of cuts whose shot cannot be read just now."""
    if "cuts" not in told:
        return told
    found = {cut["id"]: cut for cut in known} | {cut["id"]: cut for cut in told["cuts"]}
    return {**told, "cuts": [found[name] for name in told["named"] if name in found]}


def _key(part: Part) -> str:
    return hashlib.sha256(json.dumps(asdict(part), sort_keys=True).encode()).hexdigest()[:24]
