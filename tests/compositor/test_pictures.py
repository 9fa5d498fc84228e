"""Every transform, blend, matte, ease and effect against what it should be, computed here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from media.profile import Kind
from services.compositor.footage import unpack
from tests.compositor.material import Json, Pixels, Play, clip, png

# One rounding in the shader, one here.
ROUNDING = 1
# Colour went through 4:2:0 in 8 bits and an encoder at its finest.
CODED = 6
# A soft edge covers a pixel by a linear ramp rather than by its exact area.
EDGE = 0.03

RED, GREEN, BLUE, GREY = (200, 40, 30), (20, 180, 60), (30, 60, 220), (120, 120, 120)


def color(rgb: tuple[int, int, int]) -> Json:
    return dict(zip(("red", "green", "blue"), rgb, strict=True))


def value(*numbers: float) -> Json:
    return {"value": list(numbers)}


def solid(rgb: tuple[int, int, int], width: int = 20, height: int = 12, name: str = "solid", **more: object) -> Json:
    return {"name": name, "solid": {"width": width, "height": height, "color": color(rgb)}, **more}


def extent(picture: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (exclusive) of what is not black."""
    rows, columns = np.nonzero(picture[..., :3].sum(axis=2) > 60)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def coverage(picture: Pixels) -> float:
    """Pixels covered by white, with soft edges counted by their share."""
    return float(picture[..., 0].astype(float).sum() / 255)


def centre_x(picture: Pixels) -> float:
    weights = picture[..., 0].astype(float).sum(axis=0)
    return float((weights * (np.arange(weights.size) + 0.5)).sum() / weights.sum())


WHITE = (255, 255, 255)


async def test_a_solid_covers_exactly_its_pixels(play: Play) -> None:
    """A solid without a transform stands in the middle, with hard edges, over black."""
    (picture,) = await play([solid(RED)])
    expected = np.zeros((48, 64, 3), np.uint8)
    expected[18:30, 22:42] = RED
    np.testing.assert_array_equal(picture[..., :3], expected)
    assert np.all(picture[..., 3] == 255)


async def test_the_background_is_behind_everything(play: Play) -> None:
    """The shot's background shows where no layer does."""
    (picture,) = await play([solid(RED)], background=color(BLUE))
    np.testing.assert_array_equal(picture[0, 0, :3], BLUE)
    np.testing.assert_array_equal(picture[24, 32, :3], RED)


async def test_half_a_pixel_is_half_covered(play: Play) -> None:
    """A solid between two pixels covers both by half, so that slow moves do not jump."""
    transform = {"anchorPoint": value(0, 0), "position": value(10.5, 10)}
    (picture,) = await play([solid(WHITE, transform=transform)])
    np.testing.assert_allclose(picture[15, [9, 10, 11, 29, 30, 31], 0], [0, 128, 255, 255, 128, 0], atol=ROUNDING)


async def test_a_quarter_turn_is_clockwise(play: Play) -> None:
    """Turned by 90 degrees, the left end of a picture is above."""
    picture = np.zeros((10, 20, 4), np.uint8)
    picture[..., 3] = 255
    picture[:, :10, :3] = RED
    picture[:, 10:, :3] = GREEN
    layer = {"name": "flag", "image": {"path": "flag"}, "transform": {"rotation": value(90)}}
    (turned,) = await play([layer], files={"image:flag": png(picture)})
    assert extent(turned) == (27, 14, 37, 34)
    np.testing.assert_allclose(turned[16, 32, :3], RED, atol=ROUNDING)
    np.testing.assert_allclose(turned[31, 32, :3], GREEN, atol=ROUNDING)


@pytest.mark.parametrize("degrees", [0, 17, 45, 71.5])
async def test_a_turned_layer_keeps_its_area(play: Play, degrees: float) -> None:
    """Soft edges give and take the same at any angle."""
    (picture,) = await play([solid(WHITE, transform={"rotation": value(degrees)})])
    assert coverage(picture) == pytest.approx(240, rel=EDGE)


