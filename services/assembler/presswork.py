"""The work of a press: what a campaign's cuts are made of is drawn by the services that draw, and its song mastered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf import json_format

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import Conflict, InvalidRequest
from fancam.progress import Report
from fancam.timebase import frame_to_sample
from fancam.v1.assembler_pb2 import CutReport, PressReport, SongReport
from fancam.v1.audio_pb2 import MasterRequest, MasterResponse
from fancam.v1.avatar_pb2 import OwnPart, Recipe
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Campaign, Output, PressedCut, Pressing
from fancam.v1.compositor_pb2 import ComposeRequest
from fancam.v1.media_pb2 import Artifact, Span, StreamProfile
from fancam.v1.renderer_pb2 import FitPartsRequest, Pass, RenderPassRequest
from fancam.v1.shot_pb2 import Shot
from media import encoder
from media.segment import NotASegment
from services.assembler import press, sound
from services.assembler.campaign import Documents, Fault
from services.assembler.faults import CutRange, cuts
from services.assembler.messages import focus, invalid_campaign, output_profile, plain_profile
from services.assembler.outputs import derive
from services.assembler.package import ROOT_FILE
from services.assembler.shot_faults import layer_files
from services.assembler.soundtracks import coded_bed
from services.assembler.workers import Watch, Work, Workers, all_of, amount, together


@dataclass
class _Told:
    """What the report says of one pressed cut."""

    layers: int = 0
    folded: int = 0
    made: list[Artifact] = field(default_factory=list)
    outputs: list[Artifact] = field(default_factory=list)


@dataclass(frozen=True)
class PressedSong:
    """What a press made of the campaign's song."""

    master: MasterResponse = field(default_factory=MasterResponse)
    track: Artifact = field(default_factory=Artifact)


SONG = "the song"
"""What its work is told under, beside cuts."""


