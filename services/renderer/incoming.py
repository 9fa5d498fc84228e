"""What a part that was made in another tool must be to fit the avatar: `docs/library.md` is the contract in words.

Every fault has a name, so that a designer can look it up there.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.renderer.gltf import Glb, NotGltf, read
from services.renderer.library import ROOT, Library
from services.renderer.parts.body import JOINTS
from services.renderer.parts.head import CENTRE, build_head, on_scalp
from services.renderer.parts.mesh import unit
from services.renderer.tidying import surfaces_of

MOST_TRIANGLES: Mapping[str, int] = {
    "hair": 12_500,
    "outfit": 13_000,
    "headwear": 11_000,
    "facial_hair": 2_400,
    "eyewear": 1_500,
}
"""A group's share of the 40,000 triangles of an avatar; other groups have `FEW_TRIANGLES`."""

FEW_TRIANGLES = 1_400

MOST_BYTES = 16_000_000
"""Of a file as it comes: thirty times what the library's largest part takes, the head with all its morphs."""

MOST_PRIMITIVES = 64
MOST_VERTICES = 4 * max(MOST_TRIANGLES.values())
"""Of all primitives together, enough for every triangle to have its own three. Primitives may share bytes, so a small
file could stand for many."""

READ_EXTENSIONS = frozenset(("KHR_mesh_quantization",))
"""Extensions that a file may depend on."""

SLOTS = frozenset((
    "skin", "face", "hair", "hair_matte", "scalp", "beard", "outfit", "outfit_trim", "accent", "accent_dark",
    "lapel", "white", "dark", "lining", "boots", "soles", "prop", "prop_trim", "prop_grille", "eyewear",
    "headwear", "headwear_trim", "metal", "lens", "scalp_fade", "gem", "aid",
))  # fmt: skip
"""Colour slots that the page paints; `stage/avatar/toon.ts` says how."""

LOOSE_M = 0.025
"""Hair whose nearest vertex is further than this from the scalp floats."""

ROOM_M = ((-0.9, 0.9), (-0.02, 1.95), (-0.9, 0.9))
"""Where a part may be, in x, y and z: the avatar stands on y = 0, looks along +z, and is 1.66 m tall."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a part.

    Args:
        name: As the contract calls it.
        why: One sentence with the numbers.
    """

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


def inspect(data: bytes, group: str, library: Library) -> list[Fault]:
    """Everything that keeps a `.glb` from being a part of a group; empty when it fits."""
    if group not in library.groups:
        return [Fault("UnknownGroup", f"there is no group {group!r}; known: {', '.join(sorted(library.groups))}")]
    if len(data) > MOST_BYTES:
        return [Fault("TooLarge", f"{len(data)} bytes; a part may have {MOST_BYTES}")]
    try:
        part = read(data)
        found = list(_faults(part, group))
        if not found:
            surfaces_of(part)  # every row and index, as packing will read them
        return found
    except NotGltf as error:
        return [Fault("NotGltf", str(error))]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return [Fault("NotGltf", f"its JSON is not as glTF says: {type(error).__name__} {error}")]


