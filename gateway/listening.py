"""A take that is heard while it is uploaded: its chunks go on to the audio service, and its hints to the session's log.

Nothing depends on it. Where the audio service does not answer, the upload goes on as any other, and the film's own step
does all the work; where it does, that step finds the work done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc

from fancam.artifacts import ArtifactStore, session_scope
from fancam.channel import DEADLINE_S
from fancam.errors import Missing
from fancam.v1.audio_pb2 import SingLiveRequest, SingLiveStart, TakeAdvice, TakeHint
from fancam.v1.media_pb2 import Artifact
from gateway.calls import Calls
from gateway.memory.session import RUNNING, News, Session
from gateway.memory.sessions import Sessions

log = logging.getLogger(__name__)

CHUNK_BYTES = 512 * 1024
"""Larger pieces of a body are cut: one message of the contract holds a mebibyte."""

FORGOTTEN_S = 15.0
"""A take that comes in parts is no longer heard when none has come for so long; the upload itself waits for ever."""

SAID = {
    TakeAdvice.TAKE_ADVICE_GO_ON: ("TAKE_HEARD", "we hear you"),
    TakeAdvice.TAKE_ADVICE_LOUDER: ("TAKE_FAINT", "a little louder, or nearer to the microphone"),
    TakeAdvice.TAKE_ADVICE_SOFTER: ("TAKE_LOUD", "a little softer, or further from the microphone"),
    TakeAdvice.TAKE_ADVICE_ARE_YOU_THERE: ("TAKE_UNHEARD", "are you there? We cannot hear you"),
}


class Listening:
    """One take on its way to the audio service."""

    def __init__(self, calls: Calls, sessions: Sessions, artifacts: ArtifactStore, known: Session) -> None:
        self._calls, self._sessions, self._artifacts, self._known = calls, sessions, artifacts, known
        self._start = SingLiveStart(pressing=Artifact.FromString(known.pressing), locale=known.locale, session=known.id)
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._said = ""

    async def passed(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same chunks, handed on as they pass."""
        async for chunk in chunks:
            self.hear(chunk)
            yield chunk

    def hear(self, chunk: bytes) -> None:
        """Hand a chunk on."""
        for at in range(0, len(chunk), CHUNK_BYTES):
            # The upload never waits for the audio service; what lies here is bounded by what a take may weigh.
            self._chunks.put_nowait(chunk[at : at + CHUNK_BYTES])

    async def run(self) -> None:
        """Speak with the audio service until it has nothing more to say."""

        async def requests() -> AsyncIterator[SingLiveRequest]:
            yield SingLiveRequest(start=self._start)
            while (chunk := await self._chunks.get()) is not None:
                yield SingLiveRequest(chunk=chunk)

        try:
            async for event in self._calls.live(requests(), timeout_s=DEADLINE_S["SingLive"]):
                if event.WhichOneof("event") == "hint":
                    await self._tell(event.hint)
        except grpc.aio.AioRpcError as error:
            log.info("a take was not heard while it came: %s", error.code().name)
        except Missing:
            pass  # erased; what the audio service kept goes below
        finally:
            await self._sweep()

    async def _sweep(self) -> None:
        """Delete what the audio service kept after the session was erased."""
        try:
            await self._sessions.load(self._known.id)
        except Missing:
            await self._artifacts.erase(session_scope(self._known.id))

    def end(self) -> None:
        """All chunks have passed."""
        self._chunks.put_nowait(None)

    async def _tell(self, hint: TakeHint) -> None:
        reason, message = SAID.get(hint.advice, ("", ""))
        if reason and reason != self._said:
            self._said = reason
            await self._sessions.hint(self._known.id, News("take", RUNNING, message=message, reason=reason))


class Ears:
    """Takes that come in parts and are heard on the way, by the replica that their parts reach.

    A take of which a part went elsewhere, or of which nothing more comes for `FORGOTTEN_S`, is no longer heard.
    """

    def __init__(self, calls: Calls, sessions: Sessions, artifacts: ArtifactStore) -> None:
        self._calls, self._sessions, self._artifacts = calls, sessions, artifacts
        self._open: dict[str, _Ear] = {}

    def hear(self, known: Session, offset: int, part: bytes, *, last: bool) -> None:
        """Hand on a part that begins at byte `offset` of the recording; one at 0 begins anew."""
        if offset == 0:
            self._shut(known.id)
            made = Listening(self._calls, self._sessions, self._artifacts, known)
            self._open[known.id] = _Ear(made, _kept(made.run()))
        ear = self._open.get(known.id)
        if ear is None:
            return
        if ear.position != offset:
            self._shut(known.id)
            return
        ear.listening.hear(part)
        ear.position += len(part)
        if ear.forgotten is not None:
            ear.forgotten.cancel()
        if last:
            ear.listening.end()
            del self._open[known.id]
        else:
            loop = asyncio.get_running_loop()
            ear.forgotten = loop.call_later(FORGOTTEN_S, self._shut, known.id)

    async def close(self) -> None:
        """Hear no more of any."""
        tasks = [ear.task for ear in self._open.values()]
        for session in list(self._open):
            self._shut(session)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _shut(self, session: str) -> None:
        ear = self._open.pop(session, None)
        if ear is not None:
            ear.task.cancel()
            if ear.forgotten is not None:
                ear.forgotten.cancel()


@dataclass
class _Ear:
    listening: Listening
    task: asyncio.Task[None]
    # Bytes that it has heard.
    position: int = 0
    forgotten: asyncio.TimerHandle | None = None


@asynccontextmanager
async def listening(
    calls: Calls, sessions: Sessions, artifacts: ArtifactStore, known: Session
) -> AsyncIterator[Listening]:
    """Hear what passes within the block; then the audio service works on alone. A failed upload is forgotten."""
    made = Listening(calls, sessions, artifacts, known)
    task = _kept(made.run())
    try:
        yield made
    except BaseException:
        task.cancel()
        raise
    made.end()


def _kept(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    """A task that is held on to until it ends."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


_running: set[asyncio.Task[None]] = set()
