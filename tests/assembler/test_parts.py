"""A personal shot is parted in time where nothing of the fan is seen, and each part shows what the whole showed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from services.assembler.press import Json, Part, dependents, every_layer, fold, parts, rebase, shows_fan
from tests.assembler.test_press import fan, names, shot, solid, title


def runs(*layers: Json, **more: Any) -> list[tuple[int, int, bool]]:
    """First frame, length and whether it is personal, of every part of a shot of 48 frames."""
    return [(part.first_frame, part.frames, part.personal) for part in parts({**shot(*layers), **more})]


def faded(*keys: tuple[int, float], hold: bool = False) -> Json:
    """A transform whose opacity goes through these values."""
    frames = [{"frame": frame, "value": [value], **({"hold": True} if hold else {})} for frame, value in keys]
    return {"opacity": {"keyframes": frames}}


WALL = solid("wall")


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([fan(), WALL], [(0, 48, True)]),
        ([fan(in_frame=12), WALL], [(0, 12, False), (12, 36, True)]),
        ([fan(in_frame=10, out_frame=30), WALL], [(0, 10, False), (10, 20, True), (30, 18, False)]),
        (
            [fan(out_frame=12), title(in_frame=30), WALL],
            [(0, 12, True), (12, 18, False), (30, 18, True)],
        ),
        ([fan(out_frame=20), title(in_frame=10), WALL], [(0, 48, True)]),
        ([fan(in_frame=3, out_frame=45), WALL], [(0, 48, True)]),
        ([fan(out_frame=20), title(in_frame=23), WALL], [(0, 48, True)]),
        ([fan(transform=faded((0, 0), (20, 0), (26, 100))), WALL], [(0, 20, False), (20, 28, True)]),
        ([fan(transform=faded((10, 100), (20, 0), hold=True)), WALL], [(0, 20, True), (20, 28, False)]),
        ([fan(transform=faded((8, 0), (20, 100))), WALL], [(0, 8, False), (8, 40, True)]),
        ([fan(transform={"scale": {"value": [0, 0]}}), WALL], [(0, 48, False)]),
        ([fan(transform=faded((0, 0), (20, 0), (26, 100)), motion_blur=True), WALL], [(0, 19, False), (19, 29, True)]),
        ([solid("badge", parent="name", in_frame=24), title(in_frame=40), WALL], [(0, 24, False), (24, 24, True)]),
    ],
    ids=[
        "always there",
        "comes",
        "comes and goes",
        "a gap between two",
        "one after the other",
        "too short to part",
        "a gap too short",
        "fades in",
        "held, then gone",
        "nothing before the first key",
        "never of any size",
        "blurred by the shutter",
        "what moves with the name",
    ],
)
def test_frames_without_the_fan_are_fixed(layers: list[Json], found: list[tuple[int, int, bool]]) -> None:
    """In and out points, opacity and size decide; a stretch that is too short stays personal."""
    assert runs(*layers) == found


@pytest.mark.parametrize(
    ("blur", "comes"),
    [({}, 19), ({"shutter_angle_deg": 720, "shutter_phase_deg": 360}, 17), ({"shutter_phase_deg": -180}, 20)],
    ids=["around the frame", "three frames ahead", "behind it"],
)
def test_a_shutter_shows_the_fan_before_their_frame(blur: Json, comes: int) -> None:
    """Their size is zero up to frame 20: as far as the shutter of an earlier frame reaches beyond it, they are seen."""
    scale = {"keyframes": [{"frame": frame, "value": [size, size]} for frame, size in ((0, 0), (20, 0), (26, 90))]}
    whole = {**shot(fan(transform={"scale": scale}, motion_blur=True), WALL), "motion_blur": blur}

    assert [(part.first_frame, part.personal) for part in parts(whole)] == [(0, False), (comes, True)]


@pytest.mark.parametrize(
    "effect", [{"echo": {"count": 3}}, {"posterize_time": {"frames": 4}}], ids=["echo", "posterize time"]
)
def test_effects_that_count_frames_keep_a_shot_whole(effect: Json) -> None:
    """A picture that lingers has no last frame at the layer's out point."""
    assert runs(fan(in_frame=24, effects=[effect]), WALL) == [(0, 48, True)]
    nested = {"compositions": [composition("inner", solid("x", effects=[effect]))]}
    assert runs(fan(in_frame=24), shows("inner"), WALL, **nested) == [(0, 48, True)]


@pytest.mark.parametrize("start", [0, 7, 20])
@pytest.mark.parametrize("stop", [21, 33, 48])
def test_the_parts_are_the_shot(start: int, stop: int) -> None:
    """They follow each other without a gap, alternate, and no fixed part shows the fan in its own range."""
    whole = shot(fan(in_frame=start, out_frame=stop), title(in_frame=12, out_frame=17), WALL)
    found = parts(whole)

    assert [part.first_frame for part in found] == [
        sum(part.frames for part in found[:number]) for number in range(len(found))
    ]
    assert sum(part.frames for part in found) == 48
    assert all(one.personal != other.personal for one, other in pairwise(found))
    for part in found:
        assert bool(shows_fan(rebase(whole, part.first_frame, part.frames))) == part.personal
    assert any(part == Part(part.first_frame, part.frames, personal=True) for part in found)


# --------------------------------------------------------------------------------------------------------------------
# Compositions within compositions


