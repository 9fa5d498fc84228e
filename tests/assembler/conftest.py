"""A tiny campaign, encoded cuts with numbers in their frames, and the assembler as a real process."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import tarfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import soundfile
import yaml
from numpy.typing import NDArray

from fancam.artifacts import ArtifactStore
from fancam.channel import connect
from fancam.mesh import free_port
from fancam.settings import ArtifactSettings
from fancam.timebase import frame_to_sample
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub
from media.encoder import SegmentEncoder
from media.profile import Kind, Profile
from services.assembler.splice import Piece
from tests.assembler.studio import Studio
from tests.video import measure

ROOT = Path(__file__).resolve().parents[2]
PROFILE = Profile(160, 284, Fraction(24))


def segment(first: int, frames: int, profile: Profile = PROFILE, *, flash: bool = False) -> bytes:
    """Frames `first` to `first + frames` of a film: each carries its number, or is white each second."""
    file = io.BytesIO()
    grey = np.full((profile.height // 2, profile.width // 2), 128, np.uint8)
    with SegmentEncoder(file, profile, Kind.SEGMENT) as encoder:
        for number in range(first, first + frames):
            if flash:
                white = number == 0 or number // profile.frame_rate > (number - 1) // profile.frame_rate
                luma = np.full((profile.height, profile.width), 235 if white else 30, np.uint8)
                encoder.write(luma, grey, grey)
            else:
                encoder.write(*measure.numbered(number, profile.width, profile.height))
    return file.getvalue()


def pieces(lengths: list[int], profile: Profile = PROFILE, *, flash: bool = False) -> list[Piece]:
    """A film's cuts of these lengths in frames."""
    starts = np.cumsum([0, *lengths])
    return [
        Piece(f"cut{number}", length, segment(int(start), length, profile, flash=flash))
        for number, (start, length) in enumerate(zip(starts, lengths, strict=False))
    ]


