"""A take that is heard while it is uploaded: its chunks go on to the audio service, and its hints to the session's log.

Nothing depends on it. Where the audio service does not answer, the upload goes on as any other, and the film's own step
does all the work; where it does, that step finds the work done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from fancam.artifacts import ArtifactStore, session_scope
from fancam.channel import DEADLINE_S
from fancam.errors import Missing
from fancam.v1.audio_pb2 import SingLiveRequest, SingLiveStart, TakeAdvice, TakeHint
from fancam.v1.media_pb2 import Artifact
from gateway.calls import Calls
from gateway.sessions import RUNNING, News, Session, Sessions

log = logging.getLogger(__name__)

CHUNK_BYTES = 512 * 1024
"""Larger pieces of a body are cut: one message of the contract holds a mebibyte."""

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
            for at in range(0, len(chunk), CHUNK_BYTES):
                # The upload never waits for the audio service; what lies here is bounded by what a take may weigh.
                self._chunks.put_nowait(chunk[at : at + CHUNK_BYTES])
            yield chunk

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
            await self._sessions.tell(self._known.id, News("take", RUNNING, message=message, reason=reason))


@asynccontextmanager
async def listening(
    calls: Calls, sessions: Sessions, artifacts: ArtifactStore, known: Session
) -> AsyncIterator[Listening]:
    """Hear what passes within the block; then the audio service works on alone. A failed upload is forgotten."""
    made = Listening(calls, sessions, artifacts, known)
    task = asyncio.create_task(made.run())
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        yield made
    except BaseException:
        task.cancel()
        raise
    made.end()


_running: set[asyncio.Task[None]] = set()
"""Tasks that nobody else holds on to."""
