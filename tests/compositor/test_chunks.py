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


@pytest.mark.parametrize("chunks", [2, 4, 8])
async def test_chunks_are_the_whole_bit_by_bit(stage: Stage, chunks: int) -> None:
    """Cut into two, four and eight, last chunk first: a page that knows nothing of the frames before draws the same."""
    cases = [case for case in CASES if case.name in MOVING]
    assert len(cases) == len(MOVING)
    size = FRAMES // chunks
    for case in cases:
        async with stage.page() as page:
            whole = await planes(page, case, 0, FRAMES)
        found: dict[int, list[str]] = {}
        for first in range(FRAMES - size, -1, -size):
            async with stage.page() as page:
                found[first] = await planes(page, case, first, size)

        assert [one for first in sorted(found) for one in found[first]] == whole, case.name
        assert len(set(whole)) > 1, f"{case.name} does not move"
