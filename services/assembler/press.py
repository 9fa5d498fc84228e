"""Partial evaluation of a music video with respect to the fan: what is personal, and what is drawn once for all fans.

Shots are plain values here: protobuf's JSON mapping of `fancam.v1.Shot` with the field names of the proto.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

Json = dict[str, Any]
"""One message in protobuf's JSON mapping, with the proto's own field names."""

SOURCES = ("footage", "image", "solid", "text", "avatar", "null", "adjustment", "precomp", "shapes")
NAME = "{name}"
"""What a text layer writes where the fan's name goes."""

SEES_THROUGH = frozenset(
    f"BLEND_MODE_{name}"
    for name in (
        "STENCIL_ALPHA",
        "STENCIL_LUMA",
        "SILHOUETTE_ALPHA",
        "SILHOUETTE_LUMA",
        "ALPHA_ADD",
        "LUMINESCENT_PREMUL",
    )
)
"""Modes that read how opaque everything below is; a plate is opaque everywhere."""

REMEMBERS = ("echo", "posterize_time")
"""Effects whose picture depends on how many frames lie before it."""

MIN_FIXED_FRAMES = 6
"""A stretch without the fan that is shorter stays personal: each part costs a call, and a key frame of its own."""


# --------------------------------------------------------------------------------------------------------------------
# What is personal, and what is static


def source(layer: Json) -> str:
    """Which kind a layer is."""
    return next(kind for kind in SOURCES if kind in layer)


def span(layer: Json, frames: int) -> tuple[int, int]:
    """First frame on which a layer is seen, and the first on which it is no longer; equal when it never is."""
    first = min(layer.get("in_frame", 0), frames)
    return first, max(first, min(layer.get("out_frame", 0) or frames, frames))


def matte_layers(layers: Iterable[Json]) -> set[str]:
    """Names of the layers that serve as mattes; they are not drawn themselves."""
    return {layer["matte"]["layer"] for layer in layers if "matte" in layer}


def compositions(shot: Json) -> dict[str, Json]:
    """The compositions that a shot's layers may show, by id."""
    return {inner["id"]: inner for inner in shot.get("compositions", [])}


def every_layer(shot: Json) -> list[Json]:
    """The shot's layers, and those of its compositions that are shown anywhere in it, each once."""
    known = compositions(shot)
    found = list(shot["layers"])
    shown = set[str]()
    for layer in found:  # grows while it is walked
        inner = layer.get("precomp", {}).get("composition", "")
        if inner in known and inner not in shown:
            shown.add(inner)
            found += known[inner]["layers"]
    return found


def is_fans(layer: Json, shot: Json) -> bool:
    """Whether a layer itself shows the fan: their avatar, their name, or a composition with one of them."""
    if "avatar" in layer:
        return not layer["avatar"].get("recipe")
    if "precomp" in layer:
        inner = compositions(shot).get(layer["precomp"]["composition"])
        return inner is not None and any(
            is_fans(each, shot) for each in every_layer({**shot, "layers": inner["layers"]}) if "precomp" not in each
        )
    return "text" in layer and NAME in layer["text"].get("text", "")


def effect_layers(layer: Json) -> set[str]:
    """Names of the layers that a layer's effects read."""
    return {
        settings["layer"]
        for effect in layer.get("effects", [])
        for settings in effect.values()
        if isinstance(settings, dict) and settings.get("layer")
    }


def dependents(shot: Json) -> set[str]:
    """Names of the layers whose pixels depend on the fan: their own source, a parent's, a matte's or an effect's.

    A parent counts because the size of a text, and with it its default anchor point, depends on the name. So does the
    parent of a camera or a light, for every layer in 3D.
    """
    layers, inner, rigs = shot["layers"], compositions(shot), _rigs(shot)
    found = {layer["name"] for layer in layers if is_fans(layer, shot)}
    while True:
        more = {
            layer["name"]
            for layer in layers
            if layer.get("parent") in found
            or layer.get("matte", {}).get("layer") in found
            or effect_layers(layer) & found
            or (rigs & found and _in_3d(layer, inner))
        } - found
        if not more:
            return found
        found |= more


