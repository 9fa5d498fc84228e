"""Avatars for a campaign that is not pressed yet: a renderer's passes of any recipe, for previews and sheets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf import json_format
from google.protobuf.message import Message

from fancam.artifacts import SHARED, ArtifactStore
from fancam.channel import DEADLINE_S, connect
from fancam.client import Told
from fancam.errors import Busy, FancamError, InvalidRequest, from_call
from fancam.v1.avatar_pb2 import OwnPart
from fancam.v1.campaign_pb2 import Campaign, Pressing
from fancam.v1.media_pb2 import Artifact
from fancam.v1.renderer_pb2 import FitPartsRequest, FitPartsResult, Pass, RenderPassRequest, RenderPassResult
from fancam.v1.renderer_pb2_grpc import RendererServiceStub

BUSY_S = 0.5
"""A renderer whose pages are all taken is asked again after this time, unless it names another."""


@dataclass(frozen=True)
class Part:
    """What one avatar does in one cut.

    Args:
        recipe: `fancam.v1.Recipe` in protobuf's JSON mapping.
        staging: `fancam.v1.Staging`, likewise.
        film_first_frame: The cut's first frame on the film's timeline.
        shot_first_frame: The same frame in the shot.
        frames: How many are drawn.
        width: Pixels of the composition and of the pass; even.
        height: As `width`.
    """

    recipe: Mapping[str, Any]
    staging: Mapping[str, Any]
    film_first_frame: int
    shot_first_frame: int
    frames: int
    width: int
    height: int


@dataclass(frozen=True)
class Drawn:
    """A pass: its MP4, and where it lies in its composition, in pixels."""

    clip: bytes
    left: int
    top: int
    width: int
    height: int
    composition: tuple[int, int]


class Casting:
    """Asks a renderer for passes. The song is read from the campaign's folder whenever it has changed."""

    def __init__(self, folder: Path, *, artifacts: ArtifactStore, renderer: str) -> None:
        self._folder = folder
        self._artifacts = artifacts
        self._renderer = renderer

    async def draw(self, part: Part, told: Told) -> Drawn:
        """One avatar's pass.

        Args:
            part: What it does.
            told: Told how far it is.

        Raises:
            FancamError: What the renderer answered; or the campaign's own document cannot be read.
        """
        request = RenderPassRequest(
            film_first_frame=part.film_first_frame,
            shot_first_frame=part.shot_first_frame,
            frames=part.frames,
            width=part.width,
            height=part.height,
            pressing=await self._song(),
        )
        _fill(request.recipe, part.recipe, "recipe")
        _fill(request.staging, part.staging, "staging")
        result: RenderPassResult = await self._insist("RenderPass", request, told)
        drawn: Pass = getattr(result, "pass")  # a keyword in Python
        return Drawn(
            clip=await self._artifacts.get(drawn.clip),
            left=drawn.left,
            top=drawn.top,
            width=drawn.width,
            height=drawn.height,
            composition=(drawn.composition_width, drawn.composition_height),
        )

    async def _insist(self, method: str, request: Message, told: Told) -> Any:
        async with connect(self._renderer, "fancam.v1.RendererService") as channel:
            ask = getattr(RendererServiceStub(channel), method)
            while True:
                try:
                    async for event in ask(request, timeout=DEADLINE_S[method]):
                        if event.WhichOneof("event") == "result":
                            return event.result
                        told(event.progress.fraction, event.progress.message)
                    raise FancamError("the renderer ended without a result")
                except grpc.aio.AioRpcError as call:
                    error = from_call(call)
                    if not isinstance(error, Busy) or error.reason == "STORE_FULL":
                        raise error from call
                    await asyncio.sleep(error.retry_after_s or BUSY_S)

    async def _song(self) -> Artifact:
        """A pressing that holds nothing but what a renderer reads: tempo, frame rate, melodies and own parts."""
        campaign = Campaign()
        text = await asyncio.to_thread((self._folder / "campaign.yaml").read_text, "utf-8")
        try:
            _fill(campaign, yaml.safe_load(text), "campaign.yaml")
        except yaml.YAMLError as error:
            raise InvalidRequest(f"campaign.yaml is no YAML: {error}") from error
        pressing = Pressing(campaign=campaign, profile=campaign.profile)
        for path in (campaign.song.melody, campaign.song.band_melody):
            melody = self._folder / path
            if melody.is_file():
                kept = await self._artifacts.put_file(SHARED, melody, "application/json")
                pressing.files[path].CopyFrom(kept)
        for path, part in (await self._parts(list(campaign.parts))).items():
            pressing.parts[path].CopyFrom(part)
        return await self._artifacts.put_message(SHARED, pressing)

    async def _parts(self, paths: list[str]) -> Mapping[str, OwnPart]:
        """The campaign's own parts as the renderer packs them; it knows those that it has packed before."""
        request = FitPartsRequest()
        for path in paths:
            file = (self._folder / path).resolve()
            if not file.is_relative_to(self._folder.resolve()) or not file.is_file():
                raise InvalidRequest(f"campaign.yaml: {path} is not in the campaign")
            request.parts[path].CopyFrom(await self._artifacts.put_file(SHARED, file, "model/gltf-binary"))
        if not paths:
            return {}
        result: FitPartsResult = await self._insist("FitParts", request, lambda *_: None)
        return result.parts


def _fill(message: Any, value: object, what: str) -> None:
    try:
        json_format.ParseDict(value, message)  # type: ignore[arg-type]  # a TypeError says what it is instead
    except (json_format.ParseError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest(f"{what}: {error}") from error
