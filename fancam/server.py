"""Serving one gRPC service as a process: interceptors, health, reflection, keepalive, drain. Set once, for all six."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio  # type: ignore[attr-defined]  # not in the stubs
from grpc_reflection.v1alpha import reflection
from protovalidate import Validator

from fancam.artifacts import ArtifactStore
from fancam.errors import Busy, FancamError, InvalidRequest, NotReady, to_status
from fancam.settings import ArtifactSettings, MeshSettings, ServerSettings
from fancam.telemetry import count_call, count_slots, server_interceptors, start_telemetry

log = logging.getLogger(__name__)

# Values that belong together; the client's half is in channel.py. A client pings every 5 s, so a server must allow 4 s.
# A connection ends after 30 s (gRPC adds 10 % jitter by itself) so that clients find new replicas; its streams may
# finish, so the grace is longer than the longest deadline in channel.py.
OPTIONS: list[tuple[str, int]] = [
    ("grpc.keepalive_time_ms", 5_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 4_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_connection_age_ms", 30_000),
    ("grpc.max_connection_age_grace_ms", 3_660_000),
    ("grpc.so_reuseport", 0),
]


@dataclass
class Process:
    """What a service is given when it starts."""

    name: str
    mesh: MeshSettings
    artifacts: ArtifactStore
    # Full names of the gRPC services this process speaks for, filled by the service.
    services: list[str] = field(default_factory=list)


Lifespan = Callable[[grpc.aio.Server, Process], AbstractAsyncContextManager[None]]
"""Registers a service on the server and holds its resources for the length of the block."""


class Slots:
    """A fixed number of places for exclusive work. Never queues: the gateway decides who goes next."""

    def __init__(self, count: int, what: str, *, retry_after_s: float = 0.5) -> None:
        self._free = count
        self._what = what
        self._retry_after_s = retry_after_s
        count_slots(what, places=count)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold one place.

        Raises:
            Busy: None is free; says when to come back.
        """
        if self._free <= 0:
            raise Busy(f"every {self._what} is taken", retry_after_s=self._retry_after_s)
        self._free -= 1
        count_slots(self._what, taken=1)
        try:
            yield
        finally:
            self._free += 1
            count_slots(self._what, taken=-1)


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only, not when it runs
    """What every call passes: it has a deadline, its request obeys the rules in the proto, its failure has a status.

    The only place where an exception becomes a status; no handler touches `context.abort`.
    """

    def __init__(self) -> None:
        self._validator = Validator()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """Wrap the handler; health and reflection pass untouched."""
        handler = await continuation(details)
        if handler is None or not details.method.startswith("/fancam."):
            return handler
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(handler.unary_unary, details.method),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler.unary_stream, details.method),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(
                self._exchange(handler.stream_stream, details.method),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        raise TypeError(f"{details.method}: a stream answered by one message is not used in fancam.v1")

    def check(self, request: Message) -> None:
        """Check a message against the rules in its proto.

        Raises:
            InvalidRequest: With one entry per broken rule.
        """
        broken = self._validator.collect_violations(request)
        if broken:
            fields = {_path(violation.proto.field): violation.proto.message for violation in broken}
            first = next(iter(fields.items()))
            raise InvalidRequest(f"{type(request).__name__}.{first[0]}: {first[1]}", fields=fields)

    def _admit(self, request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        _bounded(context)
        self.check(request)

    def _unary(self, handler: Any, method: str) -> Any:
        async def call(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            async with _failures(method, context):
                self._admit(request, context)
                return await handler(request, context)

        return call

    def _stream(self, handler: Any, method: str) -> Any:
        async def call(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            async with _failures(method, context):
                self._admit(request, context)
                async with contextlib.aclosing(handler(request, context)) as events:
                    async for event in events:
                        yield event

        return call

    def _exchange(self, handler: Any, method: str) -> Any:
        async def checked(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
            async for request in requests:
                self.check(request)
                yield request

        async def call(
            requests: AsyncIterator[Message], context: grpc.aio.ServicerContext[Any, Any]
        ) -> AsyncIterator[Any]:
            async with _failures(method, context):
                _bounded(context)
                async with contextlib.aclosing(handler(checked(requests), context)) as events:
                    async for event in events:
                        yield event

        return call


def _bounded(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    if context.time_remaining() is None:
        raise InvalidRequest("every call needs a deadline", reason="DEADLINE_MISSING")


@asynccontextmanager
async def _failures(method: str, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
    """Turn whatever the block raises into the status its caller receives; count how it ended and how long it took."""
    began = time.monotonic()
    try:
        yield
    except FancamError as error:
        if error.code is grpc.StatusCode.INTERNAL:
            log.exception("%s failed", method)
        failure = error
    except (asyncio.CancelledError, GeneratorExit, grpc.aio.AbortError):
        count_call(method, time.monotonic() - began, grpc.StatusCode.CANCELLED.name)
        raise
    except Exception:
        log.exception("%s failed", method)
        failure = FancamError(f"{method} failed; the service's log says why")
    else:
        count_call(method, time.monotonic() - began, grpc.StatusCode.OK.name)
        return
    status = to_status(failure)
    count_call(method, time.monotonic() - began, failure.code.name, failure.reason)
    trailing = [*status.trailing_metadata]
    if failure.retry_after_s > 0:
        # What a client's retry policy waits for (gRFC A6); RetryInfo in the details is for everybody else.
        trailing.append(("grpc-retry-pushback-ms", str(round(failure.retry_after_s * 1000))))
    await context.abort(status.code, status.details, tuple(trailing))


def _path(field: Any) -> str:
    """A protovalidate field path as people write it: `cuts[3].shot`."""
    text = ""
    for element in field.elements:
        text += ("." if text else "") + element.field_name
        subscript = getattr(element, "subscript", None)
        if subscript is not None and getattr(subscript, "value", None) is not None:
            text += f"[{subscript.value}]"
    return text or "request"


async def serve(name: str, lifespan: Lifespan, settings: ServerSettings, mesh: MeshSettings) -> None:
    """Serve until SIGTERM or SIGINT: the first drains, the second aborts."""
    server = grpc.aio.server(interceptors=[*server_interceptors(), Guard()], options=OPTIONS)
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    # `live` never checks dependencies, so that a liveness probe cannot kill a process for another one's fault.
    await health.set("live", health_pb2.HealthCheckResponse.SERVING)
    await health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    process = Process(name=name, mesh=mesh, artifacts=ArtifactStore(ArtifactSettings.load()))
    listen = settings.listen or _local(getattr(mesh, name))
    async with lifespan(server, process):
        names = [*process.services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
        reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
        if server.add_insecure_port(listen) == 0:
            raise NotReady(f"{name} cannot listen on {listen}")
        await server.start()
        for ready in ["", *process.services]:
            await health.set(ready, health_pb2.HealthCheckResponse.SERVING)
        log.info("%s is ready on %s", name, listen)
        try:
            await _until_told()
            log.info("%s drains", name)
            for ready in ["", *process.services]:
                await health.set(ready, health_pb2.HealthCheckResponse.NOT_SERVING)
            await asyncio.sleep(settings.drain_notice_s)
            await server.stop(settings.drain_grace_s)
        except asyncio.CancelledError:
            log.warning("%s aborts", name)
            await server.stop(None)
            raise
    log.info("%s has ended", name)


def _local(target: str) -> str:
    """The address to listen on for a target that others dial: a cluster name means all interfaces."""
    address = target.rsplit("/", 1)[-1]
    host, port = address.rsplit(":", 1)
    return address if host in {"127.0.0.1", "localhost"} else f"[::]:{port}"


async def _until_told() -> None:
    """Wait for the first signal; the second one cancels the task that waited, so that what is open is still closed."""
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    told = asyncio.Event()

    def drain() -> None:
        if told.is_set() and serving is not None:
            serving.cancel()
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, drain)
    await told.wait()


def run(name: str, lifespan: Lifespan) -> None:
    """Be the process `name`: what every `__main__.py` calls."""
    settings = ServerSettings.load()
    logging.basicConfig(
        level=settings.log_level.upper(), format=f"%(asctime)s {name} %(levelname)s %(message)s", stream=sys.stderr
    )
    start_telemetry(name, settings.otlp_endpoint)
    try:
        asyncio.run(serve(name, lifespan, settings, MeshSettings.load()))
    except asyncio.CancelledError:
        sys.exit(1)
