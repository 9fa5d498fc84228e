"""What is wrong in a shot: each fault with its layer and its property, in the shot itself and in its compositions.

Looked for before anything is drawn, and with the campaign at hand: its files, clips, pictures and library. The
compositor looks again at each shot it is sent (`services/compositor/faults.py`), knowing nothing else, since anybody
may call it. What both find, they find on their own: services share no code, and `tests/contract/test_shots.py` holds
them against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor

from services.assembler.campaign import Documents, Fault, Library
from services.assembler.press import Json, source, span
from services.assembler.shot_values import FILMING, values_faults

MAX_SIDE_PX = 8_192
"""The longest side of a picture that a page can hold."""

MAX_LAYER_PX = 32_768
"""The longest side of a solid or a line of text that makes sense: four times the largest composition's."""

MAX_PICTURES_BYTES = 768 * 1024**2
"""Memory that a shot's pictures may take on a card, four bytes a pixel."""

MOST_CASTERS = 4
"""Layers that may cast shadows in one composition."""

ADJUSTED = ("motion_blur", "preserve_transparency", "color_space")
"""What an adjustment layer has none of."""

COLLAPSIBLE = frozenset((
    "name", "precomp", "transform", "parent", "in_frame", "out_frame", "three_d", "time_remap", "stretch_percent",
    "collapse", "comment",
))  # fmt: skip
"""What a layer may have whose composition is collapsed into the one around it."""

BENDING = ("trim", "round_corners", "pucker_bloat", "zig_zag", "twist", "offset", "merge")
"""Shape items that change the paths above them."""

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
        faults += _caster_faults(room)
    faults += _avatar_faults(file, shot)
    faults += _memory_faults(file, shot, documents)
    return faults


def _layer_faults(room: Room, layer: Json, documents: Documents, library: Library) -> list[Fault]:
    faults = list(_source_faults(room, layer, documents, library))
    first, last = layer.get("in_frame", 0), layer.get("out_frame", 0) or room.frames
    if first >= last:
        faults.append(room.layer(layer, "out_frame", f"it ends at {last}, before it begins at {first}"))
    for place, why in values_faults(layer):
        faults.append(room.layer(layer, place, why))
    if not layer.get("three_d"):
        faults += _flat_faults(room, layer)
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
    for place, path in paths(layer):
        if not path.get("value") and not path.get("keyframes"):
            yield room.layer(layer, place, "a path without vertices")
    masks = {mask.get("name", "") for mask in layer.get("masks", [])}
    for number, effect in enumerate(layer.get("effects", [])):
        for kind, settings in effect.items():
            named, mask = settings.get("layer", ""), settings.get("mask", "")
            if named and named not in by_name:
                yield room.layer(layer, f"effects[{number}].{kind}.layer", f"there is no layer {named!r}")
            if mask and mask not in masks:
                yield room.layer(layer, f"effects[{number}].{kind}.mask", f"the layer has no mask {mask!r}")


def paths(layer: Json) -> Iterator[tuple[str, Json]]:
    """The paths of a layer's masks and shapes, with their places."""
    for number, mask in enumerate(layer.get("masks", [])):
        yield f"masks[{number}].path", mask.get("path", {})
    yield from _item_paths(layer.get("shapes", {}).get("items", []), "shapes.items")


def _item_paths(items: Sequence[Json], where: str) -> Iterator[tuple[str, Json]]:
    for number, item in enumerate(items):
        if "path" in item:
            yield f"{where}[{number}].path.path", item["path"].get("path", {})
        yield from _item_paths(item.get("group", {}).get("items", []), f"{where}[{number}].group.items")


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
        return  # it is written anew anyway
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
    elif (seen := span(layer, room.frames))[0] < seen[1]:
        start, pace = layer["footage"].get("start_frame", 0), 100 / (layer.get("stretch_percent", 0) or 100)
        ends = sorted(floor(start + pace * frame + 1e-6) for frame in (seen[0], seen[1] - 1))
        least = 0 if pace == 1 else -1  # at another speed the last frame may fall between two
        if ends[0] < least or ends[1] >= clip.frames:
            used = f"frames {ends[0]} to {ends[1] + 1} of {named} are shown"
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
        if field in layer and kind not in {"footage", "precomp"}:
            yield room.layer(layer, field, f"is for footage and compositions, not for {kind} layers")
    if layer.get("collapse"):
        if kind != "precomp":
            yield room.layer(layer, "collapse", f"is for compositions, not for {kind} layers")
        for field in sorted(layer.keys() - COLLAPSIBLE):
            yield room.layer(layer, field, "a collapsed composition has none; set collapse to false")
    if kind == "adjustment":
        for field in ADJUSTED:
            if layer.get(field):
                yield room.layer(layer, field, "adjustment layers have none")
    yield from _effect_faults(room, layer, kind)
    yield from _item_faults(room, layer, layer.get("shapes", {}).get("items", []), "shapes.items")


