"""Serving an artifact over HTTP: whole or in part, with its hash as ETag (RFC 9110)."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from fancam.v1.media_pb2 import Artifact
from gateway.door import Door
from gateway.rest.problems import answer, problem


def described(*media_types: str) -> dict[str, Any]:
    """What OpenAPI says of a route that serves a file, whole or in part."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}
    return {
        "response_class": Response,
        "responses": {
            200: {"description": "The whole file.", "content": content},
            206: {"description": "The bytes that were asked for.", "content": content},
            304: {"description": "The file is the one that If-None-Match names."},
        },
        "openapi_extra": {
            "parameters": [
                {"name": name, "in": place, "required": False, "description": text, "schema": {"type": kind}}
                for name, place, kind, text in (
                    ("Range", "header", "string", "One range of bytes, for example `bytes=0-1023`."),
                    ("If-Range", "header", "string", "The ETag of which the range is wanted."),
                    ("If-None-Match", "header", "string", "The ETag of what is at hand."),
                    ("download", "query", "boolean", "Browsers save the file by its name, from any web site's page."),
                )
            ]
        },
    }


def serve(request: Request, door: Door, artifact: Artifact, filename: str, *, public: bool = False) -> Response:
    """The artifact, or the part of it that was asked for; what is `public` may be kept by caches on the way."""
    size = artifact.size_bytes
    place = "attachment" if request.query_params.get("download", "").lower() in {"1", "true"} else "inline"
    etag = f'"{artifact.uri.rsplit("/", 1)[1]}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": f"{'public' if public else 'private'}, max-age=3600",
        "Content-Disposition": f'{place}; filename="{filename}"',
        # Pages that isolate themselves from other origins may show it: whoever has the address may see it.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    start, end, status = 0, size, 200
    asked = request.headers.get("range", "")
    if asked and request.headers.get("if-range", etag) == etag:
        span = byte_range(asked, size)
        if span == (0, 0):
            made = problem(416, "RANGE_NOT_SATISFIABLE", f"the file has {size} bytes")
            return answer(made, {**headers, "Content-Range": f"bytes */{size}"})
        if span is not None:
            (start, end), status = span, 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=artifact.media_type)
    return StreamingResponse(
        door.artifacts.stream(artifact, start, end), status_code=status, headers=headers, media_type=artifact.media_type
    )


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a Range header; 0 and 0 when it lies outside, None when it is to be ignored.

    Several ranges at once are ignored, as RFC 9110 allows: the whole file is sent.
    """
    unit, _, text = header.partition("=")
    first, dash, last = text.strip().partition("-")
    if unit.strip().lower() != "bytes" or "," in text or not dash or not (first + last).isdigit():
        return None
    if not first:
        length = int(last)
        return (max(0, size - length), size) if length and size else (0, 0)
    start = int(first)
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return None
    return (start, end) if start < size else (0, 0)
