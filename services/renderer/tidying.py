"""A part from another tool as the library's own are: only what is drawn of it, welded and in its numbers.

The file is not edited but written anew (`services.renderer.parts.glb`), so nothing that nobody looks at reaches a
phone: other nodes and cameras, animations, pictures, a second set of texture coordinates, materials beyond their names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.renderer.gltf import Glb, NotGltf
from services.renderer.parts.body import JOINTS
from services.renderer.parts.glb import GRID_M, MOST_VERTICES, Surface, joined, taken, write_surfaces
from services.renderer.parts.mesh import Array, unit

EXTRAS = ("covers", "mask", "lens", "fringe")
"""What a node's extras tell the page that draws the part."""

MOST = 1000
"""Neither metres nor texture coordinates of an avatar are ever larger."""

HEAD = next(number for number, (name, _, _) in enumerate(JOINTS) if name == "head")


def tidied(part: Glb, name: str) -> bytes:
    """The part as the library would have written it: a `.glb` of one mesh, a primitive per colour slot.

    Raises:
        NotGltf: Its primitives cannot be read, or a slot has more vertices than 16-bit indices can count.
    """
    surfaces = [surface for surface in map(welded, surfaces_of(part)) if len(surface.triangles)]
    if not surfaces:
        raise NotGltf("no triangle has an area")
    for surface in surfaces:
        if len(surface.positions) > MOST_VERTICES:
            raise NotGltf(f"{surface.slot} has {len(surface.positions)} vertices, at most {MOST_VERTICES}")
    soft = any(surface.joints is not None for surface in surfaces)
    kept = {key: value for key, value in extras_of(part).items() if key in EXTRAS}
    return write_surfaces(surfaces, name, JOINTS if soft else (), kept)


def extras_of(part: Glb) -> dict[str, Any]:
    """The `extras` of the node that shows the mesh."""
    found = _mesh_node(part).get("extras")
    return found if isinstance(found, dict) else {}


def _mesh_node(part: Glb) -> Mapping[str, Any]:
    nodes = [node for node in part.document.get("nodes", []) if isinstance(node, dict) and "mesh" in node]
    return nodes[0] if nodes else {}


# --------------------------------------------------------------------------------------------------------------------
# Reading


def surfaces_of(part: Glb) -> list[Surface]:
    """The part's triangles by colour slot, in the slots' order by name.

    Raises:
        NotGltf: An attribute is not as glTF says, or has not a row per vertex; or an index counts beyond them.
    """
    [mesh] = part.document["meshes"]
    names = list(mesh.get("extras", {}).get("targetNames", []))
    joints = _joints(part)
    pieces: dict[str, list[Surface]] = {}
    for primitive in mesh["primitives"]:
        slot = part.document["materials"][primitive["material"]]["name"]
        pieces.setdefault(slot, []).append(_surface(part, primitive, slot, names, joints))
    # A rigid surface beside a soft one moves with the head, as rigid parts do.
    if any(surface.joints is not None for each in pieces.values() for surface in each):
        pieces = {slot: [_on_the_head(surface) for surface in each] for slot, each in pieces.items()}
    return [joined(pieces[slot]) for slot in sorted(pieces)]


def _joints(part: Glb) -> NDArray[np.int64] | None:
    """Numbers in the library's skeleton of the joints that the part's skin counts; None without a skin."""
    skin = _mesh_node(part).get("skin")
    if skin is None:
        return None
    number = {name: k for k, (name, _, _) in enumerate(JOINTS)}
    nodes = part.document["nodes"]
    return np.array([number[nodes[joint]["name"]] for joint in part.document["skins"][skin]["joints"]], np.int64)


