"""Compositions leave After Effects as shots that draw the same, and whatever does not come along is named.

The script runs as After Effects runs it, in ECMAScript 3, on a simulated object model (aftereffects/model.mjs).
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage.metrics import structural_similarity

from fancam.v1.effect_pb2 import Effect
from fancam.v1.shot_pb2 import BlendMode
from services.compositor import job
from services.compositor.aftereffects.bundle import SCRIPT, bundled
from services.compositor.service import read_shot
from stage.host import Stage

ROOT = Path(__file__).resolve().parents[2]
SIMULATION = Path(__file__).parent / "aftereffects"
PROJECTS = ["moves", "space", "mattes", "type", "vectors", "effects", "files", "slots", "losses", "clean"]

# Numbers are written to a ten-thousandth; a path's length is summed up in 200 steps there and in 4000 here.
NEAR = 0.06

Json = dict[str, Any]
Export = Callable[..., Json]


def node(*words: str | Path) -> str:
    ended = subprocess.run(["node", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of the simulated projects; the exporter copies them and looks at none."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "more").mkdir()
    for name in ("Bild Größe.PNG", "more/Bild Größe.PNG", "clip.mp4", "ntsc.mp4", "song.wav", "layers.psd"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture(scope="module")
def export(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Exports a project: what the script returned, and `folder`, where it wrote."""

    @cache
    def exported(project: str, *flags: str | Path, script: Path = SCRIPT) -> Json:
        folder = tmp_path_factory.mktemp(project)
        told: Json = json.loads(node(SIMULATION / "run.mjs", script, project, folder, sources, *flags))
        return {**told, "folder": folder}

    return exported


def shot(told: Json, number: int = 0) -> Json:
    found: Json = told["shots"][number]["shot"]
    return found


def layer(told: Json, name: str, number: int = 0) -> Json:
    return next(each for each in shot(told, number)["layers"] if each["name"] == name)


def lost(told: Json, severity: str = "lost") -> set[tuple[str, str]]:
    return {(each["layer"], each["property"]) for each in told["losses"] if each["severity"] == severity}


# --------------------------------------------------------------------------------------------------------------------
# The script


MODERN = """
const acorn = require('acorn');
const { readFileSync } = require('fs');
console.log(JSON.stringify(process.argv.slice(1).map((path) => {
  const names = new Set();
  const walk = (at) => {
    if (Array.isArray(at)) return at.forEach(walk);
    if (!at || typeof at.type !== 'string') return;
    if (at.type === 'CallExpression' && at.callee.type === 'MemberExpression') names.add(at.callee.property.name);
    if (at.type === 'MemberExpression' && !at.computed) return walk(at.object);
    if (at.type === 'Property') return walk(at.value);
    if (at.type === 'Identifier') names.add(at.name);
    Object.values(at).forEach(walk);
  };
  try {
    walk(acorn.parse(readFileSync(path, 'utf8'), { ecmaVersion: 3 }));
  } catch (error) {
    return [error.message, []];
  }
  return ['', [...names]];
})));
"""

ECMASCRIPT_5 = set(
    re.findall(
        r"\w+",
        "forEach map filter reduce some every trim keys bind isArray defineProperty freeze now toISOString JSON "
        "includes startsWith endsWith repeat find findIndex fill assign entries Map Set Promise Symbol",
    )
)


def spoken(*paths: Path) -> list[tuple[str, list[str]]]:
    """What ECMAScript 3 has against each file, and the names that are used and called in it."""
    found: list[tuple[str, list[str]]] = json.loads(node("-e", MODERN, *paths))
    return found


def test_the_script_is_ecmascript_3(tmp_path: Path) -> None:
    """ExtendScript knows no later syntax, and none of the later methods; the check sees both."""
    parts = sorted(SCRIPT.parent.rglob("*.jsx"))
    assert len(parts) == 17
    for part, (fault, names) in zip(parts, spoken(*parts), strict=True):
        assert fault == "", f"{part.name}: {fault}"
        assert set(names) & (ECMASCRIPT_5 - {"fill"}) == set(), part.name

    (tmp_path / "syntax.jsx").write_text("let a = 1;")
    (tmp_path / "methods.jsx").write_text("[1].forEach(function () {});")
    (syntax, _), (_, methods) = spoken(tmp_path / "syntax.jsx", tmp_path / "methods.jsx")
    assert "Unexpected" in syntax
    assert "forEach" in methods


