"""What phones record is read, and what is no recording is refused by name."""

from __future__ import annotations

import os
import struct
import subprocess
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import decode, live
from tests.audio.conftest import wav

RATE_HZ = decode.RATE_HZ

# A tone's level and pitch survive every codec of the list; its phase does not.
LEVEL_DB = 1.0
# A coder of speech takes a pure tone for less than it is.
SPEECH_LEVEL_DB = 4.0

FORMATS = {
    "m4a": ["-c:a", "aac", "-b:a", "96k", "-f", "ipod"],
    "aac": ["-c:a", "aac", "-f", "adts"],
    "webm": ["-c:a", "libopus", "-f", "webm"],
    "ogg": ["-c:a", "libvorbis", "-f", "ogg"],
    "opus": ["-c:a", "libopus", "-f", "ogg"],
    "mp3": ["-c:a", "libmp3lame", "-f", "mp3"],
    "flac": ["-c:a", "flac", "-f", "flac"],
    "wav": ["-c:a", "pcm_s16le", "-f", "wav"],
    "wav 8 kHz telephone": ["-ar", "8000", "-c:a", "pcm_mulaw", "-f", "wav"],
    "3gp": ["-c:a", "aac", "-ar", "44100", "-f", "3gp"],
    "caf": ["-c:a", "pcm_s16be", "-f", "caf"],
}


def tone(seconds: float = 2.0, hertz: float = 440.0) -> NDArray[np.float32]:
    """A tone at -12 dBFS."""
    samples: NDArray[np.float32] = (
        0.25 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)
    ).astype(np.float32)
    return samples


def encoded(samples: NDArray[np.float32], arguments: list[str], folder: Path) -> bytes:
    """A file as a phone would write it; through a real file, because an m4a's index is written last."""
    path = folder / "phone"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-i", "pipe:0", *arguments, str(path)], input=wav(samples), check=True
    )
    return path.read_bytes()


def level_db(samples: NDArray[np.float32]) -> float:
    """RMS of the middle, in dBFS."""
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return float(10 * np.log10(np.mean(np.square(middle)) + 1e-12))


@pytest.mark.parametrize("name", FORMATS)
def test_phone_formats_are_read(name: str, tmp_path: Path) -> None:
    """A tone comes out of each container and codec at its length, level and pitch."""
    recording = decode.decode(encoded(tone(), FORMATS[name], tmp_path), max_seconds=10)

    assert recording.seconds == pytest.approx(2.0, abs=0.15)
    assert level_db(recording.samples) == pytest.approx(level_db(tone()), abs=LEVEL_DB)
    spectrum = np.abs(np.fft.rfft(recording.samples * np.hanning(len(recording.samples))))
    assert spectrum.argmax() / recording.seconds == pytest.approx(440, abs=2)


