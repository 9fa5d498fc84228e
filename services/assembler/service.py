"""The assembler service: fetches, presses or splices, stores and replies."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message

import stage
from fancam.artifacts import SHARED, ArtifactStore
from fancam.channel import DEADLINE_S, connect
from fancam.errors import Busy, InvalidRequest, NotReady, from_call
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Guard, Process, Slots
from fancam.settings import AssemblerSettings
from fancam.v1 import assembler_pb2, compositor_pb2, renderer_pb2
from fancam.v1.assembler_pb2 import (
    AssembleRequest,
    AssembleResponse,
    AssembleResult,
    PressRequest,
    PressResponse,
    PressResult,
)
from fancam.v1.assembler_pb2_grpc import AssemblerServiceServicer, add_AssemblerServiceServicer_to_server
from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Campaign, Melody, PressedCut, Pressing
from fancam.v1.compositor_pb2 import ComposeRequest, ComposeResult
from fancam.v1.compositor_pb2_grpc import CompositorServiceStub
from fancam.v1.media_pb2 import Artifact, EncoderFamily, Span, StreamProfile, VideoCodec
from fancam.v1.renderer_pb2 import Pass, RenderPassRequest, RenderPassResult
from fancam.v1.renderer_pb2_grpc import RendererServiceStub
from fancam.v1.shot_pb2 import Shot
from media import encoder
from media.profile import BadProfile, Codec, Family, Profile
from services.assembler import documents, package, press, splice
from services.assembler.documents import BadDocument
from services.assembler.faults import CutRange, Documents, Fault, Library, cuts, inspect, layer_files
from services.assembler.gate import Gate

VERSION = "assembler 1"
"""Part of every cache key here and of `Pressing.engine`: raise it when the same inputs give other bytes."""

MAX_DEATHS = 6
"""Times that a call whose worker died or is not there is made again, waiting longer each time: half a minute in all."""

T = TypeVar("T")

SCHEMAS: dict[str, type[Message]] = {"Campaign": Campaign, "Shot": Shot, "Recipe": Recipe, "Melody": Melody}

MEDIA_TYPES = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}


# --------------------------------------------------------------------------------------------------------------------
# Messages to plain values and back


def schema(kind: str, value: object) -> press.Json:
    """A document in the form of its message, checked against the rules in the proto.

    Raises:
        BadDocument: One entry per broken rule.
    """
    if not isinstance(value, dict):
        raise BadDocument({"": f"is {type(value).__name__}, not a mapping of {kind}'s fields"})
    message = SCHEMAS[kind]()
    try:
        json_format.ParseDict(value, message)
    except (json_format.ParseError, TypeError, ValueError, AttributeError) as error:
        raise BadDocument({"": str(error)}) from error
    try:
        GUARD.check(message)
    except InvalidRequest as error:
        raise BadDocument(error.fields) from error
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


GUARD = Guard()


def read_library() -> Library:
    """What the avatar library offers, from its catalogue."""
    catalogue = json.loads((Path(stage.__file__).parent / "avatar" / "library" / "catalogue.json").read_text())
    return Library(
        dances=frozenset(catalogue["dances"]),
        expressions=frozenset(catalogue["expressions"]),
        parts=frozenset(part["id"] for part in catalogue["parts"]),
    )


def read_campaign(files: Mapping[str, bytes], library: Library) -> tuple[Documents | None, list[Fault]]:
    """A campaign's documents and everything that is wrong in them."""
    found, faults = documents.read(files, schema)
    if found is None:
        return None, faults or [Fault(package.ROOT_FILE, "", "is not in the campaign")]
    return found, [*faults, *inspect(found, library)]


def invalid_campaign(faults: list[Fault]) -> InvalidRequest:
    """The failure that names every fault."""
    fields: dict[str, str] = {}
    for fault in faults:
        place = f"{fault.file}: {fault.where}" if fault.where else fault.file
        fields[place] = f"{fields[place]}; {fault.why}" if place in fields else fault.why
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return InvalidRequest(f"{faults[0]}{more}", reason="CAMPAIGN_INVALID", fields=fields)


def plain_profile(profile: StreamProfile) -> Profile:
    """A stream profile as `media` knows it; the encoder must have been decided.

    Raises:
        InvalidRequest: No encoder can obey it.
    """
    rate = Fraction(profile.frame_rate.numerator, profile.frame_rate.denominator)
    try:
        return Profile(
            width=profile.width,
            height=profile.height,
            frame_rate=rate,
            family=FAMILIES[profile.encoder],
            quality=profile.quality,
            preset=profile.preset,
            codec=CODECS.get(profile.codec, Codec.H264),
        )
    except BadProfile as error:
        raise InvalidRequest(str(error), reason="CAMPAIGN_INVALID", fields={"profile": str(error)}) from error


