"""Uploads that come in parts: over connections that break, and while a take is still being sung.

The parts follow each other from byte 0 on, and who has lost count asks. How far an upload has come is kept in the
store under the session's scope: any replica goes on where another ended. The parts lie in a scope of the upload's
own, which is erased once the whole was taken, and with the session. An upload is complete when it was taken, and not
before: should the gateway die in between, whoever asks is told to send the end again, which may be empty. (Header
fields as in the IETF's draft of resumable uploads, draft-ietf-httpbis-resumable-upload.)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from starlette.requests import ClientDisconnect

from fancam.artifacts import ArtifactStore, session_scope
from fancam.errors import Conflict, InvalidRequest
from fancam.v1.media_pb2 import Artifact
from gateway.uploads import HEAD_BYTES, SELFIE, TAKE, Kind, inspect, too_large

MOST_PARTS = 2000
"""Of one upload: a quarter of an hour in parts of half a second."""

LEAST_HEAD_BYTES = 16
"""So many bytes tell what a file is."""

MEDIA_TYPE = "application/octet-stream"


class WrongOffset(Conflict):
    """A part that does not begin where the last one ended."""

    default_reason = "UPLOAD_OFFSET_WRONG"


@dataclass(frozen=True)
class Coming:
    """How far an upload has come."""

    parts: tuple[Artifact, ...] = ()
    complete: bool = False

    @property
    def size_bytes(self) -> int:
        """Where the next part begins."""
        return sum(part.size_bytes for part in self.parts)


class Parts:
    """Uploads on their way, of any session."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def come(self, session: str, kind: Kind) -> Coming:
        """How far an input has come; nothing has, before its first part."""
        kept = await self._artifacts.recall(session_scope(session), _key(kind))
        if kept is None:
            return Coming()
        state = json.loads(kept)
        parts = (Artifact(uri=uri, size_bytes=size, media_type=MEDIA_TYPE) for uri, size in state["parts"])
        return Coming(tuple(parts), state["complete"])

    async def check(self, session: str, kind: Kind, offset: int) -> Coming:
        """What a part goes on from; one at 0 begins anew.

        Raises:
            WrongOffset: It goes on from nothing that is there.
            InvalidRequest: There are too many parts already.
        """
        if offset == 0:
            return Coming()
        come = await self.come(session, kind)
        if come.complete or offset != come.size_bytes:
            raise WrongOffset(f"byte {come.size_bytes} comes next, not byte {offset}")
        if len(come.parts) >= MOST_PARTS:
            message = f"an upload has at most {MOST_PARTS} parts: send larger ones"
            raise InvalidRequest(message, fields={kind.field: message})
        return come

    async def add(self, session: str, kind: Kind, offset: int, chunks: AsyncIterator[bytes], path: Path) -> Coming:
        """Keep one part; what came of it before its connection broke is kept too.

        Args:
            session: Whose.
            kind: Which input.
            offset: Bytes of the upload before this part.
            chunks: The part.
            path: Where it lies while it comes in; the caller deletes it.

        Raises:
            WrongOffset: It does not begin where the last one ended, when it came or by the time it was there.
            TooLarge: With it the upload is larger than its kind may be.
            WrongType: The first part tells that this is something else.
            ClientDisconnect: The connection broke.
        """
        await self.check(session, kind, offset)
        broken = None
        with path.open("wb") as file:
            try:
                async for chunk in chunks:
                    if offset + file.tell() + len(chunk) > kind.limit_bytes:
                        raise too_large(kind)
                    file.write(chunk)
            except ClientDisconnect as error:
                broken = error
            size = file.tell()
        if offset == 0 and size >= LEAST_HEAD_BYTES:
            with path.open("rb") as file:
                inspect(file.read(HEAD_BYTES), kind)
        async with self._lock(session, kind):
            before = await self.check(session, kind, offset)
            part = [await self._artifacts.put_file(scope(session, kind), path, MEDIA_TYPE)] if size else []
            come = Coming((*before.parts, *part))
            await self._keep(session, kind, come)
        if broken is not None:
            raise broken
        return come

    async def joined(self, come: Coming) -> AsyncIterator[bytes]:
        """The whole upload, in chunks."""
        for part in come.parts:
            async for chunk in self._artifacts.stream(part, 0, part.size_bytes):
                yield chunk

    async def taken(self, session: str, kind: Kind, come: Coming) -> Coming:
        """Say that the whole upload was taken as an input: its parts are not needed any more."""
        complete = Coming(come.parts, complete=True)
        async with self._lock(session, kind):
            if await self.come(session, kind) == come:  # and no other one has begun since
                await self._keep(session, kind, complete)
                await self._artifacts.erase(scope(session, kind))
        return complete

    def _lock(self, session: str, kind: Kind) -> asyncio.Lock:
        return self._locks.setdefault((session, kind.field), asyncio.Lock())

    async def _keep(self, session: str, kind: Kind, come: Coming) -> None:
        parts = [(part.uri, part.size_bytes) for part in come.parts]
        state = json.dumps({"parts": parts, "complete": come.complete})
        await self._artifacts.remember(session_scope(session), _key(kind), state.encode())


def scope(session: str, kind: Kind) -> str:
    """Where the parts of an upload lie until it was taken."""
    return session_scope(f"{session}-{kind.field}")


def scopes(session: str) -> list[str]:
    """Everywhere that parts of a session's uploads may lie."""
    return [scope(session, kind) for kind in (SELFIE, TAKE)]


def _key(kind: Kind) -> str:
    return f"parts of the {kind.field}"
