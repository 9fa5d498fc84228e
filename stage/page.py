"""One page in Chrome as its host drives it: given a job, asked for frames by number, cleaned for the next.

Knows nothing of avatars or shots: a page is whatever calls `expose` of `stage/capture.ts`. Frames leave through a ring
that is mapped here (`stage/ring.py`), since everything that Playwright watches costs three times as much.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Error
from playwright.async_api import Page as BrowserPage

from stage.errors import PageError, StageError, StageLost
from stage.files import Files
from stage.ring import Bytes, Frame, Geometry, Layout, Ring, straight

log = logging.getLogger(__name__)

POLL_S = 0.003
"""How often the ring is looked at, at most, while a frame is awaited: each look takes about 0.1 ms of a slow core."""

LOOKS = 8
"""How often it is looked at while a frame comes as slowly as the last."""

SLOWEST_POLL_S = 0.03
"""How often it is looked at, at least, so that a page that ended is noticed."""

STOP_S = 1.5
"""Time a page has to end a run that nobody reads any more, before it is thrown away."""

JOBS_PER_PAGE = 200
"""Jobs after which a page is replaced, so that a leak of the browser's never grows old."""


@dataclass(frozen=True)
class Effort:
    """What drawing some frames took: calls that draw, and pixels they shaded (0 where the page counts none)."""

    draws: int
    pixels: float


class Page:
    """One warm page. Takes one job at a time: `load`, then `frames` or `still` as often as wanted."""

    def __init__(self, browser_page: BrowserPage, ring: Ring, files: Files) -> None:
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
        geometry = Geometry(layout, told["width"], told["height"], told["strideBytes"], told["bytes"], told["slots"])
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
