"""How long things take here, learnt from what they took, and when each film will therefore be ready."""

from __future__ import annotations

from collections.abc import Callable

from fancam.timeline import TimedSpan
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from gateway.calls import Call
from gateway.estimates import LEARNING, SERVICES, Backlog, film_in_s, work_left
from gateway.memory.session import DONE, RETAKE, REVIEW, Session
from gateway.memory.times import Times
from gateway.plan import Plan, Task
from gateway.pressings import Pressings

WAITED_NS = 50_000_000
"""Waiting that is shorter is no part of a timeline."""


def due_s(known: Session) -> float:
    """Unix time in seconds by which films are ordered: each is due the same time after its last input."""
    return max((given.unix_ns for given in known.inputs.values()), default=known.created_ns) / 1e9


class Forecast:
    """What this replica knows of paces, and of the films under way.

    Args:
        times: Where paces and spans are kept.
        pressings: Those that were read.
        slots: Calls that a service takes at once, as far as it was seen.
    """

    def __init__(self, times: Times, pressings: Pressings, slots: Callable[[str], int]) -> None:
        self._times = times
        self._pressings = pressings
        self._slots = slots
        self._paces: dict[tuple[str, str], float] = {}
        self._backlog = Backlog()

    async def open(self) -> None:
        """Remember what was learnt before."""
        self._paces = await self._times.paces()

    async def learn(self, session: str, task: Task, call: Call, pressing: Pressing) -> None:
        """Keep when a call waited and ran, and the pace that it shows."""
        name = f"{task.stage} {task.item}".strip()
        spans = [TimedSpan(task.id, name, "run", call.lane, call.started_ns, call.ended_ns)]
        if call.started_ns - call.queued_ns > WAITED_NS:
            spans.append(TimedSpan(task.id, name, "wait", call.lane, call.queued_ns, call.started_ns))
        for part in call.spans:
            spans.append(TimedSpan(task.id, part.name, "part", call.lane, part.start_unix_ns, part.end_unix_ns))
        await self._times.add_spans(session, spans)
        if getattr(call.result, "cached", False) or (task.extra and task.stage == "assemble"):
            return  # nothing was drawn; another shape is encoded anew, at another pace than the splice
        key = (task.stage, _size(pressing))
        pace = (call.ended_ns - call.started_ns) / 1e9 / task.units
        before = self._paces.get(key)
        self._paces[key] = pace if before is None else before + LEARNING * (pace - before)
        await self._times.set_pace(*key, self._paces[key])

    def estimate(self, known: Session) -> float:
        """Seconds until a session's film is ready; negative while inputs are missing. Called from any thread."""
        read = self._pressings.at_hand(Artifact.FromString(known.pressing))
        if read is None:
            return -1.0
        pressing, plan = read
        if known.ended:
            self.forget(known.id)
            return 0.0 if known.state == DONE else -1.0
        wanted = {stage.stage for stage in known.stages if stage.state == RETAKE}
        given = {name: attempt for name, attempt in known.attempts.items() if name not in wanted}
        standing = _standing(known, plan)
        paces = {stage: pace for (stage, size), pace in self._paces.items() if size == _size(pressing)}
        due = due_s(known)
        # What waits for a person waits for no service.
        held = any(stage.state == REVIEW for stage in known.stages)
        self._backlog.note(known.id, due, {} if held else work_left(plan, given, standing, paces))
        slots = {service: self._slots(service) for service in set(SERVICES.values())}
        return film_in_s(plan, given, standing, paces, ahead=self._backlog.ahead(due), slots=slots)

    def forget(self, session: str) -> None:
        """A session has ended, here or elsewhere."""
        self._backlog.note(session, 0.0, {})


def _standing(known: Session, plan: Plan) -> dict[str, float]:
    """Fraction done per task, of those that work on the present inputs."""
    standing = {}
    for stage in known.stages:
        task = plan.tasks.get(f"{stage.stage}:{stage.item}" if stage.item else stage.stage)
        if task is not None and stage.version == task.version(known.attempts):
            standing[task.id] = stage.fraction
    return standing


def _size(pressing: Pressing) -> str:
    return f"{pressing.profile.width}x{pressing.profile.height}"