def _fans_layers(shot: Json) -> list[Json]:
    """The layers that bring the fan into the picture when they are seen."""
    mattes = matte_layers(shot["layers"])
    personal = dependents(shot)
    return [
        layer
        for layer in shot["layers"]
        if layer["name"] in personal and layer["name"] not in mattes and "null" not in layer
    ]


def shows_fan(shot: Json) -> list[str]:
    """Names of the layers that bring the fan into the picture; empty when all fans see the same."""
    frames = shot["frames"]
    return [layer["name"] for layer in _fans_layers(shot) if span(layer, frames)[0] < span(layer, frames)[1]]


# --------------------------------------------------------------------------------------------------------------------
# Parting a shot in time


@dataclass(frozen=True)
class Part:
    """A stretch of a shot that is personal throughout, or the same for all fans."""

    first_frame: int
    frames: int
    personal: bool


def parts(shot: Json) -> list[Part]:
    """Part a personal shot where nothing of the fan is seen: before they come, after they went, and between.

    A layer counts as seen from its in point to its out point, except where its opacity or its scale is zero. Shots
    whose effects count frames stay whole.
    """
    frames = shot["frames"]
    if any(name in effect for layer in every_layer(shot) for effect in layer.get("effects", []) for name in REMEMBERS):
        return [Part(0, frames, personal=True)]
    seen = [False] * frames
    for layer in _fans_layers(shot):
        first, end = span(layer, frames)
        blind = _blind(layer, shot)
        for frame in range(first, end):
            seen[frame] = seen[frame] or not blind[frame]
    found: list[Part] = []
    for visible, run in groupby(range(frames), key=lambda frame: seen[frame]):
        stretch = list(run)
        personal = visible or len(stretch) < MIN_FIXED_FRAMES
        if found and found[-1].personal == personal:
            stretch = [*range(found[-1].first_frame, stretch[0]), *stretch]
            found.pop()
        found.append(Part(stretch[0], len(stretch), personal))
    return found


def _blind(layer: Json, shot: Json) -> list[bool]:
    """Whether a layer shows nothing although it is there, frame by frame: no opacity, or no size."""
    frames = shot["frames"]
    transform = layer.get("transform", {})
    opacity = _zero(transform.get("opacity"), frames)
    size = _zero(transform.get("scale"), frames)
    blind = [none or small for none, small in zip(opacity, size, strict=True)]
    if not layer.get("motion_blur"):
        return blind
    before, after = _shutter(shot.get("motion_blur", {}))
    return [all(blind[max(0, frame - before) : frame + after + 1]) for frame in range(frames)]


def _shutter(blur: Json) -> tuple[int, int]:
    """Across how many whole frames before and after its own the shutter of a frame is open at most."""
    angle = blur.get("shutter_angle_deg", 0) or 180
    phase = blur.get("shutter_phase_deg", -angle / 2)
    return max(0, ceil(-phase / 360)), max(0, ceil((phase + angle) / 360))


def _zero(found: Json | None, frames: int) -> list[bool]:
    """Whether a property is zero on every axis, frame by frame; between two keyframes of zero nothing else comes."""
    if found is None:
        return [False] * frames
    keys = found.get("keyframes", [])
    if not keys:
        return [bool(found.get("value")) and not any(found["value"])] * frames

    def zero(frame: int) -> bool:
        before = [key for key in keys if key.get("frame", 0) <= frame]
        after = [key for key in keys if key.get("frame", 0) > frame]
        around = [*before[-1:], *([] if before and before[-1].get("hold") else after[:1])]
        return not any(number for key in around for number in key["value"])

    return [zero(frame) for frame in range(frames)]


# --------------------------------------------------------------------------------------------------------------------
# Cutting a range out of a shot


