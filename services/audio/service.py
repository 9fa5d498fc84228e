"""The audio service: every method fetches, computes, stores and replies."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc
import numpy as np
from google.protobuf import json_format

from fancam.artifacts import SHARED, ArtifactStore, clear_folder, session_scope
from fancam.errors import Conflict, FancamError, InvalidRequest, Missing, NotReady
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Process, Slots
from fancam.settings import ArtifactSettings, AudioSettings
from fancam.timebase import SAMPLE_RATE_HZ
from fancam.v1 import audio_pb2
from fancam.v1.audio_pb2 import ModerateNameResponse, SingResponse, SingResult, Verdict, VoiceReport
from fancam.v1.audio_pb2_grpc import AudioServiceServicer, add_AudioServiceServicer_to_server
from fancam.v1.campaign_pb2 import Campaign, Melody, Pressing, UntranscribedPolicy, WordAction
from fancam.v1.media_pb2 import Artifact
from services.audio import (
    align,
    chain,
    debleed,
    decode,
    lyrics,
    mix,
    moderation,
    names,
    pitch,
    psola,
    rubberband,
    speech,
    terms,
    tracker,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

# Part of every remembered result's key: raise it when the same take would sound otherwise.
VERSION = 2

SPARE_S = 30.0
"""A take may be this much longer than the line, in seconds."""

MEDIA_TYPE = "audio/flac"

DECISIONS = {
    "publish": audio_pb2.DECISION_PUBLISH,
    "review": audio_pb2.DECISION_REVIEW,
    "reject": audio_pb2.DECISION_REJECT,
    "replaced": audio_pb2.DECISION_REPLACED,
}
UNTRANSCRIBED: dict[int, moderation.Untranscribed] = {
    UntranscribedPolicy.UNTRANSCRIBED_POLICY_REVIEW: "review",
    UntranscribedPolicy.UNTRANSCRIBED_POLICY_REPLACE_WITH_GUIDE: "replace",
    UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH: "publish",
}

ACTIONS: dict[moderation.Action, WordAction] = {
    "pass": WordAction.WORD_ACTION_PASS,
    "bleep": WordAction.WORD_ACTION_BLEEP,
    "mute": WordAction.WORD_ACTION_MUTE,
    "replace": WordAction.WORD_ACTION_REPLACE_WITH_GUIDE,
    "review": WordAction.WORD_ACTION_REVIEW,
    "reject": WordAction.WORD_ACTION_REJECT,
}


@dataclass(frozen=True)
class Song:
    """What the service needs of a pressing, read once."""

    stems: decode.Stereo
    # The band over the fan's line, one channel, and the campaign's own vocal there.
    backing: decode.Mono
    guide: decode.Mono
    # The guide over the whole song.
    whole_guide: decode.Mono
    # Notes in samples from the start of the line.
    notes: tuple[pitch.Note, ...]
    start: int
    plan: chain.Plan
    lexicon: moderation.Lexicon
    policy: moderation.Policy
    # The words of the line, in samples from its start.
    words: tuple[speech.Word, ...]
    locale: str

    @property
    def line_s(self) -> float:
        """Length of the fan's line in seconds."""
        return len(self.guide) / SAMPLE_RATE_HZ


