"""Opens Chrome on a built page, loads jobs into it and takes frames out by number.

Knows nothing of avatars or shots: a page is whatever calls `expose` of `stage/capture.ts`. Frames leave through a file
of the page's origin-private file system that is mapped here (`stage/ring.ts`), since everything that Playwright watches
costs three times as much. Chrome reaches nothing but one loopback address.

    StageError
    ├── NoHardware      hardware was asked for, and WebGL runs in software
    ├── NoChrome        Chrome did not start, or runs no WebGL 2 at all
    ├── PageNotBuilt    the page's bundle is missing
    ├── StageLost       Chrome or the page died; the next page comes from a new one
    └── PageError       the page refused the job or a frame; `name` is the page's own word for it
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import mimetypes
import mmap
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import BrowserContext, Error, Playwright, async_playwright
from playwright.async_api import Page as BrowserPage

log = logging.getLogger(__name__)

Gl = Literal["any", "software", "hardware"]
Layout = Literal["opaque", "stacked", "pixels"]
Bytes = NDArray[np.uint8]

SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swiftshader", "lavapipe", "software")

POLL_S = 0.003
"""How often the ring is looked at, at most, while a frame is awaited: each look takes about 0.1 ms of a slow core."""

LOOKS = 8
"""How often it is looked at while a frame comes as slowly as the last."""

SLOWEST_POLL_S = 0.03
"""How often it is looked at, at least, so that a page that ended is noticed."""

START_S = 60.0
"""Time Chrome and a page have to start; two slow cores take about 2 s."""

STOP_S = 1.5
"""Time a page has to end a run that nobody reads any more, before it is thrown away."""

JOBS_PER_PAGE = 200
"""Jobs after which a page is replaced, so that a leak of the browser's never grows old."""

ROOM_BYTES = 256 * 1024 * 1024
"""Memory-backed room that a profile with its rings wants; with less the profile lies on disk."""

POLICY = "default-src 'self' blob: data:; script-src 'self' blob: 'wasm-unsafe-eval'"
"""What a page may load: itself and its job's files. Unpacking geometry and textures is WebAssembly."""

PROFILE = "fancam-chrome-"
"""How the folders of profiles begin; the number of their process follows."""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it, with an unguessable name

