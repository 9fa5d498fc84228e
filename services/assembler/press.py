"""Partial evaluation of a music video with respect to the fan: what is personal, and what is drawn once for all fans.

Shots are plain values here: protobuf's JSON mapping of `fancam.v1.Shot` with the field names of the proto.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""One message in protobuf's JSON mapping, with the proto's own field names."""

SOURCES = ("footage", "image", "solid", "text", "avatar", "null", "adjustment")
NAME = "{name}"
"""What a text layer writes where the fan's name goes."""


# --------------------------------------------------------------------------------------------------------------------
# What is personal, and what is static


def source(layer: Json) -> str:
    """Which of the seven kinds a layer is."""
    return next(kind for kind in SOURCES if kind in layer)


def span(layer: Json, frames: int) -> tuple[int, int]:
    """First frame on which a layer is seen, and the first on which it is no longer; equal when it never is."""
    first = min(layer.get("in_frame", 0), frames)
    return first, max(first, min(layer.get("out_frame", 0) or frames, frames))


def matte_layers(layers: Iterable[Json]) -> set[str]:
    """Names of the layers that serve as mattes; they are not drawn themselves."""
    return {layer["matte"]["layer"] for layer in layers if "matte" in layer}


def is_fans(layer: Json) -> bool:
    """Whether a layer itself shows the fan: their avatar, or their name."""
    if "avatar" in layer:
        return not layer["avatar"].get("recipe")
    return "text" in layer and NAME in layer["text"].get("text", "")


def dependents(layers: Sequence[Json]) -> set[str]:
    """Names of the layers whose pixels depend on the fan: their own source, a parent's or a matte's.

    A parent counts because the size of a text, and with it its default anchor point, depends on the name.
    """
    found = {layer["name"] for layer in layers if is_fans(layer)}
    while True:
        more = {
            layer["name"]
            for layer in layers
            if layer.get("parent") in found or layer.get("matte", {}).get("layer") in found
        } - found
        if not more:
            return found
        found |= more


def shows_fan(shot: Json) -> list[str]:
    """Names of the layers that bring the fan into the picture; empty when all fans see the same."""
    layers, frames = shot["layers"], shot["frames"]
    mattes = matte_layers(layers)
    personal = dependents(layers)
    drawn = [layer for layer in layers if layer["name"] not in mattes and source(layer) not in {"null", "adjustment"}]
    return [
        layer["name"]
        for layer in drawn
        if layer["name"] in personal and span(layer, frames)[0] < span(layer, frames)[1]
    ]


# --------------------------------------------------------------------------------------------------------------------
# Cutting a range out of a shot


def rebase(shot: Json, first: int, frames: int) -> Json:
    """The shot's frames `first` to `first + frames` as a shot of its own, whose frame 0 is `first`.

    Keyframes, in and out points and footage move together; a layer that is never seen in the range goes, unless a
    parent or a matte names it.
    """
    cut: Json = _shifted(shot, -first)
    cut["frames"] = frames
    end = shot["frames"]
    unseen = set()
    for layer in cut["layers"]:
        start, stop = (point - first for point in span(layer, end))
        start, stop = max(0, start), min(frames, stop)
        if start >= stop:
            unseen.add(layer["name"])
            _hide(layer, cut)
        else:
            _put(layer, "in_frame", start)
            _put(layer, "out_frame", 0 if stop == frames else stop)
        if "footage" in layer:
            _put(layer["footage"], "start_frame", layer["footage"].get("start_frame", 0) + first)
    cut["layers"] = _without(cut["layers"], unseen)
    return cut


def _hide(layer: Json, shot: Json) -> None:
    """Show a layer only after the shot's end, so that it moves its children and is never drawn.

    An avatar becomes a solid of its size, the composition's, so that no pass is drawn for it.
    """
    layer["in_frame"], layer["out_frame"] = shot["frames"], shot["frames"] + 1
    if "avatar" in layer:
        del layer["avatar"]
        layer["solid"] = {"width": shot["width"], "height": shot["height"], "color": {}}


def _put(message: Json, field: str, value: int) -> None:
    """Set a field as the JSON mapping does: a default is left out."""
    message.pop(field, None)
    if value:
        message[field] = value


