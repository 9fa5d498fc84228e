"""Lottie files become shots that draw what the file says, and everything that does not come along is named."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage.metrics import structural_similarity

from services.compositor import job
from services.compositor.lottie.effects import table
from services.compositor.lottie.reader import Imported, read
from services.compositor.lottie.values import NotLottie
from services.compositor.service import read_shot
from stage.host import Stage
from tests.compositor.material import png

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, FRAMES = 128, 96, 48

Json = dict[str, Any]


def document(*layers: Json, **more: Any) -> Json:
    """A file of two seconds; layers are numbered from 1."""
    numbered = [{"ind": number, "ip": 0, "op": FRAMES, "st": 0, **layer} for number, layer in enumerate(layers, 1)]
    frame = {"v": "5.12.0", "fr": 24, "ip": 0, "op": FRAMES, "w": WIDTH, "h": HEIGHT, "nm": "Test"}
    return {**frame, "layers": numbered, **more}


def still(*numbers: float) -> Json:
    return {"a": 0, "k": list(numbers) if len(numbers) > 1 else numbers[0]}


def keys(*told: Json) -> Json:
    return {"a": 1, "k": list(told)}


LINE = {"o": {"x": [0.5], "y": [0]}, "i": {"x": [0.5], "y": [1]}}


def ks(**more: Json) -> Json:
    """A transform in the middle."""
    plain = {"a": still(0, 0, 0), "p": still(64, 48, 0), "s": still(100, 100, 100), "r": still(0), "o": still(100)}
    return {**plain, **more}


def solid(name: str, color: str, width: int = 40, height: int = 24, **more: Any) -> Json:
    place = ks(a=still(width / 2, height / 2, 0))
    return {"ty": 1, "nm": name, "sc": color, "sw": width, "sh": height, "ks": place, **more}


def shapes(*items: Json, **more: Any) -> Json:
    return {"ty": 4, "nm": "shapes", "ks": ks(), "shapes": list(items), **more}


def imported(told: Json) -> Imported:
    """Read, and valid as a shot."""
    found = read(told, "file")
    read_shot(found.shot)
    return found


def lost(found: Imported, severity: str = "lost") -> set[tuple[str, str]]:
    return {(loss["layer"], loss["property"]) for loss in found.losses if loss["severity"] == severity}


# --------------------------------------------------------------------------------------------------------------------
# Pictures: what the compositor draws of a file, against the same painted here


async def drawn(stage: Stage, told: Json, *frames: int) -> list[NDArray[np.uint8]]:
    found = imported(told)
    assert lost(found) == set()
    files: dict[str, Any] = {f"image:{path}": data for path, data in found.files.items()}
    async with stage.page() as page:
        await page.load(job.page_job(read_shot(found.shot), width=WIDTH, height=HEIGHT, name="", passes={}), files)
        return [(await page.still(frame))[..., :3] for frame in frames]


class Paint:
    """A picture painted eight times as large, and made small."""

    SCALE = 8

    def __init__(self) -> None:
        self._picture = Image.new("RGB", (WIDTH * self.SCALE, HEIGHT * self.SCALE))
        self._pen = ImageDraw.Draw(self._picture)

    def box(self, color: str, left: float, top: float, right: float, bottom: float) -> None:
        self.polygon(color, (left, top), (right, top), (right, bottom), (left, bottom))

    def polygon(self, color: str, *corners: tuple[float, float]) -> None:
        self._pen.polygon([(x * self.SCALE, y * self.SCALE) for x, y in corners], color)

    def disc(self, color: str, x: float, y: float, radius: float) -> None:
        box = [(part + side * radius) * self.SCALE for side in (-1, 1) for part in (x, y)]
        self._pen.ellipse((box[0], box[1], box[2], box[3]), color)

    def done(self) -> NDArray[np.uint8]:
        return np.asarray(self._picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
    likeness = structural_similarity(one, other, channel_axis=2)  # type: ignore[no-untyped-call]
    assert likeness >= 0.98, f"{likeness:.4f}"


RED, BLUE, GOLD, WHITE = "#e61a1a", "#1a33e6", "#ffcc1a", "#ffffff"


async def test_solids_move_and_turn(stage: Stage) -> None:
    """Keyframes with eases, of both ages of the format, a parent and in and out points."""
    slide = keys({"t": 0, "s": [20, 48, 0], **LINE}, {"t": 24, "s": [108, 48, 0]})
    old = keys({"t": 0, "s": [0], "e": [90], **LINE}, {"t": 24})
    told = document(
        solid("child", GOLD, 8, 8, parent=3, ks=ks(a=still(4, 4, 0), p=still(50, 50, 0))),
        solid("late", WHITE, 10, 10, ip=12, op=24, ks=ks(a=still(5, 5, 0), p=still(10, 10, 0))),
        {"ty": 3, "nm": "hub", "ks": ks(a=still(50, 50, 0), p=slide)},
        solid("turns", RED, ks=ks(a=still(20, 12, 0), r=old)),
    )
    pictures = await drawn(stage, told, 0, 12, 24)
    for frame, picture in zip((0, 12, 24), pictures, strict=True):
        paint = Paint()
        share = {0: 0.0, 12: 0.5, 24: 1.0}[frame]
        angle = np.radians(90 * share)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = np.array([(-20, -12), (20, -12), (20, 12), (-20, 12)]) @ turn.T + (64, 48)
        paint.polygon(RED, *((float(x), float(y)) for x, y in corners))
        if frame == 12:
            paint.box(WHITE, 5, 5, 15, 15)
        x = 20 + 88 * share
        paint.box(GOLD, x - 4, 44, x + 4, 52)
        alike(picture, paint.done())


async def test_shapes_are_filled_in_order(stage: Stage) -> None:
    """Groups with transforms, a path, a star's polygon, an ellipse, the first in front."""
    square = {"v": [[0, 0], [20, 0], [20, 20], [0, 20]], "i": [[0, 0]] * 4, "o": [[0, 0]] * 4, "c": True}
    told = document(
        shapes(
            {
                "ty": "gr",
                "nm": "front",
                "it": [
                    {"ty": "el", "p": still(10, 0), "s": still(30, 30)},
                    {"ty": "fl", "c": still(1, 0.8, 0.1, 1), "o": still(100)},
                    {"ty": "tr", "p": still(-20, 0), "s": still(50, 50)},
                ],
            },
            {
                "ty": "gr",
                "nm": "back",
                "it": [
                    {"ty": "sh", "ks": {"a": 0, "k": square}},
                    {"ty": "fl", "c": still(0.9, 0.1, 0.1, 1), "o": still(100)},
                    {"ty": "tr", "p": still(-20, -10)},
                ],
            },
            {"ty": "rc", "s": still(100, 60), "p": still(0, 0), "r": still(0)},
            {"ty": "fl", "c": still(0.1, 0.2, 0.9, 1), "o": still(100)},
        )
    )
    (picture,) = await drawn(stage, told, 0)
    paint = Paint()
    paint.box(BLUE, 14, 18, 114, 78)
    paint.box(RED, 44, 38, 64, 58)
    paint.disc(GOLD, 49, 48, 7.5)
    alike(picture, paint.done())


