"""The crowd: random recipes are valid, varied and repeatable; skins lie on the Monk scale; colours follow others."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from services.renderer.crowd import crowd, skin_color
from services.renderer.library import AvatarRecipe, Library, UnknownPart


def test_a_thousand_recipes_are_valid_and_none_is_drawn_twice(library: Library) -> None:
    """Each passes the library's own check with nothing left to chance, and all differ."""
    recipes = [library.complete(recipe) for recipe in crowd(library, 1000, seed=7)]
    assert len({repr(recipe) for recipe in recipes}) == 1000
    for group, entries in library.groups.items():
        missing = set(entries) - {recipe.parts.get(group) for recipe in recipes}
        assert not missing, f"{group}: {missing} is never drawn"


def test_a_crowd_is_the_same_for_the_same_seed(library: Library) -> None:
    """More of the same crowd begins with the same people; another seed brings others."""
    assert crowd(library, 3, seed=1) == crowd(library, 12, seed=1)[:3]
    assert crowd(library, 3, seed=1) != crowd(library, 3, seed=2)


def test_nobody_wears_what_would_lie_under_a_headscarf(library: Library) -> None:
    """Where headwear covers the ears there is no jewellery at them."""
    covered = [
        recipe
        for recipe in crowd(library, 400, seed=3)
        if library.groups["headwear"].get(recipe.parts.get("headwear", ""), {}).get("covers") == "all"
    ]
    assert covered
    assert not any({"jewellery", "aids", "necklace"} & set(recipe.parts) for recipe in covered)


def test_skin_is_continuous_over_the_monk_scale_and_its_undertones(library: Library) -> None:
    """Whole tones are the scale's own colours, steps between are small, warm is yellower than cool."""
    tones = library.catalogue["skin_tones"]
    assert skin_color(tones, 1, 0) == (0xF6, 0xED, 0xE4)
    assert skin_color(tones, 10, 0) == (0x29, 0x24, 0x20)
    places = [1 + k * 0.05 for k in range(181)]
    colors = [skin_color(tones, place, 0.3) for place in places]
    assert max(abs(a - b) for one, two in pairwise(colors) for a, b in zip(one, two, strict=True)) < 7
    for place in places[::10]:
        warm, cool = skin_color(tones, place, 1), skin_color(tones, place, -1)
        assert warm[0] - warm[2] > cool[0] - cool[2], f"tone {place}"
    with pytest.raises(ValueError, match="tone 11"):
        skin_color(tones, 11, 0)


def test_a_colour_that_is_not_given_follows(library: Library) -> None:
    """Beard, brows, roots and tips are as the hair, and the left eye as the right, unless the recipe says otherwise."""
    whole = library.complete(AvatarRecipe({}, {"hair": (1, 2, 3), "brows": (9, 9, 9), "iris": (4, 5, 6)}))
    assert whole.colors["facial_hair"] == whole.colors["hair_roots"] == whole.colors["hair_tips"] == (1, 2, 3)
    assert whole.colors["brows"] == (9, 9, 9)
    assert whole.colors["iris_left"] == (4, 5, 6)


def test_amounts_are_the_librarys_unless_given(library: Library) -> None:
    """Near amounts become equal, so that they share their pictures; one that is not known is named."""
    whole = library.complete(AvatarRecipe({}, amounts={"grey": 0.33}))
    assert whole.amounts["grey"] == pytest.approx(0.35)
    assert set(whole.amounts) == set(library.catalogue["amounts"])
    with pytest.raises(UnknownPart, match="sparkle"):
        library.complete(AvatarRecipe({}, amounts={"sparkle": 1.0}))


def test_the_page_on_looks_explains_every_word(library: Library) -> None:
    """Groups, colour slots, amounts and morphs of the catalogue are all in docs/looks.md, and its counts are true."""
    page = (Path(__file__).parents[2] / "docs" / "looks.md").read_text()
    words = [*library.groups, *library.catalogue["colors"], *library.catalogue["amounts"], *library.catalogue["morphs"]]
    assert [word for word in words if f"`{word}`" not in page] == []
    counted = {name: int(count) for name, count in re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.M)}
    assert counted == {group: len(library.groups[group]) for group in counted}
    assert len(counted) >= 14
