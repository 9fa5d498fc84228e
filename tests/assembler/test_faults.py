"""Each fault of a campaign is named with its file, its layer and its property, before anything is drawn."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from PIL import Image

from media.probe import Picture
from media.profile import Profile
from services.assembler.campaign import Fault
from services.assembler.faults import cuts, inspect
from services.assembler.service import read_campaign, read_library
from tests.assembler.conftest import as_bytes, flac, segment, tiny_campaign

LIBRARY = read_library()


def faults(files: dict[str, Any]) -> list[Fault]:
    """Everything that is wrong."""
    return read_campaign(as_bytes(files), LIBRARY)[1]


def test_nothing_is_wrong_with_a_good_campaign() -> None:
    """The tiny campaign passes, and its timeline is exact."""
    documents, found = read_campaign(as_bytes(tiny_campaign()), LIBRARY)

    assert found == []
    assert documents is not None
    timeline = [(cut.id, cut.personal, cut.start_frame, cut.first_frame, cut.frames) for cut in cuts(documents)]
    assert timeline == [("intro", False, 0, 0, 12), ("close", True, 12, 6, 24), ("outro", False, 36, 12, 12)]


Change = Callable[[dict[str, Any]], None]


def put(path: str, *keys: str | int, value: Any) -> Change:
    """A change of one value in one document."""

    def change(files: dict[str, Any]) -> None:
        place = files[path]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def file(path: str, content: Any) -> Change:
    """A change of a whole file."""

    def change(files: dict[str, Any]) -> None:
        files[path] = content

    return change


def without(path: str) -> Change:
    """A file that is not there."""

    def change(files: dict[str, Any]) -> None:
        del files[path]

    return change


FAN, BAND, CAMPAIGN = "shots/fan.yaml", "shots/band.yaml", "campaign.yaml"
KEYS = {"keyframes": [{"frame": 4, "value": [1]}, {"frame": 4, "value": [2]}]}


@pytest.mark.parametrize(
    ("change", "file_", "where", "why"),
    [
        (put(CAMPAIGN, "cuts", 0, "kind", value="CUT_KIND_PERSONAL"), CAMPAIGN, "cuts[0].kind", "nothing of the fan"),
        (put(CAMPAIGN, "cuts", 1, "kind", value="CUT_KIND_FIXED"), CAMPAIGN, "cuts[1].kind", "shows the fan"),
        (put(CAMPAIGN, "cuts", 0, "frames", value=25), CAMPAIGN, "cuts[0]", "frames 0 to 25"),
        (put(CAMPAIGN, "cuts", 2, "id", value="intro"), CAMPAIGN, "cuts", "'intro' is there 2 times"),
        (put(CAMPAIGN, "cuts", 0, "shot", value="shots/x.yaml"), CAMPAIGN, "cuts[0].shot", "shots/x.yaml is not"),
        (put(CAMPAIGN, "cuts", value=[]), CAMPAIGN, "cuts", "at least 1"),
        (put(CAMPAIGN, "poster_frame", value=48), CAMPAIGN, "poster_frame", "48 lies beyond the film's 48 frames"),
        (put(CAMPAIGN, "title", value=""), CAMPAIGN, "title", "at least 1"),
        (put(CAMPAIGN, "tittle", value="x"), CAMPAIGN, "", "tittle"),
        (put(CAMPAIGN, "profile", "width", value=161), CAMPAIGN, "profile.width", "161 is odd"),
        (
            put(CAMPAIGN, "outputs", value=[{"id": "square", "width": 97, "height": 96}]),
            CAMPAIGN,
            "outputs[0].width",
            "97 is odd",
        ),
        (
            put(CAMPAIGN, "outputs", value=[{"id": "a", "width": 96, "height": 48, "codec": "VIDEO_CODEC_HEVC"}]),
            CAMPAIGN,
            "outputs[0].height",
            "48 is too small for HEVC",
        ),
        (
            put(CAMPAIGN, "outputs", value=[{"id": "a", "width": 96, "height": 96}] * 2),
            CAMPAIGN,
            "outputs",
            "'a' is there 2 times",
        ),
        (
            put(CAMPAIGN, "outputs", value=[{"id": "a", "width": 96, "height": 96, "focus_y": 1.5}]),
            CAMPAIGN,
            "outputs[0].focus_y",
            "less than or equal to 1",
        ),
        (put(CAMPAIGN, "profile", "height", value=160), FAN, "", "160x284 has not the film's shape"),
        (put(CAMPAIGN, "song", "take_end_samples", value=96_001), CAMPAIGN, "song", "not within 96000"),
        (put(CAMPAIGN, "recipe_rules", value="rules.yaml"), CAMPAIGN, "recipe_rules", "rules.yaml is not"),
        (put(CAMPAIGN, "parts", value=["parts/cap.glb"]), CAMPAIGN, "parts[0]", "parts/cap.glb is not in the campaign"),
        (put(CAMPAIGN, "parts", value=["parts/cap.gltf"]), CAMPAIGN, "parts[0]", "pattern"),
        (put(CAMPAIGN, "parts", value=["parts/Cap 1.glb"]), CAMPAIGN, "parts[0]", "pattern"),
        (put(CAMPAIGN, "parts", value=["../cap.glb"]), CAMPAIGN, "parts[0]", "pattern"),
        (put(CAMPAIGN, "parts", value=["a/cap.glb"] * 2), CAMPAIGN, "parts", "unique"),
        (file(CAMPAIGN, b"id: [\n"), CAMPAIGN, "", "line 2"),
        (file(CAMPAIGN, b"- 1"), CAMPAIGN, "", "list"),
        (file(CAMPAIGN, b""), CAMPAIGN, "", "NoneType"),
        (file(CAMPAIGN, b"[" * 100_000), CAMPAIGN, "", "nested more than"),
        (file(CAMPAIGN, b"a: &a [1]\nb: &b [*a, *a]\n" + b"x: !!python/object:os.x {}"), CAMPAIGN, "", "constructor"),
        (without("song/all.flac"), CAMPAIGN, "song.stems[0]", "song/all.flac is not in the campaign"),
        (file("voice.yaml", b"chain: ["), "voice.yaml", "", "is no YAML: line 1|is no YAML: line 2"),
        (without("voice.yaml"), CAMPAIGN, "voice_chain", "voice.yaml is not"),
        (put(CAMPAIGN, "song", "band_melody", value="b.json"), CAMPAIGN, "song.band_melody", "b.json is not"),
        (put(CAMPAIGN, "song", "band_melody", value="recipes/mika.json"), "recipes/mika.json", "", "no field named"),
        (file("song/all.flac", flac(95_999)), "song/all.flac", "", "95999 samples; the film's 48 frames have 96000"),
        (file("song/all.flac", flac(96_000)[:200]), "song/all.flac", "", "samples|no sound file"),
        (file("song/all.flac", b"noise"), "song/all.flac", "", "no sound file"),
        (file("song/guide.flac", flac(96_000)), "song/guide.flac", "", "2 channels, not 1"),
        (file("song/guide.flac", flac(96_000, channels=1, rate_hz=44_100)), "song/guide.flac", "", "44100 samples"),
        (file("song/melody.json", b"notes: [{midi: 60}]"), "song/melody.json", "", "is no JSON"),
        (file("song/melody.json", {"notes": []}), "song/melody.json", "notes", "at least 1"),
        (file("recipes/mika.json", {"parts": {"hair": "wig_of_gold"}}), "recipes/mika.json", "parts.hair", "wig_of"),
        (without("recipes/mika.json"), BAND, "layer 'mika', avatar.recipe", "recipes/mika.json is not"),
        (put(FAN, "layers", 3, "name", value="night"), FAN, "layers", "'night' is there 2 times"),
        (put(FAN, "layers", 3, "parent", value="ghost"), FAN, "layer 'lamp', parent", "no layer 'ghost'"),
        (put(FAN, "layers", 3, "parent", value="lamp"), FAN, "layer 'lamp', parent", "depends on this layer"),
        (
            put(FAN, "layers", 3, "matte", value={"kind": "MATTE_KIND_LUMA", "layer": "look"}),
            FAN,
            "layer 'lamp', matte",
            "'look' draws nothing",
        ),
        (put(FAN, "layers", 3, "out_frame", value=0), None, "", ""),
        (put(FAN, "layers", 1, "out_frame", value=5), FAN, "layer 'name', out_frame", "ends at 5"),
        (put(FAN, "layers", 3, "transform", value={"opacity": KEYS}), FAN, "layer 'lamp', transform.opacity", "at 4"),
        (
            put(FAN, "layers", 3, "transform", value={"position": {"value": [1]}}),
            FAN,
            "layer 'lamp', transform.position",
            "1 numbers, not 2 or 3",
        ),
        (
            put(FAN, "layers", 3, "transform", value={"x_rotation": {"value": [1]}}),
            FAN,
            "layer 'lamp', transform.x_rotation",
            "3D layers only",
        ),
        (
            put(FAN, "layers", 3, "transform", value={"rotation": {"value": ["NaN"]}}),
            FAN,
            "layer 'lamp', transform.rotation",
            "no finite number",
        ),
        (
            put(FAN, "layers", 2, "avatar", "staging", "dance", value="tango"),
            FAN,
            "layer 'fan', avatar.staging.dance",
            "no dance 'tango'",
        ),
        (
            put(FAN, "layers", 0, "effects", 0, "vignete", value={}),
            FAN,
            "layer 'look', effects[0]",
            "no effect 'vignete', only bloom, brightness_contrast, .*, vignette, wave_warp",
        ),
        (put(FAN, "layers", 3, "solid", "width", value=0), FAN, "layer 'lamp', solid.width", "greater than 0"),
        (put(FAN, "layers", 3, "solid", "heigth", value=9), FAN, "layer 'lamp', solid", "no field of Solid 'heigth'"),
        (
            put(FAN, "layers", 3, "blend_mode", value="BLEND_MODE_GLOW"),
            FAN,
            "layer 'lamp', blend_mode",
            "BLEND_MODE_GLOW is none of BlendMode",
        ),
        (put(FAN, "layers", 1, "text", "text", value="x" * 401), FAN, "layer 'name', text.text", "at most 400"),
        (put(FAN, "layers", 1, "text", "size_px", value=2001), FAN, "layer 'name', text.size_px", "2000"),
        (put(FAN, "width", value=100_000), FAN, "width", "8192"),
        (put(FAN, "camera", value={"position": {"value": [1, 2]}}), FAN, "camera.position", "2 numbers, not 3"),
        (put(FAN, "height", value=285), FAN, "height", "285 is odd"),
    ],
)
def test_a_fault_is_named_with_its_place(change: Change, file_: str | None, where: str, why: str) -> None:
    """One thing is wrong, and the first fault says which file, which layer, which property and why."""
    files = tiny_campaign()
    change(files)
    found = faults(files)

    if file_ is None:
        assert found == []
        return
    assert any(fault.file == file_ and fault.where == where for fault in found), [str(fault) for fault in found]
    assert any(re.search(why, fault.why) for fault in found if fault.file == file_), [str(fault) for fault in found]


INNER = {"id": "Badge", "width": 40, "height": 40, "frames": 24}
SOLID = {"width": 10, "height": 10, "color": {}}


def inner(*layers: Any, **more: Any) -> Any:
    return {**INNER, "layers": list(layers), **more}


def layers(*first: Any, **shot: Any) -> Change:
    """Layers on top of a shot, and other fields of it."""

    def change(files: dict[str, Any]) -> None:
        files[FAN]["layers"] = [*first, *files[FAN]["layers"]]
        files[FAN] |= shot

    return change


def named(name: str, **more: Any) -> Any:
    """A small solid with whatever is to be wrong."""
    return {"name": name, "solid": SOLID, **more}


def showing(composition: str, name: str = "shows", **more: Any) -> Any:
    return {"name": name, "precomp": {"composition": composition}, **more}


def picture(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height)).save(target, "PNG")
    return target.getvalue()


SQUARE, TRIANGLE = [0, 0, 9, 0, 9, 9, 0, 9], [0, 0, 9, 0, 9, 9]
MASK = {"path": {"value": {"vertices": SQUARE, "closed": True}}}
MORPH = {"keyframes": [{"frame": 0, "value": {"vertices": SQUARE}}, {"frame": 9, "value": {"vertices": TRIANGLE}}]}


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        (layers(showing("ghost")), "layer 'shows', precomp.composition", "no composition 'ghost'"),
        (
            layers(showing("A"), compositions=[inner(showing("B"), id="A"), inner(showing("A", "back"), id="B")]),
            "composition 'B', layer 'back', precomp.composition",
            "contains itself: B > A > B",
        ),
        (
            layers(showing("A"), compositions=[inner(showing("A", "me"), id="A")]),
            "composition 'A', layer 'me', precomp.composition",
            "contains itself: A > A",
        ),
        (layers(showing("A"), compositions=[inner(named("x"), id="A")] * 2), "compositions", "'A' is there 2 times"),
        (
            layers(showing("A"), compositions=[inner(named("x", parent="y"), id="A")]),
            "composition 'A', layer 'x', parent",
            "no layer 'y'",
        ),
        (
            layers(showing("A"), compositions=[inner({"name": "p", "image": {"path": "art/no.png"}}, id="A")]),
            "composition 'A', layer 'p', image.path",
            "art/no.png is not in the campaign",
        ),
        (layers(camera={"parent": "ghost"}), "camera, parent", "no layer 'ghost'"),
        (layers(lights=[{"kind": "LIGHT_KIND_SPOT", "position": {"value": [1, 2]}}]), "lights[0].position", "not 3"),
        (layers(named("x", masks=[{"path": MORPH}])), "layer 'x', masks[0].path", "3 and 4 vertices"),
        (
            layers(named("x", masks=[{"path": {"value": {"vertices": [1, 2, 3]}}}])),
            "layer 'x', masks[0].path",
            "not 3 numbers",
        ),
        (
            layers(named("x", masks=[{**MASK, "feather": {"value": [1, 2, 3]}}])),
            "layer 'x', masks[0].feather",
            "3 numbers, not 1 or 2",
        ),
        (
            layers(named("x", effects=[{"displacement_map": {"layer": "ghost"}}])),
            "layer 'x', effects[0].displacement_map.layer",
            "no layer 'ghost'",
        ),
        (
            layers(named("x", masks=[MASK], effects=[{"stroke": {"mask": "rim"}}])),
            "layer 'x', effects[0].stroke.mask",
            "no mask 'rim'",
        ),
        (layers(named("x", effects=[{"stroke": {}}])), "layer 'x', effects[0].stroke", "it has none"),
        (
            layers({"name": "x", "adjustment": {}, "effects": [{"echo": {"echoes": 2}}]}),
            "layer 'x', effects[0].echo",
            "does nothing on adjustment layers",
        ),
        (
            layers(named("x", effects=[{"twirl": {"center": {"value": [1]}}}])),
            "layer 'x', effects[0].twirl.center",
            "1 numbers, not 2 or 3",
        ),
        (
            layers(named("x", effects=[{"glow": {"radius": KEYS}}])),
            "layer 'x', effects[0].glow.radius",
            "keyframe at 4 comes after",
        ),
        (layers(named("x", time_remap={"value": [3]})), "layer 'x', time_remap", "not for solid layers"),
        (layers(named("x", collapse=True)), "layer 'x', collapse", "is for compositions"),
        (
            layers(showing("A", collapse=True, masks=[MASK]), compositions=[inner(named("x"), id="A")]),
            "layer 'shows', masks",
            "a collapsed composition has none",
        ),
        (layers(named("x", material={"casts_shadows": True})), "layer 'x', material", "3D layers only"),
        (
            layers({"name": "x", "solid": {**SOLID, "width": 40_000}}),
            "layer 'x', solid.width",
            "40000 pixels are absurd",
        ),
        (layers(named("x", transform={"scale": {"value": [2e6, 1]}})), "layer 'x', transform.scale", "absurd"),
        (
            layers({"name": "x", "text": {"text": "wide " * 70, "size_px": 400}}),
            "layer 'x', text.size_px",
            "350 letters of 400 pixels are about 84000 wide; set fit_width_px",
        ),
        (
            layers({"name": "x", "shapes": {"items": [{"name": "r", "rectangle": {"size": {"value": [1, 2, 3]}}}]}}),
            "layer 'x', shapes.items[0].rectangle.size",
            "3 numbers, not 1 or 2",
        ),
    ],
)
def test_a_fault_of_the_edit_is_named_with_its_place(change: Change, where: str, why: str) -> None:
    """In compositions, masks, effects, shapes, cameras and lights too: the layer, the property, the reason."""
    files = tiny_campaign()
    change(files)
    found = [fault for fault in faults(files) if fault.file == FAN]

    assert where in [fault.where for fault in found], [str(fault) for fault in faults(files)]
    assert any(re.search(why, fault.why) for fault in found if fault.where == where), [str(fault) for fault in found]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no picture", "is no picture that can be decoded"),
        (picture(8_200, 16), "is 8200x16; pages hold 8192 a side"),
        (picture(40, 30), ""),
    ],
)
def test_a_picture_that_no_page_can_hold_is_named(content: bytes, why: str) -> None:
    """Damaged or too large."""
    files = tiny_campaign()
    files["art/a.png"] = content
    layers({"name": "x", "image": {"path": "art/a.png"}})(files)
    found = "; ".join(map(str, faults(files)))

    assert bool(found) == bool(why)
    assert why in found


def test_pictures_that_together_fill_a_card_are_named() -> None:
    """The sum counts, each picture once, and the largest is named."""
    files = tiny_campaign()
    names = [f"art/{number % 4}.png" for number in range(8)]
    files |= dict.fromkeys(names, picture(16, 16))
    layers(*({"name": f"p{number}", "image": {"path": path}} for number, path in enumerate(names)))(files)
    documents, found = read_campaign(as_bytes(files), LIBRARY)
    assert documents is not None
    assert found == []
    large = {path: Picture("png", 8_000 + (path == "art/2.png"), 8_000) for path in names}

    (fault,) = inspect(dataclasses.replace(documents, pictures=large), LIBRARY)
    assert (fault.file, fault.where) == (FAN, "layers")
    assert fault.why == "its pictures take 976 MiB, at most 768; art/2.png is the largest"


def test_a_remapped_clip_is_held_to_its_frames() -> None:
    """What counts is what the remap shows, not where the layer lies."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = segment(0, 20)
    remap = {"keyframes": [{"frame": 0, "value": [19]}, {"frame": 47, "value": [0]}]}
    files[FAN]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4"}, "time_remap": remap}
    assert faults(files) == []
    remap["keyframes"][0]["value"] = [20]
    assert [fault.where for fault in faults(files)] == ["layer 'crowd', time_remap"]