def rebase(shot: Json, first: int, frames: int) -> Json:
    """The shot's frames `first` to `first + frames` as a shot of its own, whose frame 0 is `first`.

    Keyframes, in and out points, footage and compositions move together; a layer that is never seen in the range,
    by its points or for want of opacity or size, goes unless a parent, a matte or an effect names it. What is in
    compositions keeps its own time.
    """
    inner = shot.get("compositions", [])
    cut: Json = _shifted({key: value for key, value in shot.items() if key != "compositions"}, -first)
    if inner:
        cut["compositions"] = copy.deepcopy(inner)
    cut["frames"] = frames
    end = shot["frames"]
    unseen = set()
    for layer in cut["layers"]:
        start, stop = (point - first for point in span(layer, end))
        start, stop = max(0, start), min(frames, stop)
        if start >= stop or all(_blind(layer, cut)[start:stop]):
            unseen.add(layer["name"])
            _hide(layer, cut)
        else:
            _put(layer, "in_frame", start)
            _put(layer, "out_frame", 0 if stop == frames else stop)
        for kind in ("footage", "precomp"):
            if kind in layer and "time_remap" not in layer:
                _run_on(layer, layer[kind], first, frames)
    for camera in cut.get("cameras", []):
        start, stop = (point - first for point in span(camera, end))
        _put(camera, "in_frame", max(0, start))
        _put(camera, "out_frame", 0 if stop >= frames else max(1, stop))
    cut["layers"] = _without(cut, unseen)
    _drop_compositions(cut)
    return cut


def _run_on(layer: Json, played: Json, first: int, frames: int) -> None:
    """Let a layer's source begin where it is on frame `first`, for a range of `frames`."""
    stretch = layer.get("stretch_percent", 0) or 100
    start = played.get("start_frame", 0)
    if stretch == 100:
        _put(played, "start_frame", start + first)
        return
    # Footage begins at whole frames only: a source at another speed is given its frames by a straight time remap.
    del layer["stretch_percent"]
    layer["time_remap"] = {
        "keyframes": [{"frame": frame, "value": [start + (first + frame) * 100 / stretch]} for frame in (0, frames)]
    }


def _drop_compositions(shot: Json) -> None:
    """Leave out compositions that no layer shows any more, with the files that only they name."""
    shown = {layer["precomp"]["composition"] for layer in every_layer(shot) if "precomp" in layer}
    kept = [inner for inner in shot.pop("compositions", []) if inner["id"] in shown]
    if kept:
        shot["compositions"] = kept


def _hide(layer: Json, shot: Json) -> None:
    """Show a layer only after the shot's end, so that it moves its children and is never drawn.

    An avatar becomes a solid of its size, the composition's, so that no pass is drawn for it.
    """
    layer["in_frame"], layer["out_frame"] = shot["frames"], shot["frames"] + 1
    if "avatar" in layer:
        del layer["avatar"]
        layer["solid"] = {"width": shot["width"], "height": shot["height"], "color": {}}


def _rigs(shot: Json) -> set[str]:
    """Names of the layers that carry a camera or a light."""
    carried = [*shot.get("cameras", []), *shot.get("lights", []), shot.get("camera", {})]
    return {each["parent"] for each in carried if each.get("parent")}


def _put(message: Json, field: str, value: float) -> None:
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


