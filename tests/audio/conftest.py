"""A small song with everything that a pressing holds, and the audio service as a real process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from fancam.artifacts import SHARED, ArtifactStore, session_scope
from fancam.channel import connect
from fancam.mesh import free_port
from fancam.settings import ArtifactSettings
from fancam.v1.audio_pb2 import MasterRequest
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from fancam.v1.campaign_pb2 import (
    CUT_KIND_FIXED,
    UNTRANSCRIBED_POLICY_PUBLISH,
    UNTRANSCRIBED_POLICY_REVIEW,
    Campaign,
    Cut,
    Policy,
    PressedCut,
    Pressing,
    Song,
    WordRule,
)
from fancam.v1.media_pb2 import Artifact, Rational, StreamProfile
from services.audio import pitch, rubberband, tracker
from tests.audio import singer

ROOT = Path(__file__).parents[2]
CHAIN = (ROOT / "services/audio/chains/lead.yaml").read_text()

RATE_HZ = 48_000
# Twelve seconds of song; the fan sings the eight in the middle.
SAMPLES, START, END = 12 * RATE_HZ, 2 * RATE_HZ, 10 * RATE_HZ

SESSION = session_scope("test-session")


@dataclass(frozen=True)
class Studio:
    """The song as its makers know it."""

    stems: list[NDArray[np.float32]]
    guide: NDArray[np.float32]
    score: list[singer.Sung]

    @property
    def backing(self) -> NDArray[np.float32]:
        """What the fan hears during the line, shape (samples, 2)."""
        return sum(self.stems, np.zeros((SAMPLES, 2), np.float32))[START:END]

    @property
    def line_guide(self) -> NDArray[np.float32]:
        """The guide during the line."""
        return self.guide[START:END]

    @property
    def notes(self) -> list[pitch.Note]:
        """The melody in samples from the start of the line."""
        return [pitch.Note(note.start - START, note.end - START, note.midi) for note in self.score]

    def take(
        self,
        fan: singer.Fan,
        *,
        seed: int = 1,
        late_samples: int = 0,
        bleed_db: float | None = None,
        snr_db: float = 30.0,
    ) -> NDArray[np.float32]:
        """A fan's recording of the line, as long as the line and a second."""
        line = [singer.Sung(note.start - START, note.end - START, note.midi, note.vowel) for note in self.score]
        length = END - START + RATE_HZ
        voice = singer.sing(line, length, fan, seed).voice
        band = np.concatenate([self.backing, np.zeros((RATE_HZ, 2), np.float32)])
        return singer.phone(voice, band, late_samples=late_samples, bleed_db=bleed_db, snr_db=snr_db, seed=seed)


OFF_KEY = singer.Fan(detune_cents=70, vibrato_cents=25, scoop_cents=80, timing_ms=15)


@pytest.fixture(scope="session")
def studio() -> Studio:
    """The test song."""
    return _studio()


@cache
def _studio() -> Studio:
    band = singer.backing(SAMPLES)
    pad = 0.3 * singer.backing(SAMPLES, seed=11, beat=48_000)
    score = singer.line(START)
    return Studio([band, pad], singer.sing(score, SAMPLES, singer.Fan(), seed=99).voice, score)


@pytest.fixture(scope="session")
def shifter() -> rubberband.Rubberband:
    """rubberband, calibrated once."""
    return rubberband.Rubberband.start()


@pytest.fixture(scope="session")
def swift() -> tracker.Swift:
    """The default ear for pitch."""
    return tracker.Swift()


