"""A disk without room is said at every write of a press, a film, its other shape, its stream and its signature."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import grpc
import pytest

from fancam.artifacts import ArtifactStore
from fancam.errors import Busy, from_call
from fancam.settings import ArtifactSettings
from fancam.v1.assembler_pb2 import CutSegment, FragmentRequest, PressResult
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub
from fancam.v1.media_pb2 import Artifact
from media import strict
from services.assembler.provenance import CERTIFICATES, KEY, make_test_key
from tests.assembler.conftest import mix_for, packed, process, segment
from tests.assembler.studio import Studio
from tests.assembler.test_bad_luck import damaged, pressings
from tests.assembler.test_deliveries import rich_campaign
from tests.assembler.test_service import SESSION, Mesh

PAGE_BYTES = 4096

T = TypeVar("T")


class Disk:
    """A small file system of its own, with as much room as a test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def used_bytes(self) -> int:
        """What lies on it."""
        about = os.statvfs(self.folder)
        return (about.f_blocks - about.f_bfree) * about.f_frsize

    def leave(self, room_bytes: int) -> None:
        """Let there be so much room beside what lies on it."""
        size = f"remount,size={self.used_bytes + room_bytes}"
        subprocess.run(["mount", "-o", size, self.folder], check=True)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """The store and the machine's cache lie on it."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("this test mounts a small file system, which is not allowed here")
    yield Disk(folder)
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
async def mesh(disk: Disk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """An assembler that signs its films, and whose workers write to the same disk."""
    key = tmp_path_factory.mktemp("key")
    make_test_key(key)
    signing = {
        "FANCAM_ASSEMBLER_SIGNING_CERTIFICATES": str(key / CERTIFICATES),
        "FANCAM_ASSEMBLER_SIGNING_KEY": str(key / KEY),
    }
    store = ArtifactStore(ArtifactSettings(url=(disk.folder / "store").as_uri(), cache=str(disk.folder / "mine")))
    async with (
        Studio.open(store) as studio,
        process(
            "services.assembler", "fancam.v1.AssemblerService", disk.folder, **studio.settings, **signing
        ) as channel,
    ):
        yield Mesh(AssemblerServiceStub(channel), store)


async def climb(disk: Disk, call: Callable[[], Awaitable[T]], unseen: Callable[[], object]) -> tuple[T, int]:
    """Make a call until it succeeds, each time with a little more room, so that one write after the other fails.

    Args:
        disk: Where everything is written.
        call: What is asked for.
        unseen: What must be empty for as long as the call fails.

    Returns:
        What came of it, and how many times there was no room.
    """
    refused, room, used = 0, 0, -1
    while True:
        room = 2 * room + PAGE_BYTES if disk.used_bytes == used else 0
        used = disk.used_bytes
        await asyncio.to_thread(disk.leave, room)
        try:
            return await call(), refused
        except Busy as error:
            said = error
        assert said.reason == "STORE_FULL", said
        assert "no room for" in str(said)
        assert not damaged(disk.folder / "store", staged=True)
        while list(disk.folder.rglob("*#*")):  # calls that ran beside the one that failed take back what they began
            await asyncio.sleep(0.01)
        assert not unseen()
        refused += 1


@pytest.fixture(scope="module")
async def pressed(mesh: Mesh, disk: Disk) -> tuple[PressResult, int]:
    """A campaign of two outputs, and how often its press found no room."""
    files = rich_campaign()
    disk.leave(1 << 20)
    await mesh.store.put("shared", packed(files), "application/x-tar")
    return await climb(disk, lambda: mesh.press(files), lambda: pressings(disk.folder / "store"))


async def test_a_press_that_has_no_room_says_so_at_every_write(mesh: Mesh, pressed: tuple[PressResult, int]) -> None:
    """Files, segments, other outputs, the bed, its track, the pressing: each in turn, and then the press is whole."""
    result, refused = pressed
    shared = {cut.segment.uri for cut in result.summary.cuts if cut.segment.uri}

    assert refused > len(shared)
    assert await mesh.store.holds(result.pressing)
    assert all([await mesh.store.holds(Artifact(uri=uri)) for uri in shared])


@pytest.mark.parametrize("output", ["", "square"])
async def test_a_film_that_has_no_room_says_so_at_every_write(
    output: str, mesh: Mesh, disk: Disk, pressed: tuple[PressResult, int]
) -> None:
    """Copies on the machine, the fan's sound, cut-out segments, the signed film, its poster: then the film is whole."""
    disk.leave(1 << 20)
    own, mix = await mesh.keep(segment(70, 12)), await mesh.keep(mix_for(48), "audio/flac")

    made, refused = await climb(
        disk, lambda: mesh.assemble(pressed[0].pressing, {"close": own}, mix, output=output), lambda: None
    )

    assert refused >= 3
    assert strict.faults(await mesh.store.get(made.film)) == []
    assert made.signer


async def parts(mesh: Mesh, request: FragmentRequest) -> list[Artifact]:
    """A header and its fragments."""
    try:
        reply = await mesh.stub.Fragment(request, timeout=60)
    except grpc.aio.AioRpcError as error:
        raise from_call(error) from error
    return [reply.header, *reply.fragments.values()]


async def test_a_stream_that_has_no_room_says_so_at_every_write(
    mesh: Mesh, disk: Disk, pressed: tuple[PressResult, int]
) -> None:
    """Header and fragments of the sound, of a fixed cut and of the fan's: and then all parts are whole."""
    disk.leave(1 << 20)
    own, mix = await mesh.keep(segment(70, 12)), await mesh.keep(mix_for(48), "audio/flac")
    asked = [FragmentRequest(pressing=pressed[0].pressing, scope=SESSION) for _ in range(3)]
    asked[0].mix.CopyFrom(mix)
    asked[1].fixed_cut = "intro"
    asked[2].personal_cut.CopyFrom(CutSegment(cut="close", segment=own))

    for request in asked:
        made, refused = await climb(disk, partial(parts, mesh, request), lambda: None)
        assert refused >= len(made)
        assert all([await mesh.store.holds(each) for each in made])
