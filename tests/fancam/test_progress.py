"""Work that runs elsewhere, as a stream of events."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fancam.progress import Report, Result, Spans, reporting
from fancam.v1.media_pb2 import Progress


async def test_progress_never_goes_back_and_the_result_is_last() -> None:
    """Fractions are clamped to 0 to 1, never fall, messages fit the contract, and the one result ends the stream."""
    heard = asyncio.Semaphore(0)

    async def work(report: Report) -> str:
        for fraction in [0.5, 0.2, 0.7, 3.0]:
            report(fraction, "m" * 500)
            await heard.acquire()
        return "film"

    events = []
    async for event in reporting(work):
        events.append(event)
        heard.release()

    progress = [event for event in events if isinstance(event, Progress)]
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1
    assert len(progress) >= 4
    assert all(len(event.message) <= 200 for event in progress)
    assert isinstance(events[-1], Result)
    assert events[-1].value == "film"


async def test_silent_work_still_shows_that_it_lives() -> None:
    """Work that reports nothing gives events all the same, until its result."""
    enough = asyncio.Event()

    async def work(report: Report) -> int:
        await enough.wait()
        return 1

    events = []
    async with asyncio.timeout(60):
        async for event in reporting(work):
            events.append(event)
            if len(events) == 2:
                enough.set()

    assert isinstance(events[-1], Result)
    assert all(isinstance(event, Progress) for event in events[:-1])


async def test_progress_may_come_from_another_thread() -> None:
    """Craft runs off the loop and reports from there."""

    async def work(report: Report) -> str:
        def blocking() -> str:
            report(0.5, "half")
            half.wait(timeout=60)
            return threading.current_thread().name

        return await asyncio.to_thread(blocking)

    half = threading.Event()
    seen = []
    async for event in reporting(work):
        if isinstance(event, Progress):
            seen.append(event.fraction)
            half.set()
        else:
            assert event.value != threading.main_thread().name
    assert 0.5 in seen


async def test_work_ends_when_nobody_listens() -> None:
    """Leaving the stream cancels the work and waits for it to have ended."""
    ended = False

    async def work(report: Report) -> None:
        nonlocal ended
        try:
            await asyncio.sleep(600)
        finally:
            await asyncio.sleep(0.01)
            ended = True

    stream = reporting(work)
    await anext(stream)
    await stream.aclose()

    assert ended


async def test_a_failure_of_the_work_is_the_streams_failure() -> None:
    """The exception arrives as it was raised."""

    async def work(report: Report) -> None:
        raise LookupError("no voice in it")

    with pytest.raises(LookupError, match="no voice"):
        async for _ in reporting(work):
            pass


def test_a_span_is_recorded_even_when_its_work_fails() -> None:
    """The timeline shows what was tried; spans come in the order of their ends."""
    spans = Spans()
    with pytest.raises(LookupError), spans.span("align"), spans.span("decode"):
        raise LookupError

    recorded = list(spans)
    assert [span.name for span in recorded] == ["decode", "align"]
    assert recorded[1].start_unix_ns <= recorded[0].start_unix_ns <= recorded[0].end_unix_ns <= recorded[1].end_unix_ns
