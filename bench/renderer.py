"""What a pass costs: whole passes against drawing alone, full body and close-up, in one run.

`python bench/renderer.py` prints a table and appends JSON lines to out/bench/renderer.jsonl. CPU time of all processes,
best of three: on a shared machine only that holds. "Draw" is the page drawing and handing over frames that nobody
encodes; "pass" adds the encoder.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import aclosing
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from media.encoder import choose  # noqa: E402  after the path to it
from media.profile import Family  # noqa: E402
from services.renderer.drawing import PAGE, STILL_SAMPLES, Order, Song, draw_pass, draw_still, measure  # noqa: E402
from services.renderer.library import AvatarRecipe, Library  # noqa: E402
from stage.host import Page, Stage  # noqa: E402

OUT = ROOT / "out" / "bench" / "renderer.jsonl"
FRAMES, ROUNDS = 24, 3

FULL: dict[str, Any] = {
    "dance": "step_touch",
    "cameraPosition": {"value": [0, 0.9, 3.6]},
    "cameraTarget": {"value": [0, 0.8, 0]},
    "fieldOfViewDeg": 28,
}
CLOSE: dict[str, Any] = {
    "dance": "sing_close",
    "cameraPosition": {"value": [0, 1.42, 1.1]},
    "cameraTarget": {"value": [0, 1.38, 0]},
    "fieldOfViewDeg": 28,
}


def cpu_s() -> float:
    """CPU seconds of this process and of everything below it so far."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


class Bench:
    """One page and the figures so far."""

    def __init__(self, page: Page, library: Library, family: Family) -> None:
        self._page = page
        self._library = library
        self._family = family
        self._dances = json.loads((library.folder / "dances.json").read_text())
        self._recipe = library.complete(AvatarRecipe({"hair": "long_straight", "outfit": "stage_skirt"}))

    async def shot(self, name: str, staging: dict[str, Any], width: int, height: int) -> None:
        """Measure one staging at one size."""
        song = Song(Fraction(24), 120.0)
        order = Order(self._recipe, staging, song, width, height, 0, FRAMES, 0, self._dances)
        files = self._library.files(self._recipe)
        region = (await measure(self._page, order, files)).region
        drawn, whole = [], []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(ROUNDS):
                await self._page.load(order.job("pass", region), files)
                start = cpu_s()
                async with aclosing(self._page.frames(0, FRAMES, "stacked")) as frames:
                    async for _frame in frames:
                        pass
                drawn.append((cpu_s() - start) / FRAMES * 1000)
                await self._page.unload()
                start = cpu_s()
                await draw_pass(
                    self._page,
                    order,
                    files,
                    folder=Path(folder),
                    family=self._family,
                    report=lambda _fraction, _message="": None,
                )
                await self._page.unload()
                whole.append((cpu_s() - start) / FRAMES * 1000)
        title = f"{name} {width}x{height}, region {region.width}x{region.height}"
        report(f"pass, {title}", min(whole), "CPU ms/frame", "draw only", min(whole) / min(drawn))
        report(f"draw, {title}", min(drawn), "CPU ms/frame", "draw only", 1.0)

    async def still(self, width: int, height: int) -> None:
        """Measure a still with its many samples."""
        order = Order(self._recipe, CLOSE, Song(Fraction(24), 120.0), width, height, 0, 1, 0, self._dances)
        spent = []
        for _ in range(ROUNDS):
            start = cpu_s()
            await draw_still(self._page, order, self._library.files(self._recipe))
            spent.append((cpu_s() - start) * 1000)
        report(f"still {width}x{height}, {STILL_SAMPLES} samples", min(spent), "CPU ms", "", 0.0)


def report(name: str, value: float, unit: str, against: str, ratio: float) -> None:
    """One row of the table and one JSON line."""
    beside = f"{ratio:6.2f} x {against}" if against else ""
    print(f"{name:58} {value:9.1f} {unit:14} {beside}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a") as file:
        file.write(json.dumps({"name": name, "value": value, "unit": unit, "against": against, "ratio": ratio}) + "\n")


async def main() -> None:
    """Measure all shots."""
    library = Library.open()
    family = choose()
    async with Stage.open(PAGE) as stage, stage.page() as page:
        print(f"renderer: {stage.renderer}, {family.value}")
        bench = Bench(page, library, family)
        for width, height in ((540, 960), (720, 1280)):
            await bench.shot("full body", FULL, width, height)
            await bench.shot("close-up", CLOSE, width, height)
        await bench.still(1080, 1350)


if __name__ == "__main__":
    asyncio.run(main())
