"""The Containerfiles: linted, pinned, without root, and holding exactly the rooms that a service walks into."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fancam.settings import MeshSettings
from tests.contract.test_rooms import ROOT, SERVICES, imports

IMAGES = [*SERVICES, "gateway"]
USER = "65532:65532"
CHROME = {"renderer", "compositor"}
PROGRAMS = {"audio": {"ffmpeg", "rubberband-cli", "swh-plugins", "tap-plugins"}}
"""Debian packages a service runs beside its own code."""

OPTIONAL = {"gpu"}
"""Extras whose packages are imported only where somebody has installed them."""


def folder(name: str) -> str:
    """Where a process's code lies."""
    return "gateway" if name == "gateway" else f"services/{name}"


@cache
def instructions(name: str) -> tuple[str, ...]:
    """A Containerfile's instructions, comments gone and continued lines joined."""
    text = (ROOT / folder(name) / "Containerfile").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return tuple(line.strip() for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip())


def final_stage(name: str) -> list[str]:
    """The instructions of what is shipped."""
    lines = list(instructions(name))
    return lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]


@pytest.mark.parametrize("name", IMAGES)
def test_every_process_has_a_clean_containerfile(name: str) -> None:
    """The linter finds nothing; what it is told to ignore has its reason beside it."""
    path = ROOT / folder(name) / "Containerfile"
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, path], check=False, capture_output=True, text=True, timeout=200)

    assert done.returncode == 0, done.stdout
    lines = path.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if "hadolint ignore" in line)
    assert lines[first - 1].startswith("# "), "the first exception says why"


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_built_in_stages_on_a_base_of_choice(name: str) -> None:
    """One ARG names the base of all stages, so that it can be a digest, or a vendor's with a GPU."""
    lines = instructions(name)

    assert lines[0] == "ARG BASE=debian:bookworm-slim"
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    stages = {line.split()[3] for line in lines if re.match(r"FROM \S+ AS ", line)}
    assert bases - stages == {"${BASE}"}
    assert len(stages) >= 3


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_shipped_runs_as_nobody_in_particular(name: str) -> None:
    """The last USER is the one that the manifests run, and the entry point is the process itself, in exec form."""
    lines = final_stage(name)

    assert [line for line in lines if line.startswith("USER ")] == [f"USER {USER}"]
    assert [line for line in lines if line.startswith("WORKDIR ")] == ["WORKDIR /app", "WORKDIR /tmp"]
    assert any("PYTHONPATH=/app" in line and "PYTHONSAFEPATH=1" in line for line in lines if line.startswith("ENV "))
    assert lines[-1] == f'ENTRYPOINT ["python", "-m", "{folder(name).replace("/", ".")}"]'
    assert not [line for line in lines if line.startswith(("ADD ", "VOLUME ")) or "pip install" in line]


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_installed_is_pinned(name: str) -> None:
    """Every pip runs under the constraints file, and npm takes its lock file."""
    for line in instructions(name):
        for command in re.findall(r"pip install [^&]*", line):
            assert re.search(r"--constraint constraints(-speech)?\.txt", command)
            assert "--no-cache-dir" in command
        assert not re.search(r"npm (install|i) ", line)
        assert not re.search(r"https?://", line), "packages come from wherever the builder's own configuration says"


@pytest.mark.parametrize("name", IMAGES)
def test_programs_and_fonts_are_where_they_are_needed(name: str) -> None:
    """Chromium only where pages are drawn, fonts only where names are, ffmpeg only where voices are."""
    shipped = " ".join(line for line in final_stage(name) if "apt-get install" in line)

    assert ("chromium" in shipped) == (name in CHROME)
    assert ("fonts-noto" in shipped) == (name == "compositor")
    assert all(package in shipped for package in PROGRAMS.get(name, set()))
    assert ("ffmpeg" in shipped) == (name == "audio")


@pytest.mark.parametrize("name", IMAGES)
def test_the_exposed_ports_are_the_meshs(name: str) -> None:
    """EXPOSE says what the settings say."""
    mesh = MeshSettings()
    ports = {getattr(mesh, name).rsplit(":")[1]} | ({mesh.rest.rsplit(":")[2]} if name == "gateway" else set())

    assert [set(line.split()[1:]) for line in final_stage(name) if line.startswith("EXPOSE ")] == [ports]


@cache
def closure(module: str, *, lazy: bool) -> tuple[frozenset[str], frozenset[str]]:
    """Every module that comes along with one of ours: our own by dotted name, others by the name of their package.

    Args:
        module: Where to start.
        lazy: Whether imports inside functions are followed too.
    """
    ours: set[str] = set()
    others: set[str] = set()
    pending = [module]
    while pending:
        name = pending.pop()
        path = ROOT / Path(*name.split("."))
        source = next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
        if source is None:
            if not (ROOT / name.split(".")[0]).exists():
                others.add(name.split(".")[0])
        elif name not in ours and not name.startswith("buf."):
            ours.add(name)
            pending += imports(source.read_text(), lazy=lazy)
    return frozenset(ours), frozenset(others)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_holds_every_room_its_process_walks_into(name: str) -> None:
    """Following the imports from `__main__`, every one of our modules lies in a folder that is copied, and no more."""
    ours, _ = closure(f"{folder(name).replace('/', '.')}.__main__", lazy=True)
    lines = final_stage(name)
    copied = {line.split()[-1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    data = {"recognition": {"stage"}}.get(name, set())  # it reads the avatar library's catalogue there

    homeless = {
        module for module in ours if not any(f"{module}.".replace(".", "/").startswith(f"{room}/") for room in copied)
    }
    assert homeless == set()
    entered = {room for room in copied for module in ours if f"{module}.".replace(".", "/").startswith(f"{room}/")}
    assert copied - data == entered, "a room is in the image for nothing"
    built = {line.split()[-1] for line in lines if line.startswith("COPY --from")}
    assert {"fancam/v1", "buf", "/venv"} <= built
    assert (f"{folder(name)}/page/dist" in built) == (name in CHROME | {"gateway"}), "it draws, or people look at it"
    assert ("stage/avatar/library/dist" in built) == (name == "renderer")


def distribution(requirement: str) -> str:
    """The normalised name in a requirement."""
    return re.split(r"[\[<>=;~! ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", IMAGES)
def test_a_process_declares_what_it_imports(name: str) -> None:
    """Every package that is imported when it starts is the standard library's, or in the base or this extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = {distribution(line) for line in [*project["dependencies"], *extras[name]]}
    declared |= {distribution(line) for extra in OPTIONAL for line in extras[extra]}
    known = packages_distributions()
    _, foreign = closure(f"{folder(name).replace('/', '.')}.__main__", lazy=False)

    undeclared = {
        package
        for package in foreign - set(sys.stdlib_module_names)
        if package in known and not {dist.lower().replace("_", "-") for dist in known[package]} & declared
    }
    assert undeclared == set(), f"add to the extra `{name}`"
    assert "grpc" in foreign, "the way through the imports was found"


def test_nothing_private_or_built_is_sent_to_the_builder() -> None:
    """The ignore file keeps repositories, environments, products and tests out of every image."""
    ignored = set((ROOT / ".dockerignore").read_text().splitlines())

    assert {".git", ".venv", "out", "tests", "campaigns", "fancam/v1", "**/node_modules", "**/dist"} <= ignored
