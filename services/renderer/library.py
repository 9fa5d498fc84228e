"""The avatar library as the renderer reads it: catalogue, generated geometry, and whether a recipe fits them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "stage" / "avatar" / "library"
"""Where the repository keeps its library."""

PARTS_SOURCE = Path(__file__).resolve().parent / "parts"
PACKER = ROOT / "stage" / "avatar" / "pack.mjs"


class UnknownPart(ValueError):  # noqa: N818  named for what the caller reads
    """A recipe names a part, group, colour slot, morph or amount that the library does not have."""


class UnknownLibrary(ValueError):  # noqa: N818
    """A recipe was made for another library."""


class UnknownDance(ValueError):  # noqa: N818
    """A staging names a dance or an expression that the library does not have."""


@dataclass(frozen=True)
class AvatarRecipe:
    """A recipe as plain values.

    Args:
        parts: Part per group.
        colors: 8-bit sRGB per slot.
        morphs: Weight per name, -1 to 1.
        library: The library it is for, or empty for any.
        amounts: Share per name, 0 to 1.
    """

    parts: Mapping[str, str]
    colors: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    morphs: Mapping[str, float] = field(default_factory=dict)
    library: str = ""
    amounts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnPart:
    """A part that a campaign brings, ready to be drawn.

    Args:
        entry: As the catalogue's: `id`, `group`, `title`, `tags`, `colors` and, for headwear, `covers`.
        geometry: Its packed glTF.
        digest: sha256 of `geometry`: two campaigns may call different parts the same.
        cost: As in the library's books.
    """

    entry: Mapping[str, Any]
    geometry: Path
    digest: str
    cost: Mapping[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        """Its group and its id."""
        return self.entry["group"], self.entry["id"]


class Library:
    """The catalogue and its geometry.

    Args:
        folder: Holds `catalogue.json`, `dances.json` and, once built, `dist/<group>/<part>.glb`.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        text = (folder / "catalogue.json").read_bytes()
        self.catalogue: dict[str, Any] = json.loads(text)
        self.id = hashlib.sha256(text).hexdigest()
        self.groups: dict[str, dict[str, dict[str, Any]]] = {}
        for part in self.catalogue["parts"]:
            self.groups.setdefault(part["group"], {})[part["id"]] = part
        self._own: dict[tuple[str, str], OwnPart] = {}

    def with_parts(self, own: Sequence[OwnPart]) -> Library:
        """This library and a campaign's own parts, which its recipes may name like any other."""
        more = copy.copy(self)
        more._own = self._own | {part.place: part for part in own}
        more.groups = {group: dict(parts) for group, parts in self.groups.items()}
        for part in own:
            group, name = part.place
            more.groups.setdefault(group, {})[name] = dict(part.entry)
        entries = [*self.catalogue["parts"], *(dict(part.entry) for part in own)]
        more.catalogue = self.catalogue | {"parts": entries}
        return more

    @property
    def stamp_file(self) -> Path:
        """Names the sources that the geometry was generated from."""
        return self.folder / "dist" / "stamp"

    @cached_property
    def version(self) -> str:
        """Changes when anything that can change a picture of a recipe changes: catalogue, dances, geometry."""
        return hashlib.sha256(
            (source_stamp(self.folder) + (self.folder / "dances.json").read_text()).encode()
        ).hexdigest()[:16]

    def geometry(self, group: str, part: str) -> Path:
        """The glTF file of a part; group `head` has one part, `head`."""
        if (group, part) in self._own:
            return self._own[group, part].geometry
        return self.folder / "dist" / group / f"{part}.glb"

    def plain(self, group: str, part: str) -> Path:
        """The same part uncompressed, as other tools and our own exports read it."""
        return self.folder / "dist" / "plain" / group / f"{part}.glb"

    @property
    def costs_file(self) -> Path:
        """What each part costs: see `services.renderer.build`."""
        return self.folder / "dist" / "costs.json"

    @property
    def costs(self) -> dict[str, dict[str, Any]]:
        """The books: what each part costs, by `<group>/<part>`; the head's place is `head/head`."""
        books: dict[str, dict[str, Any]] = json.loads(self.costs_file.read_text())
        return books | {"/".join(place): dict(part.cost) for place, part in self._own.items()}

    def seals(self, recipe: AvatarRecipe) -> dict[str, str]:
        """The digests of a campaign's own parts in a recipe, by group: what their names alone do not tell apart."""
        found = {group: self._own.get((group, part)) for group, part in recipe.parts.items()}
        return {group: part.digest for group, part in sorted(found.items()) if part is not None}

    def complete(self, recipe: AvatarRecipe) -> AvatarRecipe:
        """The recipe with neutral parts and default colours where it says nothing, checked.

        Raises:
            UnknownLibrary: It was made for another library.
            UnknownPart: A part, group, colour slot, morph or amount is not in the catalogue; the message names it.
        """
        if recipe.library and recipe.library != self.id:
            raise UnknownLibrary(f"the recipe is for library {recipe.library[:12]}, this is {self.id[:12]}")
        parts = dict(recipe.parts)
        for group in self.catalogue["required"]:
            parts.setdefault(group, self.catalogue["neutral"][group])
        for group, part in parts.items():
            if group not in self.groups:
                raise UnknownPart(f"there is no group {group!r}; known: {', '.join(sorted(self.groups))}")
            if part not in self.groups[group]:
                raise UnknownPart(
                    f"group {group!r} has no part {part!r}; known: {', '.join(sorted(self.groups[group]))}"
                )
        defaults = {name: (c["red"], c["green"], c["blue"]) for name, c in self.catalogue["colors"].items()}
        unknown = set(recipe.colors) - set(defaults)
        if unknown:
            raise UnknownPart(f"there is no colour slot {sorted(unknown)[0]!r}; known: {', '.join(sorted(defaults))}")
        strange = set(recipe.morphs) - set(self.catalogue["morphs"])
        if strange:
            raise UnknownPart(f"there is no morph {sorted(strange)[0]!r}; known: {', '.join(self.catalogue['morphs'])}")
        amounts = dict(self.catalogue["amounts"])
        if excess := set(recipe.amounts) - set(amounts):
            raise UnknownPart(f"there is no amount {sorted(excess)[0]!r}; known: {', '.join(sorted(amounts))}")
        colors = defaults | dict(recipe.colors)
        for slot, leader in self.catalogue["follow"].items():
            if slot not in recipe.colors:
                colors[slot] = colors[leader]
        morphs = {name: round(weight / 0.05) * 0.05 for name, weight in sorted(recipe.morphs.items())}
        amounts |= {name: round(amount / 0.05) * 0.05 for name, amount in recipe.amounts.items()}
        return AvatarRecipe(
            dict(sorted(parts.items())), dict(sorted(colors.items())), morphs, self.id, dict(sorted(amounts.items()))
        )

    def check_staging(self, dance: str, expression: str) -> None:
        """Raise UnknownDance unless both are known; empty means the first of each."""
        if dance and dance not in self.catalogue["dances"]:
            raise UnknownDance(f"there is no dance {dance!r}; known: {', '.join(self.catalogue['dances'])}")
        if expression and expression not in self.catalogue["expressions"]:
            raise UnknownDance(
                f"there is no expression {expression!r}; known: {', '.join(self.catalogue['expressions'])}"
            )

    def files(self, recipe: AvatarRecipe) -> dict[str, Path]:
        """The geometry that a complete recipe needs, by `<group>/<part>`."""
        chosen = {"head": "head", **recipe.parts}
        return {f"{group}/{part}": self.geometry(group, part) for group, part in sorted(chosen.items())}


def source_stamp(folder: Path) -> str:
    """sha256 over the catalogue and the sources of what generates and packs."""
    digest = hashlib.sha256((folder / "catalogue.json").read_bytes())
    for path in sorted(PARTS_SOURCE.rglob("*.py")):
        digest.update(path.relative_to(PARTS_SOURCE).as_posix().encode() + path.read_bytes())
    for path in [PACKER, *sorted((folder / "imported").rglob("*.glb"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
