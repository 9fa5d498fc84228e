"""The renderer service: every method fetches, draws on a warm page, stores and replies."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import json_format

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import InvalidRequest, NotReady
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Process, Slots
from fancam.settings import RendererSettings
from fancam.v1 import renderer_pb2
from fancam.v1.avatar_pb2 import Color, Recipe
from fancam.v1.campaign_pb2 import Melody, Pressing
from fancam.v1.media_pb2 import Artifact
from fancam.v1.renderer_pb2 import (
    Pass,
    RenderPassRequest,
    RenderPassResponse,
    RenderPassResult,
    RenderStillsRequest,
    RenderStillsResponse,
    RenderStillsResult,
)
from fancam.v1.renderer_pb2_grpc import RendererServiceServicer, add_RendererServiceServicer_to_server
from fancam.v1.shot_pb2 import Staging
from media import encoder
from media.profile import BadProfile, Family
from services.renderer import fankit
from services.renderer.drawing import PAGE, BadSize, Order, Song, draw_pass, draw_still, engine, pass_key
from services.renderer.library import AvatarRecipe, Library, UnknownDance, UnknownLibrary, UnknownPart
from stage.host import Gl, NoChrome, PageError, Stage, StageLost

log = logging.getLogger(__name__)

REASONS: dict[type[Exception], str] = {
    UnknownPart: "UNKNOWN_PART",
    UnknownDance: "UNKNOWN_DANCE",
    UnknownLibrary: "UNKNOWN_LIBRARY",
    BadSize: "BAD_SIZE",
    BadProfile: "BAD_SIZE",
}


@contextmanager
def _failures() -> Iterator[None]:
    """Turn the craft's errors into the caller's."""
    try:
        yield
    except tuple(REASONS) as error:
        raise InvalidRequest(str(error), reason=REASONS[type(error)]) from error
    except (StageLost, NoChrome) as error:
        raise NotReady(f"Chrome has to be started again: {error}", retry_after_s=0.5) from error
    except PageError as error:
        log.exception("the page refused a checked job")
        raise RuntimeError(f"{error.name}: {error}") from error


class RendererService(RendererServiceServicer):
    """Draws avatars on the pages of one stage."""

    def __init__(self, store: ArtifactStore, stage: Stage, library: Library, slots: Slots, family: Family) -> None:
        self._store = store
        self._stage = stage
        self._library = library
        self._slots = slots
        self._family = family
        self._engine = engine(library)
        self._dances = json.loads((library.folder / "dances.json").read_text())

    async def RenderPass(
        self, request: RenderPassRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[RenderPassResponse]:
        """See `renderer.proto`."""
        async for event in reporting(lambda report: self._pass(request, report)):
            if isinstance(event, Result):
                yield RenderPassResponse(result=event.value)
            else:
                yield RenderPassResponse(progress=event)

    async def RenderStills(
        self, request: RenderStillsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[RenderStillsResponse]:
        """See `renderer.proto`."""
        async for event in reporting(lambda report: self._stills(request, report)):
            if isinstance(event, Result):
                yield RenderStillsResponse(result=event.value)
            else:
                yield RenderStillsResponse(progress=event)

    async def _pass(self, request: RenderPassRequest, report: Report) -> RenderPassResult:
        spans = Spans()
        with _failures():
            with spans.span("read pressing"):
                song, _ = await self._song(request.pressing)
            order = self._order(
                request.recipe, request.staging, song, request.width, request.height,
                first=request.film_first_frame, frames=request.frames,
                shot_start=request.film_first_frame - request.shot_first_frame,
            )  # fmt: skip
            key = pass_key(order, self._engine, self._family)
            kept = await self._store.recall(SHARED, key)
            if kept is not None:
                drawn = Pass.FromString(kept)
                if await self._store.holds(drawn.clip):
                    return RenderPassResult(**{"pass": drawn}, spans=list(spans), cached=True)
            async with self._slots.take():
                with spans.span(f"pass {order.frames} frames"):
                    drawn = await self._draw(order, report)
        await self._store.remember(SHARED, key, drawn.SerializeToString(deterministic=True))
        return RenderPassResult(**{"pass": drawn}, spans=list(spans), cached=False)

    async def _draw(self, order: Order, report: Report) -> Pass:
        files = self._library.files(order.recipe)
        with tempfile.TemporaryDirectory(prefix="fancam-pass-") as folder:
            target = Path(folder) / "pass.mp4"
            async with self._stage.page() as page:
                region = await draw_pass(page, order, files, target=target, family=self._family, report=report)
            clip = await self._store.put_file(SHARED, target, "video/mp4")
        return Pass(
            clip=clip,
            left=region.left,
            top=region.top,
            width=region.width,
            height=region.height,
            frames=order.frames,
            composition_width=order.width,
            composition_height=order.height,
        )

    async def _stills(self, request: RenderStillsRequest, report: Report) -> RenderStillsResult:
        spans = Spans()
        stills: dict[str, Artifact] = {}
        with _failures():
            song, pressing = await self._song(request.pressing)
            wanted = list(pressing.campaign.fan_kit.stills)
            orders = [
                self._order(request.recipe, s.staging, song, s.width, s.height, first=s.frame, frames=1, shot_start=0)
                for s in wanted
            ]
            keys = [
                json.dumps(["still", self._engine, order.job("pass"), still.sticker], sort_keys=True)
                for still, order in zip(wanted, orders, strict=True)
            ]
            missing = []
            for still, key in zip(wanted, keys, strict=True):
                kept = await self._store.recall(SHARED, key)
                found = Artifact.FromString(kept) if kept is not None else None
                if found is not None and await self._store.holds(found):
                    stills[still.id] = found
                else:
                    missing.append(still.id)
            if missing:
                async with self._slots.take(), self._stage.page() as page:
                    for done, (still, order, key) in enumerate(zip(wanted, orders, keys, strict=True)):
                        if still.id in missing:
                            with spans.span(f"still {still.id}"):
                                drawn = await draw_still(page, order, self._library.files(order.recipe))
                                png = await asyncio.to_thread(
                                    self._finish, drawn, still.sticker, still.id, still.staging
                                )
                            stills[still.id] = await self._store.put(SHARED, png, "image/png")
                            kept = stills[still.id].SerializeToString(deterministic=True)
                            await self._store.remember(SHARED, key, kept)
                        report((done + 1) / len(wanted), f"drew {done + 1} of {len(wanted)} stills")
        return RenderStillsResult(stills=stills, spans=list(spans))

    @staticmethod
    def _finish(drawn: fankit.Rgba, sticker: bool, name: str, staging: Staging) -> bytes:
        if sticker:
            return fankit.sticker(drawn, staging.expression)

        def light(which: str, otherwise: fankit.Rgb) -> fankit.Rgb:
            color: Color = getattr(staging, which)
            return (color.red, color.green, color.blue) if staging.HasField(which) else otherwise

        return fankit.still(
            drawn,
            light("key_light", (255, 240, 225)),
            light("rim_light", (255, 96, 190)),
            light("fill_light", (90, 110, 255)),
            seed=zlib.crc32(name.encode()),
        )

    def _order(
        self,
        recipe: Recipe,
        staging: Staging,
        song: Song,
        width: int,
        height: int,
        *,
        first: int,
        frames: int,
        shot_start: int,
    ) -> Order:
        """The order for a request.

        Raises:
            UnknownPart, UnknownLibrary, UnknownDance: As `Library` raises them.
        """
        colors = {name: (c.red, c.green, c.blue) for name, c in recipe.colors.items()}
        plain = AvatarRecipe(dict(recipe.parts), colors, dict(recipe.morphs), recipe.library, dict(recipe.amounts))
        self._library.check_staging(staging.dance, staging.expression)
        whole = self._library.complete(plain)
        return Order(
            whole, json_format.MessageToDict(staging), song, width, height, first, frames, shot_start, self._dances
        )

    async def _song(self, address: Artifact) -> tuple[Song, Pressing]:
        pressing = Pressing()
        await self._store.get_message(address, pressing)
        song = pressing.campaign.song
        rate = pressing.profile.frame_rate
        notes: list[dict[str, Any]] = []
        if song.melody in pressing.files:
            melody = json_format.Parse(await self._store.get(pressing.files[song.melody]), Melody())
            notes = [
                {"startSamples": note.start_samples, "endSamples": note.end_samples, "visemes": note.visemes}
                for note in melody.notes
            ]
        return Song(Fraction(rate.numerator, rate.denominator), song.tempo_bpm, notes), pressing


@asynccontextmanager
async def renderer(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve rendering for the length of the block: one Chrome with warm pages, closed at its end."""
    settings = RendererSettings.load()
    library = await asyncio.to_thread(Library.open, say=log.info)
    family = await asyncio.to_thread(encoder.choose)
    async with Stage.open(PAGE, gl=cast("Gl", settings.gl), chromium=settings.chromium, pages=settings.slots) as stage:
        log.info("draws with %s, encodes with %s, library %s", stage.renderer, family.value, library.id[:12])
        slots = Slots(settings.slots, "page")
        service = RendererService(process.artifacts, stage, library, slots, family)
        add_RendererServiceServicer_to_server(service, server)
        process.services.append(renderer_pb2.DESCRIPTOR.services_by_name["RendererService"].full_name)
        yield
