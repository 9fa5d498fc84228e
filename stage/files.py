"""What a page may read: its own bundle and the files of its job, over one loopback address that nobody can guess."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import mimetypes
import secrets
from collections.abc import Mapping
from pathlib import Path

from stage.errors import PageNotBuilt

POLICY = "default-src 'self' blob: data:; script-src 'self' blob: 'wasm-unsafe-eval'"
"""What a page may load: itself and its job's files. Unpacking geometry and textures is WebAssembly."""


class Files:
    """A loopback web server with a secret in its paths: the page's bundle and the files of running jobs."""

    def __init__(self, bundle: Path) -> None:
        self._bundle = bundle
        self._secret = secrets.token_urlsafe(24)
        self._jobs: dict[str, Path | bytes] = {}
        self._numbers = itertools.count()
        self._server: asyncio.Server | None = None
        self.origin = ""

    async def open(self) -> None:
        """Listen on a port of the loopback address."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def index(self) -> str:
        """Address of the page."""
        return f"{self.origin}/{self._secret}/page/index.html"

    def lend(self, files: Mapping[str, Path | bytes]) -> dict[str, str]:
        """Addresses under which `files` are served until `take_back`."""
        addresses = {}
        for name, content in files.items():
            path = f"/{self._secret}/job/{next(self._numbers)}"
            self._jobs[path] = content
            addresses[name] = self.origin + path
        return addresses

    def take_back(self, addresses: Mapping[str, str]) -> None:
        """Serve these no longer."""
        for address in addresses.values():
            self._jobs.pop(address.removeprefix(self.origin), None)

    def _find(self, path: str) -> tuple[Path | bytes | None, str]:
        prefix = f"/{self._secret}/page/"
        if path.startswith(prefix):
            name = path.removeprefix(prefix)
            wanted = self._bundle / name
            if "/" not in name and wanted.is_file():
                return wanted, mimetypes.guess_type(name)[0] or "application/octet-stream"
            return None, ""
        return self._jobs.get(path), "application/octet-stream"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, *_ = head.split(" ", 2)
            content, kind = self._find(path) if method == "GET" else (None, "")
            body = b"" if content is None else content
            if isinstance(body, Path):
                body = await asyncio.to_thread(body.read_bytes)
            status = "404 Not Found" if content is None else "200 OK"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: {kind or 'text/plain'}\r\nContent-Length: {len(body)}\r\n"
                "Cache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
                f"Content-Security-Policy: {POLICY}\r\n\r\n".encode()
            )
            writer.write(body)
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def bundle_of(page_dir: Path) -> Path:
    """The built page of a folder.

    Raises:
        PageNotBuilt: It is not there.
    """
    bundle = page_dir / "dist"
    if not (bundle / "index.html").is_file():
        raise PageNotBuilt(f"{bundle} is missing; run `node stage/build.mjs`")
    return bundle