async def test_a_child_goes_where_its_parent_goes(play: Play) -> None:
    """Position, turn and scale of a null carry its child, and the grandchild."""
    layers = [
        solid(WHITE, 4, 4, "grandchild", parent="child", transform={"position": value(3, 0)}),
        solid(GREY, 4, 4, "child", parent="hub", transform={"position": value(5, 0), "scale": value(200)}),
        {
            "name": "hub",
            "null": {},
            "transform": {"position": value(20, 20), "rotation": value(90), "scale": value(200)},
        },
    ]
    (picture,) = await play(layers)
    # The child is 16 pixels wide around (20, 30). The grandchild stands at (3, 0) in its pixels, which is (1, -2) from
    # its middle: four times as far, and turned, that is (8, 4).
    assert extent(picture) == (12, 22, 36, 42)
    white = np.argwhere(picture[..., 0] > 250)
    np.testing.assert_array_equal(white.min(axis=0), [26, 20])
    np.testing.assert_array_equal(white.max(axis=0), [41, 35])


def bezier(x1: float, y1: float, x2: float, y2: float, at: float) -> float:
    """The ease's value at a share of time, by brute force."""
    t = np.linspace(0, 1, 200_001)
    x = 3 * (1 - t) ** 2 * t * x1 + 3 * (1 - t) * t**2 * x2 + t**3
    y = 3 * (1 - t) ** 2 * t * y1 + 3 * (1 - t) * t**2 * y2 + t**3
    return float(np.interp(at, x, y))


@pytest.mark.parametrize("handles", [(0.4, 0, 0.6, 1), (0.1, 0.7, 0.3, 1), (0.9, 0, 0.1, 1), (0.3, -0.5, 0.7, 1.4)])
async def test_eases_follow_their_bezier(play: Play, handles: tuple[float, float, float, float]) -> None:
    """Between two keyframes a layer is where the curve says, also beyond the ends."""
    x1, y1, x2, y2 = handles
    keyframes = [
        {"frame": 4, "value": [20, 24], "easeOut": {"x": x1, "y": y1}, "easeIn": {"x": x2, "y": y2}},
        {"frame": 24, "value": [44, 24]},
    ]
    layer = solid(WHITE, 8, 8, transform={"position": {"keyframes": keyframes}})
    frames = (0, 4, 7, 10, 14, 19, 23, 24, 30)
    pictures = await play([layer], frames)
    expected = [20 + 24 * bezier(*handles, float(np.clip((frame - 4) / 20, 0, 1))) for frame in frames]
    np.testing.assert_allclose([centre_x(picture) for picture in pictures], expected, atol=0.02)


async def test_a_held_keyframe_jumps(play: Play) -> None:
    """A value that is held stays until the very frame of the next."""
    keyframes = [{"frame": 0, "value": [100], "hold": True}, {"frame": 10, "value": [0]}]
    pictures = await play([solid(WHITE, transform={"opacity": {"keyframes": keyframes}})], (0, 9, 10))
    assert [int(picture[24, 32, 0]) for picture in pictures] == [255, 255, 0]


async def test_a_layer_is_seen_from_in_to_out(play: Play) -> None:
    """The first frame is in, the last is out."""
    pictures = await play([solid(WHITE, inFrame=3, outFrame=6)], (2, 3, 5, 6))
    assert [int(picture[24, 32, 0]) for picture in pictures] == [0, 255, 255, 0]


def soft_light(s: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))


BLENDS: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "NORMAL": lambda s, b: s,
    "ADD": lambda s, b: np.minimum(s + b, 1),
    "SCREEN": lambda s, b: s + b - s * b,
    "MULTIPLY": lambda s, b: s * b,
    "OVERLAY": lambda s, b: np.where(b <= 0.5, 2 * s * b, 1 - 2 * (1 - s) * (1 - b)),
    "SOFT_LIGHT": soft_light,
    "LIGHTEN": np.maximum,
    "DARKEN": np.minimum,
    "DIFFERENCE": lambda s, b: np.abs(s - b),
}


