"""Turning work that runs elsewhere into a stream of events, and remembering when each part of it ran."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from fancam.v1.media_pb2 import Progress, Span

T = TypeVar("T")

INTERVAL_S = 0.25
"""Progress is sent at most this often; the last one always is."""


class Report(Protocol):
    """Says how far the work is: `fraction` 0 to 1, and a message for people. May be called from any thread."""

    def __call__(self, fraction: float, message: str = "") -> None: ...  # noqa: D102


class Result(Generic[T]):
    """The end of the stream."""

    def __init__(self, value: T) -> None:
        self.value = value


class Spans:
    """When each part of a step ran. May be used from several threads."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Record the time from entering to leaving, also when leaving by an error."""
        start_unix_ns = time.time_ns()
        try:
            yield
        finally:
            self._spans.append(Span(name=name, start_unix_ns=start_unix_ns, end_unix_ns=time.time_ns()))

    def __iter__(self) -> Iterator[Span]:
        """The spans so far, in order of their ends."""
        return iter(list(self._spans))


async def reporting(work: Callable[[Report], Awaitable[T]]) -> AsyncGenerator[Progress | Result[T], None]:
    """Run `work`, giving its progress as it comes and its result at the end.

    The work is cancelled when the caller stops listening. Progress never goes back, and at least one event comes per
    second, so that a stream without events means a dead peer.
    """
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    latest = Progress()

    def report(fraction: float, message: str = "") -> None:
        def note() -> None:
            latest.fraction = max(latest.fraction, min(1.0, fraction))
            latest.message = message[:200]
            news.set()

        loop.call_soon_threadsafe(note)

    task: asyncio.Task[T] = asyncio.ensure_future(work(report))
    task.add_done_callback(lambda _: news.set())
    try:
        while not task.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), timeout=1.0)
            news.clear()
            if task.done():
                break
            yield Progress(fraction=latest.fraction, message=latest.message)
            await asyncio.wait([task], timeout=INTERVAL_S)
        yield Result(await task)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