@pytest.mark.parametrize("container", ["amr", "3gp"])
def test_an_old_phones_speech_coder_is_read(container: str) -> None:
    """A tone through AMR at 8 kHz, which Debian's ffmpeg cannot write, comes out at its length, level and pitch."""
    written = BytesIO()
    with av.open(written, "w", format=container) as file:
        stream = file.add_stream("libopencore_amrnb", rate=8000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 12_200
        frame = av.AudioFrame.from_ndarray((tone()[None, ::6] * 32_767).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        file.mux([*stream.encode(frame), *stream.encode(None)])

    recording = decode.decode(written.getvalue(), max_seconds=10)

    assert (recording.codec, recording.rate_hz) == ("amr_nb", 8000)
    assert recording.seconds == pytest.approx(2.0, abs=0.15)
    assert level_db(recording.samples) == pytest.approx(level_db(tone()), abs=SPEECH_LEVEL_DB)
    spectrum = np.abs(np.fft.rfft(recording.samples * np.hanning(len(recording.samples))))
    assert spectrum.argmax() / recording.seconds == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("name", "lost"), [("webm", "75,85"), ("m4a", "70,80")])
def test_lost_packets_leave_a_hole_and_not_a_shift(name: str, lost: str, tmp_path: Path) -> None:
    """Where a phone lost a fifth of a second, what it recorded afterwards stays in its place."""
    sound = np.concatenate([tone(1), np.zeros(RATE_HZ, np.float32), tone(1)])
    whole = tmp_path / f"whole.{name}"
    whole.write_bytes(encoded(sound, FORMATS[name], tmp_path))
    broken = tmp_path / f"broken.{name}"
    drop = "noise=drop=between(n\\," + lost.replace(",", "\\,") + ")"
    command = ["ffmpeg", "-v", "error", "-i", str(whole), "-c", "copy", "-bsf:a", drop, str(broken)]
    subprocess.run(command, check=True)

    recordings = [decode.decode(path.read_bytes(), max_seconds=10) for path in (whole, broken)]

    ends = [int(np.flatnonzero(np.abs(recording.samples) > 0.1)[-1]) for recording in recordings]
    assert len(broken.read_bytes()) < len(whole.read_bytes())
    assert ends[1] == pytest.approx(ends[0], abs=RATE_HZ // 200)


def test_a_dead_side_does_not_halve_the_voice() -> None:
    """Of a stereo file with one dead side, the living one is taken; of one with mirrored sides, either."""
    voice = tone()
    dead = np.stack([voice, np.zeros_like(voice)], axis=1)
    mirrored = np.stack([voice, -voice], axis=1)

    for samples in (dead, mirrored):
        recording = decode.decode(wav(samples), max_seconds=10)
        assert level_db(recording.samples) == pytest.approx(level_db(voice), abs=0.1)


def test_a_ten_hour_header_is_refused_before_decoding(tmp_path: Path) -> None:
    """A small file whose header claims ten hours is too long, whatever it really holds."""
    flac = bytearray(encoded(tone(1.0), FORMATS["flac"], tmp_path))
    # STREAMINFO: the last 36 bits before the checksum are the number of samples.
    flac[21] = (flac[21] & 0xF0) | ((10 * 3600 * RATE_HZ) >> 32)
    flac[22:26] = struct.pack(">I", (10 * 3600 * RATE_HZ) & 0xFFFFFFFF)
    honest = bytearray(wav(tone(1.0)))
    length = 10 * 3600 * RATE_HZ * 2
    honest[4:8] = struct.pack("<I", length + 36)
    honest[40:44] = struct.pack("<I", length)

    for data in (honest, flac):
        with pytest.raises(decode.TooLong, match=r"36000\.0 s long by its header, more than 40\.0 s"):
            decode.decode(bytes(data), max_seconds=40)


def test_a_long_recording_without_a_length_in_its_header_is_refused(tmp_path: Path) -> None:
    """A stream that promises nothing is measured by its samples."""
    live = encoded(tone(5.0), ["-c:a", "libopus", "-f", "webm", "-live", "1"], tmp_path)

    with pytest.raises(decode.TooLong, match="longer than 3"):
        decode.decode(live, max_seconds=3)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "while it is sung"])
def test_an_hour_in_a_few_kilobytes_is_not_held(streamed: bool, tmp_path: Path) -> None:
    """Silence of an hour in a small file is decoded no further than the line, and so takes no memory."""
    bomb = tmp_path / "bomb.flac"
    silence = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "3600", "-c:a", "flac", "-frame_size", "65535"]
    subprocess.run(["ffmpeg", "-v", "error", *silence, str(bomb)], check=True)
    data = bytearray(bomb.read_bytes())
    # STREAMINFO promises nothing.
    data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])
    tracemalloc.start()

    if streamed:
        with live.Listener(39) as listener:
            listener.feed(bytes(data))
            heard = listener.recording()
        assert heard is None or heard.seconds == 39
    else:
        with pytest.raises(decode.TooLong, match=r"longer than 38\.0 s"):
            decode.decode(bytes(data), max_seconds=38)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(data) < 30_000
    # An hour is 691 MB of samples; 39 seconds, held four times over, are 30 MB.
    assert most < 40_000_000


