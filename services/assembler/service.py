"""The assembler service: fetches, presses or splices, stores and replies."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message

import stage
from fancam.artifacts import SHARED, ArtifactStore
from fancam.channel import connect
from fancam.errors import InvalidRequest
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Guard, Process, Slots
from fancam.settings import AssemblerSettings, WrongSetting
from fancam.timebase import frame_to_sample
from fancam.v1 import assembler_pb2, audio_pb2, compositor_pb2, renderer_pb2
from fancam.v1.assembler_pb2 import (
    AssembleRequest,
    AssembleResponse,
    AssembleResult,
    FragmentRequest,
    FragmentResponse,
    PressRequest,
    PressResponse,
    PressResult,
)
from fancam.v1.assembler_pb2_grpc import AssemblerServiceServicer, add_AssemblerServiceServicer_to_server
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Campaign, Melody, Pressing
from fancam.v1.compositor_pb2_grpc import CompositorServiceStub
from fancam.v1.media_pb2 import Artifact, EncoderFamily, StreamProfile
from fancam.v1.renderer_pb2_grpc import RendererServiceStub
from fancam.v1.shot_pb2 import Shot
from media import encoder
from media.boxes import Buffer
from media.movie import Chapter, Movie
from media.profile import Codec
from media.segment import read
from media.track import Track
from services.assembler import documents, package, press, provenance, splice, streaming
from services.assembler.campaign import Documents, Fault, Library
from services.assembler.documents import BadDocument
from services.assembler.faults import inspect
from services.assembler.messages import CODECS, focus, invalid_campaign, output_profile, plain_profile, scale_outputs
from services.assembler.poster import poster
from services.assembler.presswork import Presswork, derived
from services.assembler.soundtracks import Soundtracks
from services.assembler.workers import Workers, together

log = logging.getLogger(__name__)

VERSION = "assembler 4"
"""Part of every cache key here and of `Pressing.engine`: raise it when the same inputs give other bytes."""

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
    ".glb": "model/gltf-binary",
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


# --------------------------------------------------------------------------------------------------------------------
# The service


class AssemblerService(AssemblerServiceServicer):
    """Presses campaigns and splices films."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        workers: Workers,
        slots: Slots,
        signer: provenance.Signer | None = None,
    ) -> None:
        self._artifacts = artifacts
        self._workers = workers
        self._slots = slots
        self._signer = signer
        self._presses = Slots(1, "press", retry_after_s=10.0)
        self._library = read_library()
        self._soundtracks = Soundtracks(artifacts)

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
            wanted = campaign.profile.width
            campaign.profile.CopyFrom(await self._profile(campaign.profile, request))
            scale_outputs(campaign.outputs, Fraction(campaign.profile.width, wanted))
        with spans.span("store campaign"):
            stored = {
                path: await self._artifacts.put(SHARED, files[path], _media_type(path))
                for path in documents.used_files(found, files)
            }
        drawing = Presswork(self._artifacts, self._workers, campaign, found, stored, report, deadline)
        pressing = Pressing(campaign=campaign, profile=campaign.profile, engine=f"{VERSION}, {encoder.ENGINE}")
        pressed, _ = await together(drawing.cuts(), drawing.master())
        pressing.cuts.extend(pressed or [])
        pressing.bed.CopyFrom(drawing.song.master.bed)
        pressing.bed_track.CopyFrom(drawing.song.track)
        for path, artifact in drawing.files.items():
            pressing.files[path].CopyFrom(artifact)
        for path, part in drawing.parts.items():
            pressing.parts[path].CopyFrom(part)
        for output in campaign.outputs:
            pressing.outputs[output.id].CopyFrom(output_profile(output, campaign.profile))
        pressing.id = hashlib.sha256(pressing.SerializeToString(deterministic=True)).hexdigest()
        told = await drawing.report(pressing)
        return PressResult(
            # Written after everything else: where it is, nothing is missing.
            pressing=await self._artifacts.put_message(SHARED, pressing),
            summary=pressing,
            spans=[*spans, *drawing.spans()],
            report=told,
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
        if request.encoder:
            decided.encoder = request.encoder
        if not decided.encoder:
            codec = CODECS.get(decided.codec, Codec.H264)
            family = await asyncio.to_thread(encoder.choose, None, codec)
            decided.encoder = cast("EncoderFamily", EncoderFamily.Value(f"ENCODER_FAMILY_{family.name}"))
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
        subject = self._signer.subject if self._signer else ""
        asked = request.SerializeToString(deterministic=True).hex()
        key = f"{VERSION}, {encoder.ENGINE}, signed by {subject!r}: {asked}"
        if (known := await self._artifacts.recall(request.scope, key)) is not None:
            kept = AssembleResult.FromString(known)
            if await self._artifacts.holds(kept.film) and await self._artifacts.holds(kept.poster):
                return kept
        pressing = await self._pressing(request.pressing)
        with spans.span("fetch segments"):
            pieces = await self._pieces(pressing, request)
        with spans.span("encode sound"):
            heard = await self._sound(pressing, request)
        with spans.span("splice"):
            profile = pressing.outputs[request.output] if request.output else pressing.profile
            made = await asyncio.to_thread(
                _splice, pressing, profile, pieces, heard, title=request.title, report=report
            )
            film: Sequence[Buffer] = made.parts
        if self._signer is not None:
            with spans.span("sign"):
                film = [await asyncio.to_thread(self._sign, film, pressing, request.output)]
        with spans.span("poster"):
            number, frame = _poster_of(pressing)
            picture = await asyncio.to_thread(poster, read(pieces[number].source), frame)
        with spans.span("store film"):
            result = AssembleResult(
                film=await self._artifacts.put_parts(request.scope, film, "video/mp4"),
                poster=await self._artifacts.put(request.scope, picture, "image/jpeg"),
                frames=sum(piece.frames for piece in pieces),
                signer=subject,
            )
        await self._artifacts.remember(request.scope, key, result.SerializeToString(deterministic=True))
        result.spans.extend(spans)
        return result

    def _sign(self, film: Sequence[Buffer], pressing: Pressing, output: str) -> Buffer:
        assert self._signer is not None
        personal = sum(cut.frames for cut in pressing.cuts if cut.kind == CUT_KIND_PERSONAL)
        made_of = {
            "campaign": pressing.campaign.id,
            "pressing": pressing.id,
            "output": output or "film",
            "frames": sum(cut.frames for cut in pressing.cuts),
            "personal_frames": personal,
            "engine": f"{VERSION}, {encoder.ENGINE}",
        }
        return provenance.sign(film, self._signer, title=pressing.campaign.title, made_of=made_of)

    async def _pressing(self, address: Artifact) -> Pressing:
        pressing = Pressing()
        await self._artifacts.get_message(address, pressing)
        begins = accumulate((cut.frames for cut in pressing.cuts), initial=0)
        for cut, begin in zip(pressing.cuts, begins, strict=False):
            if cut.start_frame != begin:
                wrong = f"{cut.start_frame}: the cuts before it end at frame {begin}"
                raise InvalidRequest(
                    f"cut {cut.id} begins at frame {wrong}",
                    reason="CAMPAIGN_INVALID",
                    fields={f"cuts[{cut.id}].start_frame": wrong},
                )
        return pressing

    async def _sound(self, pressing: Pressing, request: AssembleRequest | FragmentRequest) -> Track:
        """The film's AAC track."""
        return await self._soundtracks.film(
            pressing, request.mix, request.mix_start_samples, _samples(pressing), request.scope
        )

    async def _pieces(self, pressing: Pressing, request: AssembleRequest) -> list[splice.Piece]:
        """Every cut's segment in order: fixed ones from this machine's cache, personal ones in memory only."""
        if request.output and request.output not in pressing.outputs:
            raise InvalidRequest(
                f"the campaign has no output {request.output!r}",
                reason="OUTPUT_UNKNOWN",
                fields={"output": f"one of {', '.join(sorted(pressing.outputs)) or 'none'}"},
            )
        personal = {cut.id for cut in pressing.cuts if cut.kind == CUT_KIND_PERSONAL}
        if missing := sorted(personal - set(request.segments)):
            fields = {f"segments[{cut}]": "this personal cut has no segment" for cut in missing}
            raise InvalidRequest(f"no segment for {', '.join(missing)}", reason="SEGMENT_MISSING", fields=fields)
        if unknown := sorted(set(request.segments) - personal):
            fields = {f"segments[{cut}]": "the campaign has no such personal cut" for cut in unknown}
            raise InvalidRequest(f"{', '.join(unknown)} is no personal cut", reason="SEGMENT_MISMATCH", fields=fields)
        pieces = []
        for cut in pressing.cuts:
            source: Path | bytes
            if cut.kind == CUT_KIND_FIXED:
                made = cut.outputs[request.output] if request.output else cut.segment
                source = await self._artifacts.local(made, ".mp4")
            else:
                segment = request.segments[cut.id]
                if request.output:
                    segment = await self._cropped(pressing, request, cut.id)
                source = await self._artifacts.get(segment)
            pieces.append(splice.Piece(cut.id, cut.frames, source))
        return pieces

    async def _cropped(self, pressing: Pressing, request: AssembleRequest, cut: str) -> Artifact:
        """A personal segment in the output's shape and size."""
        output = next(each for each in pressing.campaign.outputs if each.id == request.output)
        try:
            made, _ = await derived(
                self._artifacts,
                request.scope,
                request.segments[cut],
                pressing.outputs[request.output],
                focus(output),
            )
        except InvalidRequest as error:
            raise InvalidRequest(
                f"segment of cut {cut}: {error}", reason=error.reason, fields={f"segments[{cut}]": str(error)}
            ) from error
        return made

    async def Fragment(self, request: FragmentRequest, context: grpc.aio.ServicerContext[Any, Any]) -> FragmentResponse:
        """Give a part of a film that is to be played while the rest is made."""
        pressing = await self._pressing(request.pressing)
        fixed = request.WhichOneof("part") == "fixed_cut"
        scope = SHARED if fixed else request.scope
        plain = FragmentRequest()
        plain.CopyFrom(request)
        plain.ClearField("scope")
        key = f"{VERSION}: " + plain.SerializeToString(deterministic=True).hex()
        if (known := await self._artifacts.recall(scope, key)) is not None:
            kept = FragmentResponse.FromString(known)
            if all([await self._artifacts.holds(each) for each in (kept.header, *kept.fragments.values())]):
                return kept
        if request.WhichOneof("part") == "mix":
            heard = await self._sound(pressing, request)
            starts = [cut.start_frame for cut in pressing.cuts]
            parts = await asyncio.to_thread(streaming.sound, heard, plain_profile(pressing.profile), starts)
            cuts, media_type = [cut.id for cut in pressing.cuts], "audio/mp4"
        else:
            parts, cut = await self._streamed(pressing, request)
            cuts, media_type = [cut], "video/mp4"
        response = FragmentResponse(codecs=parts.codecs)
        response.header.CopyFrom(await self._artifacts.put(scope, parts.header, media_type))
        for cut, data in zip(cuts, parts.fragments, strict=True):
            if not data:
                continue
            response.fragments[cut].CopyFrom(await self._artifacts.put(scope, data, media_type))
        await self._artifacts.remember(scope, key, response.SerializeToString(deterministic=True))
        return response

    async def _streamed(self, pressing: Pressing, request: FragmentRequest) -> tuple[streaming.Parts, str]:
        """Pictures of one cut, and its id."""
        fixed = request.WhichOneof("part") == "fixed_cut"
        wanted = request.fixed_cut if fixed else request.personal_cut.cut
        kind = CUT_KIND_FIXED if fixed else CUT_KIND_PERSONAL
        found = [(number, cut) for number, cut in enumerate(pressing.cuts, 1) if (cut.id, cut.kind) == (wanted, kind)]
        if not found:
            field = "fixed_cut" if fixed else "personal_cut.cut"
            raise InvalidRequest(
                f"the campaign has no such cut {wanted!r}",
                reason="SEGMENT_MISMATCH",
                fields={field: "the campaign has no such cut"},
            )
        number, cut = found[0]
        segment = cut.segment if fixed else request.personal_cut.segment
        piece = splice.Piece(cut.id, cut.frames, await self._artifacts.get(segment))
        profile = plain_profile(pressing.profile)
        try:
            return await asyncio.to_thread(streaming.pictures, piece, profile, number, cut.start_frame), cut.id
        except splice.SegmentMismatch as error:
            raise InvalidRequest(
                str(error), reason="SEGMENT_MISMATCH", fields={"personal_cut.segment": error.why}
            ) from error


def _samples(pressing: Pressing) -> int:
    """Length of the film in samples of its sound."""
    return frame_to_sample(sum(cut.frames for cut in pressing.cuts), plain_profile(pressing.profile).frame_rate)


def _poster_of(pressing: Pressing) -> tuple[int, int]:
    """Which cut holds the film's poster, and its frame there."""
    asked = pressing.campaign.poster_frame
    for number, cut in enumerate(pressing.cuts):
        if asked and cut.start_frame <= asked < cut.start_frame + cut.frames:
            return number, asked - cut.start_frame
    personal = (number for number, cut in enumerate(pressing.cuts) if cut.kind == CUT_KIND_PERSONAL)
    number = next(personal, 0)
    return number, pressing.cuts[number].frames // 2


def _splice(
    pressing: Pressing,
    profile: StreamProfile,
    pieces: list[splice.Piece],
    heard: Track,
    *,
    title: str,
    report: Report,
) -> Movie:
    """The film; fixed segments are checked first, so that a personal one is what differs."""
    plain = plain_profile(profile)
    fixed = {cut.id for cut in pressing.cuts if cut.kind == CUT_KIND_FIXED}
    chapters = [Chapter(cut.start_frame, cut.chapter) for cut in pressing.cuts if cut.chapter]
    try:
        first = next((piece for piece in pieces if piece.cut in fixed), None)
        reference = splice.check(first, plain, None) if first else None
        return splice.splice(plain, pieces, heard, title=title, report=report, chapters=chapters, reference=reference)
    except splice.SegmentMismatch as error:
        raise InvalidRequest(
            str(error), reason="SEGMENT_MISMATCH", fields={f"segments[{error.cut}]": error.why}
        ) from error


def _media_type(path: str) -> str:
    return MEDIA_TYPES.get(Path(path).suffix.lower(), "application/octet-stream")


@asynccontextmanager
async def assembler(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve the assembler for the length of the block."""
    settings = AssemblerSettings.load()
    signer = None
    if settings.signing_key:
        files = Path(settings.signing_certificates), Path(settings.signing_key)
        try:
            signer = await asyncio.to_thread(provenance.Signer.load, *files)
        except provenance.BadKey as error:
            raise WrongSetting(f"{settings.prefix}SIGNING_KEY: {error}") from error
    log.info("films are %s", f"signed by {signer.subject}" if signer else "not signed: no key is mounted")
    modules = (renderer_pb2, compositor_pb2, audio_pb2, assembler_pb2)
    services = [module.DESCRIPTOR.services_by_name for module in modules]
    renderer, compositor, audio, own = (next(iter(found.values())).full_name for found in services)
    async with (
        connect(process.mesh.renderer, renderer) as to_renderer,
        connect(process.mesh.compositor, compositor) as to_compositor,
        connect(process.mesh.audio, audio) as to_audio,
    ):
        workers = Workers(
            RendererServiceStub(to_renderer), CompositorServiceStub(to_compositor), AudioServiceStub(to_audio)
        )
        slots = Slots(settings.slots, "assembler slot")
        servicer = AssemblerService(process.artifacts, workers, slots, signer)
        add_AssemblerServiceServicer_to_server(servicer, server)
        process.services.append(own)
        yield
