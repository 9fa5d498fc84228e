"""A Lottie document as a shot: compositions, layers, times, mattes, masks, cameras, files, slots."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from services.compositor.lottie import shapes, text
from services.compositor.lottie.effects import effects
from services.compositor.lottie.slots import slots_of
from services.compositor.lottie.values import Json, Losses, NotLottie, Reader, hexadecimal, usual

PRECOMP, SOLID, IMAGE, NULL, SHAPE, TEXT, AUDIO, ADJUSTMENT, CAMERA, LIGHT = 0, 1, 2, 3, 4, 5, 6, 12, 13, 14
VIDEO = 9

BLEND_MODES = (
    "", "MULTIPLY", "SCREEN", "OVERLAY", "DARKEN", "LIGHTEN", "COLOR_DODGE", "COLOR_BURN", "HARD_LIGHT", "SOFT_LIGHT",
    "DIFFERENCE", "EXCLUSION", "HUE", "SATURATION", "COLOR", "LUMINOSITY", "ADD", "HARD_MIX",
)  # fmt: skip
"""By Lottie's `bm`."""

MATTES = {1: "ALPHA", 2: "ALPHA_INVERTED", 3: "LUMA", 4: "LUMA_INVERTED"}
MASKS = {"n": "NONE", "a": "", "s": "SUBTRACT", "i": "INTERSECT", "l": "LIGHTEN", "d": "DARKEN", "f": "DIFFERENCE"}

PANELS = {"matte": "Track Matte", "blend_mode": "Blending Mode", "auto_orient": "Auto-Orient"}
"""What a composition that is collapsed cannot have, by the shot's name and After Effects'."""

PICTURES = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}


@dataclass
class Imported:
    """What came of a file.

    Args:
        shot: `fancam.v1.Shot` in protobuf's JSON mapping.
        losses: What did not come along.
        frame_rate: Frames per second of the file; a shot has the campaign's.
        files: Pictures inside the file, by their path in the campaign.
        wanted: Pictures beside the file: its relative path, by the path in the campaign.
    """

    shot: Json
    losses: list[dict[str, str]]
    frame_rate: float
    files: dict[str, bytes] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)


def read(document: object, name: str) -> Imported:
    """Make a shot of a Lottie document.

    Args:
        document: The file, parsed.
        name: What the shot is called when the document does not say.

    Raises:
        NotLottie: It is no Lottie document, or a broken one.
    """
    if not isinstance(document, dict) or not isinstance(document.get("layers"), list):
        raise NotLottie("the document has no layers: it is no Lottie file")
    try:
        return _Document(document, name).imported()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise NotLottie(f"the document is broken: {type(error).__name__}: {error}") from error


