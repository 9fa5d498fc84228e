"""The renderer through its door: real gRPC, a real Chrome, clips decoded and looked at."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
import grpc
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import Image

from fancam.errors import InvalidRequest, from_call
from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.motion_pb2 import Property
from fancam.v1.shot_pb2 import Staging
from tests.renderer.conftest import HEIGHT, WIDTH, Studio, close_up, recipe

Frames = NDArray[np.uint8]


def decode(clip: bytes) -> tuple[Frames, Frames]:
    """Luma of colour and of alpha, (frames, height, width)."""
    with av.open(io.BytesIO(clip), "r") as container:
        luma = np.stack([np.asarray(frame.to_ndarray())[: frame.height] for frame in container.decode(video=0)])
    half = luma.shape[1] // 2
    return luma[:, :half], luma[:, half:]


async def test_a_pass_is_colour_over_alpha_of_the_region(studio: Studio) -> None:
    """A pass holds the frames asked for, twice as high as its region, opaque within and clear around."""
    drawn = await studio.draw(studio.order(recipe(hair="bob"), Staging(dance="step_touch"), frames=3))
    clip = getattr(drawn, "pass")
    color, alpha = decode(await studio.store.get(clip.clip))
    assert color.shape == alpha.shape == (3, clip.height, clip.width)
    assert clip.left % 2 == clip.top % 2 == clip.width % 2 == clip.height % 2 == 0
    assert 0 <= clip.left < clip.left + clip.width <= WIDTH
    assert 0 <= clip.top < clip.top + clip.height <= HEIGHT
    assert clip.width < WIDTH, "the region is no smaller than the composition"
    assert alpha.max() > 230
    assert alpha.min() < 20
    assert 0.08 < (alpha > 128).mean() < 0.8


async def test_the_region_holds_the_avatar(studio: Studio) -> None:
    """Nothing opaque touches the region's border where the composition goes on: nothing is cut off."""
    staging = Staging(dance="arms_up", camera_position=Property(value=[0.5, 1.1, 5.5]))
    drawn = await studio.draw(studio.order(recipe(hair="hime_long", outfit="stage_skirt"), staging, frames=12))
    clip = getattr(drawn, "pass")
    _, alpha = decode(await studio.store.get(clip.clip))
    borders = {
        "left": (clip.left > 0, alpha[:, :, 0]),
        "right": (clip.left + clip.width < WIDTH, alpha[:, :, -1]),
        "top": (clip.top > 0, alpha[:, 0]),
        "bottom": (clip.top + clip.height < HEIGHT, alpha[:, -1]),
    }
    assert any(inside for inside, _ in borders.values())
    for name, (inside, edge) in borders.items():
        assert not inside or edge.max() < 40, f"the avatar is cut off {name}"


async def test_the_same_pass_is_drawn_once(studio: Studio) -> None:
    """A repeated request is answered from the store, with the same clip."""
    order = studio.order(recipe(hair="afro"), close_up())
    first = await studio.draw(order)
    again = await studio.draw(order)
    assert not first.cached
    assert again.cached
    assert getattr(again, "pass") == getattr(first, "pass")


async def test_recipes_differ_in_the_picture(studio: Studio) -> None:
    """Hair, skin and a morph each change what is drawn."""
    dark = recipe(hair="bob")
    dark.colors["skin"].CopyFrom(dark.colors["skin"].__class__(red=84, green=58, blue=44))
    wide = recipe(hair="bob")
    wide.morphs["jaw_width"] = 1.0
    clips = set()
    for which in (recipe(hair="bob"), recipe(hair="box_braids_long"), dark, wide):
        drawn = await studio.draw(studio.order(which, close_up(), frames=1))
        clips.add(getattr(drawn, "pass").clip.uri)
    assert len(clips) == 4


