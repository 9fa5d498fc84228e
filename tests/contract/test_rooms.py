"""The rooms and their doors (design, section 4): who may import whom, read from the source without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/__main__.py"))
PRODUCT = ["fancam", "gateway", "media", "services", "stage"]
HEAVY = {"PIL", "av", "numpy", "onnxruntime", "openvino", "playwright", "scipy", "skimage", "soundfile", "torch"}
FACES = {
    "assembler": {"messages.py", "presswork.py", "soundtracks.py", "workers.py"},
    "audio": {"messages.py", "rehearsal.py", "songs.py", "studio.py"},
}
"""The modules of a service that speak gRPC: its own face, what turns messages into values, what calls others, and what
keeps results that messages name, beside `__main__.py` and `service.py`, which each has. All others are craft."""


def python_files(*folders: str) -> list[Path]:
    """Source files of these folders, without what is generated or installed."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not {"node_modules", "v1", "dist"} & set(path.relative_to(ROOT).parts)
    )


def typescript_files(*folders: str) -> list[Path]:
    """TypeScript sources of these folders."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.ts")
        if not {"node_modules", "dist"} & set(path.relative_to(ROOT).parts)
    )


def imports(source: str, *, lazy: bool = True) -> set[str]:
    """Full dotted names of everything a Python source imports.

    `from a import b` counts as `a` and `a.b`, because `b` may be a module.

    Args:
        source: The text of a module.
        lazy: Whether imports inside functions count.
    """
    found: set[str] = set()
    tree = ast.parse(source)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if not lazy and id(node) in inside:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ImportFrom):
            found.add(f"relative import in line {node.lineno}")
    return found


def within(names: set[str], *packages: str) -> set[str]:
    """Those of the names that are one of the packages or lie inside one."""
    return {name for name in names if any(name == package or name.startswith(package + ".") for package in packages)}


def breaches(files: list[Path], *forbidden: str) -> list[str]:
    """Every import of a forbidden package in these files, as `file: name`."""
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in sorted(within(imports(path.read_text()), *forbidden))
    ]


def test_imports_are_found_wherever_they_hide() -> None:
    """The reader below the rules sees lazy imports, modules imported by name, and relative ones."""
    source = "def f():\n    from services import audio\n    import torch.nn as n\nfrom . import x\n"

    assert imports(source) == {"services", "services.audio", "torch.nn", "relative import in line 4"}
    assert imports(source, lazy=False) == {"relative import in line 4"}
    assert within({"fancam.v1.audio_pb2", "fancam.v10"}, "fancam.v1") == {"fancam.v1.audio_pb2"}


def test_nobody_imports_relatively() -> None:
    """A full name says which room a module is in, and lets the other rules read it."""
    assert [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files(*PRODUCT)
        for name in imports(path.read_text())
        if name.startswith("relative")
    ] == []


@pytest.mark.parametrize("service", SERVICES)
def test_services_meet_only_in_the_contract(service: str) -> None:
    """A service imports no other service and not the gateway."""
    others = [f"services.{other}" for other in SERVICES if other != service]

    assert breaches(python_files(f"services/{service}"), "gateway", *others) == []


def test_the_gateway_knows_services_by_their_stubs() -> None:
    """It calls them; it holds none of their code."""
    assert breaches(python_files("gateway"), "services", "stage", "media") == []


def test_the_base_package_knows_no_craft() -> None:
    """Being a process needs no sound, pixels or faces, and nothing heavy."""
    assert breaches(python_files("fancam"), "services", "gateway", "media", "stage", *HEAVY) == []


def test_only_settings_reads_the_environment() -> None:
    """One place says what can be set; what a child process is given is written where it is started."""
    readers = [
        str(path.relative_to(ROOT))
        for path in python_files(*PRODUCT)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    ]

    assert set(readers) <= {"fancam/settings.py"}
    assert readers, "fancam/settings.py does read it, so this test looks for the right thing"


@pytest.mark.parametrize("service", SERVICES)
def test_craft_knows_no_wire(service: str) -> None:
    """Values in, values out: craft imports neither gRPC nor messages, and only a program imports the servicer."""
    faces = {"__main__.py", "service.py"} | FACES.get(service, set())
    craft = [path for path in python_files(f"services/{service}") if path.name not in faces]
    programs = [path for path in craft if 'if __name__ == "__main__"' in path.read_text()]
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in programs]

    assert breaches(craft, "grpc", "fancam.v1", "fancam.server", "fancam.channel") == []
    assert breaches([path for path in craft if path not in programs], f"services.{service}.service", *modules) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_in_five_lines(service: str) -> None:
    """`__main__` imports how to run and what to run, and nothing else."""
    source = (ROOT / "services" / service / "__main__.py").read_text()

    assert within(imports(source), "fancam", "services") == imports(source)
    assert f"services.{service}.service.{service}" in imports(source)
    assert "fancam.server.run" in imports(source)
    assert len([line for line in source.splitlines() if line.strip()]) <= 6


def test_nothing_leans_on_training_tests_or_campaigns() -> None:
    """Those lean on the product, never the other way round."""
    product = [path for path in python_files(*PRODUCT) if "training" not in path.parts]

    assert breaches(product, "services.recognition.training", "tests", "campaigns", "bench") == []


def test_only_those_who_draw_open_the_stage() -> None:
    """Chrome belongs to the renderer and the compositor, and to the assembler while it presses."""
    others = [
        path
        for path in python_files(*PRODUCT)
        if not {"renderer", "compositor", "assembler"} & set(path.parts) and path.parts[len(ROOT.parts)] != "stage"
    ]

    assert breaches(others, "stage", "playwright") == []


def test_media_and_stage_know_no_service() -> None:
    """They are used by services and use none."""
    assert breaches(python_files("media"), "services", "stage", "gateway", "fancam.v1", "grpc") == []
    assert breaches(python_files("stage"), "services", "gateway", "fancam.v1", "grpc") == []


IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*['"]([^'"]+)['"]""")