FLAGS = (
    "--no-sandbox",  # a restricted pod cannot open Chrome's own; only our pages run, and nothing is reachable
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--disk-cache-size=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class StageError(Exception):
    """A picture could not be made."""


class NoHardware(StageError):  # noqa: N818  named for what the caller reads
    """Hardware was asked for, and WebGL runs in software or not at all."""


class NoChrome(StageError):  # noqa: N818
    """Chrome did not start, or runs no WebGL 2."""


class PageNotBuilt(StageError):  # noqa: N818
    """The page's bundle is missing."""


class StageLost(StageError):  # noqa: N818
    """Chrome or the page died under the job. The same job is fine again: the next page comes from a new one."""


class PageError(StageError):
    """The page refused.

    Args:
        name: The page's own word, for example `MissingFile` or `ShotInvalid`.
        message: One sentence for people.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Way:
    """One way to get WebGL: flags and environment of Chrome."""

    name: str
    flags: tuple[str, ...]
    environment: Mapping[str, str]
    hardware: bool


# llvmpipe draws 4 to 5 times as fast as SwiftShader, which is always there. Lavapipe hangs; it is not tried.
HARDWARE = (
    Way(
        "vulkan",
        (
            "--use-gl=angle",
            "--use-angle=vulkan",
            "--enable-features=Vulkan",
            "--disable-vulkan-surface",
            "--ignore-gpu-blocklist",
        ),
        {},
        hardware=True,
    ),
    Way(
        "egl",
        ("--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"),
        {"EGL_PLATFORM": "surfaceless"},
        hardware=True,
    ),
)
SOFTWARE = (
    Way(
        "llvmpipe",
        ("--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"),
        {"EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe"},
        hardware=False,
    ),
    Way(
        "swiftshader", ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"), {}, hardware=False
    ),
)


_profiles: set[Path] = set()
"""Profiles of this process that are in use."""


def is_software(renderer: str) -> bool:
    """Whether WebGL's unmasked renderer string names a processor rather than a card."""
    return any(name in renderer.lower() for name in SOFTWARE_RENDERERS)


def ways(gl: Gl, *, card: bool) -> Sequence[Way]:
    """What to try, in order.

    Args:
        gl: What is wanted.
        card: Whether this machine shows a graphics device.

    Raises:
        ValueError: `gl` is not one of the three words.
    """
    if gl == "hardware":
        return HARDWARE
    if gl == "software":
        return SOFTWARE
    if gl == "any":
        return [*(HARDWARE if card else ()), *SOFTWARE]
    raise ValueError(f"gl {gl!r} must be any, software or hardware")


def has_card() -> bool:
    """Whether a graphics device is visible to this process."""
    return any(Path("/dev/dri").glob("renderD*")) or Path("/dev/nvidiactl").exists()


@dataclass(frozen=True)
class Frame:
    """One picture. Its arrays look into the ring and are valid until the next frame is asked for; copy what you keep.

    Layout `opaque`: `luma` (height, width), `blue` and `red` (height / 2, width / 2), BT.709, limited range.
    Layout `stacked`: the same, twice as high: colour premultiplied by alpha, above alpha as luma.
    Layout `pixels`: `rgba` (height, width, 4), premultiplied.
    """

    number: int
    luma: Bytes
    blue: Bytes
    red: Bytes
    rgba: Bytes


@dataclass(frozen=True)
class Effort:
    """What drawing some frames took: calls that draw, and pixels they shaded (0 where the page counts none)."""

    draws: int
    pixels: float


@dataclass(frozen=True)
class _Geometry:
    layout: Layout
    width: int
    height: int
    stride: int
    size: int
    slots: int

    def cut(self, number: int, data: Bytes) -> Frame:
        """The frame whose bytes are `data`, (size,)."""
        none = data[:0].reshape(0, 0)
        if self.layout == "pixels":
            return Frame(number, none, none, none, data.reshape(self.height, self.width, 4))
        height = self.height * (2 if self.layout == "stacked" else 1)
        rows = data.reshape(height * 3 // 2, self.stride)
        return Frame(
            number,
            rows[:height, : self.width],
            rows[height:, : self.width : 2],
            rows[height:, 1 : self.width : 2],
            none.reshape(0, 0, 1),
        )


class _Ring:
    """The host's end of `stage/ring.ts`: the words have the same places there."""

    HEADER_BYTES = 4096
    MAGIC = 0x434E4146
    WRITTEN, CONSUMED, ID, NUMBERS = 1, 2, 16, 32

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map()

    def _map(self) -> None:
        with self._path.open("r+b") as file:
            self._bytes = np.frombuffer(mmap.mmap(file.fileno(), 0), np.uint8)
        self._words = self._bytes[: self.HEADER_BYTES].view(np.int32)

    @classmethod
    def find(cls, profile: Path, ring: str) -> _Ring:
        """Find the file that the page marked with `ring`, 32 hexadecimal digits.

        Raises:
            NoChrome: The browser keeps its files elsewhere.
        """
        mark = cls.MAGIC.to_bytes(4, "little")
        for path in profile.glob("**/File System/**/*"):
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size >= cls.HEADER_BYTES:
                    head = path.read_bytes()[: 4 * cls.NUMBERS]
                    if head.startswith(mark) and head[4 * cls.ID :].startswith(bytes.fromhex(ring)):
                        return cls(path)
        raise NoChrome(f"the page's ring is not in {profile}: does this Chromium keep its files in its profile?")

    def begin(self, geometry: _Geometry) -> None:
        """Look at the file anew: the page may have made it longer."""
        self._geometry = geometry
        self._slot_bytes = -(-geometry.size // self.HEADER_BYTES) * self.HEADER_BYTES
        if self._bytes.size < self.HEADER_BYTES + geometry.slots * self._slot_bytes:
            self._map()

    @property
    def written(self) -> int:
        return int(self._words[self.WRITTEN])

    def frame(self, index: int) -> Frame:
        """The run's frame `index`, which must be written and not yet consumed."""
        slot = index % self._geometry.slots
        start = self.HEADER_BYTES + slot * self._slot_bytes
        return self._geometry.cut(
            int(self._words[self.NUMBERS + slot]), self._bytes[start : start + self._geometry.size]
        )

    def consume(self, index: int) -> None:
        """Give the slot of frame `index` back to the page."""
        self._words[self.CONSUMED] = index + 1


class _Files:
    """A loopback web server with a secret in its paths: the page's bundle and the files of running jobs."""

    def __init__(self, bundle: Path) -> None:
        self._bundle = bundle
        self._secret = secrets.token_urlsafe(24)
        self._jobs: dict[str, Path | bytes] = {}
        self._numbers = itertools.count()
        self._server: asyncio.Server | None = None
        self.origin = ""

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def index(self) -> str:
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


class Page:
    """One warm page. Takes one job at a time: `load`, then `frames` or `still` as often as wanted."""

    def __init__(self, browser_page: BrowserPage, ring: _Ring, files: _Files) -> None:
        self._page = browser_page
        self._ring = ring
        self._files = files
        self._lent: dict[str, str] = {}
        self._jobs = 0
        self.lost = False
        """Whether the page has to be replaced."""
        self.width = 0
        self.height = 0
        """Pixels of the pictures of the loaded job."""
        browser_page.on("crash", lambda _: self._lose())
        browser_page.on("close", lambda _: self._lose())
        browser_page.on("console", lambda message: log.debug("page: %s", message.text))
        browser_page.on("pageerror", lambda error: log.warning("page: %s", error))

    def _lose(self) -> None:
        self.lost = True

    @property
    def worn(self) -> bool:
        """Whether it has done so many jobs that it is to be replaced."""
        return self.lost or self._jobs >= JOBS_PER_PAGE

    async def load(self, job: Mapping[str, Any], files: Mapping[str, Path | bytes] | None = None) -> None:
        """Give the page its job and the files it names.

        Args:
            job: Anything JSON can say.
            files: By the names that the job uses; read when the page asks.

        Raises:
            PageError: The page refused the job.
            StageLost: Chrome or the page died.
        """
        self._jobs += 1
        self._lent = self._files.lend(files or {})
        size = await self._call("load", json.dumps(job), self._lent)
        self.width, self.height = size["width"], size["height"]

    async def frames(self, first: int, count: int, layout: Layout = "opaque") -> AsyncGenerator[Frame, None]:
        """Frames `first` to `first + count - 1`, in order. One is drawn while another is read.

        A frame's arrays are valid until the next is asked for. Use with `contextlib.aclosing` where the loop may be
        left early: the page then stops within `STOP_S`, or is given up.

        Raises:
            PageError: The page could not draw a frame.
            StageLost: Chrome or the page died.
        """
        told = await self._call("begin", layout)
        geometry = _Geometry(layout, told["width"], told["height"], told["strideBytes"], told["bytes"], told["slots"])
        self._ring.begin(geometry)
        playing = asyncio.ensure_future(self._call("play", first, count))
        clock = asyncio.get_running_loop().time
        pause_s, came = POLL_S, clock()
        try:
            for index in range(count):
                while self._ring.written <= index:
                    if playing.done():
                        playing.result()  # raises what went wrong
                        if self._ring.written <= index:
                            raise StageLost(f"the page stopped before frame {first + index}")
                        break
                    await asyncio.sleep(pause_s)
                # Looked at some times a frame: the ring's slots hide a frame that is found late, and each look costs.
                pause_s = min(max(POLL_S, (clock() - came) / LOOKS), SLOWEST_POLL_S)
                came = clock()
                frame = self._ring.frame(index)
                if frame.number != first + index:
                    raise StageLost(f"frame {frame.number} came in place of frame {first + index}")
                yield frame
                self._ring.consume(index)
            await playing
        finally:
            if not playing.done():
                await self._stop(playing)

    async def still(self, frame: int) -> Bytes:
        """One frame as straight-alpha RGBA, (height, width, 4), 8 bits, display-referred.

        Raises:
            PageError: The page could not draw it.
            StageLost: Chrome or the page died.
        """
        async with contextlib.aclosing(self.frames(frame, 1, "pixels")) as frames:
            async for drawn in frames:
                return straight(drawn.rgba)
        raise StageLost(f"frame {frame} did not come")

    async def rehearse(self, first: int, count: int) -> Effort:
        """Draw frames without taking them out: what drawing alone costs, for comparison.

        Raises:
            PageError: The page could not draw a frame.
            StageLost: Chrome or the page died.
        """
        done = await self._call("rehearse", first, count)
        return Effort(int(done["draws"]), float(done["pixels"]))

    async def unload(self) -> None:
        """Let the page forget its job. A page that cannot is lost."""
        self._files.take_back(self._lent)
        self._lent = {}
        if not self.lost:
            try:
                async with asyncio.timeout(STOP_S):
                    await self._call("unload")
            except (StageError, TimeoutError) as error:
                log.warning("the page is given up: %s", error)
                self.lost = True

    async def close(self) -> None:
        """Close the page; it may be dead already."""
        self.lost = True
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self._page.close()

    async def _stop(self, playing: asyncio.Future[Any]) -> None:
        try:
            async with asyncio.timeout(STOP_S):
                await self._page.evaluate("window.fancam.stop()")
                await asyncio.wait([playing])
        except (Error, TimeoutError):
            self.lost = True
            playing.cancel()
        if not playing.cancelled() and playing.done():
            playing.exception()  # nobody reads this run any more

    async def _call(self, method: str, *arguments: object) -> Any:
        if self.lost:
            raise StageLost("the page has died")
        try:
            answer = await self._page.evaluate(
                "([method, ...given]) => window.fancam[method](...given)", [method, *arguments]
            )
        except Error as error:
            self.lost = True
            raise StageLost(f"{method}: {error.message.splitlines()[0]}") from error
        if "error" in answer:
            if answer["error"]["name"] == "ContextLost":
                self.lost = True
                raise StageLost(answer["error"]["message"])
            raise PageError(answer["error"]["name"], answer["error"]["message"])
        return answer["value"]


def straight(premultiplied: Bytes) -> Bytes:
    """Divide colour by alpha: (height, width, 4), 8 bits, rounded; fully transparent pixels are black."""
    divided = premultiplied.copy()
    alpha = premultiplied[..., 3]
    divided[alpha == 0] = 0
    soft = (alpha > 0) & (alpha < 255)  # few: a figure's edge
    share = premultiplied[soft][:, 3:].astype(np.uint32)
    colour = premultiplied[soft][:, :3].astype(np.uint32)
    divided[soft, :3] = np.minimum(255, (colour * 255 + share // 2) // share)
    return divided


class Stage:
    """A Chrome with warm pages. Made by `Stage.open`.

    Attributes:
        renderer: What draws, as WebGL names it, for example `ANGLE (Mesa, llvmpipe (LLVM 15.0.6, 256 bits), ...)`.
        hardware: Whether that is a card.
    """

    def __init__(self, playwright: Playwright, files: _Files, chromium: str, gl: Gl, pages: int) -> None:
        self._playwright = playwright
        self._files = files
        self._chromium = chromium
        self._gl = gl
        self._count = pages
        self._free: list[Page] = []
        self._context: BrowserContext | None = None
        self._profile: Path | None = None
        self._way: Way | None = None
        self._opening = asyncio.Lock()
        self._places = asyncio.Semaphore(pages)
        self.renderer = ""
        self.hardware = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, page_dir: Path, *, gl: Gl = "any", chromium: str = "/usr/bin/chromium", pages: int = 1
    ) -> AsyncIterator[Stage]:
        """Open Chrome for the length of the block.

        Args:
            page_dir: Folder of the page's `main.ts`; its `dist/` holds the bundle.
            gl: `any` takes what there is, card first; `software` never looks for a card; `hardware` takes nothing else.
            chromium: Path of the browser.
            pages: Pages kept warm, each for one job at a time.

        Raises:
            PageNotBuilt: There is no bundle.
            NoHardware: `gl` is `hardware`, and WebGL runs in software.
            NoChrome: Chrome does not start, or has no WebGL 2.
        """
        bundle = _bundle(page_dir)
        if shutil.which(chromium) is None:
            raise NoChrome(f"there is no browser at {chromium}")
        async with async_playwright() as playwright:
            files = _Files(bundle)
            await files.open()
            stage = cls(playwright, files, chromium, gl, pages)
            try:
                await stage._reopen()
                yield stage
            finally:
                await stage._close()
                await files.close()

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        """A warm page for one job; waits while all are taken. It is cleaned, or replaced, at the end of the block.

        Raises:
            NoChrome: Chrome had died and does not start again.
        """
        async with self._places:
            page = await self._take()
            try:
                yield page
            finally:
                await page.unload()
                if page.worn:
                    await page.close()
                else:
                    self._free.append(page)

    async def _take(self) -> Page:
        while self._free:
            page = self._free.pop()
            if not page.lost:
                return page
        async with self._opening:
            if self._context is not None:
                try:
                    return await self._new_page(self._context)
                except (StageError, Error) as error:
                    log.warning("Chrome is started again: %s", error)
            await self._reopen()
            return self._free.pop()

    async def _reopen(self) -> None:
        """Start Chrome, in the way that worked before or else in the first that works."""
        await self._close()
        tried = []
        for way in [self._way] if self._way else ways(self._gl, card=has_card()):
            try:
                await self._start(way)
                for _ in range(self._count - len(self._free)):
                    assert self._context is not None
                    self._free.append(await self._new_page(self._context))
            except (StageError, Error, OSError) as error:
                tried.append(f"{way.name}: {str(error).splitlines()[0]}")
                await self._close()
                continue
            if way.hardware and is_software(self.renderer):
                tried.append(f"{way.name}: draws with {self.renderer}")
                await self._close()
                continue
            self._way = way
            self.hardware = not is_software(self.renderer)
            log.info("Chrome draws with %s", self.renderer)
            return
        self._way = None  # next time everything is tried again
        kind = NoHardware if self._gl == "hardware" else NoChrome
        raise kind(f"no {self._gl} WebGL: " + "; ".join(tried))

    async def _start(self, way: Way) -> None:
        self._profile = await asyncio.to_thread(_make_profile)
        home = str(self._profile)
        self._context = await self._playwright.chromium.launch_persistent_context(
            self._profile / "profile",
            executable_path=self._chromium,
            headless=True,
            chromium_sandbox=False,
            args=[*FLAGS, *way.flags],
            env={"PATH": os.defpath, "HOME": home, "LANG": "C.UTF-8", **way.environment},
            timeout=START_S * 1000,
            viewport={"width": 64, "height": 64},
            locale="en-US",
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
        self._context.set_default_timeout(START_S * 1000)

    async def _new_page(self, context: BrowserContext) -> Page:
        assert self._profile is not None
        blank = [page for page in context.pages if page.url == "about:blank"]
        browser_page = blank[0] if blank else await context.new_page()
        errors: list[str] = []
        browser_page.once("pageerror", lambda error: errors.append(str(error)))
        await browser_page.goto(self._files.index)
        ring = secrets.token_hex(16)
        try:
            await browser_page.wait_for_function("window.fancam !== undefined", timeout=START_S * 1000 / 4)
            self.renderer = await browser_page.evaluate("ring => window.fancam.open(ring)", ring)
        except Error as error:
            await browser_page.close()
            raise NoChrome(f"the page does not start: {'; '.join(errors) or error.message}") from error
        found = await asyncio.to_thread(_Ring.find, self._profile, ring)
        return Page(browser_page, found, self._files)

    async def _close(self) -> None:
        self._free.clear()
        if self._context is not None:
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(START_S / 6):
                    await self._context.close()
            self._context = None
        if self._profile is not None:
            await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)
            _profiles.discard(self._profile)
            self._profile = None


def _make_profile() -> Path:
    """An empty folder for Chrome's profile; folders left by processes that were killed are deleted first."""
    room = _roomy() or Path(tempfile.gettempdir())
    for old in room.glob(f"{PROFILE}*"):
        owner = old.name.removeprefix(PROFILE).split("-")[0]
        # A new process may have the number of the one that was killed: the first in a container always has.
        dead = owner.isdecimal() and (owner == str(os.getpid()) or not Path("/proc", owner).exists())
        if dead and old not in _profiles:
            shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{PROFILE}{os.getpid()}-", dir=room))
    _profiles.add(made)
    return made


def _bundle(page_dir: Path) -> Path:
    bundle = page_dir / "dist"
    if not (bundle / "index.html").is_file():
        raise PageNotBuilt(f"{bundle} is missing; run `node stage/build.mjs`")
    return bundle


def _roomy() -> Path | None:
    """Memory-backed folder for profiles, as rings on a disk would be written to it. None: the usual place."""
    try:
        room = os.statvfs(SHARED_MEMORY)
    except OSError:
        return None
    writable = os.access(SHARED_MEMORY, os.W_OK)
    return SHARED_MEMORY if writable and room.f_bavail * room.f_frsize >= ROOM_BYTES else None
