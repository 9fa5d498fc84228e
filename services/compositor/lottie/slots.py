"""Slots for the fan in a Lottie file, written by the designer into the composition's markers.

A marker's comment has the lines that the After Effects script reads from layers' markers, and one more, `layer: name`,
since markers of a Lottie file belong to the composition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.compositor.lottie.values import Json, Losses, hexadecimal


@dataclass
class Slot:
    """What a marker says of a layer; the file's markers are the composition's, so each names its layer."""

    kind: str
    fit_px: float = 0.0
    words: str = ""
    font: str = ""
    recipe: str = ""
    staging: Json = field(default_factory=dict)

    def applied(self, made: Json, told: Json, size: tuple[int, int]) -> list[Json]:
        """The layer with the fan in it."""
        if self.kind == "name" and "text" in made:
            made["text"]["text"] = self.words or "{name}"
            if self.font:
                made["text"]["font"] = self.font
        if self.kind != "avatar" or not {"solid", "image", "precomp"} & made.keys():
            return [made]
        width, height = (float(told.get(key) or side) for key, side in zip(("sw", "sh"), size, strict=True))
        recipe: Json = {"recipe": self.recipe} if self.recipe else {}
        source: Json = {"avatar": {**recipe, "staging": self.staging}}
        if (width, height) == size or "solid" not in made:
            for kind in ("solid", "image", "precomp", "time_remap", "collapse"):
                made.pop(kind, None)
            return [made | source]
        scale = 100 * max(width / size[0], height / size[1])
        window = f"{made['name'][:110]} window"
        child: Json = {
            "name": made["name"],
            **source,
            "parent": window,
            "matte": {"kind": "MATTE_KIND_ALPHA", "layer": window},
            "transform": {
                "anchor_point": {"value": [size[0] / 2, size[1] / 2]},
                "position": {"value": [width / 2, height / 2]},
                "scale": {"value": [scale, scale]},
            },
            **{key: made[key] for key in ("in_frame", "out_frame", "three_d", "blend_mode") if key in made},
        }
        made.pop("blend_mode", None)
        return [child, {**made, "name": window}]


WORDS = {"dance": "dance", "expression": "expression"}
FLAGS = {"sings": "sings", "microphone": "microphone"}
NUMBERS = {"fov": "field_of_view_deg", "tempo": "tempo_bpm", "azimuth": "key_azimuth_deg"}
POINTS = {"camera": "camera_position", "target": "camera_target"}
COLORS = {"key": "key_light", "rim": "rim_light", "fill": "fill_light"}


def slots_of(markers: Sequence[Json], losses: Losses) -> dict[str, Slot]:
    """Slots by the name of their layer, from comments of the form that the After Effects script reads."""
    found: dict[str, Slot] = {}
    for marker in markers:
        rows = re.findall(r"^\s*([a-z]+)\s*:\s*(.*?)\s*$", str(marker.get("cm", "")), re.MULTILINE)
        notes = dict(rows)
        if "slot" not in notes:
            continue
        if notes["slot"] not in {"avatar", "name"} or "layer" not in notes:
            why = "a slot in a Lottie file is avatar or name, and has a line `layer:` that names its layer"
            losses.add("lost", f"Marker at {marker.get('tm', 0)}", why)
            continue
        slot = Slot(notes["slot"], float(notes.get("fit", 0)), notes.get("text", ""), notes.get("font", ""))
        slot.recipe = notes.get("recipe", "")
        staging = slot.staging
        staging |= {ours: notes[theirs] for theirs, ours in WORDS.items() if theirs in notes}
        staging |= {ours: True for theirs, ours in FLAGS.items() if notes.get(theirs) in {"yes", "true", "1"}}
        staging |= {ours: float(notes[theirs]) for theirs, ours in NUMBERS.items() if theirs in notes}
        for theirs, ours in POINTS.items():
            if theirs in notes:
                staging[ours] = {"value": [float(part) for part in notes[theirs].replace(",", " ").split()]}
        staging |= {ours: hexadecimal(notes[theirs]) for theirs, ours in COLORS.items() if theirs in notes}
        found[notes["layer"]] = slot
    return found
