"""How often a recipe was drawn before: the hit rate of the store of recipes against the number of fans, simulated.

`python bench/recipes.py [--fans N]` prints a table, draws `out/bench/recipes.png` and appends JSON lines to
`out/bench/recipes.jsonl`. Groups, parts, colours, gains and steps are the library's and recognition's own; what people
are like is assumed here and said in the table's head. A campaign may round more coarsely than the library's rules (its
own `recipes.yaml`): each rounding is a column, since it decides how many people look alike.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from services.recognition.colour import to_srgb
from services.recognition.recipe import CATALOGUE, RULES, Catalogue, Rules

mpl.use("Agg")
from matplotlib import pyplot

OUT = Path("out/bench")
CROWD = CATALOGUE.with_name("crowd.json")
"""How many people wear a part of a group at all (assumed): what the library's random fans are drawn by, too."""
SEED = 7
SEEN = ("hair", "eyewear", "facial_hair", "headwear")
"""Groups whose part a selfie decides; the others follow from these and from the colours."""
ZIPF = 1.0
"""The n-th most frequent part of a group is worn by a share proportional to n ** -ZIPF (assumed)."""
RELIABILITY = 0.93
"""Share of a face measure's variance that is the person and not the photograph (measured on two photos of one face)."""
MEMORY = 20_000
"""Recipes that a bounded store holds: those asked for last, as ours does, or those asked for most often."""


@dataclass(frozen=True)
class Rounding:
    """How finely two fans are told apart."""

    name: str
    color_step: int
    morph_step: float


def roundings(rules: Rules) -> list[Rounding]:
    """The library's own rounding, and coarser ones."""
    return [
        Rounding("library", rules.color_step, rules.morph_step),
        Rounding("coarse", 24, 0.34),
        Rounding("caricature", 40, 0.67),
        Rounding("no face shape", 40, 4.0),
    ]


@dataclass(frozen=True)
class Crowd:
    """Fans as recognition would see them.

    Args:
        parts: Index of the part per group, 0 for none: shape (fans, groups).
        colors: Drawn colours before rounding, sRGB: shape (fans, slots, 3).
        morphs: Weights before rounding: shape (fans, measures).
    """

    parts: NDArray[np.int32]
    colors: NDArray[np.float32]
    morphs: NDArray[np.float32]

    def keys(self, rounding: Rounding) -> NDArray[np.int64]:
        """A number per fan, equal for equal recipes."""
        colors = np.round(self.colors / rounding.color_step).astype(np.int64).reshape(len(self.parts), -1)
        morphs = np.round(self.morphs / rounding.morph_step).astype(np.int64)
        everything = np.hstack([self.parts.astype(np.int64), colors, morphs])
        mixed = np.random.default_rng(SEED).integers(1, 2**62, everything.shape[1]) | 1
        with np.errstate(over="ignore"):
            return np.asarray((everything * mixed).sum(axis=1))


def worn() -> dict[str, float]:
    """Share of people with a part of a group, for groups that not everybody has one of."""
    return {group: float(share) for group, share in json.loads(CROWD.read_text())["shares"].items()}


def crowd(fans: int, catalogue: Catalogue, rules: Rules, *, measured: NDArray[np.float64], seed: int) -> Crowd:
    """That many fans whose face measures are `measured`, in standard deviations: shape (fans, measures)."""
    random = np.random.default_rng(seed)
    parts = []
    shares = worn()
    for group in SEEN:
        count = len(catalogue.group(group))
        weights = np.arange(1, count + 1) ** -ZIPF
        wears = random.random(fans) < shares.get(group, 1.0)
        parts.append(np.where(wears, 1 + random.choice(count, fans, p=weights / weights.sum()), 0))
    slots = []
    for name, people in (("skin", _skin), ("hair", _hair)):
        pool = people(random)
        drawn = np.array([rules.slots[name].drawn(rgb) for rgb in pool], np.float32)
        slots.append(drawn[random.integers(len(drawn), size=fans)])
    gains = np.array(list(rules.gains.values()))
    sigma = np.sqrt(1 / RELIABILITY - 1)
    morphs = np.clip(measured / (1 + sigma**2) * gains, -1, 1)
    return Crowd(np.stack(parts, 1).astype(np.int32), np.stack(slots, 1), morphs.astype(np.float32))


def _skin(random: np.random.Generator) -> list[tuple[int, int, int]]:
    """Skins as photographed: lightness even over the world's range, warm hues, and the lamp's share."""
    return _photographed(random, lightness=(20, 88), chroma=(12, 30), hue=(45, 70), lamp=4.0)


def _hair(random: np.random.Generator) -> list[tuple[int, int, int]]:
    """Hair as photographed: mostly dark."""
    return _photographed(random, lightness=(4, 70), chroma=(2, 28), hue=(45, 75), lamp=4.0, dark=2.5)