@pytest.mark.parametrize("mode", BLENDS)
async def test_blend_modes_mix_as_they_say(play: Play, mode: str) -> None:
    """Over three colours, whole and by 60 percent, each mode gives its formula; outside the layer nothing changes."""
    for opacity in (100, 60):
        layers = [
            solid(
                (150, 90, 240), 48, 12, "light", blendMode=f"BLEND_MODE_{mode}", transform={"opacity": value(opacity)}
            ),
            solid(RED, 16, 48, "red", transform={"position": value(16, 24)}),
            solid(GREY, 16, 48, "grey", transform={"position": value(32, 24)}),
            solid((230, 250, 10), 16, 48, "yellow", transform={"position": value(48, 24)}),
        ]
        (picture,) = await play(layers)
        below = picture[5, [16, 32, 48], :3].astype(float) / 255
        np.testing.assert_array_equal(np.round(below * 255), [RED, GREY, (230, 250, 10)])
        source = np.array([150, 90, 240]) / 255
        mixed = BLENDS[mode](source, below)
        if mode == "ADD":  # light adds up before it is clipped
            expected = np.minimum(below + source * opacity / 100, 1)
        else:
            expected = below + (mixed - below) * opacity / 100
        np.testing.assert_allclose(picture[24, [16, 32, 48], :3], expected * 255, atol=ROUNDING + 0.5)


MATTES = {
    "ALPHA": lambda luma, alpha: alpha,
    "ALPHA_INVERTED": lambda luma, alpha: 1 - alpha,
    "LUMA": lambda luma, alpha: luma * alpha,
    "LUMA_INVERTED": lambda luma, alpha: 1 - luma * alpha,
}


@pytest.mark.parametrize("kind", MATTES)
async def test_a_matte_shows_and_hides(play: Play, kind: str) -> None:
    """A layer is seen by the share its matte says, and the matte itself is not seen."""
    layers = [
        solid(WHITE, 64, 48, "picture", matte={"kind": f"MATTE_KIND_{kind}", "layer": "window"}),
        solid(RED, 20, 20, "window", transform={"opacity": value(70)}),
    ]
    (picture,) = await play(layers)
    luma = np.dot(np.array(RED) / 255, [0.2126, 0.7152, 0.0722])
    inside, outside = MATTES[kind](luma, 0.7), MATTES[kind](0.0, 0.0)
    np.testing.assert_allclose(picture[24, 32, :3], [inside * 255] * 3, atol=ROUNDING + 0.5)
    np.testing.assert_allclose(picture[2, 2, :3], [outside * 255] * 3, atol=ROUNDING)


async def test_a_matte_may_have_a_matte(play: Play) -> None:
    """A window in a window leaves what both leave."""
    layers = [
        solid(WHITE, 64, 48, "picture", matte={"kind": "MATTE_KIND_ALPHA", "layer": "window"}),
        solid(WHITE, 40, 10, "window", matte={"kind": "MATTE_KIND_ALPHA", "layer": "slit"}),
        solid(WHITE, 10, 40, "slit"),
    ]
    (picture,) = await play(layers)
    assert extent(picture) == (27, 19, 37, 29)


ZOOM = 64 * 50 / 36  # After Effects' 50 mm camera in a composition 64 pixels wide


async def test_depth_makes_small(play: Play) -> None:
    """At z = 0 a 3D layer has its size; as far behind as the camera is in front, half of it."""
    near, far = [solid(WHITE, 32, 24, threeD=True, transform={"position": value(32, 24, depth)}) for depth in (0, ZOOM)]
    (picture,) = await play([near])
    assert extent(picture) == (16, 12, 48, 36)
    (picture,) = await play([far])
    assert extent(picture) == (24, 18, 40, 30)


