"""From traits to an avatar: parts, colours and morphs. What it knows is data: `recipes.yaml` and the catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import yaml

from services.recognition.colour import to_lab, to_srgb
from services.recognition.traits import Traits

RULES = Path(__file__).parent / "recipes.yaml"
"""The library's own rules."""

CATALOGUE = Path(__file__).parents[2] / "stage" / "avatar" / "library" / "catalogue.json"
"""The library's parts and their tags: data that the renderer's library shares with recognition."""

Rgb: TypeAlias = tuple[int, int, int]

Shares: TypeAlias = Mapping[str, float]
"""How much of each named value; they add up to 1."""


class BadRules(Exception):  # noqa: N818
    """The rules name something that they or the library do not have; the message says where."""


class BadCatalogue(Exception):  # noqa: N818
    """The library's catalogue cannot be read."""


@dataclass(frozen=True)
class Part:
    """One part of the library."""

    id: str
    group: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """What the library offers.

    Attributes:
        digest: sha256 of the file; it names the library in every recipe.
        parts: In the file's order.
        neutral: Part per group that fits anybody.
        required: Groups that an avatar cannot be without.
        colors: The library's own colour per slot.
        morphs: Names of the head's morph targets.
    """

    digest: str
    parts: Sequence[Part]
    neutral: Mapping[str, str]
    required: Sequence[str]
    colors: Mapping[str, Rgb]
    morphs: Sequence[str]

    @classmethod
    def read(cls, data: bytes) -> Catalogue:
        """Read `catalogue.json`.

        Raises:
            BadCatalogue: It is not JSON, or lacks something.
        """
        try:
            content = json.loads(data)
            return cls(
                digest=hashlib.sha256(data).hexdigest(),
                parts=[Part(part["id"], part["group"], part["tags"]) for part in content["parts"]],
                neutral=content["neutral"],
                required=content["required"],
                colors={slot: (c["red"], c["green"], c["blue"]) for slot, c in content["colors"].items()},
                morphs=content["morphs"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadCatalogue(f"the library's catalogue cannot be read: {error!r}") from error

    def group(self, name: str) -> list[Part]:
        """All parts of a group, in order."""
        return [part for part in self.parts if part.group == name]

    def with_parts(self, own: Sequence[Part]) -> Catalogue:
        """This catalogue and a campaign's own parts, which come first: of equally good ones they are chosen."""
        return replace(self, parts=[*own, *self.parts])


@dataclass(frozen=True)
class Tag:
    """How one tag is compared; see `recipes.yaml`."""

    weight: float
    trait: str
    scale: Sequence[str] = ()
    near: Mapping[frozenset[str], float] = field(default_factory=dict)
    unsure: Shares | None = None
    read: Mapping[str, Shares] = field(default_factory=dict)

    def distance(self, first: str, second: str) -> float:
        """0 for equal values, 1 for the farthest."""
        if first == second:
            return 0.0
        if first in self.scale and second in self.scale:
            return abs(self.scale.index(first) - self.scale.index(second)) / (len(self.scale) - 1)
        return self.near.get(frozenset((first, second)), 1.0)

    def seen(self, traits: Traits) -> Shares | None:
        """What to compare parts with; None when nothing is known or assumed."""
        trait = traits.choice(self.trait)
        if trait is None or (not trait.decision and self.unsure is not None):
            return self.unsure
        if not self.read:
            return trait.probabilities
        shares: dict[str, float] = {}
        for value, probability in trait.probabilities.items():
            for tag, share in self.read[value].items():
                shares[tag] = shares.get(tag, 0.0) + probability * share
        return shares


@dataclass(frozen=True)
class Draw:
    """A part that nothing on a face decides: drawn by lot, and equal for equal avatars.

    Attributes:
        among: Parts to draw from.
        seed: Another seed deals the parts differently.
        parts: Groups whose parts make the lot.
        colors: Slots whose colours make the lot.
    """

    among: Sequence[str]
    seed: int
    parts: Sequence[str]
    colors: Sequence[str]

    def choice(self, parts: Mapping[str, str], colors: Mapping[str, Rgb]) -> str:
        """The part that an avatar of these other parts and colours gets."""
        lot = [self.seed, [parts.get(name, "") for name in self.parts], [list(colors[name]) for name in self.colors]]
        return self.among[_lot(lot, len(self.among))]


@dataclass(frozen=True)
class Group:
    """How the part of one group is chosen."""

    tags: Mapping[str, Tag]
    when: Mapping[str, Sequence[str]]
    draw: Draw | None = None

    def wanted(self, traits: Traits) -> bool:
        """Whether the avatar gets a part of this group."""
        for attribute, values in self.when.items():
            trait = traits.choice(attribute)
            if trait is None or trait.decision not in values:
                return False
        return True

    def cost(self, part: Part, traits: Traits) -> float:
        """Expected distance between what was seen and the part."""
        cost = 0.0
        for name, tag in self.tags.items():
            shares = tag.seen(traits)
            if shares is not None and name in part.tags:
                cost += tag.weight * sum(p * tag.distance(value, part.tags[name]) for value, p in shares.items())
        return cost


@dataclass(frozen=True)
class Slot:
    """Where one colour comes from."""

    source: str = ""
    lightness: Sequence[tuple[float, float]] = ()
    chroma: tuple[float, float, float] = (1.0, 0.0, 130.0)
    hue: tuple[float, float] | None = None
    grey: tuple[float, float] | None = None
    like: str = ""
    lighten: float = 0.0
    palette: Sequence[Mapping[str, Rgb]] = ()
    away_from: Sequence[str] = ()
    apart: float = float("inf")

    def drawn(self, seen: Rgb) -> Rgb:
        """The colour that is drawn for a photographed one."""
        lab = to_lab(np.array(seen, np.uint8)).astype(np.float64)
        lightness, chroma = float(lab[0]), float(np.hypot(lab[1], lab[2]))
        hue = float(np.degrees(np.arctan2(lab[2], lab[1])) % 360)
        if self.lightness:
            lightness = float(np.interp(lightness, [at for at, _ in self.lightness], [to for _, to in self.lightness]))
        if self.grey is not None and chroma < self.grey[0]:
            hue = self.grey[1]
        factor, least, most = self.chroma
        chroma = float(np.clip(chroma * factor, least, most))
        if self.hue is not None:
            hue = _towards(hue, *self.hue)
        return _rgb([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))])