def _flat_faults(room: Room, layer: Json) -> Iterator[Fault]:
    """What only layers in 3D have, of one that is not."""
    spatial = {"x_rotation", "y_rotation", "orientation", "position_z"} & layer.get("transform", {}).keys()
    fields = [f"transform.{field}" for field in sorted(spatial)]
    fields += ["material"] if "material" in layer else []
    fields += ["auto_orient"] if layer.get("auto_orient") == "AUTO_ORIENT_TOWARDS_CAMERA" else []
    for field in fields:
        yield room.layer(layer, field, "is for 3D layers only; set three_d")


def _caster_faults(room: Room) -> Iterator[Fault]:
    casting = [layer["name"] for layer in room.body["layers"] if layer.get("material", {}).get("casts_shadows")]
    if len(casting) > MOST_CASTERS:
        yield room.fault("layers", f"{len(casting)} layers cast shadows, {MOST_CASTERS} can: {', '.join(casting)}")


def _avatar_faults(file: str, shot: Json) -> Iterator[Fault]:
    """Avatars are drawn in the shot's size, and told apart by their names in the whole shot."""
    avatars = [(room, layer) for room in rooms(file, shot) for layer in room.body["layers"] if "avatar" in layer]
    names = [layer["name"] for _, layer in avatars]
    for room, layer in avatars:
        if (room.body["width"], room.body["height"]) != (shot["width"], shot["height"]):
            size = f"{shot['width']}x{shot['height']}"
            yield room.layer(layer, "avatar", f"stands in a composition that is not the shot's size, {size}")
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(file, "layers", f"{name!r} is the name of {names.count(name)} avatars")


def _effect_faults(room: Room, layer: Json, kind: str) -> Iterator[Fault]:
    for number, effect in enumerate(layer.get("effects", [])):
        for name in effect.keys() & {"echo", "posterize_time"}:
            if kind == "adjustment":
                yield room.layer(layer, f"effects[{number}].{name}", "does nothing on adjustment layers")
        if "stroke" in effect and not layer.get("masks"):
            yield room.layer(layer, f"effects[{number}].stroke", "strokes the layer's masks, and it has none")
        levels = effect.get("levels", {})
        black, white = float(levels.get("in_black", 0)), float(levels.get("in_white", 0)) or 1.0
        if white <= black:
            yield room.layer(layer, f"effects[{number}].levels.in_white", f"{white:g} is not above in_black, {black:g}")
        if float(levels.get("gamma", 0)) < 0:
            yield room.layer(layer, f"effects[{number}].levels.gamma", f"{levels['gamma']} is not positive")


def _item_faults(room: Room, layer: Json, items: Sequence[Json], where: str) -> Iterator[Fault]:
    """Areas that were merged or grown can only be filled, and a gradient's stops rise."""
    merged = ""
    for number, item in enumerate(items):
        kind = next(kind for kind in item if kind != "name")
        if kind == "group":
            yield from _item_faults(room, layer, item["group"].get("items", []), f"{where}[{number}].group.items")
        if merged and (kind == "stroke" or kind in BENDING):
            yield room.layer(layer, f"{where}[{number}].{kind}", f"paths after {merged} can only be filled")
        if kind in {"merge", "offset"} and item[kind].get("mode") != "MERGE_MODE_MERGE":
            merged = kind
        stops = [float(stop.get("offset", 0)) for stop in item[kind].get("gradient", {}).get("stops", [])]
        if any(later < earlier for earlier, later in pairwise(stops)):
            yield room.layer(layer, f"{where}[{number}].{kind}.gradient.stops", "the stops do not rise")


# --------------------------------------------------------------------------------------------------------------------
# Cameras and lights


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