@pytest.mark.parametrize(
    ("effect", "first_frame", "more", "apart"),
    [
        ({"echo": {"time_frames": -2, "echoes": 3}}, 6, {}, True),
        ({"echo": {"time_frames": -2, "echoes": 3}}, 0, {}, False),
        ({"echo": {"time_frames": -2, "echoes": 3}}, 6, {"in_frame": 6}, False),
        ({"echo": {"time_frames": 2, "echoes": 3}}, 6, {"in_frame": 6}, True),
        ({"echo": {"time_frames": 2, "echoes": 3}}, 6, {"out_frame": 30}, False),
        ({"posterize_time": {"hold_frames": 4}}, 6, {}, True),
        ({"posterize_time": {"hold_frames": 3}}, 6, {}, False),
    ],
)
def test_an_effect_that_looks_at_other_frames_is_not_cut_apart(
    effect: Any, first_frame: int, more: Any, apart: bool
) -> None:
    """At the cut an echo would lose its trail and frames be held from there; in a composition they keep their time."""
    files = tiny_campaign()
    files["campaign.yaml"]["cuts"][1]["first_frame"] = first_frame
    layers({**named("trail", **more), "effects": [effect]})(files)
    found = "; ".join(map(str, faults(files)))

    assert ("campaign.yaml: cuts[1]: " in found and "part 'trail', whose " in found) == apart, found
    layers()(files)
    files[FAN]["layers"][0] = {"name": "trails", "precomp": {"composition": "Badge"}}
    files[FAN]["compositions"] = [inner({**named("trail"), "effects": [effect]}, frames=48)]
    assert faults(files) == []


