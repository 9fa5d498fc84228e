"""What a fan takes home over REST: the film in its shapes, poster, fan-kit and recipe."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from google.protobuf.json_format import MessageToDict

from fancam.errors import Missing
from fancam.v1.assembler_pb2 import AssembleResult
from fancam.v1.recognition_pb2 import RecogniseResult
from gateway.memory.session import Session
from gateway.rest.access import DoorOf, Reader
from gateway.rest.files import described, serve
from gateway.rest.problems import RESPONSES
from gateway.rest.schema import FanKitItem
from gateway.rest.views import link, stills_of

_KIT = ("image/jpeg", "image/webp", "application/pdf", "application/zip")
"""What a fan-kit holds."""

_SUFFIXES = {
    "image/png": ".png",
    "image/webp": ".webp",
    "image/jpeg": ".jpg",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
}

router = APIRouter(prefix="/v1", responses=RESPONSES)


@router.get("/sessions/{session}/film", tags=["results"], **described("video/mp4"))
@router.head("/sessions/{session}/film", tags=["results"], operation_id="head_film", response_class=Response)
async def get_film(request: Request, door: DoorOf, session: Reader) -> Response:
    """The film, MP4 with fast start. Byte ranges are served; the ETag is the film's hash."""
    known = await door.sessions.load(session)
    return serve(request, door, _assembled(known).film, f"fancam-{known.campaign}.mp4")


@router.get("/sessions/{session}/outputs/{output}", tags=["results"], **described("video/mp4"))
@router.head("/sessions/{session}/outputs/{output}", include_in_schema=False)
async def get_output(request: Request, door: DoorOf, session: Reader, output: str) -> Response:
    """The film in another shape or size that its campaign wants, for example `square`."""
    known = await door.sessions.load(session)
    made = known.results.get(f"assemble:{output}")
    if made is None:
        plan = await door.orchestra.plan(known)
        raise _not_there(known, f"output {output!r}", "OUTPUT_UNKNOWN", expected=f"assemble:{output}" in plan.tasks)
    film = AssembleResult.FromString(made.value).film
    return serve(request, door, film, f"fancam-{known.campaign}-{output}.mp4")


@router.get("/sessions/{session}/poster", tags=["results"], **described("image/jpeg"))
@router.head("/sessions/{session}/poster", include_in_schema=False)
async def get_poster(request: Request, door: DoorOf, session: Reader) -> Response:
    """A JPEG of the film's first personal moment."""
    known = await door.sessions.load(session)
    return serve(request, door, _assembled(known).poster, f"fancam-{known.campaign}.jpg")


@router.get("/sessions/{session}/fan-kit", tags=["results"])
async def list_fan_kit(door: DoorOf, session: Reader) -> list[FanKitItem]:
    """List the stills and stickers that are ready."""
    known = await door.sessions.load(session)
    return [
        FanKitItem(
            id=id_, media_type=item.media_type, size_bytes=item.size_bytes, url=link(door, known, f"fan-kit/{id_}")
        )
        for id_, item in sorted(stills_of(known).items())
    ]


@router.get("/sessions/{session}/fan-kit/{item}", tags=["results"], **described(*_KIT))
@router.head("/sessions/{session}/fan-kit/{item}", include_in_schema=False)
async def get_fan_kit_item(request: Request, door: DoorOf, session: Reader, item: str) -> Response:
    """One still (JPEG), sticker (WebP with transparency), photocard (PDF), or `sticker-packs`, a ZIP for messengers."""
    known = await door.sessions.load(session)
    stills = stills_of(known)
    if item not in stills:
        raise _not_there(
            known, f"{item!r} in the fan-kit", "FAN_KIT_ITEM_UNKNOWN", expected="stills" not in known.results
        )
    return serve(request, door, stills[item], item + _SUFFIXES.get(stills[item].media_type, ""))


@router.get("/sessions/{session}/recipe", tags=["results"])
async def get_recipe(door: DoorOf, session: Reader) -> dict[str, Any]:
    """The avatar's recipe and the traits it was chosen by: parts, colours and ratios, no pixel."""
    known = await door.sessions.load(session)
    made = known.results.get("recognise")
    if made is None:
        raise _not_there(known, "recipe", "RECIPE_NOT_READY")
    result = RecogniseResult.FromString(made.value)
    return {
        "recipe": MessageToDict(result.recipe, preserving_proto_field_name=True),
        "traits": MessageToDict(result.traits, preserving_proto_field_name=True).get("traits", []),
    }


def _assembled(known: Session) -> AssembleResult:
    made = known.results.get("assemble")
    if made is None:
        raise _not_there(known, "film", "FILM_NOT_READY")
    return AssembleResult.FromString(made.value)


def _not_there(known: Session, what: str, reason: str, *, expected: bool = True) -> Missing:
    """What somebody asks for who may come again, unless the session has ended or the thing is none that is made."""
    if known.ended or not expected:
        return Missing(f"there is no {what}, and none will come", reason=reason)
    return Missing(f"there is no {what} yet", reason=reason, retry_after_s=2.0)
