"""What is personal is found, a range is cut out exactly, and folding moves every layer into the half it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from services.assembler.press import Json, dependents, fold, parts, rebase, shows_fan, span


def solid(name: str, **more: Any) -> Json:
    """A layer that is the same for all fans."""
    return {"name": name, "solid": {"width": 40, "height": 40, "color": {"red": 9}}, **more}


def fan(name: str = "fan", **more: Any) -> Json:
    """The fan's avatar."""
    return {"name": name, "avatar": {"staging": {"dance": "idle_sway"}}, **more}


def title(name: str = "name", **more: Any) -> Json:
    """The fan's name."""
    return {"name": name, "text": {"text": "hello {name}", "size_px": 20}, **more}


def shot(*layers: Json, frames: int = 48) -> Json:
    """A shot of these layers, topmost first."""
    return {"id": "shot", "width": 160, "height": 284, "frames": frames, "layers": list(layers)}


def names(half: Json) -> list[str]:
    """Its layers, topmost first."""
    return [layer["name"] for layer in half["layers"]]


def folded(*layers: Json) -> tuple[list[str], list[str]] | None:
    """Names in the plate and in the live half of a shot of these layers."""
    result = fold(shot(*layers), "plates/x.mp4")
    return (names(result.plate), names(result.live)) if result else None


def test_the_fan_is_found_by_avatar_name_parent_and_matte() -> None:
    """What depends on the fan does so through its own source, or through a parent's or a matte's."""
    layers = [
        fan(),
        {"name": "band", "avatar": {"recipe": "recipes/mika.json"}},
        title(),
        {"name": "plain", "text": {"text": "hello", "size_px": 20}},
        solid("badge", parent="name"),
        solid("glow", parent="badge"),
        solid("cut out", matte={"kind": "MATTE_KIND_ALPHA", "layer": "fan"}),
        solid("wall"),
    ]

    assert dependents(shot(*layers)) == {"fan", "name", "badge", "glow", "cut out"}


def test_a_fan_who_is_never_seen_makes_no_cut_personal() -> None:
    """Outside its in and out points an avatar is not in the picture; as a matte it is only through what it mattes."""
    assert shows_fan(shot(fan(in_frame=48), solid("wall"))) == []
    assert shows_fan(shot(fan(in_frame=47), solid("wall"))) == ["fan"]
    cut_out = solid("wall", matte={"kind": "MATTE_KIND_ALPHA", "layer": "fan"})
    assert shows_fan(shot(fan(), cut_out)) == ["wall"]


def test_an_adjustment_in_the_fans_shape_shows_the_fan() -> None:
    """It draws nothing of its own, yet whoever sees it sees the shape that cuts it out, and when it comes."""
    look = {"name": "look", "adjustment": {}, "effects": [{"invert": {}}], "in_frame": 20}
    lit = shot({**look, "matte": {"kind": "MATTE_KIND_ALPHA", "layer": "fan"}}, fan(), solid("wall"), solid("floor"))

    assert shows_fan(lit) == ["look"]
    assert [(part.first_frame, part.personal) for part in parts(lit)] == [(0, False), (20, True)]
    assert shows_fan(shot(look, solid("wall"))) == []


def test_what_a_camera_on_the_fans_name_looks_at_depends_on_the_name() -> None:
    """The camera moves with the middle of the text, and with it every layer in 3D; flat ones stay where they are."""
    near, flat = solid("near", three_d=True), solid("flat")
    for filming in ({"camera": {"parent": "name"}}, {"lights": [{"kind": "LIGHT_KIND_SPOT", "parent": "name"}]}):
        assert dependents({**shot(title(in_frame=48), near, flat), **filming}) == {"name", "near"}


def test_the_lowest_static_layers_become_one_plate() -> None:
    """Everything below the fan is folded, everything above stays, and the plate lies at the bottom."""
    assert folded(solid("flare"), fan(), solid("haze"), solid("wall")) == (["haze", "wall"], ["flare", "fan", "plate"])


