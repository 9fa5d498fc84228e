"""Serves the library's page on this machine: `python -m services.renderer.show [--port 7121]`, until Ctrl-C.

The page draws with the module that the renderer's page draws with, and fetches nothing from anywhere else. `--part
FILE.glb` puts a part of one's own among the library's, checked and packed as a press would.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mimetypes
import re
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from services.renderer.build import open_library
from services.renderer.drawing import PAGE
from services.renderer.library import Library
from services.renderer.own import Unfit, fit
from stage.files import POLICY

PREVIEW = PAGE / "dist" / "preview"
PART = re.compile(r"/library/part/([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)\.glb")


def find(library: Library, path: str) -> Path | None:
    """The file behind a path of the page: its own, the library's dances, and parts that the catalogue names."""
    part = PART.fullmatch(path)
    if part:
        group, name = part.groups()
        known = name in library.groups.get(group, {}) or (group, name) == ("head", "head")
        return library.geometry(group, name) if known else None
    if path == "/library/dances.json":
        return library.folder / "dances.json"
    name = "index.html" if path == "/" else path.removeprefix("/")
    return PREVIEW / name if name in {"index.html", "main.js", "style.css"} else None


def content(library: Library, path: str) -> tuple[bytes, str] | None:
    """The bytes behind a path of the page, and their media type; None when nothing is there."""
    if path == "/library/catalogue.json":
        return json.dumps(library.catalogue).encode(), "application/json"
    found = find(library, path)
    if found is None or not found.is_file():
        return None
    return found.read_bytes(), mimetypes.guess_type(found.name)[0] or "application/octet-stream"


def with_own(library: Library, parts: Sequence[Path], folder: Path) -> Library:
    """The library and parts of one's own, packed into `folder`.

    Raises:
        Unfit: One does not fit; names everything that is wrong.
        OSError: One cannot be read.
    """
    fitted = fit({str(path): path.read_bytes() for path in parts}, library) if parts else {}
    return library.with_parts([part.kept(folder) for part in fitted.values()])


class _Door(BaseHTTPRequestHandler):
    """Answers GET from a library."""

    protocol_version = "HTTP/1.1"

    def __init__(self, library: Library, *arguments: object) -> None:
        self._library = library
        super().__init__(*arguments)  # type: ignore[arg-type]  # as http.server passes them

    def do_GET(self) -> None:
        """Serve a file of the page."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        found = content(self._library, self.path.split("?", 1)[0]) if host in {"127.0.0.1", "localhost"} else None
        body, kind = found or (b"", "application/octet-stream")
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", kind)
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


def main() -> int:
    """Serve until Ctrl-C; 1 when a part of one's own keeps the page from being served."""
    parser = argparse.ArgumentParser(description="Look at the avatar library in a browser.")
    parser.add_argument("--port", type=int, default=7121, help="of the page; 0 takes a free one")
    parser.add_argument("--part", type=Path, action="append", default=[], help="a part of one's own; may be repeated")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fancam-show-") as scratch:
        try:
            library = with_own(open_library(say=_aside), told.part, Path(scratch))
            door = server(library, told.port)
        except Unfit as error:
            sys.stdout.write("".join(f"{path}: {fault}\n" for path, each in error.faults.items() for fault in each))
            return 1
        except OSError as error:
            sys.stdout.write(f"{error.filename or f'port {told.port}'}: {error.strerror}\n")
            return 1
        with door:
            sys.stdout.write(f"library at http://127.0.0.1:{door.server_address[1]}/\n")
            sys.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt):
                door.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
