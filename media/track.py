"""One track of an MP4, taken apart and put together again: what is coded, how long each sample lasts, where it lies."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, pairwise

from media.boxes import LARGEST, BadBoxes, Box, Buffer, every, first, numbers, pack, pack_full, pack_numbers, walk

MATRIX = struct.pack(">9I", 0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000)
"""Neither moved nor turned (ISO/IEC 14496-12, 8.2.2)."""

UNDETERMINED = 0x55C4
"""Language `und`."""

MEDIA = {
    "vide": (b"pictures", pack_full("vmhd", 0, 1, bytes(8))),
    "soun": (b"sound", pack_full("smhd", 0, 0, bytes(4))),
    # A plain copy without colour or balance (QuickTime File Format, "Base media information header atom").
    "text": (
        b"chapters",
        pack("gmhd", pack_full("gmin", 0, 0, struct.pack(">4H4x", 0x40, *[0x8000] * 3)), pack("text", MATRIX)),
    ),
}
"""Each kind of track: its name, and what its media is said to need."""


class NoTrack(Exception):  # noqa: N818  named for what the caller reads
    """The file has no track of the kind asked for, or its tables contradict each other."""


@dataclass(frozen=True)
class Track:
    """One track of an MP4, taken apart."""

    handler: str
    """`vide`, `soun`, or `text` for the titles of chapters."""
    timescale: int
    """Ticks per second."""
    description: bytes
    """The box `stsd`, without how many bits a second the file happened to have."""
    samples: tuple[Buffer, ...]
    """Coded pictures, or AAC frames: where they lie in what was read, not copied out of it."""
    durations: tuple[int, ...]
    """Of each, in ticks."""
    syncs: frozenset[int]
    """Numbers of the samples at which decoding can begin."""
    skipped: int
    """Ticks at the start that are decoded and not shown: a coder's priming."""
    width: int = 0
    height: int = 0


def read_track(data: Buffer, handler: str) -> Track:
    """Take the first track of a kind out of a plain MP4.

    Args:
        data: The file; the track's samples are views of it.
        handler: `vide` or `soun`.

    Raises:
        NoTrack: There is none, or it cannot be read.
    """
    try:
        for trak in every(data, "moov", "trak"):
            if handler_of(data, trak.body, trak.end) == handler:
                return _track(data, handler, trak.body, trak.end)
    except BadBoxes as error:
        raise NoTrack(str(error)) from error
    raise NoTrack(f"there is no track of kind {handler}")


def handler_of(data: Buffer, start: int, end: int) -> str:
    """The kind of the track whose box `trak` has its body there.

    Raises:
        BadBoxes: It does not say.
    """
    box = first(data, "mdia", "hdlr", start=start, end=end)
    return bytes(data[box.body + 8 : box.body + 12]).decode("latin-1")


def _track(data: Buffer, handler: str, start: int, end: int) -> Track:
    mdia = _inside(data, start, end, "mdia")
    minf = _inside(data, *mdia, "minf")
    boxes = {box.kind: box for box in walk(data, *_inside(data, *minf, "stbl"))}

    def table(kind: str) -> tuple[int, int]:
        """Where a table's entries begin, and how many there are."""
        if kind not in boxes:
            raise BadBoxes(f"there is no box moov/trak/mdia/minf/stbl/{kind}")
        return boxes[kind].body + 8, numbers(data, boxes[kind].body + 4, 1)[0]

    mdhd, tkhd = first(data, "mdhd", start=mdia[0], end=mdia[1]), first(data, "tkhd", start=start, end=end)
    sizes_at, uniform = table("stsz")
    count = numbers(data, sizes_at, 1)[0]
    if count > len(data):
        raise NoTrack("its sample tables do not fit what is in the file")
    sizes = [uniform] * count if uniform else numbers(data, sizes_at + 4, count)
    runs_at, runs_count = table("stts")
    runs = numbers(data, runs_at, 2 * runs_count)
    if sum(runs[::2]) != count:
        raise NoTrack("its sample tables do not fit what is in the file")
    durations = chain.from_iterable([ticks] * times for times, ticks in zip(runs[::2], runs[1::2], strict=True))
    syncs = numbers(data, *table("stss")) if "stss" in boxes else range(1, count + 1)
    starts = numbers(data, *table("co64"), 8) if "co64" in boxes else numbers(data, *table("stco"))
    chunks_at, chunks = table("stsc")
    at = _offsets(numbers(data, chunks_at, 3 * chunks), starts, sizes)
    ends = [place + size for place, size in zip(at, sizes, strict=False)]
    if len(at) != count or max(ends, default=0) > len(data) or any(not 0 < number <= count for number in syncs):
        raise NoTrack("its sample tables do not fit what is in the file")
    table("stsd")
    view = memoryview(data)
    return Track(
        handler=handler,
        timescale=numbers(data, mdhd.body + (20 if data[mdhd.body] else 12), 1)[0],
        description=_description(bytes(data[boxes["stsd"].start : boxes["stsd"].end]), handler),
        samples=tuple(map(view.__getitem__, map(slice, at, ends))),
        durations=tuple(durations),
        syncs=frozenset(number - 1 for number in syncs),
        skipped=_skipped(data, start, end),
        width=numbers(data, tkhd.end - 8, 1)[0] >> 16,
        height=numbers(data, tkhd.end - 4, 1)[0] >> 16,
    )


