"""What can be said against a shot before a page is troubled: what contradicts itself, and what is not drawn, by name.

A shot is a dict here: `fancam.v1.Shot` in protobuf's JSON mapping, whose single values the contract has checked
already. Every check gives faults by the field they are about, as the contract names it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.compositor.widths import STANDING, wrong_numbers

Json = Mapping[str, Any]
Faults = Iterator[tuple[str, str]]

MOST_CASTERS = 4
"""Layers that may cast shadows in one composition; as `MOST_CASTERS` of the page's lights.ts."""

MOST_PIXELS = 32_768
"""Of a solid, along one side: four times the largest composition's."""

TIMELESS = ("echo", "posterizeTime")
"""Effects that show a layer's picture of other frames; what is below an adjustment has none."""

COLLAPSIBLE = frozenset(
    [
        "name",
        "precomp",
        "transform",
        "parent",
        "inFrame",
        "outFrame",
        "threeD",
        "timeRemap",
        "stretchPercent",
        "collapse",
        "comment",
    ]
)
"""What a layer may have whose composition is collapsed into the one around it."""

SPATIAL = ("xRotation", "yRotation", "orientation", "positionZ")
"""Properties of a transform that only layers in 3D have."""

BENDING = ("trim", "roundCorners", "puckerBloat", "zigZag", "twist", "offset", "merge")
"""Shape items that change the paths above them."""


def plans(shot: Json) -> list[tuple[str, Json]]:
    """The shot and its compositions, each with where it stands."""
    inner = [(f"shot.compositions[{index}]", plan) for index, plan in enumerate(shot.get("compositions", []))]
    return [("shot", shot), *inner]


def faults(shot: Json) -> dict[str, str]:
    """Everything that is wrong with a shot, by field; empty when it can be played."""
    found: dict[str, str] = {}
    known = {plan["id"]: plan for plan in shot.get("compositions", [])}
    for where, plan in plans(shot):
        found |= dict(_plan(plan, where, shot, known))
    found |= dict(_compositions(shot, known))
    for path, prop in _keyframed(shot, "shot"):
        found |= dict(_keyframes(path, prop["keyframes"]))
    for where, plan in plans(shot):
        found |= dict(_numbers(plan, where))
    return found


def _numbers(plan: Json, where: str) -> Faults:
    """Properties of layers, cameras and lights with too many or too few numbers, and layers of no sensible size."""
    for index, layer in enumerate(plan["layers"]):
        at = f"{where}.layers[{index}]"
        for place, why in wrong_numbers(layer):
            yield f"{at}.{snake(place)}", f"{layer['name']!r}: {why}"
        for side in ("width", "height"):
            if layer.get("solid", {}).get(side, 0) > MOST_PIXELS:
                yield f"{at}.solid.{side}", f"{layer['name']!r} is {layer['solid'][side]} pixels; at most {MOST_PIXELS}"
    for field, each in _standing(plan):
        for place, why in wrong_numbers(each, STANDING):
            yield f"{where}.{field}.{snake(place)}", why


def _standing(plan: Json) -> list[tuple[str, Json]]:
    """Cameras and lights of a composition, with their fields."""
    found = [("camera", plan["camera"])] if "camera" in plan else []
    return found + [
        (f"{kind}[{k}]", each) for kind in ("cameras", "lights") for k, each in enumerate(plan.get(kind, []))
    ]


def _plan(plan: Json, where: str, shot: Json, known: Mapping[str, Json]) -> Faults:
    """Faults of the layers, cameras and lights of one composition."""
    by_name: dict[str, Json] = {}
    for index, layer in enumerate(plan["layers"]):
        if layer["name"] in by_name:
            yield f"{where}.layers[{index}].name", f"{layer['name']!r} is the name of another layer too"
        by_name[layer["name"]] = layer
    for index, layer in enumerate(plan["layers"]):
        at = f"{where}.layers[{index}]"
        yield from _links(layer, by_name, at)
        first, end = layer.get("inFrame", 0), layer.get("outFrame", 0) or plan["frames"]
        if first >= end:
            yield f"{at}.in_frame", f"{layer['name']!r} begins at frame {first} and ends at frame {end}"
        for number, effect in enumerate(layer.get("effects", [])):
            yield from _effect(effect, layer, by_name, f"{at}.effects[{number}]")
        for number, mask in enumerate(layer.get("masks", [])):
            yield from _path(mask["path"], f"{layer['name']!r}", f"{at}.masks[{number}].path")
        yield from _items(layer.get("shapes", {}).get("items", []), layer["name"], f"{at}.shapes.items")
        yield from _layer(layer, at, plan, shot, known)
    for field, each in _standing(plan):
        if each.get("parent") and each["parent"] not in by_name:
            yield f"{where}.{field}.parent", f"it has the parent {each['parent']!r}, which is no layer beside it"
    casting = [layer["name"] for layer in plan["layers"] if layer.get("material", {}).get("castsShadows")]
    if len(casting) > MOST_CASTERS:
        yield f"{where}.layers", f"{len(casting)} layers cast shadows; {MOST_CASTERS} can: {', '.join(casting)}"