class Presswork:
    """Draws one campaign's fixed cuts, plates and band members through the renderer and the compositor.

    It keeps no cache of drawn frames: both services answer from theirs when nothing has changed for them, and only they
    know the versions of their engines.
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
        self.parts: dict[str, OwnPart] = {}
        self.song = PressedSong()
        self._artifacts = artifacts
        self._workers = workers
        self._campaign = campaign
        self._found = found
        self._report = report
        self._deadline = deadline
        self._watches: list[Watch] = []
        self._told: defaultdict[str, _Told] = defaultdict(_Told)
        self._draft: Artifact | None = None
        self._deriving = asyncio.Semaphore(1)
        self._drawing: defaultdict[bytes, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._drawn: dict[bytes, Artifact] = {}
        self._began = time.monotonic()

    async def cuts(self) -> list[PressedCut]:
        """Every cut of the film, pressed."""
        await self._fit_parts()
        # What a pass needs of a pressing: tempo, melodies, frame rate and the campaign's own parts. A draft that holds
        # no more keeps its address, and with it the passes in the store, when something else in the campaign changes.
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
            files={path: self.files[path] for path in (song.melody, song.band_melody) if path},
            parts=self.parts,
        )
        self._draft = await self._artifacts.put_message(SHARED, draft)
        ranges = self._ranges()
        pressed = await all_of(self._personal(cut) if cut.personal else self._fixed(cut) for cut in ranges)
        chapters = {cut.id: cut.chapter for cut in self._campaign.cuts}
        named = set[str]()
        for cut, made in zip(ranges, pressed, strict=True):
            made.part_of = cut.part_of
            if cut.part_of not in named:
                made.chapter = chapters[cut.part_of]
            named.add(cut.part_of)
        return pressed

    async def master(self) -> None:
        """Have the song mastered by the audio service, and code what every film has of it."""
        song = self._campaign.song
        paths = {*song.stems, song.guide, song.melody, self._campaign.voice_chain}
        request = MasterRequest(
            song=song, voice_chain=self._campaign.voice_chain, files={path: self.files[path] for path in paths}
        )
        frames = sum(cut.frames for cut in cuts(self._found))
        samples = frame_to_sample(frames, plain_profile(self._campaign.profile).frame_rate)
        mastering = self._watch(Work("master", "the song's bed", SONG, frames), 0.1 * frames)
        coding = self._watch(Work("code", "the bed's sound", SONG, frames), 0.02 * frames)
        try:
            made = await self._workers.master(request, mastering)
            with coding.working():
                track, coding.cached = await coded_bed(self._artifacts, made.bed, samples)
        except Conflict as error:
            raise invalid_campaign([Fault(ROOT_FILE, "song", str(error))]) from error
        except sound.MixMismatch as error:
            raise invalid_campaign([Fault(ROOT_FILE, "song", f"its bed: {error}")]) from error
        self.song = PressedSong(made, track)
        self._told[SONG].made = [made.bed, track]

    async def _fit_parts(self) -> None:
        """Have the campaign's own parts checked and packed by the renderer; only what it makes of them is pressed."""
        plain = {path: self.files.pop(path) for path in self._campaign.parts}
        if not plain:
            return
        recipes = {path: json_format.ParseDict(recipe, Recipe()) for path, recipe in self._found.recipes.items()}
        watch = self._watch(Work("fit", "the campaign's own parts", "", 0), 1.0)
        try:
            fitted = await self._workers.fit_parts(FitPartsRequest(parts=plain, recipes=recipes), watch)
        except InvalidRequest as error:
            faults = [Fault(path, "", why) for path, why in error.fields.items()]
            raise invalid_campaign(faults or [Fault("campaign.yaml", "parts", str(error))]) from error
        self.parts.update(fitted)

    def _ranges(self) -> list[CutRange]:
        """The film's timeline with personal cuts parted where nothing of the fan is seen."""
        taken = {cut.id for cut in self._campaign.cuts}
        ranges: list[CutRange] = []
        for cut in cuts(self._found):
            if not cut.personal:
                ranges.append(cut)
                continue
            found = press.parts(press.rebase(self._found.shots[cut.shot], cut.first_frame, cut.frames))
            for number, part in enumerate(found):
                ranges.append(cut.part(part, _named(cut.id, found, number, taken)))
        return ranges

    def spans(self) -> list[Span]:
        """When each worker drew what."""
        return [watch.span for watch in self._watches if watch.span is not None]

    async def _fixed(self, cut: CutRange) -> PressedCut:
        shot = press.rebase(self._found.shots[cut.shot], cut.first_frame, cut.frames)
        segment = await self._draw(cut, shot, plate=False)
        told = self._told[cut.id]
        told.layers, told.made = len(shot["layers"]), [segment]
        outputs = {output.id: await self._derived(cut, segment, output) for output in self._campaign.outputs}
        told.outputs = list(outputs.values())
        return PressedCut(
            id=cut.id,
            kind=CUT_KIND_FIXED,
            start_frame=cut.start_frame,
            frames=cut.frames,
            segment=segment,
            outputs=outputs,
        )

    async def _personal(self, cut: CutRange) -> PressedCut:
        shot = press.rebase(self._found.shots[cut.shot], cut.first_frame, cut.frames)
        path = f"plates/{cut.id}.mp4"
        folded = press.fold(shot, path)
        live = folded.live if folded else shot
        drawing = [self._put_plate(cut, folded.plate, path)] if folded else []
        passes, *_ = await together(self._passes(cut, live), *drawing)
        assert passes is not None  # the plate's job gives nothing
        told = self._told[cut.id]
        told.layers, told.folded = len(shot["layers"]), len(folded.layers) if folded else 0
        told.made = [*([self.files[path]] if folded else []), *(drawn.clip for drawn in passes.values())]
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
        work = Work("compose", f"{'plate' if plate else 'cut'} {cut.id}", cut.id, cut.frames, _drawn_layers(shot))
        watch = self._watch(work, 2.0 * cut.frames)
        passes = await self._passes(cut, shot)
        named = {path for layer in press.every_layer(shot) for kind, path in layer_files(layer) if kind != "recipe"}
        request = ComposeRequest(
            shot=json_format.ParseDict(shot, Shot()),
            files={path: self.files[path] for path in named},
            passes=passes,
            profile=self._campaign.profile,
            scope=SHARED,
            plate=plate,
        )
        # What the film shows again is drawn once: a chorus comes back, and its crowd with it.
        key = request.SerializeToString(deterministic=True)
        async with self._drawing[key]:
            if key in self._drawn:
                with watch.working():
                    watch.cached = True
                return self._drawn[key]
            with _blamed(cut):
                self._drawn[key] = await self._workers.compose(request, watch)
            return self._drawn[key]

    async def _passes(self, cut: CutRange, shot: press.Json) -> dict[str, Pass]:
        """Passes of the band members in a shot, by layer name; the fan's own are drawn per fan."""
        band = [layer for layer in press.every_layer(shot) if layer.get("avatar", {}).get("recipe")]
        drawn = await together(*(self._pass(cut, layer) for layer in band))
        return {layer["name"]: picture for layer, picture in zip(band, drawn, strict=True)}

    async def _pass(self, cut: CutRange, layer: press.Json) -> Pass:
        watch = self._watch(Work("render", f"pass {layer['name']} of {cut.id}", cut.id, cut.frames), cut.frames)
        avatar = layer["avatar"]
        profile = self._campaign.profile
        request = RenderPassRequest(
            recipe=json_format.ParseDict(self._found.recipes[avatar["recipe"]], Recipe()),
            staging=json_format.ParseDict(avatar.get("staging", {}), RenderPassRequest().staging),
            film_first_frame=cut.start_frame,
            frames=cut.frames,
            width=profile.width,
            height=profile.height,
            pressing=self._draft,
            scope=SHARED,
        )
        with _blamed(cut):
            return await self._workers.draw_pass(request, watch)

    async def _derived(self, cut: CutRange, segment: Artifact, output: Output) -> Artifact:
        """A fixed segment in a further output's shape and size."""
        watch = self._watch(Work("outputs", f"{output.id} of {cut.id}", cut.id, cut.frames), 0.2 * cut.frames)
        profile = output_profile(output, self._campaign.profile)
        async with self._deriving:
            with watch.working():
                made, watch.cached = await derived(self._artifacts, SHARED, segment, profile, focus(output))
        return made

    def _watch(self, work: Work, weight: float) -> Watch:
        watch = Watch(work, weight, self._deadline, self._tell)
        self._watches.append(watch)
        return watch

    def _tell(self, message: str) -> None:
        total = sum(watch.weight for watch in self._watches)
        self._report(sum(watch.weight * watch.fraction for watch in self._watches) / total, message)

    # What came of it

    async def report(self, pressing: Pressing) -> PressReport:
        """Sizes, seconds, and what is left to do for one film."""
        told = PressReport(seconds=time.monotonic() - self._began)
        shared = {artifact.uri: artifact.size_bytes for artifact in pressing.files.values()}
        for cut in pressing.cuts:
            known = self._told[cut.id]
            busy = [watch for watch in self._watches if watch.work.cut == cut.id]
            told.cuts.append(
                CutReport(
                    id=cut.id,
                    kind=cut.kind,
                    start_frame=cut.start_frame,
                    frames=cut.frames,
                    bytes=sum(artifact.size_bytes for artifact in known.made),
                    output_bytes=sum(artifact.size_bytes for artifact in known.outputs),
                    slot_s=sum(watch.slot_s for watch in busy),
                    layers=known.layers,
                    folded_layers=known.folded,
                    part_of=cut.part_of,
                )
            )
            shared |= {artifact.uri: artifact.size_bytes for artifact in [*known.made, *known.outputs]}
        shared |= {artifact.uri: artifact.size_bytes for artifact in self._told[SONG].made}
        told.shared_bytes = sum(shared.values())
        told.song.CopyFrom(
            SongReport(
                bed_bytes=self.song.master.bed.size_bytes,
                track_bytes=self.song.track.size_bytes,
                slot_s=sum(watch.slot_s for watch in self._watches if watch.work.cut == SONG),
                integrated_lufs=self.song.master.integrated_lufs,
                true_peak_dbtp=self.song.master.true_peak_dbtp,
            )
        )
        drawn = [self._told[watch.work.cut] for watch in self._watches if not watch.cached]
        new = {artifact.uri: artifact.size_bytes for known in drawn for artifact in [*known.made, *known.outputs]}
        told.new_bytes = sum(new.values())
        for stage, left in _left_per_film(pressing).items():
            pace = await self._pace(stage, pressing.profile)
            if pace is not None:
                told.film_slot_s[stage] = pace * left
        return told

    async def _pace(self, stage: str, profile: StreamProfile) -> float | None:
        """Seconds per amount of a stage's work at this size: of this press, or of the last that drew anything."""
        key = f"pace 2 of {stage} at {profile.width}x{profile.height}"
        done = [watch for watch in self._watches if watch.work.stage == stage and watch.slot_s > 0]
        if done:
            pace = sum(watch.slot_s for watch in done) / sum(watch.work.amount for watch in done)
            await self._artifacts.remember(SHARED, key, repr(pace).encode())
            return pace
        known = await self._artifacts.recall(SHARED, key)
        return None if known is None else float(known)


