"""The inputs' routes: a selfie and a take, as a body, as a form, in parts, or while they are still being made."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from fancam.errors import InvalidRequest
from gateway.door import Door
from gateway.listening import listening
from gateway.parts import Coming, WrongOffset
from gateway.rest.access import DoorOf, Fan
from gateway.rest.problems import RESPONSES, answer, problem
from gateway.rest.schema import Accepted
from gateway.uploads import SELFIE, TAKE, Kind, receive

router = APIRouter(prefix="/v1", responses=RESPONSES)

_FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            },
        },
    }
}


@router.put("/sessions/{session}/selfie", tags=["inputs"], openapi_extra=_FILE_BODY)
@router.post("/sessions/{session}/selfie", tags=["inputs"], openapi_extra=_FILE_BODY, operation_id="post_selfie")
async def put_selfie(request: Request, door: DoorOf, session: Fan) -> Accepted:
    """Give the selfie, up to 20 MB, as the body or as a form. Recognition starts at once; again after a retake."""
    return await _take(request, door, session, SELFIE)


@router.put("/sessions/{session}/take", tags=["inputs"], openapi_extra=_FILE_BODY)
@router.post("/sessions/{session}/take", tags=["inputs"], openapi_extra=_FILE_BODY, operation_id="post_take")
async def put_take(
    request: Request,
    door: DoorOf,
    session: Fan,
    *,
    live: Annotated[bool, Query(description="The body comes while it is sung: hints come as events.")] = False,
) -> Accepted:
    """Give the sung take, up to 50 MB, as the body or a form. The voice is worked on at once; again after a retake."""
    return await _take(request, door, session, TAKE, live=live)


async def _take(request: Request, door: Door, session: str, kind: Kind, *, live: bool = False) -> Accepted:
    known = await door.open_session(session)
    with tempfile.TemporaryDirectory(dir=door.uploads) as folder:
        path = Path(folder) / kind.field
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            media_type = await _receive_form(request, kind, path)
        elif live:
            async with listening(door.calls, door.sessions, door.artifacts, known) as heard:
                media_type = await receive(heard.passed(request.stream()), kind, path)
        else:
            media_type = await receive(request.stream(), kind, path)
        attempt, artifact = await door.take_input(session, kind, path, media_type)
    return Accepted(input=kind.field, attempt=attempt, size_bytes=artifact.size_bytes, media_type=media_type)


_COMING: dict[str, Any] = {
    "Upload-Offset": {"description": "Where the next part begins.", "schema": {"type": "integer"}},
    "Upload-Complete": {"description": "`?1` once all parts are there.", "schema": {"type": "string"}},
}
_PART: dict[str, Any] = {
    "tags": ["inputs"],
    "status_code": 200,
    "response_model": Accepted,
    "responses": {
        200: {"description": "All parts are there, and the input was taken.", "headers": _COMING},
        204: {"description": "The part is kept; the next one can come.", "headers": _COMING},
        409: {**RESPONSES["4XX"], "description": "Another byte comes next: `Upload-Offset` says which."},
    },
    "openapi_extra": {
        "requestBody": {
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
}
_ASKED: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"description": "So much of it is there.", "headers": _COMING}},
}
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, description="Bytes before this part; 0 begins anew.")]
Whole = Annotated[
    str,
    Header(alias="Upload-Complete", pattern=r"^\?[01]$", description="`?1` with the last part, which may be empty."),
]


@router.patch("/sessions/{session}/selfie", **_PART)
async def patch_selfie(request: Request, door: DoorOf, session: Fan, offset: Offset, whole: Whole = "?0") -> Response:
    """Give the selfie in parts, so that a connection that breaks costs only a part."""
    return await _take_part(request, door, session, SELFIE, offset, last=whole == "?1")


@router.patch("/sessions/{session}/take", **_PART)
async def patch_take(
    request: Request,
    door: DoorOf,
    session: Fan,
    offset: Offset,
    whole: Whole = "?0",
    *,
    live: Annotated[bool, Query(description="The parts come while it is sung: hints come as events.")] = False,
) -> Response:
    """Give the take in parts: after a broken connection, or while it is sung; every browser can."""
    return await _take_part(request, door, session, TAKE, offset, last=whole == "?1", live=live)


@router.head("/sessions/{session}/selfie", tags=["inputs"], **_ASKED)
async def head_selfie(door: DoorOf, session: Fan) -> Response:
    """How much of a selfie that is given in parts is there: where to go on after a broken connection."""
    return await _told(door, session, SELFIE)


@router.head("/sessions/{session}/take", tags=["inputs"], **_ASKED)
async def head_take(door: DoorOf, session: Fan) -> Response:
    """How much of a take that is given in parts is there: where to go on after a broken connection."""
    return await _told(door, session, TAKE)


async def _told(door: Door, session: str, kind: Kind) -> Response:
    await door.sessions.load(session)
    return Response(headers=_coming(await door.parts.come(session, kind)))


async def _take_part(
    request: Request, door: Door, session: str, kind: Kind, offset: int, *, last: bool, live: bool = False
) -> Response:
    known = await door.open_session(session)
    with tempfile.TemporaryDirectory(dir=door.uploads) as folder:
        path = Path(folder) / kind.field

        def heard(*, whole: bool) -> None:
            if live:
                door.ears.hear(known, offset, path.read_bytes(), last=whole)

        try:
            come = await door.parts.add(session, kind, offset, request.stream(), path)
        except WrongOffset as error:
            made = problem(409, error.reason, str(error), {"Upload-Offset": str(error)})
            return answer(made, _coming(await door.parts.come(session, kind)))
        except ClientDisconnect:
            heard(whole=False)
            raise
        heard(whole=last)
        if not last:
            return Response(status_code=204, headers=_coming(come))
        media_type = await receive(door.parts.joined(come), kind, path)
        attempt, artifact = await door.take_input(session, kind, path, media_type)
        come = await door.parts.taken(session, kind, come)
    taken = Accepted(input=kind.field, attempt=attempt, size_bytes=artifact.size_bytes, media_type=media_type)
    return JSONResponse(taken.model_dump(), headers=_coming(come))


def _coming(come: Coming) -> dict[str, str]:
    return {
        "Upload-Offset": str(come.size_bytes),
        "Upload-Complete": "?1" if come.complete else "?0",
        "Cache-Control": "no-store",
    }


async def _receive_form(request: Request, kind: Kind, path: Path) -> str:
    async with request.form(max_files=1, max_fields=8) as form:
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if not files:
            message = "the form holds no file"
            raise InvalidRequest(message, reason="UPLOAD_EMPTY", fields={kind.field: message})

        async def chunks() -> AsyncIterator[bytes]:
            while chunk := await files[0].read(1 << 18):
                yield chunk

        return await receive(chunks(), kind, path)
