"""A shot out of a campaign's folder, made ready for a page without a mesh: files, fans, and stand-ins for passes.

Knows neither the renderer nor how documents are checked; both are told by who calls.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import stage
from media.encoder import SegmentEncoder
from media.profile import Kind, Profile
from services.compositor import job
from services.compositor.footage import BadFootage, unpack


class BadDocument(Exception):  # noqa: N818  named for what the caller reads
    """A file of the campaign that cannot be read; says which and why."""


# --------------------------------------------------------------------------------------------------------------------
# Files


def inside(folder: Path, path: str) -> Path:
    """A file of the campaign.

    Raises:
        BadDocument: It is not there, or not inside the folder.
    """
    found = (folder / path).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise BadDocument(f"{path} leads outside the campaign")
    if not found.is_file():
        raise BadDocument(f"{path} is not in the campaign")
    return found


def document(folder: Path, path: str) -> object:
    """A YAML or JSON document as plain values.

    Raises:
        BadDocument: It cannot be read; says in which line.
    """
    try:
        value: object = yaml.load(inside(folder, path).read_bytes(), Loader=LOADER)  # noqa: S506  it is the safe one
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadDocument(f"{path} is no YAML{where}: {problem}") from error
    return value


LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def page_file(folder: Path, kind: str, path: str) -> bytes:
    """A file as the page reads it: footage as packets, everything else as it is.

    Raises:
        BadDocument: It is not there.
        BadFootage: It is footage that no page can show.
    """
    content = inside(folder, path).read_bytes()
    return unpack(path, content).data if kind == "footage" else content


def short_footage(folder: Path, wanted: list[job.Wanted]) -> dict[str, str]:
    """What is wrong with the files that a shot names, by field: missing, damaged, too short."""
    faults = {}
    for want in wanted:
        try:
            if want.kind != "footage":
                inside(folder, want.path)
                continue
            frames = unpack(want.path, inside(folder, want.path).read_bytes()).frames
            if frames <= want.last_frame:
                faults[want.field] = f"{want.path} has {frames} frames, and frame {want.last_frame} is used"
        except (BadDocument, BadFootage) as error:
            faults[want.field] = str(error)
    return faults


# --------------------------------------------------------------------------------------------------------------------
# Stand-ins


def stand_in(width: int, height: int, frames: int, first_frame: int) -> bytes:
    """Packets of a pass that shows where a fan will be: a see-through head and shoulders, until the real one is drawn.

    Args:
        width: Pixels; even.
        height: Pixels; even.
        frames: How many.
        first_frame: What the first is called.
    """
    return unpack("the stand-in", _silhouette(width, height, frames), first_frame=first_frame).data


def avatars(shot: job.Json) -> list[tuple[str, Mapping[str, Any]]]:
    """Avatar layers of a shot by the names that its passes have, with their slots."""
    slots = {layer["name"]: layer["avatar"] for layer in job.layers(shot) if "avatar" in layer}
    return [(want.path, slots[want.path]) for want in job.wanted_passes(shot, 0, shot["frames"])]


@lru_cache(maxsize=8)
def _silhouette(width: int, height: int, frames: int) -> bytes:
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    across, down = (columns - width / 2) / height, rows / height
    head = np.hypot(across / 0.105, (down - 0.42) / 0.135)
    body = np.hypot(across / 0.26, (down - 0.98) / 0.4)
    alpha = 0.55 * np.clip((1 - np.minimum(head, body)) * height * 0.05, 0, 1)
    full = 16 + 219 * np.concatenate([alpha * 0.72, alpha])
    tint = np.zeros((height, width // 2), np.float32)
    tint[: height // 2] = alpha[::2, ::2]
    file = io.BytesIO()
    with SegmentEncoder(file, Profile(width, height, Fraction(24), preset="ultrafast"), Kind.PASS) as encoder:
        for _ in range(frames):
            encoder.write(_bytes(full), _bytes(128 + 40 * tint), _bytes(128 + 12 * tint))
    return file.getvalue()


def _bytes(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.round(plane).astype(np.uint8)


# --------------------------------------------------------------------------------------------------------------------
# Fans


@dataclass(frozen=True)
class Fan:
    """Somebody a designer tries a shot with: a name, and a recipe in protobuf's JSON mapping."""

    id: str
    name: str
    recipe: Mapping[str, Any]


NAMES = (
    "Ada", "Noor", "지우", "さくら", "Maximiliane-Theodora", "O", "نور الهدى", "Zoë", "Иван", "Ngozi",
    "Thảo Nguyễn", "אורלי", "प्रिया", "X Æ", "Łukasz", "🌸 Mei",
)  # fmt: skip
"""Short and long, in scripts of every direction: a name that breaks a layout is found before a fan finds it."""

FROM_CROWD = {
    "iris": "iris", "lips": "lips", "eye_shadow": "eye_shadow", "jewellery": "metal", "eyewear": "eyewear",
    "headwear": "headwear",
}  # fmt: skip
"""Colour slots, and the list of `crowd.json` that each is drawn from."""

LIBRARY = Path(stage.__file__).parent / "avatar" / "library"


def crowd(count: int, seed: int = 1) -> list[Fan]:
    """Fans drawn by lot from the avatar library; the same seed gives the same ones.

    How often what is worn, and what is not worn together, is the library's `crowd.json`, by which the renderer draws
    its crowds too.
    """
    library, rules = (json.loads((LIBRARY / name).read_text()) for name in ("catalogue.json", "crowd.json"))
    chance = random.Random(seed)  # noqa: S311  a rehearsal is no secret
    groups: dict[str, dict[str, Mapping[str, Any]]] = {}
    for part in library["parts"]:
        groups.setdefault(part["group"], {})[part["id"]] = part
    tones = [color for undertone in ("cool", "neutral", "warm") for color in library["skin_tones"][undertone]]
    fans = []
    for number in range(count):
        parts = {
            group: chance.choice(sorted(entries))
            for group, entries in sorted(groups.items())
            if chance.random() < rules["shares"].get(group, 1.0)
        }
        worn = {*parts, *(f"{group}:{groups[group][part].get('covers')}" for group, part in parts.items())}
        for group, other in rules["apart"]:
            if group in worn:
                parts.pop(other, None)
        cloth, trim = chance.choice(rules["cloth"])
        hair = chance.choice(rules["hair"]["dyed" if chance.random() < rules["hair"]["dyed_share"] else "natural"])
        hexes = {"skin": chance.choice(tones), "hair": hair, "outfit": cloth, "outfit_trim": trim}
        hexes |= {slot: chance.choice(rules[colors]) for slot, colors in FROM_CROWD.items()}
        colors = {slot: _color(text) for slot, text in hexes.items()}
        fans.append(Fan(f"lot-{seed}-{number}", NAMES[number % len(NAMES)], {"parts": parts, "colors": colors}))
    return fans


def _color(text: str) -> dict[str, int]:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return {"red": red, "green": green, "blue": blue}


FANS = 8
"""How many fans are drawn by lot beside those with a recipe of the campaign."""


def company(folder: Path) -> list[Fan]:
    """Fans by lot, and one with each recipe that the campaign brings."""
    fans = crowd(FANS)
    for path in sorted((folder / "recipes").glob("*.json")):
        with contextlib.suppress(BadDocument):
            recipe = document(folder, f"recipes/{path.name}")
            if isinstance(recipe, dict):
                fans.append(Fan(f"recipes/{path.name}", path.stem.title(), recipe))
    return fans
