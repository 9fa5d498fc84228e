"""The few ways a call can fail, each tied to the gRPC status its caller receives.

    FancamError          INTERNAL
    ├── InvalidRequest   INVALID_ARGUMENT      the caller must change the request
    ├── Missing          NOT_FOUND             the artifact, session or file is not there
    ├── Conflict         FAILED_PRECONDITION   the state does not allow it now, and repeating will not help
    ├── Busy             RESOURCE_EXHAUSTED    every slot is taken; come back after `retry_after_s`
    ├── StoreFull        RESOURCE_EXHAUSTED    the disk or the quota is full
    └── NotReady         UNAVAILABLE           retry later, the same request is fine

`reason` is google.rpc.ErrorInfo.reason: UPPER_SNAKE_CASE, stable, what front ends switch on. The message is for people.
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

DOMAIN = "fancam"


class FancamError(Exception):
    """A failure that is ours; its details are logged, and the caller is told only that it happened."""

    code = grpc.StatusCode.INTERNAL
    default_reason = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        fields: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after_s: float = 0.0,
    ) -> None:
        """Describe the failure.

        Args:
            message: One sentence for people, naming the value that was wrong.
            reason: Stable code for programs; empty means the class's own.
            fields: What is wrong per request field.
            metadata: Every varying part of the message, for programs.
            retry_after_s: When to come back, in seconds; 0 means unknown.
        """
        super().__init__(message)
        self.reason = reason or self.default_reason
        self.fields = dict(fields or {})
        self.metadata = dict(metadata or {})
        self.retry_after_s = retry_after_s


class InvalidRequest(FancamError):  # noqa: N818  named for what the caller reads
    """The caller must change the request."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    default_reason = "INVALID_REQUEST"


class Missing(FancamError):  # noqa: N818
    """What the request names is not there."""

    code = grpc.StatusCode.NOT_FOUND
    default_reason = "MISSING"


class Conflict(FancamError):  # noqa: N818
    """The state does not allow it now, and repeating will not help."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "CONFLICT"


class Busy(FancamError):  # noqa: N818
    """Every slot is taken; come back after `retry_after_s`."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = "BUSY"


class StoreFull(FancamError):  # noqa: N818
    """The disk or the quota is full."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = "STORE_FULL"


class NotReady(FancamError):  # noqa: N818
    """Retry later, the same request is fine."""

    code = grpc.StatusCode.UNAVAILABLE
    default_reason = "NOT_READY"


MESSAGE_BYTES, FIELDS_BYTES = 800, 3_000
"""Of a status's message and of its violations. A status travels as metadata, the message twice, once with three bytes
for each that is not ASCII: over 8 KiB in all gRPC may drop it, and over 16 KiB it makes RESOURCE_EXHAUSTED of it."""


def to_status(error: FancamError) -> grpc.Status:
    """The rich status (AIP-193) that a caller receives for `error`; of very many violations it names the first."""
    rich = status_pb2.Status(code=error.code.value[0], message=_cut(str(error), MESSAGE_BYTES))
    rich.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    if error.fields:
        rich.details.add().Pack(_violations(error.fields))
    if error.retry_after_s > 0:
        info = error_details_pb2.RetryInfo()
        info.retry_delay.FromNanoseconds(int(error.retry_after_s * 1e9))
        rich.details.add().Pack(info)
    return rpc_status.to_status(rich)


def _violations(fields: Mapping[str, str]) -> error_details_pb2.BadRequest:
    """What is wrong per field, as far as there is room; the last one says how many more there are."""
    bad = error_details_pb2.BadRequest()
    for number, (field, description) in enumerate(fields.items()):
        left = FIELDS_BYTES - bad.ByteSize()
        if left < FIELDS_BYTES // 8:
            bad.field_violations.add(field="", description=f"and {len(fields) - number} more")
            break
        bad.field_violations.add(field=_cut(field, left // 4), description=_cut(description, left // 2))
    return bad


def _cut(text: str, most: int) -> str:
    """The text in at most so many bytes of UTF-8."""
    data = text.encode()
    return text if len(data) <= most else data[: most - 3].decode(errors="ignore") + "…"


def from_call(error: grpc.aio.AioRpcError) -> FancamError:
    """The error that a call raised, as the class its status stands for, with reason, fields and retry time."""
    kinds: dict[grpc.StatusCode, type[FancamError]] = {
        grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
        grpc.StatusCode.NOT_FOUND: Missing,
        grpc.StatusCode.FAILED_PRECONDITION: Conflict,
        grpc.StatusCode.RESOURCE_EXHAUSTED: Busy,
        grpc.StatusCode.UNAVAILABLE: NotReady,
        grpc.StatusCode.DEADLINE_EXCEEDED: NotReady,
        grpc.StatusCode.CANCELLED: NotReady,
    }
    kind = kinds.get(error.code(), FancamError)
    reason, fields, metadata, retry_after_s = "", {}, {}, 0.0
    # The stubs want the synchronous Call; only trailing_metadata(), code() and details() are read, and both have them.
    rich = rpc_status.from_call(error)  # type: ignore[arg-type]
    if rich is not None:
        for detail in rich.details:
            info = error_details_pb2.ErrorInfo()
            bad = error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                reason, metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(bad):
                fields = {violation.field: violation.description for violation in bad.field_violations}
            elif detail.Unpack(retry):
                retry_after_s = retry.retry_delay.ToNanoseconds() / 1e9
    if not reason and kind is FancamError:
        reason = code_pb2.Code.Name(error.code().value[0])
    return kind(error.details() or reason, reason=reason, fields=fields, metadata=metadata, retry_after_s=retry_after_s)
