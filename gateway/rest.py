"""The gateway's REST face: OpenAPI from the code, server-sent events, range requests, problem details."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse, StreamingResponse
from google.protobuf.json_format import MessageToDict
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from fancam.errors import InvalidRequest, Missing
from fancam.timebase import SAMPLE_RATE_HZ
from fancam.timeline import Timeline
from fancam.v1.assembler_pb2 import AssembleResult
from fancam.v1.campaign_pb2 import CutKind, Pressing
from fancam.v1.media_pb2 import Artifact
from fancam.v1.recognition_pb2 import RecogniseResult
from fancam.v1.renderer_pb2 import RenderStillsResult
from gateway import desk, intake, playlists, rehearsal
from gateway.access import DoorOf, Fan, Operator, Reader, Token, needs_operator, signed
from gateway.bounds import Bounded
from gateway.door import KEEP_HOURS, Door
from gateway.files import described, serve
from gateway.problems import RESPONSES, Problem, install, problem
from gateway.sessions import FAILED, RETAKE, Session
from gateway.streaming import HEADER, PICTURES, SOUND, Stream
from gateway.views import (
    Address,
    CampaignLinks,
    CampaignView,
    CreatedSession,
    EventView,
    FanKitItem,
    Links,
    NewCampaign,
    NewName,
    NewSession,
    OutputView,
    SessionView,
    StageView,
    SyllableView,
    event_view,
    state_word,
    time_of,
)

HEARTBEAT_S = 15.0
RETRY_MS = 1000
PREFLIGHT_S = 600
"""As long as a browser remembers what a page of another web site may send."""

_KIT = ("image/jpeg", "image/webp", "application/pdf", "application/zip")
"""What a fan-kit holds."""

Track = Literal["pictures", "sound"]

_SUFFIXES = {
    "image/png": ".png",
    "image/webp": ".webp",
    "image/jpeg": ".jpg",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
}

router = APIRouter(prefix="/v1", responses=RESPONSES)


# Campaigns


@router.get("/campaigns", tags=["campaigns"])
async def list_campaigns(door: DoorOf) -> list[CampaignView]:
    """List the music videos that films can be made of."""
    return [await _campaign_view(door, address, pressing) for address, pressing in (await door.campaigns()).values()]


@router.get("/campaigns/{campaign}", tags=["campaigns"])
async def get_campaign(door: DoorOf, campaign: str) -> CampaignView:
    """Describe one music video: what a front end needs to capture for it."""
    return await _campaign_view(door, *await door.campaign(campaign))


@router.get("/campaigns/{campaign}/{part}", tags=["campaigns"], **described("audio/mp4", "audio/flac"))
@router.head("/campaigns/{campaign}/{part}", tags=["campaigns"], include_in_schema=False)
async def get_rehearsal(request: Request, door: DoorOf, campaign: str, part: rehearsal.Part) -> Response:
    """What a fan sings to, as long as the song: `backing` is the song without the fan, `guide` the line to learn."""
    _, pressing = await door.campaign(campaign)
    artifact = rehearsal.part(pressing, part)
    suffix = ".m4a" if part == "backing" else ".flac"
    return serve(request, door, artifact, f"{campaign}-{part}{suffix}", public=True)


@router.put("/campaigns/{campaign}", tags=["campaigns"], dependencies=[Operator])
async def set_campaign(door: DoorOf, campaign: str, body: NewCampaign) -> CampaignView:
    """Make a pressing what new sessions of its campaign use; sessions under way keep theirs. For operators."""
    address = Artifact(**body.pressing.model_dump())
    return await _campaign_view(door, address, await door.set_campaign(campaign, address))


# Sessions


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
    view = _session_view(door, await door.sessions.load(session))
    return CreatedSession(**view.model_dump(), token=door.keys.session(session))


@router.get("/sessions/{session}", tags=["sessions"])
async def get_session(door: DoorOf, session: Reader) -> SessionView:
    """Say where a session stands, with links to what is ready."""
    return _session_view(door, await door.sessions.load(session))


@router.delete("/sessions/{session}", status_code=204, tags=["sessions"])
async def erase_session(door: DoorOf, session: Fan) -> None:
    """Delete everything of a session at once: picture, voice, name, film and log. There is no way back."""
    await door.orchestra.erase(session)


@router.post("/sessions/{session}/cancel", tags=["sessions"])
async def cancel_session(door: DoorOf, session: Fan) -> SessionView:
    """Stop making the film. What was given stays until it is erased or expires."""
    await door.orchestra.cancel(session)
    return _session_view(door, await door.sessions.load(session))


@router.put("/sessions/{session}/name", tags=["sessions"])
async def rename(door: DoorOf, session: Fan, body: NewName) -> SessionView:
    """Give another name after the first was refused."""
    await door.rename(session, body.name)
    return _session_view(door, await door.sessions.load(session))


# Progress


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
    if known.ended and not await door.sessions.events(session, seen, limit=1):
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_tell(door, session, seen), headers=headers, media_type="text/event-stream")


async def _tell(door: Door, session: str, after: int) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    with contextlib.suppress(Missing):
        async with contextlib.aclosing(door.sessions.follow(session, after, HEARTBEAT_S)) as events:
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
    spans = await door.sessions.spans(session)
    inputs = {name: given.unix_ns for name, given in known.inputs.items()}
    needs = {task.id: [need.removeprefix("input:") for need in task.needs] for task in plan.tasks.values()}
    return Timeline.of(spans, inputs, needs)


# Results


@router.get("/sessions/{session}/film", tags=["results"], **described("video/mp4"))
@router.head("/sessions/{session}/film", tags=["results"], operation_id="head_film", response_class=Response)
async def get_film(request: Request, door: DoorOf, session: Reader) -> Response:
    """The film, MP4 with fast start. Byte ranges are served; the ETag is the film's hash."""
    known = await door.sessions.load(session)
    return serve(request, door, _assembled(known).film, f"fancam-{known.campaign}.mp4")


