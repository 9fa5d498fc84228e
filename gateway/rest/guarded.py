"""What browsers and caches are told with every answer that says nothing else of it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # A session's answers hold a name, and links that open without a key.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    # Nothing is what its bytes may look like: a fan's upload is never run as a page.
    "X-Content-Type-Options": "nosniff",
}


class Guarded:
    """Adds to every answer what it lacks of `HEADERS`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, completed if scope["type"] == "http" else send)
