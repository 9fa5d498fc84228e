"""A shot is looked at twice, by the assembler when a campaign is checked and by the compositor when it is drawn.

Services share no code, so both find what they find on their own. Here they are held against each other: whatever the
one accepts the other accepts, for every conformance shot, every shot of the demo, and hundreds that were broken by
chance.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from media.probe import Clip, Picture
from services.assembler.campaign import Documents, Fault
from services.assembler.documents import BadDocument
from services.assembler.service import read_library, schema
from services.assembler.shot_faults import layer_files, shot_faults
from services.compositor import job
from services.compositor.service import read_shot
from tests.assembler.conftest import tiny_campaign
from tests.compositor import conformance
from tests.compositor.conformance.case import CASES, SIZE
from tests.compositor.conformance.refused import REFUSALS

Json = dict[str, Any]

DEMO = Path(__file__).resolve().parents[2] / "campaigns" / "demo"
LIBRARY = read_library()
BROKEN = 400

ALONE = (
    "passes have even sides",
    "percent are absurd",
    "wide; set fit_width_px",
    "are shown, which has",
    "has no dance",
)
"""What the assembler alone says: it knows the film's passes, clips and library, and what nobody can have meant."""


def shot(layers: list[Json], frames: int = 24, **more: Any) -> Json:
    """A shot of the conformance cases' size."""
    return {"id": "shot", "width": SIZE[0], "height": SIZE[1], "frames": frames, "layers": layers, **more}


def with_endings(value: Any) -> Any:
    """The shot with pictures called as campaigns call them."""
    if isinstance(value, list):
        return [with_endings(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"path"} and isinstance(value["path"], str) and "." not in value["path"]:
        return {"path": f"{value['path']}.png"}
    return {key: with_endings(each) for key, each in value.items()}


def shots() -> Iterator[tuple[str, Json]]:
    """Every shot that there is, by name."""
    assert conformance
    for each in CASES:
        yield each.name, with_endings(shot(each.layers, each.length, **each.more))
    for refusal in REFUSALS:
        yield refusal.feature, with_endings(shot(refusal.layers, **refusal.more))
    for path, document in tiny_campaign().items():
        if path.startswith("shots/"):
            yield path, document
    for file in sorted((DEMO / "shots").glob("*.yaml")):
        yield file.name, yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)


SHOTS = dict(shots())


def assembler(document: Json) -> list[str]:
    """What the assembler has against a shot whose files are all there and long enough."""
    try:
        plain = schema("Shot", document)
    except BadDocument as error:
        return [str(error)]
    layers = [layer for room in [plain, *plain.get("compositions", [])] for layer in room["layers"]]
    clips = {
        layer["footage"]["path"]: Clip("h264", 64, 48, Fraction(24), 1_000_000)
        for layer in layers
        if "footage" in layer
    }
    pictures = {layer["image"]["path"]: Picture("png", 64, 48) for layer in layers if "image" in layer}
    campaign = {"profile": {"frame_rate": {"numerator": 24, "denominator": 1}}}
    files = {path for layer in layers for _, path in layer_files(layer)}
    documents = Documents(campaign, {"shot": plain}, {}, files, {}, clips, pictures)
    return [str(fault) for fault in shot_faults("shot", plain, documents, LIBRARY) if not alone(fault)]


def alone(fault: Fault) -> bool:
    """Whether it is of a kind that only the assembler can know."""
    return any(words in fault.why for words in ALONE)


def compositor(document: Json) -> list[str]:
    """What the compositor has against it."""
    try:
        read_shot(document)
    except job.ShotInvalid as error:
        return [f"{field}: {why}" for field, why in error.faults.items()]
    return []


@pytest.mark.parametrize("name", SHOTS)
def test_both_agree_on_every_shot_that_there_is(name: str) -> None:
    """Conformance shots and the demo's are fine for both, and what is refused by name is refused by both."""
    refused = name in {refusal.feature for refusal in REFUSALS}
    assert bool(assembler(SHOTS[name])) == bool(compositor(SHOTS[name])) == refused


# --------------------------------------------------------------------------------------------------------------------
# Broken by chance


