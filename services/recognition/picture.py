"""Turns uploaded bytes into an upright RGB picture of bounded size, or says what is wrong with them.

The header is judged before anything is decoded, so that a picture that claims 50,000 x 50,000 pixels costs nothing.
"""

from __future__ import annotations

import contextlib
import struct
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000

LONGEST_PX = 1024
"""The longer side of a decoded picture is at most this. Faces keep more pixels than any network here looks at."""

FORMATS = "JPEG, PNG, WebP or HEIF"

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"}

_ORIENTATION = 0x0112

BACKGROUND = (200, 200, 200)
"""What shows through transparent pixels: light grey, so that neither light nor dark hair melts into it."""


class NotAnImage(Exception):  # noqa: N818  named for what is wrong
    """The bytes are no picture of a kind we read, or are damaged."""


class ImageTooLarge(Exception):  # noqa: N818
    """More bytes or more pixels than a selfie needs."""


def decode(data: bytes) -> Image.Image:
    """Decode an upload.

    Args:
        data: A whole JPEG, PNG, WebP or HEIF file.

    Returns:
        Upright RGB picture in sRGB, longer side at most `LONGEST_PX`; never enlarged.

    Raises:
        NotAnImage: Empty, of another kind, cut short or otherwise damaged.
        ImageTooLarge: More than `MAX_BYTES`, or more than `MAX_PIXELS` by its header.

    Colours with a profile (phones tag theirs Display P3) are brought to sRGB. Transparent pixels show `BACKGROUND`. Of
    animations the first picture counts.
    """
    if not data:
        raise NotAnImage("the upload is empty")
    if len(data) > MAX_BYTES:
        raise ImageTooLarge(f"the picture has {len(data):,} bytes; at most {MAX_BYTES:,} are taken")
    kind = sniff(data)
    try:
        picture = _open(kind, data)
    except (NotAnImage, ImageTooLarge):
        raise
    except Exception as error:
        raise NotAnImage(f"the beginning of the {kind} is damaged; take or send it again") from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(
            f"the picture claims {width} x {height} pixels; at most {MAX_PIXELS // 1_000_000} million are taken"
        )
    if min(width, height) < 16:
        raise NotAnImage(f"the picture is only {width} x {height} pixels")
    try:
        return _upright(picture)
    except Exception as error:
        raise NotAnImage(f"the {kind} is damaged or cut short; take or send it again") from error


def sniff(data: bytes) -> str:
    """The kind of picture by its first bytes, never by its name.

    Raises:
        NotAnImage: None that we read.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    raise NotAnImage(f"the file does not begin like {FORMATS}")


def _open(kind: str, data: bytes) -> Image.Image:
    """Read the header only. `Image.open` is not used: its own bomb check warns process-wide and knows other limits."""
    file = BytesIO(data)
    if kind == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(file)
    if kind == "JPEG":
        from PIL.JpegImagePlugin import JpegImageFile

        picture = JpegImageFile(file)
        # Lets the decoder skip work: a 12-megapixel photo is decoded at half or a quarter of its size.
        if picture.width * picture.height <= MAX_PIXELS:
            picture.draft("RGB", (LONGEST_PX, LONGEST_PX))
        return picture
    if kind == "WebP":
        from PIL.WebPImagePlugin import WebPImageFile

        # This decoder reserves the canvas as soon as it is opened, so its header is read here first.
        width, height = _webp_size(data)
        if width * height > MAX_PIXELS:
            raise ImageTooLarge(
                f"the picture claims {width} x {height} pixels; at most {MAX_PIXELS // 1_000_000} million are taken"
            )
        return WebPImageFile(file)
    try:
        import pi_heif  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        raise NotAnImage("HEIF is not read on this machine; send JPEG, PNG or WebP") from error
    heif: Image.Image = pi_heif.HeifImageFile(file)
    return heif


def _webp_size(data: bytes) -> tuple[int, int]:
    """Canvas size from a WebP header (RFC 9649)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return (1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if chunk == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return (1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF))
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return (width & 0x3FFF, height & 0x3FFF)
    raise NotAnImage(f"the WebP header holds {chunk!r} instead of a picture")


def _upright(picture: Image.Image) -> Image.Image:
    """Decode, shrink, straighten and bring to sRGB, in the cheapest order."""
    orientation = 1
    with contextlib.suppress(Exception):  # a damaged EXIF block does not make the picture unusable
        orientation = int(picture.getexif().get(_ORIENTATION, 1))
    profile = picture.info.get("icc_profile")
    picture.load()
    flat = _flatten(picture)
    flat.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if flat.mode == "RGB" and profile:
        flat = _to_srgb(flat, profile)
    flat = flat.convert("RGB")
    if orientation != 1:
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        flat.info["exif"] = exif.tobytes()
        flat = ImageOps.exif_transpose(flat)
    return flat


def _flatten(picture: Image.Image) -> Image.Image:
    """Any mode to opaque L or RGB."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16-bit grey; Pillow's own conversion clips at 255 instead of scaling.
        values = np.asarray(picture, np.float32)
        return Image.fromarray((values / 257.0).clip(0, 255).astype(np.uint8))
    if picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        straight = picture.convert("RGBA")
        below = Image.new("RGBA", straight.size, (*BACKGROUND, 255))
        return Image.alpha_composite(below, straight).convert("RGB")
    return picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")


def _to_srgb(picture: Image.Image, profile: Any) -> Image.Image:
    """Colours as sRGB; a profile that cannot be read is ignored, as browsers do."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return picture
    return changed or picture
