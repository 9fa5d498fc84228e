"""The renderer through its door: real gRPC, a real Chrome, clips decoded and looked at."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path

import av
import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fancam.errors import InvalidRequest, from_call
from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.motion_pb2 import Property
from fancam.v1.renderer_pb2 import PassLayer, RenderPassRequest
from fancam.v1.shot_pb2 import DanceCue, Staging
from services.renderer import messenger
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
    """Where nobody sings the singing mouth is as the resting one; inside the fan's note and the band's it is not."""
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
    band = np.abs(await mouth(84, True) - await mouth(84, False)).max()
    assert silent < 12
    assert sung > 60
    assert band > 60


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


async def test_a_fan_kit_has_stickers_posters_and_a_card(studio: Studio) -> None:
    """A sticker is clear around a white rim, a poster is opaque, a card has bleed, and nothing is drawn twice."""
    which = recipe(hair="space_buns", eyewear="round_thin")
    kit = await studio.stills(which)
    sticker = np.asarray(Image.open(io.BytesIO(await studio.store.get(kit.stills["sticker"]))))
    poster = Image.open(io.BytesIO(await studio.store.get(kit.stills["poster"])))
    assert sticker.shape == (160, 160, 4)
    assert sticker[..., 3].min() == 0
    assert sticker[..., 3].max() == 255
    rim = (sticker[..., :3].min(axis=-1) > 240) & (sticker[..., 3] > 250)
    assert rim.mean() > 0.01
    assert (poster.size, poster.mode, poster.format) == ((160, 200), "RGB", "JPEG")
    card = await studio.store.get(kit.stills["card"])
    assert card.startswith(b"%PDF-1.4")
    assert b"/MediaBox [0 0 172.913 257.953]" in card, "61 x 91 mm in points"
    assert b"/TrimBox [8.504 8.504 164.409 249.449]" in card, "3 mm within"
    assert b"/Width 720 /Height 1075" in card, "300 dpi"
    again = await studio.stills(which)
    assert dict(again.stills) == dict(kit.stills)
    assert not [span for span in again.spans if span.name.startswith("still")]


async def test_sticker_packs_are_what_messengers_take(studio: Studio) -> None:
    """Still and moving stickers become a pack each, and the check that knows the messengers' rules finds nothing."""
    kit = await studio.stills(recipe(hair="afro"))
    archive = await studio.store.get(kit.stills["sticker-packs"])
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    assert list(messenger.faults(files)) == []
    packs = json.loads(files["contents.json"])["sticker_packs"]
    assert [(pack["animated_sticker_pack"], len(pack["stickers"])) for pack in packs] == [(False, 3), (True, 3)]
    moving = Image.open(io.BytesIO(files["test-moving/moving-0.webp"]))
    assert getattr(moving, "n_frames", 1) == 5, "a beat of half a second at 10 frames a second"
    assert packs[0]["stickers"][0]["accessibility_text"] == "The fan winks"


async def test_a_pass_may_bring_its_shadow_and_depth(studio: Studio) -> None:
    """Shadow and depth are clips of the same region: black on the floor, and the figure lighter where nearer."""
    order = studio.order(recipe(hair="bob"), Staging(dance="step_touch"), frames=2)
    plain = getattr(await studio.draw(order), "pass")
    order.layers.extend([PassLayer.PASS_LAYER_SHADOW, PassLayer.PASS_LAYER_DEPTH])
    drawn = getattr(await studio.draw(order), "pass")
    assert not plain.HasField("shadow")
    assert plain.height <= drawn.height, "the shadow lies outside the figure's own region"
    color, alpha = decode(await studio.store.get(drawn.clip))
    black, shadow = decode(await studio.store.get(drawn.shadow))
    depth, silhouette = decode(await studio.store.get(drawn.depth))
    assert color.shape == shadow.shape == depth.shape
    assert black.max() < 24, "a shadow has no colour"
    assert 0.02 < (shadow > 40).mean() < 0.5
    assert np.mean((silhouette > 128) != (alpha > 128)) < 0.01
    assert drawn.depth_range.near_m < 3.8 < drawn.depth_range.far_m, "the camera stands 3.8 m off"
    inside = depth[silhouette > 200]
    assert inside.max() - inside.min() > 30


