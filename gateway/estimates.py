"""When a film will be ready: what is left to do on each service, for it and for those before it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from threading import Lock
from time import monotonic

from gateway.plan import INPUTS, Plan, Task

PRIORS: Mapping[str, float] = {
    "name": 0.1,
    "recognise": 2.0,
    "render": 0.08,
    "compose": 0.12,
    "stills": 1.5,
    "sing": 1.0,
    "assemble": 0.003,
}
"""Seconds per unit before anything was measured, for 720 x 1280 on two cores: a guess that the first film replaces."""

LEARNING = 0.4
"""Share of a new measurement in the remembered pace."""

SERVICES: Mapping[str, str] = {
    "name": "audio",
    "recognise": "recognition",
    "render": "renderer",
    "compose": "compositor",
    "stills": "renderer",
    "sing": "audio",
    "assemble": "assembler",
}
"""Where each stage runs."""


def remaining_s(task: Task, fraction: float, paces: Mapping[str, float]) -> float:
    """Seconds of work left in one task."""
    return max(0.0, 1.0 - fraction) * task.units * paces.get(task.stage, PRIORS[task.stage])


def work_left(
    plan: Plan, attempts: Mapping[str, int], standing: Mapping[str, float], paces: Mapping[str, float]
) -> dict[str, float]:
    """Seconds of work that a film still is to each service, as far as its inputs are there; without its extras."""
    left: dict[str, float] = defaultdict(float)
    for task in plan.tasks.values():
        if not task.extra and all(attempts.get(root, 0) for root in task.roots):
            left[SERVICES[task.stage]] += remaining_s(task, standing.get(task.id, 0.0), paces)
    return dict(left)


ORDERED_S = 1.0
"""How old the order of the films may be: with a thousand of them it takes a millisecond, and each has many events."""


class Backlog:
    """What is left to do for every film under way, in the order in which films are due. May be used from any thread.

    A service takes the film that is due first (`Turnstile`), so what is before a film is the work of those due earlier,
    whether they knock already or not.
    """

    def __init__(self, *, ordered_s: float = ORDERED_S) -> None:
        self._films: dict[str, tuple[float, Mapping[str, float]]] = {}
        # Per film in order, and for any later one: the work of those before it.
        self._order: list[tuple[float, Mapping[str, float]]] = [(float("inf"), {})]
        self._ordered_s = ordered_s
        self._order_again = 0.0
        self._lock = Lock()

    def note(self, session: str, due_s: float, left: Mapping[str, float]) -> None:
        """Say what a film due at `due_s` still needs; nothing takes it off the list.

        Args:
            session: Whose film.
            due_s: Unix time in seconds; only its order matters.
            left: Seconds of work by service.
        """
        with self._lock:
            self._films.pop(session, None)
            if any(left.values()):
                self._films[session] = (due_s, left)

    def ahead(self, due_s: float) -> Mapping[str, float]:
        """Seconds of work, by service, of the films that are due before `due_s`."""
        with self._lock:
            if monotonic() >= self._order_again:
                self._order_again = monotonic() + self._ordered_s
                self._order = []
                sums: dict[str, float] = defaultdict(float)
                for due, left in sorted(self._films.values(), key=lambda film: film[0]):
                    self._order.append((due, dict(sums)))
                    for service, seconds in left.items():
                        sums[service] += seconds
                self._order.append((float("inf"), dict(sums)))
            return self._order[bisect_left(self._order, due_s, key=lambda film: film[0])][1]


def film_in_s(
    plan: Plan,
    attempts: Mapping[str, int],
    standing: Mapping[str, float],
    paces: Mapping[str, float],
    *,
    ahead: Mapping[str, float] = {},
    slots: Mapping[str, int] = {},
) -> float:
    """Seconds until the film is ready; -1 while an input is missing.

    Args:
        plan: The film's tasks.
        attempts: How often each input was given; without those that have to be given again.
        standing: Fraction done per task id; absent means 0.
        paces: Seconds per unit of work, by stage.
        ahead: Seconds of work, by service, of films that go first.
        slots: Calls that each service takes at once; absent means 1.

    A service is free for this film once its slots have worked off what goes first. The renderer and the compositor work
    side by side: the pictures are ready after the recipe and either all passes and one last composition, or one first
    pass and all compositions. The voice runs beside them.
    """
    if any(attempts.get(name, 0) == 0 for name in INPUTS):
        return -1.0

    def left(stage: str) -> list[float]:
        values = [
            remaining_s(task, standing.get(task.id, 0.0), paces)
            for task in plan.tasks.values()
            if task.stage == stage and not task.extra
        ]
        return [value for value in values if value > 0]

    def free(stage: str) -> float:
        return ahead.get(SERVICES[stage], 0.0) / slots.get(SERVICES[stage], 1)

    def after(moment: float, stage: str, values: list[float]) -> float:
        """When the work is done that can begin at a moment."""
        if not values:
            return moment
        return max(moment, free(stage)) + max(sum(values) / slots.get(SERVICES[stage], 1), *values)

    render, compose = left("render"), left("compose")
    seen = after(0.0, "recognise", left("recognise"))
    pictures = max(
        after(after(seen, "render", render), "compose", compose[-1:]),
        after(after(seen, "render", render[:1]), "compose", compose),
    )
    sound = max(after(0.0, "sing", left("sing")), after(0.0, "name", left("name")))
    return after(max(pictures, sound), "assemble", left("assemble"))
