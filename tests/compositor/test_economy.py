"""Only what changes is drawn: calls and pixels of shots that hold still, move a little, or repeat themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from numpy.typing import NDArray

from fancam.v1.shot_pb2 import Shot
from media.profile import Kind
from services.compositor import job
from services.compositor.footage import unpack
from services.compositor.job import Region
from stage.host import Stage
from stage.page import Effort
from tests.compositor.conformance.case import chart_file, keys, layer, solid, value
from tests.compositor.material import Json, clip, png

WIDTH, HEIGHT, FRAMES = 256, 192, 12

BLUR: Json = {"gaussianBlur": {"radiusPx": value(6)}}
GLOW: Json = {"glow": {"radius": value(10)}}
LEVELS: Json = {"levels": {"inBlack": 0.1, "inWhite": 0.9}}
TINT: Json = {"tint": {"amount": value(60)}}
INVERT: Json = {"invert": {}}

MOVING: Json = {"transform": {"position": keys((0, [40, 40]), (FRAMES, [200, 150]))}}


async def effort(
    stage: Stage, layers: list[Json], first: int = 1, frames: int = FRAMES - 2, *, chart: bytes | None = None
) -> Effort:
    """What some frames take after the frame before them was drawn; `chart` is the picture that the layers show."""
    plain = {"id": "shot", "width": WIDTH, "height": HEIGHT, "frames": FRAMES, "layers": layers}
    shot = MessageToDict(ParseDict(plain, Shot()))
    job.validate(shot)
    async with stage.page() as page:
        await page.load(
            job.page_job(shot, width=WIDTH, height=HEIGHT, name="", passes={}), {"image:chart": chart or chart_file()}
        )
        if first:
            await page.rehearse(first - 1, 1)
        return await page.rehearse(first, frames)


async def test_what_holds_still_is_drawn_once(stage: Stage) -> None:
    """Blurred and glowing layers that do not move cost nothing in later frames: not a single call."""
    still = [layer("glowing", effects=[GLOW]), layer("soft", effects=[BLUR]), solid("ground", (30, 40, 90))]

    begun, going = await effort(stage, still, 0, 1), await effort(stage, still)

    assert begun.draws > 5
    assert going.draws == 0
    assert going.pixels == 0


async def test_effects_of_still_layers_are_kept_while_others_move(stage: Stage) -> None:
    """Under a moving sprite each frame draws the layers anew, and no effect of those that hold still."""
    mover = solid("mover", (250, 200, 0), 20, 20, **MOVING)
    plain = [layer("first"), layer("second"), solid("ground", (30, 40, 90))]
    heavy = [layer("first", effects=[GLOW]), layer("second", effects=[BLUR]), solid("ground", (30, 40, 90))]

    assert (await effort(stage, [mover, *heavy])).draws == (await effort(stage, [mover, *plain])).draws


async def test_an_effect_that_changes_is_drawn_each_frame(stage: Stage) -> None:
    """The count is of something: a blur that grows costs its passes in every frame."""
    growing: Json = {"gaussianBlur": {"radiusPx": keys((0, [2]), (FRAMES, [9]))}}
    ground = solid("ground", (30, 40, 90))

    still = await effort(stage, [layer("soft", effects=[BLUR]), ground])
    alive = await effort(stage, [layer("soft", effects=[growing]), ground])

    assert alive.draws >= still.draws + 3 * (FRAMES - 2)


async def test_an_effect_touches_its_layer_only(stage: Stage) -> None:
    """A blur on a small layer shades about the layer's bounds, not the picture, each time it is done."""
    growing: Json = {"gaussianBlur": {"radiusPx": keys((0, [2]), (FRAMES, [4]))}}
    small = solid("small", (250, 200, 0), 20, 20, effects=[growing])
    large = solid("large", (250, 200, 0), WIDTH, HEIGHT, effects=[growing])

    ground = solid("ground", (30, 40, 90), WIDTH, HEIGHT)
    few, many = await effort(stage, [small, ground]), await effort(stage, [large, ground])
    bare = await effort(stage, [solid("dot", (250, 200, 0), 1, 1, **MOVING), ground])

    assert few.pixels - bare.pixels < 0.25 * (many.pixels - bare.pixels)


@pytest.mark.parametrize("effects", [[LEVELS], [LEVELS, TINT], [LEVELS, TINT, INVERT]], ids=len)
async def test_effects_of_colour_share_the_layer_s_own_pass(stage: Stage, effects: list[Json]) -> None:
    """However many there are, they cost no call of their own."""
    bare = await effort(stage, [layer("chart", **MOVING)])
    coloured = await effort(stage, [layer("chart", effects=effects, **MOVING)])

    assert coloured == bare