@router.get("/sessions/{session}/outputs/{output}", tags=["results"], **described("video/mp4"))
async def get_output(request: Request, door: DoorOf, session: Reader, output: str) -> Response:
    """The film in another shape or size that its campaign wants, for example `square`."""
    known = await door.sessions.load(session)
    made = known.results.get(f"assemble:{output}")
    if made is None:
        raise Missing(f"there is no output {output!r} (yet)", reason="OUTPUT_UNKNOWN", retry_after_s=2.0)
    film = AssembleResult.FromString(made.value).film
    return serve(request, door, film, f"fancam-{known.campaign}-{output}.mp4")


@router.get("/sessions/{session}/poster", tags=["results"], **described("image/jpeg"))
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
            id=id_, media_type=item.media_type, size_bytes=item.size_bytes, url=_link(door, known, f"fan-kit/{id_}")
        )
        for id_, item in sorted(_stills(known).items())
    ]


@router.get("/sessions/{session}/fan-kit/{item}", tags=["results"], **described(*_KIT))
async def get_fan_kit_item(request: Request, door: DoorOf, session: Reader, item: str) -> Response:
    """One still (JPEG), sticker (WebP with transparency), photocard (PDF), or `sticker-packs`, a ZIP for messengers."""
    stills = _stills(await door.sessions.load(session))
    if item not in stills:
        raise Missing(f"the fan-kit holds no {item!r} (yet)", reason="FAN_KIT_ITEM_UNKNOWN", retry_after_s=2.0)
    return serve(request, door, stills[item], item + _SUFFIXES.get(stills[item].media_type, ""))


@router.get("/sessions/{session}/recipe", tags=["results"])
async def get_recipe(door: DoorOf, session: Reader) -> dict[str, Any]:
    """The avatar's recipe and the traits it was chosen by: parts, colours and ratios, no pixel."""
    known = await door.sessions.load(session)
    made = known.results.get("recognise")
    if made is None:
        raise Missing("the selfie has not been looked at yet", reason="RECIPE_NOT_READY", retry_after_s=2.0)
    result = RecogniseResult.FromString(made.value)
    return {
        "recipe": MessageToDict(result.recipe, preserving_proto_field_name=True),
        "traits": MessageToDict(result.traits, preserving_proto_field_name=True).get("traits", []),
    }


def _assembled(known: Session) -> AssembleResult:
    made = known.results.get("assemble")
    if made is None:
        raise Missing("the film is not ready yet", reason="FILM_NOT_READY", retry_after_s=2.0)
    return AssembleResult.FromString(made.value)


def _stills(known: Session) -> dict[str, Artifact]:
    made = known.results.get("stills")
    return dict(RenderStillsResult.FromString(made.value).stills) if made is not None else {}


# The stream


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
    tracks = {track: _link(door, stream.known, f"stream/{track}.m3u8") for track in (PICTURES, SOUND)}
    return _playlist(await stream.film(tracks))


@router.get("/sessions/{session}/stream/{track}.m3u8", **_PLAYLIST)
async def get_track(door: DoorOf, session: Reader, track: Track) -> Response:
    """One track's playlist; it grows as cuts are made, and ends with the last of them."""
    stream = await _stream(door, session)
    parts = [HEADER, *(cut.id for cut in stream.playable)]
    addresses = {part: _link(door, stream.known, f"stream/{track}/{part}.mp4") for part in parts}
    return _playlist(await stream.track(track, addresses))


@router.get("/sessions/{session}/stream/{track}/{part}.mp4", tags=["results"], **described("video/mp4", "audio/mp4"))
async def get_part(request: Request, door: DoorOf, session: Reader, track: Track, part: str) -> Response:
    """A fragment of one cut, or the header that is read before any; CMAF."""
    stream = await _stream(door, session)
    return serve(request, door, await stream.part(track, part), f"{part}.mp4")


# Views


