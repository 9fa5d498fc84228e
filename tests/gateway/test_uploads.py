"""Files from strangers, by their first bytes."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fancam.errors import InvalidRequest
from gateway.uploads import (
    SELFIE,
    TAKE,
    Kind,
    TooLarge,
    WrongType,
    inspect,
    picture_size,
    picture_type,
    receive,
    sound_length_s,
    sound_type,
)


async def _chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _picture(kind: str, size: tuple[int, int] = (321, 123)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return file.getvalue()


def _wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(round(seconds * 8000) * 2))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_known_by_their_bytes(kind: str) -> None:
    """Whatever the file's name says."""
    assert picture_type(_picture(kind)) == f"image/{kind.lower()}"
    assert sound_type(_picture(kind)) == ""


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_says_its_size_in_its_head(kind: str) -> None:
    """Width and height are read without decoding."""
    assert picture_size(_picture(kind)) == (321, 123)


def test_a_recording_says_its_length_in_its_head() -> None:
    """WAV by its data chunk."""
    length_s = sound_length_s(_wav(2.5))
    assert length_s == pytest.approx(2.5)
    assert inspect(_wav(2.5), TAKE) == "audio/wav"


def test_a_recorder_that_did_not_finish_its_header_is_not_refused() -> None:
    """A streamed WAV says zero or the largest number; what it holds is found by decoding it."""
    for claim in (0, 0xFFFFFFFF):
        data = bytearray(_wav(1))
        data[40:44] = struct.pack("<I", claim)
        assert inspect(bytes(data), TAKE) == "audio/wav"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"fLaC" + bytes(40), "audio/flac"),
        (b"OggS" + bytes(40), "audio/ogg"),
        (b"ID3\x04" + bytes(40), "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(40), "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(40), "audio/aac"),
        (b"\x1a\x45\xdf\xa3" + bytes(40), "audio/webm"),
        (b"\0\0\0\x20ftypM4A " + bytes(40), "audio/mp4"),
        (b"FORM\0\0\0\0AIFF" + bytes(40), "audio/aiff"),
        (b"<html>" + bytes(40), ""),
        (b"%PDF-1.7" + bytes(40), ""),
        (b"PK\x03\x04" + bytes(40), ""),
    ],
)
def test_what_phones_and_browsers_record_is_known(head: bytes, media_type: str) -> None:
    """And nothing else is."""
    assert sound_type(head) == media_type


async def test_a_file_arrives_whole_in_any_pieces(tmp_path: Path) -> None:
    """Even byte by byte."""
    data = _picture("PNG")
    for size in (1, 7, 100, 1 << 20):
        assert await receive(_chunks(data, size), SELFIE, tmp_path / "selfie") == "image/png"
        assert (tmp_path / "selfie").read_bytes() == data


async def test_nothing_beyond_the_limit_is_read(tmp_path: Path) -> None:
    """The body is left alone after the byte that is too many."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"fLaC" + bytes(1_000_000)

    with pytest.raises(TooLarge):
        await receive(endless(), TAKE, tmp_path / "take")
    assert read <= TAKE.limit_bytes // 1_000_000 + 1


async def test_a_wrong_file_is_refused_at_its_first_bytes(tmp_path: Path) -> None:
    """Nobody waits for the end of it."""
    read = 0

    async def text() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b"once upon a time there was a file "

    with pytest.raises(WrongType) as refused:
        await receive(text(), SELFIE, tmp_path / "selfie")
    assert read == 1
    assert list(refused.value.fields) == ["selfie"]


@given(
    head=st.binary(max_size=200), picture=st.booleans(), start=st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF", b"fLaC"])
)
def test_any_bytes_get_an_answer(head: bytes, picture: bool, start: bytes) -> None:
    """A media type or a refusal that names the field; never another exception."""
    kind: Kind = SELFIE if picture else TAKE
    answered: object
    try:
        answered = "/" in inspect(start + head, kind)
    except InvalidRequest as refused:
        answered = list(refused.fields) == [kind.field]
    assert answered
