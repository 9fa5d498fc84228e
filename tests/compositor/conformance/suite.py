"""Runs the cases in one page and says how near each came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.json_format import MessageToDict, ParseDict
from skimage.metrics import structural_similarity

from fancam.v1.shot_pb2 import Shot
from services.compositor import job
from stage.page import Page
from tests.compositor.conformance.case import CASES, SIZE, Case, chart_file
from tests.compositor.conformance.raster import Picture
from tests.compositor.material import Json, Pixels

NEAR = 0.98
"""Structural similarity that every case reaches."""

WINDOW = 7
"""Pixels of the similarity's window."""


@dataclass(frozen=True)
class Outcome:
    """How a case came out.

    Args:
        similarity: Structural similarity of the three channels, at most 1.
        worst: The greatest difference of a channel, 0 to 255.
        mean: The mean difference.
    """

    case: Case
    drawn: Pixels
    wanted: Pixels
    similarity: float
    worst: int
    mean: float


def told(case: Case, layers: list[Json]) -> dict[str, Any]:
    """What the page loads for some layers of a case."""
    plain = {"id": "shot", "width": SIZE[0], "height": SIZE[1], "frames": case.length, "layers": layers, **case.more}
    shot = MessageToDict(ParseDict(plain, Shot()))
    job.validate(shot)
    return job.page_job(shot, width=SIZE[0], height=SIZE[1], name="", passes={})


def files_of(case: Case) -> Mapping[str, bytes]:
    """The case's files by the names that the page uses."""
    return {"image:chart": chart_file(), **(case.files() if case.files else {})}


def as_bytes(picture: Picture) -> Pixels:
    """Premultiplied colour over black, as bytes."""
    return np.round(np.clip(picture[..., :3], 0, 1) * 255).astype(np.uint8)


async def draw(page: Page, case: Case, layers: list[Json], frame: int) -> Pixels:
    """One frame of some layers in a case's composition, (height, width, 3)."""
    await page.load(told(case, layers), files_of(case))
    picture = await page.still(frame)
    await page.unload()
    return picture[..., :3]


async def outcome(page: Page, case: Case) -> Outcome:
    """Draw a case and compare it with its reference."""
    drawn = await draw(page, case, case.layers, case.frame)
    if callable(case.reference):
        wanted = as_bytes(case.reference())
    else:
        wanted = await draw(page, case, case.reference, case.frame)
    similarity = structural_similarity(drawn, wanted, channel_axis=2, win_size=WINDOW, data_range=255)  # type: ignore[no-untyped-call]
    apart = np.abs(drawn.astype(int) - wanted)
    return Outcome(case, drawn, wanted, float(similarity), int(apart.max()), float(apart.mean()))


async def outcomes(page: Page) -> list[Outcome]:
    """Every case, in order."""
    return [await outcome(page, case) for case in CASES]
