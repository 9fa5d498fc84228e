"""The audio service: every method fetches, computes, stores and replies."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import BytesIO
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
from fancam.v1.audio_pb2 import (
    ModerateNameResponse,
    SingLiveRequest,
    SingLiveResponse,
    SingResponse,
    SingResult,
    Verdict,
    VoiceReport,
)
from fancam.v1.audio_pb2_grpc import AudioServiceServicer, add_AudioServiceServicer_to_server
from fancam.v1.campaign_pb2 import Campaign, Melody, Note, Pressing, UntranscribedPolicy, WordAction
from fancam.v1.campaign_pb2 import Song as SongMessage
from fancam.v1.media_pb2 import Artifact
from services.audio import (
    align,
    bed,
    chain,
    decode,
    denoise,
    intake,
    ladspa,
    live,
    lyrics,
    moderation,
    names,
    performance,
    pitch,
    psola,
    rubberband,
    score,
    speech,
    terms,
    tracker,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

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

    music: performance.Music
    lexicon: moderation.Lexicon
    policy: moderation.Policy
    # The words of the line, in samples from its start.
    words: tuple[speech.Word, ...]
    locale: str


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
        trackers = {one.name: one for one in (hearing, tracker.Correlation())}
        self._play = performance.Engines(trackers, {"rubberband-r3": quality, "tdpsola": psola.Psola()})
        self._ear = ear
        self._songs: OrderedDict[str, Song] = OrderedDict()
        self._lexicon_of_place = lexicon or moderation.built_in()
        self._lexicons: OrderedDict[str, moderation.Lexicon] = OrderedDict()
        self._engines = {"decode": decode.version(), "denoise": denoise.version()}
        self._engines |= {kind: one.name for kind, one in self._play.shifters.items()}
        self._engines |= {kind: one.name for kind, one in self._play.trackers.items()}

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

    async def SingLive(
        self, requests: AsyncIterator[SingLiveRequest], context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[SingLiveResponse]:
        """Hear the take while it is sung, then put it into the song."""
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("part") != "start":
            raise InvalidRequest("the first part must be a `start`", reason="LIVE_START_MISSING")
        start, scope = first.start, session_scope(first.start.session)
        line = (await self._pressing(start.pressing)).campaign.song
        line_s = (line.take_end_samples - line.take_start_samples) / SAMPLE_RATE_HZ
        # The song is read while the fan sings.
        song = asyncio.create_task(self._song(start.pressing))
        try:
            with live.Listener(line_s + intake.SPARE_S + 1) as listener:
                async for part in requests:
                    if listener.size + len(part.chunk) > decode.MAX_BYTES:
                        message = f"more than {decode.MAX_BYTES} bytes"
                        raise InvalidRequest(f"the take: {message}", reason="TAKE_TOO_LONG", fields={"take": message})
                    await asyncio.to_thread(listener.feed, part.chunk)
                    for hint in await asyncio.to_thread(listener.hints):
                        yield SingLiveResponse(hint=_hint(hint))
                heard = await asyncio.to_thread(listener.recording)
                for hint in await asyncio.to_thread(listener.hints):
                    yield SingLiveResponse(hint=_hint(hint))
                take = await self._store.put(scope, listener.data, start.media_type or "application/octet-stream")
                yield SingLiveResponse(take=take)
                await song
                request = audio_pb2.SingRequest(take=take, pressing=start.pressing, locale=start.locale)
                async with self._slots.take():
                    async for event in reporting(lambda report: self._sing(request, report, heard)):
                        if isinstance(event, Result):
                            yield SingLiveResponse(result=event.value)
                        else:
                            yield SingLiveResponse(progress=event)
        finally:
            song.cancel()

    async def Master(
        self, request: audio_pb2.MasterRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> audio_pb2.MasterResponse:
        """Master the song once for all fans."""
        async with self._slots.take():
            return await self._master(request.song, request.voice_chain, request.files)

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

    async def _sing(
        self,
        request: audio_pb2.SingRequest,
        report: Report,
        heard: decode.Recording | None = None,
        *,
        walked: Callable[[performance.Performance], None] = lambda _: None,
    ) -> SingResult:
        """All of `Sing`; `heard` is the take where it was decoded already, `walked` gets all that was made of it."""
        scope = request.take.uri.rsplit("/", 1)[0]
        asked = _asked(request.censored)
        inputs = (request.take.uri, request.pressing.uri, request.locale, *map(repr, asked))
        key = " ".join(
            ("sing", str(chain.VERSION), *inputs, self._ear.name, self._lexicon_of_place.hash, *self._engines.values())
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
            take = await step("decode", 0.05, "reading your take", lambda: _decoded(data, song, heard))
            looking = "finding where your take begins"
            where = await step("align", 0.1, looking, lambda: performance.find(take, song.music))
            transcript = await step("listen", 0.15, "listening to the words", lambda: self._hear(take, locale))
            expected = [word.later(where.offset_samples) for word in song.words]
            verdict = moderation.judge_take(
                transcript, song.lexicon, song.policy, locale=locale, song=expected, asked=asked
            )
            made = performance.Performance(
                song.music, self._play, take, where, verdict.ranges, guided=verdict.decision == "replaced"
            )
            result = SingResult(verdict=_verdict(verdict))
            if verdict.decision != "reject":
                for stage in made.stages():
                    await step(stage.name, stage.fraction, stage.message, stage.work)
                writing = "writing the song"
                sounds = (made.mixed.samples, made.voice)
                files = await step("encode", 0.95, writing, lambda: [decode.flac(sound) for sound in sounds])
                result.mix_start_samples = made.mixed.start
                for data_out, place in zip(files, (result.mix, result.voice), strict=True):
                    place.CopyFrom(await self._store.put(scope, data_out, MEDIA_TYPE))
            walked(made)
            result.report.CopyFrom(self._report(made, request.take, result))
        except decode.NotAudio as error:
            raise InvalidRequest(f"the take: {error}", reason="NOT_AUDIO", fields={"take": str(error)}) from error
        except decode.TooLong as error:
            raise InvalidRequest(f"the take: {error}", reason="TAKE_TOO_LONG", fields={"take": str(error)}) from error
        except intake.UnfitTake as error:
            raise InvalidRequest(f"the take: {error}", reason=error.reason, fields={"take": str(error)}) from error
        except pitch.NoVoice as error:
            raise InvalidRequest(f"the take: {error}", reason="TAKE_SILENT", fields={"take": str(error)}) from error
        except (pitch.EngineFailed, bed.NotMixable, ladspa.ChainRefused) as error:
            raise FancamError(f"{request.take.uri}: {error}", reason="VOICE_FAILED") from error
        result.spans.extend(spans)
        await self._store.remember(scope, key, result.SerializeToString(deterministic=True))
        report(1.0, "the song is ready")
        return result

    def _report(self, made: performance.Performance, take: Artifact, result: SingResult) -> VoiceReport:
        """What was measured, of what, by whom."""
        plan, measures = made.music.plan, dataclasses.asdict(made.measures)
        leak_db, alone = measures.pop("leak_db"), measures.pop("left_alone")
        return VoiceReport(
            chain=plan.hash,
            offset_samples=made.where.offset_samples,
            alignment_evidence=made.where.evidence,
            alignment_confidence=made.where.confidence,
            drift_ppm=made.where.drift_ppm,
            engines=[self._engines[kind] for kind in ("decode", plan.pitch_engine, plan.tracker, "denoise")],
            notes_left_alone=alone,
            leak_db=leak_db if np.isfinite(leak_db) else None,
            take_sha256=_sha256(take),
            mix_sha256=_sha256(result.mix),
            voice_sha256=_sha256(result.voice),
            **measures,
        )

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
        lexicon = await self._lexicon(pressing)
        if not pressing.HasField("bed"):
            raise Conflict(
                f"{campaign.id}: pressed before songs were mastered once for all fans; press it again",
                reason="CAMPAIGN_UNFIT",
            )
        melody, written = await self._score(campaign.song, campaign.voice_chain, pressing.files)
        mastered = await self._store.local(pressing.bed, ".flac")
        try:
            music = await asyncio.to_thread(score.read, written, mastered)
        except score.Unfit as error:
            raise Conflict(f"{campaign.id}: {error}", reason="CAMPAIGN_UNFIT") from error
        words = [(note.syllable, note.start_samples - music.start, note.end_samples - music.start) for note in melody]
        return Song(
            music=music,
            lexicon=lexicon,
            policy=_policy(campaign),
            words=tuple(lyrics.words_of(words)),
            locale=_first(campaign),
        )

    async def _score(
        self, song: SongMessage, voice_chain: str, files: Mapping[str, Artifact]
    ) -> tuple[list[Note], score.Score]:
        """The song's melody and its files, checked.

        Raises:
            Missing: One of them is not there.
            Conflict: One of them cannot be used, or they do not fit together.
        """
        document = (await self._store.get(_file(files, voice_chain))).decode("utf-8", "replace")
        tracks = [await self._store.local(_file(files, path), ".sound") for path in (*song.stems, song.guide)]
        start, end = song.take_start_samples, song.take_end_samples
        melody = Melody()
        try:
            json_format.Parse(await self._store.get(_file(files, song.melody)), melody)
            plan = await asyncio.to_thread(chain.compile_chain, document)
            length = await asyncio.to_thread(score.length_of, tracks, start, end)
        except json_format.ParseError as error:
            raise Conflict(f"{song.melody}: {error}", reason="CAMPAIGN_UNFIT") from error
        except (ladspa.ChainRefused, score.Unfit) as error:
            raise Conflict(str(error), reason="CAMPAIGN_UNFIT") from error
        sung = sorted(melody.notes, key=lambda note: note.start_samples)
        notes = tuple(pitch.Note(note.start_samples - start, note.end_samples - start, note.midi) for note in sung)
        return sung, score.Score(tuple(tracks[:-1]), tracks[-1], notes, start, end, length, plan)

    async def _master(
        self, song: SongMessage, voice_chain: str, files: Mapping[str, Artifact]
    ) -> audio_pb2.MasterResponse:
        _, written = await self._score(song, voice_chain, files)
        inputs = [_file(files, path).uri for path in (*song.stems, song.guide)]
        key = " ".join(("master", str(chain.VERSION), *inputs, str(written.start), str(written.end), written.plan.hash))
        known = await self._store.recall(SHARED, key)
        if known is not None:
            kept = audio_pb2.MasterResponse.FromString(known)
            if await self._store.holds(kept.bed):
                kept.cached = True
                return kept
        try:
            data, made = await asyncio.to_thread(score.master, written)
        except score.Unfit as error:
            raise Conflict(str(error), reason="CAMPAIGN_UNFIT") from error
        response = audio_pb2.MasterResponse(
            bed=await self._store.put(SHARED, data, MEDIA_TYPE),
            integrated_lufs=made.integrated_lufs,
            true_peak_dbtp=made.true_peak_dbtp,
            gain_db=made.gain_db,
        )
        await self._store.remember(SHARED, key, response.SerializeToString(deterministic=True))
        return response

    async def _lexicon(self, pressing: Pressing) -> moderation.Lexicon:
        path = pressing.campaign.policy.lexicon
        if not path:
            return self._lexicon_of_place
        artifact = _file(pressing.files, path)
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


def _file(files: Mapping[str, Artifact], path: str) -> Artifact:
    if path not in files:
        raise Missing(f"{path} is not in the pressing", reason="FILE_MISSING", metadata={"path": path})
    return files[path]


def _decoded(data: bytes, song: Song, heard: decode.Recording | None) -> decode.Mono:
    return performance.read(data, song.music) if heard is None else performance.fit(heard, song.music)


ADVICE: dict[live.Advice, audio_pb2.TakeAdvice] = {
    "go on": audio_pb2.TAKE_ADVICE_GO_ON,
    "louder": audio_pb2.TAKE_ADVICE_LOUDER,
    "softer": audio_pb2.TAKE_ADVICE_SOFTER,
    "are you there": audio_pb2.TAKE_ADVICE_ARE_YOU_THERE,
}


def _hint(hint: live.Hint) -> audio_pb2.TakeHint:
    return audio_pb2.TakeHint(**(dataclasses.asdict(hint) | {"advice": ADVICE[hint.advice]}))


def _sha256(artifact: Artifact) -> str:
    """The store names files by their sha256; empty where there is no file."""
    return artifact.uri.rsplit("/", 1)[-1]


def _asked(ranges: Iterable[audio_pb2.CensoredRange]) -> tuple[moderation.Asked, ...]:
    """What a person wants censored.

    Raises:
        InvalidRequest: A stretch ends before it begins, or its action censors nothing.
    """
    actions = {ACTIONS[action]: action for action in moderation.CENSORED}
    for each in ranges:
        if each.action not in actions or not 0 <= each.start_samples < each.end_samples:
            message = "each must begin before it ends, and be bleeped, muted or replaced with the guide"
            raise InvalidRequest(f"censored: {message}", reason="CENSORED_UNFIT", fields={"censored": message})
    return tuple(moderation.Asked(each.start_samples, each.end_samples, actions[each.action]) for each in ranges)


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
        line=[audio_pb2.Deviation(**dataclasses.asdict(each)) for each in verdict.line],
    )


@dataclass(frozen=True)
class Rehearsal:
    """A take as it would be sung in a film, for a sound engineer to look at and listen to.

    Attributes:
        made: Its way through the chain, walked to the end.
        words: The words of the line, in samples from its start.
        take: The take laid over the line, before anything was done to it, shape (samples,).
        mix: The finished song as a FLAC file.
        report: What the service says of it: the fields of `fancam.v1.VoiceReport` and `Verdict`.
        seconds: How long each step took.
    """

    made: performance.Performance
    words: tuple[speech.Word, ...]
    take: decode.Mono
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
        shifter = await asyncio.to_thread(rubberband.Rubberband.start)
        service = AudioService(store, Slots(1, "audio slot"), tracker.Swift(), shifter, speech.Nobody())
        mastered = (await service._master(song, message.voice_chain, kept)).bed
        around = decode.read(await store.local(mastered, ".flac"), channels=2)
        pressing = await store.put_message(SHARED, Pressing(campaign=message, files=kept, bed=mastered))
        read = await service._song(pressing)
        done = []
        for number, data in enumerate(takes):
            # A session each: the same take twice is sung twice.
            take = await store.put(session_scope(f"rehearsal-{number}"), data, "application/octet-stream")
            request, walked = audio_pb2.SingRequest(take=take, pressing=pressing), list[performance.Performance]()
            result = await service._sing(request, lambda *_: None, walked=walked.append)
            if not result.HasField("voice"):
                raise Conflict(f"the verdict gives this take no voice: {result.verdict.reason}")
            fans, whole = decode.read(BytesIO(await store.get(result.mix)), channels=2), around.copy()
            whole[result.mix_start_samples : result.mix_start_samples + len(fans)] = fans
            made, least_ppm = walked[0], read.music.plan.numbers["align"]["drift_ppm"]
            done.append(
                Rehearsal(
                    made=made,
                    words=read.words,
                    take=align.place(made.take, made.where, read.music.samples, least_ppm=least_ppm),
                    mix=decode.flac(whole),
                    report=json_format.MessageToDict(result.report) | {"verdict": result.verdict.reason},
                    seconds={span.name: (span.end_unix_ns - span.start_unix_ns) / 1e9 for span in result.spans},
                )
            )
        return done


@contextmanager
def private_folder(root: Path) -> Iterator[Path]:
    """A folder of this process alone for working files: they hold voices.

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
        engine = (settings.speech_engine, settings.speech_model, settings.speech_python)
        ear = await asyncio.to_thread(speech.start, *engine)
    except (pitch.EngineFailed, speech.EngineRefused, terms.LexiconRefused) as error:
        raise NotReady(str(error)) from error
    log.info("%s; words are heard by: %s", shifter.name, ear.name)
    try:
        service = AudioService(
            process.artifacts, Slots(settings.slots, "audio slot"), tracker.Swift(), shifter, ear, lexicon=lexicon
        )
        add_AudioServiceServicer_to_server(service, server)
        process.services.append(audio_pb2.DESCRIPTOR.services_by_name["AudioService"].full_name)
        yield
    finally:
        ear.close()
