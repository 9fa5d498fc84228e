"""A campaign's own parts: what fits is welded, packed and drawn, and everything else is refused by its name."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import random
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray

from fancam.artifacts import SHARED
from fancam.errors import InvalidRequest, from_call
from fancam.v1.avatar_pb2 import Color, OwnPart, Recipe
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from fancam.v1.renderer_pb2 import FitPartsRequest, FitPartsResult
from services.renderer import budget, build, own, show
from services.renderer.gltf import read
from services.renderer.incoming import MOST_BYTES, inspect
from services.renderer.library import AvatarRecipe, Library
from services.renderer.own import Unfit, fit
from services.renderer.parts.glb import Surface
from services.renderer.tidying import extras_of, surfaces_of, tidied
from services.renderer.vrm import write_part
from tests.renderer.conftest import HEIGHT, WIDTH, Studio, close_up, recipe
from tests.renderer.test_service import decode

Document = dict[str, Any]
Spoil = Callable[[Document], None]

EXTRAS = {"group": "headwear", "title": "Box hat", "tags": {"type": "snapback"}, "colors": ["headwear"]}
KINDS = {np.dtype("f4"): 5126, np.dtype("u1"): 5121, np.dtype("u2"): 5123, np.dtype("u4"): 5125}


def box(middle: tuple[float, float, float], half: tuple[float, float, float]) -> NDArray[np.float32]:
    """Twelve triangles that share nothing, as modellers export flat shading: (36, 3)."""
    corners = np.array(list(itertools.product((-1, 1), repeat=3)), np.float32)
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    order = [n for a, b, c, d in faces for n in (a, b, c, a, c, d)]
    return np.asarray(corners[order] * np.array(half, np.float32) + np.array(middle, np.float32))


def glb(
    spoil: Spoil = lambda _: None, *, extras: Document | None = None, places: NDArray[np.float32] | None = None
) -> bytes:
    """A hat as another tool exports it: nothing shared, 32-bit indices, tangents, a second primitive, a camera."""
    where = box((0, 1.62, 0), (0.11, 0.05, 0.11)) if places is None else places
    columns = {
        "POSITION": where,
        "NORMAL": np.repeat(_normals(where), 3, axis=0),
        "TANGENT": np.tile(np.array([1, 0, 0, 1], np.float32), (len(where), 1)),
        "indices": np.arange(len(where), dtype=np.uint32).reshape(-1, 1),
    }
    document: Document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0, 1]}],
        "nodes": [
            {"name": "Box", "mesh": 0, "extras": copy.deepcopy(extras or EXTRAS)}, {"name": "Camera", "camera": 0},
        ],
        "cameras": [{"type": "perspective", "perspective": {"yfov": 1, "znear": 0.1}}],
        "materials": [{"name": "headwear", "doubleSided": True}, {"name": "headwear_trim"}],
        "accessors": [], "bufferViews": [], "buffers": [],
    }  # fmt: skip
    binary, attributes = b"", {}
    for name, column in columns.items():
        document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": column.nbytes})
        document["accessors"].append({
            "bufferView": len(document["bufferViews"]) - 1, "componentType": KINDS[column.dtype], "count": len(column),
            "type": {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[column.shape[1]],
        })  # fmt: skip
        attributes[name] = len(document["accessors"]) - 1
        binary += column.tobytes()
    document["accessors"][0] |= {"min": where.min(axis=0).tolist(), "max": where.max(axis=0).tolist()}
    document["buffers"] = [{"byteLength": len(binary)}]
    index = attributes.pop("indices")
    first = {"indices": index, "attributes": attributes, "material": 0}
    document["meshes"] = [{"primitives": [first, {**first, "material": 0}]}]
    spoil(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def _normals(where: NDArray[np.float32]) -> NDArray[np.float32]:
    a, b, c = where[0::3], where[1::3], where[2::3]
    across = np.cross(b - a, c - a)
    return np.asarray(across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9), np.float32)


def faults(data: bytes, library: Library, path: str = "parts/box_hat.glb") -> dict[str, str]:
    """Names and reasons of what is wrong with one part, as a campaign brings it."""
    with pytest.raises(Unfit) as raised:
        fit({path: data}, library)
    found = [fault for each in raised.value.faults.values() for fault in each]
    return {fault.name: "; ".join(other.why for other in found if other.name == fault.name) for fault in found}


def test_a_part_is_written_anew_with_only_what_is_drawn(library: Library) -> None:
    """Two primitives of a slot become one, vertices alike become one, and camera, tangents and 32-bit indices go."""
    found = read(tidied(read(glb()), "box_hat"))
    [surface] = surfaces_of(found)

    assert len(surface.positions) == 6 * 4, "six faces of four corners, in flat shading"
    assert len(surface.triangles) == 2 * 12
    assert set(found.document["meshes"][0]["primitives"][0]["attributes"]) == {
        "POSITION", "NORMAL", "TEXCOORD_0", "COLOR_0",
    }  # fmt: skip
    assert found.document["nodes"] == [{"name": "part_box_hat", "extras": {}, "mesh": 0}]
    assert not {"cameras", "images", "animations"} & found.document.keys()
    assert inspect(tidied(read(glb()), "box_hat"), "headwear", library) == []
    np.testing.assert_allclose(surface.positions.min(axis=0), [-0.11, 1.57, -0.11], atol=1e-5)


def area_m2(surface: Surface) -> float:
    """Of all triangles."""
    a, b, c = (surface.positions[surface.triangles[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_our_own_parts_come_through_unchanged(library: Library) -> None:
    """A soft outfit, hair with locks and a hat with a mask keep every triangle, weight and word."""
    for group, name in (
        ("outfit", "stage_coat"),
        ("hair", "bob"),
        ("headwear", "snapback"),
        ("eyewear", "aviator_sun"),
    ):
        plain = read(library.plain(group, name).read_bytes())
        again = read(tidied(plain, name))
        before, after = surfaces_of(plain), surfaces_of(again)
        assert [each.slot for each in after] == [each.slot for each in before]
        for one, other in zip(before, after, strict=True):
            assert len(other.positions) <= len(one.positions)
            areas = [area_m2(each) for each in (one, other)]
            assert areas[1] == pytest.approx(areas[0], rel=1e-3)
            for column in ("positions", "normals", "color", "joints", "weights"):
                values = [getattr(s, column) for s in (one, other)]
                if values[0] is None:
                    assert values[1] is None
                    continue
                corners = [
                    np.sort(v[s.triangles].mean(axis=1), axis=0) for v, s in zip(values, (one, other), strict=True)
                ]
                if len(corners[0]) == len(corners[1]):
                    np.testing.assert_allclose(corners[1], corners[0], atol=0.01, err_msg=f"{name} {column}")
        drawn = {"covers", "mask", "lens", "fringe"}
        kept = {key: value for key, value in plain.document["nodes"][0]["extras"].items() if key in drawn}
        assert again.document["nodes"][0]["extras"] == kept


def test_a_fitting_part_is_packed_and_described(library: Library) -> None:
    """The packed file is smaller than the plain one, its entry is what the extras say, and the books know its cost."""
    data = glb()
    found = fit({"parts/box_hat.glb": data}, library)["parts/box_hat.glb"]

    assert found.entry == {"id": "box_hat", **EXTRAS}
    assert found.plain_bytes == len(data)
    assert len(found.packed) == found.cost["bytes"] < len(data)
    assert found.cost["triangles"] == 24
    assert found.cost["slots"] == ["headwear"]


def said(**more: Any) -> bytes:
    """A hat whose extras say something else."""
    return glb(extras={**EXTRAS, **more})


def primitive(key: str, value: Any) -> bytes:
    """A hat whose first primitive says something else."""
    return glb(lambda d: d["meshes"][0]["primitives"][0].update({key: value}))


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"glTF", "NotGltf", "no glTF binary"),
        (said(group=""), "NoGroup", "say no group; known: aids"),
        (said(group="wings"), "UnknownGroup", "'wings'"),
        (said(group="eyes"), "PaintedGroup", "painted by the library's shaders"),
        (said(group="outfit", tags={}), "Rigid", "would move with the head"),
        (said(tags={"type": "fez"}), "UnknownTag", "'fez' is none of"),
        (said(tags={"kind": "cap"}), "UnknownTag", "'kind' is no tag"),
        (said(colors=["glow"]), "UnknownColor", "'glow'"),
        (said(title="x" * 81), "BadTitle", "80"),
        (said(covers="some"), "BadMask", "'some', none of all, crown"),
        (said(mask={"hair": "shave"}), "BadMask", "tuck"),
        (said(mask={"hair": "tuck"}), "BadMask", "needs 'brim'"),
        (said(mask={"hair": "tuck", "brim": [0.1, float("nan")]}), "BadMask", "brim is 2 finite"),
        (said(mask={"hair": "tuck", "brim": [0.1, 0], "depth": 1}), "BadMask", "no 'depth'"),
        (said(fringe="low"), "BadMask", "fringe"),
        (said(lens={"tint": [1, 1]}), "BadLens", "tint"),
        (glb(lambda d: d.update(extensionsRequired=["KHR_draco_mesh_compression"])), "UnknownExtension", "KHR_draco"),
        (glb(lambda d: d.update(images=[{"uri": "http://127.0.0.1/x.png"}])), "Pictures", "1 pictures"),
        (glb(lambda d: d["buffers"][0].update(uri="http://127.0.0.1/x.bin")), "NotGltf", "another file"),
        (glb(lambda d: d["accessors"][3].update(count=35)), "NotGltf", "indices"),
        (glb(lambda d: d["accessors"][1].update(count=9)), "NotGltf", "NORMAL is 9 rows"),
        (glb(lambda d: d["accessors"][0].update(sparse={})), "NotGltf", "sparse"),
        (glb(places=np.tile(box((0, 1.6, 0), (0.1, 0.1, 0.1)), (480, 1))), "TooHeavy", "11520 triangles"),
        (glb(places=box((0, 1.6, 0), (9, 0.1, 0.1))), "OutOfReach", "-9.00 to 9.00"),
        (glb(places=np.zeros((36, 3), np.float32) + np.float32(1.5)), "OutOfReach", "z runs"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(library: Library, data: bytes, name: str, why: str) -> None:
    """Each fault has the name that the contract explains, and says what was found or what is known."""
    found = faults(data, library)
    assert name in found, found
    assert why in found[name]


def test_names_are_one_part_s_alone(library: Library) -> None:
    """No part is called as the library's is, as another of the campaign's, or as no recipe could call it."""
    assert "'snapback'" in faults(glb(), library, "parts/snapback.glb")["TakenName"]
    assert "small letters" in faults(glb(), library, "parts/Box Hat.glb")["BadName"]
    with pytest.raises(Unfit, match=r"b/hat\.glb: TakenName: a/hat\.glb has a part 'hat'"):
        fit({"a/hat.glb": glb(), "b/hat.glb": glb()}, library)


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda d: d["bufferViews"][0].update(byteStride=0), "NotGltf"),
        (lambda d: (d["bufferViews"][0].update(byteStride=1), d["accessors"][0].update(count=400)), "NotGltf"),
        (lambda d: d["accessors"][0].update(count=10**15), "TooHeavy"),
        (lambda d: d["meshes"][0].update(primitives=d["meshes"][0]["primitives"] * 800), "TooHeavy"),
        (lambda d: d.update(extras=json.loads("[" * 900 + "]" * 900)), None),
    ],
)  # fmt: skip
def test_a_small_file_that_stands_for_much_is_bounded(library: Library, spoil: Spoil, name: str | None) -> None:
    """Rows over one another, a count beyond the file, and a thousand primitives of the same bytes are never read."""
    data = glb(spoil)
    assert len(data) < 200_000
    if name is None:
        fit({"parts/box_hat.glb": data}, library)
    else:
        assert name in faults(data, library)


def test_a_large_file_is_not_read(library: Library) -> None:
    """More bytes than a part may have are refused before anything is made of them; so is JSON too deep to read."""
    assert "16000000" in {f.name: f.why for f in inspect(glb() + bytes(MOST_BYTES), "headwear", library)}["TooLarge"]
    deep = b'{"a":' * 100_000
    head = struct.pack("<IIIII", 0x46546C67, 2, 20 + len(deep), len(deep), 0x4E4F534A)
    assert [f.name for f in inspect(head + deep, "headwear", library)] == ["NotGltf"]


def test_garbage_is_refused_and_never_breaks(library: Library) -> None:
    """Any value of the JSON replaced by nonsense leaves a part that is read, or faults with names."""
    chance = random.Random(11)
    nonsense: list[Any] = [None, -1, 2**40, "x", [], {}, [[]], True, 1e300]

    def places(value: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [trail, *(found for key, each in inner for found in places(each, (*trail, key)))]

    whole: Document = {}
    glb(lambda d: whole.update(copy.deepcopy(d)))
    trails = [trail for trail in places(whole) if trail and trail[0] != "asset"]
    refused = 0
    for trail in trails:

        def spoil(document: Document, trail: tuple[Any, ...] = trail) -> None:
            at: Any = document
            for key in trail[:-1]:
                at = at[key]
            at[trail[-1]] = chance.choice(nonsense)

        data = glb(spoil)
        own.described(data, "box_hat")
        found = inspect(data, "headwear", library)
        refused += bool(found)
        if not found:
            tidied(read(data), "box_hat")
    assert len(trails) > 80
    assert refused > len(trails) // 3


def test_a_campaign_is_held_to_the_phone_s_budget(library: Library) -> None:
    """A part within its group's share is refused where the library's heaviest avatar would grow too heavy."""
    light, heavy = (np.tile(box((0, 1.6, 0), (0.1, 0.1, 0.1)), (count, 1)) for count in (40, 430))
    jitter = np.random.default_rng(5).normal(0, 0.002, heavy.shape).astype(np.float32)
    fit({"parts/box_hat.glb": glb(places=light + jitter[: len(light)])}, library)
    why = faults(glb(places=heavy + jitter), library)["OverBudget"]
    assert "headwear/box_hat" in why
    assert str(budget.LIMIT.triangles) in why


def test_recipes_are_looked_at_with_the_parts(library: Library) -> None:
    """A recipe may name a campaign's part in its group only; what else no library has is named, with the file."""
    parts = {"parts/box_hat.glb": glb()}
    good = AvatarRecipe({"headwear": "box_hat"}, {"headwear": (1, 2, 3)})
    assert fit(parts, library, {"recipes/mika.json": good}).keys() == parts.keys()
    for wrong, why in (
        (AvatarRecipe({"hair": "box_hat"}), "no part 'box_hat'"),
        (AvatarRecipe({}, {"glow": (1, 2, 3)}), "no colour slot 'glow'"),
        (dataclasses.replace(good, library="0" * 64), "is for library 000000000000"),
    ):
        with pytest.raises(Unfit, match=rf"^recipes/sol\.json: \w+: .*{why}"):
            fit(parts, library, {"recipes/mika.json": good, "recipes/sol.json": wrong})


