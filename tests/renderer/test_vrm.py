"""The exported avatar in the reference reader of VRM: bones, expressions, toon materials, springs, a picture."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import subprocess
import threading
from collections.abc import AsyncIterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page, async_playwright

from services.renderer.budget import LIMIT
from services.renderer.gltf import read
from services.renderer.incoming import khronos
from services.renderer.library import AvatarRecipe, Library
from services.renderer.vrm import CELL, draw_faces, recipe_of, write_avatar
from stage.host import Stage
from stage.webgl import FLAGS, SOFTWARE

ROOT = Path(__file__).parents[2]
BASIS = ROOT / "node_modules" / "three" / "examples" / "jsm" / "libs" / "basis"
FACE = {"camera": [0, 1.42, 1.05], "at": [0, 1.42, 0]}
BODY = {"camera": [0, 0.9, 4.2], "at": [0, 0.85, 0]}
Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
async def exported(page: Path, library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an avatar's `.vrm`."""
    folder = tmp_path_factory.mktemp("vrm")
    recipe = library.complete(AvatarRecipe({"hair": "long_wavy", "outfit": "stage_skirt"}, {"hair": (120, 70, 50)}))
    async with Stage.open(page, gl="software") as stage, stage.page() as warm:
        faces = await draw_faces(warm, recipe, library)
    assert faces.size == (3 * CELL, 3 * CELL)
    write_avatar(folder / "avatar.vrm", recipe, library, faces, name="A fan")
    write_avatar(folder / "avatar.glb", recipe, library, faces.resize((768, 768)))  # encoding takes its time
    for transcoder in BASIS.iterdir():
        (folder / transcoder.name).write_bytes(transcoder.read_bytes())
    return folder


def bundle(folder: Path) -> None:
    """Bundle the reader's page into a folder."""
    script = """import { build } from 'esbuild'; await build({ entryPoints: ['tests/renderer/vrm/main.ts'],
        bundle: true, format: 'esm', outfile: process.argv[1] + '/main.js', nodePaths: ['node_modules'] });"""
    command = ["node", "--input-type=module", "-e", script, str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
async def reader(exported: Path) -> AsyncIterator[Page]:
    """The reference reader with the avatar in it."""
    await asyncio.to_thread(bundle, exported)
    (exported / "index.html").write_text('<!doctype html><body><script type="module" src="main.js"></script>')

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    door = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(exported)))
    threading.Thread(target=door.serve_forever, daemon=True).start()
    way = SOFTWARE[0]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*FLAGS, *way.flags],
            env={"PATH": "/usr/bin:/bin", **way.environment},
        )
        opened = await browser.new_page()
        opened.set_default_timeout(120_000)
        await opened.goto(f"http://127.0.0.1:{door.server_address[1]}/index.html")
        await opened.wait_for_function("window.found !== undefined")
        yield opened
        await browser.close()
    door.shutdown()
    door.server_close()


async def picture(reader: Page, look: dict[str, Any]) -> Rgb:
    """What the reader shows, (480, 360, 3)."""
    url = await reader.evaluate("look => window.look(look)", look)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB"))


async def test_the_khronos_validator_finds_no_error(exported: Path) -> None:
    """The file is sound glTF 2.0, names its licence and grants nothing beyond personal use."""
    assert khronos(exported / "avatar.vrm") == []
    document = read((exported / "avatar.vrm").read_bytes()).document
    meta = document["extensions"]["VRMC_vrm"]["meta"]
    assert meta["licenseUrl"].startswith("https://")
    assert meta["avatarPermission"] == "onlyAuthor"
    assert len(document["meshes"][0]["primitives"]) <= 12


async def test_the_reference_reader_understands_it(reader: Page) -> None:
    """It finds a humanoid, all vowels, a blink and a smile, toon materials and springs for hair and skirt."""
    found = await reader.evaluate("window.found")
    assert {"hips", "spine", "head", "leftUpperArm", "rightHand", "leftFoot", "rightLowerLeg"} <= set(found["bones"])
    assert {"aa", "ih", "ou", "ee", "oh", "blink", "happy", "neutral"} <= set(found["expressions"])
    assert found["springs"] >= 12
    assert "MToonMaterial" in " ".join(found["materials"]) or "ShaderMaterial" in found["materials"]
    assert found["name"] == "A fan"


async def test_it_stands_in_a_t_and_looks_like_the_fan(reader: Page) -> None:
    """Arms are level, hair has its colour, and the figure is whole."""
    seen = (await picture(reader, BODY)).astype(int)
    figure = np.abs(seen - seen[2, 2]).sum(axis=-1) > 40
    rows, columns = np.nonzero(figure)
    tall, wide = int(np.ptp(rows)), int(np.ptp(columns))
    assert 0.6 < wide / tall < 1.1, "arms stretched out are nearly as wide as the figure is tall"
    crown = seen[rows.min() + 6 : rows.min() + 16, 170:190].reshape(-1, 3).mean(axis=0)
    assert crown[0] > crown[2] + 15, f"brown hair is {crown}"


async def test_expressions_and_bones_change_the_picture(reader: Page) -> None:
    """A blink shuts the eyes, a vowel opens the mouth, and an arm that is let down goes down."""
    rest = (await picture(reader, FACE)).astype(int)
    eyes, mouth = slice(190, 260), slice(265, 330)

    def change(other: Rgb, where: slice) -> float:
        return float(np.abs(other.astype(int) - rest)[where, 110:250].mean())

    blink, aa = (
        await picture(reader, {**FACE, "expression": "blink"}),
        await picture(reader, {**FACE, "expression": "aa"}),
    )
    assert change(blink, eyes) > 3 * max(0.2, change(blink, mouth))
    assert change(aa, mouth) > max(3, change(aa, eyes)), "brows rise a little with a sung vowel"
    level, down = await picture(reader, BODY), await picture(reader, {**BODY, "arm": 1.2})
    assert np.abs(level.astype(int) - down)[:, 230:].mean() > 1


async def test_the_packed_file_is_light_and_looks_the_same(reader: Page, exported: Path) -> None:
    """Three's own loaders unpack geometry and KTX2 pictures; on a card they stay compressed; the face is the face."""
    assert (exported / "avatar.glb").stat().st_size < LIMIT.download_bytes / 3
    found = await reader.evaluate("look => window.web(look)", FACE)
    assert found["compressed"] == [True, True]
    assert max(found["levels"]) > 8, "an atlas of 768 has ten levels"
    packed = np.asarray(Image.open(io.BytesIO(base64.b64decode(found["url"].split(",", 1)[1]))).convert("RGB")).astype(
        int
    )
    toon = (await picture(reader, FACE)).astype(int)
    figure = np.abs(packed - packed[2, 2]).sum(axis=-1) > 40
    assert 0.2 < figure.mean() < 0.9
    # Unlit against toon shading: the same colours but for its shadows.
    assert np.abs(packed - toon)[200:330, 120:240].mean() < 30


def test_a_sessions_recipe_can_be_exported() -> None:
    """`recipe.json`, as a film leaves it, and a bare recipe are the same."""
    bare = {"parts": {"hair": "bob"}, "colors": {"hair": {"red": 10, "green": 20}}, "morphs": {"jaw_width": 0.5}}
    assert recipe_of({"recipe": bare, "traits": []}) == recipe_of(json.loads(json.dumps(bare)))
    assert recipe_of(bare).colors["hair"] == (10, 20, 0)
