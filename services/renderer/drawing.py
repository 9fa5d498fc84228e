"""Draws passes and stills on a stage's page. Knows recipes, stagings and frames as plain values, and no gRPC.

A pass costs what the avatar covers: the page first measures the region that holds it on every frame, and draws only
that.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from media import encoder
from media.encoder import SegmentEncoder
from media.profile import Family, Kind, Profile
from services.renderer.library import AvatarRecipe, Library
from stage.page import Page
from stage.ring import straight

log = logging.getLogger(__name__)

PAGE = Path(__file__).resolve().parent / "page"

VERSION = "renderer 4"
"""Raise it when the same inputs give other pictures and neither the page's bundle nor the library says so."""

STILL_SAMPLES = 4
"""Samples per pixel of stills. Passes have none and are smoothed along edges instead, which costs a fraction of it on
software GL: see `stage/avatar/smooth.ts`."""


class BadSize(ValueError):  # noqa: N818  named for what the caller reads
    """A composition that 4:2:0 cannot hold."""


Layer = Literal["color", "shadow", "depth"]


class Report(Protocol):
    """Says how far the work is, 0 to 1."""

    def __call__(self, fraction: float, message: str = "") -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Region:
    """Part of a composition, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Covered:
    """Where an avatar is during an order.

    Args:
        region: Of the composition, even sides, at least 16 pixels.
        near_m: Nearest distance from the camera, along its view.
        far_m: Furthest.
    """

    region: Region
    near_m: float
    far_m: float


@dataclass(frozen=True)
class Song:
    """What the dance and the lips follow.

    Args:
        frame_rate: Frames per second, exact.
        tempo_bpm: Beats per minute.
        notes: The line, as `fancam.v1.Note` in JSON: samples at 48 kHz, visemes.
    """

    frame_rate: Fraction
    tempo_bpm: float
    notes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Order:
    """One avatar, staged, over a range of film frames.

    Args:
        recipe: Complete, as `Library.complete` gives it.
        staging: `fancam.v1.Staging` in JSON, lowerCamelCase.
        song: Tempo, frame rate and notes.
        width: Pixels of the composition, even.
        height: Pixels of the composition, even.
        first: First film frame.
        frames: Number of frames.
        shot_start: Film frame that is the shot's frame 0, from which keyframes count.
        dances: The library's, by name.
        layers: What is drawn beside the colour.
        straight: Whether colour is divided by alpha rather than premultiplied.
        own: Digests of the campaign's own parts in the recipe, by group.
    """

    recipe: AvatarRecipe
    staging: Mapping[str, Any]
    song: Song
    width: int
    height: int
    first: int
    frames: int
    shot_start: int
    dances: Mapping[str, Any] = field(repr=False, default_factory=dict)
    layers: tuple[Layer, ...] = ()
    straight: bool = False
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def hold(self) -> int:
        """Film frames that a drawing is held."""
        return int(self.staging.get("holdFrames") or 1)

    @property
    def drawings(self) -> range:
        """The drawings that the order's frames show; drawing 0 is shown from the shot's frame 0 on."""
        start, last = (frame - self.shot_start for frame in (self.first, self.first + self.frames - 1))
        return range(start // self.hold, last // self.hold + 1)

    def shown(self, drawing: int) -> int:
        """How many of the order's frames show a drawing."""
        start = self.shot_start + drawing * self.hold
        return min(start + self.hold, self.first + self.frames) - max(start, self.first)

    def job(
        self,
        kind: str,
        region: Region | None = None,
        samples: int = 0,
        *,
        layer: Layer = "color",
        depth: tuple[float, float] = (0.0, 1.0),
    ) -> dict[str, Any]:
        """What `page/main.ts` calls a job.

        Args:
            kind: `region` or `pass`.
            region: What is drawn of the composition; absent: all of it.
            samples: Per pixel; 0 smooths edges instead.
            layer: What is drawn.
            depth: Nearest and furthest metre, of layer `depth`.
        """
        rate = self.song.frame_rate
        first = {"frame": 0, "dance": self.staging.get("dance") or next(iter(self.dances))}
        cues = [first, *self.staging.get("dances", ())]
        recipe = {
            "parts": dict(self.recipe.parts),
            "colors": {name: list(color) for name, color in self.recipe.colors.items()},
            "morphs": dict(self.recipe.morphs),
            "amounts": dict(self.recipe.amounts),
        }
        named = [self.recipe.library, recipe, *([dict(self.own)] if self.own else [])]
        box = region or Region(0, 0, self.width, self.height)
        return {
            "kind": kind,
            "avatar": hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest(),
            "recipe": recipe,
            "staging": dict(self.staging),
            "dances": [
                {
                    "frame": float(cue.get("frame", 0)),
                    "dance": self.dances[cue["dance"]],
                    "blendBeats": float(cue.get("blendBeats") or 1),
                }
                for cue in cues
            ],
            "layer": layer,
            "depth": list(depth),
            "shadow": "shadow" in self.layers,
            "straight": self.straight,
            "width": self.width,
            "height": self.height,
            "region": {"left": box.left, "top": box.top, "width": box.width, "height": box.height},
            "shotStart": self.shot_start,
            "hold": self.hold,
            "first": self.first,
            "frames": self.frames,
            "frameRate": {"numerator": rate.numerator, "denominator": rate.denominator},
            "tempoBpm": float(self.staging.get("tempoBpm") or self.song.tempo_bpm),
            "notes": [dict(note) for note in self.song.notes] if self.staging.get("sings") else [],
            "samples": samples,
        }


