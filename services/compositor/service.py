"""The compositor service: fetch what a shot names, let a page play it, encode, store, reply."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from fancam.artifacts import ArtifactStore
from fancam.errors import FancamError, InvalidRequest, NotReady
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Guard, Process, Slots
from fancam.settings import CompositorSettings
from fancam.v1 import compositor_pb2_grpc
from fancam.v1.compositor_pb2 import DESCRIPTOR, ComposeRequest, ComposeResponse, ComposeResult
from fancam.v1.media_pb2 import Artifact, EncoderFamily, StreamProfile, VideoCodec
from fancam.v1.shot_pb2 import Shot
from media.encoder import ENGINE as ENCODER_ENGINE
from media.encoder import CannotEncode, SegmentEncoder, choose
from media.profile import BadProfile, Codec, Family, Kind, Profile
from services.compositor import job
from services.compositor.footage import BadFootage, unpack
from stage.errors import NoChrome, PageError, StageLost
from stage.host import Stage
from stage.page import Page
from stage.webgl import Gl

log = logging.getLogger(__name__)

ROOM = Path(__file__).resolve().parent
PAGE = ROOM / "page"
MP4 = "video/mp4"

FAMILIES = {EncoderFamily.Value(f"ENCODER_FAMILY_{family.name}"): family for family in Family}
CODECS = {VideoCodec.Value(f"VIDEO_CODEC_{codec.name}"): codec for codec in Codec}

REASONS = {"BadFootage": "BAD_FOOTAGE", "MissingFile": "MISSING_FILE", "MissingPass": "MISSING_PASS"}
"""The page's own words, as the contract calls them."""


def engine_version() -> str:
    """A name for everything that decides what a segment looks like: this service's code, the page's and the encoder."""
    digest = hashlib.sha256(ENCODER_ENGINE.encode())
    for path in [*sorted(ROOM.glob("*.py")), *sorted((PAGE / "dist").glob("*.js"))]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def read_shot(value: object) -> job.Json:
    """A shot document in the form that the page is told, checked as a request is.

    Raises:
        job.ShotInvalid: With every broken rule, by field.
    """
    shot = Shot()
    try:
        ParseDict(value, shot)  # type: ignore[arg-type]  # a TypeError says what it is instead
        Guard().check(shot)
    except (ParseError, TypeError, ValueError, AttributeError) as error:
        raise job.ShotInvalid({"shot": str(error)}) from error
    except InvalidRequest as error:
        raise job.ShotInvalid(error.fields) from error
    plain: job.Json = MessageToDict(shot)
    job.validate(plain)
    return plain


@dataclass(frozen=True)
class _Run:
    """Which frames, and what they are encoded to."""

    first: int
    count: int
    profile: Profile
    kind: Kind


