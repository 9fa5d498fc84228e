"""Who may do what."""

from __future__ import annotations

import stat
from pathlib import Path

from fancam.keys import Keys, secret_of

KEYS = Keys(b"a secret")


def test_a_token_opens_its_own_session_only() -> None:
    """And only under the secret it was made with."""
    assert KEYS.opens("ada", KEYS.session("ada"))
    assert not KEYS.opens("bob", KEYS.session("ada"))
    assert not Keys(b"another").opens("ada", KEYS.session("ada"))
    assert not KEYS.opens("ada", "")
    assert not KEYS.opens("ada", "ä" * 43)


def test_no_key_stands_for_another_kind() -> None:
    """A session called `operator` is not the operator."""
    assert KEYS.is_operator(KEYS.operator())
    assert not KEYS.is_operator(KEYS.session("operator"))
    assert not KEYS.opens("operator", KEYS.operator())


def test_a_link_opens_its_path_until_it_expires() -> None:
    """Neither another path nor a moved date."""
    query = dict(part.split("=") for part in KEYS.sign("/film", 60).split("&"))
    expires, signature = int(query["expires"]), query["signature"]
    assert KEYS.signed("/film", expires, signature)
    assert not KEYS.signed("/poster", expires, signature)
    assert not KEYS.signed("/film", expires + 1, signature)
    past = dict(part.split("=") for part in KEYS.sign("/film", -1).split("&"))
    assert not KEYS.signed("/film", int(past["expires"]), past["signature"])


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """Two processes that start at once agree on it."""
    folder = tmp_path / "out"
    first, second = secret_of("", folder), secret_of("", folder)
    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((folder / "gateway.secret").stat().st_mode) == 0o600
    assert secret_of("configured", folder) == b"configured"
