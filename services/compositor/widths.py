"""How many numbers each property of a shot holds, as the page reads them; and that they are numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

POINT, POINT_3D, COLOR = frozenset((2, 3)), frozenset((3,)), frozenset((3, 4))

NUMBERS: Mapping[str, frozenset[int]] = {
    **dict.fromkeys(
        (
            "anchorPoint", "position", "center", "shiftCenterTo", "upperLeft", "upperRight", "lowerLeft", "lowerRight",
            "gradientRamp.start", "gradientRamp.end", "gradient.start", "gradient.end",
        ),
        POINT,
    ),
    **dict.fromkeys(("orientation", "cameraPosition", "cameraTarget"), POINT_3D),
    **dict.fromkeys(("animatedColor", "animators.fill", "animators.stroke"), COLOR),
    **dict.fromkeys(("scale", "offsetTurbulence"), frozenset((1, 2, 3))),
    **dict.fromkeys(("feather", "size"), frozenset((1, 2))),
}  # fmt: skip
"""By a property's name, or by its name and what it is of; all others hold one number."""

STANDING: Mapping[str, frozenset[int]] = dict.fromkeys(("position", "pointOfInterest", "orientation"), POINT_3D)
"""The same, of cameras and lights."""


def wrong_numbers(value: Any, known: Mapping[str, frozenset[int]] = NUMBERS) -> Iterator[tuple[str, str]]:
    """What is wrong with the numbers of all properties below a value: where, from there on, and why.

    Args:
        value: A layer, a camera or a light, in protobuf's JSON mapping.
        known: How many numbers they hold, by name.
    """
    for place, of, prop in _properties(value, "", ""):
        name = place.rsplit(".", 1)[-1]
        allowed = known.get(f"{of}.{name}") or known.get(name) or frozenset((1,))
        if why := _wrong(prop, allowed):
            yield place, why


def _properties(value: Any, place: str, of: str) -> Iterator[tuple[str, str, Json]]:
    """Every property below a value: its place, the name of what it is of, and itself. Paths are no properties."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _properties(inner, f"{place}[{number}]", of)
    elif isinstance(value, Mapping):
        values = _values(value)
        if place and values is not None:
            if all(isinstance(each, list) for each in values):
                yield place, of, value
            return
        last = place.rsplit(".", 1)[-1].split("[", maxsplit=1)[0]
        for name, inner in value.items():
            yield from _properties(inner, f"{place}.{name}" if place else name, last)


def _values(value: Json) -> Sequence[Any] | None:
    """What a property or a path says, at each of its keyframes; None when it is neither."""
    if "keyframes" in value:
        return [key.get("value", []) for key in value["keyframes"]]
    return [value["value"]] if isinstance(value.get("value"), list | Mapping) else None


def _wrong(prop: Json, allowed: frozenset[int]) -> str:
    values = _values(prop) or []
    for value in values:
        if len(value) not in allowed or len(value) != len(values[0]):
            return f"{value} has {len(value)} numbers, not {' or '.join(map(str, sorted(allowed)))}"
    numbers = [number for value in values for number in value] + [k.get("frame", 0) for k in prop.get("keyframes", [])]
    # Protobuf's JSON writes what is no finite number as a word.
    if any(isinstance(number, str) or not math.isfinite(number) for number in numbers):
        return "holds something that is no finite number"
    return ""
