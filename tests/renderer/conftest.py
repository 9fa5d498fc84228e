"""One renderer for all tests of the room: the real service on a real socket, drawing with whatever WebGL there is."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import psutil
import pytest

from fancam.artifacts import SHARED, ArtifactStore
from fancam.server import OPTIONS, Guard, Process
from fancam.settings import ArtifactSettings, MeshSettings
from fancam.v1.avatar_pb2 import Color, Recipe
from fancam.v1.campaign_pb2 import Campaign, Melody, Note, Pressing, Song, Still
from fancam.v1.media_pb2 import Artifact, Rational, StreamProfile
from fancam.v1.motion_pb2 import Property
from fancam.v1.renderer_pb2 import (
    RenderPassRequest,
    RenderPassResult,
    RenderStillsRequest,
    RenderStillsResult,
)
from fancam.v1.renderer_pb2_grpc import RendererServiceStub
from fancam.v1.shot_pb2 import Staging
from services.renderer.build import open_library
from services.renderer.drawing import PAGE
from services.renderer.library import Library
from services.renderer.service import renderer

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 180, 320


@pytest.fixture(scope="session")
def library() -> Library:
    """The committed catalogue with its generated geometry."""
    return open_library()


@pytest.fixture(scope="session")
def page() -> Path:
    """The renderer's page, built."""
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, capture_output=True)
    return PAGE


def recipe(**parts: str) -> Recipe:
    """A recipe with the parts named, by group, and a skin."""
    return Recipe(parts=parts, colors={"skin": Color(red=224, green=172, blue=138)})


def close_up(**more: object) -> Staging:
    """The face, as the demo's close shot sees it."""
    return Staging(
        dance="sing_close",
        camera_position=Property(value=[0, 1.42, 0.8]),
        camera_target=Property(value=[0, 1.40, 0]),
        field_of_view_deg=26,
        **more,  # type: ignore[arg-type]
    )


def drivers() -> set[psutil.Process]:
    """Playwright's drivers in this process: one per stage, each the parent of its stage's Chrome."""
    return {child for child in psutil.Process().children() if "playwright" in " ".join(child.cmdline())}


@dataclass
class Studio:
    """A running renderer and its store."""

    stub: RendererServiceStub
    store: ArtifactStore
    pressing: Artifact
    driver: psutil.Process
    """What starts this renderer's Chrome, and no other's."""
    press: Callable[[Pressing], Pressing] = field(default=lambda pressing: pressing)

    async def draw(self, request: RenderPassRequest) -> RenderPassResult:
        """The result of a pass."""
        events = [event async for event in self.stub.RenderPass(request, timeout=120)]
        return RenderPassResult.FromString(events[-1].result.SerializeToString())

    async def stills(self, which: Recipe) -> RenderStillsResult:
        """The result of a fan-kit."""
        request = RenderStillsRequest(recipe=which, pressing=self.pressing)
        events = [event async for event in self.stub.RenderStills(request, timeout=120)]
        return RenderStillsResult.FromString(events[-1].result.SerializeToString())

    def order(self, which: Recipe, staging: Staging, *, first: int = 0, frames: int = 2) -> RenderPassRequest:
        """A pass in the tests' small composition."""
        return RenderPassRequest(
            recipe=which, staging=staging, film_first_frame=first, frames=frames, shot_first_frame=0, width=WIDTH,
            height=HEIGHT, pressing=self.pressing,
        )  # fmt: skip


@pytest.fixture(scope="session")
async def studio(page: Path, library: Library, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """The renderer service with a pressing of a song: the fan's `la` in its second second, the band's in the fourth."""
    folder = tmp_path_factory.mktemp("renderer")
    store = ArtifactStore(ArtifactSettings(url=(folder / "store").as_uri(), cache=str(folder / "cache")))
    from google.protobuf.json_format import MessageToJson

    files = {}
    for path, start in (("melody.json", 48_000), ("band.json", 144_000)):
        sung = Note(start_samples=start, end_samples=start + 48_000, midi=60, syllable="la", visemes="la")
        melody = MessageToJson(Melody(notes=[sung])).encode()
        files[path] = await store.put(SHARED, melody, "application/json")
    profile = StreamProfile(width=WIDTH, height=HEIGHT, frame_rate=Rational(numerator=24, denominator=1))
    stills = [
        Still(id="sticker", width=160, height=160, staging=close_up(expression="joy"), sticker=True),
        Still(id="card", width=80, height=120, staging=close_up(), photocard=True),
        *(
            Still(
                id=f"{name}-{number}",
                width=512,
                height=512,
                staging=close_up(expression="wink"),
                sticker=True,
                loop_beats=beats,
                frame=12 * number,
                emojis=["😉"],
                label="The fan winks",
            )
            for name, beats in (("still", 0), ("moving", 1))
            for number in range(3)
        ),
        Still(id="poster", width=160, height=200, staging=Staging(dance="pose_peace", expression="wink")),
    ]
    song = Song(tempo_bpm=120, melody="melody.json", band_melody="band.json")
    campaign = Campaign(id="test", title="Test", profile=profile, song=song)
    campaign.fan_kit.stills.extend(stills)
    pressing = Pressing(id="test", campaign=campaign, profile=profile, files=files)
    server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
    process = Process(name="renderer", mesh=MeshSettings(), artifacts=store)
    others = drivers()
    async with renderer(server, process):
        (driver,) = drivers() - others
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            address = await store.put_message(SHARED, pressing)
            yield Studio(RendererServiceStub(channel), store, address, driver)
        await server.stop(None)
