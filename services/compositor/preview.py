"""Serves a page that scrubs a campaign's shots with a fan: `python -m services.compositor.preview FOLDER`.

The page draws with the compositor's own player in the designer's browser. This program reads the folder, notices its
changes, runs the campaign's checks in a process of their own, and asks a renderer for the avatars. Until an avatar is
drawn a see-through figure stands in its place.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from fancam.casting import Casting
from fancam.settings import ArtifactSettings
from services.compositor import job
from services.compositor.footage import BadFootage
from services.compositor.rehearsal import NAMES, BadDocument, Fan, company, crowd, inside, page_file
from services.compositor.service import PAGE, read_shot
from services.compositor.studio import Studio

BUNDLE = PAGE / "dist" / "preview"

PAGE_FILES = {"": "index.html", "main.js": "main.js", "style.css": "style.css"}

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self' blob: data:",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Site:
    """What the preview's page may ask for, a method for each."""

    studio: Studio

    async def page(self, request: Request) -> Response:
        """The page's own files."""
        name = PAGE_FILES.get(request.path_params.get("name", ""))
        return FileResponse(BUNDLE / name, headers=HEADERS) if name else Response("no such page", 404)

    async def state(self, _: Request) -> Response:
        """The campaign as it was last checked, and its fans."""
        fans = [{"id": fan.id, "name": fan.name} for fan in self.studio.fans]
        told = {"folder": str(self.studio.folder), "fans": fans, "version": self.studio.version}
        drawn = {"draws_fans": self.studio.casting is not None}
        return JSONResponse({**self.studio.report, **told, **drawn}, headers=HEADERS)

    async def rehearse(self, request: Request) -> Response:
        """One cut with one fan, as the player is told it."""
        asked, studio = request.query_params, self.studio
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

    async def file(self, request: Request) -> Response:
        """A file of the campaign, as the player reads it."""
        try:
            kind, path = request.path_params["kind"], request.path_params["path"]
            data = await asyncio.to_thread(page_file, self.studio.folder, kind, path)
        except (BadDocument, BadFootage) as error:
            return _fault(type(error).__name__, path, {"": str(error)}, 404)
        return Response(data, media_type="application/octet-stream", headers=HEADERS)

    async def sound(self, request: Request) -> Response:
        """A stem of the song, as it is."""
        try:
            return FileResponse(inside(self.studio.folder, request.path_params["path"]), headers=HEADERS)
        except BadDocument as error:
            return _fault("BadDocument", request.path_params["path"], {"": str(error)}, 404)

    async def drawn(self, request: Request) -> Response:
        """An avatar's pass, or what stands in for it until it is drawn."""
        try:
            data = await asyncio.to_thread(self.studio.packets, request.path_params["key"])
        except KeyError:
            return _fault("NotFound", "", {"": "nobody asked for this pass"}, 404)
        return Response(data, media_type="application/octet-stream", headers=HEADERS)

    async def events(self, _: Request) -> Response:
        """What changes from now on."""
        return StreamingResponse(self.studio.listen(), media_type="text/event-stream", headers=HEADERS)

    async def lot(self, _: Request) -> Response:
        """One more fan, drawn by lot."""
        fans = self.studio.fans
        fan = crowd(1, seed=secrets.randbelow(1_000_000))[0]
        fans.append(Fan(fan.id, NAMES[len(fans) % len(NAMES)], fan.recipe))
        return JSONResponse({"id": fan.id, "name": fans[-1].name}, headers=HEADERS)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """The studio works for as long as the page is served."""
        tasks = [asyncio.create_task(work()) for work in (self.studio.follow, self.studio.check, self.studio.draw)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def application(studio: Studio, *, hosts: list[str]) -> Starlette:
    """The preview's web server; everything on it is of this machine."""
    site = Site(studio)
    return Starlette(
        routes=[
            Route("/state", site.state),
            Route("/rehearse", site.rehearse),
            Route("/events", site.events),
            Route("/lot", site.lot, methods=["POST"]),
            Route("/file/{kind}/{path:path}", site.file),
            Route("/sound/{path:path}", site.sound),
            Route("/pass/{key}", site.drawn),
            Route("/", site.page),
            Route("/{name}", site.page),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        lifespan=site.lifespan,
    )


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
    studio = Studio(told.folder, casting, company(told.folder), read_shot)
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
