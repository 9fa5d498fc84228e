"""The page for people who review, served by a real gateway to a real browser, and what their keys open."""

from __future__ import annotations

import asyncio
import io
import json
import time
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from typer.testing import CliRunner

from fancam.cli import app
from fancam.keys import Keys, Reviewer
from fancam.v1 import audio_pb2
from gateway.rest.reviews import PAGE
from tests.gateway.conftest import JPEG, SECRET, Fan, House

UNHURRIED = """
const begin = window.setTimeout, end = window.clearTimeout, waiting = new Map();
let last = 0;
window.setTimeout = (work, ms, ...more) => {
  if (ms !== 5000) return begin(work, ms, ...more);
  waiting.set(--last, work);
  return last;
};
window.clearTimeout = (id) => void (waiting.delete(id) || end(id));
window.fiveSecondsPass = () => waiting.forEach((work) => work());
"""
"""What can be taken back for five seconds can be for as long as a test needs: until it says that they have passed."""

PLAYS = """window.played = false;
const play = document.getElementById('play');
new MutationObserver(() => { window.played ||= play.ariaPressed === 'true'; }).observe(play, { attributes: true });
"""
"""Notices that a sound is played, however short."""


def recording() -> bytes:
    """Two seconds of a voice, as a browser can play it; what follows the sound has the stand-ins hold it back."""
    hum = np.sin(2 * np.pi * 220 * np.arange(16_000) / 8_000) * np.hanning(16_000)
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes((12_000 * hum).astype("<i2").tobytes())
    return file.getvalue() + b"REVIEW"


def key_of(by: str, campaign: str = "", expires: int = 0, made: int = 0) -> str:
    """A reviewer's key of this house, for an hour where nothing else is said."""
    return Keys(SECRET.encode()).reviewer(Reviewer(by, campaign, expires or int(time.time()) + 3600, made))


async def held_fan(house: House, take: bytes = b"", **more: Any) -> Fan:
    """A fan whose take waits for a person."""
    fan = await house.create(**more)
    await fan.put("selfie", JPEG)
    await fan.put("take", take or recording())
    await fan.until("sing", "review")
    return fan


async def decided(house: House, fan: Fan) -> list[Any]:
    """What is on record of a fan."""
    reply = await house.http.get(f"/v1/reviews/decided?session={fan.id}", headers=house.operator)
    found: list[Any] = reply.json()
    return found


async def until_before(house: House, by: str) -> None:
    """Wait until the gateway says that the case which waits longest is before somebody."""
    async with house.http.stream("GET", "/v1/reviews/queue", headers=house.operator) as told:
        async for line in told.aiter_lines():
            if line.startswith("data: ") and json.loads(line[6:])["first"][0]["before"] == by:
                return
    raise AssertionError(f"the queue ended before it was before {by}")


