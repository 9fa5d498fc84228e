"""Traces of calls between processes, off unless an OTLP endpoint is set. Never carries a name, a face or a voice."""

from __future__ import annotations

from typing import Any


def start_telemetry(service: str, otlp_endpoint: str) -> None:
    """Send this process's traces to `otlp_endpoint`; empty leaves telemetry off and its packages unloaded."""
    if not otlp_endpoint:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"fancam-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint, insecure=True)))
    trace.set_tracer_provider(provider)
    _STARTED.append(service)


_STARTED: list[str] = []


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
