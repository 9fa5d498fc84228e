"""A campaign's own parts: what each says of itself, whether it fits, and what a phone will fetch of it.

The rules for a mesh are the library's (`services.renderer.incoming`); here is what a part must say in the `extras` of
its node to be found, worn and named, and what all parts of a campaign must be together.
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from services.renderer import budget
from services.renderer.build import pack
from services.renderer.gltf import NotGltf, read
from services.renderer.incoming import MOST_BYTES, Fault, inspect, khronos
from services.renderer.library import AvatarRecipe, Library, OwnPart, UnknownLibrary, UnknownPart
from services.renderer.parts.paint import PAINTED
from services.renderer.tidying import extras_of, tidied

NAME = re.compile(r"[a-z][a-z0-9_]{1,60}")
TITLE_CHARACTERS = 80
MASKS: Mapping[str, frozenset[str]] = {
    "hide": frozenset(),
    "tuck": frozenset(("brim",)),
    "band": frozenset(("brim", "wide")),
    "patch": frozenset(("spot",)),
}
"""Kinds of masks and what each must say; see `stage/avatar/mask.ts`."""

UNREAD = frozenset(("BadName", "NotGltf", "NoGroup", "PaintedGroup", "TooLarge", "UnknownGroup"))
"""Faults of a file that nobody looks further into."""

COVERS = ("all", "crown", "band", "back")
"""What headwear lies on; under `all` no hair is drawn."""

MASK_NUMBERS = {"brim": 2, "off": 1, "wide": 1, "behind": 1, "spot": 3}


class Unfit(ValueError):  # noqa: N818  named for what the caller reads
    """Parts or recipes of a campaign that cannot be used: their faults by file."""

    def __init__(self, faults: Mapping[str, list[Fault]]) -> None:
        super().__init__("; ".join(f"{file}: {fault}" for file, each in faults.items() for fault in each))
        self.faults = dict(faults)


@dataclass(frozen=True)
class Fitted:
    """A part that fits.

    Args:
        entry: As the catalogue's.
        packed: What a phone fetches.
        plain_bytes: Of the file as it came.
        cost: As in the library's books.
    """

    entry: Mapping[str, Any]
    packed: bytes
    plain_bytes: int
    cost: Mapping[str, Any]

    def kept(self, folder: Path) -> OwnPart:
        """The part as a library draws it, its file in `folder`."""
        digest = hashlib.sha256(self.packed).hexdigest()
        geometry = folder / f"{digest}.glb"
        geometry.write_bytes(self.packed)
        return OwnPart(self.entry, geometry, digest, self.cost)


def fit(
    parts: Mapping[str, bytes], library: Library, recipes: Mapping[str, AvatarRecipe] | None = None
) -> dict[str, Fitted]:
    """A campaign's parts, checked and packed, by path.

    Args:
        parts: glTF binaries by path.
        library: What they join.
        recipes: The campaign's, by path: each must be whole with these parts.

    Raises:
        Unfit: Names everything that is wrong.
        NotPacked: The packer did not run.
    """
    faults: defaultdict[str, list[Fault]] = defaultdict(list)
    entries: dict[str, dict[str, Any]] = {}
    taken: dict[tuple[str, str], str] = {}
    for path, data in parts.items():
        name = PurePosixPath(path).stem
        entry = described(data, name)
        entries[path] = entry
        faults[path] += file_faults(path, data, entry["group"], library)
        faults[path] += entry_faults(entry, extras(data), library)
        place = entry["group"], name
        if place in taken or name in library.groups.get(entry["group"], {}):
            whose = taken.get(place, "the library")
            faults[path].append(Fault("TakenName", f"{whose} has a part {name!r} of group {entry['group']!r} already"))
        taken[place] = path
    if any(faults.values()):
        raise Unfit({path: found for path, found in faults.items() if found})
    fitted = _packed(parts, entries)
    if wrong := whole_faults(fitted, library, recipes or {}):
        raise Unfit(wrong)
    return fitted


def file_faults(path: str, data: bytes, group: str, library: Library) -> list[Fault]:
    """What is wrong with a part's name, its group and its mesh; what it says of itself is looked at apart."""
    if not NAME.fullmatch(PurePosixPath(path).stem):
        return [Fault("BadName", "a part's file is called as recipes call it: small letters, digits and _")]
    try:
        if len(data) <= MOST_BYTES:
            read(data)
    except NotGltf as error:
        return [Fault("NotGltf", str(error))]
    if not group:
        known = ", ".join(sorted(set(library.groups) - set(PAINTED)))
        return [Fault("NoGroup", f"the extras of its node say no group; known: {known}")]
    if group in PAINTED:
        return [Fault("PaintedGroup", f"parts of group {group!r} are painted by the library's shaders, not modelled")]
    found = inspect(data, group, library)
    if any(fault.name in UNREAD for fault in found):
        return found  # the validator wants a file that is glTF, whatever else is wrong with it
    with tempfile.TemporaryDirectory(prefix="fancam-part-") as scratch:
        file = Path(scratch) / "part.glb"
        file.write_bytes(data)
        return found + khronos(file)


# --------------------------------------------------------------------------------------------------------------------
# What a part says of itself


