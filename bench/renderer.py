"""What avatars cost: whole passes against drawing alone, a fan-kit, and memory over 10,000 frames.

`python bench/renderer.py` prints a table and appends JSON lines to out/bench/renderer.jsonl. Milliseconds are CPU time
of all processes, best of three: on a shared machine only that holds; frames per second are by the wall. "Draw" is the
page drawing and waiting for the last pixel, "pass" adds taking frames out and encoding them. Where a card is found the
shots are measured on it too, under its name.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil
import yaml
from google.protobuf import json_format

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fancam.v1.campaign_pb2 import Still  # noqa: E402
from media.encoder import choose  # noqa: E402  after the path to it
from media.profile import Family  # noqa: E402
from services.renderer.build import open_library  # noqa: E402
from services.renderer.drawing import (  # noqa: E402
    PAGE,
    STILL_SAMPLES,
    Order,
    Region,
    Song,
    draw_loop,
    draw_pass,
    draw_still,
    measure,
)
from services.renderer.library import AvatarRecipe, Library  # noqa: E402
from services.renderer.stills import item  # noqa: E402
from stage.errors import NoHardware  # noqa: E402
from stage.host import Stage  # noqa: E402
from stage.page import Page  # noqa: E402
from stage.webgl import has_card  # noqa: E402

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


@dataclass(frozen=True)
class Spent:
    """What something took."""

    cpu_s: float
    wall_s: float


@contextmanager
def watched(into: list[Spent]) -> Iterator[None]:
    """Note what a block takes."""
    cpu, wall = cpu_s(), time.monotonic()
    yield
    into.append(Spent(cpu_s() - cpu, time.monotonic() - wall))


def chrome_bytes() -> int:
    """Memory that belongs to Chrome's processes alone, shared pages counted by share."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


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

    async def costs(self, staging: dict[str, Any], width: int, height: int) -> tuple[Region, list[Spent], list[Spent]]:
        """The region of one staging at one size, and what drawing it took, and what whole passes took."""
        song = Song(Fraction(24), 120.0)
        order = Order(self._recipe, staging, song, width, height, 0, FRAMES, 0, self._dances)
        files = self._library.files(self._recipe)
        region = (await measure(self._page, order, files)).region
        drawn: list[Spent] = []
        whole: list[Spent] = []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(ROUNDS):
                await self._page.load(order.job("pass", region), files)
                await self._page.rehearse(0, 2)
                with watched(drawn):
                    await self._page.rehearse(order.drawings.start, len(order.drawings))
                await self._page.unload()
                with watched(whole):
                    await draw_pass(
                        self._page,
                        order,
                        files,
                        folder=Path(folder),
                        family=self._family,
                        report=lambda _fraction, _message="": None,
                    )
        return region, drawn, whole

    async def shot(self, name: str, staging: dict[str, Any], width: int, height: int) -> None:
        """Measure one staging at one size."""
        region, drawn, whole = await self.costs(staging, width, height)
        title = f"{name} {width}x{height}, region {region.width}x{region.height}"
        for what, spent in (("pass", whole), ("draw", drawn)):
            cpu_ms, limit_ms = (min(one.cpu_s for one in rows) / FRAMES * 1000 for rows in (spent, drawn))
            report(f"{what}, {title}", cpu_ms, "CPU ms/frame", "draw only", cpu_ms / limit_ms)
            fps, limit = (FRAMES / min(one.wall_s for one in rows) for rows in (spent, drawn))
            report(f"{what}, {title}", fps, "frames/s", "draw only", fps / limit)

    async def fan_kit(self) -> None:
        """Measure a fan's whole kit, as the demo campaign asks for it, once the page has drawn the fan's passes."""
        campaign = yaml.safe_load((ROOT / "campaigns" / "demo" / "campaign.yaml").read_text())
        song = Song(Fraction(24), float(campaign["song"]["tempo_bpm"]))
        files = self._library.files(self._recipe)
        spent: list[Spent] = []
        made: list[bytes] = []
        for _ in range(2):  # the second fan of a campaign: lights and emotes are there
            made.clear()
            with watched(spent):
                finishing = []
                for still in campaign["fan_kit"]["stills"]:
                    asked = json_format.MessageToDict(json_format.ParseDict(still, Still()))
                    size = (int(asked["width"]), int(asked["height"]))
                    frame = int(asked.get("frame", 0))
                    order = Order(self._recipe, asked["staging"], song, *size, frame, 1, 0, self._dances)
                    one = item(asked, order)
                    drawn = (
                        await draw_loop(self._page, one.order, files)
                        if one.moves
                        else [await draw_still(self._page, one.order, files)]
                    )
                    finishing.append(asyncio.create_task(asyncio.to_thread(one.finish, drawn)))
                made.extend(await asyncio.gather(*finishing))
        count = len(campaign["fan_kit"]["stills"])
        report(
            f"fan-kit, {count} pictures, {sum(map(len, made)) / 1e6:.1f} MB",
            spent[-1].wall_s,
            "s",
            "goal 3 s",
            spent[-1].wall_s / 3,
        )
        report(f"fan-kit, {count} pictures", spent[-1].cpu_s * 1000, "CPU ms", "", 0.0)

    async def memory(self, frames: int) -> None:
        """Measure how much more memory Chrome holds after so many small frames than after a tenth of them."""
        order = Order(self._recipe, FULL, Song(Fraction(24), 120.0), 64, 112, 0, frames, 0, self._dances)
        await self._page.load(order.job("pass"), self._library.files(self._recipe))
        async with aclosing(self._page.frames(0, frames, "stacked")) as drawn:
            async for frame in drawn:
                if frame.number == frames // 10:
                    before = chrome_bytes()
        after = chrome_bytes()
        await self._page.unload()
        report(f"memory after {frames} frames", after / 1e6, "MB", f"after {frames // 10}", after / before)

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
    library = open_library()
    family = choose()
    async with Stage.open(PAGE, gl="software") as stage, stage.page() as page:
        print(f"renderer: {stage.renderer}, {family.value}")
        bench = Bench(page, library, family)
        await shots(bench, "")
        await bench.still(1080, 1350)
        await bench.fan_kit()
        await bench.memory(10_000)
    if not has_card():
        print("no card on this machine: nothing to measure on hardware")
        return
    try:
        async with Stage.open(PAGE, gl="hardware") as stage, stage.page() as page:
            print(f"renderer: {stage.renderer}, {family.value}")
            await shots(Bench(page, library, family), f" on {stage.renderer}")
    except NoHardware as error:
        print(f"a card is visible, but draws nothing: {error}")


async def shots(bench: Bench, where: str) -> None:
    """Measure both stagings at both sizes, the close one also with every drawing held for two frames."""
    for width, height in ((540, 960), (720, 1280)):
        await bench.shot(f"full body{where}", FULL, width, height)
        await bench.shot(f"close-up{where}", CLOSE, width, height)
        await bench.shot(f"close-up on twos{where}", {**CLOSE, "holdFrames": 2}, width, height)


if __name__ == "__main__":
    asyncio.run(main())