FAMILIES = {EncoderFamily.Value(f"ENCODER_FAMILY_{family.name}"): family for family in Family}
CODECS = {VideoCodec.Value(f"VIDEO_CODEC_{codec.name}"): codec for codec in Codec}


# --------------------------------------------------------------------------------------------------------------------
# The service


class Workers:
    """The two services that draw for a press."""

    def __init__(self, renderer: RendererServiceStub, compositor: CompositorServiceStub) -> None:
        self._renderer = renderer
        self._compositor = compositor
        self._gates = {"RenderPass": Gate(), "Compose": Gate()}

    async def draw_pass(self, request: RenderPassRequest, watch: Watch) -> Pass:
        """One avatar's pass, by the renderer."""
        result: RenderPassResult = await self._insist("RenderPass", self._renderer.RenderPass, request, watch)
        drawn: Pass = getattr(result, "pass")  # a keyword in Python
        return drawn

    async def compose(self, request: ComposeRequest, watch: Watch) -> Artifact:
        """One segment or plate, by the compositor."""
        result: ComposeResult = await self._insist("Compose", self._compositor.Compose, request, watch)
        return result.segment

    async def _insist(self, method: str, ask: Callable[..., Any], request: Message, watch: Watch) -> Any:
        """Call until it works: again when every worker is busy, and a few times when one dies under the call."""
        gate = self._gates[method]
        deaths = 0
        while True:
            left_s = watch.deadline - time.monotonic()
            wait_s = 0.0
            try:
                async with gate:
                    try:
                        result = await watch.listen(ask(request, timeout=max(0.1, min(DEADLINE_S[method], left_s))))
                    except grpc.aio.AioRpcError as call_error:
                        raise from_call(call_error) from call_error
                    gate.taken()
                    return result
            except NotReady as error:
                wait_s = error.retry_after_s or 0.5 * 2**deaths
                deaths += 1
                if deaths > MAX_DEATHS or left_s < 1.0:
                    raise
            except Busy as error:
                if error.reason == "STORE_FULL" or left_s < 1.0:
                    raise
                gate.refused()
                if gate.under_way == 0:  # somebody else's call holds the worker
                    wait_s = error.retry_after_s or 0.5
            await asyncio.sleep(wait_s)


class Watch:
    """One call's part of a press: its expected cost, how far it is, and when it ran."""

    def __init__(self, what: str, weight: float, deadline: float, tell: Callable[[str], None]) -> None:
        self.what = what
        self.weight = weight
        self.deadline = deadline
        """When the press must be done, on the monotonic clock."""
        self.fraction = 0.0
        self.span: Span | None = None
        self._tell = tell

    async def listen(self, events: AsyncIterator[Any]) -> Any:
        """Follow a call to its result."""
        start_unix_ns = time.time_ns()
        async for event in events:
            if event.HasField("result"):
                self.fraction = 1.0
                self.span = Span(name=self.what, start_unix_ns=start_unix_ns, end_unix_ns=time.time_ns())
                self._tell(self.what)
                return event.result
            self.fraction = event.progress.fraction
            self._tell(f"{self.what}: {event.progress.message}" if event.progress.message else self.what)
        raise NotReady(f"{self.what}: the worker ended without a result")