def test_one_file_says_what_its_parts_say(export: Export, tmp_path: Path) -> None:
    """Designers get a single file; nothing is left to include, and it exports the same."""
    single = tmp_path / "fancam.jsx"
    single.write_text(bundled())
    assert "//@include" not in single.read_text()
    assert shot(export("clean", script=single)) == shot(export("clean"))


def test_every_part_is_included_once() -> None:
    """A part that nobody includes would be missing in After Effects only."""
    named = re.findall(r'//@include "script/(\w+\.jsx)"', SCRIPT.read_text())
    assert sorted(named) == sorted(path.name for path in (SCRIPT.parent / "script").glob("*.jsx"))


@pytest.mark.parametrize("project", PROJECTS)
def test_what_is_exported_is_a_valid_shot(export: Export, project: str) -> None:
    """Whatever a project holds: the file on the disk obeys the contract, and beside it lies the report."""
    told = export(project, "--all")
    for made in told["shots"]:
        read_shot(json.loads((told["folder"] / made["path"]).read_text()))
        report = json.loads((told["folder"] / "shots" / f"{made['id']}.losses.json").read_text())
        assert (report["composition"], report["frame_rate"]) == (made["composition"], made["rate"])
        assert all(each["why"] and each["severity"] in {"lost", "baked", "note"} for each in report["losses"])


# --------------------------------------------------------------------------------------------------------------------
# Values