def _links(layer: Json, by_name: Mapping[str, Json], where: str) -> Faults:
    """Faults of a layer's parent and matte."""
    follow: list[tuple[str, str, Callable[[Json], str]]] = [
        ("parent", f"{where}.parent", lambda each: each.get("parent", "")),
        ("matte", f"{where}.matte.layer", lambda each: each.get("matte", {}).get("layer", "")),
    ]
    for what, field, link in follow:
        named = link(layer)
        if not named:
            continue
        if named not in by_name:
            yield field, f"{layer['name']!r} has the {what} {named!r}, which is no layer of the shot"
            continue
        seen = [layer["name"]]
        while named and named in by_name:
            if named in seen:
                yield field, f"the {what}s of {layer['name']!r} go in a circle: {' -> '.join([*seen, named])}"
                break
            seen.append(named)
            named = link(by_name[named])


def _layer(layer: Json, at: str, plan: Json, shot: Json, known: Mapping[str, Json]) -> Faults:
    """What a layer asks for that its kind does not have."""
    name = repr(layer["name"])
    if "precomp" in layer and layer["precomp"]["composition"] not in known:
        yield f"{at}.precomp.composition", f"{name} shows {layer['precomp']['composition']!r}, which is no composition"
    if layer.get("collapse"):
        if "precomp" not in layer:
            yield f"{at}.collapse", f"{name} is no composition that could be collapsed"
        for field in sorted(layer.keys() - COLLAPSIBLE):
            yield f"{at}.{snake(field)}", f"{name} is collapsed, and collapsed layers have no {snake(field)}"
    timed = "precomp" in layer or "footage" in layer
    for field in ("timeRemap", "stretchPercent"):
        if field in layer and not timed:
            yield f"{at}.{snake(field)}", f"{name} has no time of its own; footage and compositions have"
    if not layer.get("threeD"):
        yield from _flat(layer, at)
    if "adjustment" in layer:
        for field in ("motionBlur", "preserveTransparency", "colorSpace"):
            if layer.get(field):
                yield f"{at}.{snake(field)}", f"{name} is an adjustment layer, and those have no {snake(field)}"
    if "avatar" in layer and (plan["width"], plan["height"]) != (shot["width"], shot["height"]):
        size, wanted = f"{plan['width']}x{plan['height']}", f"{shot['width']}x{shot['height']}"
        yield f"{at}.avatar", f"{name} is an avatar in a composition of {size}; it must have the shot's {wanted}"


def _flat(layer: Json, at: str) -> Faults:
    """What a layer that is not in 3D asks for, and only layers in 3D have."""
    fault = f"{layer['name']!r} is not in 3D; set three_d"
    fields = [f"transform.{snake(field)}" for field in SPATIAL if field in layer.get("transform", {})]
    fields += ["material"] if "material" in layer else []
    fields += ["auto_orient"] if layer.get("autoOrient") == "AUTO_ORIENT_TOWARDS_CAMERA" else []
    for field in fields:
        yield f"{at}.{field}", fault


def _effect(effect: Json, layer: Json, by_name: Mapping[str, Json], where: str) -> Faults:
    name = repr(layer["name"])
    if "levels" in effect:
        levels = effect["levels"]
        black, white = float(levels.get("inBlack", 0)), float(levels.get("inWhite", 0)) or 1.0
        if white <= black:
            yield f"{where}.levels.in_white", f"{name}: in_white {white} must be above in_black {black}"
        if float(levels.get("gamma", 0)) < 0:
            yield f"{where}.levels.gamma", f"{name}: gamma {levels['gamma']} must be positive"
    if "adjustment" in layer:
        for kind in TIMELESS:
            if kind in effect:
                yield f"{where}.{snake(kind)}", f"{name} is an adjustment layer, and those have no {snake(kind)}"
    if "displacementMap" in effect and effect["displacementMap"]["layer"] not in by_name:
        named = effect["displacementMap"]["layer"]
        yield f"{where}.displacement_map.layer", f"{name} is displaced by {named!r}, which is no layer beside it"
    if "stroke" in effect:
        masks = {mask.get("name", "") for mask in layer.get("masks", [])}
        wanted = effect["stroke"].get("mask", "")
        if not masks or (wanted and wanted not in masks):
            yield (
                f"{where}.stroke.mask",
                f"{name} has no mask {wanted!r} to stroke" if wanted else f"{name} has no mask",
            )