async def test_masks_mattes_and_precomps(stage: Stage) -> None:
    """A subtracted mask, a luma matte above its layer, a composition that begins late and runs at half speed."""
    hole = {"v": [[10, 6], [30, 6], [30, 18], [10, 18]], "i": [[0, 0]] * 4, "o": [[0, 0]] * 4, "c": True}
    inner = [
        solid("flips", GOLD, 20, 20, ind=1, ip=0, op=6, st=0, ks=ks(a=still(0, 0, 0), p=still(0, 0, 0))),
        solid("under", RED, 20, 20, ind=2, ip=0, op=48, st=0, ks=ks(a=still(0, 0, 0), p=still(0, 0, 0))),
    ]
    told = document(
        {
            "ty": 0,
            "nm": "late",
            "refId": "flip",
            "w": 20,
            "h": 20,
            "st": 12,
            "sr": 2,
            "ip": 12,
            "ks": ks(a=still(0, 0, 0), p=still(100, 4, 0)),
        },
        solid("matte", "#808080", 30, 96, td=1, ks=ks(a=still(0, 0, 0), p=still(0, 0, 0))),
        solid("seen", WHITE, WIDTH, 20, tt=3, ks=ks(a=still(0, 0, 0), p=still(0, 70, 0))),
        solid(
            "pierced", BLUE, masksProperties=[{"mode": "s", "nm": "hole", "pt": {"a": 0, "k": hole}, "o": still(100)}]
        ),
        assets=[{"id": "flip", "nm": "Flip", "layers": inner}],
    )
    pictures = await drawn(stage, told, 6, 12, 23, 24)
    for frame, picture in zip((6, 12, 23, 24), pictures, strict=True):
        paint = Paint()
        paint.box(BLUE, 44, 36, 84, 60)
        paint.box("#000000", 54, 42, 74, 54)
        paint.box("#808080", 0, 70, 30, 90)
        if frame >= 12:
            paint.box(GOLD if frame < 24 else RED, 100, 4, 120, 24)
        alike(picture, paint.done())


