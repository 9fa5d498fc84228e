"""What is wrong with the numbers of a shot: how many a property or a path has, and when its keyframes come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from services.assembler.press import Json

POINT, POINT_3D = {2, 3}, {3}

WIDTHS: Mapping[str, set[int]] = {
    "anchor_point": POINT,
    "position": POINT,
    "scale": {1, 2, 3},
    "orientation": POINT_3D,
    "camera_position": POINT_3D,
    "camera_target": POINT_3D,
    "feather": {1, 2},
    "animated_color": {3, 4},
    "size": {1, 2},
    "center": POINT,
    "shift_center_to": POINT,
    "upper_left": POINT,
    "upper_right": POINT,
    "lower_left": POINT,
    "lower_right": POINT,
    "offset_turbulence": {1, 2, 3},
    "animators.fill": {3, 4},
    "animators.stroke": {3, 4},
    "gradient_ramp.start": POINT,
    "gradient_ramp.end": POINT,
    "gradient.start": POINT,
    "gradient.end": POINT,
}
"""How many numbers a property has, by its name, or by its name and what it is of; all others have one."""

FILMING: Mapping[str, set[int]] = {"position": POINT_3D, "point_of_interest": POINT_3D, "orientation": POINT_3D}
"""The same, of cameras and lights."""


def values_faults(layer: Json, widths: Mapping[str, set[int]] = WIDTHS) -> Iterator[tuple[str, str]]:
    """What is wrong with the values below a layer, a camera or a light: where, and why."""
    for place, owner, value in _moving(layer, "", ""):
        name = place.rsplit(".", 1)[-1]
        if _is_path(value):
            yield from ((place, why) for why in _path_faults(value))
        else:
            allowed = widths.get(f"{owner}.{name}") or widths.get(name) or {1}
            yield from ((place, why) for why in _property_faults(value, allowed))


def _moving(value: Any, place: str, owner: str) -> Iterator[tuple[str, str, Json]]:
    """Every property and path below a value: its place, the name of what it is of, and itself."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _moving(inner, f"{place}[{number}]", owner)
    elif isinstance(value, dict) and place and (isinstance(value.get("value"), list | dict) or "keyframes" in value):
        yield place, owner, value
    elif isinstance(value, dict):
        last = place.rsplit(".", 1)[-1].split("[", maxsplit=1)[0]
        for name, inner in value.items():
            yield from _moving(inner, f"{place}.{name}" if place else name, last)


def _is_path(value: Json) -> bool:
    told = value.get("value") if "value" in value else next((key.get("value") for key in value["keyframes"]), None)
    return isinstance(told, dict)


def _path_faults(path: Json) -> Iterator[str]:
    keyframes = path.get("keyframes", [])
    outlines = [keyframe["value"] for keyframe in keyframes] or [path["value"]]
    for outline in outlines:
        corners = outline.get("vertices", [])
        if len(corners) % 2 or len(corners) < 4:
            yield f"a path has x and y of at least 2 vertices, not {len(corners)} numbers"
            return
        for name in ("in_tangents", "out_tangents"):
            if outline.get(name) and len(outline[name]) != len(corners):
                yield f"{name} has {len(outline[name])} numbers, the vertices {len(corners)}"
                return
    counts = sorted({len(outline["vertices"]) // 2 for outline in outlines})
    if len(counts) > 1:
        yield f"its keyframes have {' and '.join(map(str, counts))} vertices; all have as many"
    yield from _times_faults(keyframes)


def _property_faults(found: Json, widths: set[int]) -> Iterator[str]:
    keyframes = found.get("keyframes", [])
    values = [keyframe.get("value", []) for keyframe in keyframes] or [found.get("value", [])]
    allowed = " or ".join(map(str, sorted(widths)))
    for value in values:
        if len(value) not in widths or len(value) != len(values[0]):
            yield f"{value} has {len(value)} numbers, not {allowed}"
            return
    numbers = [number for value in values for number in value] + [key.get("frame", 0) for key in keyframes]
    if any(isinstance(number, str) or not math.isfinite(number) for number in numbers):
        yield "holds something that is no finite number"
        return
    yield from _times_faults(keyframes)


def _times_faults(keyframes: Sequence[Json]) -> Iterator[str]:
    times = [keyframe.get("frame", 0) for keyframe in keyframes]
    for earlier, later in pairwise(times):
        if later <= earlier:
            yield f"keyframe at {later:g} comes after the one at {earlier:g}"
            return