async def test_straight_colour_is_not_darkened_by_alpha(studio: Studio) -> None:
    """At the figure's soft edge straight colour is brighter than premultiplied, and inside they are equal."""
    order = studio.order(recipe(hair="bald"), close_up(), frames=1)
    premultiplied = getattr(await studio.draw(order), "pass")
    order.straight = True
    straight = getattr(await studio.draw(order), "pass")
    assert straight.straight
    assert not premultiplied.straight
    dark, alpha = decode(await studio.store.get(premultiplied.clip))
    bright, _ = decode(await studio.store.get(straight.clip))
    edge = (alpha > 60) & (alpha < 170)
    assert bright[edge].mean() > dark[edge].mean() + 5
    assert np.abs(bright[alpha > 234].astype(int) - dark[alpha > 234]).mean() < 4


async def test_a_shot_may_change_its_dance(studio: Studio) -> None:
    """A cue in the middle of a shot changes what is drawn after it and not before; an unknown dance is refused."""

    def asked(*cues: DanceCue, first: int) -> RenderPassRequest:
        staging = Staging(dance="idle_sway", dances=cues)
        order = studio.order(recipe(hair="buzz"), staging, first=first, frames=1)
        order.shot_first_frame = first
        return order

    async def picture(order: RenderPassRequest) -> NDArray[np.float64]:
        drawn = getattr(await studio.draw(order), "pass")
        color, _ = decode(await studio.store.get(drawn.clip))
        whole = np.zeros((HEIGHT, WIDTH))
        whole[drawn.top : drawn.top + drawn.height, drawn.left : drawn.left + drawn.width] = color[0]
        return whole

    cue = DanceCue(frame=24, dance="arms_up", blend_beats=1)
    assert np.abs(await picture(asked(cue, first=20)) - await picture(asked(first=20))).mean() < 0.5
    assert np.abs(await picture(asked(cue, first=40)) - await picture(asked(first=40))).mean() > 2
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await studio.draw(asked(DanceCue(frame=3, dance="moonwalk"), first=0))
    error = from_call(raised.value)
    assert isinstance(error, InvalidRequest)
    assert error.reason == "UNKNOWN_DANCE"


async def test_a_cancelled_pass_frees_its_page(studio: Studio) -> None:
    """A caller that goes away in the middle of a long pass leaves a renderer that draws the next one."""
    long = studio.order(recipe(hair="bob"), Staging(dance="cheer"), frames=2000)
    call = studio.stub.RenderPass(long, timeout=120)
    async for event in call:
        if event.progress.fraction > 0:
            break
    call.cancel()
    async with asyncio.timeout(60):
        while True:  # the slot is free once the page has stopped
            try:
                drawn = await studio.draw(studio.order(recipe(hair="pixie"), close_up(), frames=1))
                break
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                await asyncio.sleep(0.05)
    assert getattr(drawn, "pass").frames == 1


async def test_a_dead_chrome_does_not_cost_the_job(studio: Studio) -> None:
    """When Chrome is killed in the middle of a pass, the same call starts again on a new one and ends with its clip."""
    order = studio.order(recipe(hair="two_block"), Staging(dance="cheer"), frames=60)
    killed, result = 0, None
    async for event in studio.stub.RenderPass(order, timeout=120):
        if event.HasField("result"):
            result = event.result
        elif event.progress.fraction > 0 and not killed:
            for browser in studio.driver.children():
                browser.kill()
                killed += 1
    assert killed == 1, "the pass was over before it could be hurt"
    assert result is not None
    color, _ = decode(await studio.store.get(getattr(result, "pass").clip))
    assert len(color) == 60


def test_the_page_is_built(page: Path) -> None:
    """The bundle that the service draws with is there."""
    assert (page / "dist" / "main.js").stat().st_size > 100_000
