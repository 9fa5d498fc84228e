"""How well words are seen through their disguises, how seldom real names and harmless words are hit, and how fast.

Prints the table and appends JSON lines to out/bench/moderation.jsonl. The words that are disguised are the lexicon's
own: recall measures the matcher, not how complete the lexicon is. Names and sentences were written down for this
repository, among them those that filters are known to refuse; the lines of its own documentation were not.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from services.audio import moderation, names  # noqa: E402
from services.audio.matching import Lexicon  # noqa: E402
from services.audio.terms import BUILT_IN, read_folder  # noqa: E402
from tests.audio import corpus  # noqa: E402
from tests.audio.disguise import KINDS, SCRIPTS, candidates, disguise  # noqa: E402

OUT = ROOT / "out" / "bench" / "moderation.jsonl"

RECALL, NAMES, SENTENCES, CALL_US = 0.99, 1 / 64, 1 / 24, 20.0
DRAWS = 2
"""Disguises drawn of each term in each kind."""
ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One figure and the one it must not fall short of; `ratio` is the figure over it."""

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None


def row(name: str, value: float, unit: str, target: float | None = None) -> Row:
    """A figure, perhaps against a target."""
    if target is None:
        return Row(name, value, unit)
    return Row(name, value, unit, f"target {target:.4g}", value / target)


def recall_rows(lexicon: Lexicon) -> Iterator[Row]:
    """Share of disguised terms that are found, as a table of scripts and kinds, by language, and over all."""
    random = Random(64)  # noqa: S311
    print(f"{'found of disguised':<16}" + "".join(f"{kind:>16}" for kind in KINDS))
    found, made = Counter[str](), Counter[str]()
    for script in SCRIPTS:
        entries, line = candidates(lexicon.entries, script), f"{script.lower():<18}"
        for kind in KINDS:
            here, hit = 0, 0
            for entry in entries * DRAWS:
                text = disguise(entry.term, script, kind, random)
                if text:
                    seen = any(one.entry.id == entry.id for one in lexicon.find(text, entry.language))
                    here, hit = here + 1, hit + seen
                    made[entry.language] += 1
                    found[entry.language] += seen
            line += f"{f'{hit} of {here}':>16}"
            yield row(f"recall: {script.lower()}, {kind}", 100 * hit / here if here else 100.0, "%", 100 * RECALL)
        print(line)
    print("by language: " + ", ".join(f"{each} {found[each]} of {made[each]}" for each in sorted(made)))
    for language in sorted(made):
        yield row(f"recall: {language}", 100 * found[language] / made[language], "%", 100 * RECALL)
    yield row(f"recall over {made.total()} disguises", 100 * found.total() / made.total(), "%", 100 * RECALL)


def false_rows(lexicon: Lexicon) -> Iterator[Row]:
    """Share of harmless text that is hit, or stopped where the policy of names decides."""
    difficult = {"difficult": corpus.names()["difficult"]}
    sets = ((corpus.names(), ""), (difficult, "difficult ones"), (corpus.names("second_"), "second set"))
    for groups, what in sets:
        people = [(name, _tag(language)) for language, group in groups.items() for name in group]
        stopped = [
            name
            for name, tag in people
            if names.judge_name(names.clean_name(name), lexicon, locale=tag).decision != "publish"
        ]
        target = 100 * NAMES if groups is not difficult else None
        yield row(f"names stopped of {len(people)} {what}".strip(), 100 * len(stopped) / len(people), "%", target)
    for which, what in (("", "written to be mistaken"), ("second_", "second set")):
        texts = [(text, language) for language, group in corpus.sentences(which).items() for text in group]
        hit = [text for text, language in texts if lexicon.find(text, language)]
        yield row(f"sentences hit of {len(texts)}, {what}", 100 * len(hit) / len(texts), "%", 100 * SENTENCES)
    lines = documentation()
    hit = [line for line in lines if lexicon.find(line, "en")]
    yield row(f"lines hit of {len(lines)} of documentation", 100 * len(hit) / len(lines), "%", 100 * SENTENCES)


def _tag(language: str) -> str:
    return "" if language == "difficult" else language


def documentation() -> list[str]:
    """Lines of English that nobody wrote for this, those about the lexicon left out."""
    pages = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    return [
        line
        for page in pages
        if page.name != "moderation.md"
        for line in page.read_text(encoding="utf-8").splitlines()
        if len(line.split()) > 4
    ]


def speed_rows(lexicon: Lexicon) -> Iterator[Row]:
    """Processor time of a call, and of the start."""
    people = [name for group in corpus.names().values() for name in group]
    lines = [line for line in documentation() if len(line) < 200]
    hard = [text for group in corpus.sentences().values() for text in group]
    yield row("a call on a name", call_us(lexicon.find, people), "us", CALL_US)
    yield row("a call on a line of a song", call_us(lexicon.find, SONG), "us", CALL_US)
    yield row("a call on a line of documentation", call_us(lexicon.find, lines), "us")
    yield row("a call on a sentence written to be mistaken", call_us(lexicon.find, hard), "us")
    yield row("a name judged", call_us(lambda name: names.judge_name(name, lexicon), people), "us")
    begun = time.process_time()
    Lexicon(read_folder(BUILT_IN))
    yield row("the lexicon read and compiled", 1000 * (time.process_time() - begun), "ms")
    yield row("terms and readings", sum(1 + len(entry.readings) for entry in lexicon.entries), "spellings")
    yield row("languages", len({entry.language for entry in lexicon.entries}), "")


SONG = [
    "We light the night, oh oh",
    "Hold it high, let it glow",
    "Now call my name, we steal the whole show",
    "Wir tanzen heute Nacht im Licht der Stadt",
    "Bailamos esta noche bajo la luz",
    "Nous dansons ce soir dans la lumière",
    "Мы танцуем сегодня в свете огней",
    "Χορεύουμε απόψε μέσα στο φως",
    "نرقص الليلة في ضوء المدينة",
    "오늘 밤 우리의 노래가 빛나",
    "今夜 光の中で踊ろう",
    "我们今晚在灯光下跳舞",
]


def call_us(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Mean processor time of a call, in microseconds; the best of some rounds, since others share the machine."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - begun)
    return best / len(texts) * 1e6


def main() -> None:
    """Measure, print and write."""
    lexicon = moderation.built_in()
    rows = [*recall_rows(lexicon), *false_rows(lexicon), *speed_rows(lexicon)]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a", encoding="utf-8") as file:
        for one in rows:
            if not one.name.startswith("recall:"):
                print(f"{one.name:<52} {one.value:>10.3f} {one.unit:<10} {one.against}")
            file.write(json.dumps(asdict(one)) + "\n")


if __name__ == "__main__":
    main()
