"""What a composed frame costs on a processor: from a shot to an H.264 segment, against drawing alone.

`python bench/compositor.py` prints a table and appends JSON lines to out/bench/compositor.jsonl. 720x1280, one page,
best of three in one run; CPU time is that of this process and Chrome's processes together, which on a shared machine is
the figure to trust. Light: a plate, an avatar's pass and a name. Heavy: also five moving sprites, bloom, vignette and
grain.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from media.encoder import SegmentEncoder  # noqa: E402  after the path to it
from media.profile import Kind, Profile  # noqa: E402
from services.compositor import job  # noqa: E402
from services.compositor.footage import unpack  # noqa: E402
from services.compositor.service import PAGE  # noqa: E402
from stage.host import Page, Stage  # noqa: E402

OUT = ROOT / "out" / "bench" / "compositor.jsonl"
PROFILE = Profile(720, 1280, Fraction(24))
FRAMES = 48
ROUNDS = 3

GOAL = 0.8
"""End to end in frames per second, as a share of drawing alone (anchors of the project)."""

Json = dict[str, Any]


def planes(rgb: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    """BT.709 planes of (height, width, 3) colour, 0 to 1."""
    luma = rgb @ [0.2126, 0.7152, 0.0722]
    chroma = [(128 + 224 * (rgb[..., channel] - luma) / span)[::2, ::2] for channel, span in ((2, 1.8556), (0, 1.5748))]
    return [np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (16 + 219 * luma, *chroma)]


def plate() -> bytes:
    """A stage: a gradient, and lights that wander."""
    rows, columns = np.mgrid[: PROFILE.height, : PROFILE.width]
    file = io.BytesIO()
    with SegmentEncoder(file, PROFILE, Kind.PLATE) as encoder:
        for frame in range(FRAMES):
            picture = np.stack([rows / 4000, rows / 9000, rows / 2500], axis=-1)
            for light in range(4):
                across = 360 + 300 * np.sin(frame / 12 + light * 1.6)
                glow = np.exp(-((columns - across) ** 2 + (rows - 300 - 180 * light) ** 2) / 9_000)
                picture += glow[..., None] * [0.8, 0.3 * light, 0.7]
            encoder.write(*planes(np.clip(picture, 0, 1)))
    return file.getvalue()


def avatar() -> bytes:
    """A head and shoulders that sway, with alpha."""
    rows, columns = np.mgrid[: PROFILE.height, : PROFILE.width]
    file = io.BytesIO()
    with SegmentEncoder(file, PROFILE, Kind.PASS) as encoder:
        for frame in range(FRAMES):
            x = columns - 360 - 60 * np.sin(frame / 6)
            head = (x / 150) ** 2 + ((rows - 480) / 190) ** 2 < 1
            body = (x / 260) ** 2 + ((rows - 1100) / 460) ** 2 < 1
            colour = np.where(head[..., None], [0.9, 0.7, 0.55], [0.3, 0.2, 0.8]) * (head | body)[..., None]
            alpha = np.repeat((head | body)[..., None], 3, axis=-1).astype(float)
            encoder.write(*planes(np.vstack([colour, alpha])))
    return file.getvalue()


def sprite() -> bytes:
    """A soft star of 160 pixels."""
    rows, columns = np.mgrid[-80:80, -80:80] / 80
    alpha = np.clip(1.2 - 5 * np.sqrt(np.abs(rows * columns)) - np.hypot(rows, columns), 0, 1)
    picture = np.dstack([np.full((160, 160, 3), 255.0), alpha * 255]).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def moving(*keys: tuple[int, list[float]]) -> Json:
    """A property with these keyframes."""
    return {"keyframes": [{"frame": frame, "value": numbers} for frame, numbers in keys]}


def shots() -> dict[str, Json]:
    """The shots that are measured, by name."""
    name = {
        "name": "name",
        "text": {"text": "{name}", "sizePx": 190, "fitWidthPx": 620, "stroke": {"red": 255}, "strokePx": 8},
        "transform": {
            "position": {"value": [360, 220]},
            "scale": moving((0, [112, 112]), (FRAMES, [100, 100])),
        },
    }
    sprites = [
        {
            "name": f"sprite {number}",
            "image": {"path": "sprite.png"},
            "blendMode": "BLEND_MODE_ADD",
            "transform": {
                "position": moving((0, [100 + 120 * number, 1280]), (FRAMES, [100 + 120 * number, 0])),
                "rotation": moving((0, [0]), (FRAMES, [90])),
            },
        }
        for number in range(5)
    ]
    look = {
        "name": "look",
        "adjustment": {},
        "effects": [
            {"bloom": {"threshold": {"value": [0.7]}, "intensity": {"value": [0.7]}, "radius": 0.6}},
            {"vignette": {"darkness": 0.4, "offset": 0.3}},
            {"grain": {"amount": 0.02}},
        ],
    }
    personal = [{"name": "fan", "avatar": {}}, {"name": "plate", "footage": {"path": "plate.mp4"}}]
    size = {"width": PROFILE.width, "height": PROFILE.height, "frames": FRAMES}
    return {
        "light": {"id": "light", **size, "layers": [name, *personal]},
        "heavy": {"id": "heavy", **size, "layers": [look, name, *sprites, *personal]},
    }


def cpu_s() -> float:
    """CPU seconds so far, of this process and all below it."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@dataclass(frozen=True)
