"""Traces and metrics of calls between processes, off unless an OTLP endpoint is set. Never a name, a face or a voice.

Metrics, as OpenTelemetry names them (Prometheus: dots are underscores, `_seconds` behind what is in seconds):

    rpc.server.call.duration   seconds that calls took, by rpc.method, rpc.response.status_code and error.type
    fancam.slots               places for work that a process has, by fancam.slot
    fancam.slots.taken         how many of them are taken, by fancam.slot
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, UpDownCounter
    from opentelemetry.sdk.resources import Resource

CALL_DURATION, SLOTS, SLOTS_TAKEN = "rpc.server.call.duration", "fancam.slots", "fancam.slots.taken"

BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""Bounds of the histogram's buckets, in seconds: from a name's moderation to a press."""

METRICS_EVERY_S = 15.0


def start_telemetry(service: str, otlp_endpoint: str) -> None:
    """Send this process's traces and metrics to `otlp_endpoint`; empty leaves both off and their packages unloaded."""
    if not otlp_endpoint:
        return
    from opentelemetry.sdk.resources import Resource

    resource = Resource.create({"service.name": f"fancam-{service}"})
    _start_traces(resource, otlp_endpoint)
    _start_metrics(resource, otlp_endpoint)
    _STARTED.append(service)


def _start_traces(resource: Resource, otlp_endpoint: str) -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint, insecure=True)))
    trace.set_tracer_provider(provider)


def _start_metrics(resource: Resource, otlp_endpoint: str) -> None:
    from opentelemetry import metrics
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporter = OTLPMetricExporter(endpoint=otlp_endpoint, insecure=True)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=METRICS_EVERY_S * 1000)
    metrics.set_meter_provider(MeterProvider([reader], resource=resource))


_STARTED: list[str] = []


class _Meters(NamedTuple):
    calls: Histogram
    slots: UpDownCounter
    taken: UpDownCounter


@functools.cache
def _meters() -> _Meters:
    from opentelemetry import metrics

    meter = metrics.get_meter("fancam")
    return _Meters(
        meter.create_histogram(
            CALL_DURATION, "s", "How long a call took.", explicit_bucket_boundaries_advisory=BOUNDS_S
        ),
        meter.create_up_down_counter(SLOTS, "{slot}", "Places for work."),
        meter.create_up_down_counter(SLOTS_TAKEN, "{slot}", "Places for work that are taken."),
    )


def count_call(method: str, seconds: float, status: str, reason: str = "") -> None:
    """Count a call that has ended, with its gRPC status and, where it failed, the reason that its caller was given."""
    if _STARTED:
        attributes = {"rpc.system.name": "grpc", "rpc.method": method.lstrip("/"), "rpc.response.status_code": status}
        _meters().calls.record(seconds, attributes | ({"error.type": reason or status} if status != "OK" else {}))


def count_slots(what: str, *, places: int = 0, taken: int = 0) -> None:
    """Count places for work that are there from now on, or that are taken (1) or given back (-1)."""
    if _STARTED:
        _meters().slots.add(places, {"fancam.slot": what})
        _meters().taken.add(taken, {"fancam.slot": what})


def server_interceptors() -> list[Any]:
    """Interceptors that continue a caller's trace; none while telemetry is off."""
    if not _STARTED:
        return []
    from opentelemetry.instrumentation.grpc import aio_server_interceptor, filters

    # Ours only: health is watched by every client for as long as it is connected, and its handler is of a shape that
    # this interceptor cannot wrap.
    return [aio_server_interceptor(filter_=filters.service_prefix("fancam.v1."))]


def client_interceptors() -> list[Any]:
    """Interceptors that pass the trace on; none while telemetry is off."""
    if not _STARTED:
        return []
    from opentelemetry.instrumentation.grpc import aio_client_interceptors

    return list(aio_client_interceptors())
