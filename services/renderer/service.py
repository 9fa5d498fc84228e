"""The renderer service: every method fetches, draws on a warm page, stores and replies."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import grpc
from google.protobuf import json_format

from fancam.artifacts import RECIPES, SHARED, ArtifactStore
from fancam.errors import InvalidRequest, NotReady
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Process, Slots
from fancam.settings import RendererSettings
from fancam.v1 import renderer_pb2
from fancam.v1.avatar_pb2 import OwnPart as OwnPartMessage
from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.campaign_pb2 import Melody, Pressing, Still
from fancam.v1.media_pb2 import Artifact
from fancam.v1.renderer_pb2 import (
    DepthRange,
    FitPartsRequest,
    FitPartsResponse,
    FitPartsResult,
    Pass,
    PassLayer,
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
from services.renderer import fankit, messenger
from services.renderer.build import open_library
from services.renderer.drawing import (
    PAGE,
    BadSize,
    Layer,
    Order,
    Song,
    draw_loop,
    draw_pass,
    draw_still,
    engine,
    pass_key,
)
from services.renderer.library import AvatarRecipe, Library, OwnPart, UnknownDance, UnknownLibrary, UnknownPart
from services.renderer.own import Fitted, Unfit, fit
from services.renderer.stills import Item, item, packs
from stage.errors import NoChrome, PageError, StageLost
from stage.host import Stage
from stage.page import Page
from stage.webgl import Gl

log = logging.getLogger(__name__)

T = TypeVar("T")

LAYERS: dict[int, Layer] = {PassLayer.PASS_LAYER_SHADOW: "shadow", PassLayer.PASS_LAYER_DEPTH: "depth"}

REASONS: dict[type[Exception], str] = {
    UnknownPart: "UNKNOWN_PART",
    UnknownDance: "UNKNOWN_DANCE",
    UnknownLibrary: "UNKNOWN_LIBRARY",
    BadSize: "BAD_SIZE",
    BadProfile: "BAD_SIZE",
}


FIT_VERSION = "fit 1"
"""Raise it when the same parts are checked otherwise, or packed into other bytes."""


@dataclass(frozen=True)
class Production:
    """What a pressing says of its avatars.

    Args:
        song: What they dance to.
        library: The library with the campaign's own parts.
        pressing: All of it.
    """

    song: Song
    library: Library
    pressing: Pressing


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
        self._fitting = asyncio.Semaphore(1)
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

    async def FitParts(
        self, request: FitPartsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[FitPartsResponse]:
        """See `renderer.proto`."""
        async for event in reporting(lambda report: self._fit(request, report)):
            if isinstance(event, Result):
                yield FitPartsResponse(result=event.value)
            else:
                yield FitPartsResponse(progress=event)

    async def _fit(self, request: FitPartsRequest, report: Report) -> FitPartsResult:
        asked = request.SerializeToString(deterministic=True).hex()
        key = json.dumps([FIT_VERSION, self._library.version, asked])
        kept = await self._store.recall(SHARED, key)
        if kept is not None:
            known = FitPartsResult.FromString(kept)
            if all([await self._store.holds(part.packed) for part in known.parts.values()]):
                return known
        parts = {path: await self._store.get(artifact) for path, artifact in sorted(request.parts.items())}
        recipes = {path: _plain(recipe) for path, recipe in sorted(request.recipes.items())}
        report(0.1, "looking at the campaign's own parts")
        async with self._fitting:
            try:
                fitted = await asyncio.to_thread(fit, parts, self._library, recipes)
            except Unfit as error:
                fields = {path: "; ".join(map(str, faults)) for path, faults in error.faults.items()}
                raise InvalidRequest(str(error), reason="PART_UNFIT", fields=fields) from error
        result = FitPartsResult()
        for path, part in fitted.items():
            packed = await self._store.put(SHARED, part.packed, "model/gltf-binary")
            result.parts[path].CopyFrom(_message(part, packed))
        await self._store.remember(SHARED, key, result.SerializeToString(deterministic=True))
        return result

    async def _pass(self, request: RenderPassRequest, report: Report) -> RenderPassResult:
        spans = Spans()
        scope = request.scope or RECIPES
        with _failures():
            with spans.span("read pressing"):
                production = await self._production(request.pressing)
            order = self._order(
                request.recipe, request.staging, production, request.width, request.height,
                first=request.film_first_frame, frames=request.frames,
                shot_start=request.film_first_frame - request.shot_first_frame,
                layers=tuple(LAYERS[layer] for layer in sorted(request.layers)), straight=request.straight,
            )  # fmt: skip
            key = pass_key(order, self._engine, self._family)
            kept = await self._store.recall(scope, key)
            if kept is not None:
                drawn = Pass.FromString(kept)
                if await self._store.holds(drawn.clip):
                    return RenderPassResult(**{"pass": drawn}, spans=list(spans), cached=True)
            async with self._slots.take():
                report(0.0, "a page is free")
                with spans.span(f"pass {order.frames} frames"):
                    drawn = await self._draw(order, production.library.files(order.recipe), scope, report)
        await self._store.remember(scope, key, drawn.SerializeToString(deterministic=True))
        return RenderPassResult(**{"pass": drawn}, spans=list(spans), cached=False)

    async def _draw(self, order: Order, files: Mapping[str, Path], scope: str, report: Report) -> Pass:
        async def draw(page: Page) -> Pass:
            with tempfile.TemporaryDirectory(prefix="fancam-pass-") as name:
                folder = Path(name)
                covered = await draw_pass(page, order, files, folder=folder, family=self._family, report=report)
                clips = {
                    layer: await self._store.put_file(scope, folder / f"{layer}.mp4", "video/mp4")
                    for layer in ("color", *order.layers)
                }
            region = covered.region
            return Pass(
                clip=clips["color"],
                left=region.left,
                top=region.top,
                width=region.width,
                height=region.height,
                frames=order.frames,
                composition_width=order.width,
                composition_height=order.height,
                shadow=clips.get("shadow"),
                depth=clips.get("depth"),
                depth_range=DepthRange(near_m=covered.near_m, far_m=covered.far_m) if "depth" in clips else None,
                straight=order.straight,
            )

        return await self._on_a_page(draw)

    async def _on_a_page(self, work: Callable[[Page], Awaitable[T]]) -> T:
        """Do work on a warm page, and once more on a new one when Chrome dies under it.

        Raises:
            StageLost: It died twice.
        """
        try:
            async with self._stage.page() as page:
                return await work(page)
        except StageLost as error:
            log.warning("Chrome died, the job starts again on a new one: %s", error)
        async with self._stage.page() as page:
            return await work(page)

    async def _stills(self, request: RenderStillsRequest, report: Report) -> RenderStillsResult:
        spans = Spans()
        with _failures():
            production = await self._production(request.pressing)
            pressing = production.pressing
            items = [self._item(request.recipe, still, production) for still in pressing.campaign.fan_kit.stills]
            keys = {item.id: json.dumps(["still", self._engine, item.key]) for item in items}
            made = {item.id: await self._recalled(keys[item.id]) for item in items}
            missing = [item for item in items if made[item.id] is None]

            async def keep(item: Item, drawn: list[fankit.Rgba]) -> None:
                data = await asyncio.to_thread(item.finish, drawn)
                made[item.id] = await self._remembered(keys[item.id], data, item.media_type)

            finishing: list[asyncio.Task[None]] = []
            try:
                if missing:
                    async with self._slots.take():
                        report(0.0, "a page is free")
                        for done, item in enumerate(missing):
                            with spans.span(f"still {item.id}"):
                                files = production.library.files(item.order.recipe)
                                drawn = await self._on_a_page(partial(_drawn, item, files))
                            # The next one is drawn while this one is finished.
                            finishing.append(asyncio.create_task(keep(item, drawn)))
                            report((done + 1) / (len(missing) + 1), f"drew {done + 1} of {len(missing)} pictures")
                    with spans.span("still finishing"):
                        await asyncio.gather(*finishing)
            finally:
                for task in finishing:
                    task.cancel()
            stills = {id_: artifact for id_, artifact in made.items() if artifact is not None}
            packed = await self._packs(pressing, [(item, stills[item.id]) for item in items if item.packed])
            if packed is not None:
                stills["sticker-packs"] = packed
        return RenderStillsResult(stills=stills, spans=list(spans))

    def _item(self, recipe: Recipe, still: Still, production: Production) -> Item:
        order = self._order(
            recipe, still.staging, production, still.width, still.height, first=still.frame, frames=1, shot_start=0
        )
        return item(json_format.MessageToDict(still), order)

    async def _packs(self, pressing: Pressing, stickers: Sequence[tuple[Item, Artifact]]) -> Artifact | None:
        """The archive of sticker packs, or None when there are too few for any."""
        campaign = pressing.campaign
        parts = [[one.id, artifact.uri, one.moves, list(one.emojis), one.label] for one, artifact in stickers]
        key = json.dumps(["sticker packs", self._engine, campaign.id, campaign.title, parts], sort_keys=True)
        kept = await self._recalled(key)
        if kept is not None or not stickers:
            return kept
        made = [(one, await self._store.get(artifact)) for one, artifact in stickers]
        found = await asyncio.to_thread(packs, campaign.id, campaign.title, made)
        return await self._remembered(key, messenger.archive(found), "application/zip") if found else None

    async def _recalled(self, key: str) -> Artifact | None:
        kept = await self._store.recall(RECIPES, key)
        found = Artifact.FromString(kept) if kept is not None else None
        return found if found is not None and await self._store.holds(found) else None

    async def _remembered(self, key: str, data: bytes, media_type: str) -> Artifact:
        artifact = await self._store.put(RECIPES, data, media_type)
        await self._store.remember(RECIPES, key, artifact.SerializeToString(deterministic=True))
        return artifact

    def _order(
        self,
        recipe: Recipe,
        staging: Staging,
        production: Production,
        width: int,
        height: int,
        *,
        first: int,
        frames: int,
        shot_start: int,
        layers: tuple[Layer, ...] = (),
        straight: bool = False,
    ) -> Order:
        """The order for a request.

        Raises:
            UnknownPart, UnknownLibrary, UnknownDance: As `Library` raises them.
        """
        for dance in (staging.dance, *(cue.dance for cue in staging.dances)):
            self._library.check_staging(dance, staging.expression)
        whole = production.library.complete(_plain(recipe))
        return Order(
            whole, json_format.MessageToDict(staging), production.song, width, height, first, frames, shot_start,
            self._dances, layers, straight, production.library.seals(whole),
        )  # fmt: skip

    async def _production(self, address: Artifact) -> Production:
        pressing = Pressing()
        await self._store.get_message(address, pressing)
        song = pressing.campaign.song
        rate = pressing.profile.frame_rate
        notes: list[dict[str, Any]] = []
        for path in (song.melody, song.band_melody):
            if path not in pressing.files:
                continue
            melody = json_format.Parse(await self._store.get(pressing.files[path]), Melody())
            notes += [
                {"startSamples": note.start_samples, "endSamples": note.end_samples, "visemes": note.visemes}
                for note in melody.notes
            ]
        own = [await self._own(part) for _, part in sorted(pressing.parts.items())]
        return Production(
            Song(Fraction(rate.numerator, rate.denominator), song.tempo_bpm, notes),
            self._library.with_parts(own) if own else self._library,
            pressing,
        )

    async def _own(self, part: OwnPartMessage) -> OwnPart:
        """A campaign's own part, its file on this machine."""
        entry: dict[str, Any] = {"id": part.id, "group": part.group, "title": part.title, "colors": list(part.colors)}
        entry |= {"tags": dict(part.tags), **({"covers": "all"} if part.covers_all else {})}
        cost = {"bytes": part.packed.size_bytes, "triangles": part.triangles, "slots": list(part.slots)}
        geometry = await self._store.local(part.packed, ".glb")
        return OwnPart(entry, geometry, part.packed.uri.rsplit("/", 1)[1], cost | {"textureBytes": 0})


