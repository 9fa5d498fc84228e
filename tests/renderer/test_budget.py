"""What avatars cost a phone: the books are true, and nobody's avatar is too much."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from services.renderer import budget
from services.renderer.budget import LIMIT, Cost, OverBudget, check, check_heaviest, cost
from services.renderer.crowd import crowd
from services.renderer.library import Library


def test_a_thousand_fans_are_within_budget(library: Library) -> None:
    """1,000 random recipes are all valid, and a phone can bear each."""
    found = [check(library, library.complete(recipe)) for recipe in crowd(library, 1000, seed=7)]
    assert len({(one.download_bytes, one.triangles) for one in found}) > 500, "the crowd is not diverse"
    assert max(one.draw_calls for one in found) <= LIMIT.draw_calls


def test_a_typical_fan_is_fetched_in_a_moment(library: Library) -> None:
    """The middle one of a thousand is far below the limit of 1.5 MB."""
    bytes_of = sorted(cost(library, library.complete(recipe)).download_bytes for recipe in crowd(library, 1000, seed=7))
    assert 100_000 < bytes_of[500] < 700_000


def test_the_books_agree_with_the_files(library: Library) -> None:
    """What the books say is fetched is what lies there."""
    books = json.loads(library.costs_file.read_text())
    for group, parts in library.groups.items():
        for part in parts:
            assert books[f"{group}/{part}"]["bytes"] == library.geometry(group, part).stat().st_size, f"{group}/{part}"


def test_the_heaviest_recipe_bounds_every_other(library: Library) -> None:
    """No random recipe has more triangles than the heaviest one, and that is within the limit."""
    heaviest = check_heaviest(library)
    assert heaviest.triangles <= LIMIT.triangles
    assert all(cost(library, library.complete(r)).triangles <= heaviest.triangles for r in crowd(library, 200, seed=3))


def test_a_part_that_is_too_heavy_stops_the_build(library: Library, tmp_path: Path) -> None:
    """When one part passes the budget the library is not built, and the message names it and the number."""
    books = json.loads(library.costs_file.read_text())
    books["hair/bob"]["triangles"] = 39_000
    for name in ("catalogue.json", "crowd.json", "dances.json"):
        (tmp_path / name).write_bytes((library.folder / name).read_bytes())
    heavy = Library(tmp_path)
    heavy.costs_file.parent.mkdir()
    heavy.costs_file.write_text(json.dumps(books))
    with pytest.raises(OverBudget, match=r"triangles \d+ of .*hair/bob.* pass the budget of 40000"):
        check_heaviest(heavy)


@pytest.mark.parametrize("what", ["download_bytes", "triangles", "draw_calls", "texture_bytes"])
def test_each_limit_is_one(what: str) -> None:
    """One more than a limit is too much; the limit itself is not."""
    budget._within(LIMIT, "the limit")
    with pytest.raises(OverBudget, match=what):
        budget._within(replace(LIMIT, **{what: getattr(LIMIT, what) + 1}), "one more")


def test_a_cost_reads_like_a_sentence() -> None:
    """The figures come with their units."""
    assert str(Cost(1_234_000, 39_000, 5, 0)) == "1.23 MB to fetch, 39000 triangles, 5 draw calls, 0.00 MB of texture"
