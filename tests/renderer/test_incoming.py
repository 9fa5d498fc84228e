"""Parts from other tools: what fits is built in, and each way of not fitting has a name."""

from __future__ import annotations

import json
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.renderer import incoming
from services.renderer.build import Misfit, build_library, open_library
from services.renderer.gltf import NotGltf, read
from services.renderer.library import Library
from services.renderer.parts.head import CENTRE, on_scalp

ROOT = Path(__file__).parents[2]
Document = dict[str, Any]


def strand(count: int = 12, *, away_m: float = 0.004) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A strip of hair upwards over the crown: (2 * count, 3)."""
    ways = np.stack(
        [np.repeat([-0.1, 0.1], count), np.tile(np.linspace(0.8, 1.0, count), 2), np.full(2 * count, -0.2)], 1
    )
    places = on_scalp(ways / np.linalg.norm(ways, axis=1, keepdims=True), away_m)
    return np.asarray(places, np.float32)


def glb(spoil: Callable[[Document], None] = lambda _: None, *, places: Any = None, weights: Any = None) -> bytes:
    """A small part as another tool would export it, `spoil`ed in its JSON."""
    where = strand() if places is None else places
    half = len(where) // 2
    index = np.array([[k, k + 1, half + k] for k in range(half - 1)], np.uint16)
    normals = np.tile(np.array([0, 1, 0], np.float32), (len(where), 1))
    columns = {"POSITION": where, "NORMAL": normals}
    document: Document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"name": "hair", "mesh": 0}],
        "materials": [{"name": "hair"}], "accessors": [], "bufferViews": [], "buffers": [],
    }  # fmt: skip
    if weights is not None:
        columns |= {"JOINTS_0": np.zeros((len(where), 4), np.uint8), "WEIGHTS_0": np.asarray(weights, np.float32)}
        document["nodes"].append({"name": "head"})
        document["nodes"][0]["skin"] = 0
        document["scenes"][0]["nodes"].append(1)
        document["skins"] = [{"joints": [1]}]
    binary = b""
    attributes = {}
    for name, column in {**columns, "indices": index.reshape(-1, 1)}.items():
        kind = {"f": 5126, "B": 5121, "H": 5123}[column.dtype.char]
        document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": column.nbytes})
        document["accessors"].append({
            "bufferView": len(document["bufferViews"]) - 1, "componentType": kind, "count": len(column),
            "type": {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[column.shape[1]],
        })  # fmt: skip
        attributes[name] = len(document["accessors"]) - 1
        binary += column.tobytes() + b"\0" * (-column.nbytes % 4)
    document["accessors"][0] |= {"min": where.min(axis=0).tolist(), "max": where.max(axis=0).tolist()}
    document["buffers"] = [{"byteLength": len(binary)}]
    document["meshes"] = [
        {"primitives": [{"indices": attributes.pop("indices"), "attributes": attributes, "material": 0}]}
    ]
    spoil(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def test_a_part_that_keeps_to_the_contract_fits(library: Library, tmp_path: Path) -> None:
    """A plain strip of hair with a slot's material is a part, also in the eyes of the Khronos validator."""
    assert incoming.inspect(glb(), "hair", library) == []
    (tmp_path / "mine.glb").write_bytes(glb())
    assert incoming.khronos(tmp_path / "mine.glb") == []


def test_our_own_parts_keep_to_it(library: Library) -> None:
    """What the contract asks of others the library does itself; parts that are only painted have no mesh."""
    for group, parts in library.groups.items():
        for part in parts:
            found = incoming.inspect(library.plain(group, part).read_bytes(), group, library)
            assert [fault for fault in found if fault.name != "OneMesh"] == [], f"{group}/{part}"


