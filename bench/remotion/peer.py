"""Remotion drawing what our compositor draws, with the same browser: a peer to measure against, installed on demand.

Its licence is its own (free for small companies only), so it is fetched by whoever runs the bench and is no part of the
project: `docs/decisions/0012-remotion-only-as-a-peer.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil

from fancam.settings import inherited

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INSTALLED = ROOT / "out" / "bench" / "remotion"
PROJECTOR = "services/compositor/page/preview/projector.ts"
LLVMPIPE = {"EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe"}
"""As our own stage starts its Chrome."""


class NoPeer(Exception):  # noqa: N818  named for what the bench says
    """Remotion cannot be installed or started here."""


@dataclass(frozen=True)
class Cut:
    """A run of frames of one shot.

    Args:
        job: What the compositor's page is told.
        files: Content by the names that the job uses.
        first: First frame.
        frames: How many.
    """

    job: Mapping[str, Any]
    files: Mapping[str, Path | bytes]
    first: int
    frames: int


@dataclass(frozen=True)
class Rendered:
    """One film: CPU of all of Remotion's processes, wall time, and the GL that the page got."""

    cpu_s: float
    wall_s: float
    gl: str


def used(process: psutil.Process) -> float:
    """CPU seconds so far of a process and all that it started, those that ended too."""
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


async def _run(*command: str | Path, **more: Any) -> None:
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, **more
    )
    _, said = await process.communicate()
    if process.returncode:
        raise NoPeer(f"{' '.join(map(str, command))}: {said.decode()[-300:].strip()}")


class Remotion:
    """A warm Remotion: its bundle is made, its browser runs, its files are served."""

    def __init__(self, process: asyncio.subprocess.Process, public: Path) -> None:
        self._process = process
        self._public = public

    async def film(self, cuts: Sequence[Cut], rate: Fraction, out: Path) -> Rendered:
        """Render a film of some cuts, one after the other, as H.264 (x264 veryfast, crf 20, as ours)."""
        told = []
        for cut in cuts:
            files = {}
            for name, content in cut.files.items():
                path = self._public / f"{len(list(self._public.iterdir()))}"
                await asyncio.to_thread(_place, path, content)
                files[name] = path.name
            told.append({"job": cut.job, "files": files, "first": cut.first, "frames": cut.frames})
        job = cuts[0].job
        frames = sum(cut.frames for cut in cuts)
        props = {"cuts": told, "width": job["width"], "height": job["height"], "frames": frames, "rate": float(rate)}
        running = psutil.Process(self._process.pid)
        clock = asyncio.get_running_loop().time
        before, began = used(running), clock()
        heard = await self._ask({"props": props, "out": str(out)})
        gl = next((line for line in heard["heard"] if line.startswith("GL: ")), "GL: unknown")
        return Rendered(used(running) - before, clock() - began, gl.removeprefix("GL: "))

    async def _ask(self, question: Mapping[str, Any] | None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if question is not None:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            await self._process.stdin.drain()
        while line := await self._process.stdout.readline():
            with contextlib.suppress(json.JSONDecodeError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer
        assert self._process.stderr is not None
        raise NoPeer(f"Remotion ended: {(await self._process.stderr.read()).decode()[-600:].strip()}")

    @classmethod
    @asynccontextmanager
    async def open(cls, chromium: str, folder: Path) -> AsyncIterator[Remotion]:
        """Install it if need be, bundle our player into it, and start it.

        Args:
            chromium: The browser that draws, ours too.
            folder: For its files; deleted by the caller.

        Raises:
            NoPeer: It cannot be had here.
        """
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "film.jsx", "render.mjs"):
            shutil.copy(HERE / name, INSTALLED / name)
        if not (INSTALLED / "node_modules" / "remotion").exists():
            await _run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", cwd=INSTALLED)
        bundled = ["--bundle", "--format=esm", f"--outfile={INSTALLED / 'projector.js'}"]
        await _run("npx", "esbuild", PROJECTOR, *bundled, cwd=ROOT)
        public = folder / "public"
        public.mkdir(parents=True)
        process = await asyncio.create_subprocess_exec(
            "node",
            str(INSTALLED / "render.mjs"),
            chromium,
            str(folder),
            cwd=INSTALLED,
            env={**inherited(), **LLVMPIPE},
            limit=2**24,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        peer = cls(process, public)
        try:
            await peer._ask(None)
            yield peer
        finally:
            assert process.stdin is not None
            process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 10)
            if process.returncode is None:
                process.kill()
                await process.wait()


def _place(path: Path, content: Path | bytes) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        shutil.copy(content, path)