def test_pages_meet_only_on_the_stage() -> None:
    """A page imports itself, the stage, the contract's types and packages; the stage imports no page."""
    for path in typescript_files("services", "stage"):
        page = (
            ROOT / "stage" if path.is_relative_to(ROOT / "stage") else next(p for p in path.parents if p.name == "page")
        )
        for name in IMPORT.findall(path.read_text()):
            if name.startswith("."):
                assert (path.parent / name).resolve().is_relative_to(page), f"{path}: {name} leaves its room"
            elif name.startswith("@fancam/"):
                allowed = ("@fancam/protos",) if page.name == "stage" else ("@fancam/protos", "@fancam/stage")
                assert name.startswith(allowed), f"{path}: {name}"


def test_pages_use_the_contract_as_types_only() -> None:
    """Messages come as JSON; no generated code runs in a page."""
    for path in typescript_files("services", "stage"):
        for line in path.read_text().splitlines():
            if "@fancam/protos" in line:
                assert line.lstrip().startswith(("import type", "} from", "export type")), f"{path}: {line}"


def chances(source: str) -> Iterator[str]:
    """Every use of randomness without a seed in a Python source."""
    tree = ast.parse(source)
    # Otherwise the name is a generator of its own, and seeded where it was made.
    module = any(isinstance(n, ast.Import) and any(a.name == "random" for a in n.names) for n in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            yield f"line {node.lineno}: names of the random module"
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if module and re.fullmatch(r"random\.\w+", name) and (name != "random.Random" or not node.args):
                yield f"line {node.lineno}: {name} without a seed"
            if name.endswith("default_rng") and not node.args and not node.keywords:
                yield f"line {node.lineno}: {name} without a seed"
            elif re.fullmatch(r"(np|numpy)\.random\.[a-z_]+", name) and not name.endswith(
                ("default_rng", "seed_sequence")
            ):
                yield f"line {node.lineno}: {name} is the process's own randomness"


def test_randomness_has_a_seed() -> None:
    """The same job gives the same film: craft draws no number that cannot be drawn again."""
    unseeded = "np.random.rand(3)", "np.random.default_rng()", "random.random()", "random.Random()"
    assert all(list(chances(f"import random\n{source}")) for source in unseeded), "the check can fail"
    assert list(chances("import random\nrandom.Random(7).choice([1])")) == []
    found = [
        f"{path.relative_to(ROOT)} {chance}"
        for path in python_files("services", "media", "stage")
        for chance in chances(path.read_text())
    ]
    assert found == []


def test_pages_tell_time_by_frames_and_draw_no_lots() -> None:
    """No page asks chance or the wall clock what to draw; a preview plays to people, so it may look at a clock."""
    found = [
        f"{path.relative_to(ROOT)}: {match}"
        for path in typescript_files("services", "stage")
        if path.parent.name != "preview"
        for match in re.findall(r"Math\.random\(|Date\.now\(|new Date\(\)|requestAnimationFrame\(", path.read_text())
    ]
    assert found == []


def test_no_room_is_called_nothing() -> None:
    """A room's name is a noun a reader can guess."""
    vague = {"common", "utils", "util", "core", "helpers", "misc", "lib", "shared", "manager"}
    named = {
        part.removesuffix(".py").removesuffix(".ts")
        for path in python_files(*PRODUCT)
        for part in path.relative_to(ROOT).parts
    }
    named |= {path.stem for path in typescript_files("services", "stage")}

    assert named & vague == set()