@dataclass
class Seat:
    """Somebody who sits before the page."""

    page: Page
    asked: list[str]
    errors: list[str]

    async def key(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def sees(self, text: str) -> None:
        """Wait until a text is there to be read."""
        await self.page.get_by_text(text).first.wait_for(state="visible")

    async def opens(self, why: str) -> None:
        """Wait until the case that is held for this is open; the list names it too, and earlier."""
        await expect(self.page.locator("#why")).to_be_visible()
        await expect(self.page.locator("#why")).to_have_text(why)

    async def waits(self) -> None:
        """Let what could be taken back go to the gateway."""
        await self.page.evaluate("fiveSecondsPass()")

    async def rises(self) -> None:
        """Leave the page: what was decided goes to the gateway at once."""
        await self.page.evaluate("window.dispatchEvent(new Event('pagehide'))")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser."""
    assert (PAGE / "main.js").is_file(), "node stage/build.mjs gateway/page"
    expect.set_options(timeout=60_000)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield opened
        await opened.close()


async def sit(browser: Browser, house: House, by: str, **more: Any) -> Seat:
    """Open a reviewer's link in a browser that knows nothing yet."""
    context = await browser.new_context(**{"viewport": {"width": 1000, "height": 700}, **more})
    seat = Seat(await context.new_page(), [], [])
    seat.page.set_default_timeout(60_000)
    await seat.page.add_init_script(UNHURRIED)
    seat.page.on("request", lambda request: seat.asked.append(request.url))
    seat.page.on("pageerror", lambda error: seat.errors.append(str(error)))
    seat.page.on("console", lambda said: seat.errors.append(said.text) if said.type == "error" else None)
    await seat.page.goto(f"{house.http.base_url}/review/#key={key_of(by)}")
    return seat


async def test_a_word_is_bleeped_and_the_film_goes_on(house: House, browser: Browser) -> None:
    """By keys alone: play the doubtful word, bleep it, approve; the film has the mix without it, and the record who."""
    fan = await held_fan(house)
    seat = await sit(browser, house, "Mo")
    await seat.opens("the take says 'sheet'")
    assert await seat.page.locator("#line .song").all_inner_texts() == ["take", "a", "seat"]
    await seat.page.locator("#places .doubtful").wait_for()

    await seat.page.locator("#parts").get_by_text("Tuned voice").click()
    await seat.page.evaluate(PLAYS)
    # Before the sound has come there is nothing to play.
    while not await seat.page.evaluate("played"):
        await seat.key("w")
        await asyncio.sleep(0.2)
    await seat.key("b", "a")
    await seat.sees("Approved, 1 bleeped")
    assert await decided(house, fan) == [], "it can still be taken back"
    await seat.rises()
    await fan.until("session", "done")

    assert b"censored mix of" in (await fan.get("/film")).content
    (again,) = [one for one in house.script.requests if isinstance(one, audio_pb2.SingRequest) and one.censored]
    (stretch,) = again.censored
    assert (stretch.start_samples, stretch.end_samples) == (48_000, 72_000)
    (record,) = await decided(house, fan)
    assert (record["by"], record["approved"], record["censored"]) == ("Mo", True, 1)
    await seat.page.context.close()


async def test_a_no_has_its_ground_and_can_be_taken_back(house: House, browser: Browser) -> None:
    """Undone, nothing was decided; given again, the fan is asked for another take, and the ground is on record."""
    fan = await held_fan(house)
    seat = await sit(browser, house, "Ana")
    await seat.opens("the take says 'sheet'")

    await seat.key("r", "2")
    await seat.sees("Rejected: Hate")
    await seat.key("z")
    await seat.opens("the take says 'sheet'")
    await seat.rises()
    assert await decided(house, fan) == []
    await seat.key("r", "6")
    await seat.sees("Nothing waits.")
    await seat.rises()

    asked = await fan.until("take", "retake")
    assert asked["reason"] == "REFUSED_IN_REVIEW"
    (record,) = await decided(house, fan)
    assert (record["by"], record["approved"], record["why"]) == ("Ana", False, "not_the_song")
    await seat.page.context.close()


async def test_a_colleagues_decision_is_seen_at_once(house: House, browser: Browser) -> None:
    """What another one has decided can be decided no more, and says by whom; a decision that comes too late says so."""
    first, second = await held_fan(house), await held_fan(house)
    seat = await sit(browser, house, "Mo")
    await seat.page.locator("#cases li").nth(1).wait_for()
    await seat.opens("the take says 'sheet'")
    colleague = {"Authorization": f"Bearer {key_of('Ana')}"}
    body = {"stage": "sing", "version": "take1", "approved": True, "by": "somebody else's name"}

    await house.http.post(f"/v1/sessions/{first.id}/review", json=body, headers=colleague)
    await seat.sees("Ana has approved this.")
    assert await seat.page.locator("#yes").is_disabled()
    await seat.key("j")
    await seat.page.locator("#gone").wait_for(state="hidden")
    await seat.key("a")
    await seat.page.locator(".toast.undo").wait_for()
    await house.http.post(f"/v1/sessions/{second.id}/review", json=body | {"approved": False}, headers=colleague)
    await seat.waits()

    await seat.sees("Ana has rejected this.")
    assert [len(await decided(house, fan)) for fan in (first, second)] == [1, 1]
    await seat.page.context.close()


async def test_a_case_is_before_one_person_until_another_takes_it_over(house: House, browser: Browser) -> None:
    """The second one reads who has it and decides nothing before they say so; then the first one reads that."""
    fan = await held_fan(house)
    mo = await sit(browser, house, "Mo")
    await mo.opens("the take says 'sheet'")
    await until_before(house, "Mo")
    ana = await sit(browser, house, "Ana")
    await ana.sees("Mo has this before them.")
    await expect(ana.page.locator("#cases .before")).to_have_text("Mo")
    await expect(ana.page.locator("#yes")).to_be_disabled()
    await expect(mo.page.locator("#cases .before")).to_have_count(0)

    await ana.key("t")

    await mo.sees("Ana has this before them.")
    await expect(mo.page.locator("#yes")).to_be_disabled()
    await expect(ana.page.locator("#yes")).to_be_enabled()
    await ana.key("a")
    await ana.rises()
    await mo.sees("Ana has approved this.")
    assert [record["by"] for record in await decided(house, fan)] == ["Ana"]
    for seat in (mo, ana):
        assert seat.errors == []
        await seat.page.context.close()


async def test_a_lease_ends_by_itself_and_with_what_it_is_of(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said again it is kept; left or run out, or of another take, it is the next one's; another's cannot be left."""
    fan = await held_fan(house)
    url = f"/v1/sessions/{fan.id}/review/lease"

    async def take(by: str, version: str = "take1", *, over: bool = False) -> tuple[str, bool]:
        body = {"stage": "sing", "version": version, "take_over": over}
        reply = await house.http.put(url, json=body, headers={"Authorization": f"Bearer {key_of(by)}"})
        return reply.json()["by"], reply.json()["yours"]

    async def leave(by: str) -> None:
        headers = {"Authorization": f"Bearer {key_of(by)}"}
        assert (await house.http.delete(f"{url}?stage=sing", headers=headers)).status_code == 204

    assert [await take("Mo"), await take("Ana"), await take("Mo")] == [("Mo", True), ("Mo", False), ("Mo", True)]
    await leave("Ana")
    assert await take("Ana") == ("Mo", False)
    assert [await take("Ana", over=True), await take("Mo")] == [("Ana", True), ("Ana", False)]
    await leave("Ana")
    assert await take("Mo") == ("Mo", True)
    assert await take("Ana", "take2") == ("Ana", True), "nobody has heard that one"
    monkeypatch.setattr("gateway.memory.leases.LEASE_S", -1.0)
    assert [await take("Ana"), await take("Mo")] == [("Ana", True), ("Mo", True)]
    assert (
        await house.http.put(url, json={"stage": "sing", "version": "take1"}, headers=fan.headers)
    ).status_code == 401


async def test_a_lost_link_is_ended_at_once(house: House) -> None:
    """`fancam review NAME --revoke` ends all that were made in this name until then, and no other."""
    await held_fan(house)
    now = int(time.time())
    lost, later, other = key_of("Lou", made=now), key_of("Lou", made=now + 3600), key_of("Mo", made=now)

    async def opens(key: str) -> int:
        return (await house.http.get("/v1/reviews", headers={"Authorization": f"Bearer {key}"})).status_code

    assert [await opens(key) for key in (lost, later, other)] == [200, 200, 200]
    told = ["review", "Lou", "--revoke", "--at", str(house.http.base_url)]
    ended = await asyncio.to_thread(CliRunner().invoke, app, told)
    assert ended.exit_code == 0, ended.output
    assert [await opens(key) for key in (lost, key_of("Lou"), later, other)] == [401, 401, 200, 200]
    refused = await house.http.post(
        "/v1/reviewers/ended", json={"by": "Mo"}, headers={"Authorization": f"Bearer {other}"}
    )
    assert (refused.status_code, refused.json()["reason"]) == (401, "OPERATOR_KEY_NEEDED")


async def test_a_name_is_seen_letter_by_letter(house: House, browser: Browser) -> None:
    """As it would be drawn; a letter of another script than the others' stands out, and a yes lets the name through."""
    fan = await house.create("doubtful Dаn")
    seat = await sit(browser, house, "Mo")
    await seat.page.locator("#drawn").get_by_text("doubtful Dаn").wait_for()

    (odd,) = await seat.page.locator("#letters .odd").all_inner_texts()
    assert odd.split() == ["а", "U+0430", "Cyrillic"]
    await seat.key("a")
    await seat.rises()
    await fan.until("name", "done")
    await seat.page.context.close()


async def test_nothing_stays_in_the_browser(house: House, browser: Browser) -> None:
    """No storage, no cookie, no cache; the key leaves the address, goes to the gateway's origin alone, and expires."""
    await held_fan(house)
    seat = await sit(browser, house, "Mo")
    await seat.opens("the take says 'sheet'")
    await seat.key("3", "2", "1")
    kept = await seat.page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie, (await caches.keys()).length,
            (await indexedDB.databases()).length, location.hash, document.querySelectorAll('[src^=blob]').length]"""
    )
    assert kept == [0, 0, "", 0, 0, "", 0]
    assert {url.split("/v1/")[0].split("/review")[0] for url in seat.asked if not url.startswith("data:")} == {
        str(house.http.base_url)
    }
    assert not any("key" in url for url in seat.asked[1:])
    reply = await house.http.get("/review/")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert seat.errors == []
    await seat.page.get_by_role("button", name="Leave").click()
    await seat.sees("Who is reviewing?")
    await seat.page.get_by_label("Reviewer’s key").fill(key_of("Mo", expires=1))
    await seat.key("Enter")
    await seat.sees("has expired")
    await seat.page.context.close()


@pytest.mark.parametrize(("locale", "heard", "runs"), [("ar", "كلب", "rtl"), ("ja", "くそ", "ltr")])
async def test_every_script_on_a_phone(house: House, browser: Browser, locale: str, heard: str, runs: str) -> None:
    """Arabic runs from the right, Japanese from the left, nothing is cut off at 360 px, and all buttons have names."""
    line = [audio_pb2.Deviation(heard=heard, expected=heard[::-1], start_samples=0, end_samples=48_000)]
    house.script.verdict = audio_pb2.Verdict(
        decision=audio_pb2.DECISION_REVIEW, engine="script", transcribed=True, reason=f"says {heard}", line=line
    )
    await held_fan(house, b"RIFF\x24\x00\x00\x00WAVEfmt no sound REVIEW", locale=locale)
    seat = await sit(browser, house, "Mo", viewport={"width": 360, "height": 640})
    await seat.sees("This browser cannot play the take")

    first = await seat.page.locator("#line").evaluate("(line) => getComputedStyle(line).direction")
    assert first == runs
    assert await seat.page.locator("#line .heard bdi").get_attribute("lang") == locale
    wide, unnamed = await seat.page.evaluate(
        """[document.documentElement.scrollWidth, [...document.querySelectorAll('button, input, canvas')].filter(
            (e) => !(e.textContent.trim() || e.labels?.[0]?.textContent || e.ariaLabel)).length]"""
    )
    assert (wide, unnamed) == (360, 0)
    await seat.page.context.close()


async def test_a_reviewers_key_reviews_and_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """`fancam review` makes it: for one campaign it shows no other, sets no campaign, opens no session, and expires."""
    fan = await held_fan(house)
    link = CliRunner().invoke(app, ["review", "Mo", "--campaign", "tiny", "--at", "https://films.example"]).output
    address, key = link.strip().split("#key=")
    assert address == "https://films.example/review/"

    async def status(path: str, key: str) -> int:
        return (await house.http.get(path, headers={"Authorization": f"Bearer {key}"})).status_code

    sound = f"/v1/sessions/{fan.id}/review/take"
    assert [await status(path, key) for path in ("/v1/reviews", sound)] == [200, 200]
    other = key_of("Mo", "other")
    assert await status(sound, other) == 401
    listed = await house.http.get("/v1/reviews?campaign=tiny", headers={"Authorization": f"Bearer {other}"})
    assert listed.json() == []
    for closed in (key_of("Mo", expires=1), key[:-1], f"{key.split('.')[0]}.", fan.token, "none"):
        assert await status("/v1/reviews", closed) == 401
    assert await status(f"/v1/sessions/{fan.id}", key) == 401
    pressing = {"uri": house.pressing.uri, "size_bytes": 1, "media_type": "application/protobuf"}
    headers = {"Authorization": f"Bearer {key}"}
    put = await house.http.put("/v1/campaigns/tiny", json={"pressing": pressing}, headers=headers)
    assert put.status_code == 401


async def test_sounds_lie_over_each_other(house: House) -> None:
    """The list says when the take begins in each sound: the voice by its lateness, the song by its place too."""
    fan = await held_fan(house)
    (held,) = (await house.http.get(f"/v1/reviews?session={fan.id}", headers=house.operator)).json()

    assert held["begins"] == {"take": 0, "voice": -0.05, "mix": pytest.approx(-0.05 - 4096 / 48_000, abs=1e-3)}
    sound = await house.http.get(held["links"]["take"])
    assert sound.headers["cache-control"] == "no-store"


async def test_only_a_take_that_is_let_through_is_censored(house: House) -> None:
    """A no, a name and a stretch that ends before it begins are refused with the field."""
    fan = await held_fan(house)
    yes = {"stage": "sing", "version": "take1", "approved": True}
    word = {"start_s": 1.0, "end_s": 1.5, "action": "bleep"}
    for body in (
        {"approved": False, "censored": [word]},
        {"stage": "name", "censored": [word]},
        {"censored": [word | {"end_s": 0.5}]},
    ):
        reply = await house.http.post(f"/v1/sessions/{fan.id}/review", json=yes | body, headers=house.operator)
        assert (reply.status_code, "censored" in reply.text) == (422, True)
    assert await decided(house, fan) == []


async def test_the_queue_tells_itself(house: House) -> None:
    """A number first, then a change as soon as something comes to wait or does so no more."""

    async def told(lines: AsyncIterator[str]) -> Any:
        async for line in lines:
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
        raise AssertionError("the queue has ended")

    headers = {"Authorization": f"Bearer {key_of('Mo')}"}
    async with house.http.stream("GET", "/v1/reviews/queue", headers=headers, timeout=120) as reply:
        lines = reply.aiter_lines()
        assert (await told(lines))["waiting"] == 0
        fan = await held_fan(house)
        while not (view := await told(lines))["waiting"]:
            continue
        assert [(one["session"], one["stage"]) for one in view["first"]] == [(fan.id, "sing")]
        await fan.post("cancel")
        while (await told(lines))["waiting"]:
            continue