def _without(shot: Json, unseen: set[str]) -> list[Json]:
    """A shot's layers without those that are never seen and that nothing else needs; at least one remains."""
    layers: list[Json] = shot["layers"]
    while True:
        needed = matte_layers(layers) | {layer.get("parent", "") for layer in layers} | _rigs(shot)
        needed = needed.union(*map(effect_layers, layers))
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
    on everything below: it belongs to the plate when all of that does. A shot with a live layer that reads how opaque
    everything below it is stays whole, since a plate is opaque.

    Args:
        shot: A valid shot.
        plate_path: Footage path by which the live half names the plate.

    Returns:
        None when nothing is gained: the run is empty, or a single layer without effects, which is cheaper drawn than
        decoded.
    """
    layers = shot["layers"]
    mattes = matte_layers(layers)
    personal = dependents(shot)
    inner = compositions(shot)
    paints = [layer for layer in layers if layer["name"] not in mattes and "null" not in layer]
    count = 0
    while count < len(paints) and paints[-1 - count]["name"] not in personal:
        count += 1
    if count < len(paints):
        while count > 0 and _in_3d(paints[-count], inner) and _in_3d(paints[-count - 1], inner):
            count -= 1
    run = paints[len(paints) - count :]
    live = paints[: len(paints) - count]
    folded = {layer["name"] for layer in run}
    rest = {layer["name"] for layer in live}
    if _work(run, inner) < 2 or not live or any(_sees_through(layer) for layer in live):
        return None
    if any(effect_layers(layer) & folded for layer in live) or any(effect_layers(layer) & rest for layer in run):
        return None  # an effect reads a layer that the other half paints
    plate_layer: Json = {
        "name": unused("plate", {layer["name"] for layer in layers}),
        "footage": {"path": plate_path, "width": shot["width"], "height": shot["height"]},
    }
    plate = {**copy.deepcopy(shot), "id": f"{shot['id'][:54]}-plate", "layers": _half(layers, folded, shot)}
    left = {**copy.deepcopy(shot), "layers": [*_half(layers, rest, shot), plate_layer]}
    for half in (plate, left):
        _drop_compositions(half)
    return Folded(plate, left, tuple(layer["name"] for layer in run))


def _in_3d(layer: Json, inner: Mapping[str, Json]) -> bool:
    """Whether a layer stands in a space with its neighbours, itself or by what a collapsed composition holds."""
    if layer.get("collapse") and "precomp" in layer:
        held = inner.get(layer["precomp"]["composition"], {"layers": []})
        return any(_in_3d(each, inner) for each in held["layers"])
    return bool(layer.get("three_d")) and "adjustment" not in layer


def _sees_through(layer: Json) -> bool:
    return bool(layer.get("preserve_transparency")) or layer.get("blend_mode") in SEES_THROUGH


def _work(layers: Iterable[Json], inner: Mapping[str, Json]) -> int:
    """How much there is to draw: a layer counts one, so does each effect and mask, and a composition what it holds."""
    work = 0
    for layer in layers:
        work += 1 + len(layer.get("effects", [])) + len(layer.get("masks", []))
        if "precomp" in layer:
            work += _work(inner.get(layer["precomp"]["composition"], {"layers": []})["layers"], inner)
    return work


def unused(name: str, taken: Collection[str], between: str = " ") -> str:
    """A name, or with the lowest number behind it one that is not taken."""
    numbered = (f"{name}{between}{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (name, *numbered) if free not in taken)


def _half(layers: Sequence[Json], painted: set[str], shot: Json) -> list[Json]:
    """The layers in `painted` with everything they need: mattes whole, parents as hidden layers that only move."""
    by_name = {layer["name"]: layer for layer in layers}
    whole = set(painted)
    while more := _needed_whole(by_name, whole) - whole:
        whole |= more
    kept = whole | (_rigs(shot) & by_name.keys())
    while more := {by_name[name]["parent"] for name in kept if by_name[name].get("parent")} - kept:
        kept |= more
    return [
        copy.deepcopy(layer) if layer["name"] in whole else _hidden(layer, shot)
        for layer in layers
        if layer["name"] in kept
    ]


def _needed_whole(by_name: Mapping[str, Json], names: Iterable[str]) -> set[str]:
    """Layers whose own pixels these read: mattes, and what their effects look at."""
    layers = [by_name[name] for name in names]
    return matte_layers(layers).union(*map(effect_layers, layers))


def _hidden(layer: Json, shot: Json) -> Json:
    """A layer that is never seen and has the size and the transform of `layer`, to be a parent."""
    kind = source(layer)
    kept = copy.deepcopy({key: layer[key] for key in ("name", kind, "transform", "parent", "three_d") if key in layer})
    _hide(kept, shot)
    return kept