async def test_the_mouth_opens_on_vowels_and_closes_between(studio: Studio) -> None:
    """In the silent first second the singing mouth is as the resting one; inside the note it is not."""
    which = recipe(hair="bald")
    staging = close_up()
    staging.dance = "pose_hip"

    async def mouth(frame: int, sings: bool) -> NDArray[np.float64]:
        asked = Staging.FromString(staging.SerializeToString())
        asked.sings = sings
        drawn = getattr(await studio.draw(studio.order(which, asked, first=frame, frames=1)), "pass")
        color, _ = decode(await studio.store.get(drawn.clip))
        whole = np.zeros((HEIGHT, WIDTH))
        whole[drawn.top : drawn.top + drawn.height, drawn.left : drawn.left + drawn.width] = color[0]
        return whole

    silent = np.abs(await mouth(6, True) - await mouth(6, False)).max()
    sung = np.abs(await mouth(36, True) - await mouth(36, False)).max()
    assert silent < 12
    assert sung > 60


@pytest.mark.parametrize(
    ("which", "staging", "reason"),
    [
        (recipe(hair="mohawk_of_glass"), Staging(), "UNKNOWN_PART"),
        (recipe(wings="small"), Staging(), "UNKNOWN_PART"),
        (recipe(), Staging(dance="moonwalk"), "UNKNOWN_DANCE"),
        (recipe(), Staging(expression="smug"), "UNKNOWN_DANCE"),
        (Recipe(library="0" * 64), Staging(), "UNKNOWN_LIBRARY"),
    ],
)
async def test_what_the_library_lacks_is_refused(studio: Studio, which: Recipe, staging: Staging, reason: str) -> None:
    """An unknown part, dance or library is the caller's fault, and the message names it."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await studio.draw(studio.order(which, staging))
    error = from_call(raised.value)
    assert isinstance(error, InvalidRequest)
    assert error.reason == reason


async def test_a_fan_kit_has_stickers_and_posters(studio: Studio) -> None:
    """A sticker is clear around a white rim; a poster is opaque; the second request draws nothing new."""
    which = recipe(hair="space_buns", eyewear="round_thin")
    kit = await studio.stills(which)
    assert set(kit.stills) == {"sticker", "poster"}
    sticker = np.asarray(Image.open(io.BytesIO(await studio.store.get(kit.stills["sticker"]))))
    poster = np.asarray(Image.open(io.BytesIO(await studio.store.get(kit.stills["poster"]))))
    assert sticker.shape == (160, 160, 4)
    assert sticker[..., 3].min() == 0
    assert sticker[..., 3].max() == 255
    rim = (sticker[..., :3].min(axis=-1) > 250) & (sticker[..., 3] > 250)
    assert rim.mean() > 0.01
    assert poster.shape == (200, 160, 4)
    assert poster[..., 3].min() == 255
    again = await studio.stills(which)
    assert dict(again.stills) == dict(kit.stills)
    assert not [span for span in again.spans if span.name.startswith("still")]


async def test_a_cancelled_pass_frees_its_page(studio: Studio) -> None:
    """A caller that goes away in the middle of a long pass leaves a renderer that draws the next one."""
    long = studio.order(recipe(hair="bob"), Staging(dance="cheer"), frames=2000)
    call = studio.stub.RenderPass(long, timeout=120)
    async for event in call:
        if event.progress.fraction > 0:
            break
    call.cancel()
    for _ in range(200):  # the slot is free once the page has stopped
        try:
            drawn = await studio.draw(studio.order(recipe(hair="pixie"), close_up(), frames=1))
            break
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            await asyncio.sleep(0.05)
    assert getattr(drawn, "pass").frames == 1


async def test_a_dead_chrome_is_replaced(studio: Studio) -> None:
    """When Chrome is killed the call fails as one to be repeated, and repeating it works."""
    mine = [p for p in psutil.Process().children(recursive=True) if "--user-data-dir" in " ".join(p.cmdline())]
    browsers = [p for p in mine if "--type=" not in " ".join(p.cmdline())]
    assert browsers
    for browser in browsers:
        browser.kill()
    order = studio.order(recipe(hair="two_block"), close_up(), frames=1)
    for _ in range(20):
        try:
            drawn = await studio.draw(order)
            break
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            await asyncio.sleep(0.25)
    assert getattr(drawn, "pass").frames == 1


def test_the_page_is_built(page: Path) -> None:
    """The bundle that the service draws with is there."""
    assert (page / "dist" / "main.js").stat().st_size > 100_000