class _Document:
    def __init__(self, document: Json, name: str) -> None:
        self._document = document
        self._name = str(document.get("nm") or name)
        self._rate = float(document["fr"])
        self._losses = Losses()
        self._assets = {str(asset["id"]): asset for asset in document.get("assets", [])}
        self._fonts = text.fonts_of(document)
        self._compositions: dict[str, Json] = {}
        self._open: list[str] = []
        self._files: dict[str, bytes] = {}
        self._wanted: dict[str, str] = {}
        self._pictures: dict[str, str] = {}
        self._slots = slots_of(document.get("markers", []), self._losses)

    def imported(self) -> Imported:
        first, last = float(self._document.get("ip", 0)), float(self._document["op"])
        size = int(self._document["w"]), int(self._document["h"])
        frames = max(1, round(last - first))
        reader = Reader(self._losses, self._rate, first)
        self._losses.composition = self._name
        if self._document.get("chars"):
            self._losses.add("note", "", "glyphs of the file are not used; text is set in a font")
        whole = self._layers(reader, self._document["layers"], size, frames, top=True)
        shot: Json = {"id": _identifier(self._name), "width": size[0], "height": size[1], "frames": frames, **whole}
        if self._compositions:
            shot["compositions"] = list(self._compositions.values())
        return Imported(shot, self._losses.found, self._rate, self._files, self._wanted)

    # Compositions

    def _composition(self, reference: str) -> str:
        """The name under which the shot holds a nested composition; reads it on the first call."""
        asset = self._assets[reference]
        if reference in self._open:
            raise NotLottie(f"the composition {reference!r} contains itself: {' > '.join([*self._open, reference])}")
        if reference in self._compositions:
            return str(self._compositions[reference]["id"])
        layers = asset["layers"]
        size = int(asset.get("w") or self._document["w"]), int(asset.get("h") or self._document["h"])
        for layer in self._showing(reference):
            size = int(layer.get("w") or size[0]), int(layer.get("h") or size[1])
        frames = max(1, round(max((float(layer.get("op", 1)) for layer in layers), default=1)))
        name = _unique(str(asset.get("nm") or reference), [each["id"] for each in self._compositions.values()])
        before = self._losses.composition, self._losses.layer
        self._losses.composition = name
        self._open.append(reference)
        whole = self._layers(Reader(self._losses, self._rate), layers, size, frames, top=False)
        self._open.pop()
        self._losses.composition, self._losses.layer = before
        self._compositions[reference] = {"id": name, "width": size[0], "height": size[1], "frames": frames, **whole}
        return name

    def _showing(self, reference: str) -> Iterable[Json]:
        """Layers that show a composition; they say its size."""
        rooms = [self._document["layers"], *(asset.get("layers", []) for asset in self._assets.values())]
        return (layer for room in rooms for layer in room if layer.get("refId") == reference)

    def _layers(self, reader: Reader, told: Sequence[Json], size: tuple[int, int], frames: int, *, top: bool) -> Json:
        names = _names(told)
        parents = {layer["parent"] for layer in told if layer.get("parent") is not None}
        layers: list[Json] = []
        cameras: list[Json] = []
        for place, layer in enumerate(told):
            self._losses.layer = names[place]
            one = _Layer(self, reader, layer, names[place], _Room(size, frames))
            by_index = {each.get("ind"): names[number] for number, each in enumerate(told)}
            if layer.get("ty") == CAMERA:
                cameras.append(one.camera(by_index))
            elif layer.get("ty") == LIGHT:
                self._losses.add("lost", "", "Lottie says nothing of lights; export with the After Effects script")
            elif made := one.made(by_index, _matte(told, place, names), layer.get("ind") in parents):
                slot = self._slots.get(names[place]) if top else None
                layers += slot.applied(made, layer, size) if slot else [made]
        self._losses.layer = ""
        whole: Json = {"layers": layers or [{"name": "nothing", "null": {}}]}
        if len(cameras) == 1 and not {"in_frame", "out_frame"} & cameras[0].keys():
            whole["camera"] = cameras[0]
        elif cameras:
            whole["cameras"] = cameras
        return whole

    # Files

    def picture(self, reference: str) -> str:
        """Where a picture of the file lies in the campaign; empty with a loss when it cannot."""
        if reference in self._pictures:
            return self._pictures[reference]
        if reference not in self._assets:
            raise NotLottie(f"there is no picture {reference!r}")
        asset = self._assets[reference]
        path = str(asset.get("p", ""))
        data = re.match(r"data:image/([a-z+]+);base64,(.*)", path, re.DOTALL)
        ending = PICTURES.get(data[1] if data else PurePosixPath(path).suffix.lstrip(".").lower(), "")
        if not ending:
            self._losses.add("lost", "Source", f"pictures are PNG, JPEG or WebP, not {data[1] if data else path!r}")
            return ""
        stem = _identifier(self._name if data else PurePosixPath(unquote(path)).stem)
        target = _unique(f"art/{stem}.{ending}", [*self._files, *self._wanted], before=f".{ending}")
        if data:
            try:
                self._files[target] = base64.b64decode(data[2], validate=True)
            except binascii.Error:
                self._losses.add("lost", "Source", f"the picture {reference} inside the file is damaged")
                return ""
        else:
            self._wanted[target] = f"{asset.get('u', '')}{path}"
        self._pictures[reference] = target
        return target

    def composition(self, reference: str) -> str:
        """The shot's name of a composition.

        Raises:
            NotLottie: There is none.
        """
        if reference not in self._assets:
            raise NotLottie(f"there is no composition {reference!r}")
        return self._composition(reference)

    def fonts(self) -> Mapping[str, Json]:
        """The file's fonts."""
        return self._fonts

    def fit_px(self, layer: str) -> float:
        """Greatest width that a marker gives a name; 0 where none does."""
        slot = self._slots.get(layer)
        return slot.fit_px if slot else 0.0