def test_the_plate_layer_fills_the_composition_and_names_its_file() -> None:
    """Drawn at the film's size, shown at the composition's."""
    result = fold(shot(fan(), solid("haze"), solid("wall")), "plates/close.mp4")

    assert result is not None
    assert result.live["layers"][-1] == {
        "name": "plate",
        "footage": {"path": "plates/close.mp4", "width": 160, "height": 284},
    }
    assert result.layers == ("haze", "wall")
    assert "plate" in result.plate["id"]


@pytest.mark.parametrize(
    "layers",
    [
        [fan()],
        [solid("wall"), fan()],
        [fan(), solid("wall")],
        [solid("haze"), solid("wall")],
    ],
    ids=["only the fan", "nothing below", "one cheap layer", "no fan"],
)
def test_nothing_is_folded_where_nothing_is_gained(layers: list[Json]) -> None:
    """A single plain layer is cheaper drawn than decoded; without a fan the cut is not personal."""
    assert folded(*layers) is None


def test_one_layer_with_an_effect_is_worth_a_plate() -> None:
    """A blur of a wall is drawn once for all fans."""
    blurred = solid("wall", effects=[{"gaussian_blur": {"radius_px": {"value": [9]}}}])

    assert folded(fan(), blurred) == (["wall"], ["fan", "plate"])


def test_an_adjustment_belongs_to_the_plate_only_below_the_fan() -> None:
    """It acts on everything under it: over static layers it is static, over the fan it is not."""
    low, high = {"name": "low", "adjustment": {}}, {"name": "high", "adjustment": {}}

    assert folded(high, fan(), low, solid("haze"), solid("wall")) == (
        ["low", "haze", "wall"],
        ["high", "fan", "plate"],
    )


def test_neighbouring_3d_layers_are_never_parted() -> None:
    """They are sorted by depth as one group, so what is listed below the fan may be in front of them."""
    deep: Json = {"three_d": True}
    layers = [fan(**deep), solid("sign", **deep), solid("crowd", **deep), solid("haze"), solid("wall")]

    assert folded(*layers) == (["haze", "wall"], ["fan", "sign", "crowd", "plate"])
    assert folded(fan(), *layers[1:]) == (["sign", "crowd", "haze", "wall"], ["fan", "plate"])


def test_a_null_between_does_not_part_a_3d_group() -> None:
    """What is not drawn is no boundary."""
    deep: Json = {"three_d": True}
    rig = {"name": "rig", "null": {}}

    assert folded(fan(**deep), rig, solid("sign", **deep), solid("haze"), solid("wall")) == (
        ["haze", "wall"],
        ["fan", "sign", "plate"],
    )


def test_parents_stay_with_their_children_in_both_halves() -> None:
    """A parent that is drawn in the other half comes along as a layer that is never seen, with its transform."""
    moves = {"position": {"keyframes": [{"value": [1, 2]}, {"frame": 9, "value": [3, 4]}]}}
    result = fold(
        shot(
            solid("flare", parent="wall"),
            fan(parent="rig"),
            solid("haze", parent="rig"),
            solid("wall", transform=moves, parent="root"),
            {"name": "rig", "null": {}},
            {"name": "root", "null": {}},
        ),
        "plates/x.mp4",
    )

    assert result is not None
    assert names(result.plate) == ["haze", "wall", "rig", "root"]
    assert names(result.live) == ["flare", "fan", "wall", "rig", "root", "plate"]
    ghost = result.live["layers"][2]
    assert ghost["transform"] == moves
    assert ghost["parent"] == "root"
    assert span(ghost, 48) == (48, 48)


def test_mattes_go_where_they_are_used() -> None:
    """A matte of both halves is in both; one whose only user was folded must not be drawn by the other half."""
    matte = {"kind": "MATTE_KIND_ALPHA"}
    layers = [
        solid("mask of wall"),
        fan(matte={**matte, "layer": "mask of both"}),
        solid("mask of both"),
        solid("haze", matte={**matte, "layer": "mask of both"}),
        solid("wall", matte={**matte, "layer": "mask of wall"}),
    ]

    assert folded(*layers) == (
        ["mask of wall", "mask of both", "haze", "wall"],
        ["fan", "mask of both", "plate"],
    )


