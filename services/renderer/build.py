"""Builds the library: generates every part, packs it for phones, and keeps the books on what each costs.

In `dist/`: `plain/<group>/<part>.glb` is glTF 2.0 as other tools read it; `<group>/<part>.glb` the same with its
geometry compressed (EXT_meshopt_compression); `costs.json` says per part how many bytes are fetched and how many
triangles drawn; `stamp` names what it was all made from.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import playwright

from services.renderer.budget import check_heaviest
from services.renderer.incoming import inspect
from services.renderer.library import FOLDER, PACKER, Library, source_stamp
from services.renderer.parts.body import JOINTS
from services.renderer.parts.glb import write_glb
from services.renderer.parts.hair import build_hair
from services.renderer.parts.head import build_head
from services.renderer.parts.headwear import build_headwear
from services.renderer.parts.outfits import build_outfit
from services.renderer.parts.paint import PAINTED, painted
from services.renderer.parts.wear import build_wear


class NotPacked(RuntimeError):  # noqa: N818  named for what the caller reads
    """Parts could not be packed: node or its packages are missing, or a part is no glTF."""


class Misfit(ValueError):  # noqa: N818
    """An imported part does not fit the avatar."""


def open_library(folder: Path = FOLDER, say: Callable[[str], None] = lambda _: None) -> Library:
    """The library with its geometry present and up to date; generates it when it is not (a few seconds).

    Raises:
        NotPacked, Misfit, OverBudget: As `build_library`, where it has to be built.
    """
    library = Library(folder)
    if not library.stamp_file.is_file() or library.stamp_file.read_text() != source_stamp(folder):
        build_library(folder, say=say)
    return library


def build_library(folder: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Build all parts of the catalogue in `folder` into `folder/dist`. Each file appears whole or not at all.

    Raises:
        NotPacked: The packer did not run.
        Misfit: An imported part does not keep to the contract.
        OverBudget: A recipe of these parts is too much for a phone.
    """
    library = Library(folder)
    (folder / "dist").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"drafts-{os.getpid()}-", dir=folder / "dist") as scratch:
        drafts = Path(scratch)
        _keep(drafts, "head", "head", write_glb(build_head(), "head", JOINTS))
        for group, parts in library.groups.items():
            for part in parts:
                _keep(drafts, group, part, _generated(library, group, part))
            say(f"{group}: {len(parts)} parts")
        costs = pack(drafts, folder / "dist")
        for draft in sorted(drafts.rglob("*.glb")):
            plain = folder / "dist" / "plain" / draft.relative_to(drafts)
            plain.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(plain)
    library.costs_file.write_text(json.dumps(costs, indent=1, sort_keys=True))
    heaviest = check_heaviest(library)
    library.stamp_file.write_text(source_stamp(folder))
    say(f"library: {sum(row['bytes'] for row in costs.values()) / 1e6:.1f} MB in {library.stamp_file.parent}")
    say(f"the heaviest recipe: {heaviest}")


def pack(drafts: Path, target: Path) -> dict[str, dict[str, Any]]:
    """Pack every `.glb` below `drafts` to the same place below `target`; gives each part's cost by `<group>/<part>`.

    Raises:
        NotPacked: The packer did not run.
    """
    command = [node(), str(PACKER), str(drafts), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "Error" in line]
        raise NotPacked(said[0] if said else f"{PACKER.name} failed")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row.pop("part"): row for row in rows}


def node() -> str:
    """The program that packs: the machine's node, or the one that Playwright brings, as in containers.

    Raises:
        NotPacked: There is none.
    """
    own = Path(playwright.__file__).parent / "driver" / "node"
    found = shutil.which("node") or (str(own) if own.is_file() else None)
    if found is None:
        raise NotPacked("packing parts needs node; `make setup` brings it")
    return found


def _keep(drafts: Path, group: str, part: str, data: bytes) -> None:
    path = drafts / group / f"{part}.glb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _generated(library: Library, group: str, part: str) -> bytes:
    """The glTF binary of one part: the one that a designer put into `imported/`, or what our code makes."""
    entry = library.groups[group][part]
    imported = library.folder / "imported" / group / f"{part}.glb"
    if imported.is_file():
        data = imported.read_bytes()
        faults = inspect(data, group, library)
        if faults:
            raise Misfit(f"{imported}: {'; '.join(map(str, faults))}")
        return data
    if group == "hair":
        return write_glb(build_hair(part), part, ())
    if group == "outfit":
        return write_glb(build_outfit(part), part, JOINTS)
    if group in PAINTED:
        return write_glb(painted(group, part), part, ())
    worn = build_headwear(part) if group == "headwear" else build_wear(group, part)
    worn.extras |= {key: entry[key] for key in ("covers", "mask") if key in entry}
    soft = any(patch.weights for patch in worn.patches)  # a scarf lies on the shoulders too
    return write_glb(worn, part, JOINTS if soft else ())