async def test_a_turn_about_y_is_perspective(play: Play) -> None:
    """A negative y rotation takes the right edge away, and both edges are where geometry says."""
    layer = solid(WHITE, 40, 24, threeD=True, transform={"yRotation": value(-50)})
    (picture,) = await play([layer])
    heights = (picture[..., 0] > 127).sum(axis=0)
    # x' = x cos, z' = -x sin of the turn; then seen through the lens.
    angle = np.radians(-50)
    edges = [32 + x * np.cos(angle) * ZOOM / (ZOOM - x * np.sin(angle)) for x in (-20, 20)]
    left, _, right, _ = extent(picture)
    np.testing.assert_allclose([left, right], edges, atol=1)
    assert heights[left + 1] > heights[right - 2]


async def test_a_turn_about_x_brings_the_top_near(play: Play) -> None:
    """A positive x rotation brings the upper edge towards the viewer."""
    (picture,) = await play([solid(WHITE, 24, 36, threeD=True, transform={"xRotation": value(50)})])
    widths = (picture[..., 0] > 127).sum(axis=1)
    _, top, _, bottom = extent(picture)
    assert widths[top + 1] > widths[bottom - 2] + 2


async def test_3d_layers_hide_each_other_by_depth(play: Play) -> None:
    """The nearer of two neighbours is in front whatever their order; a 2D layer between them parts them."""
    back = solid(RED, 64, 48, "back", threeD=True, transform={"position": value(32, 24, 50)})
    front = solid(GREEN, 20, 20, "front", threeD=True, transform={"position": value(32, 24, -10)})
    wall = solid(BLUE, 2, 2, "wall")
    (picture,) = await play([back, front])
    np.testing.assert_array_equal(picture[30, 36, :3], GREEN)
    (picture,) = await play([back, wall, front])
    np.testing.assert_array_equal(picture[24, 32, :3], RED)


async def test_the_camera_looks_at_its_point_of_interest(play: Play) -> None:
    """A camera that stands aside but looks at a layer keeps it in the middle."""
    layer = solid(WHITE, 6, 6, threeD=True, transform={"position": value(50, 10, 30)})
    camera = {"position": value(10, 60, -80), "pointOfInterest": value(50, 10, 30), "zoom": value(ZOOM)}
    (picture,) = await play([layer], camera=camera)
    left, top, right, bottom = extent(picture)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((32, 24), abs=1)


async def test_a_layer_behind_the_camera_is_not_seen(play: Play) -> None:
    """What lies behind the camera draws nothing."""
    (picture,) = await play([solid(WHITE, threeD=True, transform={"position": value(32, 24, -3 * ZOOM)})])
    assert not picture[..., :3].any()


async def test_a_smaller_output_is_the_same_picture(play: Play) -> None:
    """Output of half the size scales everything, and areas with it."""
    layers = [solid(WHITE, 30, 20, transform={"rotation": value(20)})]
    (whole,) = await play(layers)
    (small,) = await play(layers, output=(32, 24))
    assert small.shape == (24, 32, 4)
    assert coverage(small) == pytest.approx(coverage(whole) / 4, rel=EDGE)


async def test_a_picture_made_small_is_averaged(play: Play) -> None:
    """A fine checkerboard at a tenth of its size is grey, not noise."""
    board = np.zeros((240, 320, 4), np.uint8)
    board[..., 3] = 255
    board[(np.indices((240, 320)).sum(axis=0) % 2) == 0, :3] = 255
    layer = {"name": "board", "image": {"path": "board"}, "transform": {"scale": value(12)}}
    (picture,) = await play([layer], files={"image:board": png(board)})
    inner = picture[14:34, 18:46, 0]
    np.testing.assert_allclose(inner, 128, atol=3)


async def test_transparent_pictures_have_no_dark_rim(play: Play) -> None:
    """A soft white dot over white stays white: colour is multiplied by alpha before it is sampled."""
    dot = np.zeros((16, 16, 4), np.uint8)
    distance = np.hypot(*(np.indices((16, 16)) - 7.5))
    dot[..., 3] = (np.clip(8 - distance, 0, 1) * 255).astype(np.uint8)
    dot[..., :3] = np.where(dot[..., 3:] > 0, 255, 0)
    layers = [
        {"name": "dot", "image": {"path": "dot"}, "transform": {"scale": value(173), "rotation": value(31)}},
        solid(WHITE, 64, 48),
    ]
    (picture,) = await play(layers, files={"image:dot": png(dot)})
    assert picture[..., :3].min() >= 255 - ROUNDING


async def test_levels_stretch(play: Play) -> None:
    """Levels map each pixel as After Effects' formula does, below and within the layer that carries them."""
    levels = {"levels": {"inBlack": 0.2, "inWhite": 0.8, "gamma": 1.8}}
    expected = np.clip((np.array(GREEN) / 255 - 0.2) / 0.6, 0, 1) ** (1 / 1.8) * 255
    (own,) = await play([solid(GREEN, effects=[levels])])
    np.testing.assert_allclose(own[24, 32, :3], expected, atol=ROUNDING)
    (adjusted,) = await play([{"name": "look", "adjustment": {}, "effects": [levels]}, solid(GREEN, 64, 48)])
    np.testing.assert_allclose(adjusted[24, 32, :3], expected, atol=ROUNDING)


async def test_tint_maps_luminance(play: Play) -> None:
    """By half, a tint lies half way between the pixel and its luminance between two colours."""
    tint = {"tint": {"black": color(BLUE), "white": color((250, 240, 10)), "amount": value(50)}}
    (picture,) = await play([solid(RED, effects=[tint])])
    red = np.array(RED) / 255
    luminance = red @ [0.2126, 0.7152, 0.0722]
    mapped = np.array(BLUE) / 255 * (1 - luminance) + np.array((250, 240, 10)) / 255 * luminance
    np.testing.assert_allclose(picture[24, 32, :3], (red + mapped) / 2 * 255, atol=ROUNDING)


async def test_a_vignette_darkens_corners(play: Play) -> None:
    """The middle keeps its colour, the corners lose most of theirs."""
    look = {"name": "look", "adjustment": {}, "effects": [{"vignette": {"darkness": 0.9, "offset": 0.5}}]}
    (picture,) = await play([look, solid(WHITE, 64, 48)])
    assert picture[24, 32, 0] == 255
    assert picture[0, 0, 0] < 128
    np.testing.assert_allclose(picture[..., 0], picture[::-1, ::-1, 0], atol=ROUNDING)


async def test_grain_has_its_deviation_and_no_memory(play: Play) -> None:
    """Grain has its deviation, mean 0, other values on each frame, and the same again in another job."""
    look = {"name": "look", "adjustment": {}, "effects": [{"grain": {"amount": 0.04}}]}
    layers = [look, solid((128, 128, 128), 256, 256)]
    first, second = await play(layers, (5, 6), size=(256, 256))
    (again,) = await play(layers, (5,), size=(256, 256))
    noise = first[..., 0].astype(float) - 128
    assert noise.std() / 255 == pytest.approx(0.04, rel=0.03)
    assert abs(noise.mean()) < 0.2
    other = second[..., 0].astype(float) - 128
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.02
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("radius", [1.5, 3.0, 9.0])
async def test_blur_is_gaussian(play: Play, radius: float) -> None:
    """A blurred square is the square convolved with a Gaussian of that deviation, spilling over its edges."""
    layer = solid(WHITE, 40, 40, effects=[{"gaussianBlur": {"radiusPx": value(radius)}}])
    (picture,) = await play([layer], size=(128, 128))
    square = np.zeros((128, 128))
    square[44:84, 44:84] = 255
    expected = gaussian_filter(square, radius, truncate=5)
    # Wide blurs run on smaller copies, whose sampling adds about half of one of their pixels.
    np.testing.assert_allclose(picture[..., 0], expected, atol=4 if radius <= 4 else 9)