def composition(id_: str, *layers: Json) -> Json:
    """A composition that a layer may show."""
    return {"id": id_, "width": 160, "height": 284, "frames": 48, "layers": list(layers)}


def shows(id_: str, **more: Any) -> Json:
    """A layer that shows a composition."""
    return {"name": f"shows {id_}", "precomp": {"composition": id_}, **more}


def test_a_composition_with_the_fan_is_personal_however_deep() -> None:
    """The layer that shows a composition that shows a composition with the name in it."""
    inner = [composition("outer", shows("deep")), composition("deep", title()), composition("band", solid("sign"))]
    whole = {**shot(shows("outer"), shows("band"), WALL), "compositions": inner}

    assert dependents(whole) == {"shows outer"}
    assert shows_fan(whole) == ["shows outer"]
    assert {layer["name"] for layer in every_layer(whole)} >= {"name", "sign", "shows deep"}


def test_static_compositions_are_folded_with_what_they_hold() -> None:
    """A composition behind the fan is worth a plate for the layers in it, and leaves with it."""
    inner = [composition("city", solid("a"), solid("b")), composition("fans", fan())]
    result = fold({**shot(shows("fans"), shows("city")), "compositions": inner}, "plates/x.mp4")

    assert result is not None
    assert (names(result.plate), names(result.live)) == (["shows city"], ["shows fans", "plate"])
    assert [each["id"] for each in result.plate["compositions"]] == ["city"]
    assert [each["id"] for each in result.live["compositions"]] == ["fans"]


def test_a_layer_without_opacity_in_the_range_goes() -> None:
    """A flash that comes later is not drawn, nor is a pass for an avatar that cannot be seen."""
    flash = solid("flash", transform=faded((0, 0), (20, 0), (24, 100)))
    whole = shot(flash, fan(transform=faded((0, 100), (9, 0), (10, 0))), WALL)

    assert names(rebase(whole, 0, 12)) == ["fan", "wall"]
    assert names(rebase(whole, 10, 8)) == ["wall"]
    assert names(rebase(whole, 18, 8)) == ["flash", "wall"]


def test_what_reads_the_opacity_below_it_is_never_put_over_a_plate() -> None:
    """A plate is opaque everywhere, and what it replaces was not."""
    for more in ({"preserve_transparency": True}, {"blend_mode": "BLEND_MODE_STENCIL_ALPHA"}):
        assert fold(shot(solid("light", **more), fan(), solid("haze"), WALL), "plates/x.mp4") is None
        below = fold(shot(fan(), solid("light", **more), solid("haze"), WALL), "plates/x.mp4")
        assert below is not None


def test_an_effect_that_reads_the_other_half_keeps_the_shot_whole() -> None:
    """What bends the fan by a layer of the background needs both at once."""
    bent = fan(effects=[{"displacement_map": {"layer": "haze"}}])
    assert fold(shot(bent, solid("haze"), WALL), "plates/x.mp4") is None
    within = solid("water", effects=[{"displacement_map": {"layer": "haze"}}])
    result = fold(shot(fan(), within, solid("haze"), WALL), "plates/x.mp4")
    assert result is not None
    assert result.layers == ("water", "haze", "wall")
    assert dependents(shot(fan(), solid("x", effects=[{"displacement_map": {"layer": "fan"}}]))) == {"fan", "x"}


def test_cameras_and_lights_keep_what_carries_them() -> None:
    """A null that a light hangs on is in both halves, though no layer names it."""
    rig: Json = {"name": "rig", "null": {}}
    whole = {**shot(fan(), solid("haze"), WALL, rig), "lights": [{"kind": "LIGHT_KIND_SPOT", "parent": "rig"}]}
    result = fold(whole, "plates/x.mp4")

    assert result is not None
    assert "rig" in names(result.plate)
    assert "rig" in names(result.live)
    assert "rig" in names(rebase(whole, 10, 10))


def test_a_range_moves_what_is_shown_and_leaves_compositions_their_own_time() -> None:
    """Precomps begin further in; a slower source is given its frames by a straight line; inner keyframes stay."""
    keys = {"keyframes": [{"frame": 4, "value": [0]}, {"frame": 9, "value": [100]}]}
    inner = [composition("city", solid("a", transform={"opacity": keys}))]
    layers = [
        shows("city"),
        {"name": "slow", "footage": {"path": "a.mp4", "start_frame": 3}, "stretch_percent": 200},
        {"name": "back", "footage": {"path": "b.mp4", "start_frame": 90}, "stretch_percent": -100},
        {"name": "mapped", "footage": {"path": "c.mp4", "start_frame": 5}, "time_remap": keys},
    ]
    cut = rebase({**shot(*layers), "compositions": inner}, 5, 20)
    by_name = {layer["name"]: layer for layer in cut["layers"]}

    assert cut["compositions"] == inner
    assert by_name["shows city"]["precomp"]["start_frame"] == 5
    assert [key["value"] for key in by_name["slow"]["time_remap"]["keyframes"]] == [[5.5], [15.5]]
    assert [key["value"] for key in by_name["back"]["time_remap"]["keyframes"]] == [[85.0], [65.0]]
    assert "stretch_percent" not in by_name["slow"]
    assert [key["frame"] for key in by_name["mapped"]["time_remap"]["keyframes"]] == [-1, 4]
    assert by_name["mapped"]["footage"]["start_frame"] == 5