def flac(
    samples: int,
    *,
    channels: int = 2,
    beeps_at: list[int] | None = None,
    rate_hz: int = 48_000,
    wave: NDArray[np.float32] | None = None,
) -> bytes:
    """A FLAC of that length: `wave`, or silence with a short tone beginning at each of `beeps_at`."""
    wave = np.zeros((samples, channels), np.float32) if wave is None else wave
    for start in beeps_at or []:
        length = min(2_400, samples - start)
        wave[start : start + length] = 0.5 * np.cos(2 * np.pi * 1_000 / rate_hz * np.arange(length))[:, None]
    file = io.BytesIO()
    soundfile.write(file, wave, rate_hz, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def mix_for(frames: int, profile: Profile = PROFILE) -> bytes:
    """A mix as long as the film, with a beep where each second's first frame is shown."""
    rate = profile.frame_rate
    seconds = int(Fraction(frames) / rate) + 1
    firsts = [-(-second * rate.numerator // rate.denominator) for second in range(seconds)]
    starts = [frame_to_sample(frame, rate) for frame in firsts if frame < frames]
    return flac(frame_to_sample(frames, rate), beeps_at=starts)


BAND_MEMBER = {"parts": {"hair": "bald"}, "colors": {"skin": {"red": 120, "green": 80, "blue": 60}}}


def tiny_campaign() -> dict[str, Any]:
    """Files of a campaign of 2 s: a fixed cut, a personal one with a plate to fold, a fixed one."""
    staging = {"dance": "idle_sway", "camera_position": {"value": [0, 1.3, 2]}}
    solid = {"width": 160, "height": 284, "color": {"red": 30, "green": 20, "blue": 90}}
    files: dict[str, Any] = {
        "campaign.yaml": {
            "id": "tiny",
            "title": "Tiny",
            "profile": {"width": 160, "height": 284, "frame_rate": {"numerator": 24, "denominator": 1}},
            "song": {
                "tempo_bpm": 120,
                "stems": ["song/all.flac"],
                "guide": "song/guide.flac",
                "melody": "song/melody.json",
                "take_start_samples": 24_000,
                "take_end_samples": 72_000,
            },
            "cuts": [
                {"id": "intro", "shot": "shots/band.yaml", "kind": "CUT_KIND_FIXED", "frames": 12},
                {"id": "close", "shot": "shots/fan.yaml", "kind": "CUT_KIND_PERSONAL", "first_frame": 6, "frames": 24},
                {"id": "outro", "shot": "shots/band.yaml", "kind": "CUT_KIND_FIXED", "first_frame": 12, "frames": 12},
            ],
            "policy": {"untranscribed": "UNTRANSCRIBED_POLICY_REVIEW"},
            "voice_chain": "voice.yaml",
        },
        "voice.yaml": {"chain": ["nothing"]},
        "song/melody.json": {"notes": [{"start_samples": 24000, "end_samples": 48000, "midi": 60, "syllable": "la"}]},
        "song/all.flac": flac(96_000),
        "song/guide.flac": flac(96_000, channels=1),
        "recipes/mika.json": BAND_MEMBER,
        "shots/band.yaml": {
            "id": "band",
            "width": 160,
            "height": 284,
            "frames": 24,
            "layers": [
                {"name": "mika", "avatar": {"recipe": "recipes/mika.json", "staging": staging}},
                {"name": "night", "solid": solid},
            ],
        },
        "shots/fan.yaml": {
            "id": "fan",
            "width": 160,
            "height": 284,
            "frames": 48,
            "layers": [
                {"name": "look", "adjustment": {}, "effects": [{"vignette": {"darkness": 0.3}}]},
                {"name": "name", "text": {"text": "{name}", "size_px": 20}, "in_frame": 10},
                {"name": "fan", "avatar": {"staging": staging}},
                {"name": "lamp", "solid": {**solid, "width": 40}, "blend_mode": "BLEND_MODE_ADD"},
                {"name": "night", "solid": solid},
            ],
        },
    }
    # Written out and read again, so that a test that changes one value changes no other.
    return {
        path: json.loads(json.dumps(content)) if isinstance(content, dict) else content
        for path, content in files.items()
    }


def packed(files: Mapping[str, Any], *, top: str = "") -> bytes:
    """The campaign as the tar that the command line sends."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:") as tar:
        for path, content in files.items():
            data = _written(path, content)
            entry = tarfile.TarInfo(top + path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def as_bytes(files: Mapping[str, Any]) -> dict[str, bytes]:
    """The campaign's files as they lie in its folder."""
    return {path: _written(path, content) for path, content in files.items()}


def _written(path: str, content: Any) -> bytes:
    """A file's bytes: documents that are values as JSON or YAML, by the file's name."""
    if isinstance(content, bytes):
        return content
    return (json.dumps(content) if path.endswith(".json") else yaml.safe_dump(content)).encode()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mesh keeps its artifacts."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session")
def store(folder: Path) -> ArtifactStore:
    """The mesh's artifact store, in a folder."""
    return ArtifactStore(ArtifactSettings(url=(folder / "store").as_uri(), cache=str(folder / "cache")))


@pytest.fixture(scope="session")
async def studio(store: ArtifactStore) -> AsyncIterator[Studio]:
    """Renderer, compositor and audio service for the tests of the press's own work."""
    async with Studio.open(store) as studio:
        yield studio


@asynccontextmanager
async def process(module: str, service: str, folder: Path, **settings: str) -> AsyncIterator[grpc.aio.Channel]:
    """A service as a process of its own, ready, and a channel to it; its artifacts lie in `folder`."""
    address = f"127.0.0.1:{free_port()}"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("FANCAM_")}
    environment |= {
        "FANCAM_SERVER_LISTEN": address,
        "FANCAM_SERVER_DRAIN_NOTICE_S": "0.1",
        "FANCAM_ARTIFACTS_URL": (folder / "store").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(folder / "cache"),
        **settings,
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", module, cwd=ROOT, env=environment)
    try:
        async with connect(address, service) as channel:
            await asyncio.wait_for(channel.channel_ready(), timeout=90)
            yield channel
    finally:
        child.terminate()
        await child.wait()


@pytest.fixture(scope="session")
async def assembler(studio: Studio, folder: Path) -> AsyncIterator[AssemblerServiceStub]:
    """The assembler, whose workers are the studio."""
    async with process("services.assembler", "fancam.v1.AssemblerService", folder, **studio.settings) as channel:
        yield AssemblerServiceStub(channel)