@dataclass(frozen=True)
class _Room:
    """A composition's pixels and length."""

    size: tuple[int, int]
    frames: int


class _Layer:
    """One layer under translation."""

    def __init__(self, document: _Document, reader: Reader, told: Json, name: str, room: _Room) -> None:
        self._document = document
        self._reader = reader
        self._losses = reader.losses
        self._told = told
        self._name = name
        self._size = room.size
        self._frames = room.frames
        self._deep = bool(told.get("ddd"))

    def made(self, names: Mapping[Any, str], matte: Json | None, needed: bool) -> Json | None:
        told, kind = self._told, self._told.get("ty")
        if told.get("hd") and not needed and not told.get("td"):
            return None
        if kind == AUDIO:
            self._losses.add("note", "Audio", "sound comes from the song, not from layers")
            return None
        made: Json = {"name": self._name}
        shift = (0.0, 0.0)
        if told.get("hd") and not told.get("td"):
            made["null"] = {}
        else:
            shift = self._source(made)
        made["transform"] = self.transform(shift)
        if told.get("parent") is not None:
            made["parent"] = names.get(told["parent"], "")
        if self._deep:
            made["three_d"] = True
        self._times(made)
        if "null" in made:
            return made
        if matte:
            made["matte"] = matte
        self._looks(made, shift, names)
        self._switches(made)
        return made

    def _source(self, made: Json) -> tuple[float, float]:
        """What the layer shows; gives back where its origin lies in the shot's own pixels of it."""
        told, kind = self._told, self._told.get("ty")
        if kind == PRECOMP:
            made["precomp"] = {"composition": self._document.composition(str(told["refId"]))}
            self._timed(made)
            if told.get("ct"):
                made["collapse"] = True
        elif kind == SOLID:
            made["solid"] = {"width": int(told["sw"]), "height": int(told["sh"]), "color": hexadecimal(told["sc"])}
        elif kind == IMAGE:
            path = self._document.picture(str(told["refId"]))
            made |= {"image": {"path": path}} if path else {"null": {}}
        elif kind == SHAPE:
            items = shapes.items(self._reader, told.get("shapes", []))
            made |= {"shapes": {"items": items}} if items else {"null": {}}
        elif kind == TEXT:
            fit_px = self._document.fit_px(self._name)
            made["text"], shift = text.text(self._reader, told["t"], self._document.fonts(), fit_px)
            return shift
        elif kind == ADJUSTMENT:
            made["adjustment"] = {}
        else:
            if kind != NULL:
                what = "clips of Lottie files" if kind == VIDEO else f"layers of type {kind}"
                self._losses.add("lost", "Source", f"{what} do not come along; export with the After Effects script")
            made["null"] = {}
        return 0.0, 0.0

    def _timed(self, made: Json) -> None:
        """Which frame of its composition the layer shows when."""
        told, reader = self._told, self._reader
        start, stretch = reader.frame(float(told.get("st", 0))), float(told.get("sr", 1)) or 1.0
        if "tm" in told:
            remap = reader.value(told["tm"], "Time Remap", lambda parts: [parts[0] * reader.rate])
            made["time_remap"] = remap
        elif stretch != 1:
            ends = [(frame, (frame - start) / stretch) for frame in (0, self._frames)]
            made["time_remap"] = {"keyframes": [{"frame": frame, "value": [value]} for frame, value in ends]}
        elif start:
            made["precomp"]["start_frame"] = -start

    def transform(self, shift: tuple[float, float] = (0.0, 0.0)) -> Json:
        """The layer's `ks`; anchor point and position are always said, the others where they are not as usual."""
        told, reader, axes = self._told.get("ks", {}), self._reader, 3 if self._deep else 2

        def moved(parts: list[float]) -> list[float]:
            full = [*parts, 0.0, 0.0][:3]
            return [full[0] + shift[0], full[1] + shift[1], full[2]][:axes]

        def cut(parts: list[float]) -> list[float]:
            return [*parts, 0.0, 0.0][:axes]

        found: Json = {"anchor_point": reader.value(told.get("a", [0, 0, 0]), "Transform/Anchor Point", moved)}
        position = told.get("p", [0, 0, 0])
        if isinstance(position, dict) and position.get("s") in (True, 1):
            for axis in "xyz"[:axes]:
                if axis in position:
                    found[f"position_{axis}"] = reader.value(position[axis], f"Transform/{axis.upper()} Position")
        else:
            found["position"] = reader.value(position, "Transform/Position", cut)
        turn = "rz" if "rz" in told else "r"
        rest: dict[str, tuple[str, float]] = {"s": ("scale", 100.0), turn: ("rotation", 0.0), "o": ("opacity", 100.0)}
        if self._deep:
            rest |= {"or": ("orientation", 0.0), "rx": ("x_rotation", 0.0), "ry": ("y_rotation", 0.0)}
        for theirs, (ours, plain) in rest.items():
            if theirs not in told:
                continue
            named = f"Transform/{ours.replace('_', ' ').title()}"
            value = reader.value(told[theirs], named, cut if ours == "scale" else None)
            if not all(usual({"value": [part]}, plain) for part in value.get("value", [plain + 1])):
                found[ours] = value
        if any(not usual(reader.value(told[key], key), 0.0) for key in ("sk",) if key in told):
            self._losses.add("lost", "Transform/Skew", "layers of a shot are not skewed; use the effect Transform")
        return found

    def _times(self, made: Json) -> None:
        first = max(0, round(self._reader.frame(float(self._told.get("ip", 0)))))
        end = round(self._reader.frame(float(self._told.get("op", self._frames))))
        if "null" in made:
            return  # parents act whether they are seen or not
        if first > 0:
            made["in_frame"] = first
        if end < self._frames:
            made["out_frame"] = max(end, first + 1)

    def _looks(self, made: Json, shift: tuple[float, float], names: Mapping[Any, str]) -> None:
        told = self._told
        masks = [self._mask(mask, number, shift) for number, mask in enumerate(told.get("masksProperties", []))]
        if masks:
            made["masks"] = masks
        size = (
            float(told.get("w") or told.get("sw") or self._size[0]),
            float(told.get("h") or told.get("sh") or self._size[1]),
        )
        found = effects(self._reader, told.get("ef", []), size, lambda index: names.get(index, ""), masked=bool(masks))
        if found:
            made["effects"] = found
        for style in told.get("sy", []):
            named = f"Layer Styles/{style.get('nm', style.get('ty'))}"
            self._losses.add("lost", named, "layer styles do not come along; draw it with an effect")

    def _mask(self, told: Json, number: int, shift: tuple[float, float]) -> Json:
        reader, named = self._reader, f"Masks/{told.get('nm') or number + 1}"
        made: Json = {"name": str(told.get("nm") or f"mask {number + 1}")}
        mode = MASKS.get(str(told.get("mode", "a")))
        if mode is None:
            self._losses.add("lost", f"{named}/Mode", f"a shot has no mask mode {told.get('mode')!r}")
        elif mode:
            made["mode"] = f"MASK_MODE_{mode}"
        made["path"] = reader.path(told.get("pt"), f"{named}/Mask Path", shift)
        for theirs, ours, plain in (("f", "feather", 0), ("x", "expansion", 0), ("o", "opacity", 100)):
            if theirs in told:
                value = reader.value(told[theirs], f"{named}/Mask {ours.title()}")
                if any(part != plain for part in value.get("value", [plain + 1])):
                    made[ours] = value
        if told.get("inv"):
            made["inverted"] = True
        return made

    def _switches(self, made: Json) -> None:
        told = self._told
        mode = int(told.get("bm", 0))
        if mode >= len(BLEND_MODES):
            self._losses.add("lost", "Blending Mode", f"Lottie knows no blending mode {mode}")
        elif mode:
            made["blend_mode"] = f"BLEND_MODE_{BLEND_MODES[mode]}"
        if told.get("ao"):
            made["auto_orient"] = "AUTO_ORIENT_ALONG_PATH"
        if told.get("mb"):
            made["motion_blur"] = True
        if "adjustment" in made and made.pop("motion_blur", None):
            self._losses.add("lost", "Motion Blur", "an adjustment layer is not blurred by its motion")
        if not made.get("collapse"):
            return
        if {"masks", "effects"} & made.keys():  # then the composition is drawn as one picture
            del made["collapse"]
            return
        made.pop("motion_blur", None)  # that of its layers counts
        for part, named in PANELS.items():
            if made.pop(part, None):
                self._losses.add("lost", named, "a collapsed composition has none; switch collapsing off")

    def camera(self, names: Mapping[Any, str]) -> Json:
        """A camera; its anchor point is its point of interest."""
        told, reader = self._told.get("ks", {}), self._reader
        self._deep = True
        made: Json = {"zoom": reader.value(self._told.get("pe", 0), "Camera Options/Zoom")}
        place = self.transform()
        if "position" in place:
            made["position"] = place["position"]
        else:
            self._losses.add("lost", "Transform/Position", "a camera's position has its axes together")
        if "a" in told:
            made["point_of_interest"] = place["anchor_point"]
        for theirs, ours in (("or", "orientation"), ("rx", "x_rotation"), ("ry", "y_rotation"), ("rz", "z_rotation")):
            if theirs in told:
                value = reader.value(told[theirs], f"Transform/{ours}")
                if any(value.get("value", [1])):
                    made[ours] = value
        if self._told.get("parent") is not None:
            made["parent"] = names.get(self._told["parent"], "")
        first = max(0, round(reader.frame(float(self._told.get("ip", 0)))))
        end = round(reader.frame(float(self._told.get("op", self._frames))))
        if first > 0:
            made["in_frame"] = first
        if end < self._frames:
            made["out_frame"] = max(end, first + 1)
        return made