def moved(document: Document) -> None:
    """Leave a transform on the node."""
    document["nodes"][0]["scale"] = [2, 2, 2]


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"no part", "NotGltf", "no glTF binary"),
        (glb(lambda d: d["meshes"].append(d["meshes"][0])), "OneMesh", "2 meshes"),
        (glb(lambda d: d["materials"][0].update(name="Material.1")), "UnknownSlot", "'Material.1' is no colour slot"),
        (glb(lambda d: d["meshes"][0]["primitives"][0]["attributes"].pop("NORMAL")), "BarePrimitive", "NORMAL"),
        (glb(moved), "MovedNode", "'hair' has ['scale']"),
        (glb(places=strand(12_600)), "TooHeavy", "12599 triangles"),
        (glb(places=strand() * 100), "OutOfReach", "not -0.02 to 1.95"),
        (glb(places=strand(away_m=0.08)), "OffTheScalp", "8.0 cm from the scalp"),
        (glb(lambda d: d["nodes"][1].update(name="Bone.3"), weights=np.eye(24, 4)[[0] * 24]), "UnknownJoint", "Bone.3"),
        (glb(weights=np.full((24, 4), 0.5)), "BadWeights", "2.00, not 1"),
        (glb(lambda d: d["meshes"][0].update(extras={"targetNames": ["Smile"]})), "UnknownMorph", "Smile"),
        (glb(lambda d: d["meshes"][0]["primitives"][0].update(targets=[{}])), "NamelessMorph", "1 targets, but 0"),
        (glb(lambda d: d["accessors"][0].update(count=9999)), "NotGltf", "reaches to byte"),
        (glb(lambda d: d["bufferViews"][0].update(extensions={"PACKED": {}})), "NotGltf", "is compressed"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(library: Library, data: bytes, name: str, said: str) -> None:
    """Each fault has the name that the contract explains, and the numbers."""
    found = incoming.inspect(data, "hair", library)
    assert name in {fault.name for fault in found}, found
    assert any(said in str(fault) for fault in found), found


def test_an_unknown_group_is_named(library: Library) -> None:
    """A part must be for a group that there is."""
    assert [fault.name for fault in incoming.inspect(glb(), "wings", library)] == ["UnknownGroup"]


def test_slots_are_those_that_the_page_paints() -> None:
    """The contract's list of slots is the page's."""
    source = (ROOT / "stage" / "avatar" / "toon.ts").read_text()
    listed = source[source.index("export const SLOTS") :]
    assert set(re.findall(r"'([a-z_]+)'", listed[: listed.index("]")])) == incoming.SLOTS


def test_an_imported_part_is_built_in(library: Library, tmp_path: Path) -> None:
    """A file in `imported/` with an entry of its own becomes a part; one that does not fit stops the build."""
    small = json.loads((library.folder / "catalogue.json").read_text())
    keep = {*small["neutral"].values(), "bald"}
    small["parts"] = [part for part in small["parts"] if part["id"] in keep]
    small["parts"].append({**next(p for p in small["parts"] if p["group"] == "hair"), "id": "from_elsewhere"})
    (tmp_path / "catalogue.json").write_text(json.dumps(small))
    shutil.copy(library.folder / "dances.json", tmp_path)
    mine = tmp_path / "imported" / "hair" / "from_elsewhere.glb"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(glb())
    opened = open_library(tmp_path)
    assert opened.plain("hair", "from_elsewhere").read_bytes() == glb()
    assert 0 < opened.geometry("hair", "from_elsewhere").stat().st_size < len(glb()) + 800
    mine.write_bytes(glb(moved))
    with pytest.raises(Misfit, match="MovedNode"):
        build_library(tmp_path)


def test_numbers_are_read_as_the_specification_says() -> None:
    """Floats, normalised integers and padded rows; what is no accessor is refused."""
    part = read(glb(weights=np.eye(24, 4)[[0] * 24]))
    np.testing.assert_allclose(part.accessor(0), strand(), atol=1e-7)
    assert part.accessor(3)[:, 0].tolist() == [1.0] * 24
    with pytest.raises(NotGltf):
        part.accessor(99)
    assert float(np.linalg.norm(part.accessor(0) - CENTRE, axis=1).min()) > 0.05
