"""Animated values of Lottie as properties of a shot. Field names below are those of the Lottie specification 1.0."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

Change = Callable[[list[float]], list[float]]
"""Makes numbers of the shot of numbers of the file."""


class NotLottie(Exception):  # noqa: N818  named for what the caller reads
    """The document is no Lottie file, or one that is broken; says where."""


@dataclass
class Losses:
    """What does not come along: `lost` shows in the picture, `note` does not."""

    found: list[dict[str, str]] = field(default_factory=list)
    composition: str = ""
    layer: str = ""

    def add(self, severity: str, named: str, why: str) -> None:
        """Name one loss, once."""
        loss = {
            "composition": self.composition,
            "layer": self.layer,
            "property": named,
            "severity": severity,
            "why": why,
        }
        if loss not in self.found:
            self.found.append(loss)

    @property
    def seen(self) -> int:
        """How many losses are to be seen."""
        return sum(loss["severity"] == "lost" for loss in self.found)


@dataclass
class Reader:
    """Reads the values of one composition.

    Args:
        losses: Where losses are named.
        rate: Frames per second of the file.
        first: The file's frame that becomes frame 0.
    """

    losses: Losses
    rate: float
    first: float = 0.0

    def frame(self, time: float) -> float:
        """A frame of the file as a frame of the shot."""
        return round(float(time) - self.first, 4)

    def expressed(self, told: object, named: str) -> None:
        """Name an expression: the file holds its code, not its values."""
        if isinstance(told, dict) and isinstance(told.get("x"), str):
            self.losses.add("lost", named, "its expression is not run; convert it to keyframes in After Effects")

    def value(self, told: object, named: str, change: Change | None = None) -> Json:
        """A property: `{value}` or `{keyframes}`.

        Args:
            told: Lottie's property, or a bare number or list.
            named: What to call it in losses.
            change: Applied to every value.

        Raises:
            NotLottie: There is something else than numbers.
        """
        self.expressed(told, named)
        given: Any = told.get("k") if isinstance(told, dict) else told
        make = change or (lambda numbers: numbers)
        if _keyed(given):
            return {"keyframes": list(self._keyframes(given, named, make))}
        return {"value": make(numbers(given, named))}

    def _keyframes(self, given: Sequence[Json], named: str, make: Change) -> list[Json]:
        keyframes: list[Json] = []
        zero = make([0.0] * len(numbers(given[0].get("s", 0), named)))
        for number, told in enumerate(given):
            # Older files end in a keyframe without a value: it is the one that the last but one ends in.
            start = told.get("s", given[number - 1].get("e") if number else None)
            if start is None:
                raise NotLottie(f"{named}: keyframe {number} has no value")
            keyframe: Json = {"frame": self.frame(told.get("t", 0)), "value": make(numbers(start, named))}
            if number + 1 < len(given):
                _eased(keyframe, told)
                _curved(keyframe, told, make, zero)
            if not keyframes or keyframe["frame"] > keyframes[-1]["frame"]:
                keyframes.append(keyframe)
        return keyframes

    def fixed(self, told: object, named: str, otherwise: float = 0.0) -> float:
        """A number that may not move in a shot; its first value when it does."""
        if told is None:
            return otherwise
        value = self.value(told, named)
        if "keyframes" in value:
            self.losses.add("lost", named, "it cannot move in a shot; it stays as it is on the first keyframe")
            return float(value["keyframes"][0]["value"][0])
        return float(value["value"][0])

    def color(self, told: object, named: str) -> Json:
        """A colour that may not move in a shot."""
        value = self.value(told, named)
        if "keyframes" in value:
            self.losses.add("lost", named, "its colour cannot move in a shot; it stays as it is on the first keyframe")
            return rgb(value["keyframes"][0]["value"])
        return rgb(value["value"])

    def path(self, told: object, named: str, shift: tuple[float, float] = (0.0, 0.0)) -> Json:
        """A bezier path: `{value}` or `{keyframes}`, its vertices moved by `shift`.

        Raises:
            NotLottie: There is no path.
        """
        self.expressed(told, named)
        given: Any = told.get("k") if isinstance(told, dict) and "k" in told else told
        if not _keyed(given):
            return {"value": _bezier(given, named, shift)}
        keyframes = []
        for number, keyframe in enumerate(given):
            start = keyframe.get("s", given[number - 1].get("e") if number else None)
            made: Json = {"frame": self.frame(keyframe.get("t", 0)), "value": _bezier(start, named, shift)}
            if number + 1 < len(given):
                _eased(made, keyframe)
            keyframes.append(made)
        counts = {len(made["value"]["vertices"]) for made in keyframes}
        if len(counts) > 1:
            self.losses.add("lost", named, "its keyframes have different numbers of vertices; it stays as the first")
            return {"value": keyframes[0]["value"]}
        return {"keyframes": keyframes}


def first(axes: int) -> Change:
    """Keeps the first numbers of a value: a shot's shapes and letters have two axes, and colours no alpha."""
    return lambda parts: parts[:axes]


