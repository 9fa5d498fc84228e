"""No two modules need each other: whoever reads one finds below it what it stands on, and nothing above."""

from __future__ import annotations

import re
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.contract.test_rooms import PRODUCT, ROOT, imports, python_files, typescript_files

IMPORTED = re.compile(r"""(?:from|import)\s+['"](\.[^'"]+)\.js['"]""")
"""A module beside it, as TypeScript names it."""


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other, the first one again at the end; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def python_graph() -> dict[str, set[str]]:
    """Each module's own modules, lazy imports and those for types alone included."""
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in python_files(*PRODUCT)}
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    return {name: (imports(path.read_text()) & set(modules)) - {name} for name, path in modules.items()}


def typescript_graph() -> dict[str, set[str]]:
    """Each file's neighbours, those for types alone included."""
    files = {path.resolve() for path in typescript_files("stage", "services", "gateway")}

    def beside(path: Path) -> set[str]:
        named = {(path.parent / f"{name}.ts").resolve() for name in IMPORTED.findall(path.read_text())}
        return {str(other.relative_to(ROOT)) for other in named & files}

    return {str(path.relative_to(ROOT)): beside(path) for path in files}


def test_a_circle_is_found() -> None:
    """The check can fail, and names who is in it."""
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == {"b", "c"}
    assert circle({"a": {"b"}, "b": {"c"}}) == []


@pytest.mark.parametrize("graph", [python_graph, typescript_graph])
def test_no_modules_import_each_other(graph: Callable[[], dict[str, set[str]]]) -> None:
    """Neither in Python nor in TypeScript, not even lazily or for a type."""
    found = graph()

    assert sum(map(len, found.values())) > len(found) / 2, "imports are found"
    assert circle(found) == []
