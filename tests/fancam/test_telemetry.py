"""Traces and metrics: on when an endpoint is set, continued across processes, and silent about the fan."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from opentelemetry.instrumentation.grpc import aio_client_interceptors
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from fancam import telemetry
from fancam.channel import connect
from fancam.errors import Missing, from_call
from fancam.v1.audio_pb2 import ModerateNameRequest, SingRequest
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from tests.fancam.conftest import ANY, AUDIO, Start, sung

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Collector(TraceServiceServicer):
    """Keeps every request that it gets."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    async def Export(self, request: Any, context: Any) -> Any:
        """Say thank you."""
        self.requests.append(request)
        return traces.ExportTraceServiceResponse()


class Gauge(MetricsServiceServicer):
    """Keeps the last that it was told of every metric: totals since the process began."""

    def __init__(self) -> None:
        self.metrics: dict[str, Any] = {}
        self.bytes = b""

    async def Export(self, request: Any, context: Any) -> Any:
        """Say thank you."""
        told = [scope for resource in request.resource_metrics for scope in resource.scope_metrics]
        self.metrics |= {metric.name: metric for scope in told for metric in scope.metrics}
        self.bytes += request.SerializeToString()
        return metrics.ExportMetricsServiceResponse()

    def points(self, name: str) -> list[tuple[dict[str, str], Any]]:
        """The points of one metric with their attributes."""
        metric = self.metrics[name]
        points = getattr(metric, metric.WhichOneof("data")).data_points
        return [({a.key: a.value.string_value for a in point.attributes}, point) for point in points]


@pytest.fixture
async def gauge() -> Gauge:
    """What is told of metrics."""
    return Gauge()


@pytest.fixture
async def collector(gauge: Gauge) -> AsyncIterator[tuple[str, Collector]]:
    """A collector on loopback, with its address."""
    server, kept = grpc.aio.server(), Collector()
    add_TraceServiceServicer_to_server(kept, server)
    add_MetricsServiceServicer_to_server(gauge, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"http://127.0.0.1:{port}", kept
    await server.stop(None)


async def test_a_call_is_traced_without_what_it_says(collector: tuple[str, Collector], start: Start) -> None:
    """The server's span continues its caller's trace, names service and method, and holds no name of a fan."""
    endpoint, kept = collector
    process = await start(FANCAM_SERVER_OTLP_ENDPOINT=endpoint)
    async with connect(process.address, AUDIO) as channel:
        await AudioServiceStub(channel).ModerateName(
            ModerateNameRequest(name="Zacharias", pressing=ANY),
            timeout=30,
            metadata=[("traceparent", f"00-{TRACE}-{PARENT}-01")],
        )
    process.tell(signal.SIGTERM)
    assert await process.ended() == 0

    resources = [resource for request in kept.requests for resource in request.resource_spans]
    names = {a.value.string_value for r in resources for a in r.resource.attributes if a.key == "service.name"}
    assert names == {"fancam-audio"}
    spans = [span for resource in resources for scope in resource.scope_spans for span in scope.spans]
    [span] = [span for span in spans if "ModerateName" in span.name]
    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == PARENT
    assert b"Zacharias" not in b"".join(request.SerializeToString() for request in kept.requests)


async def test_calls_and_slots_are_counted_without_what_is_said(
    collector: tuple[str, Collector], gauge: Gauge, start: Start
) -> None:
    """Every call is counted by method and end, a failure by its reason; a slot that was given back is not taken."""
    process = await start(FANCAM_SERVER_OTLP_ENDPOINT=collector[0])
    async with connect(process.address, AUDIO) as channel:
        stub = AudioServiceStub(channel)
        await stub.ModerateName(ModerateNameRequest(name="Zacharias", pressing=ANY), timeout=30)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.ModerateName(ModerateNameRequest(name="raise Missing", pressing=ANY), timeout=30)
        await sung(stub, "0.01")
    process.tell(signal.SIGTERM)
    assert await process.ended() == 0

    calls = {
        (at["rpc.method"].rpartition("/")[2], at["rpc.response.status_code"], at.get("error.type", "")): point.count
        for at, point in gauge.points(telemetry.CALL_DURATION)
    }
    assert calls == {("ModerateName", "OK", ""): 1, ("ModerateName", "NOT_FOUND", "AS_ASKED"): 1, ("Sing", "OK", ""): 1}
    assert [(at, point.as_int) for at, point in gauge.points(telemetry.SLOTS)] == [({"fancam.slot": "slot"}, 1)]
    assert [point.as_int for _, point in gauge.points(telemetry.SLOTS_TAKEN)] == [0]
    assert b"Zacharias" not in gauge.bytes


async def test_traced_calls_stream_fail_and_cancel_as_before(collector: tuple[str, Collector], start: Start) -> None:
    """With traces on both sides a stream ends with its result, a failure keeps its reason, a leaver frees the slot."""
    endpoint, _ = collector
    process = await start(FANCAM_SERVER_OTLP_ENDPOINT=endpoint)
    async with grpc.aio.insecure_channel(process.address, interceptors=aio_client_interceptors()) as channel:
        stub = AudioServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ModerateName(ModerateNameRequest(name="raise Missing", pressing=ANY), timeout=30)
        leaver = stub.Sing(SingRequest(take=ANY, pressing=ANY, locale="60"), timeout=60)
        async for _event in leaver:
            leaver.cancel()
            break
        events = await sung(stub, "0.1")

    assert isinstance(from_call(caught.value), Missing)
    assert from_call(caught.value).reason == "AS_ASKED"
    assert events[-1].HasField("result")


def test_telemetry_is_off_until_somebody_wants_it() -> None:
    """Without an endpoint no interceptor stands in the way of a call."""
    telemetry.start_telemetry("audio", "")

    assert telemetry.server_interceptors() == []
    assert telemetry.client_interceptors() == []