def _items(items: list[Json], layer: str, where: str) -> Faults:
    """Faults of shape items: areas that were merged or grown can only be filled."""
    merged = ""
    for index, item in enumerate(items):
        at = f"{where}[{index}]"
        kind = next(kind for kind in item if kind != "name")
        if kind == "group":
            yield from _items(item["group"].get("items", []), layer, f"{at}.group.items")
        if kind == "path":
            yield from _path(item["path"]["path"], repr(layer), f"{at}.path.path")
        if merged and (kind == "stroke" or kind in BENDING):
            yield f"{at}.{snake(kind)}", f"{layer!r}: paths after {snake(merged)} can only be filled, not {snake(kind)}"
        if kind in {"merge", "offset"} and item[kind].get("mode") != "MERGE_MODE_MERGE":
            merged = kind
        for stop, following in itertools.pairwise(item.get(kind, {}).get("gradient", {}).get("stops", [])):
            if float(following.get("offset", 0)) < float(stop.get("offset", 0)):
                yield f"{at}.{kind}.gradient.stops", f"{layer!r}: the gradient's stops do not rise"


def _path(path: Json, layer: str, where: str) -> Faults:
    """Faults of a bezier path: every vertex has two numbers, and so has each of its handles."""
    shapes = [("value", path["value"])] if "value" in path else []
    shapes += [(f"keyframes[{index}].value", key["value"]) for index, key in enumerate(path.get("keyframes", []))]
    if not shapes:
        yield where, f"{layer} has a path without vertices"
    for field, shape in shapes:
        count = len(shape.get("vertices", []))
        if count % 2 or count < 4:
            yield f"{where}.{field}.vertices", f"{layer}: {count} numbers are not x and y of two vertices or more"
        for side in ("inTangents", "outTangents"):
            if side in shape and len(shape[side]) != count:
                yield f"{where}.{field}.{snake(side)}", f"{layer}: {len(shape[side])} numbers for {count} of vertices"
    if len({len(shape.get("vertices", [])) for _, shape in shapes}) > 1:
        yield f"{where}.keyframes", f"{layer}: the path's keyframes have different numbers of vertices"


def _compositions(shot: Json, known: Mapping[str, Json]) -> Faults:
    """Compositions of one name, or that show themselves; and avatars of one name, which would share a pass."""
    ids = [plan["id"] for plan in shot.get("compositions", [])]
    for index, name in enumerate(ids):
        if name in ids[:index]:
            yield f"shot.compositions[{index}].id", f"{name!r} is the name of another composition too"

    def shown(name: str) -> list[str]:
        plan = known.get(name, {})
        return [layer["precomp"]["composition"] for layer in plan.get("layers", []) if "precomp" in layer]

    def circle(trail: list[str]) -> list[str] | None:
        for name in shown(trail[-1]):
            if name in trail:
                return [*trail[trail.index(name) :], name]
            if found := circle([*trail, name]):
                return found
        return None

    for index, name in enumerate(ids):
        if (found := circle([name])) and found[0] == name:
            yield f"shot.compositions[{index}]", f"the compositions show each other in a circle: {' -> '.join(found)}"
    avatars: set[str] = set()
    for where, plan in plans(shot):
        for index, layer in enumerate(plan["layers"]):
            if "avatar" not in layer:
                continue
            if layer["name"] in avatars:
                yield f"{where}.layers[{index}].name", f"{layer['name']!r} is the name of another avatar too"
            avatars.add(layer["name"])


def _keyframes(path: str, keyframes: list[Json]) -> Faults:
    frames = [float(keyframe.get("frame", 0)) for keyframe in keyframes]
    if any(later <= earlier for earlier, later in itertools.pairwise(frames)):
        yield f"{path}.keyframes", f"the keyframes' frames {frames} do not rise"
    sizes = {len(keyframe["value"]) for keyframe in keyframes if isinstance(keyframe["value"], list)}
    if len(sizes) > 1:
        yield f"{path}.keyframes", f"the keyframes have {sorted(sizes)} values each"


def _keyframed(value: Any, path: str) -> Iterator[tuple[str, Json]]:
    """Everything keyframed below `value`, with its path."""
    if isinstance(value, Mapping):
        if "keyframes" in value:
            yield path, value
        else:
            for key, inner in value.items():
                yield from _keyframed(inner, f"{path}.{snake(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _keyframed(inner, f"{path}[{index}]")


def snake(name: str) -> str:
    """A field's name as the contract writes it."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
