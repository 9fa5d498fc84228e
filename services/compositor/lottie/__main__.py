"""Imports a Lottie file into a campaign's folder: `python -m services.compositor.lottie FILE.json FOLDER`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from services.compositor.job import Refused
from services.compositor.lottie.reader import Imported, read
from services.compositor.lottie.values import NotLottie
from services.compositor.service import read_shot


def save(imported: Imported, source: Path, folder: Path) -> list[str]:
    """Write the shot, its report and its pictures; gives back the paths that were written."""
    shot = imported.shot["id"]
    report = {
        "exporter": "fancam-lottie 1",
        "source": source.name,
        "composition": shot,
        "frame_rate": imported.frame_rate,
        "losses": imported.losses,
    }
    written = {
        f"shots/{shot}.json": json.dumps(imported.shot, indent="\t", ensure_ascii=False).encode(),
        f"shots/{shot}.losses.json": json.dumps(report, indent="\t", ensure_ascii=False).encode(),
        **imported.files,
    }
    for path, data in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    for path, beside in imported.wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.parent / beside, folder / path)
    return [*written, *imported.wanted]


def missing(imported: Imported, source: Path) -> list[str]:
    """Pictures that the file names and that are not beside it, or lead away from it."""
    room = source.parent.resolve()
    return [
        beside
        for beside in imported.wanted.values()
        if not (found := (room / beside).resolve()).is_relative_to(room) or not found.is_file()
    ]


def main() -> int:
    """Import the file that the command line names."""
    parser = argparse.ArgumentParser(description="Import a Lottie file into a campaign's folder.")
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--strict", action="store_true", help="write nothing that would lose something")
    told = parser.parse_args()
    source: Path = told.file
    try:
        imported = read(json.loads(source.read_bytes()), source.stem)
        read_shot(imported.shot)
    except OSError as error:
        sys.stdout.write(f"{source}: {error.strerror}\n")
        return 1
    except ValueError as error:
        sys.stdout.write(f"{source}: is no JSON: {error}\n")
        return 1
    except (NotLottie, Refused) as error:
        sys.stdout.write(f"{source}: {error}\n")
        return 1
    absent = missing(imported, source)
    for beside in absent:
        sys.stdout.write(f"{source}: {beside} is not beside it\n")
    seen = [loss for loss in imported.losses if loss["severity"] == "lost"]
    for loss in imported.losses:
        place = " › ".join(part for part in (loss["composition"], loss["layer"], loss["property"]) if part)
        sys.stdout.write(f"  {loss['severity']:5} {place}: {loss['why']}\n")
    if absent or (told.strict and seen):
        sys.stdout.write(f"{source}: nothing was written; {len(seen)} losses are to be seen\n")
        return 1
    try:
        written = save(imported, source, told.folder)
    except OSError as error:
        sys.stdout.write(f"{error.filename or told.folder}: {error.strerror}\n")
        return 1
    for path in written:
        sys.stdout.write(f"wrote {told.folder / path}\n")
    sys.stdout.write(f"{source}: {len(imported.losses)} losses, {len(seen)} of them to be seen\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
