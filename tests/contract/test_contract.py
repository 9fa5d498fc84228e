"""The contract itself: linted, specified in its comments, and the same in every language."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from grpc_tools import protoc

from fancam.channel import DEADLINE_S
from fancam.v1 import (
    assembler_pb2,
    audio_pb2,
    avatar_pb2,
    campaign_pb2,
    compositor_pb2,
    gateway_pb2,
    media_pb2,
    recognition_pb2,
    renderer_pb2,
    shot_pb2,
)
from tests.contract.test_rooms import ROOT, SERVICES, python_files

FILES: list[FileDescriptor] = [
    module.DESCRIPTOR
    for module in (
        assembler_pb2,
        audio_pb2,
        avatar_pb2,
        campaign_pb2,
        compositor_pb2,
        gateway_pb2,
        media_pb2,
        recognition_pb2,
        renderer_pb2,
        shot_pb2,
    )
]
CODES = {code.name for code in grpc.StatusCode}
STREAMED = {"SingLive"}
"""Calls whose request is a stream too."""

UNARY = {"Fragment", "GetDemand", "Master", "ModerateName"}
"""Calls that answer in well under a second; all others stream progress."""

REASON = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")


@cache
def comments() -> dict[str, dict[str, str]]:
    """By service file, the comment before each RPC."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "protos" / "fancam" / "v1").glob("*.proto")):
        lines: list[str] = []
        for line in path.read_text().splitlines():
            stripped = line.strip()
            if stripped.startswith("//"):
                lines.append(stripped.removeprefix("//").strip())
                continue
            rpc = re.match(r"rpc (\w+)\(", stripped)
            if rpc:
                found.setdefault(path.stem, {})[rpc[1]] = "\n".join(lines)
            lines = []
    return found


def spoken(service: str) -> set[str]:
    """Every reason that the comments of a service's RPCs name."""
    words = {word for text in comments()[service].values() for word in REASON.findall(text)}
    return words - CODES


def shared() -> set[str]:
    """Reasons that any RPC may fail with: the comment at the head of media.proto."""
    head = (ROOT / "protos" / "fancam" / "v1" / "media.proto").read_text().split("syntax =")[0]
    return set(re.findall(r"(?m)^//   ([A-Z][A-Z_]+)  ", head))


