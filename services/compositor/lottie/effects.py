"""Lottie's effects as a shot's, by the table that the After Effects script goes by.

Lottie names effects and their values by After Effects' match names; where a file leaves them out, by the effect's
number and the order of its values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.compositor.lottie.values import Json, Reader

TABLE = Path(__file__).parents[1] / "aftereffects" / "script" / "effect_table.jsx"

BY_NUMBER = {
    20: "ADBE Tint",
    21: "ADBE Fill",
    22: "ADBE Stroke",
    25: "ADBE Drop Shadow",
    26: "ADBE Radial Wipe",
    27: "ADBE Displacement Map",
    29: "ADBE Gaussian Blur 2",
    30: "ADBE Twirl",
}
"""Effects that files may name by a number alone (Lottie `ty`)."""


@cache
def table() -> dict[str, Any]:
    """Effects that a shot has, by match name; see the head of the file it is read from."""
    found = re.search(r"fancam\.EFFECTS = (\{.*?\n\});", TABLE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, f"{TABLE} has no table"
    read: dict[str, Any] = json.loads(found[1])
    return read


def effects(
    reader: Reader,
    told: list[Json],
    size: tuple[float, float],
    layer_name: Callable[[int], str],
    *,
    masked: bool = False,
) -> list[Json]:
    """A layer's effects in order; switched-off ones are left out, unknown ones named.

    Args:
        reader: Of the composition.
        told: Lottie's `ef`.
        size: Pixels of the layer.
        layer_name: The shot's name of the layer with that index.
        masked: Whether the layer has masks.
    """
    found = []
    for effect in told:
        named = f"Effects/{effect.get('nm') or effect.get('mn') or effect.get('ty')}"
        if effect.get("en", 1) == 0:
            continue
        match = effect.get("mn") or BY_NUMBER.get(effect.get("ty", -1), "")
        if match not in table():
            # A pseudo effect holds sliders for expressions and draws nothing.
            severity = "note" if str(match).startswith(("Pseudo/", "ADBE Slider", "ADBE Color Control")) else "lost"
            reader.losses.add(severity, named, f"there is no effect {match or effect.get('ty')} in a shot")
            continue
        if match == "ADBE Stroke" and not masked:
            reader.losses.add("note", named, "it strokes masks, and the layer has none")
            continue
        found.append(_Effect(_Place(reader, named, size, layer_name), table()[match], effect).made())
    return [made for made in found if made]


@dataclass(frozen=True)
class _Place:
    """Where an effect is: who reads it, what to call it, the layer's pixels, and how layers are called."""

    reader: Reader
    named: str
    size: tuple[float, float]
    layer_name: Callable[[int], str]


class _Effect:
    """One effect under translation."""

    def __init__(self, place: _Place, entry: Mapping[str, Any], told: Json) -> None:
        self._reader = place.reader
        self._entry = entry
        self._named = place.named
        self._size = place.size
        self._layer_name = place.layer_name
        values = told.get("ef", [])
        order = list(entry["values"])
        self._values: dict[str, Json] = {}
        for index, value in enumerate(values):
            number = str(value.get("mn", ""))[-4:]
            if not value.get("mn") and index < len(order):
                number = order[index]
            self._values[number] = value

    def made(self) -> Json | None:
        settings: Json = {}
        if "differs" in self._entry:
            self._reader.losses.add("lost", self._named, self._entry["differs"])
        for number, rule in self._entry["values"].items():
            if number not in self._values or rule.get("unused"):
                continue
            told = self._values[number]
            named = f"{self._named}/{told.get('nm', number)}"
            if "only" in rule:
                if self._reader.value(told.get("v", rule["only"]), named) != {"value": [float(rule["only"])]}:
                    self._reader.losses.add("lost", named, rule["why"])
                continue
            if rule.get("instead") and self._number("0006"):
                told = self._values.get(rule["instead"], told)
            value: Any = self._moving(rule, told.get("v", 0), named)
            if value is None:
                value = self._still(rule, told.get("v", 0), named)
            if value == "" and rule["as"] == "layer":
                self._reader.losses.add("lost", named, "it names no layer")
                return None
            if value is not None:
                _place(settings, rule["field"], value)
        return {self._entry["name"]: settings}

    def _number(self, number: str) -> float:
        return self._reader.fixed(self._values.get(number, {}).get("v"), self._named)

    def _moving(self, rule: Mapping[str, Any], told: Any, named: str) -> Json | None:
        """A value that may move in a shot; None when it is of another kind."""
        times = {"property": float(rule.get("times", 1)), "radius": min(self._size) / 200}
        if rule["as"] in times:
            share = times[rule["as"]]
            return self._reader.value(told, named, lambda parts: [part * share for part in parts])
        if rule["as"] == "point":
            return self._reader.value(told, named, lambda parts: parts[:2])
        return self._scale(rule, told, named) if rule["as"] == "scale" else None

    def _still(self, rule: Mapping[str, Any], told: Any, named: str) -> Any:
        """A value that may not move; None leaves the field out."""
        kind = rule["as"]
        if kind == "color":
            return self._reader.color(told, named)
        if kind == "mask":
            return None  # files name a mask by its number; without a name a shot takes all
        number = self._reader.fixed(told, named)
        if kind == "choice":
            if str(int(number)) not in rule["of"]:
                self._reader.losses.add("lost", named, f"the effect in a shot has no choice {number:g}")
            return rule["of"].get(str(int(number)))
        makers: dict[str, Callable[[], Any]] = {
            "flag": lambda: bool(number),
            "count": lambda: round(number),
            "number": lambda: number * float(rule.get("times", 1)),
            "frames": lambda: number * self._reader.rate,
            "hold": lambda: self._reader.rate / max(number, 1e-3),
            "layer": lambda: self._layer_name(int(number)),
        }
        return makers[kind]()

    def _scale(self, rule: Mapping[str, Any], told: Any, named: str) -> Json:
        if self._number(rule["uniform"]) or rule["across"] not in self._values:
            return self._reader.value(told, named, lambda parts: [parts[0], parts[0]])
        across = self._reader.fixed(self._values[rule["across"]].get("v"), named)
        return self._reader.value(told, named, lambda parts: [across, parts[0]])


def _place(settings: Json, path: str, value: Any) -> None:
    *rooms, name = path.split(".")
    for room in rooms:
        settings = settings.setdefault(room, {})
    settings[name] = value
