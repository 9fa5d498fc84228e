"""The graph of a film."""

from __future__ import annotations

from fancam.v1.shot_pb2 import AvatarSlot, Layer
from gateway.plan import make_plan
from tests.gateway.fakes import a_pressing

GIVEN = {"name": 1, "selfie": 1, "take": 1}


def test_before_any_input_nothing_can_start() -> None:
    """Every task waits for somebody."""
    assert make_plan(a_pressing()).ready({}, {}) == []


def test_each_input_starts_its_own_branch_at_once() -> None:
    """The voice waits for no face, the face for no voice, and the name for neither."""
    plan = make_plan(a_pressing())
    assert [task.id for task in plan.ready({"selfie": 1}, {})] == ["recognise"]
    assert [task.id for task in plan.ready({"take": 1}, {})] == ["sing"]
    assert [task.id for task in plan.ready({"name": 1}, {})] == ["name"]


def test_passes_go_in_the_order_of_the_film() -> None:
    """After the recipe: a pass per avatar, two where the avatar stands twice."""
    plan = make_plan(a_pressing())
    ready = plan.ready({"selfie": 1}, {"recognise": "selfie1"})
    assert [task.id for task in ready] == ["render:hello", "render:pair/fan", "render:pair/twin"]


def test_stills_wait_for_the_shots_but_not_for_the_voice() -> None:
    """The film goes first on a small machine; a fan who sings late has the fan-kit meanwhile."""
    plan = make_plan(a_pressing())
    given = {"name": 1, "selfie": 1}
    done = {
        id_: task.version(given) for id_, task in plan.tasks.items() if task.stage in {"name", "recognise", "render"}
    }
    assert [task.stage for task in plan.ready(given, done)] == ["compose"] * 3
    done |= {id_: task.version(given) for id_, task in plan.tasks.items() if task.stage == "compose"}
    assert [task.id for task in plan.ready(given, done)] == ["stills"]


def test_a_shot_is_composed_when_its_own_passes_are_there() -> None:
    """It waits for no other shot, and for the name only when it shows the name."""
    plan = make_plan(a_pressing())
    done = {"recognise": "selfie1", "render:pair/fan": "selfie1", "render:pair/twin": "selfie1"}
    assert "compose:pair" in [task.id for task in plan.ready({"selfie": 1}, done)]
    done |= {"render:hello": "selfie1"}
    assert "compose:hello" not in [task.id for task in plan.ready({"selfie": 1}, done)]
    done |= {"name": "name1"}
    assert "compose:hello" in [task.id for task in plan.ready({"selfie": 1, "name": 1}, done)]


def test_band_members_are_pressed_not_rendered() -> None:
    """An avatar with a recipe of its own is the same for every fan."""
    pressing = a_pressing()
    pressing.cuts[0].shot.layers.append(Layer(name="drummer", avatar=AvatarSlot(recipe="recipes/drummer.json")))
    assert [task for task in make_plan(pressing).tasks if "drummer" in task] == []


def test_a_new_selfie_makes_stale_what_was_made_of_the_old_one() -> None:
    """And nothing else: the voice is not sung again."""
    plan = make_plan(a_pressing())
    done = {task.id: task.version(GIVEN) for task in plan.tasks.values()}
    assert plan.finished(GIVEN, done)
    again = {**GIVEN, "selfie": 2}
    assert not plan.finished(again, done)
    assert [task.id for task in plan.ready(again, done)] == ["recognise"]


def test_walking_the_plan_ends_with_a_film() -> None:
    """Doing whatever is ready, one after the other, does every task exactly once and the film last."""
    plan = make_plan(a_pressing())
    done: dict[str, str] = {}
    order = []
    while ready := plan.ready(GIVEN, done):
        order.append(ready[0].id)
        done[ready[0].id] = ready[0].version(GIVEN)
    assert sorted(order) == sorted(plan.tasks)
    assert order.index("assemble") > max(order.index(task) for task in order if task.startswith("compose"))
    assert plan.finished(GIVEN, done)
    assert plan.length_s == 4.0
