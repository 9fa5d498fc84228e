"""What is wrong in a shot: each fault with its layer and its property, in the shot itself and in its compositions.

Looked for before anything is drawn, and with the campaign at hand: its files, clips, pictures and library. The
compositor looks again at each shot it is sent (`services/compositor/faults.py`), knowing nothing else, since anybody
may call it. What both find, they find on their own: services share no code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from services.assembler.campaign import Documents, Fault, Library
from services.assembler.press import Json, source, span

MAX_SIDE_PX = 8_192
"""The longest side of a picture that a page can hold."""

MAX_LAYER_PX = 32_768
"""The longest side of a solid or a line of text that makes sense: four times the largest composition's."""

MAX_PICTURES_BYTES = 768 * 1024**2
"""Memory that a shot's pictures may take on a card, four bytes a pixel."""

LETTER_EM = 0.6
"""About how wide a letter is."""


@dataclass(frozen=True)
class Room:
    """A composition whose layers are looked at: the shot itself, or one inside it.

    Args:
        file: The shot's path.
        prefix: Put before every place: empty, or the composition's name.
        body: The composition: `layers`, `camera` and so on.
        frames: Its length.
        shot: The whole shot.
    """

    file: str
    prefix: str
    body: Json
    frames: int
    shot: Json

    def fault(self, where: str, why: str) -> Fault:
        """A fault in this composition."""
        return Fault(self.file, f"{self.prefix}{where}", why)

    def layer(self, layer: Json, field: str, why: str) -> Fault:
        """A fault of a layer's property."""
        return self.fault(f"layer {layer['name']!r}, {field}", why)


def rooms(file: str, shot: Json) -> list[Room]:
    """The shot and its compositions."""
    inner = shot.get("compositions", [])
    return [
        Room(file, "", shot, shot["frames"], shot),
        *(Room(file, f"composition {each['id']!r}, ", each, each["frames"], shot) for each in inner),
    ]


def shot_faults(file: str, shot: Json, documents: Documents, library: Library) -> list[Fault]:
    """Everything that is wrong in one shot."""
    faults = structure_faults(file, shot)
    for side in ("width", "height"):
        if shot[side] % 2:
            faults.append(Fault(file, side, f"{shot[side]} is odd; passes have even sides"))
    for room in rooms(file, shot):
        for layer in room.body["layers"]:
            faults += _layer_faults(room, layer, documents, library)
        faults += _filming_faults(room)
    faults += _memory_faults(file, shot, documents)
    return faults


def _layer_faults(room: Room, layer: Json, documents: Documents, library: Library) -> list[Fault]:
    faults = list(_source_faults(room, layer, documents, library))
    first, last = layer.get("in_frame", 0), layer.get("out_frame", 0) or room.frames
    if first >= last:
        faults.append(room.layer(layer, "out_frame", f"it ends at {last}, before it begins at {first}"))
    for place, why in values_faults(layer):
        faults.append(room.layer(layer, place, why))
    turned = {"x_rotation", "y_rotation", "orientation"} & layer.get("transform", {}).keys()
    if turned and not layer.get("three_d"):
        faults.append(room.layer(layer, f"transform.{min(turned)}", "is for 3D layers only; set three_d"))
    faults += _size_faults(room, layer, documents)
    faults += _switch_faults(room, layer)
    return faults