def wav(samples: NDArray[np.float32], *, rate_hz: int = RATE_HZ) -> bytes:
    """A 16-bit WAV file."""
    file = BytesIO()
    soundfile.write(file, samples, rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


@dataclass
class Mesh:
    """The audio service as others see it, and the store both use."""

    stub: AudioServiceStub
    store: ArtifactStore

    async def press(
        self, studio: Studio, *, policy: int = UNTRANSCRIBED_POLICY_PUBLISH, chain: str = CHAIN
    ) -> Artifact:
        """Store a pressing of the test song, as the press would."""
        files: dict[str, tuple[bytes, str]] = {
            "guide.flac": (_flac(studio.guide), "audio/flac"),
            "voice_chain.yaml": (chain.encode(), "application/yaml"),
            "melody.json": (json.dumps({"notes": [_note(note) for note in studio.score]}).encode(), "application/json"),
        }
        for index, stem in enumerate(studio.stems):
            files[f"stems/{index}.flac"] = (_flac(stem), "audio/flac")
        profile = StreamProfile(width=180, height=320, frame_rate=Rational(numerator=24, denominator=1))
        campaign = Campaign(
            id="test-song",
            title="Test song",
            profile=profile,
            song=Song(
                tempo_bpm=120,
                stems=[path for path in files if path.startswith("stems/")],
                guide="guide.flac",
                melody="melody.json",
                take_start_samples=START,
                take_end_samples=END,
            ),
            cuts=[Cut(id="all", shot="shots/all.yaml", kind=CUT_KIND_FIXED)],
            policy=Policy(untranscribed=policy),  # type: ignore[arg-type]
            voice_chain="voice_chain.yaml",
            locales=["en"],
        )
        stored = {path: await self.store.put(SHARED, data, kind) for path, (data, kind) in files.items()}
        request = MasterRequest(song=campaign.song, voice_chain=campaign.voice_chain, files=stored)
        mastered = await self.stub.Master(request, timeout=60)
        pressing = Pressing(
            id="0" * 64,
            campaign=campaign,
            cuts=[PressedCut(id="all", kind=CUT_KIND_FIXED, frames=288)],
            files=stored,
            profile=profile,
            bed=mastered.bed,
        )
        return await self.store.put_message(SHARED, pressing)

    async def take(self, data: bytes, media_type: str = "audio/wav") -> Artifact:
        """Store a fan's take."""
        return await self.store.put(SESSION, data, media_type)


def _note(note: singer.Sung) -> dict[str, object]:
    return {"startSamples": str(note.start), "endSamples": str(note.end), "midi": note.midi, "syllable": "la"}


def _flac(samples: NDArray[np.float32]) -> bytes:
    file = BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="FLAC", subtype="PCM_24")
    return file.getvalue()


async def with_rules(mesh: Mesh, studio: Studio, *rules: WordRule) -> Artifact:
    """A pressing whose campaign has rules of its own."""
    pressing = Pressing()
    await mesh.store.get_message(await mesh.press(studio), pressing)
    pressing.campaign.policy.CopyFrom(Policy(untranscribed=UNTRANSCRIBED_POLICY_REVIEW, words=rules))
    return await mesh.store.put_message(SHARED, pressing)


StartMesh = Callable[..., Awaitable[Mesh]]


@pytest.fixture(scope="session")
async def start_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StartMesh]:
    """Start `python -m services.audio` with a store of its own and any of its settings."""
    running: list[subprocess.Popen[bytes]] = []
    channels: list[grpc.aio.Channel] = []

    async def start(*, patience_s: float = 60, **settings: str) -> Mesh:
        folder = tmp_path_factory.mktemp("mesh")
        address = f"127.0.0.1:{free_port()}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FANCAM_")}
        environment = {
            **kept,
            "FANCAM_ARTIFACTS_URL": (folder / "store").as_uri(),
            "FANCAM_ARTIFACTS_CACHE": str(folder / "cache"),
            "FANCAM_SERVER_LISTEN": address,
            "FANCAM_SERVER_DRAIN_NOTICE_S": "0",
            **settings,
        }
        process = await asyncio.to_thread(
            subprocess.Popen, [sys.executable, "-m", "services.audio"], cwd=ROOT, env=environment
        )
        running.append(process)
        channel = connect(address, "fancam.v1.AudioService")
        channels.append(channel)
        async with asyncio.timeout(patience_s):
            await channel.channel_ready()
        assert process.poll() is None
        store = ArtifactStore(ArtifactSettings(url=(folder / "store").as_uri(), cache=str(folder / "mine")))
        return Mesh(AudioServiceStub(channel), store)

    yield start
    for channel in channels:
        await channel.close(None)
    for process in running:
        process.terminate()
    for process in running:
        assert process.wait(30) == 0


@pytest.fixture(scope="session")
async def mesh(start_mesh: StartMesh) -> Mesh:
    """The service as it is by default: nobody hears the words."""
    return await start_mesh()
