"""The log of a session: numbered without gaps, never going back, whatever is told to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancam.errors import Conflict, InvalidRequest, Missing
from gateway.memory.memory import Memory
from gateway.memory.session import DONE, FAILED, RETAKE, REVIEW, RUNNING, WAITING, News, Session


@pytest.fixture(scope="module")
async def memory(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Memory]:
    """A database of this module's own."""
    opened = Memory(f"sqlite:///{tmp_path_factory.mktemp('memory') / 'jobs.sqlite'}")
    await opened.open()
    yield opened
    await opened.close()


async def _create(memory: Memory, session: str, key: str = "", fingerprint: str = "") -> str:
    blank = Session(session, "tiny", b"", "Ada", "en", RUNNING, "", 0)
    return await memory.sessions.create(blank, 1, key, fingerprint)


_NUMBERS = iter(range(10**6))


def _new() -> str:
    return f"session-{next(_NUMBERS):06d}"


NEWS = st.builds(
    News,
    stage=st.sampled_from(["recognise", "sing", "compose"]),
    item=st.sampled_from(["", "a"]),
    version=st.just("v1"),
    state=st.sampled_from([WAITING, RUNNING, REVIEW, DONE, RETAKE, FAILED]),
    fraction=st.floats(0, 1),
)


@settings(max_examples=25)
@given(told=st.lists(NEWS, max_size=25))
def test_the_log_says_each_thing_once_and_never_takes_it_back(told: list[News]) -> None:
    """However often and in whatever order steps repeat themselves."""
    asyncio.run(_tell_all(told))


async def _tell_all(told: list[News]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(f"sqlite:///{Path(folder) / 'jobs.sqlite'}")
        await memory.open()
        session = await _create(memory, _new())
        for news in told:
            await memory.sessions.tell(session, news)
            assert not await memory.sessions.tell(session, news), "the same thing twice"
        events = await memory.log.events(session, 0)
        await memory.close()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    order = {WAITING: 0, RUNNING: 1, REVIEW: 2, DONE: 3, RETAKE: 4, FAILED: 4}
    for stage, item in {(event.stage, event.item) for event in events if event.stage != "session"}:
        steps = [(order[event.state], event.fraction) for event in events if (event.stage, event.item) == (stage, item)]
        assert steps == sorted(set(steps)), steps


async def test_many_writers_make_no_gap(memory: Memory) -> None:
    """A hundred tasks at once: a hundred numbers."""
    session = await _create(memory, _new())
    await asyncio.gather(*(memory.sessions.tell(session, News("render", RUNNING, str(item))) for item in range(100)))
    assert [event.number for event in await memory.log.events(session, 0)] == list(range(1, 102))


async def test_nothing_is_told_after_the_end(memory: Memory) -> None:
    """A step that comes in late is not heard."""
    session = await _create(memory, _new())
    assert await memory.sessions.end(session, DONE)
    assert not await memory.sessions.tell(session, News("render", RUNNING))
    assert not await memory.sessions.end(session, FAILED)
    with pytest.raises(Conflict):
        await memory.sessions.give(session, "selfie", b"late")


async def test_followers_hear_everything_exactly_once(memory: Memory) -> None:
    """Those who came early, those who come late, and those who come back."""
    session = await _create(memory, _new())

    async def follow(after: int) -> list[int]:
        return [event.number async for event in memory.log.follow(session, after, 5.0) if event is not None]

    early = asyncio.create_task(follow(0))
    for item in range(20):
        await memory.sessions.tell(session, News("render", RUNNING, str(item)))
        await asyncio.sleep(0.001)
    middle = asyncio.create_task(follow(10))
    await memory.sessions.end(session, DONE)
    assert await early == list(range(1, 23))
    assert await middle == list(range(11, 23))
    assert await follow(0) == list(range(1, 23))
    assert await follow(22) == []


async def test_silence_is_broken_by_a_heartbeat(memory: Memory) -> None:
    """So that proxies keep the connection."""
    session = await _create(memory, _new())
    follower = memory.log.follow(session, 1, 0.05)
    assert await anext(follower) is None
    await follower.aclose()


async def test_one_key_makes_one_session(memory: Memory) -> None:
    """A hundred repeats at once get the same; the same key for something else is refused."""
    key = "k" * 64
    made = await asyncio.gather(*(_create(memory, _new(), key, "f1") for _ in range(100)))
    assert len(set(made)) == 1
    with pytest.raises(InvalidRequest) as refused:
        await _create(memory, _new(), key, "f2")
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_an_erased_session_is_unknown(memory: Memory) -> None:
    """To readers, to writers, and to who follows it."""
    session = await _create(memory, _new())

    async def follow() -> None:
        async for _ in memory.log.follow(session, 1, 5.0):
            pass

    follower = asyncio.create_task(follow())
    await asyncio.sleep(0.02)
    await memory.sessions.erase(session)
    for attempt in (memory.sessions.load(session), memory.sessions.tell(session, News("render", RUNNING)), follower):
        with pytest.raises(Missing):
            await attempt


async def test_a_silent_replica_has_one_heir(memory: Memory) -> None:
    """Two that look at once do not both take its work."""
    await memory.replicas.beat("dead")
    await asyncio.sleep(0.05)
    heirs = await asyncio.gather(*(memory.replicas.inherit(name, 0.01) for name in ("one", "two", "three")))
    assert sorted(name for heir in heirs for name in heir) == ["dead"]


async def test_the_funnel_counts_sessions_by_what_they_wait_for(memory: Memory) -> None:
    """The scaler's leading indicator."""
    before = await memory.sessions.demand("")
    waiting, seen, both = [await _create(memory, _new()) for _ in range(3)]
    await memory.sessions.give(seen, "selfie", b"s")
    await memory.sessions.give(both, "selfie", b"s")
    await memory.sessions.give(both, "take", b"t")
    after = await memory.sessions.demand("tiny")
    assert {state: after[state] - before[state] for state in after} == {
        "created": 1,
        "selfie": 1,
        "take": 0,
        "rendering": 1,
        "done": 0,
    }
    assert waiting
