"""When a film will be ready: what is left to do on each service, at the pace that was seen so far. Pure."""

from __future__ import annotations

from collections.abc import Mapping

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


def remaining_s(task: Task, fraction: float, paces: Mapping[str, float]) -> float:
    """Seconds of work left in one task."""
    return max(0.0, 1.0 - fraction) * task.units * paces.get(task.stage, PRIORS[task.stage])


def film_in_s(
    plan: Plan, attempts: Mapping[str, int], standing: Mapping[str, float], paces: Mapping[str, float]
) -> float:
    """Seconds until the film is ready, if nobody else is served; -1 while an input is missing.

    Args:
        plan: The film's tasks.
        attempts: How often each input was given; without those that have to be given again.
        standing: Fraction done per task id; absent means 0.
        paces: Seconds per unit of work, by stage.

    The renderer and the compositor work side by side, each on one thing at a time: the pictures are ready after the
    recipe and either all passes and one last composition, or one first pass and all compositions. The voice runs
    beside them.
    """
    if any(attempts.get(name, 0) == 0 for name in INPUTS):
        return -1.0

    def left(stage: str) -> list[float]:
        return [
            remaining_s(task, standing.get(task.id, 0.0), paces)
            for task in plan.tasks.values()
            if task.stage == stage and not task.extra
        ]

    def ends(values: list[float]) -> tuple[float, float, float]:
        return (sum(values), min(values), values[-1]) if values else (0.0, 0.0, 0.0)

    render, first_pass, _ = ends([value for value in left("render") if value > 0])
    compose, _, last = ends([value for value in left("compose") if value > 0])
    pictures = sum(left("recognise")) + max(render + last, first_pass + compose)
    voice = sum(left("sing"))
    return max(pictures, voice, sum(left("name"))) + sum(left("assemble"))
