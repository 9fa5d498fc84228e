"""Folding changes no picture: a shot drawn through its plate looks as the shot drawn whole, in the real compositor."""

from __future__ import annotations

import io
import subprocess
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format
from numpy.typing import NDArray

from fancam.artifacts import SHARED, ArtifactStore
from fancam.v1.compositor_pb2 import ComposeRequest
from fancam.v1.compositor_pb2_grpc import CompositorServiceStub
from fancam.v1.media_pb2 import Artifact, EncoderFamily, Rational, StreamProfile
from fancam.v1.renderer_pb2 import Pass
from fancam.v1.shot_pb2 import Shot
from media.encoder import SegmentEncoder
from media.profile import Kind, Profile
from services.assembler.press import Json, fold, parts, rebase
from tests.assembler.conftest import ROOT, process
from tests.video import measure

WIDTH, HEIGHT, FRAMES = 128, 160, 10
FIRST = 5
"""Frames are cut out of the middle of a shot, so that a plate on the wrong clock shows."""

SIMILARITY = 0.97
"""SSIM between both ways on every frame. What parts them is the plate's own H.264 at crf 12 and its halved chroma."""

ERROR = 2.5
"""Mean difference of luma of 219 steps, for the same reason."""


@pytest.fixture(scope="module")
def page() -> None:
    """The compositor's page, built from its source."""
    build = ["node", "stage/build.mjs", "services/compositor/page"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
async def compositor(page: None, folder: Path) -> AsyncIterator[CompositorServiceStub]:
    """The real compositor."""
    async with process("services.compositor", "fancam.v1.CompositorService", folder) as channel:
        yield CompositorServiceStub(channel)


def dancer(frames: int = FRAMES, first: int = 0) -> bytes:
    """A pass: a light disc with a soft edge that wanders across the composition."""
    profile = Profile(WIDTH, HEIGHT, Fraction(24))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    file = io.BytesIO()
    with SegmentEncoder(file, profile, Kind.PASS) as encoder:
        for frame in range(first, first + frames):
            distance = np.hypot(columns - 30 - 7 * frame, rows - 80)
            alpha = np.clip((34 - distance) / 6, 0, 1)
            luma = np.concatenate([16 + 190 * alpha, 16 + 219 * alpha]).round().astype(np.uint8)
            grey = np.full((HEIGHT, WIDTH // 2), 128, np.uint8)
            encoder.write(luma, grey, grey)
    return file.getvalue()


def keys(*values: list[float]) -> dict[str, Any]:
    """A property that moves from one value to the next every 8 frames."""
    return {"keyframes": [{"frame": 8 * number, "value": value} for number, value in enumerate(values)]}


def solid(name: str, width: int, height: int, color: tuple[int, int, int], **more: Any) -> Json:
    """A rectangle."""
    red, green, blue = color
    return {
        "name": name,
        "solid": {"width": width, "height": height, "color": {"red": red, "green": green, "blue": blue}},
        **more,
    }


FAN: Json = {"name": "fan", "avatar": {"staging": {"dance": "idle_sway"}}}
NAME: Json = {
    "name": "name",
    "text": {"text": "{name}", "size_px": 22, "fill": {"red": 255, "green": 240, "blue": 240}},
    "transform": {"position": {"value": [64, 140]}},
}
WALL = solid("wall", 128, 160, (40, 30, 110))
STRIPE = solid("stripe", 200, 24, (230, 60, 120), transform={"rotation": keys([-30], [20], [60])})
GLOW = solid(
    "glow",
    60,
    90,
    (60, 90, 160),
    blend_mode="BLEND_MODE_ADD",
    transform={"position": keys([20, 40], [100, 90], [30, 120]), "opacity": keys([90], [40], [80])},
)

SHOTS: dict[str, list[Json]] = {
    "plain": [NAME, FAN, GLOW, STRIPE, WALL],
    "look over all": [
        {
            "name": "look",
            "adjustment": {},
            "effects": [{"bloom": {"threshold": {"value": [0.6]}, "intensity": {"value": [0.6]}, "radius": 0.5}}],
        },
        FAN,
        STRIPE,
        WALL,
    ],
    "look below the fan": [
        FAN,
        {"name": "low", "adjustment": {}, "effects": [{"gaussian_blur": {"radius_px": keys([1], [5], [2])}}]},
        STRIPE,
        GLOW,
        WALL,
    ],
    "a family across both halves": [
        solid("badge", 20, 20, (250, 240, 90), parent="stripe"),
        FAN,
        {**GLOW, "parent": "rig"},
        STRIPE,
        WALL,
        {"name": "rig", "null": {}, "transform": {"position": keys([64, 80], [80, 60], [64, 100])}},
    ],
    "one matte for both halves": [
        {**FAN, "matte": {"kind": "MATTE_KIND_ALPHA", "layer": "window"}},
        solid("window", 90, 110, (255, 255, 255), transform={"position": keys([50, 80], [80, 80], [60, 90])}),
        {**STRIPE, "matte": {"kind": "MATTE_KIND_ALPHA_INVERTED", "layer": "window"}},
        WALL,
    ],
    "in 3D": [
        {**FAN, "three_d": True},
        {**GLOW, "three_d": True, "transform": {"position": keys([60, 80, -60], [70, 80, 40], [60, 80, -60])}},
        {"name": "divider", "adjustment": {}, "effects": [{"levels": {"gamma": 1.1}}]},
        {**STRIPE, "three_d": True, "transform": {"y_rotation": keys([0], [40], [-20])}},
        {**WALL, "three_d": True},
    ],
}


CITY: Json = {
    "id": "city",
    "width": WIDTH,
    "height": HEIGHT,
    "frames": 24,
    "layers": [STRIPE, {**GLOW, "effects": [{"gaussian_blur": {"radius_px": {"value": [3]}}}]}],
}
"""A composition whose own time runs from 0, whatever is cut out of the shot that shows it."""

NESTED: list[Json] = [NAME, FAN, {"name": "city", "precomp": {"composition": "city"}}, WALL]


class Drawn:
    """The real compositor, and what it draws for these tests."""

    def __init__(self, compositor: CompositorServiceStub, store: ArtifactStore, folder: Path) -> None:
        self._compositor = compositor
        self.store = store
        self._folder = folder

    async def segment(
        self, shot: Json, passes: dict[str, Pass], files: dict[str, Artifact] | None = None, *, plate: bool = False
    ) -> Artifact:
        """The shot, encoded."""
        request = ComposeRequest(
            shot=json_format.ParseDict(shot, Shot()),
            files=files or {},
            passes=passes,
            name="Ana",
            profile=StreamProfile(
                width=WIDTH,
                height=HEIGHT,
                frame_rate=Rational(numerator=24, denominator=1),
                encoder=EncoderFamily.ENCODER_FAMILY_X264,
                quality=8,
            ),
            scope=SHARED,
            plate=plate,
        )
        async for event in self._compositor.Compose(request, timeout=120):
            if event.HasField("result"):
                artifact: Artifact = event.result.segment
                return artifact
        raise AssertionError("no result")

    async def pictures(self, segment: Artifact) -> NDArray[np.uint8]:
        """Luma of every frame, shape (frames, height, width)."""
        path = self._folder / "segment.mp4"
        await self.store.fetch(segment, path)
        return measure.pictures(path)

    async def fan(self, frames: int = FRAMES, first: int = 0) -> dict[str, Pass]:
        """The fan's pass, or a stretch of it as the renderer draws it for a part of the shot."""
        clip = await self.store.put(SHARED, dancer(frames, first), "video/mp4")
        return {"fan": Pass(clip=clip, width=WIDTH, height=HEIGHT, frames=frames)}


@pytest.fixture
def drawn(compositor: CompositorServiceStub, store: ArtifactStore, tmp_path: Path) -> Drawn:
    """The compositor with this test's folder."""
    return Drawn(compositor, store, tmp_path)


def check_alike(live: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    """Frame for frame the same picture, of something that moves."""
    assert live.shape == expected.shape
    assert expected[0].std() > 10  # there is something to see
    assert np.abs(np.diff(expected.astype(float), axis=0)).mean() > 0.5  # and it moves
    similar = [measure.ssim(one, other) for one, other in zip(live, expected, strict=True)]
    errors = [np.abs(one.astype(float) - other).mean() for one, other in zip(live, expected, strict=True)]
    assert (min(similar) > SIMILARITY, max(errors) < ERROR) == (True, True), (similar, errors)


@pytest.mark.parametrize(
    "layers", [*SHOTS.values(), NESTED], ids=[*(name.replace(" ", "-") for name in SHOTS), "nested"]
)
async def test_a_shot_looks_the_same_through_its_plate(layers: list[Json], drawn: Drawn) -> None:
    """Every frame, drawn in two halves, is the frame drawn whole."""
    whole = {"id": "shot", "width": WIDTH, "height": HEIGHT, "frames": 24, "layers": layers, "compositions": [CITY]}
    shot = rebase(whole, FIRST, FRAMES)
    folded = fold(shot, "plates/shot.mp4")
    assert folded is not None
    plate = await drawn.segment(folded.plate, {}, plate=True)
    live = await drawn.segment(folded.live, await drawn.fan(), {"plates/shot.mp4": plate})

    check_alike(await drawn.pictures(live), await drawn.pictures(await drawn.segment(shot, await drawn.fan())))


async def test_a_shot_looks_the_same_in_its_parts(drawn: Drawn) -> None:
    """Drawn part by part, the stretches without the fan through no pass at all, it shows what it shows whole."""
    fan = {**FAN, "in_frame": 7, "out_frame": 15}
    name = {**NAME, "transform": {**NAME["transform"], "opacity": keys([0], [100], [0])}, "out_frame": 16}
    shot = {
        "id": "shot",
        "width": WIDTH,
        "height": HEIGHT,
        "frames": 24,
        "layers": [{**name, "in_frame": 8}, fan, {"name": "city", "precomp": {"composition": "city"}}, GLOW, WALL],
        "compositions": [CITY],
    }
    found = parts(shot)
    assert [(part.first_frame, part.frames, part.personal) for part in found] == [
        (0, 7, False),
        (7, 9, True),
        (16, 8, False),
    ]
    passes = await drawn.fan(24)
    pictures = []
    for part in found:
        cut = rebase(shot, part.first_frame, part.frames)
        # A pass begins with its part: the fan's of frame 7 is the whole pass's, moved.
        own = await drawn.fan(part.frames, part.first_frame) if part.personal else {}
        pictures.append(await drawn.pictures(await drawn.segment(cut, own)))

    check_alike(np.concatenate(pictures), await drawn.pictures(await drawn.segment(shot, passes)))