async def test_pictures_inside_the_file_are_shown(stage: Stage) -> None:
    """A data address is unpacked once, however often it is shown."""
    rows, columns = np.mgrid[:20, :30]
    rgb = np.stack([rows * 10, columns * 8, np.full_like(rows, 60)], axis=-1).astype(np.uint8)
    data = "data:image/png;base64," + base64.b64encode(png(rgb)).decode()
    told = document(
        {"ty": 2, "nm": "one", "refId": "image_0", "ks": ks(a=still(0, 0, 0), p=still(10, 10, 0))},
        {"ty": 2, "nm": "two", "refId": "image_0", "ks": ks(a=still(0, 0, 0), p=still(80, 60, 0))},
        assets=[{"id": "image_0", "w": 30, "h": 20, "u": "", "p": data, "e": 1}],
    )
    assert list(imported(told).files) == ["art/test.png"]
    (picture,) = await drawn(stage, told, 0)
    np.testing.assert_allclose(picture[10:30, 10:40], rgb, atol=1)
    np.testing.assert_allclose(picture[60:80, 80:110], rgb, atol=1)


# --------------------------------------------------------------------------------------------------------------------
# Parts of the format


def test_values_keep_their_curves() -> None:
    """Tangents, holds, eases per axis and separated dimensions are said in the shot's words."""
    path = keys({"t": 6, "s": [0, 0, 0], "to": [10, -20, 0], "ti": [-5, 0, 0], **LINE}, {"t": 18, "s": [50, 0, 0]})
    axes = {"o": {"x": [0.2, 0.4], "y": [0, 0.1]}, "i": {"x": [0.6, 0.8], "y": [1, 0.9]}}
    apart = {"s": True, "x": keys({"t": 0, "s": [1], "h": 1}, {"t": 9, "s": [5]}), "y": still(7)}
    told = document(
        solid("curve", RED, ks=ks(p=path)),
        solid("axes", RED, ks=ks(s=keys({"t": 0, "s": [10, 20], **axes}, {"t": 8, "s": [30, 40]}))),
        solid("apart", RED, ks=ks(p=apart), ao=1, bm=16),
        ip=6,
        op=30,
    )
    curve, axes_, apart_ = imported(told).shot["layers"]
    first = curve["transform"]["position"]["keyframes"][0]
    assert (first["frame"], first["spatial_out"], first["spatial_in"]) == (0, [10, -20], [-5, 0])
    handles = axes_["transform"]["scale"]["keyframes"][0]
    assert handles["ease_out_axes"] == [{"x": 0.2, "y": 0}, {"x": 0.4, "y": 0.1}]
    assert apart_["transform"]["position_x"]["keyframes"][0]["hold"] is True
    assert apart_["transform"]["position_y"] == {"value": [7]}
    assert (apart_["auto_orient"], apart_["blend_mode"]) == ("AUTO_ORIENT_ALONG_PATH", "BLEND_MODE_ADD")


def test_space_and_cameras() -> None:
    """3D layers with all their turns, and a camera that looks at its anchor point."""
    deep = ks(**{"or": still(0, 30, 0), "rx": still(10), "ry": still(0), "rz": still(5)})
    camera = {
        "ty": 13,
        "nm": "cam",
        "pe": still(160),
        "op": 24,
        "ks": {"p": still(64, 48, -200), "a": still(64, 48, 0)},
    }
    second = {"ty": 13, "nm": "cam 2", "pe": still(90), "ip": 24, "ks": {"p": still(0, 0, -90), "rz": still(3)}}
    found = imported(document(camera, second, solid("card", RED, ddd=1, ks=deep)))
    card = found.shot["layers"][0]
    assert card["three_d"] is True
    assert card["transform"]["position"] == {"value": [64, 48, 0]}
    assert card["transform"]["orientation"] == {"value": [0, 30, 0]}
    assert card["transform"]["rotation"] == {"value": [5]}
    one, two = found.shot["cameras"]
    assert (one["point_of_interest"], one["out_frame"]) == ({"value": [64, 48, 0]}, 24)
    assert (two["in_frame"], two["z_rotation"]) == (24, {"value": [3]})
    assert "point_of_interest" not in two