def extras(data: bytes) -> dict[str, Any]:
    """The extras of the node with the mesh; empty when the file cannot be read."""
    try:
        return extras_of(read(data))
    except (NotGltf, KeyError, TypeError, AttributeError):
        return {}


def described(data: bytes, name: str) -> dict[str, Any]:
    """The part's entry for the catalogue, as its node's extras say it; what they leave out or get wrong is empty."""
    said = extras(data)
    entry: dict[str, Any] = {
        "id": name,
        "group": said.get("group") if isinstance(said.get("group"), str) else "",
        "title": said.get("title") if isinstance(said.get("title"), str) else name.replace("_", " ").capitalize(),
        "tags": said.get("tags") if isinstance(said.get("tags"), dict) else {},
        "colors": said.get("colors") if isinstance(said.get("colors"), list) else [],
    }
    return entry | ({"covers": "all"} if said.get("covers") == "all" else {})


def entry_faults(entry: Mapping[str, Any], said: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    """What is wrong with the words of an entry, and with the numbers for the page."""
    known = library.catalogue["vocabulary"].get(entry["group"], {})
    for tag, value in entry["tags"].items():
        if tag not in known:
            yield Fault("UnknownTag", f"{tag!r} is no tag of group {entry['group']!r}; known: {', '.join(known)}")
        elif value not in known[tag]:
            yield Fault("UnknownTag", f"{tag} {value!r} is none of {', '.join(known[tag])}")
    for missing in sorted(known.keys() - entry["tags"].keys()) if entry["tags"] else []:
        yield Fault("UnknownTag", f"tag {missing!r} is missing: a part has all tags of its group, or none")
    slots = library.catalogue["colors"]
    for color in entry["colors"]:
        if color not in slots:
            yield Fault("UnknownColor", f"{color!r} is no colour of a recipe; known: {', '.join(sorted(slots))}")
    if len(entry["title"]) > TITLE_CHARACTERS or not entry["title"].isprintable():
        yield Fault("BadTitle", f"a title is one line of at most {TITLE_CHARACTERS} characters")
    if said.get("covers", "all") not in COVERS:
        yield Fault("BadMask", f"covers is {said['covers']!r}, none of {', '.join(COVERS)}")
    if "mask" in said:
        yield from _mask_faults(said["mask"])
    fringe = said.get("fringe", 0.0)
    if not all(_number(each) for each in (fringe if isinstance(fringe, list) else [fringe])):
        yield Fault("BadMask", "fringe is a height in metres, or a list of heights")
    if "lens" in said:
        lens = said["lens"] if isinstance(said["lens"], dict) else {}
        if not (_numbers(lens.get("tint"), 3) and _number(lens.get("opacity"))):
            yield Fault("BadLens", "lens is {tint: [red, green, blue], opacity}, each 0 to 1")


def _mask_faults(mask: object) -> Iterator[Fault]:
    if not isinstance(mask, dict) or mask.get("hair") not in MASKS:
        yield Fault("BadMask", f"hair is {', '.join(MASKS)}; see docs/hair.md")
        return
    for missing in sorted(MASKS[mask["hair"]] - mask.keys()):
        yield Fault("BadMask", f"a mask that says {mask['hair']!r} needs {missing!r}")
    for name, value in mask.items():
        wide = MASK_NUMBERS.get(name)
        if name != "hair" and (wide is None or not (_number(value) if wide == 1 else _numbers(value, wide))):
            yield Fault("BadMask", f"{name} is {wide} finite numbers" if wide else f"there is no {name!r} in a mask")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _numbers(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_number, value))


# --------------------------------------------------------------------------------------------------------------------
# Packing, and all of them together


def _packed(parts: Mapping[str, bytes], entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Fitted]:
    with tempfile.TemporaryDirectory(prefix="fancam-parts-") as scratch:
        drafts, target = Path(scratch) / "drafts", Path(scratch) / "packed"
        drafts.mkdir()
        numbered = {f"part{number}": path for number, path in enumerate(parts)}
        for name, path in numbered.items():
            (drafts / f"{name}.glb").write_bytes(tidied(read(parts[path]), entries[path]["id"]))
        costs = pack(drafts, target) if parts else {}
        return {
            path: Fitted(entries[path], (target / f"{name}.glb").read_bytes(), len(parts[path]), costs[name])
            for name, path in numbered.items()
        }


def whole_faults(
    fitted: Mapping[str, Fitted], library: Library, recipes: Mapping[str, AvatarRecipe]
) -> dict[str, list[Fault]]:
    """What is wrong with a campaign's parts together, by file: recipes that are not whole, and avatars too heavy."""
    places = {path: OwnPart(part.entry, Path(), "", part.cost) for path, part in fitted.items()}
    more = library.with_parts(list(places.values()))
    faults: defaultdict[str, list[Fault]] = defaultdict(list)
    for path, own in places.items():
        try:
            budget.check_heaviest(library.with_parts([own]))
        except budget.OverBudget as error:
            faults[path].append(Fault("OverBudget", f"worn with the heaviest of the library: {error}"))
    for path, recipe in recipes.items():
        try:
            budget.check(more, more.complete(recipe))
        except (UnknownPart, UnknownLibrary) as error:
            faults[path].append(Fault(type(error).__name__, str(error)))
        except budget.OverBudget as error:
            faults[path].append(Fault("OverBudget", str(error)))
    return dict(faults)
