"""When a film will be ready, by what is left to do for it and for those before it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.estimates import Backlog, film_in_s, work_left
from gateway.memory.memory import Memory
from gateway.memory.session import DONE, RUNNING, News, Session
from gateway.plan import make_plan
from gateway.progress import Progress
from tests.gateway.fakes import a_pressing

GIVEN = {"name": 1, "selfie": 1, "take": 1}
PACES = {"name": 0.0, "recognise": 1.0, "render": 0.1, "compose": 0.2, "sing": 0.1, "assemble": 0.0}
"""Seconds per unit of work."""


def _served(films: int, slots: int) -> list[float]:
    """When each of some equal films is ready where services work on one film after the other, with all their slots."""
    left = work_left(make_plan(a_pressing()), GIVEN, {}, PACES)
    free = dict.fromkeys(left, 0.0)
    ends = []
    for _ in range(films):
        moment = 0.0
        for service in ("recognition", "renderer", "compositor"):
            moment = free[service] = max(moment, free[service]) + left[service] / slots
        ends.append(moment)
    return ends


@pytest.mark.parametrize("slots", [1, 2])
def test_an_estimate_counts_the_films_before_it(slots: int) -> None:
    """Ten fans at once are told ten times, the last the longest, each about when the film is really served."""
    plan = make_plan(a_pressing())
    backlog = Backlog(ordered_s=0.0)
    left = work_left(plan, GIVEN, {}, PACES)
    for fan in range(10):
        backlog.note(f"fan {fan}", float(fan), left)
    places = dict.fromkeys(("audio", "recognition", "renderer", "compositor", "assembler"), slots)
    told = [film_in_s(plan, GIVEN, {}, PACES, ahead=backlog.ahead(float(fan)), slots=places) for fan in range(10)]
    assert told[0] == film_in_s(plan, GIVEN, {}, PACES, slots=places)
    assert told == sorted(set(told))
    for said, real in zip(told, _served(10, slots), strict=True):
        assert said == pytest.approx(real, rel=0.3)


def test_who_has_a_film_holds_up_nobody() -> None:
    """What is done goes off the list, and what is due later was never before anybody."""
    backlog = Backlog(ordered_s=0.0)
    backlog.note("first", 1.0, {"renderer": 5.0})
    backlog.note("last", 9.0, {"renderer": 50.0})
    assert backlog.ahead(2.0) == {"renderer": 5.0}
    backlog.note("first", 1.0, {})
    assert backlog.ahead(2.0) == {}


def test_work_that_no_input_allows_yet_is_no_work() -> None:
    """A fan who has given a selfie and sings late holds up the renderer, and nobody's voice."""
    left = work_left(make_plan(a_pressing()), {"selfie": 1}, {}, PACES)
    assert left["renderer"] > 0
    assert "audio" not in left
    assert "assembler" not in left


async def test_progress_of_all_films_is_written_at_once(tmp_path: Path) -> None:
    """The latest of each task, in order; what an erased session still says is passed over, and an end stays the end."""
    memory = Memory(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    await memory.open()
    for session in ("session-one", "session-two", "session-gone"):
        await memory.sessions.create(Session(session, "tiny", b"", "Ada", "en", RUNNING, "", 0), 1, "", "")
    progress = Progress(memory.sessions)
    tasks = {session: progress.of(session, "render", "a", "v1") for session in ("session-one", "session-two")}
    gone = progress.of("session-gone", "render", "a", "v1")
    for fraction in (0.0, 0.3, 0.31, 0.6):
        await asyncio.gather(*(told(fraction, "") for told in (*tasks.values(), gone)))
    await memory.sessions.erase("session-gone")
    await memory.sessions.tell("session-two", News("render", DONE, "a", "v1", 1.0))
    await progress.write()
    await progress.write()
    said = {
        session: [event.fraction for event in await memory.log.events(session, 0) if event.stage == "render"]
        for session in tasks
    }
    await memory.close()
    assert said == {"session-one": [0.0, 0.6], "session-two": [0.0, 1.0]}