async def _drawn(item: Item, files: Mapping[str, Path], page: Page) -> list[fankit.Rgba]:
    return await draw_loop(page, item.order, files) if item.moves else [await draw_still(page, item.order, files)]


def _plain(recipe: Recipe) -> AvatarRecipe:
    colors = {name: (c.red, c.green, c.blue) for name, c in recipe.colors.items()}
    return AvatarRecipe(dict(recipe.parts), colors, dict(recipe.morphs), recipe.library, dict(recipe.amounts))


def _message(part: Fitted, packed: Artifact) -> OwnPartMessage:
    """A part that fits, as the contract writes it."""
    entry, cost = part.entry, part.cost
    return OwnPartMessage(
        id=entry["id"],
        group=entry["group"],
        packed=packed,
        title=entry["title"],
        tags=entry["tags"],
        colors=entry["colors"],
        covers_all=entry.get("covers") == "all",
        plain_bytes=part.plain_bytes,
        triangles=int(cost["triangles"]),
        slots=cost["slots"],
    )


@asynccontextmanager
async def renderer(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve rendering for the length of the block: one Chrome with warm pages, closed at its end."""
    settings = RendererSettings.load()
    library = await asyncio.to_thread(open_library, say=log.info)
    family = await asyncio.to_thread(encoder.choose)
    async with Stage.open(PAGE, gl=cast("Gl", settings.gl), chromium=settings.chromium, pages=settings.slots) as stage:
        log.info("draws with %s, encodes with %s, library %s", stage.renderer, family.value, library.id[:12])
        slots = Slots(settings.slots, "page")
        service = RendererService(process.artifacts, stage, library, slots, family)
        add_RendererServiceServicer_to_server(service, server)
        process.services.append(renderer_pb2.DESCRIPTOR.services_by_name["RendererService"].full_name)
        yield
