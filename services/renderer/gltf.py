"""Reads glTF 2.0 binaries: document, chunk, and accessors as arrays. Uncompressed files only; packing comes last."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS: dict[int, np.dtype[Any]] = {
    5120: np.dtype("i1"),
    5121: np.dtype("u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class NotGltf(ValueError):  # noqa: N818  named for what the caller reads
    """The bytes are no glTF 2.0 binary that can be read here."""


@dataclass(frozen=True)
class Glb:
    """A glTF binary.

    Args:
        document: Its JSON.
        binary: Its chunk of bytes.
    """

    document: dict[str, Any]
    binary: bytes

    def accessor(self, index: int) -> NDArray[np.float64]:
        """The numbers of an accessor, (count, components); normalised integers as the fractions they mean.

        Raises:
            NotGltf: It is sparse, compressed, of an unknown kind, or outside the file.
        """
        try:
            entry = self.document["accessors"][index]
            view = self.document["bufferViews"][entry["bufferView"]]
            kind, wide = KINDS[entry["componentType"]], WIDTHS[entry["type"]]
            count = int(entry["count"])
            size = kind.itemsize * wide
            stride = int(view.get("byteStride", size))
            start = int(view.get("byteOffset", 0)) + int(entry.get("byteOffset", 0))
            packed = bool(view.get("extensions")) or view.get("buffer", 0) != 0
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise NotGltf(f"accessor {index} cannot be read: {error!r}") from error
        if packed:
            raise NotGltf(f"accessor {index} is compressed or outside the file: export plain glTF, packing comes last")
        if "sparse" in entry:
            raise NotGltf(f"accessor {index} is sparse: export plain glTF")
        if stride < size:  # rows over one another would make any number of them of a few bytes
            raise NotGltf(f"accessor {index} has rows of {size} bytes every {stride}")
        end = start + (count - 1) * stride + size
        if count < 1 or start < 0 or end > len(self.binary):
            raise NotGltf(f"accessor {index} reaches to byte {end} of {len(self.binary)}")
        raw = np.frombuffer(self.binary, np.uint8)
        rows = np.lib.stride_tricks.as_strided(raw[start:], (count, size), (stride, 1))
        values = np.ascontiguousarray(rows).view(kind).astype(np.float64)
        if entry.get("normalized"):
            values = np.maximum(values / np.iinfo(kind).max, -1.0)
        return values

    def children(self) -> dict[int, int]:
        """Parent of each node that has one."""
        return {child: n for n, node in enumerate(self.document.get("nodes", [])) for child in node.get("children", [])}


def read(data: bytes) -> Glb:
    """Read a `.glb`.

    Raises:
        NotGltf: It is none.
    """
    try:
        magic, version, length = struct.unpack_from("<III", data)
        size, kind = struct.unpack_from("<II", data, 12)
        document = json.loads(data[20 : 20 + size])
    except (struct.error, ValueError, RecursionError) as error:
        raise NotGltf("the file is no glTF binary") from error
    if magic != 0x46546C67 or kind != 0x4E4F534A or not isinstance(document, dict):
        raise NotGltf("the file is no glTF binary")
    if version != 2 or length != len(data):
        raise NotGltf(f"the file says version {version} and {length} bytes, and has {len(data)}")
    binary = b""
    if 20 + size < len(data):
        length, kind = struct.unpack_from("<II", data, 20 + size)
        if kind == 0x004E4942:
            binary = data[28 + size : 28 + size + length]
    if any("uri" in buffer for buffer in _dicts(document.get("buffers"))):
        raise NotGltf("its bytes lie in another file: export one glTF binary")
    return Glb(document, binary)


def with_extras(data: bytes, extras: dict[str, Any]) -> bytes:
    """The `.glb` with these words added to the `extras` of its first node.

    Raises:
        NotGltf: It is none.
    """
    part = read(data)
    node = part.document["nodes"][0]
    node["extras"] = node.get("extras", {}) | extras
    text = json.dumps(part.document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    old = struct.unpack_from("<I", data, 12)[0]
    rest = data[20 + old :]
    return struct.pack("<IIIII", 0x46546C67, 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


def _dicts(value: object) -> list[dict[str, Any]]:
    """The mappings of a list; nothing when it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