async def test_an_adjustment_blurs_what_is_below(play: Play) -> None:
    """An adjustment's blur reaches the layers below and not those above."""
    layers = [
        solid(GREEN, 10, 10, "above", transform={"position": value(20, 64)}),
        {"name": "look", "adjustment": {}, "effects": [{"gaussianBlur": {"radiusPx": value(3)}}]},
        solid(WHITE, 64, 128, "below", transform={"position": value(96, 64)}),
    ]
    (picture,) = await play(layers, size=(128, 128))
    expected = gaussian_filter(np.repeat([0.0, 255.0], 64), 3, mode="nearest")
    np.testing.assert_allclose(picture[100, :, 0], expected, atol=4)
    assert extent(picture[:, :40])[:2] == (15, 59)


async def test_bloom_glows_around_what_is_bright(play: Play) -> None:
    """A bright solid glows over its edges, farther away less; a dim one does not; what glows is not darkened."""
    look = {
        "name": "look",
        "adjustment": {},
        "effects": [{"bloom": {"threshold": value(0.6), "intensity": value(1), "radius": 0.8}}],
    }
    (bright,) = await play([look, solid(WHITE, 40, 40)], size=(160, 160))
    (dim,) = await play([look, solid((90, 90, 90), 40, 40)], size=(160, 160))
    row = bright[80, 100:, 0].astype(int)
    assert bright[80, 80, 0] == 255
    assert row[1] > 20
    assert np.all(np.diff(row[::4]) <= 1)
    assert row[-1] < row[1] / 4
    np.testing.assert_array_equal(extent(dim), (60, 60, 100, 100))


async def test_a_layer_s_own_bloom_spills_over_its_box(play: Play) -> None:
    """A glowing sign lights its surroundings without an adjustment layer."""
    bloom = {"bloom": {"threshold": value(0.3), "intensity": value(1.2), "radius": 0.7}}
    (picture,) = await play([solid((255, 120, 200), 40, 20, effects=[bloom])], size=(128, 96))
    np.testing.assert_allclose(picture[48, 64, :3], (255, 255, 255), atol=140)
    above = picture[34, 64, :3].astype(int)
    assert above[0] > 15
    assert above[0] >= above[2] >= above[1]


async def test_an_adjustment_acts_only_where_it_is(play: Play) -> None:
    """Moved and half transparent, an adjustment changes its own area by half."""
    tint = {"tint": {"black": color((0, 0, 0)), "white": color((0, 0, 0))}}
    look = {
        "name": "look",
        "adjustment": {},
        "effects": [tint],
        "transform": {"position": value(64, 24), "opacity": value(50)},
    }
    (picture,) = await play([look, solid((200, 200, 200), 64, 48)])
    assert picture[24, 20, 0] == 200
    assert picture[24, 50, 0] == pytest.approx(100, abs=ROUNDING)


async def test_adjustments_that_follow_each_other_act_in_order(play: Play) -> None:
    """First the lower, then the upper, as if each were alone."""
    darker = {"levels": {"inBlack": 0.3, "inWhite": 1.0, "gamma": 1.0}}
    brighter = {"levels": {"inBlack": 0.0, "inWhite": 0.5, "gamma": 1.0}}
    layers = [
        {"name": "upper", "adjustment": {}, "effects": [brighter]},
        {"name": "lower", "adjustment": {}, "effects": [darker]},
        solid((150, 150, 150), 64, 48),
    ]
    (picture,) = await play(layers)
    expected = (150 / 255 - 0.3) / 0.7 / 0.5 * 255
    np.testing.assert_allclose(picture[24, 32, 0], expected, atol=2 * ROUNDING)


NAMES = {
    "latin": "Zoë",
    "long": "Wolfeschlegelsteinhausenbergerdorff",
    "greek": "Ελένη",
    "cyrillic": "Надежда",
    "arabic": "مُحَمَّد",
    "hebrew": "נועה",
    "devanagari": "श्रीकृष्ण",
    "thai": "สมหญิง",
    "japanese": "さくら",
    "korean": "김민지",
    "chinese": "李小龍",
    "emoji": "👩🏾‍🎤💜",
}