def engine(library: Library) -> str:
    """What draws: part of every cache key whose value holds drawn pictures."""
    bundle = hashlib.sha256((PAGE / "dist" / "main.js").read_bytes()).hexdigest()[:16]
    return f"{VERSION}, page {bundle}, library {library.version}, {encoder.ENGINE}"


def pass_key(order: Order, engine_name: str, family: Family) -> str:
    """Equal for two orders whose passes are equal.

    The shot's position counts only when the camera moves; dance and lips follow the film's clock.
    """
    job = order.job("pass")
    animated = any("keyframes" in (order.staging.get(name) or {}) for name in ("cameraPosition", "cameraTarget"))
    if not animated and not order.staging.get("dances"):
        job["shotStart"] = order.shot_start % order.hold
    return json.dumps(["pass", engine_name, family.value, job, order.layers], sort_keys=True)


async def measure(page: Page, order: Order, files: Mapping[str, Path]) -> Covered:
    """Where the avatar (and its shadow, if the order draws one) is on every frame of the order.

    Raises:
        PageError: The page could not build the avatar.
        StageLost: Chrome died.
    """
    await page.load(order.job("region"), files)
    numbers: list[int] = []
    # The answer is a picture of six pixels; each spells a number as red * 256 + green.
    async with contextlib.aclosing(page.frames(0, 1, "pixels")) as frames:
        async for frame in frames:
            numbers = [int(red) * 256 + int(green) for red, green, *_ in frame.rgba[0]]
    await page.unload()
    left, top, width, height, near_cm, far_cm = numbers
    return Covered(Region(left, top, width, height), near_cm / 100, far_cm / 100)


async def draw_pass(
    page: Page, order: Order, files: Mapping[str, Path], *, folder: Path, family: Family, report: Report
) -> Covered:
    """Draw the order's frames into `folder`: per layer a clip `<layer>.mp4`, H.264 of the region, colour above alpha.

    Args:
        page: A warm page.
        order: What to draw.
        files: Geometry by `<group>/<part>`.
        folder: Where the clips go.
        family: Who encodes.
        report: Told after every frame.

    Returns:
        Where the clips' region lies in the composition.

    Raises:
        BadSize: The composition's sides are not even and at least 16 pixels.
        PageError: The page could not draw.
        StageLost: Chrome died; the same order is fine again.
    """
    if order.width % 2 or order.height % 2 or min(order.width, order.height) < 16:
        raise BadSize(f"a pass of {order.width}x{order.height} pixels: both must be even and at least 16")
    covered = await measure(page, order, files)
    region, depth = covered.region, (covered.near_m, covered.far_m)
    profile = Profile(region.width, region.height, order.song.frame_rate, family, preset="ultrafast")
    layers: tuple[Layer, ...] = ("color", *order.layers)
    done = 0
    for layer in layers:
        await page.load(order.job("pass", region, layer=layer, depth=depth), files)
        with SegmentEncoder(folder / f"{layer}.mp4", profile, Kind.PASS) as clip:
            async with contextlib.aclosing(page.frames(order.drawings.start, len(order.drawings), "stacked")) as frames:
                async for frame in frames:
                    for _ in range(order.shown(frame.number)):
                        # The page draws the next frame meanwhile; encoding must not hold up the event loop.
                        await asyncio.to_thread(clip.write, frame.luma, frame.blue, frame.red)
                        done += 1
                    report(done / order.frames / len(layers), f"drew {clip.frames} of {order.frames} frames of {layer}")
        await page.unload()
    return covered


async def draw_loop(page: Page, order: Order, files: Mapping[str, Path]) -> list[NDArray[np.uint8]]:
    """All frames of the order, whole composition: straight-alpha RGBA, (height, width, 4) each.

    Raises:
        PageError: The page could not draw.
        StageLost: Chrome died.
    """
    await page.load(order.job("pass"), files)
    drawn = []
    async with contextlib.aclosing(page.frames(order.drawings.start, len(order.drawings), "pixels")) as frames:
        async for frame in frames:
            drawn.extend([straight(frame.rgba)] * order.shown(frame.number))
    await page.unload()
    return drawn


async def draw_still(page: Page, order: Order, files: Mapping[str, Path]) -> NDArray[np.uint8]:
    """The order's first frame, whole composition: straight-alpha RGBA, (height, width, 4).

    Raises:
        PageError: The page could not draw.
        StageLost: Chrome died.
    """
    await page.load(order.job("pass", samples=STILL_SAMPLES), files)
    drawn = await page.still(order.drawings.start)
    await page.unload()
    return drawn