@pytest.mark.parametrize(
    ("sides", "rate_hz", "message"), [(255, 8000, "255 channels"), (1, 2**31 - 1, "no recorder writes")]
)
def test_a_form_that_no_recorder_writes_is_refused(sides: int, rate_hz: int, message: str) -> None:
    """Hundreds of channels, or two thousand million samples a second, are refused before they are multiplied."""
    form = struct.pack("<IHHIIHH", 16, 1, sides, rate_hz, min(rate_hz * sides, 2**32 - 1), sides, 8)
    body = b"\x80" * 255_000
    data = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + form + b"data" + struct.pack("<I", 0) + body

    with pytest.raises(decode.NotAudio, match=message):
        decode.decode(data, max_seconds=38)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "not a sound file"),
        (b"hello world, this is text" * 40, "not a sound file"),
        (bytes(5000), "not a sound file"),
        (wav(np.zeros(0, np.float32)), "no s"),
    ],
)
def test_what_is_no_recording_is_refused(data: bytes, message: str) -> None:
    """Empty files, pictures, texts and zeros are not audio."""
    with pytest.raises(decode.NotAudio, match=message):
        decode.decode(data, max_seconds=10)


def test_a_picture_in_a_film_container_is_refused(tmp_path: Path) -> None:
    """A film without sound holds nothing to sing with."""
    path = tmp_path / "mute.mp4"
    film = ["-f", "lavfi", "-i", "color=size=32x32:duration=1:rate=5", "-c:v", "libx264", "-threads", "1"]
    subprocess.run(["ffmpeg", "-v", "error", *film, str(path)], check=True)

    with pytest.raises(decode.NotAudio, match="holds no sound"):
        decode.decode(path.read_bytes(), max_seconds=10)


@pytest.mark.parametrize("name", ["m4a", "webm", "mp3", "flac", "wav"])
def test_a_truncated_file_is_read_as_far_as_it_goes_or_refused(name: str, tmp_path: Path) -> None:
    """Half of a file gives at most half of the sound, or is not audio; never a crash, never invented sound."""
    data = encoded(tone(4.0), FORMATS[name], tmp_path)

    try:
        recording = decode.decode(data[: len(data) // 2], max_seconds=10)
    except decode.NotAudio:
        assert name == "m4a"  # its index lies at the end and is gone
    else:
        assert 1.0 < recording.seconds < 2.6


def test_a_playlist_is_not_followed(tmp_path: Path) -> None:
    """A playlist that names a file of this machine is not audio: ffmpeg is not allowed to open it."""
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav(tone()))
    playlists = [
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{secret}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{secret}'\n",
    ]

    for playlist in playlists:
        with pytest.raises(decode.NotAudio):
            decode.decode(playlist.encode(), max_seconds=10)


def test_a_decoder_that_hangs_is_ended() -> None:
    """A file that never comes to its end is given up after its time, and the next is decoded."""
    never, open_end = os.pipe()

    with decode.Decoding(never, seconds=1, limit_s=0) as hung, pytest.raises(decode.NotAudio, match="could not be"):
        hung.check()

    os.close(never)
    os.close(open_end)
    assert decode.decode(wav(tone()), max_seconds=10).seconds == pytest.approx(2.0, abs=0.01)


def test_a_decoder_that_is_gone_is_started_again() -> None:
    """After its process was killed, the next file finds another."""
    before = decode.decode(wav(tone()), max_seconds=10)
    process = decode._helper._process
    assert process is not None
    process.kill()
    process.wait()

    after = decode.decode(wav(tone()), max_seconds=10)

    np.testing.assert_array_equal(after.samples, before.samples)


def test_files_are_decoded_side_by_side(tmp_path: Path) -> None:
    """Eight files at once come out as each alone, and what they cost is counted."""
    files = [encoded(tone(1.0, 200.0 + 50 * index), FORMATS["ogg"], tmp_path) for index in range(4)] * 2
    alone = [decode.decode(data, max_seconds=10).samples for data in files]
    spent_s = decode.spent_s()

    with ThreadPoolExecutor(8) as workers:
        together = list(workers.map(lambda data: decode.decode(data, max_seconds=10).samples, files))

    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert decode.spent_s() > spent_s


def test_a_huge_file_is_refused_unread() -> None:
    """A file beyond the limit is refused by its size alone."""
    with pytest.raises(decode.TooLong, match="bytes"):
        decode.decode(bytes(decode.MAX_BYTES + 1), max_seconds=10)


def test_a_stem_must_be_at_48_khz(tmp_path: Path) -> None:
    """A stem at another rate is refused by name."""
    path = tmp_path / "stem.wav"
    path.write_bytes(wav(tone(), rate_hz=44_100))

    with pytest.raises(decode.NotAudio, match=r"stem\.wav is at 44100 Hz"):
        decode.read(path, channels=2)
