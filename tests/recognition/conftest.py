"""The astronaut, the networks, and a running service."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import skimage.data
from PIL import Image

from fancam.artifacts import ArtifactStore
from fancam.channel import connect
from fancam.server import OPTIONS, Guard, Process
from fancam.settings import ArtifactSettings, MeshSettings
from fancam.v1.recognition_pb2_grpc import RecognitionServiceStub
from services.recognition import faces, recipe
from services.recognition.recipe import Catalogue, Rules
from services.recognition.recogniser import Recogniser
from services.recognition.service import recognition


def encode(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    """Eileen Collins, photographed by NASA; public domain, 512 x 512."""
    return Image.fromarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    """The real networks; fetched here if `make setup` did not."""
    faces.fetch()
    return Recogniser(faces.FOLDER)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The library's own."""
    return Catalogue.read(recipe.CATALOGUE.read_bytes())


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The library's own."""
    return Rules.read(recipe.RULES.read_text("utf-8"))


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    """An empty store."""
    folder: Path = tmp_path_factory.mktemp("artifacts")
    return ArtifactStore(ArtifactSettings(url=folder.as_uri(), cache=str(tmp_path_factory.mktemp("cache"))))


@pytest.fixture(scope="session")
async def service(store: ArtifactStore) -> AsyncIterator[RecognitionServiceStub]:
    """The real service behind a real socket."""
    faces.fetch()
    server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
    process = Process(name="recognition", mesh=MeshSettings(), artifacts=store)
    async with recognition(server, process):
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with connect(f"127.0.0.1:{port}", process.services[0]) as channel:
            yield RecognitionServiceStub(channel)
        await server.stop(None)
