"""The library's page in a real browser: the films' picture, nothing from elsewhere, nothing left behind."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page, async_playwright
from skimage.metrics import structural_similarity as _similarity

from services.renderer.budget import LIMIT, cost
from services.renderer.crowd import crowd
from services.renderer.drawing import PAGE, Order, Song, draw_still
from services.renderer.library import AvatarRecipe, Library
from services.renderer.show import find, server
from stage.host import Stage
from stage.webgl import FLAGS, SOFTWARE

ROUNDS = 4
KEPT_BYTES = 20_000
"""Of memory that a switch may leave in the page, measured within 3,500 either way; a figure would be a million."""
SAME = 0.99
"""Two ways of smoothing edges, the browser's and a still's, differ by less than this leaves (measured: 0.997)."""


def alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Structural similarity of two pictures, 1 when they are the same."""
    return float(_similarity(one, other, channel_axis=-1))  # type: ignore[no-untyped-call]


@dataclass
class Visit:
    """An open page, and all addresses it asked for."""

    page: Page
    asked: list[str]
    errors: list[str]


@pytest.fixture(scope="module")
async def visit(page: Path, library: Library) -> AsyncIterator[Visit]:
    """The page on a phone, in software."""
    assert (page / "dist" / "preview" / "main.js").is_file()
    door = server(library)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    way = SOFTWARE[0]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*FLAGS, *way.flags],
            env={"PATH": "/usr/bin:/bin", **way.environment},
        )
        opened = await browser.new_page(viewport={"width": 360, "height": 640}, device_scale_factor=1)
        opened.set_default_timeout(120_000)
        visit = Visit(opened, [], [])
        opened.on("request", lambda request: visit.asked.append(request.url))
        opened.on("pageerror", lambda error: visit.errors.append(str(error)))
        opened.on("console", lambda message: visit.errors.append(message.text) if message.type == "error" else None)
        await opened.goto(f"http://127.0.0.1:{door.server_address[1]}/")
        while not await opened.evaluate("(window.fancamLibrary?.show.figures().triangles ?? 0) > 0"):
            await asyncio.sleep(0.1)
        yield visit
        await browser.close()
    door.shutdown()
    door.server_close()