def test_every_fault_is_named_not_only_the_first() -> None:
    """A designer mends a campaign in one go."""
    files = tiny_campaign()
    put(FAN, "layers", 3, "parent", value="ghost")(files)
    put(BAND, "layers", 0, "avatar", "staging", "dance", value="tango")(files)
    put(CAMPAIGN, "song", "take_end_samples", value=96_001)(files)

    assert {fault.file for fault in faults(files)} == {FAN, BAND, CAMPAIGN}


def test_a_cycle_of_parents_is_named_for_each_of_its_layers() -> None:
    """Two layers that carry each other."""
    files = tiny_campaign()
    put(FAN, "layers", 3, "parent", value="night")(files)
    put(FAN, "layers", 4, "parent", value="lamp")(files)

    assert [fault.where for fault in faults(files)] == ["layer 'lamp', parent", "layer 'night', parent"]


@pytest.mark.parametrize(
    ("content", "start_frame", "why"),
    [
        (b"no video", 0, "no video file"),
        (segment(0, 60), 0, ""),
        (segment(0, 40), 0, "frames 0 to 48 .* which has 40"),
        (segment(0, 60), 13, "frames 13 to 61 .* which has 60"),
        (segment(0, 60), -1, "frames -1 to 47"),
    ],
)
def test_footage_must_reach_over_the_frames_it_is_shown_on(content: bytes, start_frame: int, why: str) -> None:
    """A clip that is damaged or too short is named with what is used of it."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = content
    files[FAN]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4", "start_frame": start_frame}}
    found = "; ".join(map(str, faults(files)))

    assert bool(found) == bool(why)
    assert re.search(why, found)


@pytest.mark.parametrize(
    ("percent", "start_frame", "why"),
    [
        (200, 0, ""),
        (200, 1, "frames 1 to 25 .* which has 24"),
        (150, 0, "frames 0 to 32 .* which has 24"),
        (-200, 23, ""),
        (-200, 22, "frames -2 to 23"),
        (-200, 24, "frames 0 to 25"),
    ],
)
def test_slower_footage_is_held_to_its_frames(percent: int, start_frame: int, why: str) -> None:
    """At half its speed a clip of 24 frames fills a shot of 48, forwards and backwards, and no other start does."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = segment(0, 24)
    footage = {"path": "art/crowd.mp4", "start_frame": start_frame}
    files[FAN]["layers"][4] = {"name": "crowd", "footage": footage, "stretch_percent": percent}
    found = "; ".join(map(str, faults(files)))

    assert bool(found) == bool(why), found
    assert re.search(why, found)


def test_footage_of_another_rate_is_named() -> None:
    """Frames are shown one for one, so the rates must be equal."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = segment(0, 60, Profile(64, 64, Fraction(25)))
    files[FAN]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4"}}

    assert [fault.why for fault in faults(files)] == ["art/crowd.mp4 has 25 frames per second, not 24"]


def test_aliases_that_stand_for_billions_of_values_are_refused() -> None:
    """Nine lines of YAML can describe a list of a billion."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    files = tiny_campaign()
    files[CAMPAIGN] = "\n".join(lines).encode()

    assert "stand for more than" in str(faults(files)[0])
