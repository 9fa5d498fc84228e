"""Measures recognition: `python bench/recognition.py [--faces DIR]`.

Without a folder: CPU time per selfie and per part, on the astronaut. With a folder of labelled portraits (see
`services/recognition/training/reference.py` for its shape) also what is recognised, with 95 % intervals, by lightness
of skin, and what the gate lets through. Prints tables and appends JSON lines to `out/bench/recognition.jsonl`.
Aggregates only; no picture is shown.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from services.recognition import faces, gate, recipe, sight
from services.recognition.engine import Engines
from services.recognition.face import Face, FaceReader
from services.recognition.geometry import straighten
from services.recognition.judgement import judge
from services.recognition.picture import decode
from services.recognition.recipe import Catalogue, Rules
from services.recognition.recogniser import Recogniser
from services.recognition.reference import DECIDES, Reference
from services.recognition.training.reference import SCORES, fit_logistic, label, portraits
from services.recognition.traits import SURE

OUT = Path("out/bench/recognition.jsonl")

# What each figure is held against: the goals for a first release on real photos, and 150 ms of CPU per selfie.
AGAINST = {
    "eyewear": 0.96,
    "long_hair": 0.96,
    "bald": 0.97,
    "facial_hair": 0.90,
    "cpu per selfie": 150.0,
    "usable portraits admitted": 0.97,
    "spoilt portraits refused": 0.97,
}

ROUNDS = 2000
"""Bootstrap samples per interval."""

Row = tuple[dict[str, str], Face, sight.Sight]


class Ledger:
    """Writes every figure as one JSON line."""

    def __init__(self) -> None:
        OUT.parent.mkdir(parents=True, exist_ok=True)
        self._file = OUT.open("a", encoding="utf-8")

    def note(self, name: str, value: float, unit: str, against: float | None = None) -> None:
        """Append a figure; `ratio` is value over `against`."""
        ratio = None if not against else round(value / against, 4)
        entry = {"name": name, "value": round(value, 4), "unit": unit, "against": against, "ratio": ratio}
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()


def auc(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half."""
    positive, negative = scores[truth], scores[~truth]
    above = (positive[:, None] > negative[None]).mean()
    return float(above + 0.5 * (positive[:, None] == negative[None]).mean())


