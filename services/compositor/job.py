"""What the page is told, made from a shot; and what can be said against a shot before a page is troubled.

A shot is a dict here: `fancam.v1.Shot` in protobuf's JSON mapping, whose single values the contract has
checked already.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

SOURCES = ("footage", "image", "solid", "text", "avatar", "null", "adjustment")


class Refused(Exception):  # noqa: N818  named for what the caller reads
    """The shot cannot be played. `faults` says what is wrong with which field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {fault}" for field, fault in faults.items()))
        self.faults = dict(faults)


class ShotInvalid(Refused):
    """Layers that name what does not exist or go in circles, or values that contradict each other."""


class MissingFile(Refused):
    """The shot names a file that did not come with it."""


class MissingPass(Refused):
    """An avatar layer without a pass."""


@dataclass(frozen=True)
class Region:
    """Where a pass lies, in pixels of the composition it was drawn for, and how many frames it has.

    Args:
        composition: Size of that composition; (0, 0) means the shot's own.
    """

    left: int
    top: int
    width: int
    height: int
    frames: int
    composition: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Wanted:
    """A file that a shot names.

    Args:
        kind: `footage`, `image`, `font` or `pass`: together with the path, what the page calls it.
        path: Inside the campaign; of a pass, the name of its layer.
        field: Where the shot names it.
        last_frame: The last frame of it that is used; -1 where that means nothing.
    """

    kind: str
    path: str
    field: str
    last_frame: int = -1


def layers(shot: Json) -> list[Json]:
    """The shot's layers, topmost first."""
    return list(shot.get("layers", []))


def validate(shot: Json) -> None:
    """Check what no single field shows.

    Raises:
        ShotInvalid: With every fault.
    """
    faults: dict[str, str] = {}
    by_name: dict[str, Json] = {}
    for index, layer in enumerate(layers(shot)):
        if layer["name"] in by_name:
            faults[f"shot.layers[{index}].name"] = f"{layer['name']!r} is the name of another layer too"
        by_name[layer["name"]] = layer
    for index, layer in enumerate(layers(shot)):
        where = f"shot.layers[{index}]"
        faults |= _links(layer, by_name, where)
        first, end = layer.get("inFrame", 0), layer.get("outFrame", 0) or shot["frames"]
        if first >= end:
            faults[f"{where}.in_frame"] = f"{layer['name']!r} begins at frame {first} and ends at frame {end}"
        for number, effect in enumerate(layer.get("effects", [])):
            faults |= _effect(effect, layer["name"], f"{where}.effects[{number}]")
    for path, prop in _properties(shot, "shot"):
        frames = [float(keyframe.get("frame", 0)) for keyframe in prop.get("keyframes", [])]
        if any(later <= earlier for earlier, later in itertools.pairwise(frames)):
            faults[f"{path}.keyframes"] = f"the keyframes' frames {frames} do not rise"
        sizes = {len(keyframe["value"]) for keyframe in prop.get("keyframes", [])}
        if len(sizes) > 1:
            faults[f"{path}.keyframes"] = f"the keyframes have {sorted(sizes)} values each"
    if faults:
        raise ShotInvalid(faults)


def _links(layer: Json, by_name: Mapping[str, Json], where: str) -> dict[str, str]:
    """Faults of a layer's parent and matte."""
    faults = {}
    follow: list[tuple[str, str, Callable[[Json], str]]] = [
        ("parent", f"{where}.parent", lambda each: each.get("parent", "")),
        ("matte", f"{where}.matte.layer", lambda each: each.get("matte", {}).get("layer", "")),
    ]
    for what, field, link in follow:
        named = link(layer)
        if not named:
            continue
        if named not in by_name:
            faults[field] = f"{layer['name']!r} has the {what} {named!r}, which is no layer of the shot"
            continue
        seen = [layer["name"]]
        while named and named in by_name:
            if named in seen:
                faults[field] = f"the {what}s of {layer['name']!r} go in a circle: {' -> '.join([*seen, named])}"
                break
            seen.append(named)
            named = link(by_name[named])
    return faults