def _photographed(
    random: np.random.Generator,
    *,
    lightness: tuple[float, float],
    chroma: tuple[float, float],
    hue: tuple[float, float],
    lamp: float,
    dark: float = 1.0,
) -> list[tuple[int, int, int]]:
    count = 2_000
    lit = lightness[0] + (lightness[1] - lightness[0]) * random.random(count) ** dark + random.normal(0, lamp, count)
    strong = random.uniform(*chroma, count)
    angle = np.radians(random.uniform(*hue, count))
    lab = np.stack([np.clip(lit, 1, 98), strong * np.cos(angle), strong * np.sin(angle)], 1)
    return [(int(red), int(green), int(blue)) for red, green, blue in (to_srgb(each) for each in lab)]


def hit_rates(keys: NDArray[np.int64], at: Sequence[int]) -> list[float]:
    """Share of the first n fans whose recipe an earlier one of them had, for each n."""
    first = np.zeros(len(keys), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    new = np.cumsum(first)
    return [float(1 - new[n - 1] / n) for n in at]


def bounded_hit_rate(keys: NDArray[np.int64], recipes: int) -> float:
    """The same over all fans, when only so many recipes are kept, the most recently asked for."""
    kept: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for key in keys.tolist():
        if key in kept:
            hits += 1
            kept.move_to_end(key)
            continue
        kept[key] = None
        if len(kept) > recipes:
            kept.popitem(last=False)
    return hits / len(keys)


def counted_hit_rate(keys: NDArray[np.int64], recipes: int) -> float:
    """The same when those are kept that were asked for most often, aged as GreedyDual-Size-Frequency does it.

    A recipe counts as often as it was asked for, from where the last one that went stood (Cherkasova 1998). Passes of
    all recipes are as large and cost as much as each other, so that size and cost, by which that weighs, fall out.
    """
    stands: dict[int, tuple[int, int]] = {}
    order: list[tuple[int, int, int]] = []
    level = hits = 0
    for now, key in enumerate(keys.tolist()):
        hits += key in stands
        times = stands[key][1] + 1 if key in stands else 1
        stands[key] = now, times
        heapq.heappush(order, (level + times, now, key))
        while len(stands) > recipes:
            value, asked, oldest = heapq.heappop(order)
            if oldest in stands and stands[oldest][0] == asked:  # it was not asked for since
                del stands[oldest]
                level = value
    return hits / len(keys)


def main() -> None:
    """Simulate, print, draw, append."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fans", type=int, default=1_000_000)
    fans: int = parser.parse_args().fans
    catalogue, rules = Catalogue.read(CATALOGUE.read_bytes()), Rules.read(RULES.read_text())
    random = np.random.default_rng(SEED)
    person = random.normal(size=(fans, len(rules.gains))) * np.sqrt(RELIABILITY)
    photographs = [
        crowd(
            fans, catalogue, rules, measured=person + random.normal(0, np.sqrt(1 - RELIABILITY), person.shape), seed=1
        )
        for _ in range(2)
    ]
    at = [n for n in (1_000, 10_000, 100_000, 1_000_000, 10_000_000) if n <= fans]
    print(
        f"\nHit rate of the store of recipes: {fans:,} fans, parts by Zipf's law (exponent {ZIPF}), "
        f"{len(rules.gains)} face measures by the normal law, {worn()['eyewear']:.0%} with glasses"
    )
    head = "".join(f"{n:>13,}" for n in at)
    print(
        f"{'rounding':16}{'colour':>7}{'shape':>7}{head}{f'{MEMORY:,} kept':>14}{'by count':>10}{'same fan again':>16}"
    )
    OUT.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    curve = np.unique(np.geomspace(100, fans, 60).astype(int))
    with (OUT / "recipes.jsonl").open("a") as lines:
        for rounding in roundings(rules):
            keys, again = (photograph.keys(rounding) for photograph in photographs)
            rates = hit_rates(keys, at)
            bounded, counted = bounded_hit_rate(keys, MEMORY), counted_hit_rate(keys, MEMORY)
            same = float((keys == again).mean())
            cells = "".join(f"{rate:13.1%}" for rate in rates)
            steps = f"{rounding.color_step:7d}{rounding.morph_step:7.2f}"
            print(f"{rounding.name:16}{steps}{cells}{bounded:14.1%}{counted:10.1%}{same:16.1%}")
            axes.plot(curve, hit_rates(keys, curve.tolist()), label=rounding.name)
            for n, rate in zip(at, rates, strict=True):
                row = {"name": f"recipe hit rate, {rounding.name}, {n} fans", "value": round(rate, 4), "unit": "share"}
                lines.write(json.dumps({**row, "against": "every fan drawn", "ratio": round(1 - rate, 4)}) + "\n")
    axes.set(xscale="log", xlabel="fans so far", ylabel="share whose recipe was drawn before", ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(title="rounding of the recipe")
    figure.savefig(OUT / "recipes.png", dpi=120)
    print(f"same fan again: another selfie of the same person and light. Curves: {OUT / 'recipes.png'}")


if __name__ == "__main__":
    main()
