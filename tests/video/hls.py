"""A strict look at playlists of HTTP Live Streaming: RFC 8216, and what Apple asks of authors beyond it.

`mediastreamvalidator` runs on a Mac alone; this checks by hand what of it can be said of fragmented MP4 in one size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')
NEEDED = ("BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS", "RESOLUTION", "FRAME-RATE", "AUDIO")
"""What a player chooses by, before it has loaded anything."""

HEARD = ("TYPE", "NAME", "CHANNELS", "URI")


def attributes(line: str) -> dict[str, str]:
    """What a tag says, without quotes."""
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(line.split(":", 1)[1])}


def faults(text: str) -> list[str]:
    """Everything that is wrong with a playlist, of a film or of a track; empty when nothing is."""
    if not text.startswith("#EXTM3U\n") or not text.endswith("\n"):
        return ["it does not begin with EXTM3U, or its last line does not end"]
    lines = text.splitlines()
    found = list(_head(lines))
    return found + list(_film(lines) if any(line.startswith("#EXT-X-STREAM-INF") for line in lines) else _track(lines))


def _head(lines: list[str]) -> Iterator[str]:
    versions = [line for line in lines if line.startswith("#EXT-X-VERSION:")]
    if len(versions) != 1 or int(versions[0].split(":")[1]) < 6:  # EXT-X-MAP, section 7
        yield f"fragments behind a header need version 6; it says {versions}"
    if lines.count("#EXT-X-INDEPENDENT-SEGMENTS") != 1:
        yield "it does not say that every fragment can be decoded alone"
    if any(not line.strip() for line in lines):
        yield "it has an empty line"


def _film(lines: list[str]) -> Iterator[str]:
    streams = [number for number, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF:")]
    groups = {}
    for line in lines:
        if line.startswith("#EXT-X-MEDIA:"):
            told = attributes(line)
            groups[told["GROUP-ID"]] = told
            yield from (
                f"the sound does not say {name}" for name in ("TYPE", "NAME", "CHANNELS", "URI") if name not in told
            )
            if told.get("DEFAULT") == "YES" and told.get("AUTOSELECT") != "YES":
                yield "the sound is played by default and not by itself (4.3.4.1)"
    for number in streams:
        told = attributes(lines[number])
        yield from (f"the film does not say {name}" for name in NEEDED if name not in told)
        if not 0 < int(told["AVERAGE-BANDWIDTH"]) <= int(told["BANDWIDTH"]):
            yield f"in the middle it takes {told['AVERAGE-BANDWIDTH']} bits a second, at most {told['BANDWIDTH']}"
        if told["AUDIO"] not in groups:
            yield f"there is no sound {told['AUDIO']}"
        if not re.fullmatch(r"\d+\.\d{3}", told["FRAME-RATE"]):
            yield f"a frame rate has three decimals; it says {told['FRAME-RATE']}"
        if lines[number + 1 : number + 2] == [] or lines[number + 1].startswith("#"):
            yield "no address follows the film"


def _track(lines: list[str]) -> Iterator[str]:
    head = list(takewhile(lambda line: not line.startswith("#EXTINF"), lines))
    for tag in ("#EXT-X-TARGETDURATION:", "#EXT-X-MAP:", "#EXT-X-PLAYLIST-TYPE:"):
        if sum(line.startswith(tag) for line in head) != 1:
            yield f"it has not one {tag[1:-1]} before its fragments"
            return
    target = next(line.split(":")[1] for line in head if line.startswith("#EXT-X-TARGETDURATION:"))
    if not target.isdigit():
        yield f"its target is {target}, not a whole number"
        return
    rest = lines[len(head) :]
    ended = rest[-1:] == ["#EXT-X-ENDLIST"]
    body = rest[:-1] if ended else rest
    for said, address in zip(body[::2], body[1::2], strict=False):
        match = re.fullmatch(r"#EXTINF:(\d+\.\d{3,}),", said)
        if not match:
            yield f"{said} says no length to the millisecond"
        elif round(float(match[1])) > int(target):
            yield f"a fragment lasts {match[1]} s, the target is {target}"
        if address.startswith("#"):
            yield f"{address} is no address"
    if len(body) % 2:
        yield "a fragment has no address"


def lengths_s(text: str) -> list[float]:
    """How long the fragments of a track's playlist last."""
    return [float(length) for length in re.findall(r"#EXTINF:([\d.]+),", text)]