def _shifted(value: Any, frames: int) -> Any:
    """A copy of `value` with every keyframe in it moved by `frames`; nothing in the copy is shared."""
    if isinstance(value, list):
        return [_shifted(item, frames) for item in value]
    if isinstance(value, dict):
        moved = {key: _shifted(item, frames) for key, item in value.items()}
        for keyframe in moved.get("keyframes", []):
            keyframe["frame"] = keyframe.get("frame", 0) + frames
        return moved
    return value


def _without(layers: list[Json], unseen: set[str]) -> list[Json]:
    """The layers without those that are never seen and that no other layer needs; at least one remains."""
    while True:
        needed = matte_layers(layers) | {layer.get("parent", "") for layer in layers}
        gone = {layer["name"] for layer in layers if layer["name"] in unseen and layer["name"] not in needed}
        if not gone or len(gone) == len(layers):
            return layers
        layers = [layer for layer in layers if layer["name"] not in gone]


# --------------------------------------------------------------------------------------------------------------------
# Folding


@dataclass(frozen=True)
class Folded:
    """A personal shot in two halves that together draw what it drew."""

    plate: Json
    """What is the same for all fans: drawn once, encoded, and shown by the other half."""
    live: Json
    """What is drawn per fan; its lowest layer is the plate."""
    layers: tuple[str, ...]
    """Names of the layers that are in the plate now."""


def fold(shot: Json, plate_path: str) -> Folded | None:
    """Fold the lowest layers of a shot, up to the first that depends on the fan, into one plate.

    Only a contiguous run from the bottom can be folded, because each layer blends with what is below it. 3D layers that
    are neighbours are sorted by depth as one group, so a group is folded whole or not at all. An adjustment layer acts
    on everything below: it belongs to the plate when all of that does.

    Args:
        shot: A valid shot.
        plate_path: Footage path by which the live half names the plate.

    Returns:
        None when nothing is gained: the run is empty, or a single layer without effects, which is cheaper drawn than
        decoded.
    """
    layers = shot["layers"]
    mattes = matte_layers(layers)
    personal = dependents(layers)
    paints = [layer for layer in layers if layer["name"] not in mattes and "null" not in layer]
    count = 0
    while count < len(paints) and paints[-1 - count]["name"] not in personal:
        count += 1
    if count < len(paints):
        while count > 0 and _in_3d(paints[-count]) and _in_3d(paints[-count - 1]):
            count -= 1
    run = paints[len(paints) - count :]
    if len(run) + sum(len(layer.get("effects", [])) for layer in run) < 2 or len(run) == len(paints):
        return None
    folded = {layer["name"] for layer in run}
    rest = {layer["name"] for layer in paints} - folded
    plate_layer: Json = {
        "name": _unused("plate", layers),
        "footage": {"path": plate_path, "width": shot["width"], "height": shot["height"]},
    }
    return Folded(
        plate={**copy.deepcopy(shot), "id": f"{shot['id'][:54]}-plate", "layers": _half(layers, folded, shot)},
        live={**copy.deepcopy(shot), "layers": [*_half(layers, rest, shot), plate_layer]},
        layers=tuple(layer["name"] for layer in run),
    )


def _in_3d(layer: Json) -> bool:
    return bool(layer.get("three_d")) and "adjustment" not in layer


def _unused(name: str, layers: Sequence[Json]) -> str:
    names = {layer["name"] for layer in layers}
    return next(
        free for free in [name, *(f"{name} {number}" for number in range(2, len(names) + 3))] if free not in names
    )


def _half(layers: Sequence[Json], painted: set[str], shot: Json) -> list[Json]:
    """The layers in `painted` with everything they need: mattes whole, parents as hidden layers that only move."""
    by_name = {layer["name"]: layer for layer in layers}
    whole = set(painted)
    while more := matte_layers(by_name[name] for name in whole) - whole:
        whole |= more
    kept = set(whole)
    while more := {by_name[name]["parent"] for name in kept if by_name[name].get("parent")} - kept:
        kept |= more
    return [
        copy.deepcopy(layer) if layer["name"] in whole else _hidden(layer, shot)
        for layer in layers
        if layer["name"] in kept
    ]


def _hidden(layer: Json, shot: Json) -> Json:
    """A layer that is never seen and has the size and the transform of `layer`, to be a parent."""
    kind = source(layer)
    kept = copy.deepcopy({key: layer[key] for key in ("name", kind, "transform", "parent", "three_d") if key in layer})
    _hide(kept, shot)
    return kept