async def test_the_page_shows_what_films_show(visit: Visit, page: Path, library: Library) -> None:
    """The same recipe at the same moment from the same place is the same picture in the page and in a still."""
    camera = {"position": [0.3, 1.3, 2.2], "target": [0.0, 1.15, 0.0], "fov": 28}
    drawn = await visit.page.evaluate(
        """async ({ position, target, fov }) => {
            const { show, recipe, dances } = window.fancamLibrary;
            show.dance(dances.idle_sway);
            await show.wear(recipe());
            show.at(0, position, target, fov);
            const { clientWidth, clientHeight } = document.getElementById('view');
            return [document.getElementById('view').toDataURL('image/png'), clientWidth, clientHeight, recipe()];
        }""",
        camera,
    )
    url, width, height, recipe = drawn
    live = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGBA")).astype(float)
    colors = {slot: (int(red), int(green), int(blue)) for slot, (red, green, blue) in recipe["colors"].items()}
    whole = library.complete(AvatarRecipe(recipe["parts"], colors, recipe["morphs"], "", recipe["amounts"]))
    staging = {
        "dance": "idle_sway",
        "cameraPosition": {"value": camera["position"]},
        "cameraTarget": {"value": camera["target"]},
        "fieldOfViewDeg": camera["fov"],
    }
    dances = json.loads((library.folder / "dances.json").read_text())
    order = Order(whole, staging, Song(Fraction(24), 118.0), width, height, 0, 1, 0, dances)
    async with Stage.open(page, gl="software") as stage, stage.page() as warm:
        still = (await draw_still(warm, order, library.files(whole))).astype(float)
    figure = still[..., 3] > 0  # the page also draws a shadow on its floor

    def seen(
        picture: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        alpha = picture[..., 3:] / 255 * figure[..., None]
        return (picture[..., :3] * alpha + 90 * (1 - alpha)).astype(np.uint8)

    assert 0.1 < figure.mean() < 0.9
    assert alike(seen(live), seen(still)) >= SAME


async def test_hundreds_of_avatars_leave_nothing_behind(visit: Visit) -> None:
    """Every light part put on again and again: the card's books say the same each time, and the memory stops growing.

    A switch builds the whole figure anew, 10,000 vertices, and draws it twice in software: about 60 ms of a core. What
    one switch left behind would show after a few, so each is looked at, and not only the last of a thousand.
    """
    devtools = await visit.page.context.new_cdp_session(visit.page)
    rounds = []
    for _ in range(ROUNDS):
        books = await visit.page.evaluate(
            """async () => {
                const { show, catalogue, recipe } = window.fancamLibrary;
                const canvas = document.getElementById('stage');
                canvas.style.height = '48px';
                const groups = ['brows', 'eyes', 'mouth', 'eyewear'];
                const books = [];
                for (const { group, id } of catalogue.parts.filter(({ group }) => groups.includes(group))) {
                    const next = recipe();
                    Object.assign(next.parts, { hair: 'bald', outfit: 'kaftan' }); // the lightest: each is built anew
                    next.parts[group] = id;
                    await show.wear(next);
                    const { geometries, textures, programs } = show.figures();
                    books.push([geometries, textures, programs]);
                }
                canvas.style.height = '';
                return books;
            }"""
        )
        await devtools.send("HeapProfiler.collectGarbage")
        heap = await devtools.send("Runtime.getHeapUsage")
        rounds.append((books, heap["usedSize"] + heap["backingStorageSize"]))
    await devtools.detach()
    (_, _), (once, before), *_, (last, after) = rounds
    assert len(once) >= 60
    assert all(geometries <= 2 and not textures for geometries, textures, _ in last), "the figure and its lenses"
    assert all(now[2] <= then[2] for now, then in zip(last, once, strict=True)), "programs are compiled once"
    assert (after - before) / (len(once) * (ROUNDS - 2)) < KEPT_BYTES


async def test_the_books_are_true_on_the_card(visit: Visit, library: Library) -> None:
    """Random fans take the draw calls, at most the triangles, and the textures that the books of the library say."""
    for recipe in crowd(library, 4, seed=21):
        whole = library.complete(recipe)
        found = await visit.page.evaluate(
            "async (recipe) => (await window.fancamLibrary.show.wear(recipe), window.fancamLibrary.show.figures())",
            {
                "parts": dict(whole.parts),
                "colors": {slot: list(color) for slot, color in whole.colors.items()},
                "morphs": dict(whole.morphs),
                "amounts": dict(whole.amounts),
            },
        )
        said = cost(library, whole)
        assert found["calls"] <= said.draw_calls <= LIMIT.draw_calls
        assert found["triangles"] <= said.triangles, "headwear may hide some of the hair"
        assert found["textures"] == said.texture_bytes == 0


async def test_the_page_is_from_here_alone(visit: Visit) -> None:
    """It asked nobody but its own server, and nothing went wrong."""
    assert visit.asked
    assert {url.split("/")[2].split(":")[0] for url in visit.asked if not url.startswith(("data:", "blob:"))} == {
        "127.0.0.1"
    }
    assert visit.errors == []


async def test_keys_are_enough(visit: Visit) -> None:
    """Tabs follow the arrow keys, parts are radio buttons, and the avatar turns under the arrows."""
    keys, page = visit.page.keyboard, visit.page
    await page.focus("#tabs button[aria-selected=true]")
    await keys.press("ArrowRight")
    assert await page.evaluate("document.activeElement.textContent") == "Skin"
    assert await page.get_attribute("#panel", "aria-labelledby") == "tab-Skin"
    await page.click("#tab-Hair")
    await page.focus("input[name=Hair]:checked")
    before = await page.evaluate("window.fancamLibrary.recipe().parts.hair")
    await keys.press("ArrowDown")
    assert await page.evaluate("window.fancamLibrary.recipe().parts.hair") != before
    unnamed = await page.evaluate(
        """[...document.querySelectorAll('button, input')].filter(
            (e) => !(e.textContent || e.labels?.[0]?.textContent || e.getAttribute('aria-label'))).length"""
    )
    assert unnamed == 0


def test_the_server_gives_nothing_else(library: Library) -> None:
    """Only the page's files and the catalogue's parts are there."""
    assert find(library, "/") == PAGE / "dist" / "preview" / "index.html"
    assert find(library, "/library/part/hair/bob.glb") == library.geometry("hair", "bob")
    for path in (
        "/../main.js",
        "/library/part/hair/../../catalogue.glb",
        "/library/crowd.json",
        "/library/part/hair/none.glb",
    ):
        assert find(library, path) is None, path
