"""What an avatar costs a phone, from the books of the library, and the most that it may cost.

Limits are those of phones four years old: a tab there lives on 100 to 200 MB, and of an avatar's cost triangles and
texture memory are what kills it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.renderer.library import AvatarRecipe, Library

HAIR_SLOTS = {"hair", "hair_matte"}
PROP_SLOTS = {"prop", "prop_trim", "prop_grille"}
FACE_ZONES = 4
"""At most: with eyes, with a mouth, with both, with neither; see `stage/avatar/face.ts`."""


class OverBudget(ValueError):  # noqa: N818  named for what the caller reads
    """A recipe costs more than a phone can bear."""


@dataclass(frozen=True)
class Cost:
    """What one avatar takes.

    Args:
        download_bytes: Geometry and textures, as fetched.
        triangles: Of the figure; its outline draws them once more.
        draw_calls: Per frame, outline and lenses included.
        texture_bytes: On the card.
    """

    download_bytes: int
    triangles: int
    draw_calls: int
    texture_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.download_bytes / 1e6:.2f} MB to fetch, {self.triangles} triangles, {self.draw_calls} draw calls, "
            f"{self.texture_bytes / 1e6:.2f} MB of texture"
        )


LIMIT = Cost(download_bytes=1_500_000, triangles=40_000, draw_calls=12, texture_bytes=4_200_000)


def cost(library: Library, recipe: AvatarRecipe) -> Cost:
    """What a complete recipe costs."""
    books = library.costs
    return _sum([books["head/head"], *(books[f"{group}/{part}"] for group, part in recipe.parts.items())])


def check(library: Library, recipe: AvatarRecipe) -> Cost:
    """The cost of a complete recipe that a phone can bear.

    Raises:
        OverBudget: It cannot; the message says by what.
    """
    found = cost(library, recipe)
    _within(found, ", ".join(f"{group} {part}" for group, part in sorted(recipe.parts.items())))
    return found


def check_heaviest(library: Library) -> Cost:
    """The cost of the heaviest recipe that the catalogue allows: if that is within, every recipe is.

    Raises:
        OverBudget: It is not; the message names its parts.
    """
    books = library.costs
    worst: tuple[Cost, list[str]] | None = None
    for names in _heavy(library, books):
        found = _sum([books["head/head"], *(books[name] for name in names)])
        if worst is None or found.triangles > worst[0].triangles:
            worst = found, names
        _within(found, ", ".join(names))
    assert worst is not None, "a catalogue has parts"
    return worst[0]


def _heavy(library: Library, books: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    """The heaviest part of every group, by triangles and by bytes; headwear over all hair goes without hair."""
    hats = library.groups.get("headwear", {})
    for measure in ("triangles", "bytes"):
        rest = [
            _heaviest(books, measure, (f"{group}/{part}" for part in parts))
            for group, parts in library.groups.items()
            if group not in {"hair", "headwear"}
        ]
        hair = [_heaviest(books, measure, (f"hair/{part}" for part in library.groups["hair"]))]
        for covers in (False, True):
            like = [f"headwear/{hat}" for hat, entry in hats.items() if (entry.get("covers") == "all") == covers]
            hat = [_heaviest(books, measure, like)] if like else []
            yield [*rest, *([] if covers else hair), *hat]


def _heaviest(books: Mapping[str, Mapping[str, Any]], measure: str, names: Iterable[str]) -> str:
    return max(names, key=lambda name: int(books[name][measure]))


def _sum(rows: list[dict[str, Any]]) -> Cost:
    slots = {slot for row in rows for slot in row["slots"]}
    # The page merges parts: hair before the head and behind it, the face by its zones, the rest, what hands hold,
    # outline, lenses.
    calls = (
        2 * bool(slots & HAIR_SLOTS)
        + bool(slots & PROP_SLOTS)
        + FACE_ZONES * ("face" in slots)
        + bool(slots - HAIR_SLOTS - PROP_SLOTS - {"face", "lens"})
        + 1
        + ("lens" in slots)
    )
    return Cost(
        download_bytes=sum(row["bytes"] for row in rows),
        triangles=sum(row["triangles"] for row in rows),
        draw_calls=calls,
        texture_bytes=sum(row["textureBytes"] for row in rows),
    )


def _within(found: Cost, what: str) -> None:
    for name, most in vars(LIMIT).items():
        got = getattr(found, name)
        if got > most:
            raise OverBudget(f"{name} {got} of {what} pass the budget of {most}")