def _faults(part: Glb, group: str) -> Iterator[Fault]:
    unread = sorted(set(part.document.get("extensionsRequired", [])) - READ_EXTENSIONS)
    if unread:
        yield Fault("UnknownExtension", f"it depends on {', '.join(unread)}: export plain glTF, packing comes last")
        return
    if part.document.get("images"):
        pictures = len(part.document["images"])
        yield Fault("Pictures", f"{pictures} pictures, and parts are painted by slots: colours go into the recipe")
    meshes = part.document.get("meshes", [])
    if len(meshes) != 1:
        yield Fault("OneMesh", f"a part is one mesh with a primitive per colour slot; this has {len(meshes)} meshes")
        return
    yield from _node_faults(part)
    materials = [material.get("name", "") for material in part.document.get("materials", [])]
    primitives = meshes[0]["primitives"]
    vertices = sum(part.document["accessors"][primitive["attributes"]["POSITION"]]["count"] for primitive in primitives)
    if len(primitives) > MOST_PRIMITIVES or vertices > MOST_VERTICES:
        read_at_most = f"at most {MOST_PRIMITIVES} with {MOST_VERTICES} are read"
        yield Fault("TooHeavy", f"{len(primitives)} primitives with {vertices} vertices; {read_at_most}")
        return
    for at, primitive in enumerate(primitives):
        slot = materials[primitive["material"]] if primitive.get("material", len(materials)) < len(materials) else ""
        if slot not in SLOTS:
            named = f"material {slot!r}" if slot else f"primitive {at} without a material"
            yield Fault("UnknownSlot", f"{named} is no colour slot; known: {', '.join(sorted(SLOTS))}")
        missing = {"POSITION", "NORMAL"} - set(primitive["attributes"])
        if missing or "indices" not in primitive or primitive.get("mode", 4) != 4:
            yield Fault("BarePrimitive", f"{slot or at}: triangles with POSITION, NORMAL and indices are needed")
            return
    triangles = sum(part.document["accessors"][primitive["indices"]]["count"] // 3 for primitive in primitives)
    most = MOST_TRIANGLES.get(group, FEW_TRIANGLES)
    if triangles > most:
        yield Fault("TooHeavy", f"{triangles} triangles; a part of {group} may have {most}")
    places = np.concatenate([part.accessor(primitive["attributes"]["POSITION"]) for primitive in primitives])
    yield from _place_faults(places, group)
    yield from _skin_faults(part, primitives)
    yield from _morph_faults(meshes[0])
    if group == "outfit" and not any("WEIGHTS_0" in primitive["attributes"] for primitive in primitives):
        yield Fault("Rigid", "an outfit without weights would move with the head: bind it to the head's skeleton")


def _node_faults(part: Glb) -> Iterator[Fault]:
    parents = part.children()
    nodes = part.document.get("nodes", [])
    for number, node in enumerate(nodes):
        if "mesh" not in node:
            continue
        at: int | None = number
        while at is not None:
            moved = {"translation", "rotation", "scale", "matrix"} & set(nodes[at])
            if moved:
                yield Fault(
                    "MovedNode", f"node {nodes[at].get('name', at)!r} has {sorted(moved)}: apply transforms first"
                )
            at = parents.get(at)


def _place_faults(places: Values, group: str) -> Iterator[Fault]:
    for axis, (low, high) in zip("xyz", ROOM_M, strict=True):
        values = places[:, "xyz".index(axis)]
        if not np.isfinite(values).all() or values.min() < low or values.max() > high:
            yield Fault(
                "OutOfReach", f"{axis} runs from {values.min():.2f} to {values.max():.2f} m, not {low} to {high}"
            )
    if group == "hair":
        ways = unit(places - CENTRE)
        off = np.linalg.norm(places - CENTRE, axis=1) - np.linalg.norm(on_scalp(ways) - CENTRE, axis=1)
        if float(np.abs(off).min()) > LOOSE_M:
            yield Fault("OffTheScalp", f"the nearest strand is {np.abs(off).min() * 100:.1f} cm from the scalp")


def _skin_faults(part: Glb, primitives: list[dict[str, Any]]) -> Iterator[Fault]:
    known = {name for name, _, _ in JOINTS}
    names = [
        part.document["nodes"][joint].get("name", "")
        for skin in part.document.get("skins", [])
        for joint in skin["joints"]
    ]
    strange = sorted(set(names) - known)
    if strange:
        yield Fault("UnknownJoint", f"{', '.join(strange[:4])}: not in the skeleton; known: {', '.join(sorted(known))}")
    for primitive in primitives:
        weights = primitive["attributes"].get("WEIGHTS_0")
        if weights is None:
            continue
        sums = part.accessor(weights).sum(axis=1)
        if np.abs(sums - 1).max() > 0.02:
            yield Fault("BadWeights", f"weights of a vertex add up to {sums[np.abs(sums - 1).argmax()]:.2f}, not 1")


def _morph_faults(mesh: Mapping[str, Any]) -> Iterator[Fault]:
    names = mesh.get("extras", {}).get("targetNames", [])
    head = head_morphs()
    strange = sorted(set(names) - head)
    if strange:
        yield Fault("UnknownMorph", f"{', '.join(strange)}: the head has {', '.join(sorted(head))}")
    targets = max((len(primitive.get("targets", [])) for primitive in mesh["primitives"]), default=0)
    if targets != len(names):
        yield Fault("NamelessMorph", f"{targets} targets, but {len(names)} names in the mesh's extras.targetNames")


@functools.cache
def head_morphs() -> frozenset[str]:
    """Names of the head's morphs, which a part may follow."""
    return frozenset(build_head().morphs)


def khronos(path: Path) -> list[Fault]:
    """What the Khronos validator calls an error in a file; empty where it is not installed, as in containers."""
    node, script = shutil.which("node"), ROOT / "stage" / "avatar" / "validate.mjs"
    if node is None or not (ROOT / "node_modules" / "gltf-validator").is_dir():
        return []
    done = subprocess.run([node, str(script), str(path)], capture_output=True, text=True, check=True)
    rows: dict[str, list[dict[str, str]]] = {}
    for row in json.loads(done.stdout):  # each code once: a broken column has a row for every vertex
        rows.setdefault(row["code"], []).append(row)
    return [
        Fault("Khronos", f"{code} at {first['pointer'] or '/'}: {first['message']}{_more(len(rest))}")
        for code, (first, *rest) in rows.items()
    ]


def _more(count: int) -> str:
    return f" And {count} more like it." if count else ""