def test_every_shape_item() -> None:
    """All items of the format have their counterparts, with gradients, dashes and repeaters."""
    told = document(
        shapes(
            {
                "ty": "sr",
                "sy": 1,
                "pt": still(5),
                "or": still(20),
                "ir": still(8),
                "os": still(0),
                "is": still(0),
                "r": still(0),
                "p": still(0, 0),
            },
            {"ty": "sr", "sy": 2, "pt": still(6), "or": still(20), "ir": still(8), "r": still(10), "p": still(0, 0)},
            {"ty": "mm", "mm": 1},
            {
                "ty": "tm",
                "s": still(0),
                "e": keys({"t": 0, "s": [0], **LINE}, {"t": 9, "s": [100]}),
                "o": still(0),
                "m": 2,
            },
            {"ty": "rd", "r": still(4)},
            {"ty": "pb", "a": still(10)},
            {"ty": "zz", "s": still(3), "r": still(4), "pt": still(2)},
            {"ty": "tw", "a": still(30), "c": still(0, 0)},
            {
                "ty": "rp",
                "c": still(3),
                "o": still(0),
                "m": 1,
                "tr": {"p": still(10, 0), "s": still(90, 90), "so": still(100), "eo": still(20)},
            },
            {
                "ty": "gf",
                "t": 2,
                "s": still(0, 0),
                "e": still(30, 0),
                "o": still(80),
                "r": 2,
                "g": {"p": 2, "k": still(0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0.5, 0.2, 1, 0)},
            },
            {
                "ty": "st",
                "c": still(1, 1, 1, 1),
                "o": still(100),
                "w": still(2),
                "lc": 2,
                "lj": 3,
                "ml": 6,
                "d": [{"n": "d", "v": still(5)}, {"n": "g", "v": still(3)}, {"n": "o", "v": still(1)}],
            },
            {"ty": "xx", "nm": "Future"},
            {"ty": "rc", "hd": True},
        )
    )
    found = imported(told)
    items = found.shot["layers"][0]["shapes"]["items"]
    kinds = [next(key for key in item if key != "name") for item in items]
    changes = ["merge", "trim", "round_corners", "pucker_bloat", "zig_zag", "twist", "repeater"]
    assert kinds == ["star", "star", *changes, "fill", "stroke"]
    assert "inner_radius" not in items[1]["star"]
    assert (items[3]["trim"]["individually"], items[6]["zig_zag"]["smooth"], items[8]["repeater"]["above"]) == (
        True,
    ) * 3
    gradient = items[9]["fill"]["gradient"]
    assert [stop["offset"] for stop in gradient["stops"]] == [0, 0.5, 1]
    assert [stop["opacity"] for stop in gradient["stops"]] == pytest.approx([100, 20, 0])
    assert gradient["stops"][1]["color"] == {"red": 128, "green": 0, "blue": 128}
    assert items[10]["stroke"]["dash_offset"] == {"value": [1]}
    assert lost(found) == {("shapes", "Contents/Future")}

    grown: list[Json] = [
        {"ty": "rc", "s": still(9, 9)},
        {"ty": "op", "a": still(3), "lj": 2, "ml": still(5)},
        {"ty": "fl", "c": still(1, 0, 0)},
    ]
    found = imported(document(shapes(*grown, {"ty": "st", "nm": "rim", "c": still(1, 1, 1), "w": still(2)})))
    assert [next(key for key in item if key != "name") for item in found.shot["layers"][0]["shapes"]["items"]] == [
        "rectangle",
        "offset",
        "fill",
    ]
    assert lost(found) == {("shapes", "Contents/rim")}