def test_playwright_s_node_packs_too(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container has no node of its own: the one that came with the browser's driver packs the same bytes."""
    usual = fit({"parts/box_hat.glb": glb()}, library)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert "driver" in build.node()
    assert fit({"parts/box_hat.glb": glb()}, library) == usual


# --------------------------------------------------------------------------------------------------------------------
# From the command line


def fitting(*words: str, given: str = "") -> tuple[int, str]:
    """Status and output of the program behind `fancam library check` and `fancam check`."""
    command = [sys.executable, "-m", "services.renderer.fitting", *words]
    done = subprocess.run(command, capture_output=True, text=True, input=given, check=False, timeout=200)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_a_part_of_the_library_is_something_to_begin_with(library: Library, tmp_path: Path) -> None:
    """What `fancam library export --part` writes fits under another name, and its words are the catalogue's."""
    assert write_part("headwear/snapback", tmp_path / "mine.glb") == 0
    data = (tmp_path / "mine.glb").read_bytes()
    found = fit({"mine.glb": data}, library)["mine.glb"]
    entry = library.groups["headwear"]["snapback"]
    assert {key: found.entry[key] for key in ("title", "tags", "colors")} == {
        key: entry[key] for key in ("title", "tags", "colors")
    }
    assert extras_of(read(data))["mask"] == entry["mask"]
    assert write_part("headwear/none", tmp_path / "none.glb") == 1
    assert not (tmp_path / "none.glb").exists()


def test_a_campaign_s_parts_and_recipes_are_checked_without_a_mesh(tmp_path: Path) -> None:
    """`fancam check` names what a press would refuse: the part's fault, or what is wrong with a recipe, by file."""
    (tmp_path / "box_hat.glb").write_bytes(glb())
    (tmp_path / "mika.json").write_text(json.dumps({"parts": {"headwear": "box_hat"}}))
    (tmp_path / "sol.json").write_text(json.dumps({"parts": {"hair": "box_hat"}}))
    told = json.dumps({"parts": ["box_hat.glb"], "recipes": ["mika.json"]})
    assert fitting("--campaign", str(tmp_path), given=told) == (0, "")
    told = json.dumps({"parts": ["box_hat.glb"], "recipes": ["mika.json", "sol.json"]})
    status, said = fitting("--campaign", str(tmp_path), given=told)
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("sol.json: UnknownPart: group 'hair' has no part 'box_hat'")
    assert fitting(str(tmp_path / "gone.glb")) == (1, f"✗ {tmp_path}/gone.glb: No such file or directory\n")


def test_the_library_s_page_shows_a_part_of_one_s_own(library: Library, tmp_path: Path) -> None:
    """Its entry is in the page's catalogue and its packed file behind the page's address; the library is as it was."""
    (tmp_path / "box_hat.glb").write_bytes(glb())
    shown = show.with_own(library, [tmp_path / "box_hat.glb"], tmp_path)
    catalogue, kind = show.content(shown, "/library/catalogue.json") or (b"", "")
    assert json.loads(catalogue)["parts"][-1] == {"id": "box_hat", **EXTRAS}
    assert kind == "application/json"
    packed, _ = show.content(shown, "/library/part/headwear/box_hat.glb") or (b"", "")
    assert packed == fit({"box_hat.glb": glb()}, library)["box_hat.glb"].packed
    assert show.content(library, "/library/part/headwear/box_hat.glb") is None


# --------------------------------------------------------------------------------------------------------------------
# Through the door


async def fitted(studio: Studio, data: bytes, recipes: dict[str, Recipe] | None = None) -> OwnPart:
    """A part as the renderer answers it."""
    kept = await studio.store.put(SHARED, data, "model/gltf-binary")
    request = FitPartsRequest(parts={"parts/box_hat.glb": kept}, recipes=recipes or {})
    events = [event async for event in studio.stub.FitParts(request, timeout=200)]
    return FitPartsResult.FromString(events[-1].result.SerializeToString()).parts["parts/box_hat.glb"]


async def with_part(studio: Studio, part: OwnPart) -> Artifact:
    """The tests' pressing with a part of its own."""
    pressing = Pressing()
    await studio.store.get_message(studio.pressing, pressing)
    pressing.parts["parts/box_hat.glb"].CopyFrom(part)
    return await studio.store.put_message(SHARED, pressing)


async def test_a_film_s_frame_shows_the_campaign_s_part(studio: Studio) -> None:
    """A recipe that names the hat has it in its pass; another hat of the same name is another pass."""
    wearing = recipe(hair="bald", headwear="box_hat")
    wearing.colors["headwear"].CopyFrom(Color(red=255, green=255, blue=255))
    luma = []
    for data in (None, glb(), glb(places=box((0, 1.66, 0), (0.11, 0.04, 0.11)))):
        order = studio.order(wearing if data else recipe(hair="bald"), close_up(), frames=1)
        if data is not None:
            order.pressing.CopyFrom(await with_part(studio, await fitted(studio, data)))
        drawn = await studio.draw(order)
        assert not drawn.cached
        clip = getattr(drawn, "pass")
        color, _ = decode(await studio.store.get(clip.clip))
        whole = np.zeros((HEIGHT, WIDTH))
        whole[clip.top : clip.top + clip.height, clip.left : clip.left + clip.width] = color[0]
        luma.append(whole)
    bare, low, high = luma
    assert (low - bare > 60).mean() > 0.02, "a white hat over a bald head"
    assert np.abs(high - low).max() > 60


async def test_the_same_part_is_answered_from_the_store(studio: Studio) -> None:
    """Asked again, the renderer gives the same address, which holds what a phone would fetch."""
    first, again = await fitted(studio, glb()), await fitted(studio, glb())
    assert first == again
    assert first.packed.size_bytes == len(await studio.store.get(first.packed)) < first.plain_bytes


async def test_the_caller_is_told_every_fault(studio: Studio) -> None:
    """A part that does not fit is PART_UNFIT with a violation per file; without the part its recipe is unknown."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await fitted(studio, said(tags={"type": "fez"}, covers="some"))
    error = from_call(raised.value)
    assert isinstance(error, InvalidRequest)
    assert error.reason == "PART_UNFIT"
    assert "UnknownTag" in error.fields["parts/box_hat.glb"]
    assert "BadMask" in error.fields["parts/box_hat.glb"]
    with pytest.raises(grpc.aio.AioRpcError, match="no part 'box_hat'"):
        await studio.draw(studio.order(recipe(headwear="box_hat"), close_up(), frames=1))


def test_the_part_s_folder_of_the_docs_has_every_fault() -> None:
    """Designers find each name that a part can be refused by in the contract."""
    root = Path(__file__).parents[2]
    text = (root / "docs" / "library.md").read_text()
    sources = [(root / "services" / "renderer" / f"{name}.py").read_text() for name in ("own", "incoming")]
    names = {name for source in sources for name in re.findall(r'Fault\(\s*"(\w+)"', source)}
    assert len(names) > 20
    assert {name for name in names if f"`{name}`" not in text} == set()
