"""Frames out of Chrome: every one, once, in order, with the very pixels that were drawn."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from stage.errors import NoChrome, NoHardware, PageError, PageNotBuilt, StageLost
from stage.host import Stage
from stage.page import Page
from stage.ring import Layout, straight
from stage.webgl import is_software, ways

PATTERN = {"width": 180, "height": 96}

# A plane's value is rounded once by the GPU and once here.
ROUNDING = 1


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer to stop a page than a film may wait."""
    monkeypatch.setattr("stage.page.STOP_S", 60.0)


async def drawn(page: Page, first: int, count: int, layout: Layout = "opaque") -> list[list[NDArray[np.uint8]]]:
    async with contextlib.aclosing(page.frames(first, count, layout)) as frames:
        return [[frame.luma.copy(), frame.blue.copy(), frame.red.copy()] async for frame in frames]


def bt709(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Planes of (height, width, 3) sRGB by ITU-R BT.709, limited range, 4:2:0 with H.264's default siting."""
    colour = rgb.astype(float) / 255
    luma = colour @ [0.2126, 0.7152, 0.0722]
    planes = []
    for channel, span in ((2, 1.8556), (0, 1.5748)):
        difference = (colour[..., channel] - luma) / span * 224
        rows = (difference[0::2] + difference[1::2]) / 2
        padded = np.pad(rows, ((0, 0), (1, 1)), mode="edge")
        planes.append(128 + (padded[:, 0:-2:2] + 2 * padded[:, 1:-1:2] + padded[:, 2::2]) / 4)
    return 16 + 219 * luma, planes[0], planes[1]


def number_of(luma: NDArray[np.uint8], blue: NDArray[np.uint8]) -> int:
    """The frame number that the pattern shows, from its eight bars of green."""
    width = luma.shape[1]
    columns = [(2 * bar + 1) * width // 16 for bar in range(8)]
    return sum(1 << bar for bar, x in enumerate(columns) if int(luma[luma.shape[0] // 2, x]) > 120)


async def test_every_frame_comes_once_and_in_order(stage: Stage) -> None:
    """A pattern that shows its number counts from 17 to 81 without a gap, through a ring of three slots."""
    async with stage.page() as page:
        await page.load(PATTERN)
        seen = []
        async with contextlib.aclosing(page.frames(17, 64)) as frames:
            async for frame in frames:
                seen.append((frame.number, number_of(frame.luma, frame.blue)))
    assert seen == [(number, number) for number in range(17, 81)]


@pytest.mark.parametrize(("width", "height"), [(180, 96), (64, 34), (62, 30)])
async def test_planes_are_the_picture_in_bt709(stage: Stage, width: int, height: int) -> None:
    """Random pixels come out as numpy's BT.709 planes, also where a row is padded."""
    rgb = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    rgba = np.dstack([rgb, np.full((height, width), 255, np.uint8)])
    async with stage.page() as page:
        await page.load({"width": width, "height": height, "picture": "noise"}, {"noise": rgba.tobytes()})
        ((luma, blue, red),) = await drawn(page, 0, 1)
        still = await page.still(0)
    np.testing.assert_array_equal(still, rgba)
    for plane, expected in zip((luma, blue, red), bt709(rgb), strict=True):
        np.testing.assert_allclose(plane, expected, atol=ROUNDING)


async def test_a_stacked_frame_is_colour_above_alpha(stage: Stage) -> None:
    """Premultiplied colour lies in the upper half, alpha as luma in the lower, without colour."""
    generator = np.random.default_rng(8)
    alpha = generator.integers(0, 256, (32, 48, 1), dtype=np.uint8)
    colour = (generator.random((32, 48, 3)) * alpha).astype(np.uint8)
    rgba = np.concatenate([colour, alpha], axis=-1)
    async with stage.page() as page:
        await page.load({"width": 48, "height": 32, "picture": "noise"}, {"noise": rgba.tobytes()})
        ((luma, blue, red),) = await drawn(page, 0, 1, "stacked")
        still = await page.still(0)
    expected = bt709(colour)
    assert luma.shape == (64, 48)
    np.testing.assert_allclose(luma[:32], expected[0], atol=ROUNDING)
    np.testing.assert_allclose(luma[32:], 16 + 219 * (alpha[..., 0] / 255), atol=ROUNDING)
    np.testing.assert_allclose(blue[:16], expected[1], atol=ROUNDING)
    np.testing.assert_allclose(red[:16], expected[2], atol=ROUNDING)
    assert np.all(blue[16:] == 128)
    assert np.all(red[16:] == 128)
    np.testing.assert_array_equal(still, straight(rgba))


def test_straight_alpha_undoes_premultiplication() -> None:
    """Half-covered red is red again, and what is transparent is black."""
    pixels = np.array([[[64, 0, 0, 128], [0, 0, 0, 0], [10, 20, 30, 255]]], np.uint8)
    np.testing.assert_array_equal(straight(pixels), [[[128, 0, 0, 128], [0, 0, 0, 0], [10, 20, 30, 255]]])


async def test_a_frame_does_not_depend_on_those_before(stage: Stage) -> None:
    """Frame 9 has the same bytes first, after frame 8, twice, and in another job."""
    async with stage.page() as page:
        await page.load(PATTERN)
        first = await drawn(page, 9, 1)
        after = await drawn(page, 8, 2)
        again = await drawn(page, 9, 1)
    async with stage.page() as page:
        await page.load(PATTERN)
        other = await drawn(page, 9, 1)
    for planes in (after[1], again[0], other[0]):
        for plane, expected in zip(planes, first[0], strict=True):
            np.testing.assert_array_equal(plane, expected)


async def test_the_ring_grows_with_the_picture(stage: Stage) -> None:
    """A larger job after a smaller one, and a smaller one again, come whole."""
    async with stage.page() as page:
        for width in (64, 512, 32):
            await page.load({"width": width, "height": width})
            assert [planes[0].shape for planes in await drawn(page, 0, 4)] == [(width, width)] * 4


async def test_a_refusal_carries_the_page_s_own_word(stage: Stage) -> None:
    """A job refused, a file that is not there and a frame that fails have names, and the page lives."""
    async with stage.page() as page:
        with pytest.raises(PageError, match="width 5000 is above 4096") as refused:
            await page.load({"width": 5000, "height": 16})
        assert refused.value.name == "TooWide"
        with pytest.raises(PageError, match="photo is not among") as missing:
            await page.load({**PATTERN, "picture": "photo"})
        assert missing.value.name == "MissingFile"
        await page.load({**PATTERN, "failsAt": 3})
        with pytest.raises(PageError, match="frame 3 cannot be drawn"):
            await drawn(page, 0, 8)
        assert len(await drawn(page, 4, 2)) == 2
        assert not page.lost


async def test_a_shader_that_does_not_compile_fails_the_frame(stage: Stage) -> None:
    """What cannot be drawn is an error with the compiler's words, not a frame without it."""
    async with stage.page() as page:
        await page.load({**PATTERN, "broken": True})
        with pytest.raises(PageError, match="a shader does not compile") as failed:
            await drawn(page, 0, 1)
        assert "'vec5' : no matching" in str(failed.value)
        await page.load(PATTERN)
        assert len(await drawn(page, 0, 1)) == 1


async def test_odd_sizes_are_refused(stage: Stage) -> None:
    """4:2:0 halves both sides, so an odd one is refused by name."""
    async with stage.page() as page:
        await page.load({"width": 33, "height": 16})
        with pytest.raises(PageError, match="33x16"):
            await drawn(page, 0, 1)


async def test_a_run_left_early_stops_at_once(stage: Stage) -> None:
    """Leaving a slow run of 1000 frames ends it, and the same page does the next job."""
    async with stage.page() as page:
        await page.load({**PATTERN, "slowMs": 20})
        async with contextlib.aclosing(page.frames(0, 1000)) as frames:
            async for frame in frames:
                if frame.number == 2:
                    break
        assert not page.lost
        await page.load(PATTERN)
        assert len(await drawn(page, 0, 2)) == 2


async def test_a_cancelled_job_gives_its_page_back(stage: Stage) -> None:
    """Cancelling the task that draws leaves a stage that draws."""

    async def endless() -> None:
        async with stage.page() as page:
            await page.load({**PATTERN, "slowMs": 10})
            await drawn(page, 0, 100_000)

    task = asyncio.create_task(endless())
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with stage.page() as page:
        await page.load(PATTERN)
        assert len(await drawn(page, 5, 1)) == 1


async def test_two_pages_work_side_by_side(pattern_page: Path) -> None:
    """Two jobs at once keep their own frames, and a third waits for a page."""

    async def job(stage: Stage, first: int) -> list[int]:
        async with stage.page() as page:
            await page.load(PATTERN)
            return [number_of(planes[0], planes[1]) for planes in await drawn(page, first, 12)]

    async with Stage.open(pattern_page, gl="software", pages=2) as stage:
        seen = await asyncio.gather(*(job(stage, first) for first in (0, 100, 200)))
    assert seen == [list(range(first, first + 12)) for first in (0, 100, 200)]


def chrome_of(profile: Path) -> list[psutil.Process]:
    """Processes of the Chrome that runs on this profile."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(profile) in word for word in process.cmdline()):
                found.append(process)
    return found


async def test_a_dead_chrome_is_said_and_replaced(pattern_page: Path) -> None:
    """Killing Chrome under a job raises StageLost; the next page comes from a new Chrome."""
    async with Stage.open(pattern_page, gl="software") as stage:
        assert stage._profile is not None
        profile = stage._profile
        async with stage.page() as page:
            await page.load({**PATTERN, "slowMs": 20})
            job = asyncio.create_task(drawn(page, 0, 1000))
            await asyncio.sleep(0.3)
            for process in chrome_of(profile):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            with pytest.raises(StageLost):
                await job
        async with stage.page() as page:
            await page.load(PATTERN)
            assert len(await drawn(page, 0, 3)) == 3


async def test_closing_leaves_nothing_behind(pattern_page: Path) -> None:
    """At the end of the block neither the profile nor one of its processes is left."""
    async with Stage.open(pattern_page, gl="software") as stage:
        profile = stage._profile
        assert profile is not None
        assert chrome_of(profile)
    async with asyncio.timeout(60):
        while chrome_of(profile):
            await asyncio.sleep(0.1)
    assert not await asyncio.to_thread(profile.exists)


async def test_what_a_killed_process_left_is_swept(pattern_page: Path) -> None:
    """The folder of a process that no longer runs is deleted by the next; that of a running one is not."""
    async with Stage.open(pattern_page, gl="software") as stage:
        assert stage._profile is not None
        ended = await asyncio.create_subprocess_exec("true")
        await ended.wait()
        left = stage._profile.parent / f"fancam-chrome-{ended.pid}-left"
        await asyncio.to_thread(left.mkdir)
        async with Stage.open(pattern_page, gl="software"):
            assert not await asyncio.to_thread(left.exists)
            assert await asyncio.to_thread(stage._profile.exists)


async def test_software_is_refused_where_hardware_is_asked_for(pattern_page: Path) -> None:
    """A machine without a card says what it has instead."""
    if await asyncio.to_thread(lambda: any(Path("/dev/dri").glob("renderD*"))):
        pytest.skip("this machine has a card")
    with pytest.raises(NoHardware, match="hardware"):
        async with Stage.open(pattern_page, gl="hardware"):
            pass


async def test_a_card_with_too_few_buffers_is_named(pattern_page: Path, tmp_path: Path) -> None:
    """A WebGL that keeps no more than its promise is refused at the start, not drawn with into nothing."""
    await asyncio.to_thread(shutil.copytree, pattern_page, tmp_path, dirs_exist_ok=True)
    few = "const all = WebGL2RenderingContext.prototype.getParameter; WebGL2RenderingContext.prototype.getParameter = "
    few += "function (name) { return name === this.MAX_DRAW_BUFFERS ? 4 : all.call(this, name); };"
    main = tmp_path / "dist" / "main.js"
    main.write_text(f"{{ {few} }}\n{main.read_text()}")
    with pytest.raises(NoChrome, match="draws into 4 buffers at once, a picture's planes take 5"):
        async with Stage.open(tmp_path, gl="software"):
            pass


async def test_a_page_that_is_not_built_is_named(tmp_path: Path) -> None:
    """The message says which bundle is missing and how it is made."""
    with pytest.raises(PageNotBuilt, match="node stage/build"):
        async with Stage.open(tmp_path):
            pass


def test_cards_and_processors_are_told_apart() -> None:
    """The unmasked renderer string decides what counts as hardware, and `any` looks for a card only where one shows."""
    assert is_software("ANGLE (Mesa, llvmpipe (LLVM 15.0.6, 256 bits), OpenGL 4.5)")
    assert is_software("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)")
    assert not is_software("ANGLE (NVIDIA, NVIDIA L4, OpenGL 4.6)")
    assert not any(way.hardware for way in ways("any", card=False))
    assert ways("any", card=True)[0].hardware
    assert all(way.hardware for way in ways("hardware", card=False))