def test_text_with_animators_and_slots() -> None:
    """Words and style, an animator with its selector, and markers that put the fan into a text and a solid."""
    style = {
        "s": 30,
        "f": "Big-Black",
        "t": "NAME\rHERE",
        "j": 2,
        "tr": 20,
        "lh": 36,
        "fc": [1, 1, 0],
        "sc": [0, 0, 0],
        "sw": 4,
    }
    animator = {
        "nm": "pop",
        "s": {"t": 0, "b": 3, "sh": 2, "o": still(50), "a": still(100)},
        "a": {"o": still(0), "p": still(0, 9, 0), "ls": still(3)},
    }
    told = document(
        {"ty": 5, "nm": "title", "ks": ks(), "t": {"d": {"k": [{"s": style, "t": 0}]}, "a": [animator], "p": {}}},
        {"ty": 5, "nm": "fan name", "ks": ks(), "t": {"d": {"k": [{"s": style, "t": 0}]}, "a": []}},
        solid("fan", WHITE, 30, 40),
        solid("whole", WHITE, WIDTH, HEIGHT),
        fonts={"list": [{"fName": "Big-Black", "fFamily": "Big", "fStyle": "Black Italic"}]},
        markers=[
            {"tm": 0, "cm": "slot: name\rlayer: fan name\rfit: 90\rfont: fonts/big.ttf".replace("\r", "\n")},
            {"tm": 0, "cm": "slot: avatar\nlayer: fan\ndance: step_touch\nsings: yes\ncamera: 0 1 3\nkey: #ff0000"},
            {"tm": 0, "cm": "slot: avatar\nlayer: whole\nrecipe: recipes/juno.json"},
            {"tm": 5, "cm": "slot: hologram"},
        ],
    )
    found = imported(told)
    title, name, fan, window, whole = found.shot["layers"]
    text = title["text"]
    assert (text["text"], text["weight"], text["justification"]) == ("NAME\nHERE", 900, "JUSTIFICATION_CENTER")
    assert (text["stroke_px"], text["leading_px"], text["fill"]) == (2, 36, {"red": 255, "green": 255, "blue": 0})
    assert text["animators"][0]["position"] == {"value": [0, 9]}
    assert text["animators"][0]["selectors"][0]["based_on"] == "TEXT_PART_WORDS"
    assert (name["text"]["text"], name["text"]["fit_width_px"], name["text"]["font"]) == ("{name}", 90, "fonts/big.ttf")
    assert name["transform"]["anchor_point"] == {"value": [45, 25.5]}
    assert fan["avatar"]["staging"] == {
        "dance": "step_touch",
        "sings": True,
        "camera_position": {"value": [0, 1, 3]},
        "key_light": {"red": 255, "green": 0, "blue": 0},
    }
    assert fan["matte"]["layer"] == fan["parent"] == window["name"] == "fan window"
    assert whole["avatar"]["recipe"] == "recipes/juno.json"
    assert lost(found) == {("title", "Text/Animators/pop/ls"), ("", "Marker at 5")}


def test_effects_by_name_and_by_number() -> None:
    """The table of the After Effects script is read; a value's place stands for its name in short files."""
    assert len(table()) == 31
    blur = {
        "ty": 29,
        "nm": "Soft",
        "mn": "ADBE Gaussian Blur 2",
        "en": 1,
        "ef": [
            {
                "nm": "Blurriness",
                "mn": "ADBE Gaussian Blur 2-0001",
                "v": keys({"t": 0, "s": [0], **LINE}, {"t": 9, "s": [20]}),
            },
            {"nm": "Blur Dimensions", "mn": "ADBE Gaussian Blur 2-0002", "v": still(1)},
        ],
    }
    fill = {
        "ty": 21,
        "nm": "Fill",
        "en": 1,
        "ef": [
            {"v": still(0)},
            {"v": still(0)},
            {"v": still(1, 0, 0, 1)},
            {"v": still(0)},
            {"v": still(0)},
            {"v": still(0)},
            {"v": still(0.5)},
        ],
    }
    slider = {"ty": 5, "nm": "Speed", "mn": "ADBE Slider Control", "en": 1, "ef": []}
    warp = {"ty": 31, "nm": "Mesh", "en": 1, "ef": []}
    off = {"ty": 31, "nm": "Off", "en": 0, "ef": []}
    found = imported(document(solid("card", RED, ef=[blur, fill, slider, warp, off])))
    made = found.shot["layers"][0]["effects"]
    assert made[0]["gaussian_blur"]["radius_px"]["keyframes"][1]["value"] == [6]
    assert made[1]["fill"] == {"color": {"red": 255, "green": 0, "blue": 0}, "opacity": {"value": [50]}}
    assert lost(found) == {("card", "Effects/Mesh")}
    assert lost(found, "note") == {("card", "Effects/Speed")}