def repeats(file: str, where: str, names: Sequence[str]) -> Iterator[Fault]:
    """Names that are there more than once."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(file, where, f"{name!r} is there {names.count(name)} times")


# --------------------------------------------------------------------------------------------------------------------
# Structure: names, and what refers to them


def structure_faults(file: str, shot: Json) -> list[Fault]:
    """Names, parents, mattes, maps and compositions: what everything else relies on."""
    faults = list(repeats(file, "compositions", [each["id"] for each in shot.get("compositions", [])]))
    for room in rooms(file, shot):
        names = [layer["name"] for layer in room.body["layers"]]
        faults += repeats(file, f"{room.prefix}layers", names)
        by_name = {layer["name"]: layer for layer in room.body["layers"]}
        for layer in room.body["layers"]:
            faults += _link_faults(room, layer, by_name)
        for place, filming in _filming(room.body):
            parent = filming.get("parent")
            if parent and parent not in by_name:
                faults.append(room.fault(f"{place}, parent", f"there is no layer {parent!r}"))
    faults += _circles(file, shot)
    return faults


def _link_faults(room: Room, layer: Json, by_name: Mapping[str, Json]) -> Iterator[Fault]:
    links: dict[str, Callable[[Json], str]] = {
        "parent": lambda each: str(each.get("parent", "")),
        "matte": lambda each: str(each.get("matte", {}).get("layer", "")),
    }
    for field, link in links.items():
        named = link(layer)
        if named and named not in by_name:
            yield room.layer(layer, field, f"there is no layer {named!r}")
        elif named and _cyclic(by_name, layer["name"], link):
            yield room.layer(layer, field, f"{named!r} depends on this layer")
        elif named and field == "matte" and source(by_name[named]) in {"null", "adjustment"}:
            yield room.layer(layer, field, f"{named!r} draws nothing that could be a matte")
    masks = {mask.get("name", "") for mask in layer.get("masks", [])}
    for number, effect in enumerate(layer.get("effects", [])):
        for kind, settings in effect.items():
            named, mask = settings.get("layer", ""), settings.get("mask", "")
            if named and named not in by_name:
                yield room.layer(layer, f"effects[{number}].{kind}.layer", f"there is no layer {named!r}")
            if mask and mask not in masks:
                yield room.layer(layer, f"effects[{number}].{kind}.mask", f"the layer has no mask {mask!r}")


def _cyclic(by_name: Mapping[str, Json], start: str, link: Callable[[Json], str]) -> bool:
    """Whether following `link` from a layer comes back to it."""
    name, seen = start, set[str]()
    while name and name not in seen and name in by_name:
        seen.add(name)
        name = link(by_name[name])
    return name == start


def _circles(file: str, shot: Json) -> Iterator[Fault]:
    """Compositions that are not there, or that contain themselves."""
    known = {each["id"]: each for each in shot.get("compositions", [])}

    def shown(body: Json) -> list[tuple[Json, str]]:
        return [(layer, layer["precomp"]["composition"]) for layer in body["layers"] if "precomp" in layer]

    def way_back(start: str, at: str, way: list[str]) -> list[str]:
        """Compositions from `at` to `start`; empty when none leads there."""
        for _, inner in shown(known[at]):
            if inner == start:
                return [*way, at, start]
            if inner in known and inner not in way and (found := way_back(start, inner, [*way, at])):
                return found
        return []

    for room in rooms(file, shot):
        for layer, named in shown(room.body):
            if named not in known:
                yield room.layer(layer, "precomp.composition", f"there is no composition {named!r}")
            elif room.body.get("id") in known and room.prefix and (way := way_back(room.body["id"], named, [])):
                circle = " > ".join([room.body["id"], *way])
                yield room.layer(layer, "precomp.composition", f"the composition contains itself: {circle}")


# --------------------------------------------------------------------------------------------------------------------
# Sources


def _source_faults(room: Room, layer: Json, documents: Documents, library: Library) -> Iterator[Fault]:
    kind = source(layer)
    for field, named in layer_files(layer):
        if named not in documents.files:
            yield room.layer(layer, f"{kind}.{field}", f"{named} is not in the campaign")
    if kind == "avatar":
        where = f"{room.prefix}layer {layer['name']!r}, avatar.staging"
        yield from staging_faults(room.file, where, layer["avatar"].get("staging", {}), library)
    if kind == "footage" and layer["footage"]["path"] in documents.files:
        yield from _footage_faults(room, layer, documents)
    if kind == "image" and layer["image"]["path"] in documents.files:
        path = layer["image"]["path"]
        if path.rsplit(".", 1)[-1].lower() not in {"png", "jpg", "jpeg", "webp"}:
            yield room.layer(layer, "image.path", f"{path} is not PNG, JPEG or WebP")
        elif path not in documents.pictures:
            yield room.layer(layer, "image.path", f"{path} is no picture that can be decoded")


def layer_files(layer: Json) -> list[tuple[str, str]]:
    """Every path that a layer names, with the field that names it."""
    found = [
        ("path", layer.get("footage", {}).get("path", "")),
        ("path", layer.get("image", {}).get("path", "")),
        ("font", layer.get("text", {}).get("font", "")),
        ("recipe", layer.get("avatar", {}).get("recipe", "")),
    ]
    return [(field, path) for field, path in found if path]


def _footage_faults(room: Room, layer: Json, documents: Documents) -> Iterator[Fault]:
    named = layer["footage"]["path"]
    clip = documents.clips.get(named)
    if clip is None:
        yield room.layer(layer, "footage.path", f"{named} is no video file that can be decoded")
        return
    if clip.codec != "h264":
        yield room.layer(layer, "footage.path", f"{named} is {clip.codec}, not H.264")
    for problem in clip.problems:
        yield room.layer(layer, "footage.path", f"{named} {problem}")
    if clip.frame_rate != documents.frame_rate and not clip.problems:
        rates = f"{clip.frame_rate} frames per second, not {documents.frame_rate}"
        yield room.layer(layer, "footage.path", f"{named} has {rates}")
    if "time_remap" in layer:
        remap = layer["time_remap"]
        told = [key["value"] for key in remap.get("keyframes", [])] or [remap.get("value", [])]
        numbers = [value[0] for value in told if value and not isinstance(value[0], str)]
        if numbers and (min(numbers) < 0 or max(numbers) >= clip.frames):
            used = f"frames {min(numbers):g} to {max(numbers):g}"
            yield room.layer(layer, "time_remap", f"{used} of {named} are shown, which has {clip.frames}")
    elif not layer.get("stretch_percent"):
        start = layer["footage"].get("start_frame", 0)
        first, last = (point + start for point in span(layer, room.frames))
        if first < 0 or last > clip.frames:
            used = f"frames {first} to {last} of {named} are shown"
            yield room.layer(layer, "footage.start_frame", f"{used}, which has {clip.frames}")


def staging_faults(path: str, where: str, staging: Json, library: Library) -> Iterator[Fault]:
    """Dances and expressions that the library has not."""
    named = [("dance", staging.get("dance", ""), library.dances)]
    named += [("expression", staging.get("expression", ""), library.expressions)]
    named += [(f"dances[{k}].dance", cue["dance"], library.dances) for k, cue in enumerate(staging.get("dances", []))]
    for field, name, known in named:
        if name and name not in known:
            what = field.rsplit(".", 1)[-1]
            yield Fault(
                path, f"{where}.{field}", f"the library has no {what} {name!r}, only {', '.join(sorted(known))}"
            )


# --------------------------------------------------------------------------------------------------------------------
# Sizes and switches


def _size_faults(room: Room, layer: Json, documents: Documents) -> Iterator[Fault]:
    solid, text = layer.get("solid", {}), layer.get("text", {})
    for side in ("width", "height"):
        if solid.get(side, 0) > MAX_LAYER_PX:
            yield room.layer(layer, f"solid.{side}", f"{solid[side]} pixels are absurd; at most {MAX_LAYER_PX}")
    picture = documents.pictures.get(layer.get("image", {}).get("path", ""))
    if picture and max(picture.width, picture.height) > MAX_SIDE_PX:
        size = f"{picture.width}x{picture.height}"
        yield room.layer(layer, "image.path", f"{layer['image']['path']} is {size}; pages hold {MAX_SIDE_PX} a side")
    if text and not text.get("fit_width_px") and not text.get("box_width_px"):
        longest = max(map(len, text.get("text", "").split("\n")))
        width = round(longest * text["size_px"] * LETTER_EM)
        if width > MAX_LAYER_PX:
            why = f"{longest} letters of {text['size_px']:g} pixels are about {width} wide; set fit_width_px"
            yield room.layer(layer, "text.size_px", why)
    scales = layer.get("transform", {}).get("scale", {})
    for value in [*(key.get("value", []) for key in scales.get("keyframes", [])), scales.get("value", [])]:
        if any(not isinstance(part, str) and abs(part) > 100_000 for part in value):
            yield room.layer(layer, "transform.scale", f"{value} percent are absurd")
            return


def _memory_faults(file: str, shot: Json, documents: Documents) -> Iterator[Fault]:
    layers = [layer for room in rooms(file, shot) for layer in room.body["layers"]]
    paths = sorted({layer["image"]["path"] for layer in layers if "image" in layer} & documents.pictures.keys())
    sizes = {path: 4 * documents.pictures[path].width * documents.pictures[path].height for path in paths}
    if sum(sizes.values()) > MAX_PICTURES_BYTES:
        largest = max(paths, key=sizes.__getitem__)
        total = sum(sizes.values()) // 1024**2
        limit = MAX_PICTURES_BYTES // 1024**2
        yield Fault(file, "layers", f"its pictures take {total} MiB, at most {limit}; {largest} is the largest")


def _switch_faults(room: Room, layer: Json) -> Iterator[Fault]:
    """Properties that mean nothing where they are, so that what was meant is not drawn."""
    kind = source(layer)
    for field in ("time_remap", "stretch_percent"):
        if layer.get(field) and kind not in {"footage", "precomp"}:
            yield room.layer(layer, field, f"is for footage and compositions, not for {kind} layers")
    if layer.get("collapse"):
        if kind != "precomp":
            yield room.layer(layer, "collapse", f"is for compositions, not for {kind} layers")
        for field in ("masks", "effects", "matte", "blend_mode", "time_remap", "material"):
            if layer.get(field) and layer[field] != "BLEND_MODE_NORMAL":
                yield room.layer(layer, field, "a collapsed composition has none; set collapse to false")
    if layer.get("material") and not layer.get("three_d"):
        yield room.layer(layer, "material", "is for 3D layers only; set three_d")
    for number, effect in enumerate(layer.get("effects", [])):
        for name in effect.keys() & {"echo", "posterize_time"}:
            if kind == "adjustment":
                yield room.layer(layer, f"effects[{number}].{name}", "does nothing on adjustment layers")
        if "stroke" in effect and not layer.get("masks"):
            yield room.layer(layer, f"effects[{number}].stroke", "strokes the layer's masks, and it has none")


# --------------------------------------------------------------------------------------------------------------------
# Values


def _filming(body: Json) -> Iterator[tuple[str, Json]]:
    """Cameras and lights of a composition, with their places."""
    if "camera" in body:
        yield "camera", body["camera"]
    for kind in ("cameras", "lights"):
        for number, each in enumerate(body.get(kind, [])):
            yield f"{kind}[{number}]", each


def _filming_faults(room: Room) -> Iterator[Fault]:
    for place, filming in _filming(room.body):
        for inner, why in values_faults(filming, FILMING):
            yield room.fault(f"{place}.{inner}", why)


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
