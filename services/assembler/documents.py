"""Reading a campaign's files: YAML and JSON to plain values that obey their schemas. Knows no schema itself."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from media.probe import Clip, Picture, Sound, clip, picture, sound
from services.assembler.campaign import Documents, Fault
from services.assembler.faults import references
from services.assembler.package import ROOT_FILE
from services.assembler.press import Json, every_layer
from services.assembler.shot_faults import layer_files

DOCUMENTS = (".yaml", ".yml", ".json")
MAX_DOCUMENT_BYTES = 8 * 1024**2
JSON_ONLY = frozenset(("Melody",))
"""Kinds of documents that services read as JSON: YAML, which is more, would be read here and nowhere else."""

MAX_DEPTH = 64
MAX_VALUES = 1_000_000
"""Values in a document with its aliases written out: a few lines of YAML can stand for billions."""

Schema = Callable[[str, object], Json]
"""Gives a value the form of the message named, or raises BadDocument: `schema("Shot", value)`."""


class BadDocument(Exception):  # noqa: N818  named for what the caller reads
    """A document that does not obey its schema: what is wrong, by field; the empty field is the whole document."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {why}" if field else why for field, why in faults.items()))
        self.faults = dict(faults)


def load(data: bytes) -> object:
    """A YAML (or JSON) document as plain values.

    Raises:
        BadDocument: It is no YAML, too long, or stands for too many values.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise BadDocument({"": f"is {len(data)} bytes long; the limit is {MAX_DOCUMENT_BYTES}"})
    try:
        _check_depth(data)
        value: object = yaml.load(data, Loader=LOADER)  # noqa: S506  LOADER is the safe one
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadDocument({"": f"is no YAML: {where}{problem}"}) from error
    if _values(value, {}) > MAX_VALUES:
        raise BadDocument({"": f"its aliases stand for more than {MAX_VALUES} values"})
    return value


LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where PyYAML has it: shots hold thousands of keyframes."""