@pytest.mark.parametrize("script", NAMES)
async def test_every_script_is_written_within_its_width(play: Play, script: str) -> None:
    """A name in any script is drawn, in the middle, and never wider than asked for."""
    layer = {
        "name": "name",
        "text": {
            "text": "{name}",
            "sizePx": 80,
            "fill": color(WHITE),
            "stroke": color(RED),
            "strokePx": 4,
            "fitWidthPx": 240,
            "justification": "JUSTIFICATION_CENTER",
        },
    }
    (picture,) = await play([layer], size=(320, 160), name=NAMES[script])
    left, top, right, bottom = extent(picture)
    assert right - left <= 240 + 2  # the soft edge of the stroke
    assert abs((left + right) / 2 - 160) < 12
    assert right - left > 30
    assert bottom - top > 10


async def test_letters_are_not_boxes(play: Play) -> None:
    """Names of one length in one script differ, so they are letters rather than boxes for missing ones."""
    layer = {"name": "name", "text": {"text": "{name}", "sizePx": 60, "fill": color(WHITE)}}
    for first, second in (("さく", "みな"), ("علي", "نور"), ("श्री", "मीरा"), ("한별", "민지")):
        (one,) = await play([layer], size=(256, 128), name=first)
        (two,) = await play([layer], size=(256, 128), name=second)
        assert np.abs(one[..., 0].astype(int) - two[..., 0]).sum() > 255 * 100


async def test_arabic_letters_join(play: Play) -> None:
    """Joined letters make fewer separate shapes than the same letters kept apart."""
    from scipy.ndimage import label

    layer = {"name": "name", "text": {"text": "{name}", "sizePx": 90, "fill": color(WHITE), "tracking": 200}}
    (joined,) = await play([layer], size=(320, 160), name="سيليم")
    (apart,) = await play([layer], size=(320, 160), name="\u200c".join("سيليم"))
    assert label(joined[..., 0] > 127)[1] < label(apart[..., 0] > 127)[1]


async def test_text_is_sharp_at_any_size(play: Play) -> None:
    """Small text that is shown large has been drawn large: its edges are as steep as those of large text."""
    text = {"text": "E", "fill": color(WHITE), "justification": "JUSTIFICATION_CENTER"}
    (scaled,) = await play(
        [{"name": "t", "text": {**text, "sizePx": 10}, "transform": {"scale": value(1000)}}], size=(160, 160)
    )
    (large,) = await play([{"name": "t", "text": {**text, "sizePx": 100}}], size=(160, 160))
    assert coverage(scaled) == pytest.approx(coverage(large), rel=0.05)
    soft = [int(((picture[..., 0] > 40) & (picture[..., 0] < 215)).sum()) for picture in (scaled, large)]
    assert soft[0] <= soft[1] * 1.5 + 20


def numbered(count: int, width: int = 64, height: int = 48) -> list[Pixels]:
    """Pictures whose grey tells their number."""
    return [np.full((height, width, 3), 20 + 4 * number, np.uint8) for number in range(count)]


async def test_footage_is_exact_in_any_order(play: Play) -> None:
    """Any frame of footage comes first, last, twice or going backwards, and starts where it is told to."""
    data = unpack("plate", clip(numbered(40))).data
    layer = {"name": "plate", "footage": {"path": "plate", "startFrame": 5}}
    frames = (20, 21, 0, 34, 3, 3, 2, 30)
    pictures = await play([layer], frames, files={"footage:plate": data})
    seen = [round((float(picture[24, 32, 0]) - 20) / 4) for picture in pictures]
    assert seen == [frame + 5 for frame in frames]


async def test_footage_keeps_its_colours(play: Play) -> None:
    """Flat colours come back from 4:2:0 as they went in, by BT.709."""
    picture = np.zeros((48, 64, 3), np.uint8)
    for column, rgb in enumerate((RED, GREEN, BLUE, GREY)):
        picture[:, column * 16 : column * 16 + 16] = rgb
    data = unpack("bars", clip([picture])).data
    (drawn,) = await play([{"name": "bars", "footage": {"path": "bars"}}], files={"footage:bars": data}, length=1)
    np.testing.assert_allclose(drawn[24, [8, 24, 40, 56], :3], [RED, GREEN, BLUE, GREY], atol=CODED)


