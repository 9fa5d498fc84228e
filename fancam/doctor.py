"""What runs on this machine, and what runs instead where the best is missing. Looks only; changes nothing."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fancam.settings import ArtifactSettings, AssemblerSettings, AudioSettings, GatewaySettings, RendererSettings

PACKAGES = (
    "grpcio",
    "dbos",
    "fastapi",
    "obstore",
    "av",
    "playwright",
    "numpy",
    "openvino",
    "swift-f0",
    "protovalidate",
    "c2pa-python",
)

# Families that together cover the scripts that names are written in.
FONTS = {"Noto Sans": "Latin, Greek, Cyrillic and more", "Noto Sans CJK JP": "Chinese, Japanese, Korean"}
EMOJI = "Noto Color Emoji"

LADSPA_FOLDERS = (Path("/usr/lib/ladspa"), Path("/usr/local/lib/ladspa"), Path("/usr/lib64/ladspa"))


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    # `good`, `instead` (something else does the job) or `missing`.
    verdict: str


def examine() -> Iterator[Finding]:
    """Look at everything, the quick things first."""
    yield Finding("machine", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}", "good")
    for package in PACKAGES:
        try:
            yield Finding(package, importlib.metadata.version(package), "good")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(package, "not installed: make setup", "missing")
    yield from _programs()
    yield from _fonts()
    yield speech_to_text()
    yield from _encoders()
    yield _provenance()
    yield _stage()
    yield Finding("artifacts", ArtifactSettings.load().location(), "good")
    yield Finding("jobs", GatewaySettings.load().database or "SQLite, out/gateway.sqlite", "good")


def _programs() -> Iterator[Finding]:
    chromium = RendererSettings.load().chromium
    for what, command in (
        ("Chromium", [chromium, "--version"]),
        ("ffmpeg", ["ffmpeg", "-version"]),
        ("rubberband", ["rubberband", "--version"]),
    ):
        if shutil.which(command[0]) is None:
            yield Finding(what, f"{command[0]} is not there: make setup", "missing")
            continue
        said = _first_line(command)
        yield Finding(what, said or command[0], "good" if said else "missing")
    plugins = [file for folder in LADSPA_FOLDERS if folder.is_dir() for file in folder.glob("*.so")]
    yield Finding(
        "LADSPA plugins", f"{len(plugins)} files" if plugins else "none: make setup", "good" if plugins else "missing"
    )


def _fonts() -> Iterator[Finding]:
    known = _output(["fc-list", ":", "family"]) if shutil.which("fc-list") else ""
    for family, scripts in {**FONTS, EMOJI: "emoji"}.items():
        there = family in known
        yield Finding(f"font {family}", scripts if there else f"not there: {scripts}", "good" if there else "missing")


def speech_to_text() -> Finding:
    """Who hears the words of takes, and what is missing for NeMo to: the engine's choice, the package, the model."""
    what, settings = "speech to text", AudioSettings.load()
    python = settings.speech_python or sys.executable
    nemo = _output([python, "-P", "-c", _NEMO]).strip() if shutil.which(python) else ""
    if settings.speech_engine == "none":
        why = f"NeMo {nemo} is there, but FANCAM_AUDIO_SPEECH_ENGINE is not nemo" if nemo else "make setup-speech"
        return Finding(what, f"none: takes are not transcribed, and the campaign's policy decides ({why})", "instead")
    if not settings.speech_model or not Path(settings.speech_model).is_file():
        said = f"{settings.speech_engine} has no file: FANCAM_AUDIO_SPEECH_MODEL is {settings.speech_model!r}"
        return Finding(what, said, "missing")
    if settings.speech_engine == "nemo" and not nemo:
        said = f"{python} has no NeMo: make setup-speech, then FANCAM_AUDIO_SPEECH_PYTHON=.venv-speech/bin/python"
        return Finding(what, said, "missing")
    engine = f"NeMo {nemo}" if settings.speech_engine == "nemo" else settings.speech_engine
    return Finding(what, f"{engine}, {settings.speech_model}", "good")


_NEMO = """
from importlib.metadata import distributions
print(*(found.version for found in distributions(name="nemo-toolkit")))
"""


_ENCODE = """
from media.encoder import LADDER, Codec, Family, probe
from media.options import SOFTWARE

for codec in Codec:
    found = [probe(family, codec) for family in LADDER]
    names = {**{family: family.value for family in LADDER}, Family.X264: SOFTWARE[codec]}
    works = [names[each.family] for each in found if each.works]
    why = "; ".join(f"{each.family.value}: {each.why.rpartition('here: ')[2]}" for each in found if not each.works)
    print(codec.value, works[0] if works else "", why, sep="|")
"""
"""Test encodes by every family, in a process of their own, since a broken driver can take its process along."""

CODECS = {"h264": "encoder, H.264", "hevc": "encoder, HEVC", "av1": "encoder, AV1"}


def _encoders() -> Iterator[Finding]:
    """Who encodes what; HEVC and AV1 are options of a campaign's profile, H.264 is needed."""
    said = _output([sys.executable, "-c", _ENCODE]).strip().splitlines()
    lines = {line.split("|")[0]: line.split("|")[1:] for line in said if line.count("|") == 2}
    for codec, what in CODECS.items():
        if codec not in lines:
            yield Finding(what, f"none can encode: {said[-1] if said else 'no answer'}", "missing")
            continue
        chosen, why = lines[codec]
        if not chosen:
            yield Finding(what, f"none: {why}", "missing" if codec == "h264" else "instead")
        else:
            yield Finding(what, f"{chosen}, since {why}" if why else chosen, "instead" if why else "good")


_SIGN = """
import sys
from pathlib import Path
from services.assembler.provenance import BadKey, Signer

try:
    print("signs", Signer.load(Path(sys.argv[1]), Path(sys.argv[2])).subject)
except BadKey as error:
    print("refused", error)
"""


def _provenance() -> Finding:
    settings = AssemblerSettings.load()
    if not settings.signing_key:
        said = "films are not signed: no key is mounted (FANCAM_ASSEMBLER_SIGNING_KEY)"
        return Finding("provenance", said, "instead")
    said = _output([sys.executable, "-c", _SIGN, settings.signing_certificates, settings.signing_key]).strip()
    verdict, _, about = said.partition(" ")
    if verdict != "signs":
        return Finding("provenance", about or said or "no answer", "missing")
    return Finding("provenance", f"films are signed by {about}", "good")


_DRAW = """
import asyncio, pathlib, sys
import stage
from stage.host import Stage

async def main():
    page = pathlib.Path(stage.__file__).parents[1] / "services" / "renderer" / "page"
    async with Stage.open(page, chromium=sys.argv[1]) as opened:
        print("hardware" if opened.hardware else "software", opened.renderer)

asyncio.run(main())
"""


def _stage() -> Finding:
    """Opens Chrome once, as the renderer does, and asks what draws."""
    said = _output([sys.executable, "-c", _DRAW, RendererSettings.load().chromium]).strip().splitlines() or [""]
    kind, _, renderer = said[-1].partition(" ")
    if kind not in {"hardware", "software"}:
        return Finding("GL", f"Chrome cannot draw: {said[-1]}", "missing")
    return Finding("GL", renderer, "good" if kind == "hardware" else "instead")


def _first_line(command: list[str]) -> str:
    return (_output(command).splitlines() or [""])[0].strip()


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout or done.stderr
