"""What can be said against a shot before a page is troubled."""

from __future__ import annotations

from typing import Any

import pytest

from services.compositor import job

Json = dict[str, Any]


def shot(*layers: Json) -> Json:
    return {"id": "shot", "width": 720, "height": 1280, "frames": 48, "layers": list(layers)}


def layer(name: str, **more: object) -> Json:
    return {"name": name, "null": {}, **more}


def faults(*layers: Json) -> dict[str, str]:
    with pytest.raises(job.ShotInvalid) as refused:
        job.validate(shot(*layers))
    return refused.value.faults


def test_a_parent_that_does_not_exist_is_named() -> None:
    """The fault says which layer, which parent, and where."""
    found = faults(layer("hat", parent="head"))
    assert list(found) == ["shot.layers[0].parent"]
    assert "'hat'" in found["shot.layers[0].parent"]
    assert "'head'" in found["shot.layers[0].parent"]


def test_parents_that_go_in_a_circle_are_named_in_order() -> None:
    """The whole circle is said, also for a layer that is its own parent."""
    found = faults(layer("a", parent="b"), layer("b", parent="c"), layer("c", parent="a"))
    assert "a -> b -> c -> a" in found["shot.layers[0].parent"]
    assert "self -> self" in faults(layer("self", parent="self"))["shot.layers[0].parent"]


def test_mattes_are_checked_like_parents() -> None:
    """A matte that is missing or its own is refused."""
    kind = {"kind": "MATTE_KIND_ALPHA"}
    assert "shot.layers[0].matte.layer" in faults(layer("a", matte={**kind, "layer": "gone"}))
    found = faults(layer("a", matte={**kind, "layer": "b"}), layer("b", matte={**kind, "layer": "a"}))
    assert "circle" in found["shot.layers[0].matte.layer"]


def test_names_are_unique() -> None:
    """The second of two equal names is the fault."""
    assert list(faults(layer("a"), layer("a"))) == ["shot.layers[1].name"]


def test_a_layer_that_ends_before_it_begins_is_refused() -> None:
    """Also one that begins after the shot."""
    assert "shot.layers[0].in_frame" in faults(layer("a", inFrame=9, outFrame=9))
    assert "shot.layers[0].in_frame" in faults(layer("a", inFrame=48))


def test_keyframes_rise_and_agree() -> None:
    """Keyframes out of order, or of different sizes, are found wherever they are."""
    back = {"keyframes": [{"frame": 5, "value": [1]}, {"frame": 5, "value": [2]}]}
    found = faults(layer("a", threeD=True, transform={"xRotation": back}))
    assert list(found) == ["shot.layers[0].transform.x_rotation.keyframes"]
    uneven = {"keyframes": [{"value": [1]}, {"frame": 5, "value": [2, 3]}]}
    assert "values each" in faults(layer("a", transform={"scale": uneven}))["shot.layers[0].transform.scale.keyframes"]


def test_levels_need_a_range() -> None:
    """Black above white is refused, with both values."""
    found = faults(layer("a", effects=[{"levels": {"inBlack": 0.6, "inWhite": 0.4}}]))
    assert "0.4" in found["shot.layers[0].effects[0].levels.in_white"]


def test_every_fault_is_said_at_once() -> None:
    """Two faults are two entries."""
    assert len(faults(layer("a", parent="x"), layer("b", parent="y"))) == 2


def test_files_and_passes_must_have_come() -> None:
    """What is missing is named with the field that names it."""
    edit = shot(
        {"name": "plate", "footage": {"path": "plate.mp4"}},
        {"name": "sign", "text": {"text": "x", "font": "font.otf"}},
        {"name": "fan", "avatar": {}},
    )
    wanted = job.wanted_files(edit, 0, 48)
    with pytest.raises(job.MissingFile) as missing:
        job.require_files(wanted, {"font.otf": b""})
    assert list(missing.value.faults) == ["shot.layers[0].footage.path"]
    with pytest.raises(job.MissingPass, match="'fan' has no pass"):
        job.require_passes(job.wanted_passes(edit, 0, 48), {})
    job.require_passes(job.wanted_passes(edit, 0, 48), {"fan": object()})


@pytest.mark.parametrize(
    ("more", "start", "span", "last"),
    [
        ({}, 0, (0, 48), 47),
        ({}, 10, (0, 48), 57),
        ({"outFrame": 20}, 0, (0, 48), 19),
        ({"inFrame": 30}, 0, (0, 12), -1),
        ({}, -4, (12, 12), 19),
    ],
)
def test_only_frames_that_are_seen_are_wanted(more: Json, start: int, span: tuple[int, int], last: int) -> None:
    """The last frame of footage follows from its start, its end and the frames that are drawn."""
    edit = shot({"name": "plate", "footage": {"path": "p", "startFrame": start}, **more})
    assert [want.last_frame for want in job.wanted_files(edit, *span)] == [last]


@pytest.mark.parametrize(
    ("region", "box"),
    [
        (job.Region(0, 0, 720, 1280, 48), (0, 0, 720, 1280)),
        (job.Region(0, 0, 180, 320, 48), (0, 0, 720, 1280)),
        (job.Region(100, 200, 300, 400, 48), (100, 200, 300, 400)),
        (job.Region(25, 50, 75, 100, 48, (180, 320)), (100, 200, 300, 400)),
    ],
)
def test_passes_lie_where_they_were_drawn(region: job.Region, box: tuple[int, ...]) -> None:
    """A pass of a smaller copy of the composition is enlarged, a region stays where it is."""
    assert tuple(job.placed(shot(), region).values()) == box