async def test_footage_that_has_not_begun_is_not_seen(play: Play) -> None:
    """A negative start is a delay."""
    data = unpack("plate", clip(numbered(8))).data
    layer = {"name": "plate", "footage": {"path": "plate", "startFrame": -3}}
    pictures = await play([layer], (2, 3, 4), files={"footage:plate": data})
    assert not pictures[0][..., :3].any()
    assert [round((float(picture[24, 32, 0]) - 20) / 4) for picture in pictures[1:]] == [0, 1]


async def test_a_pass_lies_over_what_is_below(play: Play) -> None:
    """An avatar's pass covers by its alpha; where that is 0 the plate is untouched, at 128 it is half seen."""
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[:, 16:32] = (*RED, 255)
    picture[:, 32:48] = (*(channel // 2 for channel in GREEN), 128)
    layers = [{"name": "fan", "avatar": {"staging": {}}}, solid(BLUE, 64, 48)]
    (drawn,) = await play(layers, passes={"fan": clip([picture], Kind.PASS)}, length=1)
    np.testing.assert_allclose(drawn[24, 4, :3], BLUE, atol=ROUNDING)
    np.testing.assert_allclose(drawn[24, 24, :3], RED, atol=CODED)
    expected = np.array(GREEN) // 2 + np.array(BLUE) * (1 - 128 / 255)
    np.testing.assert_allclose(drawn[24, 40, :3], expected, atol=CODED)


async def test_a_frame_does_not_depend_on_those_before(play: Play) -> None:
    """With everything at once, frame 9 first equals frame 9 after frame 8."""
    layers = [
        {
            "name": "look",
            "adjustment": {},
            "effects": [
                {"bloom": {"threshold": value(0.5), "intensity": value(0.8), "radius": 0.5}},
                {"vignette": {"darkness": 0.4, "offset": 0.3}},
                {"grain": {"amount": 0.02}},
            ],
        },
        {"name": "name", "text": {"text": "{name}", "sizePx": 20, "fill": color(WHITE)}},
        solid(
            RED,
            transform={"rotation": {"keyframes": [{"frame": 0, "value": [0]}, {"frame": 40, "value": [90]}]}},
            effects=[{"gaussianBlur": {"radiusPx": value(2)}}],
        ),
    ]
    eighth, ninth = await play(layers, (8, 9), name="Mia")
    (alone,) = await play(layers, (9,), name="Mia")
    np.testing.assert_array_equal(ninth, alone)
    assert not np.array_equal(eighth, ninth)


@pytest.mark.parametrize("mode", ["NORMAL", "ADD", "MULTIPLY", "DIFFERENCE", "SCREEN"])
@pytest.mark.parametrize("scale", [100, 130, -130])
async def test_what_is_left_out_of_a_sparse_picture_is_empty(play: Play, mode: str, scale: float) -> None:
    """A picture of which only the inked parts are drawn looks as one that has a trace of ink everywhere."""
    random = np.random.default_rng(3)
    sparse = np.zeros((96, 80, 4), np.uint8)
    for top, left in ((0, 0), (40, 33), (63, 15), (90, 70)):
        sparse[top : top + 6, left : left + 9] = random.integers(0, 256, (6, 9, 4))[: 96 - top, : 80 - left]
    traced = sparse.copy()
    traced[sparse[..., 3] == 0] = (0, 0, 0, 1)
    drawn = {
        "name": "drawn",
        "image": {"path": "drawn.png"},
        "blendMode": f"BLEND_MODE_{mode}",
        "transform": {"position": value(60.3, 48.7), "scale": value(scale, abs(scale))},
    }
    layers = [drawn, solid(GREY, 128, 96)]

    (left_out,) = await play(layers, size=(128, 96), files={"image:drawn.png": png(sparse)})
    (whole,) = await play(layers, size=(128, 96), files={"image:drawn.png": png(traced)})

    np.testing.assert_allclose(left_out.astype(int), whole, atol=2 * ROUNDING)
    assert np.ptp(left_out[..., :3]) > 60
