"""Fragmented MP4 after CMAF (ISO/IEC 23000-19): one track per file, a header once, then fragments in order.

A fragment needs nothing of the others: it says itself when it begins. So fragments are made in any order, each as soon
as what it shows is there, and played as soon as those before it are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from struct import pack as struct_pack

from media.boxes import BadBoxes, every, first, numbers, pack, pack_full, walk

SYNC, NOT_SYNC = 0x0200_0000, 0x0101_0000
"""Sample flags (ISO/IEC 14496-12, 8.8.3.1): needs no other; needs others and is no place to begin."""

MATRIX = struct_pack(">9I", 0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000)
UNDETERMINED = 0x55C4
"""Language `und`."""


class NoTrack(Exception):  # noqa: N818  named for what the caller reads
    """The file has no track of the kind asked for, or its tables contradict each other."""


@dataclass(frozen=True)
class Track:
    """One track of an MP4, taken apart."""

    handler: str
    """`vide` or `soun`."""
    timescale: int
    """Ticks per second."""
    description: bytes
    """The box `stsd`, without how many bits a second the file happened to have."""
    samples: tuple[bytes, ...]
    """Coded pictures, or AAC frames."""
    durations: tuple[int, ...]
    """Of each, in ticks."""
    syncs: frozenset[int]
    """Numbers of the samples at which decoding can begin."""
    skipped: int
    """Ticks at the start that are decoded and not shown: a coder's priming."""
    width: int = 0
    height: int = 0


def read_track(data: bytes, handler: str) -> Track:
    """Take the first track of a kind out of a plain MP4.

    Args:
        data: The file.
        handler: `vide` or `soun`.

    Raises:
        NoTrack: There is none, or it cannot be read.
    """
    try:
        for trak in every(data, "moov", "trak"):
            within = {"start": trak.body, "end": trak.end}
            named = first(data, "mdia", "hdlr", **within)
            if data[named.body + 8 : named.body + 12] == handler.encode():
                return _track(data, handler, trak.body, trak.end)
    except BadBoxes as error:
        raise NoTrack(str(error)) from error
    raise NoTrack(f"there is no track of kind {handler}")


def _track(data: bytes, handler: str, start: int, end: int) -> Track:
    def table(kind: str) -> tuple[int, int]:
        """Where a table's entries begin, and how many there are."""
        box = first(data, "mdia", "minf", "stbl", kind, start=start, end=end)
        return box.body + 8, numbers(data, box.body + 4, 1)[0]

    mdhd = first(data, "mdia", "mdhd", start=start, end=end)
    tkhd = first(data, "tkhd", start=start, end=end)
    stsd = first(data, "mdia", "minf", "stbl", "stsd", start=start, end=end)
    sizes_at, uniform = table("stsz")
    count = numbers(data, sizes_at, 1)[0]
    sizes = [uniform] * count if uniform else numbers(data, sizes_at + 4, count)
    runs = numbers(data, table("stts")[0], 2 * table("stts")[1])
    durations = [ticks for times, ticks in zip(runs[::2], runs[1::2], strict=True) for _ in range(times)]
    keys = next(every(data, "mdia", "minf", "stbl", "stss", start=start, end=end), None)
    syncs = range(1, count + 1) if keys is None else numbers(data, keys.body + 8, numbers(data, keys.body + 4, 1)[0])
    at = _offsets(data, table("stsc"), table("stco"), sizes)
    samples = tuple(data[place : place + size] for place, size in zip(at, sizes, strict=True))
    if len(durations) != count or any(len(sample) != size for sample, size in zip(samples, sizes, strict=True)):
        raise NoTrack("its sample tables do not fit what is in the file")
    return Track(
        handler=handler,
        timescale=numbers(data, mdhd.body + (20 if data[mdhd.body] else 12), 1)[0],
        description=_description(data[stsd.start : stsd.end], handler),
        samples=samples,
        durations=tuple(durations),
        syncs=frozenset(number - 1 for number in syncs),
        skipped=_skipped(data, start, end),
        width=numbers(data, tkhd.end - 8, 1)[0] >> 16,
        height=numbers(data, tkhd.end - 4, 1)[0] >> 16,
    )


def _description(stsd: bytes, handler: str) -> bytes:
    """The sample description without `btrt`, in which alone the cuts of a film differ (8.5.2.2)."""
    entry = next(walk(stsd, 16))
    fields = entry.body + (28 if handler == "soun" else 78)
    inner = [stsd[box.start : box.end] for box in walk(stsd, fields, entry.end) if box.kind != "btrt"]
    return pack("stsd", stsd[8:16], pack(entry.kind, stsd[entry.body : fields], *inner))


def _offsets(data: bytes, chunks: tuple[int, int], places: tuple[int, int], sizes: Sequence[int]) -> list[int]:
    """Where each sample begins, from how many are in each chunk and where that begins (8.7.4, 8.7.5)."""
    rows = numbers(data, chunks[0], 3 * chunks[1])
    starts = numbers(data, *places)
    counts = []
    for (chunk, held), (until, _) in pairwise([*zip(rows[::3], rows[1::3], strict=False), (len(starts) + 1, 0)]):
        counts += [held] * (until - chunk)
    found: list[int] = []
    for start, held in zip(starts, counts, strict=False):
        found += accumulate(sizes[len(found) : len(found) + held - 1], initial=start)
    return found


def _skipped(data: bytes, start: int, end: int) -> int:
    """Where in the media the one edit begins (8.6.6)."""
    edits = next(every(data, "edts", "elst", start=start, end=end), None)
    if edits is None:
        return 0
    wide = 8 if data[edits.body] else 4
    return numbers(data, edits.body + 8 + wide, 1, wide)[0]


