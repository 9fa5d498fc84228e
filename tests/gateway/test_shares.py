"""Films that fans show to others: by consent, under an address that cannot be guessed, until they or time say no."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from fancam.errors import Missing
from fancam.settings import GatewaySettings, WrongSetting
from fancam.v1.media_pb2 import Artifact
from gateway import housekeeping
from gateway.memory import tables
from gateway.memory.memory import Memory
from gateway.sharing import Sharing
from tests.gateway.conftest import Fan, House
from tests.gateway.fakes import a_pressing

AGREED = {"consent": True}


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[None]:
    """What an operator says of the addresses; nobody but the tests looks for what is past its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(housekeeping, "EXPIRY_S", 1e9)
        patch.setenv("FANCAM_GATEWAY_MAKE_YOURS", "https://band.example/?a=b&campaign={campaign}")
        yield


@pytest.fixture
async def memory(house: House) -> AsyncIterator[Memory]:
    """The gateway's database, from another process's view."""
    opened = Memory(f"sqlite:///{house.folder / 'jobs.sqlite'}")
    await opened.open()
    yield opened
    await opened.close()


async def shared(house: House) -> tuple[Fan, str]:
    """A fan whose film is shared, and the page's address."""
    fan = await house.create()
    await fan.film()
    reply = await fan.post("share", json=AGREED)
    assert reply.status_code == 200, reply.text
    return fan, reply.json()["url"]


def objects(house: House) -> set[str]:
    """Scopes of fans in which something lies."""
    folder = house.folder / "artifacts" / "sessions"
    return {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}


async def test_a_page_shows_the_film_to_whoever_has_its_address(house: House) -> None:
    """Film, picture and preview without a key; nothing of the fan's, and nothing for search engines."""
    fan, url = await shared(house)
    page = await house.http.get(url)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "noindex" in page.headers["x-robots-tag"]
    assert "script" not in page.headers["content-security-policy"], "nothing but default-src 'none' speaks of scripts"
    told = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)">', page.text))
    assert (told["og:url"], told["og:image:width"], told["og:image:height"]) == (url, "64", "64")
    assert (await house.http.get(told["og:video"])).content == (await fan.get("/film")).content
    assert (await house.http.get(told["og:image"])).content == (await fan.get("/poster")).content
    part = await house.http.get(told["og:video"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.headers["cache-control"]) == (206, "private, no-cache")
    yours = re.findall(r'href="([^"]*)">Make yours', page.text)
    assert [html.unescape(link) for link in yours] == ["https://band.example/?a=b&campaign=tiny"]
    assert fan.id not in page.text
    assert "Ada" not in page.text


async def test_a_film_is_shared_by_consent_once_it_is_done(house: House) -> None:
    """By its own fan alone, and under one address however often they ask."""
    fan = await house.create()
    early = await fan.post("share", json=AGREED)
    assert (early.status_code, early.json()["reason"], early.headers["retry-after"]) == (404, "FILM_NOT_READY", "2")
    await fan.film()
    silent = await fan.post("share", json={"consent": False})
    assert (silent.status_code, silent.json()["reason"]) == (422, "CONSENT_MISSING")
    stranger = await house.http.post(f"/v1/sessions/{fan.id}/share", json=AGREED)
    assert stranger.status_code == 401
    assert (await fan.get("/share")).json()["reason"] == "NOT_SHARED"
    views = [(await fan.post("share", json=AGREED)).json() for _ in range(2)]
    assert views[0] == views[1] == (await fan.get("/share")).json()
    kept = datetime.fromisoformat(views[0]["expires"]) - datetime.fromisoformat((await fan.get()).json()["created"])
    days = (await house.http.get("/v1/campaigns/tiny")).json()["share_days"]
    assert timedelta(0) <= kept - timedelta(days=days) < timedelta(hours=1)


async def test_what_is_taken_back_is_shown_no_more(house: House) -> None:
    """By the fan, by the operator, or with all the rest; no byte of the copy stays, and the next address is another."""
    before = objects(house)
    fan, url = await shared(house)
    assert len(objects(house) - before) == 2, "the session's scope and the copy's"
    for _ in range(2):
        assert (await house.http.delete(f"/v1/sessions/{fan.id}/share", headers=fan.headers)).status_code == 204
    gone = [await house.http.get(url + path) for path in ("", "/film.mp4", "/poster.jpg")]
    assert [reply.status_code for reply in gone] == [404] * 3
    assert gone[0].headers["content-type"].startswith("text/html"), "people are told in words"
    again = (await fan.post("share", json=AGREED)).json()["url"]
    assert again != url
    code = again.rsplit("/", 1)[1]
    assert (await house.http.delete(f"/v1/shares/{code}", headers=fan.headers)).status_code == 401
    assert (await house.http.delete(f"/v1/shares/{code}", headers=house.operator)).status_code == 204
    last = (await fan.post("share", json=AGREED)).json()["url"]
    assert (await house.http.get(last)).status_code == 200
    assert (await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)).status_code == 204
    assert (await house.http.get(last)).status_code == 404
    assert objects(house) <= before


async def test_a_shared_film_outlives_its_session_until_its_own_time(house: House, memory: Memory) -> None:
    """Selfie and voice go when they must; the fan's token still takes the film back, and its time ends it unasked."""
    (fan, url), (other, later) = await shared(house), await shared(house)
    store = Sharing(memory, house.store, 30)
    await memory.sessions.erase(fan.id)
    await house.store.erase(f"sessions/{fan.id}")
    assert (await fan.get()).status_code == 410
    assert (await house.http.get(url + "/film.mp4")).status_code == 200
    assert (await fan.get("/share")).json()["url"] == url
    assert (await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)).status_code == 204
    assert (await house.http.get(url)).status_code == 404
    assert (await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)).status_code == 410
    assert await store.expire() == 0
    over = sa.update(tables.shares).where(tables.shares.c.code == later.rsplit("/", 1)[1]).values(expires_ns=1)
    await memory._database.transaction(lambda connection: connection.execute(over))
    before = objects(house)
    assert (await house.http.get(later + "/film.mp4")).status_code == 404, "its time is over, whoever sweeps when"
    assert await store.expire() == 1
    assert len(before - objects(house)) == 1
    assert (await other.get("/film")).status_code == 200, "the session's own film has its own time"


async def test_a_film_that_is_erased_while_it_is_shared_leaves_no_copy(
    house: House, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erasing comes in between the copy and the moment in which it is shown."""
    fan = await house.create()
    await fan.film()
    known = await memory.sessions.load(fan.id)
    sharing = Sharing(memory, house.store, 30)
    copy, before = house.store.copy, objects(house) - {fan.id}

    async def copied(artifact: Artifact, scope: str) -> Artifact:
        made = await copy(artifact, scope)
        await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)
        return made

    monkeypatch.setattr(house.store, "copy", copied)
    with pytest.raises(Missing):
        await sharing.share(known, a_pressing())
    assert objects(house) <= before


def test_addresses_that_no_browser_opens_stop_the_gateway() -> None:
    """An operator hears of a slip at the start, not from fans."""
    for name, text in (("PUBLIC", "films.example"), ("PUBLIC", "https://a/b"), ("MAKE_YOURS", "https://a/{who}")):
        with pytest.raises(WrongSetting, match=name):
            GatewaySettings.load({f"FANCAM_GATEWAY_{name}": text}).links()
    right = GatewaySettings.load({"FANCAM_GATEWAY_PUBLIC": "https://films.example/"})
    assert right.links() == ("https://films.example", "")
