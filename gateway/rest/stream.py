"""A film that plays while it is made, over REST: playlists with signed addresses, and the parts they name."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from fancam.v1.media_pb2 import Artifact
from gateway import playlists
from gateway.door import Door
from gateway.rest.access import DoorOf, Reader
from gateway.rest.files import described, serve
from gateway.rest.problems import RESPONSES
from gateway.rest.views import link
from gateway.streaming import HEADER, PICTURES, SOUND, Stream

Track = Literal["pictures", "sound"]

router = APIRouter(prefix="/v1", responses=RESPONSES)


async def _stream(door: Door, session: str) -> Stream:
    known = await door.sessions.load(session)
    pressing = await door.read_pressing(Artifact.FromString(known.pressing))
    return Stream(door.streams, known, pressing, await door.orchestra.plan(known))


def _playlist(text: str) -> Response:
    return Response(text, media_type=playlists.MEDIA_TYPE, headers={"Cache-Control": "no-store"})


_PLAYLIST: dict[str, Any] = {
    "tags": ["results"],
    "response_class": Response,
    "responses": {
        200: {"description": "A playlist.", "content": {playlists.MEDIA_TYPE: {"schema": {"type": "string"}}}}
    },
}


@router.get("/sessions/{session}/stream/film.m3u8", **_PLAYLIST)
async def get_stream(door: DoorOf, session: Reader) -> Response:
    """Play the film while its last cuts are still made: an HLS playlist of its two tracks, with signed addresses."""
    stream = await _stream(door, session)
    tracks = {track: link(door, stream.known, f"stream/{track}.m3u8") for track in (PICTURES, SOUND)}
    return _playlist(await stream.film(tracks))


@router.get("/sessions/{session}/stream/{track}.m3u8", **_PLAYLIST)
async def get_track(door: DoorOf, session: Reader, track: Track) -> Response:
    """One track's playlist; it grows as cuts are made, and ends with the last of them."""
    stream = await _stream(door, session)
    parts = [HEADER, *(cut.id for cut in stream.playable)]
    addresses = {part: link(door, stream.known, f"stream/{track}/{part}.mp4") for part in parts}
    return _playlist(await stream.track(track, addresses))


@router.get("/sessions/{session}/stream/{track}/{part}.mp4", tags=["results"], **described("video/mp4", "audio/mp4"))
@router.head("/sessions/{session}/stream/{track}/{part}.mp4", include_in_schema=False)
async def get_part(request: Request, door: DoorOf, session: Reader, track: Track, part: str) -> Response:
    """A fragment of one cut, or the header that is read before any; CMAF."""
    stream = await _stream(door, session)
    return serve(request, door, await stream.part(track, part), f"{part}.mp4")