def _surface(
    part: Glb, primitive: Mapping[str, Any], slot: str, names: list[str], joints: NDArray[np.int64] | None
) -> Surface:
    attributes = primitive["attributes"]
    positions = _rows(part, attributes, "POSITION", {3})
    count = len(positions)
    order = part.accessor(primitive["indices"])
    if order.shape[1] != 1 or len(order) % 3 or order.max() >= count:
        raise NotGltf(f"{slot}: indices are numbers of {count} vertices, three for each triangle")
    color = np.tile([1.0, 0.5, 0.0, 1.0], (count, 1))
    if "COLOR_0" in attributes:
        given = _rows(part, attributes, "COLOR_0", {3, 4}, count)
        color[:, : given.shape[1]] = given
    uv = _rows(part, attributes, "TEXCOORD_0", {2}, count) if "TEXCOORD_0" in attributes else np.zeros((count, 2))
    which, share = None, None
    if joints is not None and {"JOINTS_0", "WEIGHTS_0"} <= attributes.keys():
        share = _rows(part, attributes, "WEIGHTS_0", {4}, count)
        counted = _rows(part, attributes, "JOINTS_0", {4}, count).astype(np.int64)
        if counted.max() >= len(joints):
            raise NotGltf(f"{slot}: joint {counted.max()} of a skin of {len(joints)}")
        which = joints[counted].astype(np.float64)
    normals = unit(_rows(part, attributes, "NORMAL", {3}, count))
    normals[~normals.any(axis=1)] = (0.0, 1.0, 0.0)
    return Surface(
        slot,
        order.astype(np.int64).reshape(-1, 3),
        positions,
        normals,
        uv,
        color,
        which,
        share,
        {
            name: (_offsets(part, target, "POSITION", count), _offsets(part, target, "NORMAL", count))
            for name, target in zip(names, primitive.get("targets", []), strict=True)
        },
    )


def _rows(
    part: Glb, attributes: Mapping[str, Any], name: str, widths: set[int], count: int | None = None
) -> NDArray[np.float64]:
    rows = part.accessor(attributes[name])
    if rows.shape[1] not in widths or len(rows) != (count or len(rows)):
        raise NotGltf(f"{name} is {len(rows)} rows of {rows.shape[1]}, for {count or len(rows)} vertices")
    if not np.abs(rows).max() <= MOST:
        raise NotGltf(f"{name} holds something that is no number from -{MOST} to {MOST}")
    return rows


def _offsets(part: Glb, target: Mapping[str, Any], name: str, count: int) -> Array:
    return _rows(part, target, name, {3}, count) if name in target else np.zeros((count, 3))


def _on_the_head(surface: Surface) -> Surface:
    if surface.joints is not None:
        return surface
    count = len(surface.positions)
    which, share = np.full((count, 4), float(HEAD)), np.tile([1.0, 0.0, 0.0, 0.0], (count, 1))
    return dataclasses.replace(surface, joints=which, weights=share)


# --------------------------------------------------------------------------------------------------------------------
# Welding


def welded(surface: Surface) -> Surface:
    """The surface with one vertex where several would be written alike, in the order in which triangles ask for them.

    Triangles that are left without an area fall out, and vertices that no triangle shows.
    """
    _, first, same = np.unique(_as_written(surface), axis=0, return_index=True, return_inverse=True)
    triangles = first[same.reshape(-1)][surface.triangles]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    used, seen, number = np.unique(triangles.reshape(-1), return_index=True, return_inverse=True)
    rank = np.empty(len(used), np.int64)
    by_first_use = np.argsort(seen)
    rank[by_first_use] = np.arange(len(used))
    return taken(surface, used[by_first_use], rank[number.reshape(-1)].reshape(-1, 3), surface.slot)


def _as_written(surface: Surface) -> NDArray[np.int64]:
    """Every vertex as the numbers that `write_surfaces` keeps of it, (n, columns)."""
    columns = [surface.positions / GRID_M, surface.normals * 127, surface.uv * 1e5, surface.color * 255]
    if surface.joints is not None and surface.weights is not None:
        columns += [surface.joints, surface.weights * 255]
    for moved, turned in surface.morphs.values():
        columns += [moved / GRID_M, turned * 127]
    return np.round(np.hstack(columns)).astype(np.int64)