def test_a_layer_cut_out_by_the_fan_stops_the_plate() -> None:
    """Static pixels under a personal matte are personal."""
    layers = [
        fan(),
        solid("shade", matte={"kind": "MATTE_KIND_ALPHA", "layer": "fan"}),
        solid("haze"),
        solid("wall"),
    ]

    assert folded(*layers) == (["haze", "wall"], ["fan", "shade", "plate"])


def test_a_band_member_behind_the_fan_is_part_of_the_plate() -> None:
    """An avatar with a recipe of its own is the same for all fans."""
    band = {"name": "mika", "avatar": {"recipe": "recipes/mika.json"}}

    assert folded(fan(), band, solid("wall")) == (["mika", "wall"], ["fan", "plate"])
    assert folded(band, fan(), solid("haze"), solid("wall")) == (["haze", "wall"], ["mika", "fan", "plate"])


def test_a_layer_named_plate_keeps_its_name() -> None:
    """The folded layer takes the next free name."""
    assert folded(solid("plate"), fan(), solid("haze"), solid("wall")) == (
        ["haze", "wall"],
        ["plate", "fan", "plate 2"],
    )


def test_folding_leaves_the_shot_alone() -> None:
    """Craft gives new values."""
    original = shot(fan(), solid("haze"), solid("wall"))
    before = repr(original)
    fold(original, "plates/x.mp4")
    rebase(original, 3, 5)

    assert repr(original) == before


def test_a_range_of_a_shot_moves_everything_that_has_a_frame() -> None:
    """Keyframes anywhere, in and out points and footage count from the range's first frame."""
    keys = {"keyframes": [{"value": [0]}, {"frame": 12, "value": [100]}]}
    staging = {"camera_position": {"keyframes": [{"frame": 6, "value": [0, 1, 2]}]}}
    layers = [
        fan(avatar={"staging": staging}),
        solid("glow", effects=[{"bloom": {"intensity": keys}}], in_frame=8, out_frame=20),
        {"name": "crowd", "footage": {"path": "crowd.mp4", "start_frame": 4}, "transform": {"opacity": keys}},
        solid("wall", in_frame=2, out_frame=40),
    ]
    cut = rebase({**shot(*layers), "camera": {"zoom": keys}}, 6, 24)
    moved = [{"frame": -6, "value": [0]}, {"frame": 6, "value": [100]}]
    by_name = {layer["name"]: layer for layer in cut["layers"]}

    assert cut["frames"] == 24
    assert cut["camera"]["zoom"]["keyframes"] == moved
    assert by_name["fan"]["avatar"]["staging"]["camera_position"]["keyframes"][0]["frame"] == 0
    assert by_name["glow"]["effects"][0]["bloom"]["intensity"]["keyframes"] == moved
    assert (by_name["glow"]["in_frame"], by_name["glow"]["out_frame"]) == (2, 14)
    assert by_name["crowd"]["footage"]["start_frame"] == 10
    assert by_name["crowd"]["transform"]["opacity"]["keyframes"] == moved
    assert "in_frame" not in by_name["wall"]
    assert "out_frame" not in by_name["wall"]


@pytest.mark.parametrize("first", range(0, 40, 7))
def test_a_layer_is_seen_on_the_same_frames_of_the_film(first: int) -> None:
    """Frame by frame, a layer is there in the range exactly when it was there in the shot."""
    for start in range(0, 48, 5):
        for stop in [0, *range(start + 1, 49, 6)]:
            whole = shot(solid("wall"), solid("x", in_frame=start, out_frame=stop))
            cut = rebase(whole, first, 8)
            seen = [layer for layer in cut["layers"] if layer["name"] == "x"]
            then = span(whole["layers"][1], 48)
            for frame in range(8):
                now = bool(seen) and span(seen[0], 8)[0] <= frame < span(seen[0], 8)[1]
                assert now == (then[0] <= first + frame < then[1])


def test_a_layer_that_is_never_seen_goes_unless_it_is_needed() -> None:
    """A parent stays to move its child, and an avatar that only does that needs no pass."""
    cut = rebase(
        shot(solid("child", parent="fan"), fan(out_frame=10), solid("gone", in_frame=40), solid("wall")), 12, 10
    )

    assert names(cut) == ["child", "fan", "wall"]
    assert "avatar" not in cut["layers"][1]
    assert cut["layers"][1]["solid"]["width"] == 160