def _check_depth(data: bytes) -> None:
    """Refuse what is nested too deeply: PyYAML's C loader recurses without a check and would end the process."""
    depth = 0
    for event in yaml.parse(data, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise BadDocument({"": f"is nested more than {MAX_DEPTH} deep"})


def _values(value: object, known: dict[int, int]) -> int:
    """How many values a document stands for; each shared part is counted as often as it is used."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = MAX_VALUES + 1  # until it is known, for a document that contains itself
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = min(MAX_VALUES + 1, 1 + sum(_values(part, known) for part in parts))
    return known[id(value)]


def read(files: Mapping[str, bytes], schema: Schema) -> tuple[Documents | None, list[Fault]]:
    """Read campaign.yaml and everything it names.

    Returns:
        The documents, or None when campaign.yaml itself cannot be read; and what is wrong with single documents.
    """
    reader = _Reader(files, schema)
    campaign = reader.document(ROOT_FILE, "Campaign")
    if campaign is None:
        return None, reader.faults
    shots = reader.documents([cut["shot"] for cut in campaign["cuts"]], "Shot")
    layers = [layer for shot in shots.values() for layer in every_layer(shot)]
    recipes = reader.documents([layer.get("avatar", {}).get("recipe", "") for layer in layers], "Recipe")
    melodies = [campaign["song"]["melody"], campaign["song"].get("band_melody", "")]
    reader.documents(melodies, "Melody")
    read_already = {*melodies, *(cut["shot"] for cut in campaign["cuts"])}
    for path in {path for _, path in references(campaign)} - read_already:
        reader.other(path)
    song = campaign["song"]
    sounds: dict[str, Sound] = {}
    for path in [*song["stems"], song["guide"]]:
        if path in files and (heard := sound(files[path])):
            sounds[path] = heard
    clips: dict[str, Clip] = {}
    for path in {layer["footage"]["path"] for layer in layers if "footage" in layer}:
        if path in files and (seen := clip(files[path])):
            clips[path] = seen
    pictures: dict[str, Picture] = {}
    for path in {layer["image"]["path"] for layer in layers if "image" in layer}:
        if path in files and (painted := picture(files[path])):
            pictures[path] = painted
    return Documents(campaign, shots, recipes, set(files), sounds, clips, pictures), reader.faults


def used_files(documents: Documents, files: Mapping[str, bytes]) -> list[str]:
    """Paths of everything that a service may want of a campaign: what its documents name, and what those name."""
    named = {path for _, path in references(documents.campaign)} - documents.shots.keys()
    for shot in documents.shots.values():
        named |= {path for layer in every_layer(shot) for _, path in layer_files(layer)}
    more = named
    while more:
        inner = set[str]()
        for path in more:
            if path.endswith(DOCUMENTS):
                with contextlib.suppress(BadDocument):
                    inner |= _strings(load(files[path])) & files.keys()
        more = inner - named
        named |= more
    return sorted(named)


def _strings(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set[str]().union(*map(_strings, value.values()))
    if isinstance(value, list):
        return set[str]().union(*map(_strings, value))
    return set()


class _Reader:
    def __init__(self, files: Mapping[str, bytes], schema: Schema) -> None:
        self._files = files
        self._schema = schema
        self.faults: list[Fault] = []

    def documents(self, paths: list[str], kind: str) -> dict[str, Json]:
        """The documents at `paths` that can be read, each once."""
        found = {path: self.document(path, kind) for path in dict.fromkeys(paths) if path}
        return {path: value for path, value in found.items() if value is not None}

    def other(self, path: str) -> None:
        """A document of another room: that it can be read is all that is checked here."""
        if path in self._files and path.endswith(DOCUMENTS):
            try:
                load(self._files[path])
            except BadDocument as error:
                self.faults += [Fault(path, field, why) for field, why in error.faults.items()]

    def document(self, path: str, kind: str) -> Json | None:
        """One document, or None; a file that is not there is named by who names it."""
        if path not in self._files:
            return None
        value: object = None
        try:
            value = load(self._files[path])
            if kind in JSON_ONLY:
                json.loads(self._files[path])
            return self._schema(kind, value)
        except json.JSONDecodeError as error:
            self.faults.append(Fault(path, "", f"is no JSON: {error}"))
            return None
        except BadDocument as error:
            self.faults += [Fault(path, *placed(value, field, why)) for field, why in error.faults.items()]
            return None


UNKNOWN = re.compile(r'Message type "[\w.]+\.(\w+)" has no field named "(\w+)" at "\w+\.([^"]+)"')
CHOICES = re.compile(r"Available Fields\(except extensions\): \"\[([^\]]*)\]")
NO_CHOICE = re.compile(r"Invalid enum value (\S+) for enum type [\w.]+\.(\w+) at \w+\.(\S+?)\.*$")
INSIDE = re.compile(r"(layers|compositions|lights)\[(\d+)\]\.?")


def placed(value: object, field: str, why: str) -> tuple[str, str]:
    """A broken rule with layers by their names: `layers[3].solid.width` is `layer 'lamp', solid.width`.

    Args:
        value: The document.
        field: Path of the field, as a schema says it; empty where it is only in `why`.
        why: What is wrong, as a schema or protobuf's parser says it.
    """
    if found := UNKNOWN.search(why):
        kind, name, field = found.groups()
        choices = CHOICES.search(why)
        known = sorted(_snake(choice.strip(" '")) for choice in choices[1].split(",")) if choices else []
        what = "effect" if kind == "Effect" else f"field of {kind}"
        why = f"there is no {what} {name!r}, only {', '.join(known)}"
    elif found := NO_CHOICE.search(why):
        why, field = f"{found[1]} is none of {found[2]}", found[3]
    at, words = value, []
    while found := INSIDE.match(field):
        many = at.get(found[1], []) if isinstance(at, dict) else []
        at = many[int(found[2])] if int(found[2]) < len(many) else None
        name = (at.get("name") or at.get("id")) if isinstance(at, dict) else None
        words.append(f"{found[1].removesuffix('s')} {name!r}" if name else found[0].rstrip("."))
        field = field[found.end() :]
    return ", ".join([*words, *([field] if field else [])]), why


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
