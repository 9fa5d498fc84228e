"""The desk of the people who review: what waits, what there is to hear of it, their decisions, and the page they use.

The page (`gateway/page`) is three files without a secret in them: whoever opens it sees nothing until a key is given.
It is served from the gateway's own origin, so that a key goes nowhere else (docs/decisions/0021).
"""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from fancam.errors import Missing
from fancam.keys import Reviewer
from gateway.door import Door
from gateway.rest.access import DoorOf, Listened, Operator, Reviewed, Reviewing, signed
from gateway.rest.files import described, serve
from gateway.rest.problems import RESPONSES
from gateway.rest.schema import DecidedView, EndedReviewer, HeldView, LeaseView, NewLease, QueueView, Review
from gateway.rest.views import decided_view, held_view, queue_view, time_of
from gateway.reviews import Moderated, Part, digest, held_of

PAGE = Path(__file__).parents[1] / "page" / "dist"
FILES = ("index.html", "main.js", "style.css")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The page loads itself and asks its own gateway, nothing and nobody else; it plays what it has decoded itself."""

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

QUIET_S = 15.0
"""So often the queue is told when nothing changes in it, so that proxies keep the connection and ages stay true."""

PAUSE_S = 0.5
"""Changes that come closer together are told at once."""

AT_ONCE = 50
"""As many of the longest waiting are named to a page."""

router = APIRouter(prefix="/v1", tags=["review"], responses=RESPONSES)
page = APIRouter(include_in_schema=False)

OfCampaign = Annotated[str, Query(max_length=60, description="Of this campaign alone.")]
OfSession = Annotated[str, Query(max_length=64, description="Of this session alone.")]


@router.get("/reviews")
async def list_reviews(
    door: DoorOf,
    who: Reviewing,
    campaign: OfCampaign = "",
    session: OfSession = "",
) -> list[HeldView]:
    """List what waits for a person, the longest waiting first, with the evidence and what there is to hear."""
    held = await door.orchestra.held(who.campaign or campaign, session)
    links = [{part: signed(door, f"/v1/sessions/{one.session}/review/{part}") for part in one.sounds} for one in held]
    return [held_view(one, found) for one, found in zip(held, links, strict=True) if who.sees(one.campaign)]


@router.get("/reviews/decided")
async def list_decided(
    door: DoorOf,
    who: Reviewing,
    campaign: OfCampaign = "",
    session: OfSession = "",
) -> list[DecidedView]:
    """List the last 200 decisions, the newest first. They outlive their sessions: nothing of the fan is in them."""
    found = await door.memory.decisions.decided(who.campaign or campaign, digest(session) if session else "")
    return [decided_view(one) for one in found]


@router.get(
    "/reviews/queue",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Each event's data is a QueueView."}},
)
async def follow_queue(door: DoorOf, who: Reviewing, campaign: OfCampaign = "") -> Response:
    """Follow the queue as it grows and shrinks: how much waits, since when, and what is next. Server-sent events."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_tell(door, who, campaign), headers=headers, media_type="text/event-stream")


async def _tell(door: Door, who: Reviewer, campaign: str) -> AsyncIterator[str]:
    async for _ in door.orchestra.desk.changes(QUIET_S):
        if await door.memory.reviewers.ended(who):
            return
        view = await _queue(door, who, campaign)
        yield f"data: {view.model_dump_json()}\n\n"
        await asyncio.sleep(PAUSE_S)


async def _queue(door: Door, who: Reviewer, campaign: str) -> QueueView:
    number, waiting = await door.memory.decisions.waiting(who.campaign or campaign, AT_ONCE)
    return queue_view(number, waiting, who)


@router.post("/sessions/{session}/review")
async def review(door: DoorOf, session: Reviewed, who: Reviewing, body: Review) -> DecidedView:
    """Decide on a name or a take that moderation held back; says what is on record. A reviewer's key says by whom."""
    decided = await door.orchestra.review(
        session,
        body.stage,
        body.version,
        approved=body.approved,
        by=who.by or body.by.strip(),
        why=body.why,
        censored=[stretch.message() for stretch in body.censored],
    )
    return decided_view(decided)


@router.put("/sessions/{session}/review/lease")
async def take_lease(door: DoorOf, session: Reviewed, who: Reviewing, body: NewLease) -> LeaseView:
    """Say that a case is before you, again every 20 s, and hear who has it: another's stays theirs unless taken over.

    It binds nobody and keeps two people from working on one case. It ends a minute after it was said last.
    """
    by = who.by or body.by.strip()
    lease = await door.memory.leases.take(session, body.stage, body.version, by, over=body.take_over)
    if lease.new:
        door.orchestra.desk.ring()
    return LeaseView(by=lease.by, until=time_of(lease.until_ns), yours=lease.by == by)


@router.delete("/sessions/{session}/review/lease", status_code=204)
async def leave_lease(
    door: DoorOf, session: Reviewed, who: Reviewing, stage: Moderated, by: Annotated[str, Query(max_length=80)] = ""
) -> None:
    """Say that a case is before you no more; it is anybody's."""
    await door.memory.leases.leave(session, stage, who.by or by.strip())
    door.orchestra.desk.ring()


@router.post("/reviewers/ended", status_code=204, dependencies=[Operator])
async def end_reviewer(door: DoorOf, body: EndedReviewer) -> None:
    """End every key in a name that was made until now: a link was lost, or somebody has left. For operators."""
    await door.memory.reviewers.end(body.by)
    door.orchestra.desk.ring()


@router.get("/sessions/{session}/review/{part}", **described("audio/*"))
async def get_held_sound(request: Request, door: DoorOf, session: Listened, part: Part) -> Response:
    """What there is to hear of a take while it waits for a person: as sung, tuned and alone, or in the song."""
    known = await door.sessions.load(session)
    sounds = {sound: artifact for held in held_of(known) for sound, artifact in held.sounds.items()}
    if part not in sounds:
        raise Missing("nothing to hear waits for a review here", reason="NOTHING_TO_REVIEW")
    answer = serve(request, door, sounds[part], part)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@page.get("/review")
async def to_page() -> Response:
    """The page lies in a folder, so that its files are found beside it."""
    return RedirectResponse("review/", headers=HEADERS)


@page.get("/review/{name:path}")
async def get_page(name: str) -> Response:
    """One of the page's files."""
    path = PAGE / (name or "index.html")
    if path.name not in FILES or path.parent != PAGE:
        raise Missing(f"the page has no file {name!r}", reason="MISSING")
    with contextlib.suppress(FileNotFoundError):
        content = await asyncio.to_thread(path.read_bytes)
        return Response(content, headers=HEADERS, media_type=mimetypes.guess_type(path.name)[0])
    raise Missing("the page for reviewers is not built: node stage/build.mjs", reason="MISSING")
