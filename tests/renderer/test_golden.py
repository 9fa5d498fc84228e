"""Pictures of fans as somebody looked at them and kept them: what changes them on purpose renews them.

`python -m services.renderer.sheet --golden` does that; look at `tests/renderer/golden` before you commit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import structural_similarity as _similarity

from services.renderer.library import Library
from services.renderer.sheet import draw_golden
from stage.host import Stage

GOLDEN = Path(__file__).parent / "golden"
SAME = 0.92
"""Other builds of Mesa round edges differently, and kept pictures are lossy: that costs 0.02. A part that changes its
shape on one of eight tiles costs more than this leaves."""


def alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Structural similarity of two pictures, 1 when they are the same."""
    return float(_similarity(one, other, channel_axis=-1))  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
async def drawn(page: Path, library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheets as they are drawn today."""
    folder = tmp_path_factory.mktemp("golden")
    async with Stage.open(page, gl="software") as stage, stage.page() as warm:
        await draw_golden(folder, warm, library)
    return folder


@pytest.mark.parametrize("sheet", ["faces", "dancers"])
async def test_fans_look_as_they_were_kept(drawn: Path, sheet: str) -> None:
    """Every tile of a sheet is like the kept one."""
    kept, today = (np.asarray(Image.open(folder / f"{sheet}.webp").convert("RGB")) for folder in (GOLDEN, drawn))
    assert kept.shape == today.shape
    rows, columns = (2, 4) if sheet == "faces" else (1, 8)
    tiles = [
        (kept[r : r + kept.shape[0] // rows, c : c + kept.shape[1] // columns], (r, c))
        for r in range(0, kept.shape[0], kept.shape[0] // rows)
        for c in range(0, kept.shape[1], kept.shape[1] // columns)
    ]
    for tile, (r, c) in tiles:
        other = today[r : r + tile.shape[0], c : c + tile.shape[1]]
        same = alike(tile, other)
        assert same >= SAME, f"{sheet}: the tile at {r}, {c} is {same:.3f} like the kept one"


def test_another_fan_would_be_noticed() -> None:
    """The measure tells one kept fan from another: it can fail."""
    faces = np.asarray(Image.open(GOLDEN / "faces.webp").convert("RGB"))
    assert alike(faces[:144, :128], faces[:144, 128:256]) < 0.8