@dataclass(frozen=True)
class Rules:
    """A file of rules."""

    groups: Mapping[str, Group]
    slots: Mapping[str, Slot]
    color_step: int
    gains: Mapping[str, float]
    morph_step: float

    @classmethod
    def read(cls, text: str) -> Rules:
        """Read a file like `recipes.yaml`.

        Raises:
            BadRules: It is not YAML of that shape.
        """
        try:
            content = yaml.safe_load(text)
            if content["version"] != 1:
                raise BadRules(f"version {content['version']!r} of the rules is not known; known: 1")
            return cls(
                groups={name: _group(name, entry or {}) for name, entry in content["groups"].items()},
                slots={name: _slot(name, entry or {}) for name, entry in content["colors"]["slots"].items()},
                color_step=int(content["colors"]["step"]),
                gains={name: float(gain) for name, gain in content["morphs"]["gain"].items()},
                morph_step=float(content["morphs"]["step"]),
            )
        except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadRules(f"the recipe rules cannot be read: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class Recipe:
    """One avatar: part per group, colour per slot, weight per morph."""

    library: str
    parts: Mapping[str, str]
    colors: Mapping[str, Rgb]
    morphs: Mapping[str, float]


def choose(traits: Traits, catalogue: Catalogue, rules: Rules) -> Recipe:
    """The avatar for a face. Equal traits give equal recipes.

    Raises:
        BadRules: The rules name a group that the library does not have.
    """
    parts = {}
    for name, group in rules.groups.items():
        if not group.wanted(traits):
            continue
        # A part that says nothing of itself fits no selfie better than another: only a lot or a recipe names it.
        candidates = [part for part in catalogue.group(name) if part.tags]
        if not candidates:
            raise BadRules(f"the rules choose a part of group {name!r}, and the library has none")
        neutral = catalogue.neutral.get(name, "")
        # Costs are rounded so that equally good parts are equal on every machine; the neutral one wins ties, then the
        # first.
        ranked = sorted(
            enumerate(candidates),
            key=lambda entry: (round(group.cost(entry[1], traits), 9), entry[1].id != neutral, entry[0]),
        )
        parts[name] = ranked[0][1].id
    for name in catalogue.required:
        parts.setdefault(name, catalogue.neutral[name])
    colors = _colors(traits, catalogue, rules, parts)
    for name, draw in {name: group.draw for name, group in rules.groups.items() if name in parts}.items():
        if draw is None:
            continue
        unknown = set(draw.among) - {part.id for part in catalogue.group(name)} | set(draw.colors) - set(colors)
        if unknown:
            raise BadRules(f"the lot for group {name!r} names {sorted(unknown)[0]!r}, and the library has none")
        parts[name] = draw.choice(parts, colors)
    return Recipe(catalogue.digest, parts, colors, _morphs(traits, catalogue, rules))


def _lot(made_of: Sequence[Any], count: int) -> int:
    """A number below `count` by the hash of what the lot is made of: equal on every machine."""
    digest = hashlib.sha256(json.dumps(made_of).encode()).digest()
    return int.from_bytes(digest[:8], "big") % count


def _colors(traits: Traits, catalogue: Catalogue, rules: Rules, parts: Mapping[str, str]) -> dict[str, Rgb]:
    colors = dict(catalogue.colors)
    for name, slot in rules.slots.items():
        seen = traits.coloured(slot.source) if slot.source else None
        if seen is not None:
            colors[name] = slot.drawn(seen.rgb)
        elif slot.like:
            lab = to_lab(np.array(colors[slot.like], np.uint8)).astype(np.float64)
            colors[name] = _rgb([min(96.0, lab[0] + slot.lighten), lab[1], lab[2]])
        elif slot.palette:
            others = [to_lab(np.array(colors[other], np.uint8)) for other in slot.away_from]
            clear = [min((_apart(entry[name], other) for other in others), default=0.0) for entry in slot.palette]
            fit = [entry for entry, apart in zip(slot.palette, clear, strict=True) if apart >= slot.apart]
            # Without any that stands off well, the farthest from the nearest of the others; the first of equals.
            colors |= fit[_lot([name, sorted(parts.items())], len(fit))] if fit else slot.palette[int(np.argmax(clear))]
    step = rules.color_step
    return {
        name: (_rounded(red, step), _rounded(green, step), _rounded(blue, step))
        for name, (red, green, blue) in colors.items()
    }


def _morphs(traits: Traits, catalogue: Catalogue, rules: Rules) -> dict[str, float]:
    morphs = {}
    for name, gain in rules.gains.items():
        if name not in catalogue.morphs:
            raise BadRules(f"the rules move morph {name!r}, and the library has none of that name")
        measure = traits.measured(name)
        if measure is None:
            continue
        likely = measure.z / (1 + measure.sigma**2)  # the best guess when people vary by 1 and measurements by sigma
        weight = round(float(np.clip(likely * gain, -1, 1)) / rules.morph_step) * rules.morph_step
        if abs(weight) > 1e-9:
            morphs[name] = round(weight, 4)
    return morphs


def _group(name: str, entry: Mapping[str, Any]) -> Group:
    _known(f"group {name}", entry, {"tags", "when", "draw"})
    tags = {}
    for tag, how in entry.get("tags", {}).items():
        _known(f"tag {tag} of group {name}", how, {"weight", "trait", "scale", "near", "unsure", "read"})
        tags[tag] = Tag(
            weight=float(how["weight"]),
            trait=how.get("trait", f"{name}_{tag}"),
            scale=how.get("scale", ()),
            near={frozenset((first, second)): float(far) for first, second, far in how.get("near", ())},
            unsure=how.get("unsure"),
            read=how.get("read", {}),
        )
    return Group(tags=tags, when=entry.get("when", {}), draw=_draw(name, entry["draw"]) if "draw" in entry else None)


def _draw(name: str, entry: Mapping[str, Any]) -> Draw:
    _known(f"the lot for group {name}", entry, {"among", "seed", "parts", "colors"})
    if not entry["among"]:
        raise BadRules(f"the lot for group {name} has nothing to draw from")
    if name in entry.get("parts", ()):
        raise BadRules(f"the lot for group {name} cannot depend on the part that it draws")
    return Draw(tuple(entry["among"]), int(entry.get("seed", 0)), entry.get("parts", ()), entry.get("colors", ()))


def _slot(name: str, entry: Mapping[str, Any]) -> Slot:
    allowed = {"from", "lightness", "chroma", "hue", "grey", "like", "lighten", "palette", "away_from", "apart"}
    _known(f"colour {name}", entry, allowed)
    factor, least, most = entry.get("chroma", (1.0, 0.0, 130.0))
    low_high, grey = entry.get("hue"), entry.get("grey")
    return Slot(
        source=entry.get("from", ""),
        lightness=[(float(seen), float(drawn)) for seen, drawn in entry.get("lightness", ())],
        chroma=(float(factor), float(least), float(most)),
        hue=None if low_high is None else (float(low_high[0]), float(low_high[1])),
        grey=None if grey is None else (float(grey[0]), float(grey[1])),
        like=entry.get("like", ""),
        lighten=float(entry.get("lighten", 0)),
        palette=[{slot: _hex(text) for slot, text in colors.items()} for colors in entry.get("palette", ())],
        away_from=entry.get("away_from", ()),
        apart=float(entry.get("apart", "inf")),
    )


def _known(where: str, entry: Mapping[str, Any], allowed: set[str]) -> None:
    unknown = set(entry) - allowed
    if unknown:
        raise BadRules(f"{where}: {', '.join(sorted(unknown))} is not known; known: {', '.join(sorted(allowed))}")


def _hex(text: str) -> Rgb:
    if len(text) != 7 or text[0] != "#":
        raise BadRules(f"{text!r} is not a colour like #28305c")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _towards(hue: float, least: float, most: float) -> float:
    """The nearest hue inside the range, going around the circle the short way."""
    middle, half = (least + most) / 2, (most - least) / 2
    off = (hue - middle + 180) % 360 - 180
    return middle + float(np.clip(off, -half, half))


def _apart(color: Rgb, lab: Any) -> float:
    return float(np.linalg.norm(to_lab(np.array(color, np.uint8)) - lab))


def _rgb(lab: Sequence[float]) -> Rgb:
    red, green, blue = (int(channel) for channel in to_srgb(lab))
    return red, green, blue


def _rounded(channel: int, step: int) -> int:
    return min(255, round(channel / step) * step)