def _effect(effect: Json, layer: str, where: str) -> dict[str, str]:
    if "levels" in effect:
        levels = effect["levels"]
        black, white = float(levels.get("inBlack", 0)), float(levels.get("inWhite", 0)) or 1.0
        if white <= black:
            return {f"{where}.levels.in_white": f"{layer!r}: in_white {white} must be above in_black {black}"}
        if float(levels.get("gamma", 0)) < 0:
            return {f"{where}.levels.gamma": f"{layer!r}: gamma {levels['gamma']} must be positive"}
    return {}


def _properties(value: Any, path: str) -> Iterator[tuple[str, Json]]:
    """Every keyframed property below `value`, with its path."""
    if isinstance(value, Mapping):
        if "keyframes" in value:
            yield path, value
        else:
            for key, inner in value.items():
                yield from _properties(inner, f"{path}.{_snake(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _properties(inner, f"{path}[{index}]")


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def wanted_files(shot: Json, first_frame: int, frames: int) -> list[Wanted]:
    """Every file the shot names, and how far into it is seen.

    Args:
        shot: The shot.
        first_frame: First frame that is drawn.
        frames: How many.
    """
    wanted = []
    for index, layer in enumerate(layers(shot)):
        where = f"shot.layers[{index}]"
        if "footage" in layer:
            last = _last_seen(shot, layer, first_frame + frames)
            if last >= 0:
                last += layer["footage"].get("startFrame", 0)
            wanted.append(Wanted("footage", layer["footage"]["path"], f"{where}.footage.path", max(last, -1)))
        if "image" in layer:
            wanted.append(Wanted("image", layer["image"]["path"], f"{where}.image.path"))
        if layer.get("text", {}).get("font"):
            wanted.append(Wanted("font", layer["text"]["font"], f"{where}.text.font"))
    return wanted


def wanted_passes(shot: Json, first_frame: int, frames: int) -> list[Wanted]:
    """Every avatar layer, by its name, and how far into its pass is seen."""
    return [
        Wanted("pass", layer["name"], f"shot.layers[{index}].avatar", _last_seen(shot, layer, first_frame + frames))
        for index, layer in enumerate(layers(shot))
        if "avatar" in layer
    ]


def _last_seen(shot: Json, layer: Json, end: int) -> int:
    """The last frame before `end` on which a layer may be seen, or -1."""
    end = min(end, layer.get("outFrame", 0) or shot["frames"])
    return end - 1 if layer.get("inFrame", 0) < end else -1


def require_files(wanted: list[Wanted], files: Mapping[str, object]) -> None:
    """Check that every file came.

    Raises:
        MissingFile: With every file that did not.
    """
    faults = {want.field: f"{want.path} is not among the files" for want in wanted if want.path not in files}
    if faults:
        raise MissingFile(faults)


def require_passes(wanted: list[Wanted], passes: Mapping[str, object]) -> None:
    """Check that every avatar has its pass.

    Raises:
        MissingPass: With every avatar that has none.
    """
    faults = {want.field: f"{want.path!r} has no pass" for want in wanted if want.path not in passes}
    if faults:
        raise MissingPass(faults)


def placed(shot: Json, region: Region) -> dict[str, float]:
    """The box of a pass in the shot's pixels.

    A pass that does not say what composition it counts in, has the shot's proportions and begins at its corner was
    drawn for a smaller copy of it.
    """
    width, height = region.composition
    if width <= 0 or height <= 0:
        whole = region.left == 0 and region.top == 0 and region.width * shot["height"] == region.height * shot["width"]
        width, height = (region.width, region.height) if whole else (shot["width"], shot["height"])
    across, down = shot["width"] / width, shot["height"] / height
    return {
        "left": region.left * across,
        "top": region.top * down,
        "width": region.width * across,
        "height": region.height * down,
    }


def page_job(shot: Json, *, width: int, height: int, name: str, passes: Mapping[str, Region]) -> dict[str, Any]:
    """What the page loads.

    Args:
        shot: A shot that is valid.
        width: Pixels of the output.
        height: Pixels of the output.
        name: What `{name}` becomes.
        passes: Per avatar layer, where its pass lies.
    """
    return {
        "shot": dict(shot),
        "width": width,
        "height": height,
        "name": name,
        "passes": {layer: {"box": placed(shot, region)} for layer, region in passes.items()},
    }
