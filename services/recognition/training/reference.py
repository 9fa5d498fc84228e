"""Makes `reference.json`: `python -m services.recognition.training.reference --faces DIR`.

DIR holds pictures and a `labels.csv` with the columns file, eyewear (none, glasses, sunglasses), hair_length
(bald_or_shaved, short_or_medium, long), facial_hair (none, beard, ambiguous); empty means not labelled. Only
aggregates leave this program. The standard scores are those of the reference population in DIR, and no other claim is
made for them.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.recognition import geometry, sight
from services.recognition.engine import Engines
from services.recognition.face import Face, FaceReader
from services.recognition.faces import FOLDER
from services.recognition.picture import decode
from services.recognition.reference import FILE

CONDITIONS = ("smile", "gap", "yaw", "pitch")

# Measurements and the weights of their standardised values; chosen by hand, see each measuring module for the
# alternatives' numbers.
SCORES: dict[str, dict[str, float]] = {
    "eyewear": {"bridge_edges": 1.0, "bridge_bar": 1.0, "temple_lines": 1.0},
    "long_hair": {"jaw": 1.0, "ear_most": 0.5, "low": 0.3},
    "bald": {"crown_skin": 1.0, "crown_far": -0.5, "crown_area": -0.5, "ear": -0.3},
    "facial_hair": {"lip_dark": 1.0, "lip_rough": 0.5, "jaw_rough": 1.0},
}


def label(row: Mapping[str, str], attribute: str) -> bool | None:
    """Whether a portrait shows the attribute of `SCORES`; None when nobody said."""
    column, positive, unclear = {
        "eyewear": ("eyewear", {"glasses", "sunglasses"}, set[str]()),
        "long_hair": ("hair_length", {"long"}, set[str]()),
        "bald": ("hair_length", {"bald_or_shaved"}, set[str]()),
        "facial_hair": ("facial_hair", {"beard"}, {"ambiguous"}),
    }[attribute]
    value = row[column]
    return None if not value or value in unclear else value in positive


def portraits(folder: Path, reader: FaceReader) -> list[tuple[dict[str, str], Face]]:
    """Every labelled picture in which a face is found, with its row of labels."""
    found = []
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            picture, faces = reader.find(decode((folder / row["file"]).read_bytes()))
            if faces:
                found.append((row, reader.read(picture, faces[0])))
    return found


def disturbed(picture: Image.Image) -> list[Image.Image]:
    """The same photo as another phone might have sent it: mirrored, half the size and recompressed, tilted and dark."""
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    half.save(buffer, "JPEG", quality=50)
    tilted = picture.rotate(8, Image.Resampling.BICUBIC, expand=True).point(lambda value: value * 0.7)
    return [picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), Image.open(buffer).convert("RGB"), tilted]


def fit_logistic(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the most likely logistic curve, by Newton's method with a slight pull towards 0."""
    x = np.stack([scores, np.ones_like(scores)], axis=1)
    w = np.zeros(2)
    pull = np.diag([1.0, 0.01])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ w).clip(-30, 30)))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + pull, x.T @ (truth - p) - pull @ w)
        w = w + step
        if np.abs(step).max() < 1e-9:
            break
    return float(w[0]), float(w[1])


def fit_score(attribute: str, evidence: Sequence[Mapping[str, float]], truth: Sequence[bool]) -> dict[str, Any]:
    """One entry of `scores`."""
    features = {}
    for name, weight in SCORES[attribute].items():
        values = np.array([entry[name] for entry in evidence])
        features[name] = (float(values.mean()), float(values.std()), weight)
    raw = np.array([sum(w * (e[n] - m) / s for n, (m, s, w) in features.items()) for e in evidence])
    slope, offset = fit_logistic(raw, np.array(truth, bool))
    return {"features": features, "slope": slope, "offset": offset}


def build(folder: Path) -> dict[str, Any]:
    """The content of `reference.json`."""
    reader = FaceReader(Engines(), FOLDER)
    people = portraits(folder, reader)
    steady = geometry.average(np.stack([face.points for _, face in people]))
    sights = [sight.measure(face, steady) for _, face in people]

    x = np.array([[one.conditions[name] for name in CONDITIONS] for one in sights])
    design = np.column_stack([np.ones(len(x)), x])
    fitted = {}
    for name in geometry.NAMES:
        values = np.array([one.ratios[name] for one in sights])
        pull = np.diag([0.0, *(x.var(0) * 5)])  # as much as five portraits that show no effect
        weights = np.linalg.solve(design.T @ design + pull, design.T @ values)
        fitted[name] = (weights, float((values - design @ weights).std()))

    copies: dict[str, list[float]] = {name: [] for name in geometry.NAMES}
    for (_, face), one in zip(people, sights, strict=True):
        for picture in disturbed(face.picture):
            upright, found = reader.find(picture)
            if not found:
                continue
            again = sight.measure(reader.read(upright, found[0]), steady)
            for name in geometry.NAMES:
                weights, sd = fitted[name]
                first, second = (
                    v.ratios[name] - float(weights[1:] @ [v.conditions[c] for c in CONDITIONS]) for v in (one, again)
                )
                copies[name].append((second - first) / sd)

    scores = {}
    for attribute in SCORES:
        known = [(one.evidence(), label(row, attribute)) for (row, _), one in zip(people, sights, strict=True)]
        labelled = [(evidence, truth) for evidence, truth in known if truth is not None]
        scores[attribute] = fit_score(attribute, [e for e, _ in labelled], [t for _, t in labelled])
    thickness = np.array([one.brows.thickness for one in sights])
    return {
        "source": f"measured on {len(people)} portraits",
        "steady": np.round(steady, 5).tolist(),
        "ratios": {
            name: {
                "mean": round(float(weights[0]), 6),
                "slopes": {c: round(float(w), 7) for c, w in zip(CONDITIONS, weights[1:], strict=True)},
                "sd": round(sd, 6),
                # A robust deviation, halved in variance because both copies carry the error.
                "sigma": round(float(np.median(np.abs(copies[name])) * 1.4826 / np.sqrt(2)), 3),
            }
            for name, (weights, sd) in fitted.items()
        },
        "scores": {
            name: {
                "features": {key: [round(v, 5) for v in value] for key, value in entry["features"].items()},
                "slope": round(entry["slope"], 4),
                "offset": round(entry["offset"], 4),
            }
            for name, entry in scores.items()
        },
        "brow": [round(float(thickness.mean()), 5), round(float(thickness.std()), 5)],
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Make reference.json out of labelled portraits.")
    parser.add_argument("--faces", type=Path, required=True, help="folder with pictures and labels.csv")
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    content = build(arguments.faces)
    arguments.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{arguments.out}: {content['source']}\n")


if __name__ == "__main__":
    main()
