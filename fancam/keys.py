"""Who may do what: session tokens, the operator's and reviewers' keys, signed links, all derived from one secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path


def secret_of(configured: str, folder: Path) -> bytes:
    """The gateway's secret: the configured one, or a random one kept in `folder` for the owner's eyes only."""
    if configured:
        return configured.encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "gateway.secret"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes()


@dataclass(frozen=True)
class Reviewer:
    """Who decides about what moderation has held back.

    Attributes:
        by: Whom the record names.
        campaign: The only campaign that is shown; empty for every one.
        expires: Unix time in seconds from which the key opens nothing.
        made: Unix time in seconds; keys in a name that were made until some time may be ended.
    """

    by: str
    campaign: str = ""
    expires: int = 0
    made: int = 0

    def sees(self, campaign: str) -> bool:
        """Whether a campaign is theirs to review."""
        return self.campaign in {"", campaign}


class Keys:
    """Makes and checks keys. Nothing has to be stored: each is a keyed hash of what it opens."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def operator(self) -> str:
        """The key that may set campaigns and review."""
        return self._mac("operator")

    def session(self, session: str) -> str:
        """The token that opens one session; there is no other key to it."""
        return self._mac(f"session {session}")

    def opens(self, session: str, token: str) -> bool:
        """Whether a token is this session's."""
        return hmac.compare_digest(self.session(session).encode(), token.encode())

    def is_operator(self, token: str) -> bool:
        """Whether a token is the operator's key."""
        return hmac.compare_digest(self.operator().encode(), token.encode())

    def reviewer(self, who: Reviewer) -> str:
        """A key that may review, in this name, until it expires, and nothing else."""
        told = _text(json.dumps(asdict(who), sort_keys=True).encode())
        return f"{told}.{self._mac(f'reviewer {told}')}"

    def reviewer_of(self, token: str) -> Reviewer | None:
        """Whose key this is; None when it is no reviewer's or has expired."""
        told, _, signature = token.partition(".")
        if not hmac.compare_digest(self._mac(f"reviewer {told}").encode(), signature.encode()):
            return None
        who = Reviewer(**json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))))
        return who if time.time() < who.expires else None

    def sign(self, path: str, lifetime_s: int) -> str:
        """The query that lets whoever holds the link read `path` until it expires, for players that send no headers.

        It opens for `lifetime_s` or up to a sixth longer, so that links made soon after each other are equal and a
        browser finds in its cache what it has fetched by the first.
        """
        step_s = max(1, lifetime_s // 6)
        expires = -(-(int(time.time()) + lifetime_s) // step_s) * step_s
        return f"expires={expires}&signature={self._mac(f'link {path} {expires}')}"

    def signed(self, path: str, expires: int, signature: str) -> bool:
        """Whether a link to `path` is ours and has not expired."""
        expected = self._mac(f"link {path} {expires}")
        return hmac.compare_digest(expected.encode(), signature.encode()) and time.time() <= expires

    def _mac(self, text: str) -> str:
        digest = hmac.new(self._secret, text.encode(), hashlib.sha256).digest()
        return _text(digest)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