def _link(door: Door, known: Session, name: str) -> str:
    return signed(door, f"/v1/sessions/{known.id}/{name}")


def _session_view(door: Door, known: Session) -> SessionView:
    links = Links(events=_link(door, known, "events"), stream=_link(door, known, "stream/film.m3u8"))
    if "assemble" in known.done:
        links.film, links.poster = _link(door, known, "film"), _link(door, known, "poster")
    made = sorted(task.removeprefix("assemble:") for task in known.done if task.startswith("assemble:"))
    links.outputs = {output: _link(door, known, f"outputs/{output}") for output in made}
    links.fan_kit = {id_: _link(door, known, f"fan-kit/{id_}") for id_ in sorted(_stills(known))}
    problems = []
    for stage in known.stages:
        if stage.state == RETAKE and stage.stage in {"selfie", "take", "name"}:
            problems.append(problem(422, stage.reason, stage.message, {stage.stage: stage.message}))
        elif stage.state == FAILED and stage.stage != "session":
            problems.append(problem(500, stage.reason, stage.message))
    stages = sorted(known.stages, key=lambda stage: stage.unix_ns)
    return SessionView(
        id=known.id,
        campaign=known.campaign,
        name=known.name,
        locale=known.locale,
        state=state_word(known.state),
        reason=known.reason,
        created=time_of(known.created_ns),
        stages=[
            StageView(
                stage=stage.stage,
                item=stage.item,
                state=state_word(stage.state),
                fraction=round(stage.fraction, 4),
                message=stage.message,
                reason=stage.reason,
            )
            for stage in stages
        ],
        problems=problems,
        links=links,
    )


async def _campaign_view(door: Door, address: Artifact, pressing: Pressing) -> CampaignView:
    campaign, profile = pressing.campaign, pressing.profile
    rate = profile.frame_rate.numerator / profile.frame_rate.denominator
    personal = sum(cut.frames for cut in pressing.cuts if cut.kind == CutKind.CUT_KIND_PERSONAL)
    return CampaignView(
        id=campaign.id,
        title=campaign.title,
        locales=list(campaign.locales),
        pressing=Address(uri=address.uri, size_bytes=address.size_bytes, media_type=address.media_type),
        width=profile.width,
        height=profile.height,
        length_s=round(sum(cut.frames for cut in pressing.cuts) / rate, 3),
        personal_s=round(personal / rate, 3),
        take_start_s=campaign.song.take_start_samples / SAMPLE_RATE_HZ,
        take_end_s=campaign.song.take_end_samples / SAMPLE_RATE_HZ,
        name_max_graphemes=campaign.policy.name_max_graphemes or 24,
        keep_hours=campaign.policy.keep_hours or KEEP_HOURS,
        outputs=[OutputView(id=output.id, width=output.width, height=output.height) for output in campaign.outputs],
        syllables=[
            SyllableView(
                text=note.syllable,
                start_s=note.start_samples / SAMPLE_RATE_HZ,
                end_s=note.end_samples / SAMPLE_RATE_HZ,
                midi=note.midi,
            )
            for note in await door.notes(address, pressing)
        ],
        links=CampaignLinks(
            **{part: f"/v1/campaigns/{quote(campaign.id)}/{part}" for part in rehearsal.parts(pressing)}
        ),
    )


# The app


def readable_from(origins: Sequence[str], app: FastAPI) -> ASGIApp:
    """Let pages of other web sites read every answer of the app, failures too; none leaves it as it is.

    No cookie is ever sent or read: the session's token is the only key, and a page has it or has it not.

    Args:
        origins: As browsers send them, for example `https://band.example`.
        app: What is read.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"),
        allow_headers=(
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-None-Match",
            "Last-Event-ID",
            "Range",
            "Upload-Complete",
            "Upload-Offset",
        ),
        expose_headers=(
            "Accept-Ranges",
            "Content-Disposition",
            "Content-Length",
            "Content-Range",
            "ETag",
            "Retry-After",
            "Upload-Complete",
            "Upload-Offset",
        ),
        max_age=PREFLIGHT_S,
    )


def create_app(door: Door) -> FastAPI:
    """The REST face of a gateway."""
    app = FastAPI(
        title="Fancam",
        version="1",
        summary="A selfie, a name and a sung line become a music video.",
        openapi_url="/v1/openapi.json",
        docs_url="/v1/docs",
        redoc_url=None,
    )
    app.state.door = door
    install(app)
    for each in (router, intake.router, desk.router, desk.page):
        app.include_router(each)
    app.add_middleware(Bounded)

    @app.get("/v1/health", tags=["operation"])
    async def health() -> dict[str, str]:
        """Say that REST is served; the mesh's own health is a gRPC matter."""
        return {"status": "serving"}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            template = "#/components/schemas/{model}"
            for model in (Problem, EventView):
                described = model.model_json_schema(ref_template=template)
                schema["components"]["schemas"] |= {**described.pop("$defs", {}), model.__name__: described}
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