def header(track: Track) -> bytes:
    """What a player reads first: the track without any sample (CMAF 7.3.1)."""
    sound = track.handler == "soun"
    empty = bytes(4)
    tables = pack(
        "stbl",
        track.description,
        pack_full("stts", 0, 0, empty),
        pack_full("stsc", 0, 0, empty),
        pack_full("stsz", 0, 0, empty, empty),
        pack_full("stco", 0, 0, empty),
    )
    media = pack_full("smhd", 0, 0, bytes(4)) if sound else pack_full("vmhd", 0, 1, bytes(8))
    name = b"sound\0" if sound else b"pictures\0"
    edits = b""
    if track.skipped:
        edit = struct_pack(">IIiHH", 1, 0, track.skipped, 1, 0)
        edits = pack("edts", pack_full("elst", 0, 0, edit))
    shown = struct_pack(">4I", 0, 0, 1, 0), struct_pack(">I", 0)
    trak = pack(
        "trak",
        pack_full(
            "tkhd",
            0,
            3,
            *shown,
            bytes(8),
            struct_pack(">hhhH", 0, 0, 0x100 if sound else 0, 0),
            MATRIX,
            struct_pack(">II", track.width << 16, track.height << 16),
        ),
        edits,
        pack(
            "mdia",
            pack_full("mdhd", 0, 0, struct_pack(">4IHH", 0, 0, track.timescale, 0, UNDETERMINED, 0)),
            pack_full("hdlr", 0, 0, empty, track.handler.encode(), bytes(12), name),
            pack(
                "minf",
                media,
                pack("dinf", pack_full("dref", 0, 0, struct_pack(">I", 1), pack_full("url ", 0, 1))),
                tables,
            ),
        ),
    )
    movie = struct_pack(">4I", 0, 0, track.timescale, 0), struct_pack(">IHH", 0x1_0000, 0x100, 0), bytes(8), MATRIX
    defaults = pack_full("trex", 0, 0, struct_pack(">5I", 1, 1, 0, 0, SYNC if sound else NOT_SYNC))
    return b"".join(
        [
            pack("ftyp", b"cmfc", bytes(4), b"cmfciso6mp42"),
            pack(
                "moov", pack_full("mvhd", 0, 0, *movie, bytes(24), struct_pack(">I", 2)), trak, pack("mvex", defaults)
            ),
        ]
    )


def fragment(track: Track, number: int, start_ticks: int, begin: int = 0, end: int | None = None) -> bytes:
    """Samples `begin` to `end` of a track as a fragment (CMAF 7.3.3).

    Args:
        track: What they are taken from.
        number: Of the fragment in its film, from 1.
        start_ticks: When its first sample is decoded, on the film's clock in the track's ticks.
        begin: First sample.
        end: First sample that is no longer in it; absent: the track's end.
    """
    chosen = range(begin, len(track.samples) if end is None else end)
    rows = b"".join(
        struct_pack(">III", track.durations[each], len(track.samples[each]), SYNC if each in track.syncs else NOT_SYNC)
        for each in chosen
    )

    def moof(offset: int) -> bytes:
        return pack(
            "moof",
            pack_full("mfhd", 0, 0, struct_pack(">I", number)),
            pack(
                "traf",
                pack_full("tfhd", 0, 0x02_0000, struct_pack(">I", 1)),  # offsets count from this moof
                pack_full("tfdt", 1, 0, struct_pack(">Q", start_ticks)),
                # data offset; duration, size and flags of each sample
                pack_full("trun", 0, 0x701, struct_pack(">II", len(chosen), offset), rows),
            ),
        )

    head = moof(len(moof(0)) + 8)
    return b"".join(
        [
            pack("styp", b"cmfs", bytes(4), b"cmfsiso6"),
            head,
            pack("mdat", *(track.samples[each] for each in chosen)),
        ]
    )


def codecs(track: Track) -> str:
    """The track's codec as a page asks for it, such as `avc1.64001f` (RFC 6381, ISO/IEC 14496-15 annex E).

    Raises:
        NoTrack: It is none of H.264, HEVC, AV1 and AAC.
    """
    entry = next(walk(track.description, 16))
    kind = entry.kind
    if kind == "mp4a":
        return "mp4a.40.2"
    inner = {box.kind: box for box in walk(track.description, entry.body + 78, entry.end)}  # 78 bytes of fields, 12.1.3
    if kind == "avc1" and "avcC" in inner:
        return "avc1." + track.description[inner["avcC"].body + 1 : inner["avcC"].body + 4].hex()
    if kind in {"hvc1", "hev1"} and "hvcC" in inner:
        return _hevc(kind, track.description[inner["hvcC"].body :])
    if kind == "av01" and "av1C" in inner:
        record = track.description[inner["av1C"].body :]
        return f"av01.{record[1] >> 5}.{record[1] & 31:02d}{'H' if record[2] >> 7 else 'M'}.08"
    raise NoTrack(f"{kind} is no codec that is streamed")


def _hevc(kind: str, record: bytes) -> str:
    """Profile, compatibility in reverse bit order, tier with level, constraints without trailing zeros."""
    space = ("", "A", "B", "C")[record[1] >> 6]
    compatible = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    tier = "H" if record[1] >> 5 & 1 else "L"
    constraints = record[6:12].rstrip(b"\0")
    parts = [kind, f"{space}{record[1] & 31}", f"{compatible:X}", f"{tier}{record[12]}"]
    return ".".join([*parts, *(f"{byte:X}" for byte in constraints)])
