"""Lottie's shapes, item by item, as a shot's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.compositor.lottie.values import Json, Reader, first, numbers, rgb, usual

CAPS = {2: "LINE_CAP_ROUND", 3: "LINE_CAP_SQUARE"}
JOINS = {2: "LINE_JOIN_ROUND", 3: "LINE_JOIN_BEVEL"}
MERGES = {
    1: "MERGE_MODE_MERGE",
    2: "MERGE_MODE_ADD",
    3: "MERGE_MODE_SUBTRACT",
    4: "MERGE_MODE_INTERSECT",
    5: "MERGE_MODE_EXCLUDE",
}

TRANSFORM = {
    "a": ("anchor_point", (0, 0)),
    "p": ("position", (0, 0)),
    "s": ("scale", (100, 100)),
    "r": ("rotation", (0,)),
    "o": ("opacity", (100,)),
    "sk": ("skew", (0,)),
    "sa": ("skew_axis", (0,)),
}

FIELDS: Mapping[str, tuple[str, Mapping[str, tuple[str, tuple[float, ...]]]]] = {
    "rc": ("rectangle", {"s": ("size", ()), "p": ("position", (0, 0)), "r": ("roundness", (0,))}),
    "el": ("ellipse", {"s": ("size", ()), "p": ("position", (0, 0))}),
    "sr": (
        "star",
        {
            "pt": ("points", ()),
            "p": ("position", (0, 0)),
            "or": ("outer_radius", ()),
            "ir": ("inner_radius", ()),
            "os": ("outer_roundness", (0,)),
            "is": ("inner_roundness", (0,)),
            "r": ("rotation", (0,)),
        },
    ),
    "tm": ("trim", {"s": ("start", ()), "e": ("end", ()), "o": ("offset", (0,))}),
    "rd": ("round_corners", {"r": ("radius", ())}),
    "pb": ("pucker_bloat", {"a": ("amount", ())}),
    "zz": ("zig_zag", {"s": ("size", ()), "r": ("ridges", ())}),
    "tw": ("twist", {"a": ("angle", ()), "c": ("center", (0, 0))}),
    "op": ("offset", {"a": ("amount", ())}),
    "rp": ("repeater", {"c": ("copies", ()), "o": ("offset", (0,))}),
}
"""Per item the shot's name, and per value the shot's name and the value that need not be said."""


def items(reader: Reader, told: Sequence[Json], where: str = "Contents") -> list[Json]:
    """Items of a shape layer or group, in order; hidden ones are left out."""
    found = []
    area = False
    for item in told:
        if item.get("hd") or item.get("ty") == "tr":
            continue
        named = f"{where}/{item.get('nm') or item.get('ty')}"
        made = _item(reader, item, named)
        if made is None:
            continue
        if area and EDGES & made.keys():
            reader.losses.add("lost", named, "paths that were merged or offset are only filled in a shot")
            continue
        area = area or "offset" in made or made.get("merge", {}).get("mode", "MERGE_MODE_MERGE") != "MERGE_MODE_MERGE"
        found.append({"name": str(item.get("nm", "")), **made})
    return found


EDGES = {"stroke", "trim", "round_corners", "pucker_bloat", "zig_zag", "twist", "offset", "merge"}
"""What bends paths or draws their edges, which an area that was merged or grown has not in a shot."""


def _item(reader: Reader, item: Json, named: str) -> Json | None:
    kind = str(item.get("ty"))
    if item.get("bm"):
        reader.losses.add("lost", f"{named}/Blend Mode", "shapes of one layer are blended normally; use two layers")
    if kind in MAKERS:
        return MAKERS[kind](reader, item, named)
    if kind not in FIELDS:
        reader.losses.add("lost", named, f"a shot has no shape item {kind!r}")
        return None
    name, fields = FIELDS[kind]
    settings = _values(reader, item, fields, named)
    _more(reader, kind, item, settings, named)
    return {name: settings}


def _values(reader: Reader, item: Json, fields: Mapping[str, tuple[str, tuple[float, ...]]], named: str) -> Json:
    settings: Json = {}
    for theirs, (ours, plain) in fields.items():
        if theirs in item:
            value = reader.value(item[theirs], f"{named}/{ours}")
            if not plain or not usual(value, *plain):
                settings[ours] = value
    return settings


def _more(reader: Reader, kind: str, item: Json, settings: Json, named: str) -> None:
    """What items have beside values that may move."""
    if kind in {"rc", "el", "sr"} and item.get("d") == 3:
        settings["reversed"] = True
    if kind == "sr" and item.get("sy") == 2:
        settings.pop("inner_radius", None)
        settings.pop("inner_roundness", None)
    if kind == "tm" and item.get("m") == 2:
        settings["individually"] = True
    if kind == "zz" and reader.fixed(item.get("pt"), f"{named}/points", 1) == 2:
        settings["smooth"] = True
    if kind == "op":
        if join := JOINS.get(int(item.get("lj", 1))):
            settings["join"] = join
        settings["miter_limit"] = reader.fixed(item.get("ml"), f"{named}/miter limit", 4)
    if kind == "rp":
        turn = item.get("tr", {})
        settings["transform"] = transform(reader, {key: turn[key] for key in "apsr" if key in turn}, named)
        for theirs, ours in (("so", "start_opacity"), ("eo", "end_opacity")):
            if theirs in turn:
                settings[ours] = reader.value(turn[theirs], f"{named}/{ours}")
        if item.get("m") == 1:
            settings["above"] = True


def transform(reader: Reader, told: Mapping[str, Any], named: str) -> Json:
    """The transform of a group or of a repeater's copies: only what is not as usual."""
    made = {}
    for theirs, (ours, plain) in TRANSFORM.items():
        if theirs in told:
            value = reader.value(told[theirs], f"{named}/{ours}", first(len(plain)))
            if not usual(value, *plain):
                made[ours] = value
    return made


