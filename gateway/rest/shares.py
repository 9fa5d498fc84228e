"""Shared films over REST, and the page on which whoever has the address sees one.

The page is one document without a script. It says where film and picture are in the words that messengers and networks
read for their previews (Open Graph), and that no search engine may list it.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath

from fancam.errors import InvalidRequest, Missing
from fancam.v1.media_pb2 import Artifact
from gateway.memory.shares import Share
from gateway.rest.access import DoorOf, Fan, Operator
from gateway.rest.files import described, serve
from gateway.rest.problems import RESPONSES
from gateway.rest.schema import NewShare, ShareView
from gateway.rest.views import time_of

FILES = Path(__file__).parents[1] / "share"

HEADERS = {
    # A share that was taken back is shown no more, from nowhere.
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, noarchive",
}

DESCRIPTION = "A fan is in this music video, and sings in it."


@dataclass(frozen=True)
class Pages:
    """Where the pages of shared films lie, and where they lead.

    Attributes:
        public: Origin of every address; empty for the one that each request came to.
        make_yours: Address of a campaign's own page, with `{campaign}` for its id; empty for none.
    """

    public: str = ""
    make_yours: str = ""

    def address(self, request: Request, share: Share) -> str:
        """Where a shared film is seen."""
        return f"{self.public or str(request.base_url).rstrip('/')}/f/{share.code}"

    def text(self, request: Request, share: Share) -> str:
        """The page."""
        yours = self.make_yours.replace("{campaign}", quote(share.campaign, safe=""))
        filled = {
            "title": share.title or share.campaign,
            "description": DESCRIPTION,
            "address": self.address(request, share),
            "code": share.code,
            "width": str(share.width),
            "height": str(share.height),
            "until": f"{time_of(share.expires_ns):%-d %B %Y}",
        }
        told = {name: html.escape(text) for name, text in filled.items()}
        told["make_yours"] = f'<a href="{html.escape(yours)}">Make yours</a>' if yours else ""
        return Template((FILES / "page.html").read_text()).substitute(told)


def _pages(request: Request) -> Pages:
    return cast(Pages, request.app.state.pages)


PagesOf = Annotated[Pages, Depends(_pages)]
Code = Annotated[str, InPath(max_length=64, description="What the address of a shared film ends in.")]

router = APIRouter(prefix="/v1", tags=["sharing"], responses=RESPONSES)
page = APIRouter(include_in_schema=False)


@router.post("/sessions/{session}/share")
async def share_film(request: Request, door: DoorOf, pages: PagesOf, session: Fan, body: NewShare) -> ShareView:
    """Show the finished film to whoever has its address, for `share_days`; asked again, it is the same address."""
    if not body.consent:
        message = "the fan has to agree before others may see the film"
        raise InvalidRequest(message, reason="CONSENT_MISSING", fields={"consent": message})
    known = await door.sessions.load(session)
    pressing = await door.read_pressing(Artifact.FromString(known.pressing))
    return _view(request, pages, await door.sharing.share(known, pressing))


@router.get("/sessions/{session}/share")
async def get_share(request: Request, door: DoorOf, pages: PagesOf, session: Fan) -> ShareView:
    """Where the film is shown and how long; also after the session's own time."""
    return _view(request, pages, await door.sharing.of_session(session))


@router.delete("/sessions/{session}/share", status_code=204)
async def take_share_back(door: DoorOf, session: Fan) -> None:
    """Show the film to nobody any more, and delete its copy; also after the session's own time."""
    await door.sharing.take_back(session)


@router.delete("/shares/{code}", status_code=204, dependencies=[Operator])
async def take_share_down(door: DoorOf, code: Code) -> None:
    """The same for operators, by the end of the page's address."""
    await door.sharing.take_down(code)


@page.get("/f/style.css")
async def get_style() -> Response:
    """What the pages look like."""
    return Response((FILES / "style.css").read_text(), headers={"Cache-Control": "max-age=3600"}, media_type="text/css")


@page.get("/f/{code}")
@page.head("/f/{code}")
async def get_page(request: Request, door: DoorOf, pages: PagesOf, code: Code) -> Response:
    """The film, for whoever has its address."""
    try:
        text = pages.text(request, await door.sharing.by_code(code))
    except Missing:
        return Response((FILES / "gone.html").read_text(), status_code=404, headers=HEADERS, media_type="text/html")
    return Response(text, headers=HEADERS, media_type="text/html")


@page.get("/f/{code}/film.mp4", **described("video/mp4"))
@page.head("/f/{code}/film.mp4")
async def get_shared_film(request: Request, door: DoorOf, code: Code) -> Response:
    """The film itself, whole or in ranges."""
    share = await door.sharing.by_code(code)
    return _served(request, door, share.film, f"fancam-{share.campaign}.mp4")


@page.get("/f/{code}/poster.jpg", **described("image/jpeg"))
@page.head("/f/{code}/poster.jpg")
async def get_shared_poster(request: Request, door: DoorOf, code: Code) -> Response:
    """A picture of it."""
    share = await door.sharing.by_code(code)
    return _served(request, door, share.poster, f"fancam-{share.campaign}.jpg")


def _served(request: Request, door: DoorOf, artifact: bytes, filename: str) -> Response:
    answer = serve(request, door, Artifact.FromString(artifact), filename)
    answer.headers.update({name: HEADERS[name] for name in ("Cache-Control", "X-Robots-Tag")})
    return answer


def _view(request: Request, pages: Pages, share: Share) -> ShareView:
    return ShareView(url=pages.address(request, share), expires=time_of(share.expires_ns))