class CompositorService(compositor_pb2_grpc.CompositorServiceServicer):
    """Composes shots on the pages of one stage."""

    def __init__(self, store: ArtifactStore, stage: Stage, slots: Slots, family: Family, engine: str) -> None:
        self._store = store
        self._stage = stage
        self._slots = slots
        self._family = family
        self._engine = engine

    async def Compose(
        self, request: ComposeRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[ComposeResponse]:
        """Play a shot and encode it."""
        async for event in reporting(lambda report: self._compose(request, report)):
            if isinstance(event, Result):
                yield ComposeResponse(result=event.value)
            else:
                yield ComposeResponse(progress=event)

    async def _compose(self, request: ComposeRequest, report: Report) -> ComposeResult:
        profile = self._profile(request.profile)
        shot = MessageToDict(request.shot)
        first = request.first_frame
        count = request.frames or request.shot.frames - first
        if count <= 0 or first + count > request.shot.frames:
            raise InvalidRequest(
                f"frames {first} to {first + count - 1} are not in a shot of {request.shot.frames}",
                reason="SHOT_INVALID",
                fields={"frames": f"the shot has frames 0 to {request.shot.frames - 1}"},
            )
        wanted, avatars = job.wanted_files(shot, first, count), job.wanted_passes(shot, first, count)
        try:
            job.validate(shot)
            job.require_files(wanted, request.files)
            job.require_passes(avatars, request.passes)
        except job.Refused as error:
            reason = {job.MissingFile: "MISSING_FILE", job.MissingPass: "MISSING_PASS"}.get(type(error), "SHOT_INVALID")
            raise InvalidRequest(f"{request.shot.id}: {error}", reason=reason, fields=error.faults) from error

        key = self._key(request, profile)
        cached = await self._recall(request.scope, key)
        if cached is not None:
            report(1.0, "found in the store")
            return cached
        spans = Spans()
        async with self._slots.take():
            with spans.span(f"fetch {request.shot.id}"):
                report(0.0, "fetching files")
                files = await self._files(request, [*wanted, *avatars])
            passes = {want.path: _region(request.passes[want.path]) for want in avatars}
            page_job = job.page_job(shot, width=profile.width, height=profile.height, name=request.name, passes=passes)
            with spans.span(f"compose {request.shot.id}"):
                kind = Kind.PLATE if request.plate else Kind.SEGMENT
                segment = await self._draw(page_job, files, _Run(first, count, profile, kind), report)
        with spans.span(f"store {request.shot.id}"):
            artifact = await self._store.put(request.scope, segment, MP4)
        result = ComposeResult(segment=artifact, spans=list(spans))
        await self._store.remember(request.scope, key, artifact.SerializeToString())
        return result

    async def _draw(self, page_job: dict[str, Any], files: dict[str, Path | bytes], run: _Run, report: Report) -> bytes:
        """Play a run of frames and give the MP4."""
        segment = io.BytesIO()
        try:
            async with self._stage.page() as page:
                await page.load(page_job, files)
                await self._encode(page, segment, run, report)
        except PageError as error:
            if error.name in REASONS:
                raise InvalidRequest(str(error), reason=REASONS[error.name]) from error
            raise FancamError(f"the page failed: {error.name}: {error}") from error
        except (StageLost, NoChrome) as error:
            raise NotReady(f"Chrome died and is started again: {error}", reason="CHROME_DIED") from error
        except CannotEncode as error:
            raise FancamError(str(error)) from error
        return segment.getvalue()

    async def _encode(self, page: Page, segment: io.BytesIO, run: _Run, report: Report) -> None:
        encoder = SegmentEncoder(segment, run.profile, run.kind)
        try:
            async with contextlib.aclosing(page.frames(run.first, run.count)) as frames:
                async for frame in frames:
                    # x264 works beside the page: it holds no lock, and the ring has two more slots to draw into.
                    await asyncio.to_thread(encoder.write, frame.luma, frame.blue, frame.red)
                    report(encoder.frames / (run.count + 1), f"frame {encoder.frames} of {run.count}")
            await asyncio.to_thread(encoder.close)
        except BaseException:
            encoder.abort()
            raise

    async def _files(self, request: ComposeRequest, wanted: list[job.Wanted]) -> dict[str, Path | bytes]:
        """What the page will ask for, by the names it uses.

        Raises:
            InvalidRequest: A clip that cannot be shown, or has too few frames.
        """
        files: dict[str, Path | bytes] = {}
        lengths: dict[str, int] = {}
        for want in wanted:
            name = f"{want.kind}:{want.path}"
            artifact = request.passes[want.path].clip if want.kind == "pass" else request.files[want.path]
            if want.kind in {"image", "font"}:
                files[name] = await self._store.get(artifact)
                continue
            title = f"the pass of {want.path!r}" if want.kind == "pass" else want.path
            if name not in files:
                try:
                    packets = await asyncio.to_thread(unpack, title, await self._store.get(artifact))
                except BadFootage as error:
                    raise _bad_footage(want, str(error)) from error
                files[name], lengths[name] = packets.data, packets.frames
            if lengths[name] <= want.last_frame:
                raise _bad_footage(want, f"{title} has {lengths[name]} frames, and frame {want.last_frame} is used")
        return files

    def _profile(self, profile: StreamProfile) -> Profile:
        family = FAMILIES.get(profile.encoder, self._family)
        codec = CODECS.get(profile.codec, Codec.H264)
        rate = Fraction(profile.frame_rate.numerator, profile.frame_rate.denominator)
        try:
            return Profile(profile.width, profile.height, rate, family, profile.quality, profile.preset, codec)
        except BadProfile as error:
            raise InvalidRequest(str(error), fields={"profile": str(error)}) from error

    def _key(self, request: ComposeRequest, profile: Profile) -> str:
        """Names this step by everything its outcome depends on; where it is stored is not among it."""
        plain = ComposeRequest()
        plain.CopyFrom(request)
        plain.ClearField("scope")
        content = hashlib.sha256(plain.SerializeToString(deterministic=True)).hexdigest()
        return f"compose {self._engine} {profile.family.value} {content}"

    async def _recall(self, scope: str, key: str) -> ComposeResult | None:
        known = await self._store.recall(scope, key)
        if known is None:
            return None
        segment = Artifact.FromString(known)
        return ComposeResult(segment=segment, cached=True) if await self._store.holds(segment) else None


def _bad_footage(want: job.Wanted, fault: str) -> InvalidRequest:
    return InvalidRequest(fault, reason="BAD_FOOTAGE", fields={want.field: fault})


def _region(given: Any) -> job.Region:
    return job.Region(
        given.left,
        given.top,
        given.width,
        given.height,
        given.frames,
        (given.composition_width, given.composition_height),
    )


@asynccontextmanager
async def compositor(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve the compositor for the length of the block: one Chrome with a warm page per slot."""
    settings = CompositorSettings.load()
    family = await asyncio.to_thread(choose)
    engine = await asyncio.to_thread(engine_version)
    async with Stage.open(PAGE, gl=cast("Gl", settings.gl), chromium=settings.chromium, pages=settings.slots) as stage:
        log.info("draws with %s, encodes with %s", stage.renderer, family.value)
        servicer = CompositorService(process.artifacts, stage, Slots(settings.slots, "page"), family, engine)
        compositor_pb2_grpc.add_CompositorServiceServicer_to_server(servicer, server)
        process.services.append(DESCRIPTOR.services_by_name["CompositorService"].full_name)
        yield
