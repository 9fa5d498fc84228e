"""Who may come in, as the routes of REST ask it: fans by their token, operators and reviewers by their keys, links."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fancam.keys import Reviewer
from gateway.door import Door
from gateway.rest.problems import Closed

LINK_LIFETIME_S = 3600

_KEY = HTTPBearer(
    auto_error=False, scheme_name="token", description="The session's token, or an operator's or reviewer's key."
)


def _door(request: Request) -> Door:
    return cast(Door, request.app.state.door)


DoorOf = Annotated[Door, Depends(_door)]


def _bearer(key: Annotated[HTTPAuthorizationCredentials | None, Depends(_KEY)]) -> str:
    return key.credentials.strip() if key else ""


Token = Annotated[str, Depends(_bearer)]


def needs_operator(door: DoorOf, token: Token) -> None:
    """Let nobody in but the operator.

    Raises:
        Closed: The key is another one.
    """
    if not door.keys.is_operator(token):
        raise Closed("this needs the operator's key as a bearer token", reason="OPERATOR_KEY_NEEDED")


Operator = Depends(needs_operator)


def _by_link(
    request: Request,
    door: DoorOf,
    expires: Annotated[int, Query(description="Of a signed link.")] = 0,
    signature: Annotated[str, Query(description="Of a signed link.", max_length=100)] = "",
) -> bool:
    opened = bool(signature) and door.keys.signed(request.url.path, expires, signature)
    request.state.was_there = opened
    return opened


ByLink = Annotated[bool, Depends(_by_link)]
"""Whether the address is a signed link that holds."""


def _fan(request: Request, door: DoorOf, session: str, token: Token) -> str:
    if not door.keys.opens(session, token):
        raise Closed("this needs the session's token as a bearer token", reason="TOKEN_NEEDED")
    # Tokens and links are made for sessions that are there: who holds one is told apart from who guesses, and nothing
    # of an erased session has to be kept for it.
    request.state.was_there = True
    return session


def _reader(request: Request, door: DoorOf, session: str, token: Token, *, by_link: ByLink) -> str:
    return session if by_link else _fan(request, door, session, token)


Fan = Annotated[str, Depends(_fan)]
Reader = Annotated[str, Depends(_reader)]


async def _reviewing(door: DoorOf, token: Token) -> Reviewer:
    """What is held back opens for no fan; the operator's key opens it in nobody's name."""
    if door.keys.is_operator(token):
        return Reviewer("")
    who = door.keys.reviewer_of(token)
    if who is None or await door.memory.reviewers.ended(who):
        raise _not_theirs()
    return who


Reviewing = Annotated[Reviewer, Depends(_reviewing)]


async def _reviewed(door: DoorOf, session: str, who: Reviewing) -> str:
    known = await door.sessions.load(session)
    if not who.sees(known.campaign):
        raise _not_theirs()
    return session


async def _listened(door: DoorOf, session: str, token: Token, *, by_link: ByLink) -> str:
    return session if by_link else await _reviewed(door, session, await _reviewing(door, token))


Reviewed = Annotated[str, Depends(_reviewed)]
"""A session that the reviewer may decide about."""

Listened = Annotated[str, Depends(_listened)]
"""A session whose held sounds may be heard: by such a reviewer, or by a link."""


def _not_theirs() -> Closed:
    message = "this needs a reviewer's key for this campaign, or the operator's, as a bearer token"
    return Closed(message, reason="REVIEWER_KEY_NEEDED")


def signed(door: Door, path: str) -> str:
    """A path as a link that opens it for an hour without a key."""
    return f"{path}?{door.keys.sign(path, LINK_LIFETIME_S)}"
