"""What has to happen for one film: the graph of tasks that follows from a pressing. Knows no database, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from fancam.timebase import SAMPLE_RATE_HZ
from fancam.v1.campaign_pb2 import CutKind, PressedCut, Pressing
from fancam.v1.shot_pb2 import Layer, Shot

INPUTS = ("name", "selfie", "take")
"""What a fan gives, in the order in which attempts are written into a version."""


@dataclass(frozen=True)
class Task:
    """One call to one service."""

    # `name`, `recognise`, `render`, `compose`, `stills`, `sing` or `assemble`: also the stage in a session's events.
    stage: str
    # Which one of the stage: a cut, or a cut and a layer; may be empty.
    item: str
    # What must be there before: ids of tasks, and inputs as `input:selfie`.
    needs: tuple[str, ...]
    # Inputs that this task's outcome depends on, directly or not: a new attempt at one of them makes it stale.
    roots: tuple[str, ...]
    # How much work it is, in units of the stage: frames, or seconds of sound.
    units: float
    # Among equal deadlines the lower goes first.
    rank: int = 0
    # The pressed cut and the layer of a pass.
    cut: str = ""
    layer: str = ""
    # A film is a film without it: its failure ends no session.
    extra: bool = False

    @property
    def id(self) -> str:
        """Unique in the plan."""
        return f"{self.stage}:{self.item}" if self.item else self.stage

    def version(self, attempts: Mapping[str, int]) -> str:
        """Which attempts at its inputs this task's outcome is made from, for example `selfie1.take2`."""
        return ".".join(f"{root}{attempts.get(root, 0)}" for root in self.roots)


@dataclass(frozen=True)
class Plan:
    """All tasks of one film."""

    tasks: Mapping[str, Task]
    # Length of the film in seconds.
    length_s: float

    def ready(self, attempts: Mapping[str, int], done: Mapping[str, str]) -> list[Task]:
        """Tasks whose needs are met and that are not done, in order of rank.

        Args:
            attempts: How often each input was given; 0 or absent means not yet.
            done: Version of the outcome per task id; one of another version than the present attempts' is stale.
        """

        def met(need: str) -> bool:
            if need in self.tasks:
                return done.get(need) == self.tasks[need].version(attempts)
            return attempts.get(need.removeprefix("input:"), 0) > 0

        tasks = [task for task in self.tasks.values() if not met(task.id) and all(met(need) for need in task.needs)]
        return sorted(tasks, key=lambda task: task.rank)

    def finished(self, attempts: Mapping[str, int], done: Mapping[str, str]) -> bool:
        """Whether every task is done for the present attempts."""
        return all(done.get(task.id) == task.version(attempts) for task in self.tasks.values())


def every_layer(shot: Shot) -> list[Layer]:
    """The shot's layers, topmost first, then those of the compositions that are shown anywhere in it, each once."""
    inner = {composition.id: composition for composition in shot.compositions}
    found = list(shot.layers)
    for layer in found:  # grows while it is walked
        if layer.WhichOneof("source") == "precomp" and layer.precomp.composition in inner:
            found += inner.pop(layer.precomp.composition).layers
    return found


def uses_name(shot: Shot) -> bool:
    """Whether the fan's name is written anywhere in the shot."""
    return any(layer.WhichOneof("source") == "text" and "{name}" in layer.text.text for layer in every_layer(shot))


def avatar_layers(shot: Shot) -> list[Layer]:
    """Layers that show the fan, topmost first; band members have a recipe of their own and are pressed."""
    return [layer for layer in every_layer(shot) if layer.WhichOneof("source") == "avatar" and not layer.avatar.recipe]


def files_of(shot: Shot) -> set[str]:
    """Paths of the campaign's files that the shot shows."""
    paths = set()
    for layer in every_layer(shot):
        source = layer.WhichOneof("source")
        if source == "footage":
            paths.add(layer.footage.path)
        elif source == "image":
            paths.add(layer.image.path)
        elif source == "text" and layer.text.font:
            paths.add(layer.text.font)
    return paths


def make_plan(pressing: Pressing) -> Plan:
    """The graph of a pressing.

    A pass waits for the recipe only, a composition for its own passes only, the mix for the take only: whatever can
    start does start. Only the stills wait for every shot of the film, since the film is what the fan waits for: on two
    cores they would take their share of the processor from it (measured: 10 s of drawing beside the last two shots).
    """
    tasks: dict[str, Task] = {}

    def add(task: Task) -> str:
        tasks[task.id] = task
        return task.id

    name = add(Task("name", "", ("input:name",), ("name",), 1.0))
    recognise = add(Task("recognise", "", ("input:selfie",), ("selfie",), 1.0))
    segments, roots = [], {"name", "take"}
    for rank, cut in enumerate(cut for cut in pressing.cuts if cut.kind == CutKind.CUT_KIND_PERSONAL):
        needs = [add(task) for task in _passes(cut, recognise, rank)]
        if uses_name(cut.shot):
            needs.append(name)
        inputs = {root for need in needs for root in tasks[need].roots}
        compose = Task("compose", cut.id, tuple(needs), _ordered(inputs), float(cut.frames), rank=rank, cut=cut.id)
        segments.append(add(compose))
        roots |= inputs
    if pressing.campaign.fan_kit.stills:
        stills = len(pressing.campaign.fan_kit.stills)
        add(
            Task(
                "stills",
                "",
                (recognise, *segments),
                _ordered(roots - {"take"}),
                float(stills),
                rank=len(pressing.cuts),
                extra=True,
            )
        )
    song = pressing.campaign.song
    line_s = (song.take_end_samples - song.take_start_samples) / SAMPLE_RATE_HZ
    sing = add(Task("sing", "", ("input:take",), ("take",), max(1.0, line_s)))
    frames = sum(cut.frames for cut in pressing.cuts)
    film = add(Task("assemble", "", (*segments, sing, name), _ordered(roots), float(frames)))
    for output in pressing.campaign.outputs:
        add(Task("assemble", output.id, (film,), _ordered(roots), float(frames), rank=len(pressing.cuts), extra=True))
    rate = pressing.profile.frame_rate
    return Plan(tasks, float(Fraction(frames * rate.denominator, rate.numerator)))


def _passes(cut: PressedCut, recognise: str, rank: int) -> list[Task]:
    return [
        Task("render", item, (recognise,), ("selfie",), float(cut.frames), rank=rank, cut=cut.id, layer=layer)
        for layer, item in pass_items(cut).items()
    ]


def pass_items(cut: PressedCut) -> dict[str, str]:
    """What each of a cut's passes is called among the items of the stage `render`, by layer."""
    layers = [layer.name for layer in avatar_layers(cut.shot)]
    return {layer: cut.id if len(layers) == 1 else f"{cut.id}/{layer}" for layer in layers}


def _ordered(inputs: set[str]) -> tuple[str, ...]:
    return tuple(name for name in INPUTS if name in inputs)
