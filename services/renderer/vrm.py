"""Exports an avatar for other programs: `python -m services.renderer.vrm OUT --recipe RECIPE.json`.

`OUT.vrm` is VRM 1.0; `OUT.glb` is glTF for the web, geometry packed with meshopt and pictures in KTX2. With `--part
GROUP/PART` `OUT.glb` is that part of the library alone, plain: something to begin a part of one's own with.

The page paints the face's expressions into an atlas; `stage/avatar/vrm.ts` makes the rest of the very geometry and
colours that films are drawn with.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from services.renderer.build import NotPacked, open_library, pack
from services.renderer.drawing import PAGE, Order, Region, Song
from services.renderer.gltf import with_extras
from services.renderer.library import ROOT, AvatarRecipe, Library
from stage.host import Stage
from stage.page import Page

CELL = 512
"""Pixels of one expression, each way."""

EXPORTER = ROOT / "stage" / "avatar" / "export.mjs"
LICENSE_URL = "https://vrm.dev/licenses/1.0/"


class NotExported(RuntimeError):  # noqa: N818  named for what the caller reads
    """The exporter did not run: node or its packages are missing."""


def recipe_of(document: Mapping[str, Any]) -> AvatarRecipe:
    """The recipe in a session's `recipe.json`, or one that stands alone."""
    recipe = document.get("recipe", document)
    colors = {
        name: (int(c.get("red", 0)), int(c.get("green", 0)), int(c.get("blue", 0)))
        for name, c in recipe.get("colors", {}).items()
    }
    return AvatarRecipe(recipe.get("parts", {}), colors, recipe.get("morphs", {}), "", recipe.get("amounts", {}))


async def draw_faces(page: Page, recipe: AvatarRecipe, library: Library) -> Image.Image:
    """All expressions of a complete recipe's face, flat, in a square atlas.

    Raises:
        PageError: The page could not draw.
        StageLost: Chrome died.
    """
    dances = json.loads((library.folder / "dances.json").read_text())
    order = Order(recipe, {}, Song(Fraction(24), 120.0), CELL, CELL, 0, 1, 0, dances)
    await page.load(order.job("faces", Region(0, 0, CELL, CELL), samples=4), library.files(recipe))
    drawn = await page.still(0)
    await page.unload()
    return Image.fromarray(drawn, "RGBA").convert("RGB")


def write_avatar(
    out: Path, recipe: AvatarRecipe, library: Library, faces: Image.Image, name: str = "Fancam avatar"
) -> None:
    """Write a complete recipe as VRM 1.0 (`.vrm`) or as packed glTF (`.glb`).

    Raises:
        NotExported: The exporter did not run.
        NotPacked: The packer did not.
    """
    node = shutil.which("node")
    if node is None:
        raise NotExported("exporting needs node; `make setup` brings it")
    with tempfile.TemporaryDirectory(prefix="fancam-vrm-") as scratch:
        face, order, rgba = (Path(scratch) / name for name in ("face.png", "order.json", "face.rgba"))
        faces.save(face, "PNG", optimize=True)
        rgba.write_bytes(faces.convert("RGBA").tobytes())
        job = Order(recipe, {}, Song(Fraction(24), 120.0), 16, 16, 0, 1, 0, {"": {}}).job("pass")
        document = {
            "recipe": job["recipe"],
            "files": {part: str(path) for part, path in library.files(recipe).items()},
            "face": str(face),
            "atlas": {"rgba": str(rgba), "side": faces.width},
            "meta": {"name": name, "authors": ["Fancam"], "licenseUrl": LICENSE_URL},
        }
        order.write_text(json.dumps(document))
        plain = Path(scratch) / "plain" / out.name
        plain.parent.mkdir()
        command = [node, str(EXPORTER), str(order), str(plain)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotExported(done.stderr.strip()[-600:])
        if out.suffix == ".glb":
            pack(plain.parent, out.parent)
        else:
            shutil.move(plain, out)


async def _faces(recipe: AvatarRecipe, library: Library) -> Image.Image:
    async with Stage.open(PAGE) as stage, stage.page() as page:
        return await draw_faces(page, recipe, library)


def write_part(part: str, out: Path) -> int:
    """Write a part of the library, with what its catalogue says in its extras; 0 when it is written."""
    if out.suffix != ".glb":
        print(f"{out}: parts are written as .glb")  # noqa: T201
        return 1
    library = open_library(say=print)
    group, _, name = part.partition("/")
    if name not in library.groups.get(group, {}):
        known = ", ".join(sorted(library.groups.get(group, library.groups)))
        print(f"there is no part {part!r}; known{f' in {group}' if group in library.groups else ''}: {known}")  # noqa: T201
        return 1
    entry = library.groups[group][name]
    said = {key: entry[key] for key in ("group", "title", "tags", "colors")}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(with_extras(library.plain(group, name).read_bytes(), said))
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB; a part of your own is called otherwise")  # noqa: T201
    return 0


def write_recipe(source: Path, out: Path) -> int:
    """Export the recipe in a file; 0 when it is written, else why not is printed."""
    if out.suffix not in {".vrm", ".glb"}:
        print(f"{out}: avatars are written as .vrm or .glb")  # noqa: T201
        return 1
    library = open_library(say=print)
    try:
        recipe = library.complete(recipe_of(json.loads(source.read_text())))
    except OSError as error:
        print(f"{source}: {error.strerror}")  # noqa: T201
        return 1
    except ValueError as error:
        print(f"{source}: this is no recipe: {error}")  # noqa: T201
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    write_avatar(out, recipe, library, asyncio.run(_faces(recipe, library)))
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")  # noqa: T201
    return 0


def main() -> int:
    """Write what the command line asks for; 0 when it is written, else why not is printed."""
    parser = argparse.ArgumentParser(description="Export an avatar, or a part of the library.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--recipe", type=Path, help="as a session's recipe.json holds it")
    parser.add_argument("--part", default="", help="for example outfit/stage_coat")
    told = parser.parse_args()
    if bool(told.recipe) == bool(told.part):
        print("what is to be exported? --recipe RECIPE.json, or --part GROUP/PART")  # noqa: T201
        return 2
    try:
        if told.part:
            return write_part(told.part, told.out)
        return write_recipe(told.recipe, told.out)
    except OSError as error:
        print(f"{error.filename or told.out}: {error.strerror}")  # noqa: T201
        return 1
    except (NotExported, NotPacked) as error:
        print(error)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