async def test_only_the_inked_part_of_a_picture_is_shaded(stage: Stage) -> None:
    """A picture with a dot in a corner shades about the dot, unless an effect covers what is empty."""
    full = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    dotted = np.zeros_like(full)
    dotted[4:12, 4:12] = 255
    filled = layer("chart", effects=[{"invert": {"channel": "CHANNEL_ALPHA"}}], **MOVING)

    whole = await effort(stage, [layer("chart", **MOVING)], chart=png(full))
    little = await effort(stage, [layer("chart", **MOVING)], chart=png(dotted))
    inverted = await effort(stage, [filled], chart=png(dotted))

    assert little.draws == whole.draws
    assert little.pixels < 0.05 * whole.pixels
    assert inverted.pixels == pytest.approx(whole.pixels)


async def test_what_a_pass_hides_is_not_drawn_below_it(stage: Stage) -> None:
    """Under the solid middle of an avatar the ground is left out, and the picture is the one with all of it drawn."""
    picture = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    picture[16:176, 40:216] = (180, 90, 40, 255)
    picture[16:176, 24:40] = (40, 20, 8, 60)
    whole = Region(0, 0, WIDTH, HEIGHT, 1, (WIDTH, HEIGHT))
    files: dict[str, Path | bytes] = {"pass:fan": unpack("fan", clip([picture], Kind.PASS)).data}
    fan: Json = {"name": "fan", "avatar": {}}
    ground = solid("ground", (30, 140, 90), WIDTH, HEIGHT)
    looks_around: Json = {"name": "soft", "adjustment": {}, "effects": [{"gaussianBlur": {"radiusPx": value(0)}}]}

    async def drawn(layers: list[Json]) -> tuple[NDArray[np.uint8], float]:
        shot = MessageToDict(
            ParseDict({"id": "shot", "width": WIDTH, "height": HEIGHT, "frames": 1, "layers": layers}, Shot())
        )
        async with stage.page() as page:
            await page.load(job.page_job(shot, width=WIDTH, height=HEIGHT, name="", passes={"fan": whole}), files)
            spent = await page.rehearse(0, 1)
            return await page.still(0), spent.pixels

    hiding, fewer = await drawn([fan, ground])
    _, alone = await drawn([fan])
    open_, more = await drawn([fan, looks_around, ground])

    assert fewer - alone < 0.6 * WIDTH * HEIGHT
    assert more - fewer > 0.4 * WIDTH * HEIGHT
    np.testing.assert_array_equal(hiding, open_)
    assert abs(hiding[96, 128, :3].astype(int) - (180, 90, 40)).max() <= 4


async def test_a_layer_outside_the_picture_shades_nothing(stage: Stage) -> None:
    """What has left the composition costs no more than a single pixel that moves in it."""
    ground, dot = solid("ground", (30, 40, 90)), solid("dot", (250, 200, 0), 1, 1, **MOVING)
    gone = layer("gone", transform={"position": keys((0, [-400, 40]), (FRAMES, [-300, 40]))}, effects=[GLOW])

    assert (await effort(stage, [gone, ground])).pixels <= (await effort(stage, [dot, ground])).pixels


@pytest.mark.parametrize(("width", "height"), [(WIDTH, HEIGHT), (130, 98)])
async def test_a_look_is_finished_on_the_way_out(stage: Stage, width: int, height: int) -> None:
    """Planes whose last adjustment is done on their way out are those of the finished picture, within a level."""
    effects: list[Json] = [
        {"bloom": {"threshold": value(0.6), "intensity": value(1), "radius": 0.6}},
        {"levels": {"inBlack": 0.05, "gamma": 1.3}},
        {"hueSaturation": {"hue": value(40)}},
        {"vignette": {"darkness": 0.5, "offset": 0.3}},
        {"grain": {"amount": 0.05}},
    ]
    plain = {
        "id": "shot", "width": WIDTH, "height": HEIGHT, "frames": FRAMES,
        "layers": [{"name": "look", "adjustment": {}, "effects": effects}, layer("chart", **MOVING)],
    }  # fmt: skip
    shot = MessageToDict(ParseDict(plain, Shot()))
    async with stage.page() as page:
        told = job.page_job(shot, width=width, height=height, name="", passes={})
        await page.load(told, {"image:chart": chart_file()})
        whole = (await page.still(5))[..., :3].astype(float) / 255
        async for frame in page.frames(5, 1):
            luma, blue, red = frame.luma.copy(), frame.blue.copy(), frame.red.copy()
    y = whole @ [0.2126, 0.7152, 0.0722]
    np.testing.assert_allclose(luma, 16 + 219 * y, atol=1.5)
    # A chroma sample lies on the even column, between two rows.
    wide = np.pad(whole, ((0, 0), (1, 1), (0, 0)), mode="edge")
    rows = wide[::2] + wide[1::2]
    sited = (rows[:, :-2:2] + 2 * rows[:, 1:-1:2] + rows[:, 2::2]) / 8
    for plane, channel, span in ((blue, 2, 1.8556), (red, 0, 1.5748)):
        difference = (sited[..., channel] - sited @ [0.2126, 0.7152, 0.0722]) / span
        np.testing.assert_allclose(plane, 128 + 224 * difference, atol=1.5)
    assert luma.std() > 20
