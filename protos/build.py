"""Compiles the contract: Python stubs into `fancam/v1/`, TypeScript types into `protos/ts/`.

With `--lint` it lints it with buf instead, with `--breaking` it compares it with the last tag.

Run by `make setup`. Nothing it writes is committed: stubs must come from the installed grpcio-tools, because generated
code refuses an older grpcio than the tools that made it.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

PROTOS = Path(__file__).resolve().parent
ROOT = PROTOS.parent


def validate_descriptors() -> bytes:
    """Protovalidate's own schema as a FileDescriptorSet, out of the installed package: no schema registry is needed."""
    rules = descriptor_pb2.FileDescriptorProto.FromString(validate_pb.desc().proto.to_binary())
    known: list[descriptor_pb2.FileDescriptorProto] = []
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        proto = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(proto)
        known.append(proto)
    return descriptor_pb2.FileDescriptorSet(file=[*known, rules]).SerializeToString()


def run_protoc(*arguments: str, protos: Path = PROTOS) -> None:
    """Run the pinned protoc over all files below `protos`; its own messages go to stderr."""
    files = sorted(str(path.relative_to(protos)) for path in (protos / "fancam" / "v1").glob("*.proto"))
    if "--include_imports" not in arguments:
        files.append("buf/validate/validate.proto")  # ours import what it generates
    if protoc.main(["protoc", f"-I{protos}", *arguments, *files]) != 0:
        sys.exit("protoc failed")


def image(folder: Path, known: str, protos: Path = PROTOS) -> Path:
    """Everything below `protos` with its imports and comments as one file in `folder`, for buf."""
    path = folder / "fancam.binpb"
    run_protoc(known, "--include_imports", "--include_source_info", f"--descriptor_set_out={path}", protos=protos)
    return path


def buf(*arguments: str | Path) -> int:
    """Run buf with our configuration over our own files; says its exit code."""
    beside = Path(sys.executable).parent
    program = shutil.which("buf", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}") or "buf"
    command = [program, *arguments, "--config", PROTOS / "buf.yaml", "--path", "fancam/v1"]
    return subprocess.run(command, check=False).returncode


def last_release(folder: Path) -> Path | None:
    """The contract of the last tag, unpacked into `folder`; None when there is no tag."""
    described = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if described.returncode != 0:
        return None
    packed = subprocess.run(
        ["git", "archive", described.stdout.strip(), "protos"], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "protos"


def breaking(folder: Path, known: str, then: Path) -> int:
    """Compare the contract with an older one; says buf's exit code, which is 0 when every old client still works."""
    (folder / "now").mkdir()
    (folder / "then").mkdir()
    return buf("breaking", image(folder / "now", known), "--against", image(folder / "then", known, then))


def main() -> None:
    """Compile, or with `--lint` lint, or with `--breaking` compare with the last tag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lint", action="store_true", help="run buf lint instead of compiling")
    parser.add_argument("--breaking", action="store_true", help="compare with the last tag instead of compiling")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        validate = folder / "validate.binpb"
        validate.write_bytes(validate_descriptors())
        known = f"--descriptor_set_in={validate}"
        if arguments.lint:
            sys.exit(buf("lint", image(folder, known)))
        if arguments.breaking:
            then = last_release(folder / "release")
            if then is None:
                sys.stdout.write("there is no release to compare with yet\n")
                return
            sys.exit(breaking(folder, known, then))
        stubs = ROOT / "fancam" / "v1"
        stubs.mkdir(parents=True, exist_ok=True)
        run_protoc(known, f"--python_out={ROOT}", f"--pyi_out={ROOT}", f"--grpc_python_out={ROOT}")
        (stubs / "__init__.py").write_text('"""Compiled from protos/fancam/v1 by protos/build.py."""\n')
        plugin = ROOT / "node_modules" / ".bin" / "protoc-gen-es"
        if plugin.exists():
            types = PROTOS / "ts"
            shutil.rmtree(types, ignore_errors=True)
            types.mkdir()
            run_protoc(
                known,
                f"--plugin=protoc-gen-es={plugin}",
                f"--es_out={types}",
                "--es_opt=target=ts,json_types=true,import_extension=js",
            )


if __name__ == "__main__":
    main()