# --------------------------------------------------------------------------------------------------------------------
# Names


def _matte(told: Sequence[Json], place: int, names: Sequence[str]) -> Json | None:
    """The track matte of a layer: the one it names, or else the one above."""
    kind = MATTES.get(int(told[place].get("tt", 0)))
    if kind is None:
        return None
    named = told[place].get("tp")
    above = next(
        (number for number, layer in enumerate(told) if named is not None and layer.get("ind") == named), place - 1
    )
    return {"kind": f"MATTE_KIND_{kind}", "layer": names[above]} if above >= 0 else None


def _names(told: Sequence[Json]) -> list[str]:
    found: list[str] = []
    for place, layer in enumerate(told):
        found.append(_unique(str(layer.get("nm") or f"layer {layer.get('ind', place + 1)}")[:100], found))
    return found


def _unique(name: str, taken: Iterable[str], before: str = "") -> str:
    """The name, or with a number behind it (before the ending `before`) when it is taken."""
    known, stem = set(taken), name.removesuffix(before)
    candidates = (
        f"{stem}{'' if number == 1 else f'_{number}' if before else f' {number}'}{before}"
        for number in range(1, 10_000)
    )
    return next(candidate for candidate in candidates if candidate not in known)


def _identifier(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return re.sub(r"^[^a-z]+", "", plain)[:50] or "shot"