def test_everything_that_is_dropped_is_named() -> None:
    """Expressions, lights, clips, styles, odd modes: by layer and property, with a reason."""
    told = document(
        solid("wiggles", RED, ks=ks(p={"a": 0, "k": [1, 2, 0], "x": "var $bm_rt; wiggle(2, 3)"})),
        {"ty": 14, "nm": "sun", "ks": ks()},
        {"ty": 9, "nm": "clip", "refId": "v", "ks": ks()},
        {"ty": 6, "nm": "song", "refId": "v", "ks": ks()},
        solid("styled", RED, sy=[{"nm": "Stroke", "ty": 0}], bm=99),
        solid("hidden", RED, hd=True),
        {"ty": 2, "nm": "vector", "refId": "svg", "ks": ks()},
        assets=[{"id": "v", "p": "v.mp4"}, {"id": "svg", "p": "logo.svg"}],
        chars=[{"ch": "A"}],
    )
    found = imported(told)
    assert lost(found) == {
        ("wiggles", "Transform/Position"),
        ("sun", ""),
        ("clip", "Source"),
        ("styled", "Layer Styles/Stroke"),
        ("styled", "Blending Mode"),
        ("vector", "Source"),
    }
    assert ("song", "Audio") in lost(found, "note")
    assert "hidden" not in [layer["name"] for layer in found.shot["layers"]]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([], "no Lottie file"),
        ({"layers": 3}, "no Lottie file"),
        ({"layers": []}, "broken"),
        (document({"ty": 0, "nm": "x", "refId": "gone", "ks": ks()}), "no composition 'gone'"),
        (document({"ty": 2, "nm": "x", "refId": "gone", "ks": ks()}), "no picture 'gone'"),
        (document(solid("x", RED, ks=ks(r={"a": 0, "k": "much"}))), "Transform/Rotation: much is no number"),
        (document(solid("x", "red")), "'red' is no colour"),
        (document({"ty": 5, "nm": "x", "ks": ks(), "t": {"d": {"k": []}}}), "there is no text"),
    ],
)
def test_a_broken_file_is_named(told: Any, words: str) -> None:
    """What is wrong, in words; never a traceback."""
    with pytest.raises(NotLottie, match=words):
        read(told, "file")


def test_compositions_in_a_circle_are_named() -> None:
    """A file in which a composition shows itself would never end."""
    loop = {"ty": 0, "nm": "x", "refId": "a", "ks": ks(), "ip": 0, "op": 9, "st": 0}
    with pytest.raises(NotLottie, match="contains itself: a > b > a"):
        read(
            document(loop, assets=[{"id": "a", "layers": [{**loop, "refId": "b"}]}, {"id": "b", "layers": [loop]}]),
            "file",
        )


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.compositor.lottie", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_file_is_imported_from_the_command_line(tmp_path: Path) -> None:
    """Shot, report and pictures land in the campaign; strict writes nothing lossy; a missing picture is named."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "Logo 1.png").write_bytes(png(np.zeros((4, 4, 3), np.uint8)))
    picture = {"ty": 2, "nm": "logo", "refId": "i", "ks": ks()}
    asset = {"id": "i", "w": 4, "h": 4, "u": "images/", "p": "Logo 1.png"}
    file, folder = tmp_path / "intro.json", tmp_path / "campaign"
    file.write_text(json.dumps(document(picture, {"ty": 14, "nm": "sun", "ks": ks()}, assets=[asset], nm="Intro")))

    strict = run(file, folder, "--strict")
    assert (strict.returncode, folder.exists()) == (1, False)
    assert "lost  Intro › sun: Lottie says nothing of lights" in strict.stdout
    ended = run(file, folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 losses, 1 of them to be seen" in ended.stdout
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "art/logo_1.png",
        "shots/intro.json",
        "shots/intro.losses.json",
    ]
    read_shot(json.loads((folder / "shots/intro.json").read_text()))

    (tmp_path / "images" / "Logo 1.png").unlink()
    assert "images/Logo 1.png is not beside it" in run(file, folder).stdout
    asset["p"] = "../../../../etc/passwd.png"
    file.write_text(json.dumps(document(picture, assets=[asset])))
    assert "is not beside it" in run(file, folder).stdout
    file.write_text("{")
    broken = run(file, folder)
    assert (broken.returncode, broken.stderr) == (1, "")
