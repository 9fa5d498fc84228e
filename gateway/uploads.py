"""Taking files from strangers: bounded, told apart by their first bytes, refused when their header claims too much.

`python -m gateway.uploads SELFIE TAKE` says whether two files would be taken.

Only headers are read here, a few dozen bytes; pictures and sound are decoded by the services.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from fancam.errors import InvalidRequest

HEAD_BYTES = 64 * 1024
"""As much of a file as its kind and claims are read from."""


class TooLarge(InvalidRequest):
    """More bytes than are taken."""

    default_reason = "UPLOAD_TOO_LARGE"


class WrongType(InvalidRequest):
    """Not a file of the kind that is asked for."""

    default_reason = "UPLOAD_WRONG_TYPE"


@dataclass(frozen=True)
class Kind:
    """What may be given as one input."""

    field: str
    # For people: what to send instead.
    accepted: str
    limit_bytes: int


SELFIE = Kind("selfie", "a JPEG, PNG, WebP or HEIF picture", 20_000_000)
TAKE = Kind("take", "a WAV, FLAC, MP3, M4A, Ogg, WebM, AIFF or CAF recording", 50_000_000)

LIMIT_PIXELS = 50_000_000
"""A picture that claims more pixels than this is refused unread."""

LIMIT_SECONDS = 900
"""A recording that claims to be longer than this is refused unread."""


async def receive(chunks: AsyncIterator[bytes], kind: Kind, path: Path) -> str:
    """Write an upload to `path`, checking it as it comes; says its media type.

    Args:
        chunks: The body.
        kind: What is expected.
        path: Where it goes; what was written is left there on failure, for the caller to delete.

    Raises:
        TooLarge: It is larger than `kind.limit_bytes`; nothing beyond is read.
        WrongType: It is something else.
        InvalidRequest: It is empty, or claims a size or length that nobody needs.
    """
    size, head = 0, b""
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > kind.limit_bytes:
                raise too_large(kind)
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
                if len(head) >= 16:
                    inspect(head, kind)
            file.write(chunk)
    if size == 0:
        raise _refused(InvalidRequest, kind, "the file is empty", "UPLOAD_EMPTY")
    return inspect(head, kind)


def inspect(head: bytes, kind: Kind) -> str:
    """Media type of a file by its first bytes, and whether what its header claims can be true.

    Raises:
        WrongType: Not a kind that is accepted.
        InvalidRequest: The header claims too many pixels or too long a sound.
    """
    media_type = (picture_type if kind is SELFIE else sound_type)(head)
    if not media_type:
        raise _refused(WrongType, kind, f"this is not {kind.accepted}", "UPLOAD_WRONG_TYPE")
    if kind is SELFIE:
        size = picture_size(head)
        if size is not None and size[0] * size[1] > LIMIT_PIXELS:
            message = (
                f"the picture claims {size[0]} x {size[1]} pixels; at most {LIMIT_PIXELS // 10**6} megapixels are read"
            )
            raise _refused(InvalidRequest, kind, message, "IMAGE_TOO_LARGE")
    else:
        length_s = sound_length_s(head)
        if length_s is not None and length_s > LIMIT_SECONDS:
            message = f"the recording claims {length_s:.0f} s; at most {LIMIT_SECONDS} s are read"
            raise _refused(InvalidRequest, kind, message, "TAKE_TOO_LONG")
    return media_type


def picture_type(head: bytes) -> str:
    """Media type of a picture, empty when it is none that is read."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis", b"avif"}:
        return "image/heif"
    return ""


def sound_type(head: bytes) -> str:
    """Media type of a recording, empty when it is none that is read."""
    starts = {
        b"fLaC": "audio/flac",
        b"OggS": "audio/ogg",
        b"ID3": "audio/mpeg",
        b"\x1a\x45\xdf\xa3": "audio/webm",
        b"caff": "audio/x-caf",
        b"#!AMR": "audio/amr",
    }
    for start, media_type in starts.items():
        if head.startswith(start):
            return media_type
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "audio/aiff"
    if head[4:8] == b"ftyp" and head[8:12] not in {b"heic", b"heix", b"mif1", b"avif"}:
        return "audio/mp4"
    # An MPEG audio or ADTS frame: eleven set bits, and a layer and rate that exist.
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[2] >> 4 != 0xF:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return ""


def picture_size(head: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG, JPEG or WebP claims; None when it does not say so in its head."""
    if head.startswith(b"\x89PNG") and len(head) >= 24 and head[12:16] == b"IHDR":
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    if head.startswith(b"\xff\xd8"):
        return _jpeg_size(head)
    if head[8:16] == b"WEBPVP8X" and len(head) >= 30:
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    offset = 2
    while offset + 9 <= len(head) and head[offset] == 0xFF:
        marker = head[offset + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", head[offset + 5 : offset + 9])
            return width, height
        offset += 2 + int.from_bytes(head[offset + 2 : offset + 4], "big")
    return None


def sound_length_s(head: bytes) -> float | None:
    """Seconds that a WAV or FLAC claims to last; None when its head does not say."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav_length_s(head)
    if head.startswith(b"fLaC") and len(head) >= 26:
        packed = int.from_bytes(head[18:26], "big")
        rate_hz, samples = packed >> 44, packed & (1 << 36) - 1
        return samples / rate_hz if rate_hz and samples else None
    return None


def _wav_length_s(head: bytes) -> float | None:
    offset, bytes_per_s = 12, 0
    while offset + 8 <= len(head):
        name, size = head[offset : offset + 4], int.from_bytes(head[offset + 4 : offset + 8], "little")
        if name == b"fmt " and offset + 20 <= len(head):
            bytes_per_s = int.from_bytes(head[offset + 16 : offset + 20], "little")
        # A recorder that does not know the length yet writes zero or all ones.
        if name == b"data":
            return size / bytes_per_s if bytes_per_s and size not in {0, 0xFFFFFFFF} else None
        offset += 8 + size + size % 2
    return None


def too_large(kind: Kind) -> TooLarge:
    """What who sends too much is told."""
    message = f"the file is larger than {kind.limit_bytes / 1e6:.3g} MB, which is the most that is taken"
    return TooLarge(message, fields={kind.field: message})


def _refused(error: type[InvalidRequest], kind: Kind, message: str, reason: str) -> InvalidRequest:
    return error(message, reason=reason, fields={kind.field: message})


def main(selfie: Path, take: Path) -> int:
    """Print why a selfie or a take would be refused; 0 when both would be taken."""
    wrong = 0
    for path, kind in ((selfie, SELFIE), (take, TAKE)):
        try:
            if path.stat().st_size > kind.limit_bytes:
                raise too_large(kind)
            with path.open("rb") as file:
                inspect(file.read(HEAD_BYTES), kind)
        except InvalidRequest as error:
            print(f"{path}: {error}")  # noqa: T201
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