def test_the_contract_is_lint_clean() -> None:
    """Its linter finds nothing, offline."""
    done = subprocess.run(
        [sys.executable, ROOT / "protos" / "build.py", "--lint"],
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_promise_is_noticed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Comparing with an older contract accepts a new field and refuses one that is gone or of another type."""
    from protos.build import PROTOS, breaking, validate_descriptors

    (tmp_path / "validate.binpb").write_bytes(validate_descriptors())
    known = f"--descriptor_set_in={tmp_path / 'validate.binpb'}"
    older = {
        "added": ("  repeated Funnel funnel = 1;", ""),
        "gone": ("  repeated Funnel funnel = 1;", "  repeated Funnel funnel = 1; string gone = 2;"),
        "other": ("    int64 sessions = 2;", "    string sessions = 2;"),
    }
    outcomes = {}
    for case, (now, then) in older.items():
        protos = tmp_path / case / "protos"
        shutil.copytree(PROTOS / "fancam", protos / "fancam")
        gateway = protos / "fancam" / "v1" / "gateway.proto"
        assert now in gateway.read_text()
        gateway.write_text(gateway.read_text().replace(now, then))
        (tmp_path / f"work-{case}").mkdir()
        outcomes[case] = breaking(tmp_path / f"work-{case}", known, protos)

    assert outcomes["added"] == 0
    assert outcomes["gone"] != 0
    assert outcomes["other"] != 0
    assert "sessions" in capfd.readouterr().out


def test_every_rpc_says_how_it_fails() -> None:
    """The comment before each RPC names at least one status code, and none that does not exist."""
    assert {name for service in comments().values() for name in service} == set(DEADLINE_S)
    for service in comments().values():
        for name, text in service.items():
            as_another = re.search(r"Fails as (\w+)\.", text)
            said = service[as_another[1]] if as_another else text
            assert any(code in said for code in CODES), f"{name}: its comment names no failure"
            assert text[0].isupper(), f"{name}: its comment starts with what it does"


def test_every_rpc_has_a_deadline_and_the_right_shape() -> None:
    """One request, and either one answer or a stream of events that are progress or the result.

    A take that is still being sung is the one request that is itself a stream; its hints come before the progress.
    """
    names = set()
    for file in FILES:
        for service in file.services_by_name.values():
            for method in service.methods:
                names.add(method.name)
                assert method.client_streaming == (method.name in STREAMED)
                assert method.server_streaming == (method.name not in UNARY)
                assert method.input_type.name == f"{method.name}Request"
                assert method.output_type.name == f"{method.name}Response"
                if method.server_streaming and method.name != "WatchSession":
                    [event] = method.output_type.oneofs
                    names_of = [field.name for field in event.fields]
                    assert names_of == (["hint", "take"] if method.name in STREAMED else []) + ["progress", "result"]
                    assert event.fields[-2].message_type is media_pb2.Progress.DESCRIPTOR
    assert names == set(DEADLINE_S)


@cache
def raised(folder: str) -> frozenset[str]:
    """Every reason that the code of a folder can give: `reason="..."` and class attributes of that name."""
    found = set()
    for path in python_files(folder):
        for node in ast.walk(ast.parse(path.read_text())):
            values: list[ast.expr] = []
            if isinstance(node, ast.keyword) and node.arg == "reason":
                values = [node.value]
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(
                    isinstance(target, ast.Name) and target.id in {"reason", "default_reason"} for target in targets
                ):
                    values = [node.value]
            for value in values:
                found |= {
                    part.value
                    for part in ast.walk(value)
                    if isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and re.fullmatch("[A-Z0-9_]+", part.value)
                }
    return frozenset(found)


@cache
def literals(folder: str) -> frozenset[str]:
    """Every text in the code of a folder that looks like a reason."""
    return frozenset(
        node.value
        for path in python_files(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("[A-Z][A-Z0-9_]+", node.value)
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_reason_a_service_gives_is_in_the_contract(service: str) -> None:
    """A front end finds each reason it may see in the comment of the RPC, or among those that all share."""
    given = raised(f"services/{service}")

    assert given - spoken(service) - shared() == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_reason_in_the_contract_can_happen(service: str) -> None:
    """A reason that nothing gives would be a promise that nobody keeps."""
    promised = spoken(service)

    assert promised - literals(f"services/{service}") - literals("fancam") == set()


def test_the_shared_reasons_are_those_of_the_base_package() -> None:
    """The head of media.proto lists exactly what `fancam` itself can answer."""
    assert shared() == raised("fancam")


def test_every_reason_is_explained_to_those_who_build_front_ends() -> None:
    """The docs explain each reason once, and none that nothing gives."""
    rows = re.findall(r"(?m)^\| `([A-Z_]+)` \|", (ROOT / "docs" / "reasons.md").read_text())
    promised = shared().union(*(spoken(service) for service in comments()))
    given = raised("gateway").union(*(raised(f"services/{service}") for service in SERVICES))

    assert len(rows) == len(set(rows)), "explained twice"
    assert (promised | given) - set(rows) == set(), "not explained"
    assert set(rows) - promised - given - literals("gateway") == set(), "explained, and cannot happen"


def test_typescript_has_every_message() -> None:
    """The pages' types come from the same files: each message has its JSON type, and each enum its names."""
    folder = ROOT / "protos" / "ts" / "fancam" / "v1"
    for file in FILES:
        text = (folder / Path(file.name).name.replace(".proto", "_pb.ts")).read_text()
        for name in file.message_types_by_name:
            assert f"export type {name} = Message" in text, f"{file.name}: {name}"
            assert f"export type {name}Json" in text, f"{file.name}: {name}Json"
        for name in file.enum_types_by_name:
            assert f"export enum {name} " in text, f"{file.name}: {name}"


def forget_json_names(messages: Iterable[descriptor_pb2.DescriptorProto]) -> None:
    """Names that protoc writes into a descriptor set and not into stubs; they follow from the field's own."""
    for message in messages:
        for field in message.field:
            field.ClearField("json_name")
        forget_json_names(message.nested_type)


def test_the_compiled_stubs_are_of_these_files(tmp_path: Path) -> None:
    """What was compiled at set-up is what the proto files say now."""
    from protos.build import PROTOS, validate_descriptors

    (tmp_path / "validate.binpb").write_bytes(validate_descriptors())
    files = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "fancam" / "v1").glob("*.proto"))
    out = tmp_path / "fancam.binpb"
    assert (
        protoc.main(
            [
                "protoc",
                f"-I{PROTOS}",
                f"--descriptor_set_in={tmp_path / 'validate.binpb'}",
                f"--descriptor_set_out={out}",
                *files,
            ]
        )
        == 0
    )
    now = {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file}
    for file in FILES:
        compiled = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(compiled)
        current = now[file.name]
        current.ClearField("source_code_info")
        for described in (compiled, current):
            forget_json_names(described.message_type)
        assert compiled.message_type == current.message_type, f"{file.name}: run `python protos/build.py`"
        assert compiled.service == current.service, f"{file.name}: run `python protos/build.py`"