class Cost:
    """Of one frame, in milliseconds."""

    wall_ms: float
    cpu_ms: float


async def measured(work: Callable[[], Awaitable[None]]) -> Cost:
    """The cheapest of some rounds, by each clock."""
    costs = []
    for _ in range(ROUNDS):
        cpu, wall = cpu_s(), time.perf_counter()
        await work()
        costs.append(((time.perf_counter() - wall) * 1000 / FRAMES, (cpu_s() - cpu) * 1000 / FRAMES))
    return Cost(min(wall for wall, _ in costs), min(cpu for _, cpu in costs))


async def composed(page: Page) -> None:
    """All frames into a segment, as the service does it."""
    with SegmentEncoder(io.BytesIO(), PROFILE) as encoder:
        async with contextlib.aclosing(page.frames(0, FRAMES)) as frames:
            async for frame in frames:
                await asyncio.to_thread(encoder.write, frame.luma, frame.blue, frame.red)


async def main() -> None:
    """Measure, print, append."""
    clip, fan = await asyncio.to_thread(lambda: (unpack("plate", plate()), unpack("fan", avatar())))
    files: dict[str, Path | bytes] = {
        "footage:plate.mp4": clip.data,
        "pass:fan": fan.data,
        "image:sprite.png": sprite(),
    }
    region = job.Region(0, 0, PROFILE.width, PROFILE.height, FRAMES)
    records: list[Json] = []
    async with Stage.open(PAGE) as stage:
        print(f"\nA composed frame, {PROFILE.width}x{PROFILE.height}, {stage.renderer}")
        print(f"{'shot':8}{'way':28}{'fps':>8}{'CPU ms':>10}{'of draw only':>15}")
        for name, shot in shots().items():
            told = job.page_job(shot, width=PROFILE.width, height=PROFILE.height, name="Aïcha", passes={"fan": region})
            async with stage.page() as page:
                await page.load(told, files)
                await page.rehearse(0, FRAMES)  # shaders are compiled, decoders are warm
                draw = await measured(partial(page.rehearse, 0, FRAMES))
                whole = await measured(partial(composed, page))
            for way, cost in (("draw only", draw), ("to an H.264 segment", whole)):
                share = draw.wall_ms / cost.wall_ms
                print(f"{name:8}{way:28}{1000 / cost.wall_ms:8.1f}{cost.cpu_ms:10.1f}{share:15.2f}")
            records += [
                record(f"compositor {name} fps", 1000 / whole.wall_ms, "frames/s", "draw only", 1000 / draw.wall_ms),
                record(f"compositor {name} CPU", whole.cpu_ms, "ms/frame", "draw only", draw.cpu_ms),
            ]
    print(f"goal: frames per second at least {GOAL} of drawing alone")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a") as lines:
        lines.writelines(json.dumps(each) + "\n" for each in records)


def record(name: str, value: float, unit: str, against: str, other: float) -> Json:
    """One line of the bench's record; the ratio is ours to theirs."""
    ratio = round(value / other, 3)
    return {"name": name, "value": round(value, 2), "unit": unit, "against": against, "ratio": ratio}


if __name__ == "__main__":
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, capture_output=True)
    asyncio.run(main())
