"""How far a film is, over REST: a session's events as they come, and its timeline afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from fancam.errors import Missing
from fancam.timeline import Timeline
from gateway.door import Door
from gateway.rest.access import DoorOf, Reader
from gateway.rest.problems import RESPONSES
from gateway.rest.views import event_view

HEARTBEAT_S = 15.0
RETRY_MS = 1000

router = APIRouter(prefix="/v1", responses=RESPONSES)


@router.get(
    "/sessions/{session}/events",
    tags=["progress"],
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Each event's data is an EventView."},
        204: {"description": "The session has ended and nothing is left to tell; stop reconnecting."},
    },
)
async def get_events(
    door: DoorOf,
    session: Reader,
    last_event_id: Annotated[int, Header(ge=0, description="The last number seen; only later ones come.")] = 0,
    after: Annotated[int, Query(ge=0, description="As Last-Event-ID, for clients that cannot send headers.")] = 0,
) -> Response:
    """Follow a session: every event from the first or from after the last one seen, until the one that ends it."""
    seen = max(last_event_id, after)
    known = await door.sessions.load(session)
    if known.ended and not await door.memory.log.events(session, seen, limit=1):
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_tell(door, session, seen), headers=headers, media_type="text/event-stream")


async def _tell(door: Door, session: str, after: int) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    with contextlib.suppress(Missing):
        async with contextlib.aclosing(door.memory.log.follow(session, after, HEARTBEAT_S)) as events:
            async for event in events:
                if event is None:
                    yield ": still here\n\n"
                else:
                    yield f"id: {event.number}\ndata: {event_view(event).model_dump_json()}\n\n"


@router.get("/sessions/{session}/timeline", tags=["progress"])
async def get_timeline(door: DoorOf, session: Reader) -> dict[str, Any]:
    """Say what ran when, what waited for what, and what decided when the film was ready."""
    return (await _timeline(door, session)).to_json()


@router.get("/sessions/{session}/timeline.txt", tags=["progress"], response_class=PlainTextResponse)
async def get_timeline_text(door: DoorOf, session: Reader) -> Response:
    """The timeline as a page of text."""
    return Response((await _timeline(door, session)).text(), media_type="text/plain; charset=utf-8")


async def _timeline(door: Door, session: str) -> Timeline:
    known = await door.sessions.load(session)
    plan = await door.orchestra.plan(known)
    spans = await door.memory.times.spans(session)
    inputs = {name: given.unix_ns for name, given in known.inputs.items()}
    needs = {task.id: [need.removeprefix("input:") for need in task.needs] for task in plan.tasks.values()}
    return Timeline.of(spans, inputs, needs)
