"""Contact sheets of the library: `python -m services.renderer.sheet [folder]` draws parts, dances and a crowd.

The folder is `out/library` unless one is given. The crowd's recipes have a fixed seed and come from the whole library:
hair, skin, eyewear and headwear independently of each other.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from services.renderer.crowd import crowd
from services.renderer.drawing import PAGE, Order, Song, draw_still
from services.renderer.library import AvatarRecipe, Library
from stage.host import Page, Stage

Rgb = tuple[int, int, int]

MONK: Sequence[Rgb] = (
    (0xF6, 0xED, 0xE4), (0xF3, 0xE7, 0xDB), (0xF7, 0xEA, 0xD0), (0xEA, 0xDA, 0xBA), (0xD7, 0xBD, 0x96),
    (0xA0, 0x7E, 0x56), (0x82, 0x5C, 0x43), (0x60, 0x41, 0x34), (0x3A, 0x31, 0x2A), (0x29, 0x24, 0x20),
)  # fmt: skip
"""The ten tones of the Monk scale."""

HAIR: Sequence[Rgb] = (
    (38, 32, 38), (46, 36, 34), (70, 48, 44), (104, 70, 50), (150, 96, 60), (222, 188, 120), (172, 82, 54),
    (150, 150, 156), (60, 74, 120), (222, 150, 170),
)  # fmt: skip

IRIS: Sequence[Rgb] = ((84, 56, 40), (110, 74, 44), (60, 110, 150), (74, 120, 84), (96, 64, 140))

FACE: dict[str, Any] = {
    "cameraPosition": {"value": [0.42, 1.42, 0.94]},
    "cameraTarget": {"value": [0, 1.41, 0]},
    "fieldOfViewDeg": 25,
}
BODY: dict[str, Any] = {
    "cameraPosition": {"value": [0.5, 0.95, 3.5]},
    "cameraTarget": {"value": [0, 0.84, 0]},
    "fieldOfViewDeg": 30,
}

Tile = tuple[AvatarRecipe, dict[str, Any], int]
"""A recipe, a staging and a frame."""


class Sheets:
    """Draws tiles on a page and lays them out."""

    def __init__(self, page: Page, library: Library) -> None:
        self._page = page
        self._library = library
        self._dances = json.loads((library.folder / "dances.json").read_text())

    async def draw(self, path: Path, tiles: Sequence[Tile], columns: int, width: int, height: int) -> None:
        """Write the tiles as one picture."""
        rows: list[np.ndarray[Any, np.dtype[np.uint8]]] = []
        for recipe, staging, frame in tiles:
            whole = self._library.complete(recipe)
            order = Order(whole, staging, Song(Fraction(24), 120.0), width, height, frame, 1, 0, self._dances)
            rgba = (await draw_still(self._page, order, self._library.files(whole))).astype(np.float32)
            fade = np.linspace(1.0, 0.5, height, dtype=np.float32)[:, None, None]
            alpha = rgba[..., 3:] / 255
            rows.append(
                (rgba[..., :3] * alpha + np.array((74, 56, 112), np.float32) * fade * (1 - alpha)).astype(np.uint8)
            )
        while len(rows) % columns:
            rows.append(np.zeros_like(rows[0]))
        sheet = np.vstack([np.hstack(rows[i : i + columns]) for i in range(0, len(rows), columns)])
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet).save(path)


def _plain(group: str, part: str, index: int) -> AvatarRecipe:
    """One part on a head that shows it."""
    hair = {"headwear": "long_straight", "facial_hair": "side_part_short", "jewellery": "low_bun"}.get(group, "bob")
    parts = {"hair": hair, "outfit": "stage_skirt", group: part}
    skin = MONK[(3, 5, 6, 7, 1)[index % 5]]
    return AvatarRecipe(
        parts, {"skin": skin, "hair": HAIR[index % 5], "iris": IRIS[index % 5], "headwear": (150, 64, 92)}
    )


async def write_sheets(folder: Path) -> None:
    """Draw all sheets into `folder`."""
    library = Library.open(say=print)
    async with Stage.open(PAGE) as stage, stage.page() as page:
        sheets = Sheets(page, library)
        for group, entries in library.groups.items():
            view = BODY if group == "outfit" else FACE
            tiles: list[Tile] = [(_plain(group, part, i), dict(view), 3) for i, part in enumerate(entries)]
            await sheets.draw(folder / f"{group}.png", tiles, 8, 240, 420 if group == "outfit" else 270)
            print(folder / f"{group}.png")  # noqa: T201
        faces = crowd(library, 48, seed=1)
        await sheets.draw(folder / "crowd.png", [(recipe, dict(FACE), 3) for recipe in faces], 12, 200, 224)
        steps: list[Tile] = [
            (faces[i % 48], {**BODY, "dance": dance, "microphone": "sing" in dance}, 3 + 11 * k)
            for i, dance in enumerate(library.catalogue["dances"])
            for k in range(6)
        ]
        await sheets.draw(folder / "dances.png", steps, 12, 180, 360)
        print(folder / "crowd.png", folder / "dances.png")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(write_sheets(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/library")))