def places(value: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where everything below a value is."""
    if trail:
        yield trail
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*trail, key))


def at(value: Any, trail: tuple[Any, ...]) -> Any:
    """What is there."""
    for key in trail:
        value = value[key]
    return value


def broken(document: Json, chance: random.Random) -> Json:
    """The shot with one thing dropped, doubled, turned around, renumbered, or put where it should not be."""
    document = copy.deepcopy(document)
    everywhere = list(places(document))
    trail = chance.choice(everywhere)
    parent, key = at(document, trail[:-1]), trail[-1]
    names = [layer["name"] for layer in document["layers"]]
    numbers = [t for t in everywhere if type(at(document, t)) in {int, float}]
    lists = [t for t in everywhere if isinstance(at(document, t), list) and at(document, t)]

    def drop() -> None:
        del parent[key]

    def double() -> None:
        some = at(document, chance.choice(lists))
        some.append(copy.deepcopy(some[-1]))

    def turn() -> None:
        at(document, chance.choice(lists)).reverse()

    def shorten() -> None:
        at(document, chance.choice(lists)).pop()

    def renumber() -> None:
        where = chance.choice(numbers)
        at(document, where[:-1])[where[-1]] = chance.choice([0, -1, 1_000_000, 50, 0.5, 2])

    def rename() -> None:
        chance.choice(document["layers"])["name"] = chance.choice([*names, "ghost"])

    def put() -> None:
        room = chance.choice([document, *document.get("compositions", [])])
        chance.choice(room["layers"]).update(copy.deepcopy(chance.choice(misplaced(chance.choice([*names, "ghost"])))))

    chance.choice([drop, double, turn, shorten, renumber, rename, put, put])()
    return document


def misplaced(name: str) -> list[Json]:
    """Fields that not every layer may have, some of them naming another layer."""
    solid = {"width": 9, "height": 9, "color": {}}
    return [
        {"parent": name}, {"matte": {"layer": name, "kind": "MATTE_KIND_ALPHA"}}, {"collapse": True}, {"three_d": True},
        {"three_d": False}, {"stretch_percent": 50}, {"time_remap": {"value": [3]}}, {"in_frame": 30}, {"out_frame": 1},
        {"material": {"casts_shadows": True}}, {"material": {}}, {"motion_blur": True}, {"preserve_transparency": True},
        {"auto_orient": "AUTO_ORIENT_TOWARDS_CAMERA"}, {"auto_orient": "AUTO_ORIENT_ALONG_PATH"},
        {"blend_mode": "BLEND_MODE_MULTIPLY"}, {"masks": [{"path": {"value": {"vertices": [1, 2, 3]}}}]},
        {"masks": [{"path": {}}]}, {"transform": {"x_rotation": {"value": [3]}}}, {"solid": solid},
        {"transform": {"position": {"value": [3]}}}, {"transform": {"position_z": {"value": [3]}}},
        {"transform": {"opacity": {"value": ["NaN"]}}}, {"avatar": {"staging": {"dance": "idle_sway"}}},
        {"effects": [{"echo": {"echoes": 2}}]}, {"effects": [{"posterize_time": {"frame_rate": 8}}]},
        {"effects": [{"stroke": {}}]}, {"effects": [{"stroke": {"mask": name}}]},
        {"effects": [{"displacement_map": {"layer": name}}]},
        {"effects": [{"levels": {"in_black": 0.9, "in_white": 0.1}}]},
    ]  # fmt: skip


def tried(check: Callable[[Json], list[str]], document: Json) -> list[str]:
    """What is said; a failure that is no answer is told apart from one."""
    try:
        return check(document)
    except Exception as error:  # whatever it is, it is what this test looks for
        raise AssertionError(f"{check.__name__} broke with {error!r} on {document}") from error


def test_both_agree_on_shots_broken_by_chance() -> None:
    """Hundreds of broken shots: many are refused, many are still fine, and never by one of the two alone."""
    chance = random.Random(20261122)
    small = [document for document in SHOTS.values() if len(str(document)) < 6_000]
    refused = 0
    for _ in range(BROKEN):
        document = chance.choice(small)
        for _ in range(chance.choice([1, 1, 2])):
            try:
                document = broken(document, chance)
            except (IndexError, KeyError, TypeError):
                continue  # nothing of that kind is left to break
        said, answered = tried(assembler, document), tried(compositor, document)
        assert bool(said) == bool(answered), (said, answered, document)
        refused += bool(said)
    assert BROKEN // 4 < refused < BROKEN * 3 // 4
