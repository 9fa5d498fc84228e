"""The campaign's page of docs/page in a real browser, on another origin than the gateway that it asks."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator, Iterator

import pytest
from google.protobuf.json_format import MessageToJson
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from fancam.artifacts import SHARED
from fancam.settings import RendererSettings
from fancam.v1.campaign_pb2 import Melody, Note
from tests.gateway.conftest import JPEG, WAV, Fan, House
from tests.gateway.fakes import Script, a_pressing
from tests.website import BROWSER, PHONE, website


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[str]:
    """The web site, which the gateway lets read it."""
    with website() as origin, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANCAM_GATEWAY_ORIGINS", origin)
        yield origin


@pytest.fixture(scope="module")
async def phone(site: str) -> AsyncIterator[BrowserContext]:
    """A browser with a microphone."""
    expect.set_options(timeout=60_000)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=RendererSettings.load().chromium, args=list(BROWSER)
        )
        context = await chromium.new_context(**PHONE)
        context.set_default_timeout(60_000)
        yield context
        await chromium.close()


def silence(seconds: float) -> bytes:
    """A sound that every browser plays."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * round(8_000 * seconds)))
    return file.getvalue()


@pytest.fixture
async def page(phone: BrowserContext, site: str, house: House) -> AsyncIterator[Page]:
    """The page, open, for a campaign of a line of two syllables over two seconds."""
    pressing = a_pressing("sung")
    song = pressing.campaign.song
    song.melody, song.take_start_samples, song.take_end_samples = "melody.json", 12_000, 84_000
    notes = [Note(start_samples=24_000 * at, end_samples=24_000 * at + 12_000, midi=60, syllable="la") for at in (1, 2)]
    melody = MessageToJson(Melody(notes=notes)).encode()
    pressing.files[song.melody].CopyFrom(await house.store.put(SHARED, melody, "application/json"))
    pressing.bed_track.CopyFrom(await house.store.put(SHARED, silence(2.0), "audio/wav"))
    address = await house.store.put_message(SHARED, pressing)
    body = {"pressing": {"uri": address.uri, "size_bytes": address.size_bytes, "media_type": address.media_type}}
    assert (await house.http.put("/v1/campaigns/sung", json=body, headers=house.operator)).status_code == 200
    page = await phone.new_page()
    await page.goto(f"{site}/?gateway={str(house.http.base_url).rstrip('/')}&campaign=sung")
    yield page
    await page.close()


async def begin(page: Page, house: House, name: str = "Zoë", selfie: bytes = JPEG) -> None:
    """Fill in the first card."""
    await page.set_input_files("#selfie", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": selfie})
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Go on").click()


async def session(page: Page, house: House) -> Fan:
    """The page's own session."""
    known = await page.evaluate("JSON.parse(sessionStorage.getItem('session'))")
    house.fans.append(Fan(house, known["id"], known["token"]))
    return house.fans[-1]


async def test_a_fan_sings_to_the_song_and_holds_a_film(page: Page, house: House, script: Script) -> None:
    """The words light up, the microphone's sound goes out in parts while they sing, and the film can be saved."""
    await begin(page, house)
    sing = page.get_by_role("button", name="Sing", exact=True)
    async with page.expect_response(lambda reply: reply.request.method == "PATCH" and "live" in reply.url) as first:
        await sing.click()
    assert (await first.value).status == 204
    await expect(page.locator("#words .sung")).to_have_count(2)
    fan = await session(page, house)
    await fan.until("take", "done")

    save = page.get_by_role("link", name="Save the film")
    await expect(save).to_be_visible()
    await fan.until("session", "done")
    saved = await house.http.get(await save.get_attribute("href") or "")
    assert saved.headers["content-disposition"].startswith("attachment")
    await expect(page.locator("#kit a")).to_have_count(len((await fan.get("/fan-kit")).json()))
    assert script.calls["sing"] == 1


async def test_what_is_wrong_is_said_and_can_be_given_again(page: Page, house: House) -> None:
    """A refused name, then a selfie without a face: one sentence each, the same form, and one session in the end."""
    alert = page.locator("#error")
    await begin(page, house, name="rude")
    await expect(alert).to_contain_text("choose another")
    await begin(page, house, selfie=JPEG + b"NO_FACE")
    await expect(alert).to_contain_text("no face was found")
    await expect(page.locator("#start")).to_be_visible()
    await begin(page, house)
    fan = await session(page, house)
    await fan.until("recognise", "done")
    await expect(alert).to_be_empty()
    await expect(page.locator("#start")).to_be_hidden()


async def test_a_page_that_is_reloaded_goes_on_where_it_was(page: Page, house: House) -> None:
    """Also without a network for a moment: the upload asks how far it came. At the end, the fan erases everything."""
    await begin(page, house)
    await expect(page.get_by_role("button", name="Sing", exact=True)).to_be_visible()
    fan = await session(page, house)
    await fan.until("selfie", "done")
    await page.reload()
    await expect(page.locator("#start")).to_be_hidden()
    lost = 0

    async def lose(route: object) -> None:
        nonlocal lost
        lost += 1
        await (route.abort("connectionreset") if lost == 1 else route.continue_())  # type: ignore[attr-defined]

    await page.route("**/take*", lose)
    await page.set_input_files("#file", {"name": "me.wav", "mimeType": "audio/wav", "buffer": WAV})
    await expect(page.get_by_role("link", name="Save the film")).to_be_visible()
    assert lost >= 2
    await page.get_by_role("button", name="Make a link").click()
    await expect(page.get_by_role("button", name="Take the link back")).to_be_visible()
    address = await page.locator("#address").get_attribute("href") or ""
    assert (await house.http.get(address)).status_code == 200
    await page.get_by_role("button", name="Take the link back").click()
    await expect(page.get_by_role("button", name="Make a link")).to_be_visible()
    assert (await house.http.get(address)).status_code == 404
    await page.get_by_role("button", name="Delete everything").click()
    await expect(page.locator("#start")).to_be_visible()
    assert (await fan.get()).json()["reason"] == "SESSION_GONE"
