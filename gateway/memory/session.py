"""What is known of one fan's visit: its inputs, outcomes and stages, and which news move it on. Values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fancam.v1.gateway_pb2 import StageState

WAITING = StageState.STAGE_STATE_WAITING
RUNNING = StageState.STAGE_STATE_RUNNING
DONE = StageState.STAGE_STATE_DONE
FAILED = StageState.STAGE_STATE_FAILED
RETAKE = StageState.STAGE_STATE_RETAKE
CANCELLED = StageState.STAGE_STATE_CANCELLED
REVIEW = StageState.STAGE_STATE_REVIEW

ENDS = frozenset({DONE, FAILED, CANCELLED})
"""States in which a session stays."""

# A stage only moves to a state of a higher step, or to more of the same state. A review ends in DONE or RETAKE, and an
# input that was received can still turn out to be useless.
_STEP: dict[int, int] = {WAITING: 0, RUNNING: 1, REVIEW: 2, DONE: 3, FAILED: 4, RETAKE: 4, CANCELLED: 4}


@dataclass(frozen=True)
class Stage:
    """Where one item of one stage stands."""

    stage: str
    item: str
    version: str
    state: int
    fraction: float
    message: str
    reason: str
    unix_ns: int


@dataclass(frozen=True)
class Given:
    """An input as last given."""

    attempt: int
    # A serialised Artifact; for the name, its UTF-8 bytes.
    artifact: bytes
    unix_ns: int


@dataclass(frozen=True)
class Made:
    """The outcome of one task."""

    version: str
    value: bytes
    released: bool


@dataclass(frozen=True)
class Session:
    """One fan's visit, with everything known of it."""

    id: str
    campaign: str
    # A serialised Artifact that holds a Pressing.
    pressing: bytes
    name: str
    locale: str
    state: int
    reason: str
    created_ns: int
    # How many there are in its log.
    events: int = 0
    # When the last of them was written, and for how long after it everything is kept.
    touched_ns: int = 0
    keep_hours: int = 0
    inputs: Mapping[str, Given] = field(default_factory=dict)
    results: Mapping[str, Made] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in ENDS

    @property
    def expires_ns(self) -> int:
        """When everything of it is deleted, unless something happens before."""
        return self.touched_ns + self.keep_hours * 3600 * 10**9

    @property
    def attempts(self) -> dict[str, int]:
        """How often each input was given."""
        return {name: given.attempt for name, given in self.inputs.items()}

    @property
    def done(self) -> dict[str, str]:
        """Version of the released outcome per task."""
        return {task: made.version for task, made in self.results.items() if made.released}


@dataclass(frozen=True)
class News:
    """Something to tell about a stage."""

    stage: str
    state: int
    item: str = ""
    version: str = ""
    fraction: float = 0.0
    message: str = ""
    reason: str = ""


def moves_on(news: News, before: Stage) -> bool:
    """Whether news of an item say more than what was told of it before: nothing is said twice or taken back."""
    if older(news.version, before.version):
        return False
    if news.version != before.version:
        return True
    return (_STEP[news.state], news.fraction) > (_STEP[before.state], before.fraction)


def older(version: str, than: str) -> bool:
    """Whether a version is made of earlier attempts: `name1.selfie1` is older than `name1.selfie2`."""
    return [int(number) for number in re.findall(r"\d+", version)] < [
        int(number) for number in re.findall(r"\d+", than)
    ]
