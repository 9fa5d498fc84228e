"""Films that fans show to others: a copy under an address that cannot be guessed, kept for as long as the fan agreed.

The copy lies in a scope of its own: selfie, take and voice go when the session's time is over, and the film stays. Its
row is written before the copy and deleted after it: whatever dies in between, nothing lies there that no row names, and
nothing is shown that is not whole.
"""

from __future__ import annotations

import secrets
import time

from fancam.artifacts import ArtifactStore, session_scope
from fancam.errors import Conflict, FancamError, Missing
from fancam.v1.assembler_pb2 import AssembleResult
from fancam.v1.campaign_pb2 import Pressing
from gateway.memory.memory import Memory
from gateway.memory.session import DONE, Session
from gateway.memory.shares import Share
from gateway.reviews import digest

CODE_BYTES = 12
"""Of chance in an address: who tries a million a second finds one of a million films in a billion years."""

DAY_NS = 24 * 3600 * 10**9


class Sharing:
    """Every shared film.

    Args:
        memory: Where shares are known.
        artifacts: Where films lie.
        days: For how long one is shown; 0 when nobody shares.
    """

    def __init__(self, memory: Memory, artifacts: ArtifactStore, days: int) -> None:
        self._memory = memory
        self._artifacts = artifacts
        self.days = days

    async def share(self, known: Session, pressing: Pressing) -> Share:
        """Show a session's film to whoever has its address; once more, and it is the same address.

        Raises:
            Conflict: Nobody shares here.
            Missing: The film is not ready; or the session was erased, or the share taken back, in this very moment.
        """
        if not self.days:
            raise Conflict("films are not shared here", reason="SHARING_OFF")
        made = known.results.get("assemble")
        if known.state != DONE or made is None:
            retry_after_s = 0.0 if known.ended else 2.0
            raise Missing("there is no finished film to share", reason="FILM_NOT_READY", retry_after_s=retry_after_s)
        before = await self._memory.shares.of_session(digest(known.id))
        if before is not None and time.time_ns() >= before.expires_ns:
            await self._end(before)
        now = time.time_ns()
        share = await self._memory.shares.begin(
            Share(
                session_sha256=digest(known.id),
                code=secrets.token_urlsafe(CODE_BYTES),
                campaign=known.campaign,
                title=pressing.campaign.title,
                width=pressing.profile.width,
                height=pressing.profile.height,
                film=b"",
                poster=b"",
                created_ns=now,
                expires_ns=now + self.days * DAY_NS,
            )
        )
        if share.shown:
            return share
        result = AssembleResult.FromString(made.value)
        try:
            film, poster = [await self._artifacts.copy(each, _scope(share)) for each in (result.film, result.poster)]
            if not await self._memory.shares.fill(share, film.SerializeToString(), poster.SerializeToString()):
                raise Missing("the share was taken back", reason="NOT_SHARED")
            # Whoever erases a session forgets it first and its share then: one of the two sees the other.
            await self._memory.sessions.load(known.id)
        except FancamError:
            await self._end(share)
            raise
        return await self.of_session(known.id)

    async def of_session(self, session: str) -> Share:
        """A session's share; also when the session's own time is over.

        Raises:
            Missing: It is not shared, or no more.
        """
        return _shown(await self._memory.shares.of_session(digest(session)))

    async def by_code(self, code: str) -> Share:
        """The share of an address.

        Raises:
            Missing: There is none, or no more.
        """
        return _shown(await self._memory.shares.by_code(code))

    async def take_back(self, session: str) -> bool:
        """Show a session's film no more and delete the copy; says whether there was one."""
        share = await self._memory.shares.of_session(digest(session))
        if share is not None:
            await self._end(share)
        return share is not None

    async def take_down(self, code: str) -> None:
        """The same, by whoever runs this, who knows the address alone.

        Raises:
            Missing: There is none.
        """
        share = await self._memory.shares.by_code(code)
        if share is None:
            raise _not_shared()
        await self._end(share)

    async def expire(self) -> int:
        """Delete what is past its time; says how many films went."""
        expired = await self._memory.shares.expired()
        for share in expired:
            await self._end(share)
        return len(expired)

    async def _end(self, share: Share) -> None:
        await self._memory.shares.hide(share)
        await self._artifacts.erase(_scope(share))
        await self._memory.shares.forget(share)


def _scope(share: Share) -> str:
    """Of the copy; personal, as the session's own scope. Another share of the same session has another one."""
    return session_scope(f"share-{digest(share.code)}")


def _shown(share: Share | None) -> Share:
    if share is None or not share.shown:
        raise _not_shared()
    return share


def _not_shared() -> Missing:
    return Missing("this film is not shared, or no more", reason="NOT_SHARED")
