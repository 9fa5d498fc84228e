"""What people see, hear and decide where moderation held something back, and what stays of it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import Any

from tests.gateway.conftest import JPEG, WAV, Fan, House

HELD = WAV + b"REVIEW"
YES = {"stage": "sing", "version": "take1", "approved": True, "by": "Mo"}


async def held_fan(house: House, take: bytes = HELD) -> Fan:
    """A fan whose take waits for a person."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", take)
    await fan.until("sing", "review")
    return fan


async def reviews(house: House, path: str = "", **asked: str) -> list[Any]:
    """What the operator's key lists."""
    reply = await house.http.get(f"/v1/reviews{path}", params=asked, headers=house.operator)
    assert reply.status_code == 200, reply.text
    found: list[Any] = reply.json()
    return found


async def decide(house: House, fan: Fan, **body: Any) -> Any:
    """What a decision is answered with."""
    url = f"/v1/sessions/{fan.id}/review"
    return (await house.http.post(url, json=YES | body, headers=house.operator)).json()


async def test_a_reviewer_sees_the_evidence_and_hears_the_take(house: House) -> None:
    """The list says why, what and where; its links play the take and the song with it, and a fan's token neither."""
    fan = await held_fan(house)

    (held,) = [one for one in await reviews(house, campaign="tiny") if one["session"] == fan.id]

    assert (held["stage"], held["version"], held["name"]) == ("sing", "take1", "")
    assert (held["engine"], held["transcribed"], held["reason"]) == ("script", True, "the take says 'sheet'")
    (finding,) = held["findings"]
    assert (finding["entry"], finding["expected"], finding["action"]) == ("en:shit", "seat", "review")
    assert (finding["start_s"], finding["end_s"]) == (1.0, 1.5)
    assert set(held["links"]) == {"take", "voice", "mix"}
    assert (await house.http.get(held["links"]["take"])).content == HELD
    assert (await house.http.get(held["links"]["mix"])).content == b"mix of " + HELD
    assert (await fan.get("/review/mix")).status_code == 401, "a fan hears nothing that is held"
    assert (await house.http.get("/v1/reviews", headers=fan.headers)).status_code == 401
    assert await reviews(house, campaign="other") == []


async def test_a_name_is_shown_as_it_would_be_drawn(house: House) -> None:
    """There is nothing to hear of a name."""
    fan = await house.create(" doubtful Dan ")

    (held,) = [one for one in await reviews(house) if one["session"] == fan.id]

    assert (held["stage"], held["version"], held["name"], held["links"]) == ("name", "name1", "doubtful Dan", {})


async def test_a_decision_is_kept_without_the_fan(house: House) -> None:
    """Who decided what on which grounds outlives the session, and names neither fan, word nor session."""
    fan = await held_fan(house)
    await decide(house, fan)
    await fan.until("session", "done")
    assert [one for one in await reviews(house) if one["session"] == fan.id] == []
    assert (await house.http.get(f"/v1/sessions/{fan.id}/review/mix", headers=house.operator)).status_code == 404

    await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)

    (record,) = await reviews(house, "/decided", campaign="tiny", session=fan.id)
    assert (record["stage"], record["approved"], record["by"]) == ("sing", True, "Mo")
    held, decided = (datetime.fromisoformat(record[name]) for name in ("held", "decided"))
    assert held < decided
    assert record["grounds"]["findings"] == [{"action": "review", "entry": "en:shit", "severity": 2}]
    with closing(sqlite3.connect(house.folder / "jobs.sqlite", timeout=60)) as database:
        rows = str(database.execute("SELECT * FROM fancam_reviews").fetchall())
    assert all(text not in rows for text in (fan.id, "Ada", "sheet", "seat"))


async def test_a_no_is_final(house: House) -> None:
    """A second reviewer's yes comes too late, and the refused take is in no film."""
    fan = await held_fan(house)
    await decide(house, fan, approved=False)

    assert (await decide(house, fan))["reason"] == "NOTHING_TO_REVIEW"

    await fan.put("take", WAV)
    await fan.until("session", "done")
    assert b"REVIEW" not in (await fan.get("/film")).content
    assert [one["approved"] for one in await reviews(house, "/decided", session=fan.id)] == [False]


async def test_only_what_was_heard_is_let_through(house: House) -> None:
    """A yes to the first take does not release a second one that came since, and is held too."""
    fan = await held_fan(house)
    number = (await fan.until("sing", "review"))["number"]
    await fan.put("take", HELD + b" another")
    await fan.until("sing", "review", after=number)

    late = await decide(house, fan)

    assert late["reason"] == "REVIEW_OUTDATED"
    assert house.script.calls["assemble"] == 0
    (held,) = [one for one in await reviews(house) if one["session"] == fan.id]
    assert held["version"] == "take2"
    await decide(house, fan, version="take2")
    await fan.until("session", "done")


async def test_of_two_reviewers_at_once_one_decides(house: House) -> None:
    """A yes and a no at the same moment leave one record, and the session does what it says."""
    fan = await held_fan(house)

    answers = await asyncio.gather(decide(house, fan), decide(house, fan, approved=False))

    (record,) = await reviews(house, "/decided", session=fan.id)
    assert sum(answer.get("reason") in {"NOTHING_TO_REVIEW", "REVIEW_OUTDATED"} for answer in answers) == 1
    if record["approved"]:
        await fan.until("session", "done")
    else:
        await fan.until("take", "retake")
        assert house.script.calls["assemble"] == 0
