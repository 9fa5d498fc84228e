"""Texts travel compressed to whoever takes them so.

Films, pictures and sound are compressed already, and events are not held back for it.

A session's answer holds no secret of anybody but its reader, who sends no cookie: nobody else can have one made with
words of their own in it and learn from its length.
"""

from __future__ import annotations

import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import playlists

TEXTS = {"application/json", "text/html", "text/css", "text/javascript", "text/plain", playlists.MEDIA_TYPE}

LEAST_BYTES = 1024
"""Shorter ones fit into a packet as they are."""

LEVEL = 5
_GZIP_WINDOW = 31


class Compressed:
    """Compresses every text that is answered whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not _takes_gzip(Headers(scope=scope).get("accept-encoding", "")):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def compressing(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_text(message):
                start = message  # it says how long the body is, which follows
                return
            if start is not None:
                head, start = start, None
                body = message.get("body", b"")
                if not message.get("more_body", False) and len(body) >= LEAST_BYTES:
                    message = {**message, "body": _gzip(body)}
                    headers = MutableHeaders(scope=head)
                    headers["Content-Encoding"] = "gzip"
                    headers["Content-Length"] = str(len(message["body"]))
                    headers.add_vary_header("Accept-Encoding")
                await send(head)
            await send(message)

        await self._app(scope, receive, compressing)


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, and not with a quality of 0."""
    for each in accepted.lower().split(","):
        coding, _, quality = each.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _is_text(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return headers.get("content-type", "").split(";")[0].strip() in TEXTS and "content-encoding" not in headers


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, wbits=_GZIP_WINDOW)
    return packer.compress(data) + packer.flush()
