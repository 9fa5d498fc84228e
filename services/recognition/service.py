"""The recognition service: fetch the selfie, look at it, choose an avatar, reply. Pixels live as long as the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from fancam.artifacts import ArtifactStore
from fancam.errors import InvalidRequest, NotReady
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Process, Slots
from fancam.settings import RecognitionSettings
from fancam.v1 import recognition_pb2, recognition_pb2_grpc
from fancam.v1.avatar_pb2 import Color, Distribution, Measure, Recipe, Trait
from fancam.v1.avatar_pb2 import Traits as TraitsMessage
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from fancam.v1.recognition_pb2 import RecogniseRequest, RecogniseResponse, RecogniseResult
from services.recognition import faces, recipe
from services.recognition.engine import NoEngine
from services.recognition.gate import Refused
from services.recognition.picture import MAX_BYTES, ImageTooLarge, NotAnImage
from services.recognition.recipe import BadRules, Catalogue, Rules
from services.recognition.recogniser import Recogniser
from services.recognition.traits import Choice, Coloured, Measured, Traits

log = logging.getLogger(__name__)


class RecognitionService(recognition_pb2_grpc.RecognitionServiceServicer):
    """Answers `fancam.v1.RecognitionService`."""

    def __init__(
        self, store: ArtifactStore, recogniser: Recogniser, catalogue: Catalogue, rules: Rules, slots: Slots
    ) -> None:
        self._store = store
        self._recogniser = recogniser
        self._catalogue = catalogue
        self._rules = rules
        self._slots = slots

    async def Recognise(
        self, request: RecogniseRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[RecogniseResponse]:
        """Measure a selfie and choose an avatar; see recognition.proto."""

        async def work(report: Report) -> RecogniseResult:
            async with self._slots.take():
                # The gateway sends the next call once it sees that this one is in.
                report(0.0, "looking at the selfie")
                return await self._recognise(request, report)

        async for event in reporting(work):
            if isinstance(event, Result):
                yield RecogniseResponse(result=event.value)
            else:
                yield RecogniseResponse(progress=event)

    async def _recognise(self, request: RecogniseRequest, report: Report) -> RecogniseResult:
        spans = Spans()
        selfie = request.selfie
        if selfie.size_bytes > MAX_BYTES:
            raise _invalid(
                "IMAGE_TOO_LARGE", f"the picture has {selfie.size_bytes:,} bytes; at most {MAX_BYTES:,} are taken"
            )
        catalogue, rules = self._catalogue, self._rules
        if request.HasField("pressing"):
            catalogue, rules = await self._chosen_from(request.pressing)
        data = await self._store.get(selfie)
        try:
            with spans.span("recognise"):
                # Decoding and networks are blocking C, so they run off the event loop.
                seen = await asyncio.to_thread(self._recogniser.look, data, report)
            with spans.span("recipe"):
                chosen = recipe.choose(seen, catalogue, rules)
        except NotAnImage as error:
            raise _invalid("NOT_AN_IMAGE", f"{error}. Send a photo as JPEG, PNG or WebP.") from error
        except ImageTooLarge as error:
            raise _invalid("IMAGE_TOO_LARGE", f"{error}. Send a smaller photo.") from error
        except Refused as error:
            raise _invalid(error.reason, str(error)) from error
        except BadRules as error:
            raise InvalidRequest(
                f"pressing: {error}", reason="BAD_RECIPE_RULES", fields={"pressing": str(error)}
            ) from error
        report(1.0, "an avatar is chosen")
        return RecogniseResult(traits=traits_message(seen), recipe=recipe_message(chosen), spans=list(spans))

    async def _chosen_from(self, artifact: Artifact) -> tuple[Catalogue, Rules]:
        """The library with the campaign's own parts, and its rules, or the library's if it brings none."""
        pressing = Pressing()
        await self._store.get_message(artifact, pressing)
        own = [recipe.Part(part.id, part.group, dict(part.tags)) for _, part in sorted(pressing.parts.items())]
        return self._catalogue.with_parts(own), await self._rules_of(pressing)

    async def _rules_of(self, pressing: Pressing) -> Rules:
        path = pressing.campaign.recipe_rules
        if not path:
            return self._rules
        if path not in pressing.files:
            raise InvalidRequest(f"pressing: {path} is not among its files", reason="BAD_RECIPE_RULES")
        local = await self._store.local(pressing.files[path])
        try:
            return Rules.read(await asyncio.to_thread(Path(local).read_text, "utf-8"))
        except (BadRules, UnicodeDecodeError) as error:
            raise InvalidRequest(f"pressing: {path}: {error}", reason="BAD_RECIPE_RULES") from error


def _invalid(reason: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, reason=reason, fields={"selfie": message})


def traits_message(seen: Traits) -> TraitsMessage:
    """Traits as the contract writes them."""
    message = TraitsMessage()
    for trait in seen.all.values():
        match trait:
            case Choice():
                entries = [
                    Distribution.Entry(value=value, probability=min(1.0, probability))
                    for value, probability in trait.probabilities.items()
                ]
                message.traits.append(
                    Trait(
                        attribute=trait.attribute,
                        distribution=Distribution(entries=entries, decision=trait.decision),
                        abstained=not trait.decision,
                        evidence=trait.evidence,
                    )
                )
            case Measured():
                message.traits.append(
                    Trait(
                        attribute=trait.attribute,
                        measure=Measure(ratio=trait.ratio, z=trait.z, sigma=trait.sigma),
                        abstained=trait.abstained,
                        evidence=trait.evidence,
                    )
                )
            case Coloured():
                message.traits.append(
                    Trait(
                        attribute=trait.attribute,
                        color=_color(trait.rgb),
                        abstained=trait.abstained,
                        evidence=trait.evidence,
                    )
                )
    return message


def recipe_message(chosen: recipe.Recipe) -> Recipe:
    """A recipe as the contract writes it."""
    return Recipe(
        library=chosen.library,
        parts=chosen.parts,
        colors={slot: _color(rgb) for slot, rgb in chosen.colors.items()},
        morphs=chosen.morphs,
    )


def _color(rgb: recipe.Rgb) -> Color:
    red, green, blue = rgb
    return Color(red=red, green=green, blue=blue)


@asynccontextmanager
async def recognition(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve recognition for the length of the block; it is ready when all networks have run once."""
    settings = RecognitionSettings.load()
    catalogue = Catalogue.read(await asyncio.to_thread(recipe.CATALOGUE.read_bytes))
    rules = Rules.read(await asyncio.to_thread(recipe.RULES.read_text, "utf-8"))
    try:
        recogniser = await asyncio.to_thread(Recogniser, faces.FOLDER, streams=settings.slots)
    except NoEngine as error:
        raise NotReady(str(error)) from error
    for network, engine in recogniser.engines.used.items():
        log.info("%s runs on %s", network, engine)
    service = RecognitionService(
        process.artifacts, recogniser, catalogue, rules, Slots(settings.slots, "recognition slot")
    )
    recognition_pb2_grpc.add_RecognitionServiceServicer_to_server(service, server)
    process.services.append(recognition_pb2.DESCRIPTOR.services_by_name["RecognitionService"].full_name)
    yield