def entry_of(stsd: bytes) -> Box:
    """The first entry of a sample description.

    Raises:
        BadBoxes: It has none.
    """
    entry = next(walk(stsd, 16), None)
    if entry is None:
        raise BadBoxes("its sample description is empty")
    return entry


def _inside(data: Buffer, start: int, end: int, kind: str) -> tuple[int, int]:
    """Where the body of the first box of a kind begins and ends."""
    box = first(data, kind, start=start, end=end)
    return box.body, box.end


def _description(stsd: bytes, handler: str) -> bytes:
    """The sample description without `btrt`, in which alone the cuts of a film differ (8.5.2.2)."""
    entry = entry_of(stsd)
    fields = entry.body + (28 if handler == "soun" else 78)
    inner = [stsd[box.start : box.end] for box in walk(stsd, fields, entry.end) if box.kind != "btrt"]
    return pack("stsd", stsd[8:16], pack(entry.kind, stsd[entry.body : fields], *inner))


def _offsets(rows: Sequence[int], starts: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Where each sample begins, from how many are in each chunk and where that begins (8.7.4, 8.7.5)."""
    counts = []
    for (chunk, held), (until, _) in pairwise([*zip(rows[::3], rows[1::3], strict=False), (len(starts) + 1, 0)]):
        counts += [held] * min(until - chunk, len(starts))
    found: list[int] = []
    for start, held in zip(starts, counts, strict=False):
        found += accumulate(sizes[len(found) : len(found) + held - 1], initial=start)
    return found


def _skipped(data: Buffer, start: int, end: int) -> int:
    """Where in the media the one edit begins (8.6.6)."""
    edits = next(every(data, "edts", "elst", start=start, end=end), None)
    if edits is None:
        return 0
    wide = 8 if data[edits.body] else 4
    return numbers(data, edits.body + 8 + wide, 1, wide)[0]


def joined(tracks: Sequence[Track]) -> Track:
    """Tracks of one description, one after another; the first says what is skipped."""
    starts = accumulate((len(track.samples) for track in tracks), initial=0)
    return replace(
        tracks[0],
        samples=tuple(chain.from_iterable(track.samples for track in tracks)),
        durations=tuple(chain.from_iterable(track.durations for track in tracks)),
        syncs=frozenset(start + sync for start, track in zip(starts, tracks, strict=False) for sync in track.syncs),
    )


# --------------------------------------------------------------------------------------------------------------------
# Boxes that plain and fragmented files have in common


def _timed(kind: str, flags: int, before: bytes, ticks: int, after: bytes) -> bytes:
    """A header box with a length in ticks, which asks for 64 bits where 32 do not hold it."""
    wide = ticks > LARGEST
    # The times of creation and of the last change are left at 0: equal films are equal bytes.
    return pack_full(
        kind, int(wide), flags, bytes(16 if wide else 8), before, pack_numbers([ticks], 8 if wide else 4), after
    )


def movie_header(timescale: int, ticks: int, tracks: int) -> bytes:
    """The box `mvhd` (8.2.2).

    Args:
        timescale: Ticks per second of the movie.
        ticks: Its length; 0 when fragments tell it.
        tracks: How many there are.
    """
    after = struct.pack(">IH10x", 0x1_0000, 0x100) + MATRIX + struct.pack(">24xI", tracks + 1)
    return _timed("mvhd", 0, pack_numbers([timescale]), ticks, after)


def edit_list(*edits: tuple[int, int]) -> bytes:
    """The box `edts`: for how many ticks of the movie the media is shown from which of its ticks on; -1 for nothing."""
    wide = max(max(edit) for edit in edits) > LARGEST >> 1
    rows = [struct.pack(">QqI" if wide else ">IiI", shown, begin, 0x1_0000) for shown, begin in edits]
    return pack("edts", pack_full("elst", int(wide), 0, pack_numbers([len(edits)]), *rows))


def track_box(track: Track, tables: Iterable[bytes], *, number: int = 1, shown: int = 0, between: bytes = b"") -> bytes:
    """The box `trak` (8.3).

    Args:
        track: What it is of.
        tables: Of the samples, in `stbl`.
        number: Of the track, from 1.
        shown: How long it is shown, in ticks of the movie; 0 when fragments tell how long it is.
        between: Edits and references.
    """
    name, needs = MEDIA[track.handler]
    sound, enabled = track.handler == "soun", track.handler != "text"
    after = struct.pack(">8xhhhH", 0, int(sound), 0x100 if sound else 0, 0) + MATRIX
    size = pack_numbers([track.width << 16, track.height << 16])
    return pack(
        "trak",
        _timed("tkhd", 3 if enabled else 2, pack_numbers([number, 0]), shown, after + size),
        between,
        pack(
            "mdia",
            _timed(
                "mdhd",
                0,
                pack_numbers([track.timescale]),
                sum(track.durations) if shown else 0,
                pack_numbers([UNDETERMINED, 0], 2),
            ),
            pack_full("hdlr", 0, 0, bytes(4), track.handler.encode(), bytes(12), name, b"\0"),
            pack(
                "minf",
                needs,
                pack("dinf", pack_full("dref", 0, 0, pack_numbers([1]), pack_full("url ", 0, 1))),
                pack("stbl", *tables),
            ),
        ),
    )


def codecs(track: Track) -> str:
    """The track's codec as a page asks for it, such as `avc1.64001f` (RFC 6381, ISO/IEC 14496-15 annex E).

    Raises:
        NoTrack: It is none of H.264, HEVC, AV1 and AAC.
    """
    entry = entry_of(track.description)
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