def _group(reader: Reader, item: Json, named: str) -> Json:
    inner = item.get("it", [])
    place: Json = next((each for each in inner if each.get("ty") == "tr"), {})
    made: Json = {"items": items(reader, inner, named)}
    if moved := transform(reader, place, named):
        made["transform"] = moved
    return {"group": made}


def _path(reader: Reader, item: Json, named: str) -> Json:
    made: Json = {"path": reader.path(item.get("ks"), f"{named}/Path")}
    if item.get("d") == 3:
        made["reversed"] = True
    return {"path": made}


def _paint(reader: Reader, item: Json, named: str, settings: Json) -> None:
    if item["ty"] in {"gf", "gs"}:
        settings["gradient"] = _gradient(reader, item, named)
    else:
        color = reader.value(item.get("c", [0, 0, 0]), f"{named}/Color", first(3))
        if "keyframes" in color:
            settings["animated_color"] = color
        else:
            settings["color"] = rgb(color["value"])
    opacity = reader.value(item.get("o", 100), f"{named}/Opacity")
    if not usual(opacity, 100):
        settings["opacity"] = opacity


def _fill(reader: Reader, item: Json, named: str) -> Json:
    settings: Json = {}
    _paint(reader, item, named, settings)
    if item.get("r") == 2:
        settings["rule"] = "FILL_RULE_EVEN_ODD"
    return {"fill": settings}


def _stroke(reader: Reader, item: Json, named: str) -> Json:
    settings: Json = {}
    _paint(reader, item, named, settings)
    settings["width"] = reader.value(item.get("w", 1), f"{named}/Stroke Width")
    if cap := CAPS.get(int(item.get("lc", 1))):
        settings["cap"] = cap
    if join := JOINS.get(int(item.get("lj", 1))):
        settings["join"] = join
    settings["miter_limit"] = reader.fixed(item.get("ml2", item.get("ml")), f"{named}/Miter Limit", 4)
    for dash in item.get("d", []):
        value = reader.value(dash.get("v", 0), f"{named}/Dashes")
        if dash.get("n") == "o":
            settings["dash_offset"] = value
        else:
            settings.setdefault("dashes", []).append(value)
    return {"stroke": settings}


def _gradient(reader: Reader, item: Json, named: str) -> Json:
    """Colour stops come as offset, red, green, blue, then opacity stops as offset, opacity."""
    ramp = item.get("g", {})
    count = int(ramp.get("p", 0))
    told = reader.value(ramp.get("k", []), f"{named}/Colors")
    if "keyframes" in told:
        reader.losses.add("lost", f"{named}/Colors", "colours of a gradient cannot move in a shot")
    flat = told["keyframes"][0]["value"] if "keyframes" in told else told["value"]
    colors = [flat[4 * index : 4 * index + 4] for index in range(count)]
    alphas = flat[4 * count :]
    points = list(zip(alphas[::2], alphas[1::2], strict=False))
    offsets = sorted({stop[0] for stop in colors} | {offset for offset, _ in points})
    stops = []
    for offset in offsets:
        channels = [_between([(stop[0], stop[1 + axis]) for stop in colors], offset) for axis in range(3)]
        stop: Json = {"offset": min(1.0, max(0.0, offset)), "color": rgb(channels)}
        if points:
            stop["opacity"] = 100 * _between(points, offset)
        stops.append(stop)
    highlight = reader.fixed(item.get("h"), f"{named}/Highlight Length")
    if item.get("t") == 2 and highlight:
        reader.losses.add("lost", f"{named}/Highlight Length", "a radial gradient's brightest point is its middle")
    return {
        "kind": "GRADIENT_KIND_RADIAL" if item.get("t") == 2 else "GRADIENT_KIND_LINEAR",
        "start": reader.value(item.get("s", [0, 0]), f"{named}/Start Point", first(2)),
        "end": reader.value(item.get("e", [100, 0]), f"{named}/End Point", first(2)),
        "stops": stops,
    }


def _between(points: Sequence[tuple[float, float]], at: float) -> float:
    """The value at an offset, on straight lines between the points."""
    earlier = [point for point in points if point[0] <= at]
    later = [point for point in points if point[0] >= at]
    if not earlier or not later:
        return points[0][1] if not earlier else points[-1][1]
    (x1, y1), (x2, y2) = earlier[-1], later[0]
    return y1 if x2 == x1 else y1 + (y2 - y1) * (at - x1) / (x2 - x1)


def _merge(reader: Reader, item: Json, named: str) -> Json | None:
    mode = MERGES.get(int(numbers(item.get("mm", 1), named)[0]))
    if mode is None:
        reader.losses.add("lost", named, f"a shot has no way to merge {item.get('mm')}")
        return None
    return {"merge": {"mode": mode}}


MAKERS: Mapping[str, Callable[[Reader, Json, str], Json | None]] = {
    "gr": _group,
    "sh": _path,
    "fl": _fill,
    "gf": _fill,
    "st": _stroke,
    "gs": _stroke,
    "mm": _merge,
}
