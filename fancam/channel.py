"""Calling another service: retry policy, client-side health check, keepalive and balancing. Set once, here."""

from __future__ import annotations

import json

import grpc

from fancam.telemetry import client_interceptors

# Seconds each kind of call may take. Every call carries one of these; a server refuses a call without a deadline.
DEADLINE_S = {
    "Recognise": 30.0,
    "ModerateName": 5.0,
    "Sing": 120.0,
    "SingLive": 240.0,
    "Master": 240.0,
    "RenderPass": 180.0,
    "RenderStills": 180.0,
    "FitParts": 120.0,
    "Compose": 300.0,
    "Press": 3600.0,
    "Assemble": 60.0,
    "Fragment": 20.0,
    "WatchSession": 3600.0,
    "GetDemand": 5.0,
}

# The client's half of the values in server.py. Without the two reconnect options a client waits up to minutes after an
# outage; without the DNS option it never looks for new replicas.
OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.keepalive_time_ms", 5_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
]


def service_config(service: str) -> str:
    """Balancing over all ready replicas, health watched, UNAVAILABLE retried for calls that have not answered yet.

    A retry waits as long as the server's push-back says, or by the policy's own clock. RESOURCE_EXHAUSTED is not
    retried here: who goes next into a busy service is the caller's to decide, at once. Every RPC of fancam.v1 is
    idempotent, since its output is addressed by content.
    """
    return json.dumps(
        {
            "loadBalancingConfig": [{"round_robin": {}}],
            "healthCheckConfig": {"serviceName": service},
            "methodConfig": [
                {
                    "name": [{"service": service}],
                    "retryPolicy": {
                        "maxAttempts": 4,
                        "initialBackoff": "0.1s",
                        "maxBackoff": "1s",
                        "backoffMultiplier": 2,
                        "retryableStatusCodes": ["UNAVAILABLE"],
                    },
                }
            ],
            "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
        }
    )


def connect(target: str, service: str) -> grpc.aio.Channel:
    """A channel to every replica behind `target`.

    Args:
        target: `host:port`, or `dns:///name:port` for a headless Service.
        service: Full name, for example `fancam.v1.AudioService`; its health decides which replicas are used.
    """
    return grpc.aio.insecure_channel(
        target,
        options=[*OPTIONS, ("grpc.service_config", service_config(service))],
        interceptors=client_interceptors(),
    )
