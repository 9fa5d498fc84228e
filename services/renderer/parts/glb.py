"""A mesh as glTF 2.0 binary: quantised, one primitive per colour slot, with skin and morph targets if any."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.renderer.parts.mesh import Array, Mesh, Patch, smooth_normals, unit

FLOAT, UBYTE, USHORT, BYTE = 5126, 5121, 5123, 5120
GRID_M = 1e-5
"""Positions are rounded to a hundredth of a millimetre, so that the last bits of sine and root, which differ between
machines, do not reach the file."""

MOST_VERTICES = 65_536
"""Of one primitive: its indices have 16 bits."""

Joints: TypeAlias = Sequence[tuple[str, str, tuple[float, float, float]]]
"""A skeleton as (name, parent or empty, bind position in metres), parents first; bind rotations are identity."""


@dataclass
class Surface:
    """All of a part that one colour slot paints.

    Args:
        slot: Name of its material.
        triangles: Vertex numbers, (t, 3).
        positions: (n, 3), metres.
        normals: (n, 3), length 1.
        uv: (n, 2).
        color: Shade, random, sway, outline: (n, 4), 0 to 1.
        joints: Numbers in the skeleton, (n, 4); None when rigid.
        weights: Shares of `joints`, (n, 4), each row adds up to 1; None when rigid.
        morphs: By name, what is added to positions and to normals at full weight: (n, 3) each.
    """

    slot: str
    triangles: NDArray[np.int64]
    positions: Array
    normals: Array
    uv: Array
    color: Array
    joints: Array | None = None
    weights: Array | None = None
    morphs: dict[str, tuple[Array, Array]] = field(default_factory=dict)


def write_glb(mesh: Mesh, name: str, joints: Joints) -> bytes:
    """The mesh as the bytes of a `.glb` file.

    Args:
        mesh: Patches, and morph targets as whole positions per patch.
        name: Name of the node and mesh.
        joints: The skeleton; empty for a rigid part.
    """
    return write_surfaces(surfaces_of(mesh, joints), name, joints, mesh.extras)


# --------------------------------------------------------------------------------------------------------------------
# From patches to surfaces


def surfaces_of(mesh: Mesh, joints: Joints) -> list[Surface]:
    """The mesh's triangles by colour slot, in the slots' order by name."""
    number = {joint[0]: i for i, joint in enumerate(joints)}
    pieces: dict[str, list[Surface]] = {}
    for index, patch in enumerate(mesh.patches):
        whole = _surface(patch, {name: targets[index] for name, targets in mesh.morphs.items()}, number)
        slots = np.array(patch.slots)
        for slot in sorted(set(patch.slots)):
            pieces.setdefault(slot, []).append(_part_of(whole, slot, patch.triangles[slots == slot]))
    return [joined(pieces[slot]) for slot in sorted(pieces)]


def _surface(patch: Patch, morphs: Mapping[str, Array], number: Mapping[str, int]) -> Surface:
    """All of a patch, whatever paints it."""
    normals = patch.normals if patch.normals is not None else smooth_normals(patch.positions, patch.triangles)
    if patch.sphere is not None:
        normals = unit(normals + 1.5 * unit(patch.positions - patch.sphere))
    at_rest = smooth_normals(patch.positions, patch.triangles) if morphs else normals
    which, share = _skin(patch, number) if number else (None, None)
    return Surface(
        "",
        patch.triangles,
        patch.positions,
        normals,
        patch.uv,
        np.stack([patch.shade, patch.random, patch.sway, patch.outline], axis=1),
        which,
        share,
        {
            name: (moved - patch.positions, smooth_normals(moved, patch.triangles) - at_rest)
            for name, moved in morphs.items()
        },
    )


def _skin(patch: Patch, number: Mapping[str, int]) -> tuple[Array, Array]:
    """The four joints that move each vertex most, and their shares."""
    which, share = np.zeros((len(patch.positions), 4)), np.zeros((len(patch.positions), 4))
    for i, entry in enumerate(patch.weights):
        top = sorted(entry.items(), key=lambda item: (-item[1], item[0]))[:4]
        total = sum(value for _, value in top)
        for k, (joint, value) in enumerate(top):
            which[i, k], share[i, k] = number[joint], value / total
    return which, share


def _part_of(whole: Surface, slot: str, triangles: NDArray[np.int64]) -> Surface:
    """Those triangles of a surface, with the vertices that they need."""
    used, inverse = np.unique(triangles.reshape(-1), return_inverse=True)
    return taken(whole, used, inverse.reshape(-1, 3), slot)


def taken(whole: Surface, used: NDArray[np.int64], triangles: NDArray[np.int64], slot: str) -> Surface:
    """A surface of the vertices `used` of another, with triangles that count among them."""
    return Surface(
        slot,
        triangles,
        whole.positions[used],
        whole.normals[used],
        whole.uv[used],
        whole.color[used],
        None if whole.joints is None else whole.joints[used],
        None if whole.weights is None else whole.weights[used],
        {name: (moved[used], turned[used]) for name, (moved, turned) in whole.morphs.items()},
    )


def joined(pieces: Sequence[Surface]) -> Surface:
    """Surfaces of one slot as one; all have the same morphs, and all have a skin or none has."""
    starts = np.cumsum([0, *(len(piece.positions) for piece in pieces)])
    skins = [(piece.joints, piece.weights) for piece in pieces if piece.joints is not None]
    return Surface(
        pieces[0].slot,
        np.concatenate([piece.triangles + start for piece, start in zip(pieces, starts, strict=False)]),
        np.concatenate([piece.positions for piece in pieces]),
        np.concatenate([piece.normals for piece in pieces]),
        np.concatenate([piece.uv for piece in pieces]),
        np.concatenate([piece.color for piece in pieces]),
        np.concatenate([which for which, _ in skins]) if skins else None,
        np.concatenate([share for _, share in skins if share is not None]) if skins else None,
        {
            name: (
                np.concatenate([piece.morphs[name][0] for piece in pieces]),
                np.concatenate([piece.morphs[name][1] for piece in pieces]),
            )
            for name in pieces[0].morphs
        },
    )


# --------------------------------------------------------------------------------------------------------------------
# From surfaces to bytes


def write_surfaces(surfaces: Sequence[Surface], name: str, joints: Joints, extras: Mapping[str, Any]) -> bytes:
    """Surfaces as the bytes of a `.glb` file: one mesh on one node, a primitive per surface.

    Args:
        surfaces: All with the same morphs; with a skin when there are joints.
        name: Name of the node and mesh.
        joints: The skeleton; empty for a rigid part.
        extras: Of the node.

    Attributes: POSITION, NORMAL, TEXCOORD_0, COLOR_0 = (shade, random, sway, outline), and with a skin JOINTS_0 and
    WEIGHTS_0. The material's name is the colour slot.
    """
    binary = _Binary()
    primitives = [_primitive(binary, surface, number) for number, surface in enumerate(surfaces)]
    nodes: list[dict[str, Any]] = [
        {"name": f"part_{name}", "extras": dict(extras)}
    ]  # a joint may be called as the part
    document: dict[str, Any] = {"asset": {"version": "2.0", "generator": "fancam"}, "scene": 0, "nodes": nodes}
    if primitives:
        plain = {"metallicFactor": 0, "roughnessFactor": 1}
        morphs = list(surfaces[0].morphs)
        nodes[0]["mesh"] = 0
        document["meshes"] = [{"name": name, "primitives": primitives}]
        document["materials"] = [{"name": surface.slot, "pbrMetallicRoughness": plain} for surface in surfaces]
        document |= {"extensionsUsed": ["KHR_mesh_quantization"], "extensionsRequired": ["KHR_mesh_quantization"]}
        if morphs:
            document["meshes"][0] |= {"weights": [0.0] * len(morphs), "extras": {"targetNames": morphs}}
    roots = [0]
    if joints and primitives:
        roots += _skeleton(binary, document, joints)
    document["scenes"] = [{"nodes": roots}]
    if binary.data:
        document |= {
            "accessors": binary.accessors,
            "bufferViews": binary.views,
            "buffers": [{"byteLength": len(binary.data)}],
        }
    return _file(document, bytes(binary.data))


class _Binary:
    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def put(
        self,
        array: NDArray[Any],
        component: int,
        kind: str,
        *,
        normalized: bool = False,
        bounds: bool = False,
        target: int | None = 34962,
    ) -> int:
        """Append an array of shape (n, k) or (n,) and give the number of its accessor; rows are padded to 4 bytes."""
        rows = np.ascontiguousarray(array)
        stride = rows.dtype.itemsize * (rows.shape[1] if rows.ndim > 1 else 1)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data)}
        if target == 34962 and stride % 4:
            padded = np.zeros((len(rows), (stride + 3) // 4 * 4), dtype=np.uint8)
            padded[:, :stride] = rows.view(np.uint8).reshape(len(rows), stride)
            raw = padded.tobytes()
            view["byteStride"] = padded.shape[1]
        else:
            raw = rows.tobytes()
        view["byteLength"] = len(raw)
        if target is not None:
            view["target"] = target
        self.views.append(view)
        self.data += raw + b"\0" * (-len(raw) % 4)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": component,
            "count": len(rows),
            "type": kind,
        }
        if normalized:
            accessor["normalized"] = True
        if bounds:
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _primitive(binary: _Binary, surface: Surface, material: int) -> dict[str, Any]:
    attributes = {
        "POSITION": binary.put(_vec3(surface.positions), FLOAT, "VEC3", bounds=True),
        "NORMAL": binary.put(_normal(surface.normals), BYTE, "VEC3", normalized=True),
        "TEXCOORD_0": binary.put(np.round(surface.uv * 1e5).astype(np.float32) / np.float32(1e5), FLOAT, "VEC2"),
        "COLOR_0": binary.put(_bytes(np.clip(surface.color, 0, 1)), UBYTE, "VEC4", normalized=True),
    }
    if surface.joints is not None and surface.weights is not None:
        whole = np.round(surface.weights * 255)
        whole[:, 0] += 255 - whole.sum(axis=1)  # shares of a vertex add up to exactly 1
        moved_by = np.where(whole > 0, surface.joints, 0)
        attributes["JOINTS_0"] = binary.put(moved_by.astype(np.uint8), UBYTE, "VEC4")
        attributes["WEIGHTS_0"] = binary.put(whole.astype(np.uint8), UBYTE, "VEC4", normalized=True)
    primitive: dict[str, Any] = {
        "attributes": attributes,
        "indices": binary.put(surface.triangles.reshape(-1).astype(np.uint16), USHORT, "SCALAR", target=34963),
        "material": material,
    }
    if surface.morphs:
        primitive["targets"] = [
            {
                "POSITION": binary.put(_vec3(moved), FLOAT, "VEC3", bounds=True),
                "NORMAL": binary.put(_normal(turned), BYTE, "VEC3", normalized=True),
            }
            for moved, turned in surface.morphs.values()
        ]
    return primitive


def _skeleton(binary: _Binary, document: dict[str, Any], joints: Joints) -> list[int]:
    """Add the skeleton's nodes and the skin; gives the roots' numbers."""
    nodes = document["nodes"]
    number = {joint: 1 + i for i, (joint, _, _) in enumerate(joints)}
    where = {joint: np.array(position) for joint, _, position in joints}
    roots = []
    nodes[0]["skin"] = 0
    for joint, parent, position in joints:
        offset = np.array(position) - (where[parent] if parent else 0.0)
        nodes.append({"name": joint, "translation": [round(float(x), 6) for x in offset]})
        if parent:
            nodes[number[parent]].setdefault("children", []).append(len(nodes) - 1)
        else:
            roots.append(len(nodes) - 1)
    inverse_bind = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    for i, (_, _, position) in enumerate(joints):
        inverse_bind[i, 3, :3] = -np.array(position)  # column-major: the translation is the last row here
    matrices = binary.put(inverse_bind.reshape(len(joints), 16), FLOAT, "MAT4", target=None)
    document["skins"] = [{"joints": list(range(1, len(nodes))), "inverseBindMatrices": matrices, "skeleton": 1}]
    return roots


def _file(document: Mapping[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def _vec3(array: Array) -> NDArray[np.float32]:
    return (np.round(array / GRID_M) * GRID_M).astype(np.float32)


def _normal(array: Array) -> NDArray[np.int8]:
    return np.round(array * 127).astype(np.int8)


def _bytes(shares: Array) -> NDArray[np.uint8]:
    return np.round(shares * 255).astype(np.uint8)
