"""How often one session is asked for, and how often one address starts another: who asks too often waits.

Each replica counts for itself, in memory. Limits that many replicas keep together are the work of what stands before
them; these keep one page in a loop, or one script, from taking the database from everybody else.
"""

from __future__ import annotations

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.rest.problems import answer, problem

REMEMBERED = 50_000
"""So many sessions and addresses are counted; the idlest is forgotten first, as if it had waited."""

_SESSION = re.compile(r"/v1/sessions/([\w-]{1,64})(?:/|$)")


class Buckets:
    """Token buckets, one for every key: a minute's worth at once, refilled evenly; 0 a minute stands for any number."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._per_s = per_minute / 60
        self._clock = clock
        # What is left, and when it was counted.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Take a token; 0 when there was one, otherwise the seconds until there is."""
        if not self._most:
            return 0.0
        now = self._clock()
        left, then = self._left.pop(key, (self._most, now))
        left = min(self._most, left + (now - then) * self._per_s)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / self._per_s


class Limited:
    """Refuses who asks too often with 429 and when to come again."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        requests_per_minute: int,
        sessions_per_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._requests = Buckets(requests_per_minute, clock)
        self._sessions = Buckets(sessions_per_minute, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it unread."""
        wait_s = self._wait_s(scope) if scope["type"] == "http" else 0.0
        if not wait_s:
            await self._app(scope, receive, send)
            return
        seconds = math.ceil(wait_s)
        made = problem(429, "TOO_MANY_REQUESTS", f"that was too often; please come back in {seconds} s")
        await answer(made, {"Retry-After": str(seconds)})(scope, receive, send)

    def _wait_s(self, scope: Scope) -> float:
        if scope["method"] == "POST" and scope["path"] == "/v1/sessions":
            return self._sessions.wait_s(scope["client"][0] if scope.get("client") else "")
        found = _SESSION.match(scope["path"])
        return self._requests.wait_s(found[1]) if found else 0.0
