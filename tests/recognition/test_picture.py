"""Uploads of every kind become upright RGB pictures, and bad ones are refused before they cost anything."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from services.recognition.picture import LONGEST_PX, ImageTooLarge, NotAnImage, decode, sniff
from tests.recognition.conftest import encode
from tests.recognition.heif import heif

# Lossy formats differ from the original by a few 8-bit steps on a smooth picture.
LOSSY_STEPS = 6


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, np.full_like(x, 90)], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def jpeg_header(width: int, height: int) -> bytes:
    """A real JPEG whose header was made to claim another size."""
    data = bytearray(encode(gradient()))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"quality": 95})])
def test_each_format_keeps_its_picture(kind: str, options: dict[str, int]) -> None:
    """JPEG, PNG and WebP come out as the picture that went in."""
    original = gradient()

    decoded = decode(encode(original, kind, **options))

    assert decoded.mode == "RGB"
    assert np.abs(np.asarray(decoded, int) - np.asarray(original, int)).mean() < LOSSY_STEPS


def test_a_phones_heif_keeps_its_picture(astronaut: Image.Image) -> None:
    """What phones send by default is read, and turned as its header says."""
    upright, turned = decode(heif(astronaut)), decode(heif(astronaut, turns=1))

    assert np.abs(np.asarray(upright, int) - np.asarray(astronaut, int)).mean() < LOSSY_STEPS
    quarter = np.asarray(astronaut.transpose(Image.Transpose.ROTATE_90), int)
    assert np.abs(np.asarray(turned, int) - quarter).mean() < LOSSY_STEPS


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_obeyed(orientation: int) -> None:
    """All eight ways to hold a phone give the same upright picture."""
    upright = gradient()
    ways = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    way = ways[orientation]
    stored = upright if way is None else upright.transpose(way)
    exif = Image.Exif()
    exif[0x0112] = orientation

    decoded = decode(encode(stored, "PNG", exif=exif))

    np.testing.assert_array_equal(np.asarray(decoded), np.asarray(upright))


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "CMYK", "I;16"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    """Grey, palette, transparent, printed and 16-bit pictures all come out as RGB of about the same lightness."""
    grey = Image.new("L", (40, 30), 128)
    if mode == "I;16":
        picture = Image.fromarray(np.full((30, 40), 128 * 257, np.uint16))
    elif mode == "1":
        picture = grey.convert("1", dither=Image.Dither.NONE)
    else:
        picture = grey.convert("RGB").convert(mode) if mode == "CMYK" else grey.convert(mode)

    decoded = decode(encode(picture, "JPEG" if mode == "CMYK" else "PNG"))

    assert decoded.mode == "RGB"
    expected = 255 if mode == "1" else 128
    assert abs(float(np.asarray(decoded).mean()) - expected) < LOSSY_STEPS


def test_colours_with_a_profile_are_brought_to_srgb() -> None:
    """A profile that calls red blue turns a red picture blue; one that cannot be read is ignored, as browsers do."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = srgb.replace(b"rXYZ", b"tXYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tXYZ", b"bXYZ", 1)
    red = Image.new("RGB", (40, 30), (220, 30, 30))

    tagged = np.asarray(decode(encode(red, "PNG", icc_profile=exchanged)), int).mean((0, 1))
    same = decode(encode(red, "PNG", icc_profile=srgb))
    broken = decode(encode(red, "PNG", icc_profile=b"not a profile"))

    assert tagged[2] > tagged[0] + 100
    np.testing.assert_allclose(np.asarray(same, int), np.asarray(red, int), atol=1)
    np.testing.assert_array_equal(np.asarray(broken), np.asarray(red))


def test_large_photos_are_shrunk_and_small_ones_kept() -> None:
    """A 12-megapixel photo comes out at the working size in the same shape; a small one is not blown up."""
    large, small = decode(encode(gradient(4000, 3000))), decode(encode(gradient(64, 48)))

    assert max(large.size) == LONGEST_PX
    assert large.width / large.height == pytest.approx(4 / 3, rel=0.01)
    assert small.size == (64, 48)


@pytest.mark.parametrize(
    "data",
    [png_header(50_000, 50_000), jpeg_header(50_000, 50_000), png_header(20_000, 2_600)],
    ids=["png 2500 MP", "jpeg 2500 MP", "png 52 MP"],
)
def test_a_bomb_is_refused_by_its_header(data: bytes) -> None:
    """A few kilobytes that claim billions of pixels are refused by name, and the process does not grow."""
    process = psutil.Process()
    before = process.memory_info().rss

    with pytest.raises(ImageTooLarge, match="claims"):
        decode(data)

    assert process.memory_info().rss - before < 20_000_000


def test_a_webp_bomb_is_refused_before_its_canvas_is_reserved() -> None:
    """The WebP decoder would reserve a canvas of 16383 x 16383 pixels on opening; it is never opened."""
    canvas = (16382).to_bytes(3, "little") * 2
    data = b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas

    with pytest.raises(ImageTooLarge, match="16383 x 16383"):
        decode(data)


def test_a_heif_bomb_is_refused_by_its_header() -> None:
    """A HEIF that claims 50,000 x 50,000 pixels is refused without decoding, and the process does not grow."""
    bomb = heif(gradient(), claims=(50_000, 50_000))
    process = psutil.Process()
    before = process.memory_info().rss

    with pytest.raises((ImageTooLarge, NotAnImage)):
        decode(bomb)

    assert process.memory_info().rss - before < 20_000_000


def test_too_many_bytes_are_refused_unread() -> None:
    """More than 20 MB are refused whatever they are."""
    with pytest.raises(ImageTooLarge, match="bytes"):
        decode(b"\xff\xd8\xff" + bytes(20_000_000))


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(100), b"%PDF-1.7", b"<svg/>", bytes(1000)])
def test_other_kinds_are_not_images(data: bytes) -> None:
    """What does not begin like one of the four formats is refused."""
    with pytest.raises(NotAnImage):
        decode(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.8])
def test_a_cut_short_upload_is_refused(kind: str, part: float, astronaut: Image.Image) -> None:
    """A file that ends early is damaged, never half a face."""
    whole = encode(astronaut, kind)

    with pytest.raises(NotAnImage):
        decode(whole[: int(len(whole) * part)])


@settings(max_examples=60)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"]),
)
def test_rubbish_behind_a_good_beginning_never_crashes(rubbish: bytes, magic: bytes) -> None:
    """Whatever follows the magic bytes, the answer is one of the two errors."""
    with pytest.raises((NotAnImage, ImageTooLarge)):
        decode(magic + rubbish)


def test_the_name_of_a_file_does_not_matter() -> None:
    """Formats are told by their bytes."""
    buffer = io.BytesIO()
    gradient().save(buffer, "WEBP")

    assert sniff(buffer.getvalue()) == "WebP"
