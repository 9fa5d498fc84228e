"""Footage that cannot be used is named with its reason; a full disk and a killed process leave nothing half made."""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from fancam.artifacts import SHARED, STAGED, ArtifactStore
from fancam.errors import Busy
from fancam.mesh import free_port
from fancam.settings import ArtifactSettings
from fancam.v1.assembler_pb2 import AssembleRequest, PressRequest
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from media.probe import clip
from media.track import MATRIX
from services.assembler import sound
from services.assembler.service import read_campaign, read_library
from tests.assembler.conftest import ROOT, as_bytes, flac, mix_for, packed, process, segment, tiny_campaign
from tests.assembler.studio import Studio
from tests.assembler.test_service import SESSION, Mesh
from tests.video import measure

# --------------------------------------------------------------------------------------------------------------------
# Bad footage

SOURCE = ["-f", "lavfi", "-i", "testsrc2=size=160x284:rate=24:duration=2.5", "-pix_fmt", "yuv420p", "-threads", "1"]


def footage(folder: Path, *options: str, name: str = "clip.mp4") -> bytes:
    """A clip of 60 frames as somebody's editor wrote it."""
    path = folder / name
    measure.ffmpeg("-v", "error", *SOURCE, *options, path)
    return path.read_bytes()


X264 = ["-c:v", "libx264", "-preset", "ultrafast"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([*X264], ""),
        ([*X264, "-bf", "2", "-g", "12"], ""),
        (["-c:v", "mpeg4"], "is mpeg4, not H.264"),
        (["-c:v", "libx265", "-x265-params", "log-level=none"], "is hevc, not H.264"),
        ([*X264, "-r", "25"], "has 25 frames per second, not 24"),
        ([*X264, "-vf", "select='not(between(n,20,25))'", "-fps_mode", "vfr"], "has a varying frame rate: frame 19"),
        (
            ["-c:v", "libx264", "-bf", "3", "-g", "12", "-x264-params", "open-gop=1:scenecut=0:b-pyramid=0"],
            "has open groups of pictures",
        ),
        ([*X264, "-t", "1"], "frames 0 to 48 of art/crowd.mp4 are shown, which has 24"),
        ([*X264, "-flags", "+ilme", "-x264opts", "interlaced=1"], "is interlaced"),
        ([*X264, "-vf", "setsar=4/3"], "has pixels that are 4/3 times as wide as high"),
        ([*X264, "-pix_fmt", "yuv420p10le"], "has pixels of yuv420p10le, not of 8-bit 4:2:0"),
        ([*X264, "-color_trc", "smpte2084", "-colorspace", "bt2020nc"], "is in HDR (PQ), not in BT.709"),
        ([*X264, "-colorspace", "bt2020nc"], "has the colours of BT.2020, not of BT.709"),
        ([*X264, "-color_range", "pc", "-pix_fmt", "yuvj420p", "-colorspace", "smpte170m"], ""),
        ([*X264, "-f", "matroska"], "is no MP4 file but Matroska"),
    ],
    ids=[
        "good",
        "B-frames are fine",
        "codec",
        "HEVC",
        "rate",
        "varying rate",
        "open GOP",
        "too short",
        "interlaced",
        "wide pixels",
        "10 bits",
        "HDR",
        "BT.2020",
        "BT.601 in full range is fine",
        "Matroska",
    ],
)
def test_footage_is_refused_for_its_own_reason(options: list[str], why: str, tmp_path: Path) -> None:
    """The fault names shot, layer and file, and says what the file is in place of what it should be."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = footage(tmp_path, *options)
    files["shots/fan.yaml"]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4"}}
    found = [str(fault) for fault in read_campaign(as_bytes(files), read_library())[1]]

    assert bool(found) == bool(why), found
    if why:
        assert any(why in fault for fault in found), found
        assert all(fault.startswith("shots/fan.yaml: layer 'crowd', footage.") for fault in found)


def test_a_phones_clip_is_named_that_players_show_otherwise(tmp_path: Path) -> None:
    """Phones turn a clip by a matrix and trim it by an edit list; a page shows every frame as it lies in the file."""
    plain = footage(tmp_path, *X264)
    at = plain.index(MATRIX, plain.index(b"tkhd"))
    quarter = struct.pack(">9i", 0, 0x1_0000, 0, -0x1_0000, 0, 0, 160 << 16, 0, 0x4000_0000)
    turned = clip(plain[:at] + quarter + plain[at + len(MATRIX) :])
    measure.ffmpeg("-v", "error", "-ss", "0.25", "-i", tmp_path / "clip.mp4", "-c", "copy", tmp_path / "cut.mp4")
    trimmed = clip((tmp_path / "cut.mp4").read_bytes())

    assert turned is not None
    assert trimmed is not None
    assert turned.problems == ("is to be turned by 270 degrees: written upright, it is shown upright",)
    assert trimmed.problems == ("hides 6 of its 60 frames by an edit list: trimmed without being written anew",)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("flags", [[], ["-movflags", "+faststart"]], ids=["index last", "index first"])
def test_a_clip_that_is_cut_off_is_named(share: float, flags: list[str], tmp_path: Path) -> None:
    """Wherever the download stopped, whether its index had come or not."""
    whole = footage(tmp_path, *X264, *flags)
    files = tiny_campaign()
    files["art/crowd.mp4"] = whole[: round(share * len(whole))]
    files["shots/fan.yaml"]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4"}}
    found = "; ".join(map(str, read_campaign(as_bytes(files), read_library())[1]))

    assert "art/crowd.mp4 is cut short" in found or "art/crowd.mp4 is no video file" in found


# --------------------------------------------------------------------------------------------------------------------
# A full disk, and processes that are killed


def damaged(store: Path, *, staged: bool = False) -> list[Path]:
    """Objects whose bytes are not what their name says, and files that are no objects: what must never be visible.

    Args:
        store: Where to look.
        staged: There may be what was begun and not finished, under names that nobody can ask for: a killed process
            leaves it until the store is swept.
    """
    found = []
    for path in store.rglob("*"):
        if not path.is_file() or path.parent.name == "index" or (staged and STAGED.fullmatch(path.name)):
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            found.append(path)
    return found


def pressings(store: Path) -> list[Path]:
    """Objects that read as a whole pressing."""
    found = []
    for path in (store / "shared").glob("*"):
        if not path.is_file():
            continue
        pressing = Pressing()
        try:
            pressing.ParseFromString(path.read_bytes())
        except Exception:
            continue
        if pressing.id and pressing.cuts:
            found.append(path)
    return found


class Run:
    """One assembler process that can be killed, and what tests do with it."""

    def __init__(self, store: ArtifactStore, studio: Studio, folder: Path) -> None:
        self.store = store
        self.studio = studio
        self.folder = folder

    @asynccontextmanager
    async def assembler(self) -> AsyncIterator[Mesh]:
        """An assembler, ended in good order."""
        workers = self.studio.settings
        async with process("services.assembler", "fancam.v1.AssemblerService", self.folder, **workers) as channel:
            yield Mesh(AssemblerServiceStub(channel), self.store)

    async def killed_in(self, call: Any, module: str = "services.assembler") -> None:
        """Start an assembler, make a call, and kill the process once it has said that it is at work.

        Args:
            call: Given a stub, the events at whose first it is killed.
            module: What is run as the assembler.
        """
        address = f"127.0.0.1:{free_port()}"
        kept = {name: text for name, text in os.environ.items() if not name.startswith("FANCAM_")}
        environment = {
            **kept,
            "FANCAM_SERVER_LISTEN": address,
            "FANCAM_ARTIFACTS_URL": (self.folder / "store").as_uri(),
            "FANCAM_ARTIFACTS_CACHE": str(self.folder / "cache"),
            **self.studio.settings,
        }
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", module, cwd=ROOT, env=environment)
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                await asyncio.wait_for(channel.channel_ready(), timeout=120)

                async def follow() -> None:
                    async for event in call(AssemblerServiceStub(channel)):
                        assert not event.HasField("result"), "it was done before it could be killed"
                        child.kill()

                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await follow()
                assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    """A store of its own, and the studio that works for it."""
    store = ArtifactStore(ArtifactSettings(url=(tmp_path / "store").as_uri(), cache=str(tmp_path / "cache")))
    async with Studio.open(store) as studio:
        yield Run(store, studio, tmp_path)


async def test_a_press_that_is_killed_leaves_no_pressing_and_goes_on_where_it_was(run: Run) -> None:
    """Nothing that reads as a pressing is in the store; the next press draws only what was not finished."""
    package = await run.store.put(SHARED, packed(tiny_campaign()), "application/x-tar")
    request = PressRequest(package=package)
    all_but_the_plate = {"band": 1, "idle_sway": 2, "bed": 1}

    async with Studio.open(run.store) as before:
        before.stalls = "fan-plate"

        def press(stub: AssemblerServiceStub) -> AsyncIterator[Any]:
            async def events() -> AsyncIterator[Any]:
                async for event in stub.Press(request, timeout=120):
                    begun = {asked.shot.id for asked in before.composed}
                    if "fan-plate" in begun and before.finished == all_but_the_plate:
                        yield event

            return events()

        await Run(run.store, before, run.folder).killed_in(press)
    assert pressings(run.folder / "store") == []
    assert damaged(run.folder / "store", staged=True) == []

    async with run.assembler() as mesh:
        pressed = await mesh.press(tiny_campaign())
    assert run.studio.drawn["fan-plate"] == 1
    assert not run.studio.drawn["band"]
    assert [path.name for path in pressings(run.folder / "store")] == [pressed.pressing.uri.rsplit("/", 1)[1]]


async def lengthened(run: Run, pressed: Artifact, times: int) -> Artifact:
    """A pressing whose last cut comes so many times more, over a silent bed."""
    pressing = Pressing()
    await run.store.get_message(pressed, pressing)
    last = pressing.cuts[-1]
    for number in range(1, times + 1):
        more = pressing.cuts.add()
        more.CopyFrom(last)
        more.id, more.start_frame = f"again-{number}", last.start_frame + number * last.frames
    samples = 2_000 * sum(cut.frames for cut in pressing.cuts)
    bed = flac(samples)
    pressing.bed.CopyFrom(await run.store.put(SHARED, bed, "audio/flac"))
    pressing.bed_track.CopyFrom(await run.store.put(SHARED, sound.encode(bed, samples), "audio/mp4"))
    return await run.store.put_message(SHARED, pressing)


async def test_a_splice_that_is_killed_leaves_no_film_and_is_done_again(run: Run) -> None:
    """Killed with half of the cuts told: nothing of the film is visible, and the same call then gives it whole."""
    async with run.assembler() as mesh:
        pressing = await lengthened(run, (await mesh.press(tiny_campaign())).pressing, 3)
    own = await run.store.put(SESSION, segment(900, 24), "video/mp4")
    mix = await run.store.put(SESSION, mix_for(48 + 3 * 12), "audio/flac")
    request = AssembleRequest(pressing=pressing, segments={"close": own}, mix=mix, scope=SESSION, title="Tiny for Ana")
    before = {path.name for path in (run.folder / "store" / SESSION).iterdir()}

    def assemble(stub: AssemblerServiceStub) -> AsyncIterator[Any]:
        async def events() -> AsyncIterator[Any]:
            async for event in stub.Assemble(request, timeout=120):
                if event.HasField("result") or event.progress.fraction >= 0.5:
                    yield event

        return events()

    await run.killed_in(assemble, "tests.assembler.held")

    left = {path for path in (run.folder / "store" / SESSION).iterdir() if path.name not in before and path.is_file()}
    assert damaged(run.folder / "store", staged=True) == []
    assert not [path for path in left if "vide" in measure.boxes(path).edits]
    async with run.assembler() as mesh:
        made = await mesh.assemble(pressing, {"close": own}, mix)
    assert made.frames == 48 + 3 * 12


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a quarter of a megabyte, that can be given more."""
    folder = tmp_path / "store"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this test mounts a small file system, which is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def enlarge(disk: Path) -> None:
    """Make room."""
    subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)


async def test_a_full_disk_is_said_and_the_same_call_works_when_there_is_room(small_disk: Path, run: Run) -> None:
    """The film does not fit: the call says so, nothing half written is in the store, and with room it is made."""
    async with run.assembler() as mesh:
        pressed = await mesh.press(tiny_campaign())
        own, mix = await mesh.keep(segment(0, 24)), await mesh.keep(mix_for(48), "audio/flac")
        room = 262_144 - sum(path.stat().st_size for path in small_disk.rglob("*") if path.is_file())
        (small_disk / "ballast").write_bytes(b"\0" * max(0, room // 4096 * 4096 - 100 * 1024))
        while True:  # what is left after whole pages: less than a film
            try:
                with (small_disk / "ballast").open("ab") as ballast:
                    ballast.write(b"\0" * 4096)
            except OSError:
                break
        with pytest.raises(Busy, match="no room for") as caught:
            await mesh.assemble(pressed.pressing, {"close": own}, mix)

        assert caught.value.reason == "STORE_FULL"
        (small_disk / "ballast").unlink()
        assert damaged(small_disk) == []
        await asyncio.to_thread(enlarge, small_disk)
        assert (await mesh.assemble(pressed.pressing, {"close": own}, mix)).frames == 48
