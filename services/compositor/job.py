"""What the page is told, made from a shot; and what can be said against a shot before a page is troubled.

A shot is a dict here: `fancam.v1.Shot` in protobuf's JSON mapping, whose single values the contract has
checked already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.compositor.faults import faults, plans

Json = Mapping[str, Any]


class Refused(Exception):  # noqa: N818  named for what the caller reads
    """The shot cannot be played. `faults` says what is wrong with which field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {fault}" for field, fault in faults.items()))
        self.faults = dict(faults)


class ShotInvalid(Refused):
    """Layers that name what does not exist or go in circles, or values that contradict each other."""


class MissingFile(Refused):
    """The shot names a file that did not come with it."""


class MissingPass(Refused):
    """An avatar layer without a pass."""


@dataclass(frozen=True)
class Region:
    """Where a pass lies, in pixels of the composition it was drawn for, and how many frames it has.

    Args:
        composition: Size of that composition; (0, 0) means the shot's own.
    """

    left: int
    top: int
    width: int
    height: int
    frames: int
    composition: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Wanted:
    """A file that a shot names.

    Args:
        kind: `footage`, `image`, `font` or `pass`: together with the path, what the page calls it.
        path: Inside the campaign; of a pass, the name of its layer.
        field: Where the shot names it.
        last_frame: The last frame of it that is used; -1 where that means nothing.
    """

    kind: str
    path: str
    field: str
    last_frame: int = -1


def layers(shot: Json) -> list[Json]:
    """The shot's layers, topmost first, and those of every composition that they show, each once."""
    return [layer for _, layer, _ in _shown(shot)]


def _shown(shot: Json) -> list[tuple[str, Json, Json]]:
    """Every layer that may be seen, with where it stands and the composition that it stands in."""
    unseen = {plan["id"]: (where, plan) for where, plan in plans(shot)[1:]}
    queue: list[tuple[str, Json]] = [("shot", shot)]
    found = []
    for where, plan in queue:  # grows while it is walked
        for index, layer in enumerate(plan.get("layers", [])):
            found.append((f"{where}.layers[{index}]", layer, plan))
            inner = unseen.pop(layer.get("precomp", {}).get("composition", ""), None)
            if inner:
                queue.append(inner)
    return found


def validate(shot: Json) -> None:
    """Check what no single field shows.

    Raises:
        ShotInvalid: With every fault.
    """
    found = faults(shot)
    if found:
        raise ShotInvalid(found)


def wanted_files(shot: Json, first_frame: int, frames: int) -> list[Wanted]:
    """Every file the shot names, and how far into it is seen.

    Args:
        shot: The shot.
        first_frame: First frame that is drawn.
        frames: How many.
    """
    wanted = []
    for where, layer, plan in _shown(shot):
        if "footage" in layer:
            last = _last_seen(shot, layer, first_frame + frames) if plan is shot else -1
            if "timeRemap" in layer or "stretchPercent" in layer:
                last = -1  # the page holds the file's first and last frame, or says what is missing
            if last >= 0:
                last += layer["footage"].get("startFrame", 0)
            wanted.append(Wanted("footage", layer["footage"]["path"], f"{where}.footage.path", max(last, -1)))
        if "image" in layer:
            wanted.append(Wanted("image", layer["image"]["path"], f"{where}.image.path"))
        if layer.get("text", {}).get("font"):
            wanted.append(Wanted("font", layer["text"]["font"], f"{where}.text.font"))
    return wanted


def wanted_passes(shot: Json, first_frame: int, frames: int) -> list[Wanted]:
    """Every avatar layer, by its name, and how far into its pass is seen."""
    return [
        Wanted(
            "pass",
            layer["name"],
            f"{where}.avatar",
            _last_seen(shot, layer, first_frame + frames) if plan is shot else -1,
        )
        for where, layer, plan in _shown(shot)
        if "avatar" in layer
    ]


def _last_seen(shot: Json, layer: Json, end: int) -> int:
    """The last frame before `end` on which a layer may be seen, or -1."""
    end = min(end, layer.get("outFrame", 0) or shot["frames"])
    return end - 1 if layer.get("inFrame", 0) < end else -1


def require_files(wanted: list[Wanted], files: Mapping[str, object]) -> None:
    """Check that every file came.

    Raises:
        MissingFile: With every file that did not.
    """
    faults = {want.field: f"{want.path} is not among the files" for want in wanted if want.path not in files}
    if faults:
        raise MissingFile(faults)


def require_passes(wanted: list[Wanted], passes: Mapping[str, object]) -> None:
    """Check that every avatar has its pass.

    Raises:
        MissingPass: With every avatar that has none.
    """
    faults = {want.field: f"{want.path!r} has no pass" for want in wanted if want.path not in passes}
    if faults:
        raise MissingPass(faults)


def placed(shot: Json, region: Region) -> dict[str, float]:
    """The box of a pass in the shot's pixels.

    A pass that does not say what composition it counts in, has the shot's proportions and begins at its corner was
    drawn for a smaller copy of it.
    """
    width, height = region.composition
    if width <= 0 or height <= 0:
        whole = region.left == 0 and region.top == 0 and region.width * shot["height"] == region.height * shot["width"]
        width, height = (region.width, region.height) if whole else (shot["width"], shot["height"])
    across, down = shot["width"] / width, shot["height"] / height
    return {
        "left": region.left * across,
        "top": region.top * down,
        "width": region.width * across,
        "height": region.height * down,
    }


def page_job(shot: Json, *, width: int, height: int, name: str, passes: Mapping[str, Region]) -> dict[str, Any]:
    """What the page loads.

    Args:
        shot: A shot that is valid.
        width: Pixels of the output.
        height: Pixels of the output.
        name: What `{name}` becomes.
        passes: Per avatar layer, where its pass lies.
    """
    return {
        "shot": dict(shot),
        "width": width,
        "height": height,
        "name": name,
        "passes": {layer: {"box": placed(shot, region)} for layer, region in passes.items()},
    }
