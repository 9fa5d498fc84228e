"""Pictures by frame number: any frame first, the same bytes each time, and only where they should differ."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.profile import Family
from services.renderer.drawing import Order, Song, draw_loop, draw_still, measure, pass_key
from services.renderer.library import AvatarRecipe, Library
from stage.host import Stage
from stage.page import Page

WIDTH, HEIGHT = 180, 320


@pytest.fixture(scope="module")
async def warm(page: Path) -> AsyncIterator[Page]:
    """One page in software for the pictures of this file."""
    async with Stage.open(page, gl="software") as stage, stage.page() as opened:
        yield opened


@pytest.fixture(scope="module")
def order(library: Library) -> Order:
    """A dancer, whole."""
    recipe = library.complete(AvatarRecipe({"hair": "long_wavy", "outfit": "stage_skirt", "eyewear": "aviator_sun"}))
    dances = json.loads((library.folder / "dances.json").read_text())
    return Order(recipe, {"dance": "step_touch"}, Song(Fraction(24), 120.0), WIDTH, HEIGHT, 7, 1, 0, dances)


async def test_any_frame_can_be_drawn_first(warm: Page, order: Order, library: Library) -> None:
    """A frame is the same to the byte when it is drawn first, after others, and by a rebuilt avatar."""
    files = library.files(order.recipe)
    first = await draw_still(warm, order, files)
    for before in (order.first - 5, order.first + 90):
        await draw_still(warm, replace(order, first=before), files)
        np.testing.assert_array_equal(await draw_still(warm, order, files), first)
    other = library.complete(AvatarRecipe({"hair": "buzz"}))
    await draw_still(warm, replace(order, recipe=other), library.files(other))
    np.testing.assert_array_equal(await draw_still(warm, order, files), first)


async def test_a_dance_repeats_with_the_beat(warm: Page, order: Order, library: Library) -> None:
    """Eight beats later at 120 bpm the body is where it was; two beats later it is not."""
    files = library.files(order.recipe)
    body = (slice(HEIGHT // 2, HEIGHT), slice(None), 3)  # below the chest, where breath and blinks do not reach
    start = (await draw_still(warm, order, files))[body].astype(int)
    loop = (await draw_still(warm, replace(order, first=order.first + 96), files))[body].astype(int)
    later = (await draw_still(warm, replace(order, first=order.first + 24), files))[body].astype(int)
    assert (np.abs(loop - start) > 128).mean() < 0.002
    assert (np.abs(later - start) > 128).mean() > 0.01


async def test_lights_colour_the_picture(warm: Page, order: Order, library: Library) -> None:
    """A blue key light makes the lit skin bluer."""
    files = library.files(order.recipe)

    async def mean(light: dict[str, int]) -> NDArray[np.float64]:
        lit = replace(order, staging={"keyLight": light})
        picture = (await draw_still(warm, lit, files)).astype(np.float64)
        return np.asarray(picture[picture[..., 3] > 250][:, :3].mean(axis=0))

    white = await mean({"red": 255, "green": 255, "blue": 255})
    blue = await mean({"red": 90, "green": 120, "blue": 255})
    assert blue[0] < white[0] - 8
    assert abs(blue[2] - white[2]) < 4


async def test_the_microphone_is_only_there_when_asked_for(warm: Page, order: Order, library: Library) -> None:
    """A microphone changes the picture, and a pose that needs both hands refuses it."""
    files = library.files(order.recipe)
    sung = replace(order, staging={"dance": "sing_close"})
    without = await draw_still(warm, sung, files)
    held = await draw_still(warm, replace(sung, staging={"dance": "sing_close", "microphone": True}), files)
    assert (without != held).any()
    heart = await draw_still(warm, replace(order, staging={"dance": "pose_heart"}), files)
    refused = await draw_still(warm, replace(order, staging={"dance": "pose_heart", "microphone": True}), files)
    np.testing.assert_array_equal(heart, refused)


async def test_a_moving_camera_is_measured_over_all_frames(warm: Page, order: Order, library: Library) -> None:
    """The region of a camera that pulls back is the one of its nearest frame."""
    files = library.files(order.recipe)
    keys = [{"frame": 0, "value": [0, 0.9, 9.0]}, {"frame": 20, "value": [0, 0.9, 5.0]}]
    moving = replace(order, first=0, frames=21, staging={"dance": "idle_sway", "cameraPosition": {"keyframes": keys}})
    still = replace(moving, staging={"dance": "idle_sway", "cameraPosition": {"value": [0, 0.9, 9.0]}})
    assert (await measure(warm, moving, files)).region.height > (await measure(warm, still, files)).region.height + 20


async def test_a_region_is_no_larger_than_what_is_drawn(warm: Page, order: Order, library: Library) -> None:
    """All that a dance covers lies in its region, and comes within a few pixels of every side."""
    files = library.files(order.recipe)
    danced = replace(order, frames=24)
    region = (await measure(warm, danced, files)).region
    seen = np.max([picture[..., 3] for picture in await draw_loop(warm, danced, files)], axis=0) > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    before = np.array([rows[0] - region.top, columns[0] - region.left])
    after = np.array([region.top + region.height - 1 - rows[-1], region.left + region.width - 1 - columns[-1]])
    assert min(before.min(), after.min()) >= 0
    assert max(before.max(), after.max()) <= HEIGHT / 16


async def test_a_held_drawing_is_the_one_at_its_frame(warm: Page, order: Order, library: Library) -> None:
    """On twos and threes every frame shows its own moment or a neighbour's, and chunks of a shot agree on which."""
    files = library.files(order.recipe)
    shot = replace(order, first=5, frames=7, shot_start=5, staging={"dance": "step_touch", "sings": True})
    ones = await draw_loop(warm, shot, files)
    for hold, moments in ((2, [0, 0, 2, 2, 4, 4, 6]), (3, [1, 1, 1, 4, 4, 4, None])):
        held = replace(shot, staging={**shot.staging, "holdFrames": hold})
        drawn = await draw_loop(warm, held, files)
        assert len(drawn) == shot.frames
        for picture, moment in zip(drawn, moments, strict=True):
            assert moment is None or np.array_equal(picture, ones[moment])
        chunk = await draw_loop(warm, replace(held, first=8, frames=3), files)
        assert all(np.array_equal(a, b) for a, b in zip(chunk, drawn[3:6], strict=True))
        assert pass_key(held, "engine", Family.X264) != pass_key(replace(held, shot_start=4), "engine", Family.X264)


def test_equal_passes_have_equal_keys(order: Order) -> None:
    """Where the shot lies in the film counts only when the camera moves by the shot's clock."""
    key = pass_key(order, "engine", Family.X264)
    assert pass_key(replace(order, shot_start=5), "engine", Family.X264) == key
    assert pass_key(replace(order, first=8), "engine", Family.X264) != key
    assert pass_key(order, "other engine", Family.X264) != key
    keys = {"cameraTarget": {"keyframes": [{"frame": 0, "value": [0, 1, 0]}]}}
    moving = replace(order, staging=keys)
    assert pass_key(moving, "engine", Family.X264) != pass_key(replace(moving, shot_start=5), "engine", Family.X264)
