"""The library: what the catalogue promises is there, is sound glTF, and is the same every time it is generated."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.renderer.build import build_library, open_library
from services.renderer.library import AvatarRecipe, Library, UnknownPart
from services.renderer.parts.body import JOINTS
from services.renderer.parts.glb import write_glb
from services.renderer.parts.hair import build_hair
from services.renderer.parts.head import MODELLED, MORPHS, SHAPES, build_head
from services.renderer.parts.headwear import build_headwear
from services.renderer.parts.outfits import build_outfit
from services.renderer.parts.paint import PAINTED

ROOT = Path(__file__).parents[2]
MAX_TRIANGLES = 40_000
"""Of a whole avatar without its outline, so that a phone draws it at full rate."""


def read_glb(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The document and the binary chunk, checked as the glTF 2.0 specification says."""
    magic, version, length = struct.unpack_from("<III", data)
    assert (magic, version, length) == (0x46546C67, 2, len(data))
    size, kind = struct.unpack_from("<II", data, 12)
    assert kind == 0x4E4F534A
    document: dict[str, Any] = json.loads(data[20 : 20 + size])
    binary = b""
    if 20 + size < len(data):
        length, kind = struct.unpack_from("<II", data, 20 + size)
        assert kind == 0x004E4942
        binary = data[28 + size :]
        assert len(binary) == length
    return document, binary


def accessor(document: dict[str, Any], binary: bytes, index: int) -> NDArray[Any]:
    """The numbers of an accessor, (count, components)."""
    entry = document["accessors"][index]
    view = document["bufferViews"][entry["bufferView"]]
    kinds: dict[int, np.dtype[Any]] = {
        5126: np.dtype("<f4"),
        5121: np.dtype("u1"),
        5123: np.dtype("<u2"),
        5120: np.dtype("i1"),
    }
    kind = kinds[entry["componentType"]]
    wide = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}[entry["type"]]
    stride = view.get("byteStride", kind.itemsize * wide)
    raw = np.frombuffer(binary, np.uint8, entry["count"] * stride, view["byteOffset"]).reshape(entry["count"], stride)
    return np.ascontiguousarray(raw[:, : kind.itemsize * wide]).view(kind)


def parts(library: Library) -> list[tuple[str, str]]:
    """Every file: the head and the catalogue's parts."""
    return [("head", "head"), *((group, part) for group, entries in library.groups.items() for part in entries)]


def test_the_catalogue_offers_what_a_world_needs(library: Library) -> None:
    """Enough parts per group, and textured and protective styles among the hair."""
    count = {group: len(entries) for group, entries in library.groups.items()}
    assert count["hair"] >= 39
    assert count["eyewear"] >= 8
    assert count["headwear"] >= 6
    textured = [part for part in library.groups["hair"].values() if part["tags"]["curl"] in {"curly", "coily"}]
    assert len(textured) >= 10
    assert {"box_braids", "cornrows", "twists", "locs"} <= {part["tags"]["strand"] for part in textured}


def test_every_tag_is_in_the_vocabulary(library: Library) -> None:
    """A tag that recognition cannot predict would never be chosen."""
    for group, entries in library.groups.items():
        words = library.catalogue["vocabulary"][group]
        for part in entries.values():
            assert set(part["tags"]) == set(words), part["id"]
            for tag, value in part["tags"].items():
                assert value in words[tag], f"{part['id']}: {tag} {value}"


def test_the_catalogue_names_only_what_exists(library: Library) -> None:
    """Neutral parts, morphs and dances are there."""
    for group in library.catalogue["required"]:
        assert library.catalogue["neutral"][group] in library.groups[group]
    assert tuple(library.catalogue["morphs"]) == MORPHS
    dances = json.loads((library.folder / "dances.json").read_text())
    assert list(dances) == library.catalogue["dances"]
    for name, dance in dances.items():
        for channel, rows in dance["channels"].items():
            beats = [row[0] for row in rows]
            assert beats == sorted(set(beats)), f"{name} {channel}"
            assert beats[-1] < dance["beats"], f"{name} {channel}"
            assert len({len(row) for row in rows}) == 1, f"{name} {channel}"


