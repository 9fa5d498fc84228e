"""Where takes are sung into songs: fetched, judged, walked through the chain, stored and remembered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from fancam.artifacts import ArtifactStore
from fancam.errors import FancamError, InvalidRequest
from fancam.progress import Report, Spans
from fancam.v1.audio_pb2 import SingRequest, SingResult
from services.audio import (
    bed,
    chain,
    decode,
    denoise,
    intake,
    ladspa,
    messages,
    moderation,
    performance,
    pitch,
    psola,
    speech,
    tracker,
)
from services.audio.songs import MEDIA_TYPE, Song, Songs

log = logging.getLogger(__name__)

T = TypeVar("T")


class Studio:
    """Makes a mix of a take.

    Args:
        store: Where takes lie and mixes go.
        songs: What they are sung into.
        hearing: Hears pitch where a chain does not ask for the tracker without weights.
        quality: Moves pitch where a chain does not ask for the fast engine.
        ear: Hears words.
    """

    def __init__(
        self,
        store: ArtifactStore,
        songs: Songs,
        hearing: tracker.Tracker,
        quality: pitch.Shifter,
        ear: speech.Speech,
    ) -> None:
        self._store = store
        self._songs = songs
        trackers = {one.name: one for one in (hearing, tracker.Correlation())}
        self._play = performance.Engines(trackers, {"rubberband-r3": quality, "tdpsola": psola.Psola()})
        self._ear = ear
        self._engines = {"decode": decode.version(), "denoise": denoise.version()}
        self._engines |= {kind: one.name for kind, one in self._play.shifters.items()}
        self._engines |= {kind: one.name for kind, one in self._play.trackers.items()}

    async def sing(
        self,
        request: SingRequest,
        report: Report,
        heard: decode.Recording | None = None,
        *,
        walked: Callable[[performance.Performance], None] = lambda _: None,
    ) -> SingResult:
        """All of the contract's `Sing`.

        Args:
            request: What is sung into what.
            report: Told how far it is.
            heard: The take where it was decoded already.
            walked: Given all that was made of it.

        Raises:
            FancamError: As the contract says.
        """
        scope = request.take.uri.rsplit("/", 1)[0]
        asked = messages.asked(request.censored)
        inputs = (request.take.uri, request.pressing.uri, request.locale, *map(repr, asked))
        key = " ".join(
            (
                "sing",
                str(chain.VERSION),
                *inputs,
                self._ear.name,
                self._songs.lexicon_of_place.hash,
                *self._engines.values(),
            )
        )
        known = await self._store.recall(scope, key)
        if known is not None:
            return SingResult.FromString(known)
        spans = Spans()
        report(0.02, "reading the song")
        song = await self._songs.song(request.pressing)
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
            result = SingResult(verdict=messages.verdict(verdict))
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
            result.report.CopyFrom(messages.report(made, request.take, result, self._engines))
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

    def _hear(self, take: decode.Mono, locale: str) -> speech.Transcript:
        try:
            return self._ear.transcribe(take, locale)
        except speech.NotHeard:
            # A take that the engine failed on is as unheard as one without an engine: the policy decides.
            log.exception("%s did not hear a take", self._ear.name)
            return speech.Transcript(self._ear.name, heard=False)


def _decoded(data: bytes, song: Song, heard: decode.Recording | None) -> decode.Mono:
    return performance.read(data, song.music) if heard is None else performance.fit(heard, song.music)
