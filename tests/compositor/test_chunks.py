"""A job that is cut into chunks is the same film: each chunk loaded anew, bit by bit on a processor's GL."""

from __future__ import annotations

import contextlib
import hashlib

import pytest

from stage.host import Stage
from stage.page import Page
from tests.compositor.conformance.case import CASES, Case
from tests.compositor.conformance.suite import files_of, told

FRAMES = 16

MOVING = (
    "spatial-tangents", "auto-orient-path", "motion-blur-rotation", "mask-animated", "precomp-nested",
    "precomp-stretch-reversed", "precomp-remap", "precomp-posterize", "footage", "footage-reversed",
    "shape-path-animated", "blend-dancing-dissolve", "effect-grain", "effect-gaussian-blur-animated",
    "effect-echo-add", "effect-echo-composite-in-back",
)  # fmt: skip
"""Cases whose frames depend on time in every way there is: eases, decoders, remembered pictures, noise."""


async def planes(page: Page, case: Case, first: int, count: int) -> list[str]:
    """sha256 of the planes that the encoder gets, of each frame of a chunk."""
    await page.load(told(case, case.layers), files_of(case))
    async with contextlib.aclosing(page.frames(first, count)) as frames:
        return [
            hashlib.sha256(b"".join(plane.tobytes() for plane in (frame.luma, frame.blue, frame.red))).hexdigest()
            async for frame in frames
        ]


async def chunked(stage: Stage, case: Case, size: int) -> list[str]:
    """All frames of a case in their order, drawn in chunks of that size, the last chunk first."""
    found: dict[int, list[str]] = {}
    for first in range(FRAMES - size, -1, -size):
        async with stage.page() as page:
            found[first] = await planes(page, case, first, size)
    return [one for first in sorted(found) for one in found[first]]


@pytest.fixture(scope="module")
async def wholes(stage: Stage) -> dict[str, list[str]]:
    """Every case drawn at once."""
    return {case.name: await chunked(stage, case, FRAMES) for case in CASES if case.name in MOVING}


@pytest.mark.parametrize("chunks", [2, 4, 8])
async def test_chunks_are_the_whole_bit_by_bit(stage: Stage, wholes: dict[str, list[str]], chunks: int) -> None:
    """Cut into two, four and eight, last chunk first: a page that knows nothing of the frames before draws the same."""
    assert wholes.keys() == set(MOVING)
    for case in (case for case in CASES if case.name in MOVING):
        assert await chunked(stage, case, FRAMES // chunks) == wholes[case.name], case.name
        assert len(set(wholes[case.name])) > 1, f"{case.name} does not move"