def test_every_part_is_sound_gltf(library: Library) -> None:
    """Indices lie within, normals have length one, shares add up to one, accessors' bounds are true."""
    for group, part in parts(library):
        document, binary = read_glb(library.plain(group, part).read_bytes())
        if "meshes" not in document:
            assert group in PAINTED or part in {"bald", "stubble"}, f"{group}/{part} draws nothing"
            continue
        assert document["buffers"][0]["byteLength"] == len(binary)
        for primitive in document["meshes"][0]["primitives"]:
            got = {name: accessor(document, binary, i) for name, i in primitive["attributes"].items()}
            index = accessor(document, binary, primitive["indices"])
            where = got["POSITION"]
            assert index.max() < len(where)
            assert len(index) % 3 == 0
            entry = document["accessors"][primitive["attributes"]["POSITION"]]
            np.testing.assert_allclose(where.min(axis=0), entry["min"], atol=1e-6)
            np.testing.assert_allclose(where.max(axis=0), entry["max"], atol=1e-6)
            assert np.isfinite(where).all()
            assert where[:, 1].min() > -0.01
            assert where[:, 1].max() < 1.85, f"{group}/{part} reaches {where[:, 1].max()} m"
            length = np.linalg.norm(got["NORMAL"].astype(np.float64) / 127, axis=1)
            assert np.abs(length - 1).max() < 0.03, f"{group}/{part}"
            if "WEIGHTS_0" in got:
                assert (got["WEIGHTS_0"].astype(int).sum(axis=1) == 255).all()
                assert got["JOINTS_0"].max() < len(JOINTS)


def test_the_head_has_a_morph_per_measured_ratio(library: Library) -> None:
    """Each ratio of the face's shape and each shape of a nose moves the mesh by millimetres; the rest are painted."""
    document, binary = read_glb(library.plain("head", "head").read_bytes())
    mesh = document["meshes"][0]
    assert set(MODELLED) < set(MORPHS)
    assert tuple(mesh["extras"]["targetNames"]) == (*MODELLED, *SHAPES)
    face = next(p for p in mesh["primitives"] if document["materials"][p["material"]]["name"] == "face")
    moved = {
        name: float(np.abs(accessor(document, binary, target["POSITION"])).max())
        for name, target in zip((*MODELLED, *SHAPES), face["targets"], strict=True)
    }
    for name, metres in moved.items():
        assert 0.0005 < metres < 0.02, f"{name} moves {metres} m"


def test_an_avatar_stays_within_the_budget_of_a_phone(library: Library) -> None:
    """The richest choice of every group together keeps to the budget; what hides hair is drawn without it."""

    def triangles(group: str, part: str) -> int:
        document, _ = read_glb(library.plain(group, part).read_bytes())
        meshes = document.get("meshes", [{"primitives": []}])
        return sum(document["accessors"][p["indices"]]["count"] // 3 for p in meshes[0]["primitives"])

    richest = sum(
        max(triangles(group, part) for part, entry in entries.items() if entry.get("covers") != "all")
        for group, entries in library.groups.items()
    )
    assert triangles("head", "head") + richest < MAX_TRIANGLES


def test_generating_again_gives_the_same_bytes(library: Library) -> None:
    """The library is a function of its sources."""
    beanie = build_headwear("beanie")
    beanie.extras |= {key: library.groups["headwear"]["beanie"][key] for key in ("covers", "mask")}
    again = {
        ("head", "head"): write_glb(build_head(), "head", JOINTS),
        ("hair", "cornrows"): write_glb(build_hair("cornrows"), "cornrows", ()),
        ("outfit", "stage_skirt"): write_glb(build_outfit("stage_skirt"), "stage_skirt", JOINTS),
        ("headwear", "beanie"): write_glb(beanie, "beanie", ()),
    }
    for (group, part), data in again.items():
        assert library.plain(group, part).read_bytes() == data, f"{group}/{part}"


def test_a_library_elsewhere_is_generated_when_it_is_opened(library: Library, tmp_path: Path) -> None:
    """A folder with catalogue and dances only becomes a whole library, and a second look generates nothing."""
    small = json.loads((library.folder / "catalogue.json").read_text())
    keep = {
        "bald",
        "buzz",
        "rimless",
        "kufi",
        "moustache",
        "brows_soft",
        "eyes_almond",
        "mouth_soft",
        "nose_small",
        "ears_free",
    }
    keep |= {"stage_trousers"}
    small["parts"] = [part for part in small["parts"] if part["id"] in keep]
    (tmp_path / "catalogue.json").write_text(json.dumps(small))
    (tmp_path / "dances.json").write_text((library.folder / "dances.json").read_text())
    opened = open_library(tmp_path)
    for group, entries in opened.groups.items():
        for part in entries:
            assert opened.geometry(group, part).is_file()
    said: list[str] = []
    open_library(tmp_path, say=said.append)
    assert not said
    build_library(tmp_path, say=said.append)
    assert said


def test_a_recipe_is_completed_with_neutral_parts(library: Library) -> None:
    """What a recipe leaves out is neutral; near morphs become equal; tips follow the hair."""
    whole = library.complete(AvatarRecipe({}, {"hair": (10, 20, 30)}, {"jaw_width": 0.2312}))
    assert set(library.catalogue["required"]) <= set(whole.parts)
    assert whole.colors["hair_tips"] == (10, 20, 30)
    assert whole.morphs["jaw_width"] == pytest.approx(0.25)
    with pytest.raises(UnknownPart, match="ear_size"):
        library.complete(AvatarRecipe({}, {}, {"ear_size": 1.0}))
