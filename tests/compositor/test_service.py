"""The compositor as its callers see it: over a socket, from artifacts to artifacts."""

from __future__ import annotations

import asyncio
import contextlib
import io
from typing import Any

import av
import grpc
import numpy as np
import psutil
import pytest
from google.protobuf.json_format import ParseDict

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import FancamError, from_call
from fancam.v1.compositor_pb2 import ComposeRequest, ComposeResult
from fancam.v1.media_pb2 import Artifact, Progress, Rational, StreamProfile
from fancam.v1.renderer_pb2 import Pass
from fancam.v1.shot_pb2 import Shot
from media.profile import Kind
from tests.compositor.material import Json, Pixels, clip, png

SIZE = (180, 320)
FRAMES = 24
SESSION = "sessions/abcdefgh"

# x264 at quality 20 keeps flat areas this close.
CODED = 8


def shot(**more: Any) -> Json:
    """A fan in front of a plate, with their name and a look."""
    return {
        "id": "fan",
        "width": 720,
        "height": 1280,
        "frames": FRAMES,
        "layers": [
            {
                "name": "look",
                "adjustment": {},
                "effects": [
                    {"bloom": {"threshold": {"value": [0.7]}, "intensity": {"value": [0.5]}, "radius": 0.5}},
                    {"grain": {"amount": 0.01}},
                ],
            },
            {
                "name": "name",
                "text": {"text": "{name}", "sizePx": 140, "fitWidthPx": 600},
                "transform": {"position": {"value": [360, 160]}},
            },
            {"name": "fan", "avatar": {"staging": {}}},
            {"name": "plate", "footage": {"path": "plate.mp4", "width": 720, "height": 1280}},
        ],
        **more,
    }


def plate(number: int) -> Pixels:
    picture = np.zeros((320, 180, 3), np.uint8)
    picture[:] = (20, 30, 60 + 5 * number)
    return picture


def avatar() -> Pixels:
    picture = np.zeros((320, 180, 4), np.uint8)
    picture[160:, 60:120] = (200, 40, 30, 255)
    return picture


@pytest.fixture(scope="module")
async def files(store: ArtifactStore) -> dict[str, Artifact]:
    content = {
        "plate.mp4": (clip([plate(number) for number in range(FRAMES)]), "video/mp4"),
        "pass": (clip([avatar()] * FRAMES, Kind.PASS), "video/mp4"),
        "picture.png": (png(np.full((8, 8, 3), 90, np.uint8)), "image/png"),
        "nonsense": (b"nonsense", "video/mp4"),
    }
    return {name: await store.put(SHARED, data, kind) for name, (data, kind) in content.items()}


def request(files: dict[str, Artifact], given: Json | None = None, **more: Any) -> ComposeRequest:
    profile = StreamProfile(width=SIZE[0], height=SIZE[1], frame_rate=Rational(numerator=24, denominator=1))
    fields: dict[str, Any] = {
        "shot": ParseDict(given or shot(), Shot()),
        "files": files,
        "passes": {"fan": Pass(clip=files["pass"], width=180, height=320, frames=FRAMES)},
        "name": "Zoë",
        "profile": profile,
        "scope": SESSION,
        **more,
    }
    return ComposeRequest(**fields)


async def composed(service: Any, asked: ComposeRequest) -> tuple[ComposeResult, list[Progress]]:
    progress: list[Progress] = []
    async for event in service.Compose(asked, timeout=120):
        if event.HasField("result"):
            return event.result, progress
        progress.append(event.progress)
    raise AssertionError("the stream ended without a result")


async def refused(service: Any, asked: ComposeRequest) -> FancamError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await composed(service, asked)
    return from_call(error.value)


def decoded(segment: bytes) -> list[Pixels]:
    with av.open(io.BytesIO(segment), "r") as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


async def test_a_shot_becomes_a_segment(service: Any, store: ArtifactStore, files: dict[str, Artifact]) -> None:
    """Plate, avatar and name are in every frame; the segment has the profile's size, rate and length."""
    result, progress = await composed(service, request(files))
    segment = await store.get(result.segment)
    with av.open(io.BytesIO(segment)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.width, stream.codec_context.height) == SIZE
        assert stream.average_rate == 24
        assert stream.frames == FRAMES
    pictures = decoded(segment)
    assert len(pictures) == FRAMES
    for number, picture in enumerate(pictures):
        np.testing.assert_allclose(picture[100:150, 10:40].mean(axis=(0, 1)), plate(number)[0, 0], atol=CODED)
        np.testing.assert_allclose(picture[200:300, 70:110].mean(axis=(0, 1)), (200, 40, 30), atol=CODED)
        assert picture[20:60, 20:160].max() > 200
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert {span.name for span in result.spans} >= {"fetch fan", "compose fan"}
    assert all(span.end_unix_ns >= span.start_unix_ns for span in result.spans)


async def test_a_repeated_step_is_a_lookup(service: Any, files: dict[str, Artifact]) -> None:
    """The same request draws nothing; another name, or another session, does."""
    first, _ = await composed(service, request(files, name="Ana"))
    again, _ = await composed(service, request(files, name="Ana"))
    other, _ = await composed(service, request(files, name="Bea"))
    elsewhere, _ = await composed(service, request(files, name="Ana", scope="sessions/ijklmnop"))
    assert again.cached
    assert again.segment == first.segment
    assert not other.cached
    assert other.segment != first.segment
    assert not elsewhere.cached
    assert elsewhere.segment.uri.rsplit("/", 1)[1] == first.segment.uri.rsplit("/", 1)[1]


