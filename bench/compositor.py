"""What a composed frame costs on a processor: from a shot to an H.264 segment, against drawing alone and Remotion.

`python bench/compositor.py [--size 720x1280] [--without-remotion]` prints a table and appends JSON lines to
out/bench/compositor.jsonl. One page each, best of some rounds in one run; CPU time is that of all processes of a way,
which on a shared machine is the figure to trust. Light: a plate, an avatar's pass and a name. Heavy: also five moving
sprites, bloom, vignette and grain. Drawing alone finishes the picture in RGB; a segment does that while its planes are
packed. Remotion draws the same shots by the same player in the same browser, and encodes with the same x264 preset;
what it takes to begin a film is left out: a film of twice the frames is rendered too, and the difference counts.
At last, how much memory a page holds that has done many jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import structural_similarity
from skimage.transform import downscale_local_mean

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.remotion.peer import Cut, NoPeer, Remotion  # noqa: E402  after the path to it
from bench.renderer import chrome_bytes  # noqa: E402
from media.encoder import SegmentEncoder  # noqa: E402
from media.profile import Kind, Profile  # noqa: E402
from services.compositor import job  # noqa: E402
from services.compositor.footage import unpack  # noqa: E402
from services.compositor.service import PAGE  # noqa: E402
from stage.host import Stage  # noqa: E402
from stage.page import Page  # noqa: E402

OUT = ROOT / "out" / "bench" / "compositor.jsonl"
RATE = Fraction(24)
SHOT = (720, 1280)
SIZES = ("540x960", "720x1280", "1080x1920")
CHROMIUM = "/usr/bin/chromium"
FRAMES = 48
ROUNDS = 2
MANY = 150
"""Jobs that one page does before its memory is looked at; the service replaces a page after 200."""
LOOKED_AT = 20
"""A frame that is compared with Remotion's: both have to draw the same."""
ALIKE = 0.95
"""Remotion's frame went through a JPEG."""

DEARER = 1.3
"""CPU of frames out of Chrome, as a multiple of drawing alone."""

GOAL = 0.8
"""End to end in frames per second, as a share of drawing alone (anchors of the project)."""

Json = dict[str, Any]


def planes(rgb: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    """BT.709 planes of (height, width, 3) colour, 0 to 1."""
    luma = rgb @ [0.2126, 0.7152, 0.0722]
    chroma = [(128 + 224 * (rgb[..., channel] - luma) / span)[::2, ::2] for channel, span in ((2, 1.8556), (0, 1.5748))]
    return [np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (16 + 219 * luma, *chroma)]


def grid(profile: Profile) -> NDArray[np.float64]:
    """Rows and columns in pixels of the shot, at each pixel of the picture."""
    rows, columns = np.mgrid[: profile.height, : profile.width]
    return np.stack([rows * SHOT[1] / profile.height, columns * SHOT[0] / profile.width])


def plate(profile: Profile) -> bytes:
    """A stage: a gradient, and lights that wander."""
    rows, columns = grid(profile)
    file = io.BytesIO()
    with SegmentEncoder(file, profile, Kind.PLATE) as encoder:
        for frame in range(2 * FRAMES):
            picture = np.stack([rows / 4000, rows / 9000, rows / 2500], axis=-1)
            for light in range(4):
                across = 360 + 300 * np.sin(frame / 12 + light * 1.6)
                glow = np.exp(-((columns - across) ** 2 + (rows - 300 - 180 * light) ** 2) / 9_000)
                picture += glow[..., None] * [0.8, 0.3 * light, 0.7]
            encoder.write(*planes(np.clip(picture, 0, 1)))
    return file.getvalue()


def avatar(profile: Profile) -> bytes:
    """A head and shoulders that sway, with alpha."""
    rows, columns = grid(profile)
    file = io.BytesIO()
    with SegmentEncoder(file, profile, Kind.PASS) as encoder:
        for frame in range(2 * FRAMES):
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
    size = {"width": SHOT[0], "height": SHOT[1], "frames": 2 * FRAMES}
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


async def measured(work: Callable[[], Awaitable[object]]) -> Cost:
    """The cheapest of some rounds, by each clock."""
    costs = []
    for _ in range(ROUNDS):
        cpu, wall = cpu_s(), time.perf_counter()
        await work()
        costs.append(((time.perf_counter() - wall) * 1000 / FRAMES, (cpu_s() - cpu) * 1000 / FRAMES))
    return Cost(min(wall for wall, _ in costs), min(cpu for _, cpu in costs))


async def taken(page: Page) -> None:
    """All frames out of Chrome as planes, and nothing done with them."""
    async with contextlib.aclosing(page.frames(0, FRAMES)) as frames:
        async for _ in frames:
            pass


async def composed(page: Page, profile: Profile) -> None:
    """All frames into a segment, as the service does it."""
    with SegmentEncoder(io.BytesIO(), profile) as encoder:
        async with contextlib.aclosing(page.frames(0, FRAMES)) as frames:
            async for frame in frames:
                await asyncio.to_thread(encoder.write, frame.luma, frame.blue, frame.red)


async def rendered(peer: Remotion, told: Json, files: dict[str, Path | bytes], folder: Path) -> tuple[Cost, str]:
    """The same by Remotion: the difference between a film of twice the frames and one of them; and its GL."""
    costs, gl = [], ""
    for _ in range(ROUNDS):
        short, long = [
            await peer.film([Cut(told, files, 0, count)], RATE, folder / "film.mp4") for count in (FRAMES, 2 * FRAMES)
        ]
        costs.append(((long.wall_s - short.wall_s) * 1000 / FRAMES, (long.cpu_s - short.cpu_s) * 1000 / FRAMES))
        gl = long.gl
    return Cost(min(wall for wall, _ in costs), min(cpu for _, cpu in costs)), gl


async def held() -> Json:
    """How much memory Chrome holds after `MANY` small jobs on one page, against a fifth of them."""
    profile = Profile(180, 320, RATE)
    clip, fan = await asyncio.to_thread(lambda: (unpack("plate", plate(profile)), unpack("fan", avatar(profile))))
    region = job.Region(0, 0, profile.width, profile.height, 2 * FRAMES, (profile.width, profile.height))
    told = job.page_job(
        shots()["light"], width=profile.width, height=profile.height, name="Aïcha", passes={"fan": region}
    )
    files: dict[str, Path | bytes] = {"footage:plate.mp4": clip.data, "pass:fan": fan.data}
    sizes = []
    async with Stage.open(PAGE, chromium=CHROMIUM) as stage, stage.page() as page:
        for number in range(1, MANY + 1):
            await page.load(told, files)
            await page.rehearse(number % FRAMES, 2)
            await page.unload()
            if number in {MANY // 5, MANY}:
                sizes.append(chrome_bytes() / 1e6)
    first, last = sizes
    print(f"Chrome's memory after {MANY} jobs: {last:.0f} MB, {last / first:.2f} of that after {MANY // 5}")
    return record(f"compositor memory after {MANY} jobs", last, "MB", f"after {MANY // 5}", first)


def likeness(film: Path, luma: NDArray[np.uint8]) -> float:
    """SSIM of a film's frame and ours, a quarter of the size: grain does not survive Remotion's JPEG."""
    with av.open(str(film)) as container:
        frame = next(itertools.islice(container.decode(video=0), LOOKED_AT, None))
        theirs = np.asarray(frame.reformat(format="gray").to_ndarray(), np.float64)
    stretched = (np.asarray(luma, np.float64) - 16) * 255 / 219  # ours is limited range
    small, ours = (downscale_local_mean(picture, (4, 4)) for picture in (theirs, stretched))  # type: ignore[no-untyped-call]
    return float(structural_similarity(small, ours, data_range=255))  # type: ignore[no-untyped-call]


async def compare(size: str, peer: Remotion | None, folder: Path) -> list[Json]:
    """Measure both shots at one size; print and give records."""
    width, height = map(int, size.split("x"))
    profile = Profile(width, height, RATE)
    clip, fan = await asyncio.to_thread(lambda: (unpack("plate", plate(profile)), unpack("fan", avatar(profile))))
    files: dict[str, Path | bytes] = {
        "footage:plate.mp4": clip.data,
        "pass:fan": fan.data,
        "image:sprite.png": sprite(),
    }
    region = job.Region(0, 0, width, height, 2 * FRAMES, (width, height))
    records: list[Json] = []
    for name, shot in shots().items():
        told = job.page_job(shot, width=width, height=height, name="Aïcha", passes={"fan": region})
        async with Stage.open(PAGE, chromium=CHROMIUM) as stage, stage.page() as page:
            await page.load(told, files)
            await page.rehearse(0, FRAMES)  # shaders are compiled, decoders are warm
            draw = await measured(partial(page.rehearse, 0, FRAMES))
            out = await measured(partial(taken, page))
            whole = await measured(partial(composed, page, profile))
            ways = {"draw only": draw, "out of Chrome": out, "to an H.264 segment": whole}
            gl = stage.renderer
            ours = await anext(frame.luma.copy() async for frame in page.frames(LOOKED_AT, 1))
        if peer is not None:
            ways["Remotion"], theirs = await rendered(peer, told, files, folder)
            alike = await asyncio.to_thread(likeness, folder / "film.mp4", ours)
            if theirs != gl or alike < ALIKE:
                raise NoPeer(f"Remotion drew another picture (SSIM {alike:.3f}), or with another GL: {theirs}")
        for way, cost in ways.items():
            share, dearer = draw.wall_ms / cost.wall_ms, cost.cpu_ms / draw.cpu_ms
            print(f"{size:10}{name:7}{way:21}{1000 / cost.wall_ms:8.1f}{share:14.2f}{cost.cpu_ms:10.1f}{dearer:14.2f}")
        records.append(record(f"compositor {name} {size} planes", out.cpu_ms, "ms/frame", "draw only", draw.cpu_ms))
        for against in ("draw only", *(["Remotion"] if peer is not None else [])):
            other = ways[against]
            records += [
                record(
                    f"compositor {name} {size} fps", 1000 / whole.wall_ms, "frames/s", against, 1000 / other.wall_ms
                ),
                record(f"compositor {name} {size} CPU", whole.cpu_ms, "ms/frame", against, other.cpu_ms),
            ]
    return records


async def main(sizes: list[str], *, remotion: bool) -> None:
    """Measure, print, append."""
    with tempfile.TemporaryDirectory() as name:
        async with contextlib.AsyncExitStack() as stack:
            peer = None
            if remotion:
                try:
                    peer = await stack.enter_async_context(Remotion.open(CHROMIUM, Path(name)))
                except NoPeer as reason:
                    print(f"without Remotion: {reason}")
            async with Stage.open(PAGE, chromium=CHROMIUM) as stage:
                print(f"\nA composed frame by {stage.renderer}")
            print(f"{'size':10}{'shot':7}{'way':21}{'fps':>8}{'of draw only':>14}{'CPU ms':>10}{'of draw only':>14}")
            records = [record for size in sizes for record in await compare(size, peer, Path(name))]
    print(f"goals: frames per second at least {GOAL} of drawing alone; CPU out of Chrome at most {DEARER} of it")
    records.append(await held())
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a") as lines:
        lines.writelines(json.dumps(each) + "\n" for each in records)


def record(name: str, value: float, unit: str, against: str, other: float) -> Json:
    """One line of the bench's record; the ratio is ours to theirs."""
    ratio = round(value / other, 3)
    return {"name": name, "value": round(value, 2), "unit": unit, "against": against, "ratio": ratio}


if __name__ == "__main__":
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, capture_output=True)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", action="append", help=f"of the film; all of {', '.join(SIZES)} if none is given")
    parser.add_argument("--without-remotion", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.size or list(SIZES), remotion=not given.without_remotion))
