"""One take's way through the voice chain, from the recording to the mix, stage by stage.

Knows neither gRPC nor the store: the service, `fancam voice` and the benchmark walk the same stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.audio import align, bed, chain, debleed, decode, denoise, fader, intake, mix, pitch, repair, timing
from services.audio.censor import Range, Stretch, censor, silence
from services.audio.decode import RATE_HZ, Mono, Stereo
from services.audio.tracker import Tracker

TAIL = 3 * RATE_HZ
"""What the room may ring after the line, in samples."""


@dataclass(frozen=True)
class Music:
    """The song around a fan's line, and what every fan's take is measured against, found once.

    Attributes:
        bed: The mastered song, with the band where fans change it.
        guide: The campaign's own vocal over the line.
        start: First sample of the line.
        end: Sample after its last.
        notes: The melody, in samples from the start of the line.
        plan: The voice chain.
    """

    bed: bed.Bed
    guide: Mono
    start: int
    end: int
    notes: tuple[pitch.Note, ...]
    plan: chain.Plan

    @property
    def samples(self) -> int:
        """Length of the line."""
        return self.end - self.start

    @cached_property
    def backing(self) -> Mono:
        """What the fan hears while singing, one channel."""
        line = slice(self.start - self.bed.start, self.end - self.bed.start)
        heard: Mono = self.bed.band.samples[line].mean(axis=1, dtype=np.float32)
        return heard

    @cached_property
    def syllables(self) -> timing.Changes:
        """How the guide's bands rise and fall."""
        return align.changes(self.guide)

    @cached_property
    def playing(self) -> debleed.Bands:
        """The spectrum of the backing, for taking it out of takes."""
        return debleed.spectrum(self.backing)

    def prepare(self) -> None:
        """Find everything that does not depend on a take."""
        _ = self.syllables, self.playing


def reach(start: int, end: int, length: int, plan: chain.Plan) -> tuple[int, int]:
    """First sample of a song, and the one after the last, that are needed to sing a line into it."""
    return bed.reach(start, end + TAIL + mix.Duck(**plan.numbers["duck"]).tail, length)


def master(stems: Stereo, guide: Mono, start: int, end: int, plan: chain.Plan) -> bed.Master:
    """Master a song once for all fans: the guide goes through the chain and over the band as a fan's voice does.

    Args:
        stems: All of them together over the whole song, shape (samples, 2).
        guide: The campaign's own vocal over the whole song.
        start: First sample of the line.
        end: Sample after its last.
        plan: The voice chain.

    Raises:
        ChainRefused: A plugin failed.
        NotMixable: The loudness cannot be reached.
    """
    _, wet = chain.run_plugins(plan, _with_tail(guide[start:end]))
    sung = _over(mix.band(stems), wet, start, plan)
    return bed.master(stems, sung.samples, bed.Loudness(**plan.numbers["loudness"]))


def _with_tail(line: Mono) -> Mono:
    return np.concatenate([line, np.zeros(TAIL, np.float32)])


def _over(band: mix.Band, wet: NDArray[np.float32], start: int, plan: chain.Plan) -> mix.Blend:
    level, duck = plan.numbers["mix"]["voice_over_backing_lu"], mix.Duck(**plan.numbers["duck"])
    return mix.blend(band, wet, start, voice_over_backing_lu=level, duck=duck)


@dataclass(frozen=True)
class Engines:
    """Who hears and who moves pitch, by the names that a chain uses."""

    trackers: Mapping[str, Tracker]
    shifters: Mapping[str, pitch.Shifter]


@dataclass
class Measures:
    """What was measured on the way.

    Attributes:
        clipped: Share of the take in tops that were cut flat and are rounded off, 0 to 1.
        contrast_db: How far the take's pauses lie below its voice.
        recognised: Share of the song's notes and syllables found in the take, 0 to 1.
        leak_db: Level of the band in the take against all of it; minus infinity where none was found.
        notes: Notes that had a voice.
        left_alone: Notes that were too far off.
        octave: Octaves between the melody and the fan's register.
        in_tune_before: Share of voiced frames within 50 cents of the melody.
        in_tune_after: The same of the tuned voice, as heard again.
        cents_before: Median distance from the melody.
        cents_after: The same of the tuned voice.
        late_ms_before: Median distance of the notes' beginnings from where they are written; 0 where none was told.
        late_ms_after: The same of the tuned voice.
        censored_s: Seconds in which something else is heard.
        integrated_lufs: Of the whole song with the fan in it.
        true_peak_dbtp: The same.
        limited_db: The most that the limiter took of what the fan changes.
        ride_db: What was added there for the loudness of the whole.
    """

    clipped: float = 0.0
    contrast_db: float = 0.0
    recognised: float = 0.0
    leak_db: float = float("-inf")
    notes: int = 0
    left_alone: int = 0
    octave: int = 0
    in_tune_before: float = 0.0
    in_tune_after: float = 0.0
    cents_before: float = 0.0
    cents_after: float = 0.0
    late_ms_before: float = 0.0
    late_ms_after: float = 0.0
    censored_s: float = 0.0
    integrated_lufs: float = 0.0
    true_peak_dbtp: float = 0.0
    limited_db: float = 0.0
    ride_db: float = 0.0