class AssemblerService(AssemblerServiceServicer):
    """Presses campaigns and splices films."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        workers: Workers,
        slots: Slots,
    ) -> None:
        self._artifacts = artifacts
        self._workers = workers
        self._slots = slots
        self._presses = Slots(1, "press", retry_after_s=10.0)
        self._library = read_library()

    async def Press(
        self, request: PressRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[PressResponse]:
        """Compile a packed campaign."""
        deadline = time.monotonic() + context.time_remaining()
        async with self._presses.take():
            async for event in reporting(lambda report: self._press(request, report, deadline)):
                if isinstance(event, Result):
                    yield PressResponse(result=event.value)
                else:
                    yield PressResponse(progress=event)

    async def _press(self, request: PressRequest, report: Report, deadline: float) -> PressResult:
        spans = Spans()
        with spans.span("read campaign"):
            report(0.0, "reading the campaign")
            data = await self._artifacts.get(request.package)
            try:
                files = await asyncio.to_thread(package.unpack, data)
            except package.BadPackage as error:
                raise InvalidRequest(
                    f"package: {error}", reason="CAMPAIGN_INVALID", fields={error.entry or "package": error.why}
                ) from error
            found, faults = await asyncio.to_thread(read_campaign, files, self._library)
            if faults or found is None:
                raise invalid_campaign(faults)
            campaign = json_format.ParseDict(found.campaign, Campaign())
            campaign.profile.CopyFrom(await self._profile(campaign.profile, request))
        with spans.span("store campaign"):
            stored = {
                path: await self._artifacts.put(SHARED, files[path], _media_type(path))
                for path in documents.used_files(found, files)
            }
        drawing = _Drawing(self._artifacts, self._workers, campaign, found, stored, report, deadline)
        pressing = Pressing(campaign=campaign, profile=campaign.profile, engine=f"{VERSION}, {encoder.ENGINE}")
        pressing.cuts.extend(await drawing.cuts())
        for path, artifact in drawing.files.items():
            pressing.files[path].CopyFrom(artifact)
        pressing.id = hashlib.sha256(pressing.SerializeToString(deterministic=True)).hexdigest()
        return PressResult(
            pressing=await self._artifacts.put_message(SHARED, pressing),
            summary=pressing,
            spans=[*spans, *drawing.spans()],
        )

    async def _profile(self, profile: StreamProfile, request: PressRequest) -> StreamProfile:
        """The campaign's profile, with the size asked for and the encoder decided."""
        decided = StreamProfile()
        decided.CopyFrom(profile)
        if bool(request.width) != bool(request.height):
            raise InvalidRequest("width and height go together", fields={"width": "set both, or neither"})
        if request.width:
            if abs(request.width * profile.height / (request.height * profile.width) - 1) > 0.01:
                shape = f"{profile.width}x{profile.height}"
                raise InvalidRequest(
                    f"{request.width}x{request.height} has not the campaign's shape, {shape}",
                    fields={"width": f"must be in proportion to {shape}"},
                )
            decided.width, decided.height = request.width, request.height
        if not decided.encoder:
            codec = CODECS.get(decided.codec, Codec.H264)
            family = await asyncio.to_thread(encoder.choose, None, codec)
            decided.encoder = EncoderFamily.Value(f"ENCODER_FAMILY_{family.name}")
        plain_profile(decided)
        return decided

    async def Assemble(
        self, request: AssembleRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[AssembleResponse]:
        """Splice a film."""
        async with self._slots.take():
            async for event in reporting(lambda report: self._assemble(request, report)):
                if isinstance(event, Result):
                    yield AssembleResponse(result=event.value)
                else:
                    yield AssembleResponse(progress=event)

    async def _assemble(self, request: AssembleRequest, report: Report) -> AssembleResult:
        spans = Spans()
        key = f"{VERSION}, {encoder.ENGINE}: " + request.SerializeToString(deterministic=True).hex()
        if (known := await self._artifacts.recall(request.scope, key)) is not None:
            return AssembleResult.FromString(known)
        pressing = Pressing()
        await self._artifacts.get_message(request.pressing, pressing)
        with spans.span("fetch segments"):
            pieces = await self._pieces(pressing, request)
            mix = await self._artifacts.get(request.mix)
        with spans.span("splice"):
            film, frames = await asyncio.to_thread(_splice, pressing, pieces, mix, request.title, report)
        with spans.span("poster"):
            shown = next((cut for cut in pressing.cuts if cut.kind == CUT_KIND_PERSONAL), pressing.cuts[0])
            segment = next(piece.source for piece in pieces if piece.cut == shown.id)
            picture = await asyncio.to_thread(splice.poster, segment, shown.frames // 2)
        with spans.span("store film"):
            result = AssembleResult(
                film=await self._artifacts.put(request.scope, film, "video/mp4"),
                poster=await self._artifacts.put(request.scope, picture, "image/jpeg"),
                frames=frames,
            )
        await self._artifacts.remember(request.scope, key, result.SerializeToString(deterministic=True))
        result.spans.extend(spans)
        return result

    async def _pieces(self, pressing: Pressing, request: AssembleRequest) -> list[splice.Piece]:
        """Every cut's segment in order: fixed ones from this machine's cache, personal ones in memory only."""
        personal = {cut.id for cut in pressing.cuts if cut.kind == CUT_KIND_PERSONAL}
        if missing := sorted(personal - set(request.segments)):
            fields = {f"segments[{cut}]": "this personal cut has no segment" for cut in missing}
            raise InvalidRequest(f"no segment for {', '.join(missing)}", reason="SEGMENT_MISSING", fields=fields)
        if unknown := sorted(set(request.segments) - personal):
            fields = {f"segments[{cut}]": "the campaign has no such personal cut" for cut in unknown}
            raise InvalidRequest(f"{', '.join(unknown)} is no personal cut", reason="SEGMENT_MISMATCH", fields=fields)
        pieces = []
        for cut in pressing.cuts:
            if cut.kind == CUT_KIND_FIXED:
                pieces.append(splice.Piece(cut.id, cut.frames, await self._artifacts.local(cut.segment, ".mp4")))
            else:
                pieces.append(splice.Piece(cut.id, cut.frames, await self._artifacts.get(request.segments[cut.id])))
        return pieces


def _splice(
    pressing: Pressing, pieces: list[splice.Piece], mix: bytes, title: str, report: Report
) -> tuple[bytes, int]:
    """The film's bytes and its frames; fixed segments are checked first, so that a personal one is what differs."""
    profile = plain_profile(pressing.profile)
    fixed = {cut.id for cut in pressing.cuts if cut.kind == CUT_KIND_FIXED}
    try:
        reference = None
        for piece in pieces:
            if piece.cut in fixed:
                reference = splice.check(piece, profile, None)
                break
        with _memory() as file:
            frames = splice.splice(file, profile, pieces, mix, title=title, report=report, reference=reference)
            return file.read_bytes(), frames
    except splice.SegmentMismatch as error:
        raise InvalidRequest(
            str(error), reason="SEGMENT_MISMATCH", fields={f"segments[{error.cut}]": error.why}
        ) from error
    except splice.MixMismatch as error:
        raise InvalidRequest(str(error), reason="MIX_MISMATCH", fields={"mix": str(error)}) from error


@contextlib.contextmanager
def _memory() -> Iterator[Path]:
    """A file in memory that ends with the block or the process: a fan's film never lies on a machine's disk."""
    handle = os.memfd_create("film")
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


# --------------------------------------------------------------------------------------------------------------------
# Drawing what a pressing holds


class _Drawing:
    """Draws one campaign's fixed cuts, plates and band members through the renderer and the compositor.

    It keeps no cache of its own: both services answer from theirs when nothing has changed for them, and only they know
    the versions of their engines.
    """

    def __init__(  # noqa: PLR0917
        self,
        artifacts: ArtifactStore,
        workers: Workers,
        campaign: Campaign,
        found: Documents,
        files: dict[str, Artifact],
        report: Report,
        deadline: float,
    ) -> None:
        self.files = files
        self._artifacts = artifacts
        self._workers = workers
        self._campaign = campaign
        self._found = found
        self._report = report
        self._deadline = deadline
        self._watches: list[Watch] = []
        self._draft: Artifact | None = None

    async def cuts(self) -> list[PressedCut]:
        """Every cut of the film, pressed."""
        # What a pass needs of a pressing is tempo, melody and frame rate. A draft that holds no more keeps its address,
        # and with it the passes in the store, when something else in the campaign changes.
        song = self._campaign.song
        draft = Pressing(
            campaign=Campaign(
                id=self._campaign.id,
                title=self._campaign.title,
                profile=self._campaign.profile,
                song=song,
                policy=self._campaign.policy,
                voice_chain=self._campaign.voice_chain,
            ),
            profile=self._campaign.profile,
            files={song.melody: self.files[song.melody]},
        )
        self._draft = await self._artifacts.put_message(SHARED, draft)
        return await _all(self._personal(cut) if cut.personal else self._fixed(cut) for cut in cuts(self._found))

    def spans(self) -> list[Span]:
        """When each worker drew what."""
        return [watch.span for watch in self._watches if watch.span is not None]

    async def _fixed(self, cut: CutRange) -> PressedCut:
        shot = press.rebase(self._found.shots[cut.shot], cut.first_frame, cut.frames)
        segment = await self._draw(cut, shot, plate=False)
        return PressedCut(
            id=cut.id, kind=CUT_KIND_FIXED, start_frame=cut.start_frame, frames=cut.frames, segment=segment
        )

    async def _personal(self, cut: CutRange) -> PressedCut:
        shot = press.rebase(self._found.shots[cut.shot], cut.first_frame, cut.frames)
        path = f"plates/{cut.id}.mp4"
        folded = press.fold(shot, path)
        live = folded.live if folded else shot
        drawing = [self._put_plate(cut, folded.plate, path)] if folded else []
        passes = (await _together(self._passes(cut, live), *drawing))[0]
        return PressedCut(
            id=cut.id,
            kind=CUT_KIND_PERSONAL,
            start_frame=cut.start_frame,
            frames=cut.frames,
            shot=json_format.ParseDict(live, Shot()),
            passes=passes,
        )

    async def _put_plate(self, cut: CutRange, shot: press.Json, path: str) -> None:
        self.files[path] = await self._draw(cut, shot, plate=True)

    async def _draw(self, cut: CutRange, shot: press.Json, *, plate: bool) -> Artifact:
        watch = self._watch(f"{'plate' if plate else 'cut'} {cut.id}", 2.0 * cut.frames)
        passes = await self._passes(cut, shot)
        named = {path for layer in shot["layers"] for kind, path in layer_files(layer) if kind != "recipe"}
        request = ComposeRequest(
            shot=json_format.ParseDict(shot, Shot()),
            files={path: self.files[path] for path in named},
            passes=passes,
            profile=self._campaign.profile,
            scope=SHARED,
            plate=plate,
        )
        with _blamed(cut):
            return await self._workers.compose(request, watch)

    async def _passes(self, cut: CutRange, shot: press.Json) -> dict[str, Pass]:
        """Passes of the band members in a shot, by layer name; the fan's own are drawn per fan."""
        band = [layer for layer in shot["layers"] if layer.get("avatar", {}).get("recipe")]
        drawn = await _together(*(self._pass(cut, layer) for layer in band))
        return {layer["name"]: picture for layer, picture in zip(band, drawn, strict=True)}

    async def _pass(self, cut: CutRange, layer: press.Json) -> Pass:
        watch = self._watch(f"pass {layer['name']} of {cut.id}", cut.frames)
        avatar = layer["avatar"]
        profile = self._campaign.profile
        request = RenderPassRequest(
            recipe=json_format.ParseDict(self._found.recipes[avatar["recipe"]], Recipe()),
            staging=json_format.ParseDict(avatar.get("staging", {}), renderer_pb2.RenderPassRequest().staging),
            film_first_frame=cut.start_frame,
            frames=cut.frames,
            width=profile.width,
            height=profile.height,
            pressing=self._draft,
        )
        with _blamed(cut):
            return await self._workers.draw_pass(request, watch)

    def _watch(self, what: str, weight: float) -> Watch:
        watch = Watch(what, weight, self._deadline, self._tell)
        self._watches.append(watch)
        return watch

    def _tell(self, message: str) -> None:
        total = sum(watch.weight for watch in self._watches)
        self._report(sum(watch.weight * watch.fraction for watch in self._watches) / total, message)


@contextlib.contextmanager
def _blamed(cut: CutRange) -> Iterator[None]:
    """Name the shot in what a worker has against it."""
    try:
        yield
    except InvalidRequest as error:
        faults = [Fault(cut.shot, field, why) for field, why in error.fields.items()]
        raise invalid_campaign(faults or [Fault(cut.shot, "", str(error))]) from error


async def _together(*jobs: Coroutine[Any, Any, T]) -> list[T]:
    """Run all jobs; the first that fails ends the others, and is what is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _all(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all jobs. What is wrong with the campaign is collected from all; any other failure ends them at once."""
    invalid: list[InvalidRequest] = []

    async def collected(job: Coroutine[Any, Any, T]) -> list[T]:
        try:
            return [await job]
        except InvalidRequest as error:
            invalid.append(error)
            return []

    results = await _together(*map(collected, jobs))
    if invalid:
        fields = {place: why for error in invalid for place, why in error.fields.items()}
        raise InvalidRequest(str(invalid[0]), reason="CAMPAIGN_INVALID", fields=fields)
    return [result for found in results for result in found]


def _media_type(path: str) -> str:
    return MEDIA_TYPES.get(Path(path).suffix.lower(), "application/octet-stream")


@asynccontextmanager
async def assembler(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve the assembler for the length of the block."""
    services = [module.DESCRIPTOR.services_by_name for module in (renderer_pb2, compositor_pb2, assembler_pb2)]
    renderer, compositor, own = (next(iter(found.values())).full_name for found in services)
    async with (
        connect(process.mesh.renderer, renderer) as to_renderer,
        connect(process.mesh.compositor, compositor) as to_compositor,
    ):
        workers = Workers(RendererServiceStub(to_renderer), CompositorServiceStub(to_compositor))
        slots = Slots(AssemblerSettings.load().slots, "assembler slot")
        add_AssemblerServiceServicer_to_server(AssemblerService(process.artifacts, workers, slots), server)
        process.services.append(own)
        yield
