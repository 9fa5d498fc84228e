"""Opens Chrome on a built page, in the first way to WebGL that works, and keeps pages warm for jobs.

Chrome reaches nothing but one loopback address. A page that died, or did many jobs, is replaced; so is a Chrome that
died.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, Error, Playwright, async_playwright

from stage.errors import NoChrome, NoHardware, StageError
from stage.files import Files, bundle_of
from stage.page import Page
from stage.profiles import drop_profile, make_profile
from stage.ring import Ring
from stage.webgl import FLAGS, Gl, Way, has_card, is_software, ways

log = logging.getLogger(__name__)

START_S = 60.0
"""Time Chrome and a page have to start; two slow cores take about 2 s."""


class Stage:
    """A Chrome with warm pages. Made by `Stage.open`.

    Attributes:
        renderer: What draws, as WebGL names it, for example `ANGLE (Mesa, llvmpipe (LLVM 15.0.6, 256 bits), ...)`.
        hardware: Whether that is a card.
    """

    def __init__(self, playwright: Playwright, files: Files, chromium: str, gl: Gl, pages: int) -> None:
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
        bundle = bundle_of(page_dir)
        if shutil.which(chromium) is None:
            raise NoChrome(f"there is no browser at {chromium}")
        async with async_playwright() as playwright:
            files = Files(bundle)
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
        self._profile = await asyncio.to_thread(make_profile)
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
        found = await asyncio.to_thread(Ring.find, self._profile, ring)
        return Page(browser_page, found, self._files)

    async def _close(self) -> None:
        self._free.clear()
        if self._context is not None:
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(START_S / 6):
                    await self._context.close()
            self._context = None
        if self._profile is not None:
            await asyncio.to_thread(drop_profile, self._profile)
            self._profile = None
