"""Contact sheets of the library: `python -m services.renderer.sheet [folder]` draws parts, dances and a crowd.

`python -m services.renderer.sheet --golden` renews the small sheets that tests compare with.

The folder is `out/library` unless one is given. The crowd's recipes have a fixed seed and come from the whole library:
hair, skin, eyewear and headwear independently of each other.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from services.renderer.build import open_library
from services.renderer.crowd import crowd
from services.renderer.drawing import PAGE, Order, Song, draw_still
from services.renderer.library import AvatarRecipe, Library
from stage.host import Stage
from stage.page import Page

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

ROUND: Sequence[dict[str, Any]] = tuple(
    {"cameraPosition": {"value": place}, "cameraTarget": {"value": [0, 1.43, 0]}, "fieldOfViewDeg": 26}
    for place in ([0.0, 1.46, 1.14], [0.77, 1.52, 0.87], [-0.45, 1.52, -1.06])
)
"""A head with high hair from the front, three-quarter and behind."""

UNDER_HATS = (
    "long_straight", "bob", "curly_round", "afro", "box_braids_long", "ponytail_high", "space_buns", "mohawk",
)  # fmt: skip
"""Hair that is hard on headwear: long, thick, high, gathered."""

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
        Image.fromarray(sheet).save(path, quality=90)


def _plain(group: str, part: str, index: int) -> AvatarRecipe:
    """One part on a head that shows it."""
    hair = {"headwear": "long_straight", "facial_hair": "side_part_short", "jewellery": "low_bun"}.get(group, "bob")
    parts = {"hair": hair, "outfit": "stage_skirt", group: part}
    skin = MONK[(3, 5, 6, 7, 1)[index % 5]]
    return AvatarRecipe(
        parts, {"skin": skin, "hair": HAIR[index % 5], "iris": IRIS[index % 5], "headwear": (150, 64, 92)}
    )


GOLDEN: Sequence[tuple[str, str, Mapping[str, str], int, int, str]] = (
    # hair, outfit, what else is worn, skin and hair by number, dance
    ("long_wavy", "stage_skirt", {"jewellery": "drops"}, 3, 3, "step_touch"),
    ("box_braids_long", "stage_trousers", {"eyewear": "round_thin"}, 8, 0, "arms_up"),
    ("afro", "stage_coat", {"jewellery": "hoops"}, 7, 1, "clap"),
    ("two_block", "stage_trousers", {}, 1, 2, "groove"),
    ("bob", "stage_skirt", {"headwear": "hijab"}, 4, 4, "pose_heart"),
    ("buzz", "stage_coat", {"headwear": "turban_round", "facial_hair": "full_beard"}, 5, 0, "pose_hip"),
    ("hime_long", "stage_skirt", {"headwear": "beanie"}, 0, 8, "skip"),
    ("space_buns", "stage_skirt", {"eyewear": "aviator_sun"}, 6, 9, "wave"),
)
"""Fans whose pictures are kept and compared: `tests/renderer/test_golden.py`."""


async def draw_golden(folder: Path, page: Page, library: Library) -> None:
    """Draw the small sheets that are kept: faces and dancers."""
    sheets = Sheets(page, library)
    fans = [
        AvatarRecipe({"hair": hair, "outfit": outfit, **worn}, {"skin": MONK[skin], "hair": HAIR[color]})
        for hair, outfit, worn, skin, color, _ in GOLDEN
    ]
    await sheets.draw(folder / "faces.webp", [(fan, dict(FACE), 3) for fan in fans], 4, 128, 144)
    steps: list[Tile] = [(fan, {**BODY, "dance": dance}, 9) for fan, (*_, dance) in zip(fans, GOLDEN, strict=True)]
    await sheets.draw(folder / "dancers.webp", steps, 8, 96, 184)


async def write_golden(folder: Path) -> None:
    """Renew the pictures that are kept, after they were looked at."""
    async with Stage.open(PAGE, gl="software") as stage, stage.page() as page:
        await draw_golden(folder, page, open_library(say=print))


def _under(headwear: str, hair: str, index: int) -> AvatarRecipe:
    """A head covering on some hair, in colours that change from one to the next."""
    plain = _plain("headwear", headwear, index)
    cloth = ((150, 64, 92), (52, 92, 140), (206, 160, 66), (60, 118, 96))[index % 4]
    return AvatarRecipe({**plain.parts, "hair": hair}, {**plain.colors, "headwear": cloth})


async def write_sheets(folder: Path) -> None:
    """Draw all sheets into `folder`."""
    library = open_library(say=print)
    async with Stage.open(PAGE) as stage, stage.page() as page:
        sheets = Sheets(page, library)
        for group, entries in library.groups.items():
            view = BODY if group == "outfit" else FACE
            tiles: list[Tile] = [(_plain(group, part, i), dict(view), 3) for i, part in enumerate(entries)]
            await sheets.draw(folder / f"{group}.png", tiles, 8, 240, 420 if group == "outfit" else 270)
            print(folder / f"{group}.png")  # noqa: T201
        styles = enumerate(library.groups["hair"])
        turned: list[Tile] = [(_plain("hair", part, i), dict(view), 3) for i, part in styles for view in ROUND]
        await sheets.draw(folder / "hair-round.png", turned, 15, 150, 178)
        hats = enumerate(library.groups["headwear"])
        worn: list[Tile] = [(_under(part, hair, i), dict(ROUND[1]), 3) for i, part in hats for hair in UNDER_HATS]
        await sheets.draw(folder / "headwear-on-hair.png", worn, 2 * len(UNDER_HATS), 124, 148)
        print(folder / "hair-round.png", folder / "headwear-on-hair.png")  # noqa: T201
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
    if sys.argv[1:2] == ["--golden"]:
        asyncio.run(write_golden(Path("tests/renderer/golden")))
    else:
        out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/library")
        try:
            out.mkdir(parents=True, exist_ok=True)  # before the work, not after it
            asyncio.run(write_sheets(out))
        except OSError as failure:
            sys.exit(f"{failure.filename or out}: {failure.strerror}")