@dataclass(frozen=True)
class Stage:
    """One piece of work: a name for programs, how much of all is done before it, a message for the fan."""

    name: str
    fraction: float
    message: str
    work: Callable[[], None]


@dataclass
class Performance:
    """A take on its way into the song. Walk `stages`, doing each one's `work`; then `voice` and `mixed` are there.

    Attributes:
        music: The song.
        engines: Who hears and moves pitch.
        take: As recorded and decoded.
        where: Where it belongs.
        ranges: What must not be heard of it.
        guided: The guide sings in place of the take.
    """

    music: Music
    engines: Engines
    take: Mono
    where: align.Alignment
    ranges: Sequence[Range] = ()
    guided: bool = False
    measures: Measures = field(default_factory=Measures)
    # The fan's voice over the line after the chain's one-channel stages.
    voice: Mono = field(default_factory=lambda: np.zeros(0, np.float32))
    # The same after all of the chain's stages, with its room.
    wet: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    # The band with it, before they are mastered.
    sung: mix.Blend = field(init=False)
    mixed: bed.Mix = field(init=False)
    # How late each note was sung, and how that was mended; None where the guide sings.
    late_samples: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    warp: timing.Warp | None = None

    def stages(self) -> Iterator[Stage]:
        """What is to be done, in order; each stage's work must be done before the next is asked for.

        Raises:
            UnfitTake: While the work of `recognise` is done: nobody sings, or something else.
            NoVoice: In `correct`.
            EngineFailed: In `tune`.
            ChainRefused: In `denoise` and `chain`.
            NotMixable: In `loudness`.
        """
        numbers = self.music.plan.numbers
        if self.guided:
            self._tuned = self.music.guide
            yield Stage("chain", 0.6, "adding the room", self._chain)
            # The guide is published as its singer left it.
            self.voice = self.music.guide
        else:
            yield Stage("place", 0.17, "laying your take over the song", self._place)
            if "debleed" in numbers:
                yield Stage("debleed", 0.18, "taking the band out of your take", self._debleed)
            if "denoise" in numbers:
                yield Stage("denoise", 0.2, "cleaning", self._denoise)
            yield Stage("f0", 0.3, "listening to the pitch", self._listen)
            yield Stage("recognise", 0.34, "looking for the song in it", self._recognise)
            yield Stage("correct", 0.36, "reading the notes", self._correct)
            tuning = f"tuning {self.measures.notes - self.measures.left_alone} of {len(self.music.notes)} notes"
            yield Stage("tune", 0.4, tuning, self._tune)
            yield Stage("check", 0.65, "checking the pitch", self._check)
            yield Stage("chain", 0.7, "sending the voice through the chain", self._chain)
        yield Stage("mix", 0.8, "mixing", self._mix)
        yield Stage("loudness", 0.85, "setting the loudness", self._master)

    def _place(self) -> None:
        numbers = self.music.plan.numbers
        least_ppm = numbers["align"]["drift_ppm"]
        tops, made = repair.flat_tops(self.take), self.measures
        made.clipped, made.contrast_db = tops.share(len(self.take)), intake.contrast_db(self.take)
        whole = repair.eased(repair.round_off(self.take, tops))
        laid = align.place(whole, self.where, self.music.samples, least_ppm=least_ppm)
        self._laid = mix.levelled(laid, numbers["intake"]["level_lufs"])

    def _debleed(self) -> None:
        parted = debleed.debleed(
            self._laid, self.music.backing, **self.music.plan.numbers["debleed"], playing=self.music.playing
        )
        self._laid, self.measures.leak_db = parted.voice, parted.leak_db

    def _denoise(self) -> None:
        self._laid = denoise.denoise(self._laid, **self.music.plan.numbers["denoise"])

    def _listen(self) -> None:
        self._heard = self.engines.trackers[self.music.plan.tracker].track(self._laid, self.music.notes)

    def _recognise(self) -> None:
        numbers = self.music.plan.numbers
        reach_ms = max(120.0, numbers.get("timing", {}).get("max_shift_ms", 0.0) + 40)
        changes = align.changes(self._laid)
        self.late_samples = timing.lateness(changes, self.music.syllables, self.music.notes, reach_ms=reach_ms)
        self.measures.recognised = intake.recognise(
            self._heard, self.music.notes, self.late_samples, numbers["intake"], apart_db=self.measures.contrast_db
        )

    def _correct(self) -> None:
        numbers, notes = self.music.plan.numbers, self.music.notes
        asked = numbers.get("timing", {"strength": 0.0, "max_shift_ms": 0.0})
        self.warp = timing.warp(self._laid, self._heard, notes, self.late_samples, **asked)
        self._plan = pitch.correct(self._heard, self.warp.sung, pitch.Tuning(**numbers["pitch"]))
        made = self.measures
        made.notes, made.left_alone, made.octave = self._plan.notes, self._plan.left_alone, self._plan.octave

    def _tune(self) -> None:
        assert self.warp is not None
        shifter = self.engines.shifters[self.music.plan.pitch_engine]
        speed = self.warp.speed if self.warp.moves else None
        self._tuned = shifter.shift(self._laid, self._plan.shift, self._heard, speed)

    def _check(self) -> None:
        """Hear the tuned voice again: what the report says is measured, not assumed."""
        assert self.warp is not None
        made, plan = self.measures, self._plan
        after = self.engines.trackers[self.music.plan.tracker].track(self._tuned, self.music.notes)
        target = plan.target[self.warp.frames()]
        made.in_tune_before, made.cents_before = pitch.in_tune(self._heard, plan.target)
        made.in_tune_after, made.cents_after = pitch.in_tune(after, target)
        made.late_ms_before = _median_ms(self.late_samples)
        made.late_ms_after = made.late_ms_before
        if self.warp.moves:
            changes = align.changes(self._tuned)
            late = timing.lateness(changes, self.music.syllables, self.music.notes, reach_ms=120)
            made.late_ms_after = _median_ms(late)

    def _chain(self) -> None:
        plan = self.music.plan
        stretches = [self._stretch(one) for one in self.ranges]
        ridden = self._tuned
        if "fader" in plan.numbers and not self.guided:
            ridden = fader.ride(ridden, **plan.numbers["fader"])
        kept = silence(ridden, stretches, fade_ms=plan.numbers["censor"]["fade_ms"])
        dry, wet = chain.run_plugins(plan, _with_tail(kept))
        dry, wet = (censor(sound, self.music.guide, stretches, **plan.numbers["censor"]) for sound in (dry, wet))
        self.measures.censored_s = sum(one.end - one.start for one in stretches) / RATE_HZ
        self.voice, self.wet = dry[: self.music.samples], wet

    def _stretch(self, part: Range) -> Stretch:
        """Where in the line a stretch of the take is heard after it was placed and stretched."""
        drift = 1 + self.where.drift_ppm * 1e-6
        ends = [(edge * RATE_HZ - self.where.offset_samples) / drift for edge in (part.start_s, part.end_s)]
        if self.warp is not None:
            ends = [self.warp.lands(edge) for edge in ends]
        return Stretch(int(np.floor(ends[0])), int(np.ceil(ends[1])), part.action)

    def _mix(self) -> None:
        song = self.music.bed
        self.sung = _over(song.band, self.wet, self.music.start - song.start, self.music.plan)

    def _master(self) -> None:
        music = self.music
        made = bed.lay(music.bed, self.sung, (music.start, music.end), bed.Loudness(**music.plan.numbers["loudness"]))
        self.mixed = made
        self.measures.integrated_lufs, self.measures.true_peak_dbtp = made.integrated_lufs, made.true_peak_dbtp
        self.measures.limited_db, self.measures.ride_db = made.limited_db, made.ride_db