async def test_a_part_of_a_shot_is_those_frames(service: Any, store: ArtifactStore, files: dict[str, Artifact]) -> None:
    """Frames 12 to 23 alone are those of the whole shot: what is drawn does not depend on where drawing began."""
    whole, _ = await composed(service, request(files, profile=fine()))
    part, _ = await composed(service, request(files, profile=fine(), first_frame=12, frames=12))
    late = decoded(await store.get(whole.segment))[12:]
    alone = decoded(await store.get(part.segment))
    assert len(alone) == 12
    for one, other in zip(late, alone, strict=True):
        # Only x264 differs, which had other frames before these; grain would differ by more.
        assert np.abs(one.astype(int) - other).mean() < 1


def fine() -> StreamProfile:
    rate = Rational(numerator=24, denominator=1)
    return StreamProfile(width=SIZE[0], height=SIZE[1], frame_rate=rate, quality=2)


async def test_a_plate_has_many_key_frames(service: Any, store: ArtifactStore, files: dict[str, Artifact]) -> None:
    """A plate can be entered every 12 frames."""
    result, _ = await composed(service, request(files, plate=True, scope=SHARED))
    with av.open(io.BytesIO(await store.get(result.segment)), "r") as container:
        keys = [number for number, packet in enumerate(container.demux(video=0)) if packet.size and packet.is_keyframe]
    assert keys == [0, 12]


async def test_what_is_wrong_with_a_shot_is_said(service: Any, files: dict[str, Artifact]) -> None:
    """Parents in a circle are INVALID_ARGUMENT with the reason and the field."""
    wrong = shot()
    wrong["layers"][1]["parent"] = "fan"
    wrong["layers"][2]["parent"] = "name"
    error = await refused(service, request(files, wrong))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "SHOT_INVALID")
    assert "shot.layers[1].parent" in error.fields


async def test_a_missing_file_is_said(service: Any, files: dict[str, Artifact]) -> None:
    """A file that the shot names and the request lacks."""
    error = await refused(service, request({"pass": files["pass"]}))
    assert error.reason == "MISSING_FILE"
    assert "plate.mp4" in error.fields["shot.layers[3].footage.path"]


async def test_a_missing_pass_is_said(service: Any, files: dict[str, Artifact]) -> None:
    """An avatar layer without a pass."""
    error = await refused(service, request(files, passes={}))
    assert error.reason == "MISSING_PASS"


@pytest.mark.parametrize("change", ["nonsense", "short", "picture"])
async def test_bad_footage_is_said(service: Any, files: dict[str, Artifact], change: str) -> None:
    """A file that is no film, a film that is too short, and a picture that is none."""
    given = shot()
    if change == "nonsense":
        given["layers"][3]["footage"]["path"] = "nonsense"
    elif change == "short":
        given["layers"][3]["footage"]["startFrame"] = 1
    else:
        given["layers"].append({"name": "broken", "image": {"path": "nonsense"}})
    error = await refused(service, request(files, given))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_FOOTAGE")
    if change == "short":
        assert "24 frames" in str(error)


async def test_frames_outside_the_shot_are_refused(service: Any, files: dict[str, Artifact]) -> None:
    """A part that the shot does not have."""
    error = await refused(service, request(files, first_frame=20, frames=12))
    assert error.reason == "SHOT_INVALID"


async def test_odd_sizes_are_refused(service: Any, files: dict[str, Artifact]) -> None:
    """4:2:0 needs even sides."""
    rate = Rational(numerator=24, denominator=1)
    error = await refused(service, request(files, profile=StreamProfile(width=181, height=320, frame_rate=rate)))
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT
    assert "181" in str(error)


async def test_a_full_house_says_when_to_come_back(service: Any, files: dict[str, Artifact]) -> None:
    """While the only page draws, another request is pushed back at once, and the first is finished."""
    long = shot(frames=240)
    long["layers"] = [long["layers"][0], {"name": "wall", "solid": {"width": 720, "height": 1280, "color": {"red": 9}}}]
    first = service.Compose(request(files, long), timeout=120)
    await first.read()
    error = await refused(service, request(files, name="Busy"))
    assert error.code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error.retry_after_s > 0
    first.cancel()
    # The cancelled job gives its page back within moments.
    async with asyncio.timeout(60):
        while True:
            try:
                await composed(service, request(files, name="After"))
                break
            except grpc.aio.AioRpcError as again:
                assert again.code() == grpc.StatusCode.RESOURCE_EXHAUSTED  # noqa: PT017
                await asyncio.sleep(0.1)


async def drained(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]
        pass


async def test_a_dead_chrome_costs_one_retry(service: Any, files: dict[str, Artifact]) -> None:
    """When Chrome dies under a job its caller hears UNAVAILABLE, and the same request works."""
    long = shot(frames=240)
    long["layers"] = [long["layers"][0], {"name": "wall", "solid": {"width": 720, "height": 1280, "color": {"red": 9}}}]
    call = service.Compose(request(files, long), timeout=120)
    while (await call.read()).progress.fraction < 0.01:
        pass
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "fancam-chrome" in " ".join(process.cmdline()):
                process.kill()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await drained(call)
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    result, _ = await composed(service, request(files, name="Phoenix"))
    assert result.segment.size_bytes > 0
