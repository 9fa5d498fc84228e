"""Calling the services that work for a press, as often as it takes, and following what they do."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from fancam.channel import DEADLINE_S
from fancam.errors import Busy, InvalidRequest, NotReady, from_call
from fancam.v1.audio_pb2 import MasterRequest, MasterResponse
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from fancam.v1.avatar_pb2 import OwnPart
from fancam.v1.compositor_pb2 import ComposeRequest, ComposeResult
from fancam.v1.compositor_pb2_grpc import CompositorServiceStub
from fancam.v1.media_pb2 import Artifact, Span
from fancam.v1.renderer_pb2 import FitPartsRequest, FitPartsResult, Pass, RenderPassRequest, RenderPassResult
from fancam.v1.renderer_pb2_grpc import RendererServiceStub
from services.assembler.gate import Gate

MAX_DEATHS = 6
"""Times that a call whose worker died or is not there is made again, waiting longer each time: half a minute in all."""

T = TypeVar("T")


class Workers:
    """The two services that draw for a press, and the one that masters its song."""

    def __init__(
        self, renderer: RendererServiceStub, compositor: CompositorServiceStub, audio: AudioServiceStub
    ) -> None:
        self._renderer = renderer
        self._compositor = compositor
        self._audio = audio
        self._gates = {method: Gate() for method in ("FitParts", "RenderPass", "Compose", "Master")}

    async def master(self, request: MasterRequest, watch: Watch) -> MasterResponse:
        """The song's bed, by the audio service."""
        mastered: MasterResponse = await self._insist("Master", self._audio.Master, request, watch)
        watch.cached = mastered.cached
        return mastered

    async def fit_parts(self, request: FitPartsRequest, watch: Watch) -> Mapping[str, OwnPart]:
        """A campaign's own parts, checked and packed by the renderer, by path."""
        result: FitPartsResult = await self._insist("FitParts", self._renderer.FitParts, request, watch)
        return result.parts

    async def draw_pass(self, request: RenderPassRequest, watch: Watch) -> Pass:
        """One avatar's pass, by the renderer."""
        result: RenderPassResult = await self._insist("RenderPass", self._renderer.RenderPass, request, watch)
        watch.cached = result.cached
        drawn: Pass = getattr(result, "pass")  # a keyword in Python
        return drawn

    async def compose(self, request: ComposeRequest, watch: Watch) -> Artifact:
        """One segment or plate, by the compositor."""
        result: ComposeResult = await self._insist("Compose", self._compositor.Compose, request, watch)
        watch.cached = result.cached
        return result.segment

    async def _insist(self, method: str, ask: Callable[..., Any], request: Message, watch: Watch) -> Any:
        """Call until it works: again when every worker is busy, and a few times when one dies under the call."""
        gate = self._gates[method]
        deaths = 0
        while True:
            left_s = watch.deadline - time.monotonic()
            wait_s = 0.0
            try:
                async with gate:
                    try:
                        result = await watch.listen(ask(request, timeout=max(0.1, min(DEADLINE_S[method], left_s))))
                    except grpc.aio.AioRpcError as call_error:
                        raise from_call(call_error) from call_error
                    gate.taken()
                    return result
            except NotReady as error:
                wait_s = error.retry_after_s or 0.5 * 2**deaths
                deaths += 1
                if deaths > MAX_DEATHS or left_s < 1.0:
                    raise
            except Busy as error:
                if error.reason == "STORE_FULL" or left_s < 1.0:
                    raise
                gate.refused()
                if gate.under_way == 0:  # somebody else's call holds the worker
                    wait_s = error.retry_after_s or 0.5
            await asyncio.sleep(wait_s)


FRAME_LAYERS = 2
"""Layers that a frame costs beside its own, for reading it back and encoding it."""


def amount(frames: int, layers: int) -> int:
    """How much work frames of so many layers are, for what grows with the layers; else as many as the frames."""
    return frames * (layers + FRAME_LAYERS if layers else 1)


@dataclass(frozen=True)
class Work:
    """One piece of a press's work."""

    stage: str
    """`master`, `code`, `fit`, `render`, `compose` or `outputs`."""
    name: str
    """For people, such as `plate chorus`."""
    cut: str
    frames: int
    layers: int = 0
    """That are drawn on each frame, where that is what takes the time."""

    @property
    def amount(self) -> int:
        """What its seconds are in proportion to."""
        return amount(self.frames, self.layers)


class Watch:
    """One call's part of a press: its expected cost, how far it is, and when it ran."""

    def __init__(self, what: Work, weight: float, deadline: float, tell: Callable[[str], None]) -> None:
        self.work = what
        self.what = what.name
        self.weight = weight
        self.deadline = deadline
        """When the press must be done, on the monotonic clock."""
        self.fraction = 0.0
        self.span: Span | None = None
        self.cached = False
        """Whether the answer came from the store."""
        self._tell = tell

    @property
    def slot_s(self) -> float:
        """Seconds that a slot of the worker was busy for it; 0 until it is done, and when the store had it."""
        if self.span is None or self.cached:
            return 0.0
        return (self.span.end_unix_ns - self.span.start_unix_ns) / 1e9

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Follow work of our own to its end."""
        start_unix_ns = time.time_ns()
        yield
        self._ended(start_unix_ns)

    def _ended(self, start_unix_ns: int) -> None:
        self.fraction = 1.0
        self.span = Span(name=self.what, start_unix_ns=start_unix_ns, end_unix_ns=time.time_ns())
        self._tell(self.what)

    async def listen(self, events: AsyncIterator[Any] | grpc.aio.UnaryUnaryCall[Any, Any]) -> Any:
        """Follow a call to its result; one that only answers says nothing on its way."""
        if isinstance(events, grpc.aio.UnaryUnaryCall):
            with self.working():
                return await events
        start_unix_ns = time.time_ns()
        async for event in events:
            if event.HasField("result"):
                self._ended(start_unix_ns)
                return event.result
            self.fraction = event.progress.fraction
            self._tell(f"{self.what}: {event.progress.message}" if event.progress.message else self.what)
        raise NotReady(f"{self.what}: the worker ended without a result")


async def together(*jobs: Coroutine[Any, Any, T]) -> list[T]:
    """Run all jobs; the first that fails ends the others, and is what is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def all_of(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all jobs. What is wrong with the campaign is collected from all; any other failure ends them at once."""
    invalid: list[InvalidRequest] = []

    async def collected(job: Coroutine[Any, Any, T]) -> list[T]:
        try:
            return [await job]
        except InvalidRequest as error:
            invalid.append(error)
            return []

    results = await together(*map(collected, jobs))
    if invalid:
        fields = {place: why for error in invalid for place, why in error.fields.items()}
        raise InvalidRequest(str(invalid[0]), reason="CAMPAIGN_INVALID", fields=fields)
    return [result for found in results for result in found]
