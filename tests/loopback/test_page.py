"""A phone's page makes a film with the real mesh and plays it before it is done."""

from __future__ import annotations

from playwright.async_api import async_playwright, expect

from fancam.settings import RendererSettings
from tests.loopback.conftest import World
from tests.loopback.tiny import FRAMES, HEIGHT, RATE, WIDTH
from tests.website import BROWSER, PHONE

NO_HLS = "HTMLMediaElement.prototype.canPlayType = () => ''"

PLAYED = """async () => {
  const film = document.getElementById('film');
  film.muted = true;
  const over = new Promise((done) => film.addEventListener('ended', done, { once: true }));
  await film.play();
  await over;
  return [film.videoWidth, film.videoHeight, film.duration, film.currentSrc.split(':')[0], film.error?.message ?? ''];
}"""


async def test_a_page_without_hls_plays_the_film_from_its_stream(world: World, site: str) -> None:
    """Selfie, name and take go in by the page, and Media Source shows every frame of what comes out, to the end."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=RendererSettings.load().chromium, args=list(BROWSER)
        )
        page = await (await chromium.new_context(**PHONE)).new_page()
        page.set_default_timeout(60_000)
        await page.add_init_script(NO_HLS)
        await page.goto(f"{site}/?gateway={str(world.http.base_url).rstrip('/')}&campaign=tiny")
        await page.set_input_files("#selfie", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": world.selfie})
        await page.get_by_label("Your name").fill("Zoë")
        await page.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("button", name="Sing", exact=True)).to_be_visible(timeout=60_000)
        await page.set_input_files("#file", {"name": "me.wav", "mimeType": "audio/wav", "buffer": world.take})
        await expect(page.locator("#film")).to_be_visible(timeout=120_000)
        width, height, length_s, scheme, error = await page.evaluate(PLAYED)
        await expect(page.get_by_role("link", name="Save the film")).to_be_visible(timeout=60_000)
        await chromium.close()

    assert (width, height, scheme, error) == (WIDTH, HEIGHT, "blob", "")
    assert abs(length_s - FRAMES / RATE) < 0.03