def find(take: Mono, music: Music) -> align.Alignment:
    """Where a take belongs."""
    reach_ms = music.plan.numbers["align"]["max_shift_ms"]
    return align.align(take, music.backing, music.guide, max_shift_ms=reach_ms)


def read(data: bytes, music: Music) -> Mono:
    """Decode a take and check it against the line and the chain's intake.

    Raises:
        NotAudio: It is no sound file.
        TooLong: It is much longer than the line.
        UnfitTake: Too short, silent or distorted.
    """
    return fit(decode.decode(data, max_seconds=music.samples / RATE_HZ + intake.SPARE_S), music)


def fit(recording: decode.Recording, music: Music) -> Mono:
    """The samples of a decoded take that the line and the chain's intake accept.

    Raises:
        TooLong: It is much longer than the line.
        UnfitTake: Too short, silent or distorted.
    """
    line_s = music.samples / RATE_HZ
    if recording.seconds > line_s + intake.SPARE_S:
        raise decode.TooLong(f"the recording is longer than {line_s + intake.SPARE_S:.1f} s")
    return intake.check(recording, line_s, music.plan.numbers["intake"])


def _median_ms(late_samples: NDArray[np.float64]) -> float:
    known = np.abs(late_samples[~np.isnan(late_samples)])
    return float(np.median(known)) * 1000 / RATE_HZ if len(known) else 0.0
