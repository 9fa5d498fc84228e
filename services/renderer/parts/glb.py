"""A mesh as glTF 2.0 binary: quantised, one primitive per colour slot, with skin and morph targets if any."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.renderer.parts.mesh import Array, Mesh, smooth_normals, unit

FLOAT, UBYTE, USHORT, BYTE = 5126, 5121, 5123, 5120
GRID_M = 1e-5
"""Positions are rounded to a hundredth of a millimetre, so that the last bits of sine and root, which differ between
machines, do not reach the file."""


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


def _vec3(array: Array) -> NDArray[np.float32]:
    return (np.round(array / GRID_M) * GRID_M).astype(np.float32)


def _normal(array: Array) -> NDArray[np.int8]:
    return np.round(array * 127).astype(np.int8)


def write_glb(mesh: Mesh, name: str, joints: Sequence[tuple[str, str, tuple[float, float, float]]]) -> bytes:
    """The mesh as the bytes of a `.glb` file.

    Args:
        mesh: Patches, and morph targets as whole positions per patch.
        name: Name of the node and mesh.
        joints: The skeleton as (name, parent or empty, bind position in metres), parents first; bind rotations are
            identity. Empty for a rigid part.

    Attributes: POSITION, NORMAL, TEXCOORD_0, COLOR_0 = (shade, random, sway, outline), and with a skin JOINTS_0 and
    WEIGHTS_0.
    The material's name is the colour slot.
    """
    binary = _Binary()
    gathered: dict[str, dict[str, list[Array]]] = {}
    number = {joint[0]: i for i, joint in enumerate(joints)}
    for index, patch in enumerate(mesh.patches):
        normals = patch.normals if patch.normals is not None else smooth_normals(patch.positions, patch.triangles)
        if patch.sphere is not None:
            normals = unit(normals + 1.5 * unit(patch.positions - patch.sphere))
        columns: dict[str, Array] = {
            "position": patch.positions,
            "normal": normals,
            "uv": patch.uv,
            "color": np.stack([patch.shade, patch.random, patch.sway, patch.outline], axis=1),
        }
        if joints:
            which, share = np.zeros((len(patch.positions), 4)), np.zeros((len(patch.positions), 4))
            for i, entry in enumerate(patch.weights):
                top = sorted(entry.items(), key=lambda item: (-item[1], item[0]))[:4]
                total = sum(value for _, value in top)
                for k, (joint, value) in enumerate(top):
                    which[i, k], share[i, k] = number[joint], value / total
            columns |= {"joints": which, "weights": share}
        for morph, targets in mesh.morphs.items():
            moved = targets[index]
            columns["p:" + morph] = moved - patch.positions
            columns["n:" + morph] = smooth_normals(moved, patch.triangles) - smooth_normals(
                patch.positions, patch.triangles
            )
        slots = np.array(patch.slots)
        for slot in sorted(set(patch.slots)):
            used, inverse = np.unique(patch.triangles[slots == slot].reshape(-1), return_inverse=True)
            into = gathered.setdefault(slot, {"index": []})
            base = sum(len(part) for part in into.get("position", []))
            into["index"].append((inverse.reshape(-1) + base).astype(np.float64))
            for key, column in columns.items():
                into.setdefault(key, []).append(column[used])

    primitives: list[dict[str, Any]] = []
    materials: list[dict[str, Any]] = []
    for slot in sorted(gathered):
        joined = {key: np.concatenate(parts) for key, parts in gathered[slot].items()}
        attributes = {
            "POSITION": binary.put(_vec3(joined["position"]), FLOAT, "VEC3", bounds=True),
            "NORMAL": binary.put(_normal(joined["normal"]), BYTE, "VEC3", normalized=True),
            "TEXCOORD_0": binary.put(np.round(joined["uv"] * 1e5).astype(np.float32) / np.float32(1e5), FLOAT, "VEC2"),
            "COLOR_0": binary.put(
                np.round(np.clip(joined["color"], 0, 1) * 255).astype(np.uint8), UBYTE, "VEC4", normalized=True
            ),
        }
        if joints:
            whole = np.round(joined["weights"] * 255)
            whole[:, 0] += 255 - whole.sum(axis=1)  # shares of a vertex add up to exactly 1
            joined["joints"] = np.where(whole > 0, joined["joints"], 0)
            attributes["JOINTS_0"] = binary.put(joined["joints"].astype(np.uint8), UBYTE, "VEC4")
            attributes["WEIGHTS_0"] = binary.put(whole.astype(np.uint8), UBYTE, "VEC4", normalized=True)
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": binary.put(joined["index"].astype(np.uint16), USHORT, "SCALAR", target=34963),
            "material": len(materials),
        }
        if mesh.morphs:
            primitive["targets"] = [
                {
                    "POSITION": binary.put(_vec3(joined["p:" + m]), FLOAT, "VEC3", bounds=True),
                    "NORMAL": binary.put(_normal(joined["n:" + m]), BYTE, "VEC3", normalized=True),
                }
                for m in mesh.morphs
            ]
        primitives.append(primitive)
        materials.append({"name": slot, "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 1}})

    nodes: list[dict[str, Any]] = [
        {"name": f"part_{name}", "extras": mesh.extras}
    ]  # a joint may be called as the part is
    document: dict[str, Any] = {"asset": {"version": "2.0", "generator": "fancam"}, "scene": 0, "nodes": nodes}
    if primitives:
        nodes[0]["mesh"] = 0
        document["meshes"] = [{"name": name, "primitives": primitives}]
        document["materials"] = materials
        document |= {"extensionsUsed": ["KHR_mesh_quantization"], "extensionsRequired": ["KHR_mesh_quantization"]}
        if mesh.morphs:
            document["meshes"][0] |= {"weights": [0.0] * len(mesh.morphs), "extras": {"targetNames": list(mesh.morphs)}}
    roots = [0]
    if joints and primitives:
        nodes[0]["skin"] = 0
        where = {joint: np.array(position) for joint, _, position in joints}
        for joint, parent, position in joints:
            offset = np.array(position) - (where[parent] if parent else 0.0)
            nodes.append({"name": joint, "translation": [round(float(x), 6) for x in offset]})
            if parent:
                nodes[1 + number[parent]].setdefault("children", []).append(len(nodes) - 1)
            else:
                roots.append(len(nodes) - 1)
        inverse_bind = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
        for i, (_, _, position) in enumerate(joints):
            inverse_bind[i, 3, :3] = -np.array(position)  # column-major: the translation is the last row here
        matrices = binary.put(inverse_bind.reshape(len(joints), 16), FLOAT, "MAT4", target=None)
        document["skins"] = [{"joints": list(range(1, len(nodes))), "inverseBindMatrices": matrices, "skeleton": 1}]
    document["scenes"] = [{"nodes": roots}]
    if binary.data:
        document |= {
            "accessors": binary.accessors,
            "bufferViews": binary.views,
            "buffers": [{"byteLength": len(binary.data)}],
        }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary.data:
        chunks += struct.pack("<II", len(binary.data), 0x004E4942) + bytes(binary.data)
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks
