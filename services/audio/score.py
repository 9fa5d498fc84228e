"""A song's files, read only as far as needed: all of them for its master, the part around the line for its fans."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.audio import bed, chain, decode, ladspa, performance, pitch

GAIN = "gain_db="
"""So the comment in a bed's file begins: what was added to the band before the limiter."""


class Unfit(Exception):  # noqa: N818  named for what the campaign's makers must know
    """The files are no song, or not one song's."""


@dataclass(frozen=True)
class Score:
    """A song as it is written.

    Attributes:
        stems: Sound files of the band, added together.
        guide: Sound file of the campaign's own vocal.
        notes: The melody, in samples from the start of the line.
        start: First sample of the line.
        end: Sample after its last.
        length: Samples of every file.
        plan: The voice chain.
    """

    stems: tuple[Path, ...]
    guide: Path
    notes: tuple[pitch.Note, ...]
    start: int
    end: int
    length: int
    plan: chain.Plan


def length_of(tracks: list[Path], start: int, end: int) -> int:
    """How many samples each of a song's tracks has.

    Raises:
        Unfit: A track cannot be read, they differ, or do not hold the line.
    """
    try:
        lengths = sorted({decode.about(path)[0] for path in tracks})
    except decode.NotAudio as error:
        raise Unfit(str(error)) from error
    if len(lengths) != 1 or not start < end <= lengths[0]:
        raise Unfit(
            f"stems and guide of {', '.join(map(str, lengths))} samples must be equally long and hold "
            f"the line {start} to {end}"
        )
    return lengths[0]


def master(score: Score) -> tuple[bytes, bed.Master]:
    """The bed as a FLAC file that says its own gain, and what was measured.

    Raises:
        Unfit: A track or the chain cannot be used, or the loudness not be reached.
    """
    try:
        guide = decode.read(score.guide, channels=1)
        made = performance.master(_stems(score, 0, score.length), guide, score.start, score.end, score.plan)
    except (ladspa.ChainRefused, decode.NotAudio, bed.NotMixable) as error:
        raise Unfit(str(error)) from error
    return decode.flac(made.samples, f"{GAIN}{made.gain_db!r}"), made


def read(score: Score, mastered: Path) -> performance.Music:
    """The part of a song that fans change, and how loud all of its bed is.

    Args:
        score: The song.
        mastered: The file that `master` made of it.

    Raises:
        Unfit: A track cannot be read, or the bed is not this song's.
    """
    try:
        length, comment = decode.about(mastered)
        if length != score.length or not comment.startswith(GAIN):
            raise Unfit(f"a bed of {length} samples is no master of a song of {score.length}")
        first, last = performance.reach(score.start, score.end, length, score.plan)
        music = performance.Music(
            bed=bed.open_bed(
                lambda a, b: decode.read(mastered, channels=2, first=a, last=b),
                _stems(score, first, last),
                first,
                length,
                float(comment.removeprefix(GAIN)),
            ),
            guide=decode.read(score.guide, channels=1, first=score.start, last=score.end),
            start=score.start,
            end=score.end,
            notes=score.notes,
            plan=score.plan,
        )
    except decode.NotAudio as error:
        raise Unfit(str(error)) from error
    music.prepare()
    return music


def _stems(score: Score, first: int, last: int) -> decode.Stereo:
    """A part of all stems together, shape (samples, 2)."""
    together = decode.read(score.stems[0], channels=2, first=first, last=last)
    for path in score.stems[1:]:
        together += decode.read(path, channels=2, first=first, last=last)
    return together
