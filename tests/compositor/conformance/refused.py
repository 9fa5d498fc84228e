"""Shots that are turned away, and the words that name what is not drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.compositor.conformance.case import color, keys, layer, solid, value
from tests.compositor.material import Json


@dataclass(frozen=True)
class Refusal:
    """What is not drawn.

    Args:
        feature: As the table of features calls it.
        layers: The shot's layers.
        where: The field that is named.
        words: What is said.
        more: Other fields of the shot.
    """

    feature: str
    layers: list[Json]
    where: str
    words: str
    more: dict[str, Any] = field(default_factory=dict)


INNER = {"id": "inner", "width": 80, "height": 60, "frames": 24, "layers": [layer("a")]}
PRECOMP = {"name": "p", "precomp": {"composition": "inner"}}
CIRCLE = [
    {
        "id": "one",
        "width": 80,
        "height": 60,
        "frames": 24,
        "layers": [{"name": "a", "precomp": {"composition": "two"}}],
    },
    {
        "id": "two",
        "width": 80,
        "height": 60,
        "frames": 24,
        "layers": [{"name": "b", "precomp": {"composition": "one"}}],
    },
]
MERGED = [
    {"ellipse": {"size": value(30, 30)}},
    {"merge": {"mode": "MERGE_MODE_SUBTRACT"}},
    {"stroke": {"color": color(0, 0, 0), "width": value(2)}},
]

REFUSALS = [
    Refusal(
        "Echo on adjustment layers",
        [{"name": "look", "adjustment": {}, "effects": [{"echo": {"echoes": 2}}]}],
        "shot.layers[0].effects[0].echo",
        "'look' is an adjustment layer, and those have no echo",
    ),
    Refusal(
        "Posterize Time on adjustment layers",
        [{"name": "look", "adjustment": {}, "effects": [{"posterizeTime": {"holdFrames": 2}}]}],
        "shot.layers[0].effects[0].posterize_time",
        "'look' is an adjustment layer, and those have no posterize_time",
    ),
    Refusal(
        "Effects on collapsed layers",
        [PRECOMP | {"collapse": True, "effects": [{"invert": {}}]}],
        "shot.layers[0].effects",
        "'p' is collapsed, and collapsed layers have no effects",
        {"compositions": [INNER]},
    ),
    Refusal(
        "Masks on collapsed layers",
        [PRECOMP | {"collapse": True, "masks": [{"path": {"value": {"vertices": [0, 0, 9, 0, 9, 9]}}}]}],
        "shot.layers[0].masks",
        "'p' is collapsed, and collapsed layers have no masks",
        {"compositions": [INNER]},
    ),
    Refusal(
        "Continuously rasterised vector footage",
        [layer("logo", collapse=True)],
        "shot.layers[0].collapse",
        "'logo' is no composition that could be collapsed",
    ),
    Refusal(
        "Strokes after Merge Paths",
        [{"name": "s", "shapes": {"items": MERGED}}],
        "shot.layers[0].shapes.items[2].stroke",
        "'s': paths after merge can only be filled, not stroke",
    ),
    Refusal(
        "Motion blur of adjustment layers",
        [{"name": "look", "adjustment": {}, "motionBlur": True}],
        "shot.layers[0].motion_blur",
        "'look' is an adjustment layer, and those have no motion_blur",
    ),
    Refusal(
        "Material options without 3D",
        [layer("a", material={"castsShadows": True})],
        "shot.layers[0].material",
        "'a' is not in 3D; set three_d",
    ),
    Refusal(
        "Rotations in space without 3D",
        [layer("a", transform={"orientation": value(0, 20, 0)})],
        "shot.layers[0].transform.orientation",
        "'a' is not in 3D; set three_d",
    ),
    Refusal(
        "More than four layers that cast shadows",
        [solid(f"s{index}", (9, 9, 9), threeD=True, material={"castsShadows": True}) for index in range(5)],
        "shot.layers",
        "5 layers cast shadows; 4 can: s0, s1, s2, s3, s4",
    ),
    Refusal(
        "Time remapping of layers without a time",
        [layer("a", timeRemap=keys((0, [0]), (9, [3])))],
        "shot.layers[0].time_remap",
        "'a' has no time of its own; footage and compositions have",
    ),
    Refusal(
        "Compositions that show each other",
        [{"name": "p", "precomp": {"composition": "one"}}],
        "shot.compositions[0]",
        "the compositions show each other in a circle: one -> two -> one",
        {"compositions": CIRCLE},
    ),
    Refusal(
        "Unknown compositions",
        [{"name": "p", "precomp": {"composition": "gone"}}],
        "shot.layers[0].precomp.composition",
        "'p' shows 'gone', which is no composition",
    ),
    Refusal(
        "Displacement by a layer of another composition",
        [layer("a", effects=[{"displacementMap": {"layer": "map"}}])],
        "shot.layers[0].effects[0].displacement_map.layer",
        "'a' is displaced by 'map', which is no layer beside it",
    ),
    Refusal(
        "Mask paths whose keyframes have different vertices",
        [
            layer(
                "a",
                masks=[
                    {
                        "path": {
                            "keyframes": [
                                {"frame": 0, "value": {"vertices": [0, 0, 9, 0, 9, 9]}},
                                {"frame": 9, "value": {"vertices": [0, 0, 9, 0]}},
                            ]
                        }
                    }
                ],
            )
        ],
        "shot.layers[0].masks[0].path.keyframes",
        "'a': the path's keyframes have different numbers of vertices",
    ),
    Refusal(
        "Strokes along masks that are not there",
        [layer("a", effects=[{"stroke": {"mask": "gone"}}])],
        "shot.layers[0].effects[0].stroke.mask",
        "'a' has no mask 'gone' to stroke",
    ),
]
