from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from fancam.artifacts import ArtifactStore
from fancam.channel import connect
from fancam.server import OPTIONS, Guard, Process
from fancam.settings import ArtifactSettings, MeshSettings
from fancam.v1.compositor_pb2_grpc import CompositorServiceStub
from fancam.v1.shot_pb2 import Shot
from services.compositor import job
from services.compositor.footage import unpack
from services.compositor.service import PAGE, compositor
from stage.host import Stage
from tests.compositor.material import Json, Pixels, Play

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def page() -> Path:
    """The compositor's page, bundled from its source."""
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, capture_output=True)
    return PAGE


@pytest.fixture(scope="session")
async def stage(page: Path) -> AsyncIterator[Stage]:
    async with Stage.open(page, gl="software") as opened:
        yield opened


@pytest.fixture(scope="session")
def play(stage: Stage) -> Play:
    """Plays layers in a small composition, as the service would."""

    async def played(
        layers: list[Json],
        frames: tuple[int, ...] = (0,),
        *,
        size: tuple[int, int] = (64, 48),
        output: tuple[int, int] | None = None,
        length: int = 48,
        files: Mapping[str, bytes] | None = None,
        passes: Mapping[str, bytes] | None = None,
        name: str = "",
        **more: object,
    ) -> list[Pixels]:
        width, height = size
        plain = {"id": "shot", "width": width, "height": height, "frames": length, "layers": layers, **more}
        shot = MessageToDict(ParseDict(plain, Shot()))
        job.validate(shot)
        output = output or size
        given: dict[str, Path | bytes] = dict(files or {})
        regions = {}
        for layer, clip in (passes or {}).items():
            packets = unpack(layer, clip)
            given[f"pass:{layer}"] = packets.data
            regions[layer] = job.Region(0, 0, width, height, packets.frames)
        told = job.page_job(shot, width=output[0], height=output[1], name=name, passes=regions)
        async with stage.page() as page:
            await page.load(told, given)
            return [await page.still(frame) for frame in frames]

    return played


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    folder = tmp_path_factory.mktemp("artifacts")
    return ArtifactStore(ArtifactSettings(url=folder.as_uri(), cache=str(folder / "cache")))


@pytest.fixture(scope="session")
async def service(page: Path, store: ArtifactStore) -> AsyncIterator[Any]:
    """A stub of the real service on a real socket."""
    server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
    process = Process("compositor", MeshSettings(), store)
    async with compositor(server, process):
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with connect(f"127.0.0.1:{port}", "fancam.v1.CompositorService") as channel:
            yield CompositorServiceStub(channel)
        await server.stop(1)