def balanced(decided: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Mean of recall and specificity."""
    return float((decided[truth].mean() + (~decided[~truth]).mean()) / 2)


def interval(
    figure: Callable[[NDArray[np.intp]], float], truth: NDArray[np.bool_], seed: int = 1
) -> tuple[float, float]:
    """95 % of bootstrap resamples, positives and negatives drawn apart so that both stay present."""
    random = np.random.default_rng(seed)
    yes, no = np.flatnonzero(truth), np.flatnonzero(~truth)
    figures = [
        figure(np.concatenate([random.choice(yes, yes.size), random.choice(no, no.size)])) for _ in range(ROUNDS)
    ]
    low, high = np.percentile(figures, [2.5, 97.5])
    return float(low), float(high)


def cross_validated(raw: NDArray[np.float64], truth: NDArray[np.bool_], groups: Sequence[str]) -> NDArray[np.float64]:
    """Probabilities whose logistic curve was fitted on the other four fifths; one person's photos stay in one fold."""
    order = sorted(set(groups))
    np.random.default_rng(2).shuffle(order)
    fold = {group: index % 5 for index, group in enumerate(order)}
    folds = np.array([fold[group] for group in groups])
    out = np.zeros_like(raw)
    for index in range(5):
        slope, offset = fit_logistic(raw[folds != index], truth[folds != index])
        out[folds == index] = 1 / (1 + np.exp(-(slope * raw[folds == index] + offset)))
    return out


def calibration_error(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equally full bins."""
    order = np.argsort(probabilities)
    error = 0.0
    for part in np.array_split(order, 10):
        error += abs(float(probabilities[part].mean()) - float(truth[part].mean())) * part.size / order.size
    return error


def measure_attributes(rows: Sequence[Row], reference: Reference, ledger: Ledger) -> None:
    """What is recognised, per binary attribute."""
    head = f"{'attribute':12s} {'n':>4s} {'yes':>4s}  {'AUC (95 %)':22s} {'balanced, 5-fold (95 %)':26s}"
    print(f"\n{head} {'ECE':>5s} {'decided':>8s}")
    for attribute in SCORES:
        known = [(row, label(labels, attribute)) for row in rows for labels in [row[0]]]
        used = [(row, truth) for row, truth in known if truth is not None]
        truth = np.array([value for _, value in used])
        score = reference.scores[attribute]
        raw = np.array([score.raw(row[2].evidence()) for row, _ in used])
        groups = [row[0].get("same_person_group") or row[0]["file"] for row, _ in used]
        held_out = cross_validated(raw, truth, groups)
        decided = held_out >= DECIDES[attribute]
        area = auc(raw, truth)
        low, high = interval(lambda index: auc(raw[index], truth[index]), truth)  # noqa: B023
        middle = balanced(decided, truth)
        b_low, b_high = interval(lambda index: balanced(decided[index], truth[index]), truth)  # noqa: B023
        sure = float((np.maximum(held_out, 1 - held_out) >= SURE).mean())
        error = calibration_error(held_out, truth)
        print(
            f"{attribute:12s} {truth.size:4d} {truth.sum():4d}  {area:.3f} ({low:.3f}-{high:.3f})    "
            f"{middle:.3f} ({b_low:.3f}-{b_high:.3f})        {error:5.3f} {sure:8.0%}"
        )
        ledger.note(f"{attribute} AUC", area, "", AGAINST[attribute] if attribute != "eyewear" else None)
        ledger.note(
            f"{attribute} balanced accuracy", middle, "", AGAINST["eyewear"] if attribute == "eyewear" else None
        )
        ledger.note(f"{attribute} calibration error", error, "", 0.05)
    print("The curve is fitted on the other folds; which measurements are used was chosen on all of them.")


def measure_groups(rows: Sequence[Row], reference: Reference, ledger: Ledger) -> None:
    """Mistakes about eyewear by how light the skin is in the photo."""
    print(f"\n{'skin L*':>10s} {'n':>4s} {'false glasses':>14s} {'glasses found':>14s} {'refused':>8s}")
    edges = (0, 50, 60, 72, 101)
    rates = []
    for low, high in itertools.pairwise(edges):
        part = [row for row in rows if low <= row[2].complexion.skin.lab[0] < high]
        truth = np.array([bool(label(row[0], "eyewear")) for row in part])
        worn = np.array([reference.scores["eyewear"].probability(row[2].evidence()) >= 0.5 for row in part])
        refused = np.mean([_refusal(row[1], reference) not in {None, "FACE_TOO_SMALL"} for row in part])
        false, found = float(worn[~truth].mean()), float(worn[truth].mean()) if truth.any() else float("nan")
        rates.append(false)
        print(f"{low:4d}-{high:<5d} {len(part):4d} {false:14.1%} {found:14.1%} {refused:8.1%}")
    ledger.note("eyewear false-positive gap between lightness groups", max(rates) - min(rates), "", 0.05)


def _refusal(face: Face, reference: Reference) -> str | None:
    try:
        gate.admit(gate.quality(face, straighten(face.points, reference.steady)[1]), face.presence)
    except gate.Refused as refused:
        return refused.reason
    return None


def measure_gate(rows: Sequence[Row], reader: FaceReader, reference: Reference, ledger: Ledger) -> None:
    """What the gate lets through and what it refuses."""
    reasons = Counter(_refusal(face, reference) for _, face, _ in rows)
    usable = [face for _, face, _ in rows if face.points[:, 0].max() - face.points[:, 0].min() >= gate.SMALLEST_PX]
    admitted = float(np.mean([_refusal(face, reference) is None for face in usable]))
    print(f"\ngate, as they are: {dict(reasons)}; of {len(usable)} with at least 80 pixels {admitted:.1%} pass")
    ledger.note("usable portraits admitted", admitted, "", AGAINST["usable portraits admitted"])
    spoilt: dict[str, Callable[[Face], Image.Image]] = {
        "TOO_BLURRED": lambda face: face.picture.filter(ImageFilter.GaussianBlur(0.035 * _width(face))),
        "TOO_DARK": lambda face: _exposed(face.picture, 0.02),
        "TOO_BRIGHT": lambda face: _exposed(face.picture, 8.0),
    }
    for expected, spoil in spoilt.items():
        answers = Counter(_second_opinion(spoil(face), reader, reference) for face in usable[::2])
        share = 1 - answers[None] / sum(answers.values())
        print(f"  {expected}: {share:.1%} of {sum(answers.values())} spoilt copies refused, as {dict(answers)}")
        ledger.note(f"spoilt portraits refused, {expected}", share, "", AGAINST["spoilt portraits refused"])


def _width(face: Face) -> float:
    return float(np.hypot(*(face.points[454, :2] - face.points[234, :2])))


def _exposed(picture: Image.Image, factor: float) -> Image.Image:
    return picture.point([min(255, round(255 * ((v / 255) ** 2.2 * factor) ** (1 / 2.2))) for v in range(256)] * 3)


def _second_opinion(picture: Image.Image, reader: FaceReader, reference: Reference) -> str | None:
    upright, found = reader.find(picture)
    try:
        face = reader.read(upright, gate.admit_faces(found))
    except gate.Refused as refused:
        return refused.reason
    return _refusal(face, reference)


def measure_parts(rows: Iterable[Row], reference: Reference) -> None:
    """How often each part is chosen: a library of which a few parts dress everybody would show here."""
    catalogue, rules = Catalogue.read(recipe.CATALOGUE.read_bytes()), Rules.read(recipe.RULES.read_text("utf-8"))
    worn: dict[str, Counter[str]] = {}
    for _, _, seen in rows:
        for group, part in recipe.choose(judge(seen, reference), catalogue, rules).parts.items():
            worn.setdefault(group, Counter())[part] += 1
    lines = [f"  {group}: {dict(parts.most_common())}" for group, parts in worn.items()]
    print("\nparts chosen\n" + "\n".join(lines))


def measure_speed(ledger: Ledger) -> None:
    """CPU per selfie, for a small file and for a 12-megapixel photo."""
    recogniser = Recogniser(faces.FOLDER)
    portrait = Image.fromarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    print(f"{'selfie':34s} {'CPU ms':>8s} {'wall ms':>8s}   median of 20")
    for name, picture in (
        ("512 x 512 JPEG", portrait),
        ("12-megapixel JPEG", portrait.resize((3464, 3464), Image.Resampling.BICUBIC)),
    ):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        cpu, wall = _timed(recogniser.look, buffer.getvalue(), rounds=20)
        print(f"{name:34s} {cpu:8.1f} {wall:8.1f}   limit {AGAINST['cpu per selfie']:.0f}")
        ledger.note(f"recognise {name}, CPU", cpu, "ms", AGAINST["cpu per selfie"])
    reader, reference = FaceReader(Engines(), faces.FOLDER), Reference.load()
    decoded = decode(buffer.getvalue())
    _, found = reader.find(decoded)
    face = reader.read(decoded, found[0])
    seen = sight.measure(face, reference.steady)
    catalogue, rules = Catalogue.read(recipe.CATALOGUE.read_bytes()), Rules.read(recipe.RULES.read_text("utf-8"))
    seen_traits = judge(seen, reference)
    parts: list[tuple[str, Callable[[], Any]]] = [
        ("  decode 12 megapixels", lambda: decode(buffer.getvalue())),
        ("  find the face", lambda: reader.find(decoded)),
        ("  mesh, irises, outline", lambda: reader.read(decoded, found[0])),
        ("  gate", lambda: gate.quality(face, seen.pose)),
        ("  measures", lambda: sight.measure(face, reference.steady)),
        ("  traits", lambda: judge(seen, reference)),
        ("  recipe", lambda: recipe.choose(seen_traits, catalogue, rules)),
    ]
    for name, part in parts:
        cpu, wall = _timed(lambda _: part(), None, rounds=20)  # noqa: B023
        print(f"{name:34s} {cpu:8.1f} {wall:8.1f}")
        ledger.note(f"recognise:{name.strip()}, CPU", cpu, "ms")


def _timed(work: Callable[[Any], Any], argument: Any, *, rounds: int) -> tuple[float, float]:
    times = []
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        work(argument)
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = np.median(np.array(times), axis=0) * 1000
    return float(cpu), float(wall)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, help="folder with portraits and labels.csv")
    folder: Path | None = parser.parse_args().faces
    faces.fetch()
    ledger = Ledger()
    measure_speed(ledger)
    if folder is None:
        print("\naccuracy: not measured; give a folder of labelled portraits with --faces")
        return
    reference, reader = Reference.load(), FaceReader(Engines(), faces.FOLDER)
    people = portraits(folder, reader)
    rows = [(labels, face, sight.measure(face, reference.steady)) for labels, face in people]
    print(f"\n{len(rows)} portraits with a face; standard scores and curves {reference.source}")
    measure_attributes(rows, reference, ledger)
    measure_groups(rows, reference, ledger)
    measure_gate(rows, reader, reference, ledger)
    measure_parts(rows, reference)


if __name__ == "__main__":
    main()