def _drawn_layers(shot: press.Json) -> int:
    """Layers that are painted on a frame, compositions' own among them."""
    return sum("null" not in layer for layer in press.every_layer(shot))


def _left_per_film(pressing: Pressing) -> dict[str, int]:
    """What is drawn per fan by stage, as `Work.amount` counts it."""
    personal = [cut for cut in pressing.cuts if cut.kind == CUT_KIND_PERSONAL]
    shots = {cut.id: json_format.MessageToDict(cut.shot) for cut in personal}
    fans = {
        id_: sum("avatar" in layer and not layer["avatar"].get("recipe") for layer in press.every_layer(shot))
        for id_, shot in shots.items()
    }
    return {
        "render": sum(cut.frames * fans[cut.id] for cut in personal),
        "compose": sum(amount(cut.frames, _drawn_layers(shots[cut.id])) for cut in personal),
        "outputs": sum(cut.frames for cut in personal) * len(pressing.campaign.outputs),
    }


async def derived(
    artifacts: ArtifactStore, scope: str, segment: Artifact, profile: StreamProfile, at: tuple[float, float]
) -> tuple[Artifact, bool]:
    """A segment in another output's shape and size, and whether the store had it.

    Raises:
        InvalidRequest: The segment cannot be decoded, or no encoder can obey the profile.
    """
    plain = plain_profile(profile)
    key = f"output, {encoder.ENGINE}: {segment.uri} {profile.SerializeToString(deterministic=True).hex()} {at}"
    known = await artifacts.recall(scope, key)
    if known is not None:
        kept = Artifact.FromString(known)
        if await artifacts.holds(kept):
            return kept, True
    try:
        data = await asyncio.to_thread(derive, await artifacts.get(segment), plain, at)
    except NotASegment as error:
        raise InvalidRequest(f"{segment.uri}: {error}", reason="SEGMENT_MISMATCH") from error
    made = await artifacts.put(scope, data, "video/mp4")
    await artifacts.remember(scope, key, made.SerializeToString(deterministic=True))
    return made, False


def _named(cut: str, found: list[press.Part], number: int, taken: set[str]) -> str:
    """What one part of a personal cut is called; its first personal part keeps the cut's own id."""
    part = found[number]
    before = sum(each.personal for each in found[:number])
    if part.personal:
        wanted = cut if before == 0 else f"{cut}-{before + 1}"
        if wanted == cut:
            return cut
    elif number == 0:
        wanted = f"{cut}-lead-in"
    else:
        wanted = f"{cut}-lead-out" if number == len(found) - 1 else f"{cut}-gap-{before}"
    name = press.unused(wanted, taken, "-")
    taken.add(name)
    return name


@contextlib.contextmanager
def _blamed(cut: CutRange) -> Iterator[None]:
    """Name the shot in what a worker has against it."""
    try:
        yield
    except InvalidRequest as error:
        faults = [Fault(cut.shot, field_, why) for field_, why in error.fields.items()]
        raise invalid_campaign(faults or [Fault(cut.shot, "", str(error))]) from error
