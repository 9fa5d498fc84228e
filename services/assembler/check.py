"""Checks a campaign folder without drawing anything: `python -m services.assembler.check FOLDER`.

Prints one line per fault, with file, layer and property, and ends with status 1 when there is one. With `--json` it
says the same, and what a preview wants to know of the timeline, as one line of JSON; with `--follow` one such line now
and one for every line that it reads.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from services.assembler import press
from services.assembler.campaign import Documents, Fault
from services.assembler.faults import cuts
from services.assembler.service import read_campaign, read_library


def files_of(folder: Path) -> dict[str, bytes]:
    """Files of a campaign folder by path, hidden ones left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            found[inside.as_posix()] = path.read_bytes()
    return found


def report(documents: Documents) -> Iterator[str]:
    """The film's timeline: what is fixed, what is personal, and what of that is folded into plates."""
    rate = documents.frame_rate
    timeline = cuts(documents)
    for cut in timeline:
        shot = press.rebase(documents.shots[cut.shot], cut.first_frame, cut.frames)
        folded = press.fold(shot, "plate") if cut.personal else None
        start_s, end_s = float(cut.start_frame / rate), float((cut.start_frame + cut.frames) / rate)
        detail = f"{len(shot['layers'])} layers"
        if folded:
            detail = f"{len(folded.layers)} of {len(shot['layers'])} layers in a plate"
        kind = "personal" if cut.personal else "fixed"
        yield f"  {start_s:7.2f} – {end_s:6.2f} s  {kind:8}  {cut.id:20} {cut.frames:5} frames  {detail}"
    frames = sum(cut.frames for cut in timeline)
    personal = sum(cut.frames for cut in timeline if cut.personal)
    yield f"  {float(frames / rate):.2f} s, of which {float(personal / rate):.2f} s personal in {len(timeline)} cuts"


LOSSES = ".losses.json"
"""How the files end in which the exporters say what a shot lost on its way out of After Effects."""

LOST = "lost"
"""The severity of a loss that shows in the picture; `baked` and `note` do not."""


def losses(files: Mapping[str, bytes], frame_rate: Fraction | None) -> list[dict[str, Any]]:
    """Every loss that the exporters wrote beside the shots, with the report's path as `file`.

    Args:
        files: The campaign's.
        frame_rate: Of the film, where it is known: frames are shown one for one, so a composition of another rate lost
            its speed.
    """
    found = []
    for path, data in files.items():
        if not path.endswith(LOSSES):
            continue
        whole = {"file": path, "composition": "", "layer": "", "property": "", "severity": LOST}
        try:
            told = json.loads(data)
            found += [{"file": path, **{key: str(loss[key]) for key in LOSS}} for loss in told["losses"]]
            rate = float(told.get("frame_rate", 0))
            if frame_rate and rate and abs(rate - frame_rate) > 0.01:
                why = f"the composition has {rate:g} frames per second, the film {float(frame_rate):g}"
                whole |= {"composition": str(told.get("composition", "")), "property": "Frame Rate"}
                found.append({**whole, "why": why})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            found.append({**whole, "why": f"is no loss report: {error}"})
    return found


LOSS = ("composition", "layer", "property", "severity", "why")


def lost(found: list[dict[str, Any]]) -> list[Fault]:
    """The losses that show in the picture, as faults."""
    return [
        Fault(
            loss["file"],
            _place(loss["layer"], loss["property"]),
            f"{loss['why']} (composition {loss['composition']!r})",
        )
        for loss in found
        if loss["severity"] == LOST
    ]


def _place(layer: str, named: str) -> str:
    return ", ".join([*([f"layer {layer!r}"] if layer else []), *([named] if named else [])])


def as_json(folder: Path) -> str:
    """What a preview wants to know of a campaign, as one line."""
    files = files_of(folder)
    documents, faults = read_campaign(files, read_library())
    told: dict[str, Any] = {
        "faults": [{"file": fault.file, "where": fault.where, "why": fault.why} for fault in faults],
        "losses": losses(files, documents.frame_rate if documents else None),
    }
    if documents:
        rate = documents.frame_rate
        campaign = documents.campaign
        told |= {
            "title": campaign["title"],
            "width": campaign["profile"]["width"],
            "height": campaign["profile"]["height"],
            "rate": [rate.numerator, rate.denominator],
            "stems": [path for path in campaign["song"]["stems"] if path in files],
            "parts": campaign.get("parts", []),
            "recipes": sorted(documents.recipes),
            "named": [cut["id"] for cut in campaign["cuts"]],
            "cuts": [
                {
                    "id": cut.id,
                    "shot": cut.shot,
                    "personal": cut.personal,
                    "start_frame": cut.start_frame,
                    "first_frame": cut.first_frame,
                    "frames": cut.frames,
                }
                for cut in cuts(documents)
            ],
        }
    return json.dumps(told, ensure_ascii=False)


def main() -> int:
    """Check the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Check a campaign folder without drawing anything.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of text")
    parser.add_argument("--follow", action="store_true", help="a line of JSON now, and one per line that is read")
    parser.add_argument("--strict", action="store_true", help="what an export lost is a fault too")
    told = parser.parse_args()
    folder: Path = told.folder
    if told.json or told.follow:
        while True:
            sys.stdout.write(as_json(folder) + "\n")
            sys.stdout.flush()
            if not told.follow or not sys.stdin.readline():
                return 0
    begun = time.monotonic()
    if not folder.is_dir():
        sys.stdout.write(f"{folder} is no folder\n")
        return 1
    files = files_of(folder)
    documents, faults = read_campaign(files, read_library())
    dropped = losses(files, documents.frame_rate if documents else None)
    if told.strict:
        faults += lost(dropped)
    lines = [str(fault) for fault in faults] or list(report(documents) if documents else [])
    if dropped and not told.strict:
        seen = sum(loss["severity"] == LOST for loss in dropped)
        lines.append(
            f"  {len(dropped)} losses of export are on record, {seen} of them to be seen: --strict names those"
        )
    verdict = f"{len(faults)} fault{'s'[: len(faults) != 1]}" if faults else "nothing is wrong"
    sys.stdout.write("\n".join([*lines, f"{folder}: {verdict} ({time.monotonic() - begun:.1f} s)", ""]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
