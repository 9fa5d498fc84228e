"""Serves the library's page on this machine: `python -m services.renderer.show [--port 7121]`, until Ctrl-C.

The page draws with the module that the renderer's page draws with, and fetches nothing from anywhere else.
"""

from __future__ import annotations

import argparse
import mimetypes
import re
import sys
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from services.renderer.drawing import PAGE
from services.renderer.library import Library
from stage.host import POLICY

PREVIEW = PAGE / "dist" / "preview"
PART = re.compile(r"/library/part/([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)\.glb")


def find(library: Library, path: str) -> Path | None:
    """The file behind a path of the page: its own, the library's two documents, and parts that the catalogue names."""
    part = PART.fullmatch(path)
    if part:
        group, name = part.groups()
        known = name in library.groups.get(group, {}) or (group, name) == ("head", "head")
        return library.geometry(group, name) if known else None
    if path in {"/library/catalogue.json", "/library/dances.json"}:
        return library.folder / path.rsplit("/", 1)[1]
    name = "index.html" if path == "/" else path.removeprefix("/")
    return PREVIEW / name if name in {"index.html", "main.js", "style.css"} else None


class _Door(BaseHTTPRequestHandler):
    """Answers GET from a library."""

    protocol_version = "HTTP/1.1"

    def __init__(self, library: Library, *arguments: object) -> None:
        self._library = library
        super().__init__(*arguments)  # type: ignore[arg-type]  # as http.server passes them

    def do_GET(self) -> None:
        """Serve a file of the page."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        found = find(self._library, self.path.split("?", 1)[0]) if host in {"127.0.0.1", "localhost"} else None
        body = found.read_bytes() if found is not None and found.is_file() else b""
        self.send_response(HTTPStatus.OK if body else HTTPStatus.NOT_FOUND)
        kind = mimetypes.guess_type(found.name)[0] if found is not None else None
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing of each request."""


def server(library: Library, port: int = 0) -> ThreadingHTTPServer:
    """A server of the page on a loopback port, 0 for a free one; not yet serving."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Door, library))


def _aside(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Look at the avatar library in a browser.")
    parser.add_argument("--port", type=int, default=7121, help="of the page; 0 takes a free one")
    told = parser.parse_args()
    library = Library.open(say=_aside)
    with server(library, told.port) as door:
        print(f"library at http://127.0.0.1:{door.server_address[1]}/", flush=True)  # noqa: T201
        try:
            door.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
