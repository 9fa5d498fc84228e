"""How much a request may send, and how who sends too much is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException

from gateway.rest.problems import refusal
from gateway.uploads import SELFIE, TAKE, Kind, TooLarge

BODY_LIMIT_BYTES = 128 * 1024
MULTIPART_ROOM_BYTES = 64 * 1024
"""What a form may weigh beside its file."""

DRAIN_BYTES, DRAIN_S = 256_000_000, 15.0
"""As much of a refused body as is read, so that the answer arrives."""


class _TooMuch(HTTPException):
    """More bytes than the path allows; an HTTPException, since FastAPI reads bodies where it lets no other through."""

    reason = TooLarge.default_reason

    def __init__(self, kind: Kind | None, limit: int) -> None:
        detail = f"the request is larger than {limit / 1e6:.3g} MB, which is the most that is taken"
        super().__init__(413, detail, {"Connection": "close"})
        self.fields = {kind.field: detail} if kind else {}


Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Bounded:
    """Refuses a body that is larger than its path allows, and lets whoever is refused read why.

    A client that is still sending when the connection closes sees a reset in place of the answer, so what is left of a
    refused body is read and thrown away first, within bounds.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = {"selfie": SELFIE, "take": TAKE}.get(scope["path"].rsplit("/", 1)[-1])
        limit = kind.limit_bytes + MULTIPART_ROOM_BYTES if kind else BODY_LIMIT_BYTES
        headers = dict(scope["headers"])
        total, whole = 0, False

        async def counted() -> dict[str, Any]:
            nonlocal total, whole
            part = await receive()
            total += len(part.get("body", b""))
            whole = whole or not part.get("more_body", False)
            if total > limit:
                raise _TooMuch(kind, limit)
            return part

        async def answering(message: dict[str, Any]) -> None:
            refused = message["type"] == "http.response.start" and message["status"] >= 400
            # Who asks before sending has sent nothing yet.
            asks = headers.get(b"expect", b"").lower() == b"100-continue"
            if refused and not whole and not asks:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_drain(receive), timeout=DRAIN_S)
            await send(message)

        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            response: Any = refusal(_TooMuch(kind, limit))
            await response(scope, receive, answering)
            return
        await self._app(scope, counted, answering)


async def _drain(receive: Receive) -> None:
    total, more = 0, True
    while more and total < DRAIN_BYTES:
        part = await receive()
        total += len(part.get("body", b""))
        more = part.get("more_body", False)
