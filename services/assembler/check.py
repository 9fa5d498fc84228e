"""Checks a campaign folder without drawing anything: `python -m services.assembler.check FOLDER`.

Prints one line per fault, with file, layer and property, and ends with status 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from services.assembler import press
from services.assembler.faults import Documents, cuts
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


def main() -> int:
    """Check the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Check a campaign folder without drawing anything.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    begun = time.monotonic()
    documents, faults = read_campaign(files_of(folder), read_library())
    lines = [str(fault) for fault in faults] or list(report(documents) if documents else [])
    verdict = f"{len(faults)} faults" if faults else "nothing is wrong"
    sys.stdout.write("\n".join([*lines, f"{folder}: {verdict} ({time.monotonic() - begun:.1f} s)", ""]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
