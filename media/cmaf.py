"""Fragmented MP4 after CMAF (ISO/IEC 23000-19): one track per file, a header once, then fragments in order.

A fragment needs nothing of the others: it says itself when it begins. So fragments are made in any order, each as soon
as what it shows is there, and played as soon as those before it are.
"""

from __future__ import annotations

from media.boxes import pack, pack_full, pack_numbers
from media.track import Track, edit_list, movie_header, track_box

SYNC, NOT_SYNC = 0x0200_0000, 0x0101_0000
"""Sample flags (ISO/IEC 14496-12, 8.8.3.1): needs no other; needs others and is no place to begin."""


def header(track: Track) -> bytes:
    """What a player reads first: the track without any sample (CMAF 7.3.1)."""
    none = bytes(4)
    tables = [
        track.description,
        pack_full("stts", 0, 0, none),
        pack_full("stsc", 0, 0, none),
        pack_full("stsz", 0, 0, none, none),
        pack_full("stco", 0, 0, none),
    ]
    edits = edit_list((0, track.skipped)) if track.skipped else b""
    sync = SYNC if track.handler == "soun" else NOT_SYNC
    defaults = pack_full("trex", 0, 0, pack_numbers([1, 1, 0, 0, sync]))
    index = [movie_header(track.timescale, 0, 1), track_box(track, tables, between=edits), pack("mvex", defaults)]
    return pack("ftyp", b"cmfc", bytes(4), b"cmfciso6mp42") + pack("moov", *index)


def fragment(track: Track, number: int, start_ticks: int, begin: int = 0, end: int | None = None) -> bytes:
    """Samples `begin` to `end` of a track as a fragment (CMAF 7.3.3).

    Args:
        track: What they are taken from.
        number: Of the fragment in its film, from 1.
        start_ticks: When its first sample is decoded, on the film's clock in the track's ticks.
        begin: First sample.
        end: First sample that is no longer in it; absent: the track's end.
    """
    samples = track.samples[begin:end]
    rows = pack_numbers(
        number
        for each, sample in enumerate(samples, begin)
        for number in (track.durations[each], len(sample), SYNC if each in track.syncs else NOT_SYNC)
    )

    def moof(offset: int) -> bytes:
        return pack(
            "moof",
            pack_full("mfhd", 0, 0, pack_numbers([number])),
            pack(
                "traf",
                pack_full("tfhd", 0, 0x02_0000, pack_numbers([1])),  # offsets count from this moof
                pack_full("tfdt", 1, 0, pack_numbers([start_ticks], 8)),
                # data offset; duration, size and flags of each sample
                pack_full("trun", 0, 0x701, pack_numbers([len(samples), offset]), rows),
            ),
        )

    head = moof(len(moof(0)) + 8)
    return b"".join(
        [
            pack("styp", b"cmfs", bytes(4), b"cmfsiso6"),
            head,
            pack("mdat", *samples),
        ]
    )
