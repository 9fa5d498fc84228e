"""Says what keeps a part from fitting the avatar: `python -m services.renderer.fitting PART.glb [--group GROUP]`.

`--campaign FOLDER` looks at a campaign's own parts and at its recipes with them, as the press will, by the paths that
are given: what `fancam check` says beside what the assembler and the compositor find.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from services.renderer.build import NotPacked, open_library
from services.renderer.library import AvatarRecipe
from services.renderer.own import UNREAD, Unfit, described, entry_faults, extras, file_faults, fit, whole_faults
from services.renderer.vrm import recipe_of


def part_faults(path: Path, group: str) -> list[str]:
    """What is wrong with one part, each by its name; empty when it fits.

    Args:
        path: Its file.
        group: What it is for; empty: what its extras say.
    """
    library = open_library()
    data = path.read_bytes()
    entry = described(data, path.stem)
    entry["group"] = group or entry["group"]
    found = file_faults(path.name, data, entry["group"], library)
    if not any(fault.name in UNREAD for fault in found):
        found += entry_faults(entry, extras(data), library)
    return [str(fault) for fault in found]


def campaign_faults(folder: Path, parts: Iterable[str], recipes: Iterable[str]) -> list[str]:
    """What the renderer would refuse of a campaign, each with its file.

    Args:
        folder: The campaign's.
        parts: Paths of its own parts.
        recipes: Paths of the band's recipes.
    """
    library = open_library()
    known = {path: _recipe(folder / path) for path in recipes}
    try:
        brought = {path: (folder / path).read_bytes() for path in parts}
        if brought:
            fit(brought, library, known)
            return []
        wrong = whole_faults({}, library, known)
    except Unfit as error:
        wrong = error.faults
    return [f"{path}: {fault}" for path, faults in wrong.items() for fault in faults]


def _recipe(path: Path) -> AvatarRecipe:
    return recipe_of(yaml.safe_load(path.read_text("utf-8")))


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    parser = argparse.ArgumentParser(description="Say what keeps parts from fitting the avatar.")
    parser.add_argument("part", type=Path, nargs="?", help="glTF binary")
    parser.add_argument("--group", default="", help="the group it is for; what its extras say, if not given")
    parser.add_argument("--campaign", type=Path, help="its folder; what the check found is read from standard input")
    told = parser.parse_args()
    try:
        if told.campaign:
            timeline = json.load(sys.stdin)
            found = campaign_faults(told.campaign, timeline.get("parts", []), timeline.get("recipes", []))
            sys.stdout.write("".join(f"{fault}\n" for fault in found))
            return min(1, len(found))
        found = part_faults(told.part, told.group)
    except OSError as error:
        sys.stdout.write(f"✗ {error.filename or told.part}: {error.strerror}\n")
        return 1
    except NotPacked as error:
        sys.stdout.write(f"✗ {error}\n")
        return 1
    sys.stdout.write("".join(f"✗ {fault}\n" for fault in found) or f"✓ {told.part.name} fits\n")
    return min(1, len(found))


if __name__ == "__main__":
    sys.exit(main())