def test_every_value_is_after_effects_own_on_every_frame(export: Export, tmp_path: Path) -> None:
    """Curved paths, eases per axis, holds, separated dimensions, expressions: read by the compositor's own timeline."""
    timeline = tmp_path / "timeline.mjs"
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    subprocess.run(
        [esbuild, "services/compositor/page/timeline.ts", "--bundle", "--format=esm", f"--outfile={timeline}"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    told = export("moves", "--values", timeline)
    assert len(told["misses"]) == 25
    assert {name: miss for name, miss in told["misses"].items() if miss > NEAR} == {}


def test_eases_stay_eases_where_they_can(export: Export) -> None:
    """Keyframes of After Effects are keyframes of the shot; only what has no handle is sampled, and said so."""
    told = export("moves")
    curve = layer(told, "curve")["transform"]
    first, second, third = curve["position"]["keyframes"]
    assert first["spatial_out"] == [10, -60]
    assert first["spatial_in"] == [-30, -40]
    assert first["ease_out"] == {"x": 0.6, "y": 0}
    assert (second["frame"], third["frame"]) == (24, 45)
    assert third.keys() == {"frame", "value"}
    assert curve["opacity"]["keyframes"][0]["hold"] is True
    assert len(layer(told, "axes")["transform"]["scale"]["keyframes"][0]["ease_out_axes"]) == 2
    assert {"position_x", "position_y"} <= layer(told, "apart")["transform"].keys()
    assert layer(told, "child")["parent"] == "hub"
    assert lost(told) == set()
    assert lost(told, "baked") == {
        ("wiggles", "Transform/Position"),
        ("wiggles", "Transform/Rotation"),
        ("wiggles", "Transform/Opacity"),
        ("overshoots", "Transform/Rotation"),
    }
    wiggles = layer(told, "wiggles")["transform"]
    assert len(wiggles["position"]["keyframes"]) == 48
    assert len(wiggles["rotation"]["keyframes"]) == 2, "a straight line needs no keyframe between its ends"
    assert wiggles["opacity"] == {"value": [50]}
    assert shot(told)["motion_blur"] == {"shutter_angle_deg": 180, "shutter_phase_deg": -90, "samples": 16}


# --------------------------------------------------------------------------------------------------------------------
# Pictures


def polygon(sample: Json, width: float, height: float, scale: int) -> list[tuple[float, float]]:
    """Corners of a layer of that size, from After Effects' own values."""
    angle = np.radians(sample["Rotation"])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) - sample["Anchor Point"][:2]
    placed = (corners * np.array(sample["Scale"][:2]) / 100) @ turn.T + sample["Position"][:2]
    return [(float(x) * scale, float(y) * scale) for x, y in placed]


def expected(samples: dict[str, Json], frame: int) -> NDArray[np.uint8]:
    """The clean project's frame, painted eight times as large and made small."""
    scale = 8
    picture = Image.new("RGB", (128 * scale, 96 * scale), (13, 13, 26))
    at = {name: values["frames"][frame] for name, values in samples.items()}
    ImageDraw.Draw(picture).polygon(polygon(at["ground"], 100, 60, scale), (26, 77, 102))
    veil = Image.new("L", picture.size, 0)
    ImageDraw.Draw(veil).polygon(polygon(at["tilted"], 30, 30, scale), round(255 * at["tilted"]["Opacity"] / 100))
    picture.paste((255, 255, 255), mask=veil)
    corners = polygon(at["masked"], 40, 24, scale)
    half = [corners[0], corners[1], *[tuple(np.mean([corners[i], corners[3 - i]], axis=0)) for i in (1, 0)]]
    ImageDraw.Draw(picture).polygon(half, (230, 26, 26))
    x, y = (part * scale for part in at["badge"]["Position"][:2])
    ImageDraw.Draw(picture).ellipse((x - 18 * scale, y - 18 * scale, x + 18 * scale, y + 18 * scale), (255, 204, 26))
    return np.asarray(picture.resize((128, 96), Image.Resampling.BOX))


async def test_the_compositor_draws_what_after_effects_had(export: Export, stage: Stage) -> None:
    """Out of the simulated project, through the file, into Chrome: frames are those painted from the project itself."""
    told = export("clean", "--samples")
    samples = {each["name"]: each for each in told["samples"]}
    plain = read_shot(json.loads((told["folder"] / "shots" / "clean_shot.json").read_text()))
    async with stage.page() as page:
        await page.load(job.page_job(plain, width=128, height=96, name="", passes={}))
        for frame in (0, 5, 12, 19, 30):
            drawn = (await page.still(frame))[..., :3]
            likeness = structural_similarity(drawn, expected(samples, frame), channel_axis=2)  # type: ignore[no-untyped-call]
            assert likeness >= 0.98, f"frame {frame}: {likeness:.4f}"


@pytest.mark.parametrize(
    ("project", "frames"), [("moves", (0, 20)), ("vectors", (12,)), ("mattes", (6,)), ("space", (3,))]
)
async def test_other_projects_are_drawn_too(
    export: Export, stage: Stage, project: str, frames: tuple[int, ...]
) -> None:
    """No page refuses what the exporter wrote, and there is something to see."""
    plain = read_shot(shot(export(project)))
    async with stage.page() as page:
        await page.load(job.page_job(plain, width=128, height=96, name="", passes={}))
        for frame in frames:
            assert (await page.still(frame))[..., :3].std() > 5


# --------------------------------------------------------------------------------------------------------------------
# Parts of the model


def test_space_comes_along(export: Export) -> None:
    """Cameras that are cut between, lights, materials, nested and collapsed compositions."""
    told = export("space")
    made = shot(told)
    wide, near = made["cameras"]
    assert (wide["out_frame"], near["in_frame"]) == (24, 24)
    assert wide["zoom"] == {"value": [160]}
    assert wide["depth_of_field"]["aperture"] == {"value": [12]}
    assert "point_of_interest" in wide
    assert "point_of_interest" not in near
    assert near["orientation"] == {"value": [0, 5, 0]}
    assert [light["kind"] for light in made["lights"]] == [
        "LIGHT_KIND_PARALLEL",
        "LIGHT_KIND_SPOT",
        "LIGHT_KIND_AMBIENT",
    ]
    assert made["lights"][1]["parent"] == "rig"
    assert made["lights"][1]["falloff"] == "LIGHT_FALLOFF_SMOOTH"
    card = layer(told, "card")
    assert card["material"] == {"accepts_lights": False, "casts_shadows": True, "specular": {"value": [90]}}
    assert card["auto_orient"] == "AUTO_ORIENT_ALONG_PATH"
    turns = [keyframe["value"][1] for keyframe in card["transform"]["orientation"]["keyframes"]]
    assert (turns[0], turns[-1]) == (350, 10)
    assert layer(told, "wall")["collapse"] is True
    assert layer(told, "wall")["precomp"] == {"composition": "Wall", "start_frame": -12}
    assert (layer(told, "wall 2")["in_frame"], layer(told, "wall 2")["out_frame"]) == (12, 30)
    assert [each["id"] for each in made["compositions"]] == ["Wall"]
    assert lost(told) == {("Sky", "Light Type")}


def test_masks_and_mattes_come_along(export: Export) -> None:
    """Every mode of masks, four mattes, a matte that is seen as well, and layers that are off but needed."""
    told = export("mattes")
    masks = layer(told, "masked")["masks"]
    modes = ["MASK_MODE_NONE", None, "MASK_MODE_SUBTRACT", "MASK_MODE_INTERSECT", "MASK_MODE_LIGHTEN"]
    assert [each.get("mode") for each in masks] == [*modes, "MASK_MODE_DARKEN", "MASK_MODE_DIFFERENCE"]
    assert masks[2]["feather"] == {"value": [4, 8]}
    assert (masks[2]["expansion"], masks[2]["opacity"], masks[2]["inverted"]) == (
        {"value": [-2]},
        {"value": [60]},
        True,
    )
    first, second = layer(told, "morphs")["masks"][0]["path"]["keyframes"]
    assert (first["ease_out"], second["value"]["vertices"][:2]) == ({"x": 0.5, "y": 0}, [30, 0])
    for kind in ("ALPHA", "ALPHA_INVERTED", "LUMA", "LUMA_INVERTED"):
        matte = {"kind": f"MATTE_KIND_{kind}", "layer": f"window {kind}"}
        assert layer(told, f"seen {kind}")["matte"] == matte
        assert "solid" in layer(told, f"window {kind}")
    assert layer(told, "chosen")["matte"]["layer"] == "both"
    assert "solid" in layer(told, "both drawn")
    names = [each["name"] for each in shot(told)["layers"]]
    assert "off" not in names
    assert layer(told, "carrier")["null"] == {}
    assert lost(told) == {("jumps", "Masks/uneven/Mask Path")}


def test_every_blending_mode_has_its_name(export: Export) -> None:
    """All of After Effects' list, each another one of the contract's."""
    layers = shot(export("mattes", "--all"), 1)["layers"]
    modes = [each.get("blend_mode", "BLEND_MODE_NORMAL") for each in layers]
    assert len(set(modes)) == len(modes) == 38
    assert set(modes) == set(BlendMode.keys()) - {"BLEND_MODE_UNSPECIFIED"}


def test_text_comes_along(export: Export) -> None:
    """Lines, weights, strokes, boxes and animators; the fan's name with its width and its font."""
    told = export("type")
    title = layer(told, "title")["text"]
    assert title["text"] == "LIGHT\nTHE NIGHT"
    assert (title["weight"], title["tracking"], title["leading_px"], title["stroke_px"]) == (900, 50, 26, 2)
    (animator,) = title["animators"]
    assert animator["position"] == {"value": [0, -20]}
    assert animator["fill"] == {"value": [1, 0.5, 0]}
    assert animator["blur"] == {"value": [3]}
    (selector,) = animator["selectors"]
    assert selector["shape"] == "SELECTOR_SHAPE_RAMP_UP"
    assert selector["based_on"] == "TEXT_PART_WORDS"
    assert selector["ease_high"] == {"value": [50]}
    assert [each["value"] for each in selector["offset"]["keyframes"]] == [[-100], [100]]
    name = layer(told, "fan name")
    assert (name["text"]["text"], name["text"]["fit_width_px"], name["text"]["font"]) == (
        "HI {name}!",
        90,
        "fonts/stage.ttf",
    )
    # Centred point text hangs from the middle of its baseline.
    assert name["transform"]["anchor_point"] == {"value": [45, 17]}
    box = layer(told, "box")
    assert (box["text"]["box_width_px"], box["text"]["all_caps"]) == (80, True)
    assert box["transform"]["anchor_point"] == {"value": [40, 20]}
    assert ("title", "Text/Animators/Animator 1/Selectors/Wiggly Selector 1") in lost(told)
    assert ("title", "Text/Animators/Animator 1/Properties/Line Spacing") in lost(told)
    assert ("wish", "Marker") in lost(told)


def test_shapes_come_along(export: Export) -> None:
    """Groups, paths, what changes paths, and paints, in the panel's order."""
    told = export("vectors")
    square, round_ = layer(told, "basic")["shapes"]["items"]
    assert square["group"]["items"][0]["rectangle"] == {"size": {"value": [40, 20]}, "roundness": {"value": [4]}}
    assert square["group"]["transform"]["opacity"] == {"value": [80]}
    assert round_["group"]["items"][0]["ellipse"]["position"] == {"value": [20, 10]}
    star, hexagon, merge, fill = layer(told, "star")["shapes"]["items"]
    assert star["star"]["inner_radius"] == {"value": [9]}
    assert "inner_radius" not in hexagon["star"]
    assert merge["merge"]["mode"] == "MERGE_MODE_SUBTRACT"
    assert fill["fill"]["rule"] == "FILL_RULE_EVEN_ODD"
    assert len(fill["fill"]["animated_color"]["keyframes"]) == 2
    path, trim, stroke = layer(told, "lines")["shapes"]["items"]
    assert path["path"]["path"]["value"]["in_tangents"] == [0, 0, -20, 0, 0, 0]
    assert trim["trim"]["individually"] is True
    assert stroke["stroke"]["dashes"] == [{"value": [10]}, {"value": [4]}]
    assert (stroke["stroke"]["cap"], stroke["stroke"]["join"]) == ("LINE_CAP_ROUND", "LINE_JOIN_BEVEL")
    kinds = [next(key for key in item if key != "name") for item in layer(told, "changed")["shapes"]["items"]]
    changes = ["round_corners", "pucker_bloat", "zig_zag", "twist", "offset", "repeater"]
    assert kinds == ["rectangle", *changes, "fill"]
    assert layer(told, "changed")["shapes"]["items"][6]["repeater"]["above"] is True
    assert lost(told) == {
        ("not here", "Contents/Wiggle Paths 1"),
        ("not here", "Contents/Gradient Fill 1"),
        ("not here", "Contents/Multiplied/Blend Mode"),
    }


def test_effects_come_along(export: Export) -> None:
    """Each effect of the table is one of the contract's; others, and values that a shot has not, are named."""
    told = export("effects")
    names = [effect for each in shot(told)["layers"] for made in each.get("effects", []) for effect in made]
    assert len(set(names)) == 31
    assert set(names) <= {field.name for field in Effect.DESCRIPTOR.fields}
    one = {next(iter(each["effects"][0])): each["effects"][0] for each in shot(told)["layers"][:31]}
    assert one["gaussian_blur"]["gaussian_blur"] == {"radius_px": {"value": [9]}}
    assert one["echo"]["echo"]["time_frames"] == -3
    assert one["posterize_time"]["posterize_time"] == {"hold_frames": 2}
    assert one["displacement_map"]["displacement_map"]["layer"] == "2 directional_blur"
    assert one["stroke"]["stroke"]["mask"] == "edge" or "mask" not in one["stroke"]["stroke"]
    moving = layer(told, "moving")["effects"]
    assert [next(iter(each)) for each in moving] == ["gaussian_blur", "tint", "mosaic", "transform"]
    assert moving[3]["transform"]["transform"]["scale"] == {"value": [150, 50]}
    assert layer(told, "adjusts")["adjustment"] == {}
    assert lost(told) == {
        ("12 turbulent_noise", "Effects/turbulent_noise"),
        ("moving", "Effects/Gaussian Blur/Blur Dimensions"),
        ("moving", "Effects/Tint/Map Black To"),
        ("moving", "Effects/Warp"),
        ("moving", "Effects/Mosaic/Compositing Options/Effect Opacity"),
    }


def test_files_are_copied_once_under_names_of_their_own(export: Export, sources: Path) -> None:
    """Two files of one name stay two; one file shown twice is one; times of clips are frames."""
    told = export("files")
    folder = told["folder"]
    assert sorted(path.name for path in (folder / "art").iterdir()) == ["bild_gr_e.png", "bild_gr_e_2.png"]
    assert sorted(path.name for path in (folder / "footage").iterdir()) == ["clip.mp4", "ntsc.mp4"]
    assert (folder / "art/bild_gr_e_2.png").read_text() == "more/Bild Größe.PNG"
    assert layer(told, "still")["image"] == layer(told, "still again")["image"] == {"path": "art/bild_gr_e.png"}
    assert layer(told, "twin")["image"] == {"path": "art/bild_gr_e_2.png"}
    assert layer(told, "clip")["footage"]["start_frame"] == 12
    slow = layer(told, "slow")["time_remap"]["keyframes"]
    assert [(each["frame"], each["value"]) for each in slow] == [(0, [-3]), (48, [21])]
    backwards = layer(told, "backwards")["time_remap"]["keyframes"]
    assert [each["value"] for each in backwards] == [[48], [0]]
    frozen = layer(told, "frozen")["time_remap"]["keyframes"]
    assert [(each["value"], each.get("hold")) for each in frozen] == [([0], None), ([36], True), ([12], None)]
    assert layer(told, "loop")["precomp"]["start_frame"] == -12
    for name in ("psd", "lost", "placeholder"):
        assert layer(told, name)["null"] == {}
    assert lost(told) == {
        ("off beat", "Start Time"),
        ("ntsc", "Source/Pixel Aspect Ratio"),
        ("ntsc", "Source/Alpha"),
        ("ntsc", "Source/Frame Rate"),
        ("ntsc", "Source/Loop"),
        ("psd", "Source"),
        ("lost", "Source"),
        ("placeholder", "Source"),
    }


def test_markers_make_slots(export: Export) -> None:
    """An avatar with its dance, light and moving camera; a band member; a portrait in a window; mistakes by name."""
    told = export("slots")
    staging = layer(told, "fan")["avatar"]["staging"]
    assert (staging["dance"], staging["sings"], staging["microphone"]) == ("sing_close", True, True)
    assert staging["key_light"] == {"red": 255, "green": 244, "blue": 230}
    assert [each["value"] for each in staging["camera_position"]["keyframes"]] == [[0, 1.05, 2.6], [0, 1.2, 2]]
    assert staging["camera_position"]["keyframes"][1]["frame"] == 24
    assert staging["dances"] == [{"frame": 24, "dance": "pose_heart"}]
    assert layer(told, "juno")["avatar"]["recipe"] == "recipes/juno.json"
    portrait, window = layer(told, "portrait"), layer(told, "portrait window")
    assert portrait["parent"] == "portrait window"
    assert portrait["matte"] == {"kind": "MATTE_KIND_ALPHA", "layer": "portrait window"}
    assert portrait["blend_mode"] == "BLEND_MODE_SCREEN"
    assert portrait["avatar"]["staging"]["expression"] == "smile"
    assert portrait["transform"]["scale"]["value"] == pytest.approx([100 * 50 / 96] * 2, abs=1e-3)
    assert (window["solid"]["width"], window["transform"]["rotation"]) == (40, {"value": [-8]})
    assert shot(told)["id"] == "fan_card"
    assert {place for place, _ in lost(told)} == {"juno", "odd", "wrong", "nobody"}


def test_everything_that_is_dropped_is_named(export: Export) -> None:
    """Styles, switches, paths of text, options nobody reads: each by layer and property, with a reason."""
    told = export("losses")
    assert lost(told) == {
        ("", "Pixel Aspect Ratio"),
        ("styled", "Layer Styles/Drop Shadow"),
        ("styled", "Layer Styles/Stroke"),
        ("blurs", "Motion Blur"),
        ("grown", "Contents/Rim"),
        ("collapsed", "Blending Mode"),
        ("inner fan", "Marker"),
        ("blended", "Frame Blending"),
        ("deep", "Environment Layer"),
        ("deep", "Material Options/Light Transmission"),
        ("on a path", "Auto-Orient"),
        ("on a path", "Text/Path Options/Path"),
        ("on a path", "Text/More Options/Anchor Point Grouping"),
    }
    assert {("guide", "Guide Layer"), ("blurs", "Effects/Stroke")} <= lost(told, "note")
    assert "solid" in shot(told)["compositions"][0]["layers"][0], "a slot in a composition inside stays what it was"
    assert "guide" not in [each["name"] for each in shot(told)["layers"]]
    assert layer(told, "blended")["preserve_transparency"] is True


def test_a_strict_export_writes_nothing_that_lost_something(export: Export) -> None:
    """The report is there, the shot and the files are not; a clean composition is written whole."""
    told = export("files", "--strict")
    assert told["ok"] is False
    assert [path.name for path in told["folder"].rglob("*") if path.is_file()] == ["files.losses.json"]
    told = export("clean", "--strict")
    assert told["ok"] is True
    assert sorted(path.name for path in (told["folder"] / "shots").iterdir()) == [
        "clean_shot.json",
        "clean_shot.losses.json",
    ]


def test_the_panel_exports_what_is_chosen(export: Export) -> None:
    """Pressed too early it says what is missing; then it lists every loss with layer, property and reason."""
    told = export("type", "--panel")
    assert told["compositions"] == ["Type"]
    assert told["nothing"] == "choose the campaign folder"
    assert told["summary"] == "1 shots, 8 losses"
    assert ["lost", "Type / wish", "Marker", "fans are asked for no message yet; the text stays as it is"] in told[
        "rows"
    ]
    assert (told["folder"] / "shots" / "type.json").is_file()