class AudioService(AudioServiceServicer):
    """Sung take to finished mix, and the moderation of everything that a fan says."""

    def __init__(
        self,
        store: ArtifactStore,
        slots: Slots,
        hearing: tracker.Tracker,
        quality: pitch.Shifter,
        ear: speech.Speech,
        *,
        lexicon: moderation.Lexicon | None = None,
    ) -> None:
        self._store = store
        self._slots = slots
        self._tracker = hearing
        self._shifters: dict[str, pitch.Shifter] = {"rubberband-r3": quality, "tdpsola": psola.Psola()}
        self._ear = ear
        self._songs: OrderedDict[str, Song] = OrderedDict()
        self._lexicon_of_place = lexicon or moderation.built_in()
        self._lexicons: OrderedDict[str, moderation.Lexicon] = OrderedDict()
        self._engines = {"ffmpeg": decode.ffmpeg_version(), "tracker": hearing.name}
        self._engines |= {kind: shifter.name for kind, shifter in self._shifters.items()}

    async def Sing(
        self, request: audio_pb2.SingRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[SingResponse]:
        """Put the take into the song."""
        async with self._slots.take():
            async for event in reporting(lambda report: self._sing(request, report)):
                if isinstance(event, Result):
                    yield SingResponse(result=event.value)
                else:
                    yield SingResponse(progress=event)

    async def ModerateName(
        self, request: audio_pb2.ModerateNameRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> ModerateNameResponse:
        """Decide whether a name may be shown."""
        pressing = await self._pressing(request.pressing)
        lexicon = await self._lexicon(pressing)
        most = pressing.campaign.policy.name_max_graphemes
        try:
            name = names.clean_name(request.name, max_graphemes=most)
        except names.NameRefused as error:
            raise InvalidRequest(str(error), reason=error.reason, fields={"name": str(error)}) from error
        verdict = names.judge_name(name, lexicon, locale=request.locale or _first(pressing.campaign))
        return ModerateNameResponse(verdict=_verdict(verdict), name=name)

    async def _sing(self, request: audio_pb2.SingRequest, report: Report) -> SingResult:
        scope = request.take.uri.rsplit("/", 1)[0]
        inputs = (request.take.uri, request.pressing.uri, request.locale)
        key = " ".join(
            ("sing", str(VERSION), *inputs, self._ear.name, self._lexicon_of_place.hash, *self._engines.values())
        )
        known = await self._store.recall(scope, key)
        if known is not None:
            return SingResult.FromString(known)
        spans = Spans()
        report(0.02, "reading the song")
        song = await self._song(request.pressing)
        data = await self._store.get(request.take)
        locale = request.locale or song.locale

        async def step(name: str, fraction: float, message: str, work: Callable[[], T]) -> T:
            report(fraction, message)
            with spans.span(name):
                return await asyncio.to_thread(work)

        try:
            take = await step("decode", 0.05, "reading your take", lambda: _read_take(data, song))
            where = await step("align", 0.1, "finding where your take begins", lambda: _align(take, song))
            transcript = await step("listen", 0.15, "listening to the words", lambda: self._hear(take, locale))
            expected = [word.later(where.offset_samples) for word in song.words]
            verdict = moderation.judge_take(transcript, song.lexicon, song.policy, locale=locale, song=expected)
            result = SingResult(
                verdict=_verdict(verdict),
                report=VoiceReport(
                    chain=song.plan.hash,
                    offset_samples=where.offset_samples,
                    alignment_evidence=where.evidence,
                    engines=[self._engines[kind] for kind in ("ffmpeg", song.plan.pitch_engine, "tracker")],
                ),
            )
            if verdict.decision != "reject":
                guided = verdict.decision == "replaced"
                await self._finish(take, where, song, scope, guided=guided, result=result, step=step)
        except decode.NotAudio as error:
            raise InvalidRequest(f"the take: {error}", reason="NOT_AUDIO", fields={"take": str(error)}) from error
        except decode.TooLong as error:
            raise InvalidRequest(f"the take: {error}", reason="TAKE_TOO_LONG", fields={"take": str(error)}) from error
        except UnfitTake as error:
            raise InvalidRequest(f"the take: {error}", reason=error.reason, fields={"take": str(error)}) from error
        except pitch.NoVoice as error:
            raise InvalidRequest(f"the take: {error}", reason="TAKE_SILENT", fields={"take": str(error)}) from error
        except (pitch.EngineFailed, mix.NotMixable, chain.ChainRefused) as error:
            raise FancamError(f"{request.take.uri}: {error}", reason="VOICE_FAILED") from error
        result.spans.extend(spans)
        await self._store.remember(scope, key, result.SerializeToString(deterministic=True))
        report(1.0, "the song is ready")
        return result

    async def _finish(
        self,
        take: decode.Mono,
        where: align.Alignment,
        song: Song,
        scope: str,
        *,
        guided: bool,
        result: SingResult,
        step: Callable[..., Any],
    ) -> None:
        """From the decoded take to the mix; everything measured goes into `result`."""
        numbers = song.plan.numbers
        if guided:
            dry: decode.Mono = song.whole_guide
            wet = mix.place(
                (
                    await step(
                        "chain", 0.6, "adding the room", lambda: chain.run_plugins(song.plan, _tailed(song.guide))
                    )
                )[1],
                song.start,
                len(song.stems),
            )
        else:
            placed = mix.levelled(
                mix.place(take, -where.offset_samples, len(song.guide)), numbers["intake"]["level_lufs"]
            )
            if "debleed" in numbers:
                message = "taking the band out of your take"
                parted = await step(
                    "debleed", 0.18, message, lambda: debleed.debleed(placed, song.backing, **numbers["debleed"])
                )
                placed = parted.voice
            if "denoise" in numbers:
                placed = await step("denoise", 0.2, "cleaning", lambda: chain.denoise(placed, **numbers["denoise"]))
            sung = await step("f0", 0.3, "listening to the pitch", lambda: self._tracker.track(placed, song.notes))
            _voiced(sung, song)
            plan = await step(
                "correct", 0.35, "reading the notes", lambda: pitch.correct(sung, song.notes, _tuning(song.plan))
            )
            shifter = self._shifters[song.plan.pitch_engine]
            message = f"tuning {plan.notes - plan.left_alone} of {len(song.notes)} notes"
            tuned = await step("tune", 0.4, message, lambda: shifter.shift(placed, plan.shift, sung))
            after = await step("check", 0.65, "checking the pitch", lambda: self._tracker.track(tuned, song.notes))
            result.report.in_tune_before = pitch.in_tune(sung, plan.target)
            result.report.in_tune_after = pitch.in_tune(after, plan.target)
            line, hall = await step(
                "chain",
                0.7,
                "sending the voice through the chain",
                lambda: chain.run_plugins(song.plan, _tailed(tuned)),
            )
            dry = mix.place(line, song.start, len(song.stems))
            wet = mix.place(hall, song.start, len(song.stems))
        mixed = await step("mix", 0.8, "mixing", lambda: _blend(song, wet))
        finished = await step("loudness", 0.85, "setting the loudness", lambda: _master(song, mixed))
        result.report.integrated_lufs = finished.integrated_lufs
        result.report.true_peak_dbtp = finished.true_peak_dbtp
        files = await step(
            "encode", 0.95, "writing the song", lambda: (decode.flac(finished.samples), decode.flac(dry))
        )
        result.mix.CopyFrom(await self._store.put(scope, files[0], MEDIA_TYPE))
        result.voice.CopyFrom(await self._store.put(scope, files[1], MEDIA_TYPE))

    def _hear(self, take: decode.Mono, locale: str) -> speech.Transcript:
        try:
            return self._ear.transcribe(take, locale)
        except speech.NotHeard:
            # A take that the engine failed on is as unheard as one without an engine: the policy decides.
            log.exception("%s did not hear a take", self._ear.name)
            return speech.Transcript(self._ear.name, heard=False)

    async def _pressing(self, artifact: Artifact) -> Pressing:
        pressing = Pressing()
        await self._store.get_message(artifact, pressing)
        return pressing

    async def _song(self, artifact: Artifact) -> Song:
        song = self._songs.get(artifact.uri)
        if song is None:
            pressing = await self._pressing(artifact)
            song = await self._read_song(pressing)
            self._songs[artifact.uri] = song
            while len(self._songs) > 2:
                self._songs.popitem(last=False)
        self._songs.move_to_end(artifact.uri)
        return song

    async def _read_song(self, pressing: Pressing) -> Song:
        campaign = pressing.campaign
        written = campaign.song
        lexicon = await self._lexicon(pressing)
        document = (await self._store.get(_file(pressing, campaign.voice_chain))).decode("utf-8", "replace")
        melody = Melody()
        try:
            json_format.Parse(await self._store.get(_file(pressing, written.melody)), melody)
            plan = await asyncio.to_thread(chain.compile_chain, document)
            tracks = [
                await self._store.local(_file(pressing, path), ".sound") for path in (*written.stems, written.guide)
            ]
            stems = [await asyncio.to_thread(decode.read, path, channels=2) for path in tracks[:-1]]
            guide = await asyncio.to_thread(decode.read, tracks[-1], channels=1)
        except json_format.ParseError as error:
            raise Conflict(f"{campaign.id}: {written.melody}: {error}", reason="CAMPAIGN_UNFIT") from error
        except (chain.ChainRefused, decode.NotAudio) as error:
            raise Conflict(f"{campaign.id}: {error}", reason="CAMPAIGN_UNFIT") from error
        lengths = {len(stem) for stem in stems} | {len(guide)}
        start, end = written.take_start_samples, written.take_end_samples
        if len(lengths) != 1 or not start < end <= max(lengths):
            lengths_text = ", ".join(map(str, sorted(lengths)))
            raise Conflict(
                f"{campaign.id}: stems and guide of {lengths_text} samples must be equally long and hold "
                f"the line {start} to {end}",
                reason="CAMPAIGN_UNFIT",
            )
        band: decode.Stereo = np.sum(np.stack(stems), axis=0, dtype=np.float32)
        notes = sorted(melody.notes, key=lambda note: note.start_samples)
        return Song(
            stems=band,
            backing=band[start:end].mean(axis=1, dtype=np.float32),
            guide=guide[start:end],
            whole_guide=guide,
            notes=tuple(pitch.Note(note.start_samples - start, note.end_samples - start, note.midi) for note in notes),
            start=start,
            plan=plan,
            lexicon=lexicon,
            policy=_policy(campaign),
            words=tuple(
                lyrics.words_of(
                    [(note.syllable, note.start_samples - start, note.end_samples - start) for note in notes]
                )
            ),
            locale=_first(campaign),
        )

    async def _lexicon(self, pressing: Pressing) -> moderation.Lexicon:
        path = pressing.campaign.policy.lexicon
        if not path:
            return self._lexicon_of_place
        artifact = _file(pressing, path)
        lexicon = self._lexicons.get(artifact.uri)
        if lexicon is None:
            text = (await self._store.get(artifact)).decode("utf-8", "replace")
            try:
                lexicon = await asyncio.to_thread(_read_lexicon, text)
            except terms.LexiconRefused as error:
                raise Conflict(f"{pressing.campaign.id}: {path}: {error}", reason="CAMPAIGN_UNFIT") from error
            self._lexicons[artifact.uri] = lexicon
            while len(self._lexicons) > 4:
                self._lexicons.popitem(last=False)
        return lexicon


class UnfitTake(Exception):  # noqa: N818  named for what the fan reads
    """The recording was read, but the chain's intake does not take it; `reason` is for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


# Below this peak there is nobody: a phone's own noise lies at -70 to -60 dBFS.
SILENT_PEAK = 10 ** (-50 / 20)

NEARER = "Sing out, nearer to the microphone, where it is quieter."
"""What helps a take in which no voice is found."""


def _read_take(data: bytes, song: Song) -> decode.Mono:
    """Decode a take and check it against the line and the chain's intake."""
    recording = decode.decode(data, max_seconds=song.line_s + SPARE_S)
    samples = recording.samples
    if recording.seconds < song.line_s / 2:
        promised = (
            f" of the {recording.header_s:.1f} s in its header" if recording.header_s > recording.seconds + 0.5 else ""
        )
        message = f"{recording.seconds:.1f} s{promised} could be read; the line is {song.line_s:.1f} s long. "
        message += "Sing until the line ends before you stop the recording."
        raise UnfitTake("TAKE_TOO_SHORT", message)
    peak = float(np.abs(samples).max())
    if peak < SILENT_PEAK:
        raise UnfitTake("TAKE_SILENT", f"the loudest moment is {20 * np.log10(peak + 1e-9):.0f} dBFS. {NEARER}")
    limit = song.plan.numbers["intake"]["clipped_percent"]
    clipped = 100 * _clipped(samples)
    if clipped > limit:
        message = f"{clipped:.1f} % of it is clipped; at most {limit:g} % can be repaired. "
        raise UnfitTake("TAKE_CLIPPED", message + "Hold the phone further away, or sing more softly.")
    return samples


def _voiced(sung: pitch.Cents, song: Song) -> None:
    """Refuse what has no pitch where the melody has notes: silence, noise, a hand on the microphone."""
    limit = song.plan.numbers["intake"]["voiced_percent"]
    voiced = 100 * pitch.voiced_share(sung, song.notes)
    if voiced < limit:
        raise UnfitTake("TAKE_SILENT", f"{voiced:.0f} % of the line has a voice; {limit:g} % are needed. {NEARER}")


def _clipped(samples: decode.Mono) -> float:
    """Share of samples in flat tops: three or more in a row that stand still at the recording's own ceiling."""
    ceiling = np.abs(samples).max()
    top = (np.abs(samples) > 0.985 * ceiling) & (ceiling > 0.5)
    still = top[:-2] & top[1:-1] & top[2:]
    return float(still.mean()) if len(still) else 0.0


def _align(take: decode.Mono, song: Song) -> align.Alignment:
    return align.align(take, song.backing, song.guide, **song.plan.numbers["align"])


def _tuning(plan: chain.Plan) -> pitch.Tuning:
    return pitch.Tuning(**plan.numbers["pitch"])


def _tailed(voice: decode.Mono) -> decode.Mono:
    """Three more seconds, for the room to fade."""
    return np.concatenate([voice, np.zeros(3 * SAMPLE_RATE_HZ, np.float32)])


def _blend(song: Song, wet: chain.Voice) -> decode.Stereo:
    duck = mix.Duck(**song.plan.numbers["duck"])
    return mix.blend(
        song.stems, wet, voice_over_backing_lu=song.plan.numbers["mix"]["voice_over_backing_lu"], duck=duck
    )


def _master(song: Song, mixed: decode.Stereo) -> mix.Master:
    numbers = song.plan.numbers["loudness"]
    return mix.master(
        mixed,
        integrated_lufs=numbers["integrated_lufs"],
        tolerance_lu=numbers["tolerance_lu"],
        true_peak_ceiling_dbtp=numbers["true_peak_dbtp"],
    )


def _file(pressing: Pressing, path: str) -> Artifact:
    if path not in pressing.files:
        raise Missing(
            f"{pressing.campaign.id}: {path} is not in the pressing", reason="FILE_MISSING", metadata={"path": path}
        )
    return pressing.files[path]


def _first(campaign: Campaign) -> str:
    return campaign.locales[0] if campaign.locales else ""


def _read_lexicon(text: str) -> moderation.Lexicon:
    return moderation.Lexicon(terms.read_documents(text.split("\n---\n")))


def _policy(campaign: Campaign) -> moderation.Policy:
    actions = {number: action for action, number in ACTIONS.items()}
    return moderation.Policy(
        # Whatever is not said in writing waits for a person.
        untranscribed=UNTRANSCRIBED.get(campaign.policy.untranscribed, "review"),
        rules=tuple(
            moderation.Rule(actions[rule.action], rule.severity, rule.category) for rule in campaign.policy.words
        ),
        lyrics_percent=campaign.policy.lyrics_percent,
    )


def _verdict(verdict: moderation.Verdict) -> Verdict:
    return Verdict(
        decision=DECISIONS[verdict.decision],
        engine=verdict.engine,
        transcribed=verdict.transcribed,
        findings=[
            audio_pb2.Finding(**dataclasses.asdict(finding) | {"action": ACTIONS[finding.action]})
            for finding in verdict.findings
        ],
        reason=verdict.reason,
        deviations=[audio_pb2.Deviation(**dataclasses.asdict(deviation)) for deviation in verdict.deviations],
        censored=[
            audio_pb2.CensoredRange(
                start_samples=round(censored.start_s * SAMPLE_RATE_HZ),
                end_samples=round(censored.end_s * SAMPLE_RATE_HZ),
                action=ACTIONS[censored.action],
            )
            for censored in verdict.ranges
        ],
        policy=verdict.policy,
        lexicon=verdict.lexicon,
    )


@dataclass(frozen=True)
class Rehearsal:
    """A take as it would be sung in a film, for a sound engineer to look at and listen to.

    Attributes:
        plan: The compiled chain.
        notes: The melody, in samples from the start of the line.
        take: The take laid over the line, before anything was done to it, shape (samples,).
        voice: The same stretch of the tuned voice after the chain's one-channel stages, shape (samples,).
        mix: The finished song as a FLAC file.
        report: What the service says of it: the fields of `fancam.v1.VoiceReport` and `Verdict`.
        seconds: How long each step took.
    """

    plan: chain.Plan
    notes: tuple[pitch.Note, ...]
    take: decode.Mono
    voice: decode.Mono
    mix: bytes
    report: dict[str, Any]
    seconds: dict[str, float]


async def rehearse(files: Mapping[str, bytes], campaign: Mapping[str, Any], takes: Sequence[bytes]) -> list[Rehearsal]:
    """Sing takes into a campaign that is not pressed, by the very code that the service runs.

    Args:
        files: The campaign folder's files by path.
        campaign: Its `campaign.yaml`, read.
        takes: Sound files.

    Raises:
        FancamError: As the service's `Sing`; a take that the verdict rejects has no voice and is refused too.
    """
    with tempfile.TemporaryDirectory(prefix="rehearse-") as folder:
        store = ArtifactStore(ArtifactSettings(url=Path(folder, "store").as_uri(), cache=str(Path(folder, "cache"))))
        try:
            message = json_format.ParseDict(dict(campaign), Campaign())
        except json_format.ParseError as error:
            raise InvalidRequest(f"campaign.yaml: {error}") from error
        song = message.song
        wanted = {*song.stems, song.guide, song.melody, message.voice_chain, message.policy.lexicon} & set(files)
        kept = {path: await store.put(SHARED, files[path], "application/octet-stream") for path in sorted(wanted)}
        pressing = await store.put_message(SHARED, Pressing(campaign=message, files=kept))
        shifter = await asyncio.to_thread(rubberband.Rubberband.start)
        service = AudioService(store, Slots(1, "audio slot"), tracker.Swift(), shifter, speech.Nobody())
        read = await service._song(pressing)
        done = []
        for data in takes:
            take = await store.put(session_scope("rehearsal"), data, "application/octet-stream")
            result = await service._sing(audio_pb2.SingRequest(take=take, pressing=pressing), lambda *_: None)
            if not result.HasField("voice"):
                raise Conflict(f"the verdict gives this take no voice: {result.verdict.reason}")
            recording = await asyncio.to_thread(_read_take, data, read)
            voice = decode.decode(await store.get(result.voice), max_seconds=3600).samples
            done.append(
                Rehearsal(
                    plan=read.plan,
                    notes=read.notes,
                    take=mix.place(recording, -result.report.offset_samples, len(read.guide)),
                    voice=voice[read.start : read.start + len(read.guide)],
                    mix=await store.get(result.mix),
                    report=json_format.MessageToDict(result.report) | {"verdict": result.verdict.reason},
                    seconds={span.name: (span.end_unix_ns - span.start_unix_ns) / 1e9 for span in result.spans},
                )
            )
        return done


@contextmanager
def private_folder(root: Path) -> Iterator[Path]:
    """A folder of this process alone for the files that ffmpeg and rubberband work on: they hold voices.

    It is gone at the end of the block; what a killed process left behind is deleted by the next one that starts.
    """
    root.mkdir(parents=True, exist_ok=True)
    for left in root.iterdir():
        # In a container every life of the service has the same number.
        if left.name == str(os.getpid()) or not Path("/proc", left.name).exists():
            clear_folder(left)
    folder = root / str(os.getpid())
    folder.mkdir(mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        clear_folder(folder)


@asynccontextmanager
async def audio(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve audio for the length of the block: rubberband is calibrated and the ear opened before the first call."""
    settings = AudioSettings.load()
    with private_folder(ArtifactSettings.load().cache_folder() / "audio"):
        async with _serving(server, process, settings):
            yield


@asynccontextmanager
async def _serving(server: grpc.aio.Server, process: Process, settings: AudioSettings) -> AsyncIterator[None]:
    try:
        shifter = await asyncio.to_thread(rubberband.Rubberband.start)
        folder = Path(settings.lexicons) if settings.lexicons else None
        lexicon = await asyncio.to_thread(moderation.lexicon_of, folder)
        ear = await asyncio.to_thread(speech.start, settings.speech_engine, settings.speech_model)
    except (pitch.EngineFailed, speech.EngineRefused, terms.LexiconRefused) as error:
        raise NotReady(str(error)) from error
    log.info("%s; words are heard by: %s", shifter.name, ear.name)
    try:
        slots = Slots(settings.slots, "audio slot")
        service = AudioService(process.artifacts, slots, tracker.Swift(), shifter, ear, lexicon=lexicon)
        add_AudioServiceServicer_to_server(service, server)
        process.services.append(audio_pb2.DESCRIPTOR.services_by_name["AudioService"].full_name)
        yield
    finally:
        ear.close()
