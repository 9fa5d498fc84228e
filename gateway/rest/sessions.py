"""Sessions over REST: made, looked at, renamed, cancelled and erased."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Response

from fancam.errors import InvalidRequest
from fancam.v1.media_pb2 import Artifact
from gateway.rest.access import DoorOf, Fan, Reader, Token, needs_operator
from gateway.rest.problems import RESPONSES
from gateway.rest.schema import CreatedSession, NewName, NewSession, SessionView
from gateway.rest.views import session_view

router = APIRouter(prefix="/v1", responses=RESPONSES)


@router.post("/sessions", status_code=201, tags=["sessions"])
async def create_session(
    door: DoorOf,
    body: NewSession,
    token: Token,
    idempotency_key: Annotated[
        str, Header(min_length=16, max_length=200, description="Any unguessable text, for example a UUID.")
    ] = "",
) -> CreatedSession:
    """Start a film: names the campaign and the fan. The same Idempotency-Key gives the same session again."""
    if not body.consent:
        message = "the fan has to agree before a picture or a voice is taken"
        raise InvalidRequest(message, reason="CONSENT_MISSING", fields={"consent": message})
    if body.pressing is not None:
        needs_operator(door, token)
        address = Artifact(**body.pressing.model_dump())
        pressing = await door.read_pressing(address)
    else:
        address, pressing = await door.campaign(body.campaign)
    asked = body.model_dump()
    session = await door.create(address, pressing, body.name, body.locale, key=idempotency_key, asked=asked)
    view = session_view(door, await door.sessions.load(session))
    return CreatedSession(**view.model_dump(), token=door.keys.session(session))


@router.get(
    "/sessions/{session}",
    tags=["sessions"],
    response_model=SessionView,
    responses={304: {"description": "Nothing has happened since the answer that If-None-Match names."}},
)
async def get_session(
    door: DoorOf,
    session: Reader,
    if_none_match: Annotated[str, Header(description="The ETag of the answer at hand, for who asks again.")] = "",
) -> Response:
    """Say where a session stands, with links to what is ready."""
    body = session_view(door, await door.sessions.load(session)).model_dump_json().encode()
    headers = {"ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@router.delete("/sessions/{session}", status_code=204, tags=["sessions"])
async def erase_session(door: DoorOf, session: Fan) -> None:
    """Delete everything of a session at once: picture, voice, name, film, log and shared film. There is no way back."""
    await door.erase(session)


@router.post("/sessions/{session}/cancel", tags=["sessions"])
async def cancel_session(door: DoorOf, session: Fan) -> SessionView:
    """Stop making the film. What was given stays until it is erased or expires."""
    await door.orchestra.cancel(session)
    return session_view(door, await door.sessions.load(session))


@router.put("/sessions/{session}/name", tags=["sessions"])
async def rename(door: DoorOf, session: Fan, body: NewName) -> SessionView:
    """Give another name after the first was refused."""
    await door.rename(session, body.name)
    return session_view(door, await door.sessions.load(session))