def numbers(given: object, named: str) -> list[float]:
    """One number or several, as a list.

    Raises:
        NotLottie: There is something else.
    """
    parts: list[Any] = given if isinstance(given, list) else [given]
    try:
        return [float(part) for part in parts]
    except (TypeError, ValueError) as error:
        raise NotLottie(f"{named}: {str(given)[:60]} is no number") from error


def rgb(value: Sequence[float]) -> Json:
    """A colour of 0 to 1 (in very old files 0 to 255) as a shot's."""
    share = 1.0 if max(value[:3], default=0) > 1 else 255.0
    channels = [round(min(255.0, max(0.0, part * share))) for part in [*value, 0, 0, 0][:3]]
    return dict(zip(("red", "green", "blue"), channels, strict=True))


def hexadecimal(told: object) -> Json:
    """A colour as `#ff79c9`.

    Raises:
        NotLottie: It is something else.
    """
    match = re.fullmatch(r"#?([0-9a-fA-F]{6})", str(told))
    if not match:
        raise NotLottie(f"{str(told)[:40]!r} is no colour such as #ff79c9")
    return rgb([part / 255 for part in bytes.fromhex(match[1])])


def usual(property_: Json, *values: float) -> bool:
    """Whether a property stands still at these values."""
    return bool(property_.get("value") == list(values))


def _keyed(given: object) -> bool:
    return isinstance(given, list) and bool(given) and isinstance(given[0], dict) and "t" in given[0]


def _eased(keyframe: Json, told: Mapping[str, Any]) -> None:
    """Handles of a keyframe: one for all axes, or one per axis where they differ."""
    if told.get("h") == 1:
        keyframe["hold"] = True
        return
    for ours, theirs in (("ease_out", "o"), ("ease_in", "i")):
        handle = told.get(theirs)
        if not isinstance(handle, dict):
            continue
        axes = [
            {"x": min(1.0, max(0.0, x)), "y": y}
            for x, y in zip(*(numbers(handle.get(axis, 0), theirs) for axis in "xy"), strict=False)
        ]
        if all(axis == axes[0] for axis in axes):
            keyframe[ours] = axes[0]
        else:
            keyframe[f"{ours}_axes"] = axes[: len(keyframe["value"])] if isinstance(keyframe["value"], list) else axes
    for one, other in (("ease_out", "ease_in"), ("ease_in", "ease_out")):
        if f"{one}_axes" in keyframe and other in keyframe:
            keyframe[f"{other}_axes"] = [keyframe.pop(other)] * len(keyframe[f"{one}_axes"])


def _curved(keyframe: Json, told: Mapping[str, Any], make: Change, zero: Sequence[float]) -> None:
    """Tangents of a position's path; what `make` adds to points goes again from differences."""
    if not told.get("to") or not told.get("ti") or "hold" in keyframe:
        return
    out, into = (make(numbers(told[name], name)) for name in ("to", "ti"))
    if any(out) or any(into):
        keyframe["spatial_out"] = [part - nothing for part, nothing in zip(out, zero, strict=False)]
        keyframe["spatial_in"] = [part - nothing for part, nothing in zip(into, zero, strict=False)]


def _bezier(given: object, named: str, shift: tuple[float, float]) -> Json:
    told = given[0] if isinstance(given, list) and given else given
    if not isinstance(told, dict) or not isinstance(told.get("v"), list):
        raise NotLottie(f"{named}: there is no path")
    made: Json = {"vertices": [part + move for point in told["v"] for part, move in zip(point, shift, strict=False)]}
    for ours, theirs in (("in_tangents", "i"), ("out_tangents", "o")):
        flat = [part for point in told.get(theirs, []) for part in point[:2]]
        if any(flat):
            made[ours] = flat
    if told.get("c"):
        made["closed"] = True
    return made
