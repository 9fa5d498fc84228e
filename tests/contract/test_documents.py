"""The documents say what is true. `python -m tests.contract.test_documents` rewrites the table of settings."""

from __future__ import annotations

import ast
import json
import re
from importlib.util import find_spec
from pathlib import Path

from fancam.cli import app
from fancam.settings import Settings
from tests.contract import drawing
from tests.contract.policy import CALLS
from tests.contract.test_rooms import ROOT, python_files

OPERATIONS = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- settings -->\n", "<!-- end -->"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

BUILT = {"out/", "fancam/v1"}
"""Paths that documents may name though they appear only when something ran."""


def settings() -> list[tuple[str, str, object, str]]:
    """Every setting: group, field, default, and the comment above it."""
    lines = (ROOT / "fancam" / "settings.py").read_text().splitlines()
    found = []
    groups = {kind.__name__: kind for kind in Settings.__subclasses__()}
    for node in ast.parse("\n".join(lines)).body:
        if not isinstance(node, ast.ClassDef) or node.name not in groups:
            continue
        group = groups[node.name]
        for part in node.body:
            if (
                not isinstance(part, ast.AnnAssign)
                or not isinstance(part.target, ast.Name)
                or part.target.id == "prefix"
            ):
                continue
            comment: list[str] = []
            number = part.lineno - 2
            while lines[number].strip().startswith("#"):
                comment.insert(0, lines[number].strip().removeprefix("#").strip())
                number -= 1
            found.append((group.prefix, part.target.id, getattr(group, part.target.id), " ".join(comment)))
    return found


def table() -> str:
    """The settings as Markdown."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    meaning = ""
    for prefix, field, default, comment in settings():
        meaning = comment or ("as above" if prefix == "FANCAM_MESH_" else meaning)
        shown = f"`{default}`" if default != "" else ""
        rows.append(f"| `{prefix}{field.upper()}` | {shown} | {meaning.replace('|', '&#124;')} |")
    return "\n".join(rows) + "\n"


def test_every_setting_says_what_it_means() -> None:
    """A comment above each field; the addresses of the mesh share one."""
    bare = [prefix + field for prefix, field, _, comment in settings() if not comment and prefix != "FANCAM_MESH_"]

    assert bare == []


def test_every_setting_is_used() -> None:
    """A setting that nothing reads would be a lie; addresses are read by their service's name."""
    code = "\n".join(
        path.read_text() for path in python_files("fancam", "gateway", "services") if path.name != "settings.py"
    )
    code += (ROOT / "fancam" / "settings.py").read_text().replace("self.", "settings.")

    unused = [
        prefix + field
        for prefix, field, _, _ in settings()
        if not re.search(rf"\.{field}\b", code) and not (prefix == "FANCAM_MESH_" and f'"{field}"' in code)
    ]
    assert unused == []


def test_the_documented_settings_are_the_settings() -> None:
    """The table in docs/operations.md is the one that the code gives."""
    text = OPERATIONS.read_text()

    assert text.split(BEGIN)[1].split(END)[0] == table(), "run `python -m tests.contract.test_documents`"


def test_the_drawn_mesh_is_the_mesh() -> None:
    """The picture of the processes shows each, and each call that a network policy lets through."""
    shown = drawing.FILE.read_text(encoding="utf-8")

    assert shown == drawing.picture(), "run `python -m tests.contract.drawing`"
    assert shown.count("<path d=") == len(drawing.HEADS) + len(CALLS) + len(drawing.DOES) + 2


def test_links_lead_somewhere() -> None:
    """Every relative link in a document leads to a file."""
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]

    assert broken == []


def anchors(document: Path) -> set[str]:
    """Names by which the headings of a document are linked."""
    headings = re.findall(r"(?m)^#+ (.+)$", document.read_text())
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_to_headings_that_are_there() -> None:
    """A heading that was renamed takes its links along."""
    astray = [
        f"{document.relative_to(ROOT)}: {target}#{anchor}"
        for document in DOCUMENTS
        for target, anchor in re.findall(r"\]\(([^)#:]*\.md|)#([^)]+)\)", document.read_text())
        if anchor not in anchors(document.parent / target if target else document)
    ]

    assert astray == []


def test_commands_that_are_named_exist() -> None:
    """Every `fancam` command, `make` target and `python -m` module that a document tells a reader to run."""
    known = {command.name or str(command.callback.__name__) for command in app.registered_commands if command.callback}
    known |= {str(group.name) for group in app.registered_groups}
    targets = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text()))
    unknown = []
    for document in DOCUMENTS:
        code = "\n".join(re.findall(r"`+[^`]+`+", document.read_text()))
        words = {f"fancam {word}" for word in re.findall(r"(?m)(?:^|`|\$ )fancam ([a-z]+)", code) if word not in known}
        words |= {f"make {word}" for word in re.findall(r"(?m)(?:^|`)make ([\w-]+)", code) if word not in targets}
        modules = re.findall(r"python -m ((?:bench|campaigns|fancam|gateway|media|services|tests)[\w.]*)", code)
        words |= {name for name in modules if find_spec(name) is None}
        unknown += [f"{document.relative_to(ROOT)}: {word}" for word in sorted(words)]

    assert unknown == []


def test_the_readme_counts_right() -> None:
    """Parts, hairstyles and features are counted where they are."""
    parts = json.loads((ROOT / "stage" / "avatar" / "library" / "catalogue.json").read_text())["parts"]
    hair = sum(part["group"] == "hair" for part in parts)
    works = len(re.findall(r"\| works \|", (ROOT / "docs" / "features.md").read_text()))
    readme = (ROOT / "README.md").read_text()

    assert f"**Avatars** of {len(parts)} parts, {hair} of them hairstyles" in readme
    assert f"{works} features of After Effects match their references" in readme


def test_paths_that_are_named_exist() -> None:
    """Every path in code style that starts with one of our rooms exists."""
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()} | {"overlays", "jobs"}
    missing = []
    for document in DOCUMENTS:
        for path in re.findall(r"`((?:[\w.-]+/)+[\w.*-]*)`", document.read_text()):
            if path.split("/")[0] not in rooms or path.startswith(tuple(BUILT)):
                continue
            if not list(ROOT.glob(path)) and not list((ROOT / "k8s").glob(path)):
                missing.append(f"{document.relative_to(ROOT)}: {path}")
    assert missing == []


def test_decisions_are_numbered_and_complete() -> None:
    """Each decision has its number, its status, and what was not taken."""
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    for number, page in enumerate(pages, start=1):
        text = page.read_text()
        assert page.name.startswith(f"{number:04d}-")
        assert re.match(rf"# (0*{number})\b", text), f"{page.name}: its title begins with its number"
        for part in ("Status: ", "lternative"):
            assert part in text, f"{page.name}: {part}"


def write() -> None:
    """Put the table where it belongs."""
    text = OPERATIONS.read_text()
    before, rest = text.split(BEGIN)
    OPERATIONS.write_text(before + BEGIN + table() + END + rest.split(END, 1)[1])


if __name__ == "__main__":
    write()
