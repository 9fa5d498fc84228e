"""Serves a page that scrubs a campaign's shots with a fan: `python -m services.compositor.preview FOLDER`.

The page draws with the compositor's own player in the designer's browser. This program reads the folder, notices its
changes, runs the campaign's checks in a process of their own, and asks a renderer for the avatars. Until an avatar is
drawn a see-through figure stands in its place.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import logging
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from fancam.artifacts import ArtifactStore
from fancam.casting import Casting, Part
from fancam.errors import FancamError
from fancam.settings import ArtifactSettings
from services.compositor import job
from services.compositor.footage import BadFootage, unpack
from services.compositor.rehearsal import (
    NAMES,
    BadDocument,
    Fan,
    avatars,
    company,
    crowd,
    document,
    inside,
    page_file,
    short_footage,
    stand_in,
)
from services.compositor.service import PAGE, read_shot
from services.compositor.watch import changes

log = logging.getLogger(__name__)

BUNDLE = PAGE / "dist" / "preview"

KEPT_PASSES = 24
"""Passes held in memory; the renderer's store has the others."""

BEAT_S = 15.0
"""An event stream that is silent for this long says that it is still there."""

PAGE_FILES = {"": "index.html", "main.js": "main.js", "style.css": "style.css"}


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
    """All that the page is told."""

    folder: Path
    casting: Casting | None
    fans: list[Fan]
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
        shot = read_shot(document(self.folder, cut["shot"]))
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


# --------------------------------------------------------------------------------------------------------------------
# HTTP


def application(studio: Studio, *, hosts: list[str]) -> Starlette:
    """The preview's web server; everything on it is of this machine."""

    async def page(request: Request) -> Response:
        name = PAGE_FILES.get(request.path_params.get("name", ""))
        return FileResponse(BUNDLE / name, headers=HEADERS) if name else Response("no such page", 404)

    async def state(_: Request) -> Response:
        fans = [{"id": fan.id, "name": fan.name} for fan in studio.fans]
        return JSONResponse(
            {**studio.report, "folder": str(studio.folder), "fans": fans, "version": studio.version,
             "draws_fans": studio.casting is not None},
            headers=HEADERS,
        )  # fmt: skip

    async def rehearse(request: Request) -> Response:
        asked = request.query_params
        try:
            cut = studio.cut(asked["cut"])
            size = _even(studio.report["width"], asked), _even(studio.report["height"], asked)
            fan = next((fan for fan in studio.fans if fan.id == asked.get("fan")), studio.fans[0])
            fan = Fan(fan.id, asked.get("name") or fan.name, fan.recipe)
            return JSONResponse(await asyncio.to_thread(studio.rehearse, cut, fan, *size), headers=HEADERS)
        except KeyError as error:
            return _fault("NotFound", "", {"": f"there is no {error}"}, 404)
        except BadDocument as error:
            return _fault("BadDocument", cut["shot"], {"": str(error)})
        except job.Refused as error:
            return _fault(type(error).__name__, cut["shot"], error.faults)

    async def file(request: Request) -> Response:
        try:
            kind, path = request.path_params["kind"], request.path_params["path"]
            data = await asyncio.to_thread(page_file, studio.folder, kind, path)
        except (BadDocument, BadFootage) as error:
            return _fault(type(error).__name__, path, {"": str(error)}, 404)
        return Response(data, media_type="application/octet-stream", headers=HEADERS)

    async def sound(request: Request) -> Response:
        try:
            return FileResponse(inside(studio.folder, request.path_params["path"]), headers=HEADERS)
        except BadDocument as error:
            return _fault("BadDocument", request.path_params["path"], {"": str(error)}, 404)

    async def drawn(request: Request) -> Response:
        try:
            data = await asyncio.to_thread(studio.packets, request.path_params["key"])
        except KeyError:
            return _fault("NotFound", "", {"": "nobody asked for this pass"}, 404)
        return Response(data, media_type="application/octet-stream", headers=HEADERS)

    async def events(_: Request) -> Response:
        return StreamingResponse(studio.listen(), media_type="text/event-stream", headers=HEADERS)

    async def lot(_: Request) -> Response:
        fan = crowd(1, seed=secrets.randbelow(1_000_000))[0]
        studio.fans.append(Fan(fan.id, NAMES[len(studio.fans) % len(NAMES)], fan.recipe))
        return JSONResponse({"id": fan.id, "name": studio.fans[-1].name}, headers=HEADERS)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work()) for work in (studio.follow, studio.check, studio.draw)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return Starlette(
        routes=[
            Route("/state", state),
            Route("/rehearse", rehearse),
            Route("/events", events),
            Route("/lot", lot, methods=["POST"]),
            Route("/file/{kind}/{path:path}", file),
            Route("/sound/{path:path}", sound),
            Route("/pass/{key}", drawn),
            Route("/", page),
            Route("/{name}", page),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        lifespan=lifespan,
    )


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self' blob: data:",
    "X-Content-Type-Options": "nosniff",
}


def _even(pixels: int, asked: Mapping[str, str]) -> int:
    """Pixels at the scale that is asked for, even as pictures in 4:2:0 are."""
    try:
        scale = min(1.0, max(0.05, float(asked.get("scale", "1"))))
    except ValueError:
        scale = 1.0
    return max(16, 2 * round(pixels * scale / 2))


def _fault(name: str, file: str, faults: Mapping[str, str], status: int = 422) -> Response:
    listed = [{"where": where, "why": why} for where, why in faults.items()]
    return JSONResponse({"error": {"name": name, "file": file, "faults": listed}}, status, HEADERS)


def main() -> None:
    """Serve the folder named on the command line until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Scrub a campaign's shots in a browser.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=7120, help="of the page; 0 takes a free one")
    parser.add_argument("--renderer", default="", help="address of a renderer; without one, figures stand in for fans")
    told = parser.parse_args()
    casting = None
    if told.renderer:
        store = ArtifactStore(ArtifactSettings.load())
        casting = Casting(told.folder, artifacts=store, renderer=told.renderer)
    studio = Studio(told.folder, casting, company(told.folder))
    config = uvicorn.Config(
        application(studio, hosts=["127.0.0.1", "localhost"]),
        host="127.0.0.1", port=told.port, log_level="warning", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config)
    server.run()


class _Server(uvicorn.Server):
    """Says where it is as soon as it serves."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"preview at http://127.0.0.1:{port}/\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
