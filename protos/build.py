"""Compiles the contract: Python stubs into `fancam/v1/`, TypeScript types into `protos/ts/`, and lints it with buf.

Run by `make setup`. Nothing it writes is committed: stubs must come from the installed grpcio-tools, because generated
code refuses an older grpcio than the tools that made it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
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


def run_protoc(*arguments: str) -> None:
    """Run the pinned protoc over all our files; its own messages go to stderr."""
    files = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "fancam" / "v1").glob("*.proto"))
    if "--include_imports" not in arguments:
        files.append("buf/validate/validate.proto")  # ours import what it generates
    if protoc.main(["protoc", f"-I{PROTOS}", *arguments, *files]) != 0:
        sys.exit("protoc failed")


def main() -> None:
    """Compile, and with `--lint` also lint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lint", action="store_true", help="run buf lint instead of compiling")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        validate = Path(folder) / "validate.binpb"
        validate.write_bytes(validate_descriptors())
        known = f"--descriptor_set_in={validate}"
        if arguments.lint:
            image = Path(folder) / "fancam.binpb"
            run_protoc(known, "--include_imports", "--include_source_info", f"--descriptor_set_out={image}")
            beside = Path(sys.executable).parent
            buf = shutil.which("buf", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}") or "buf"
            config = PROTOS / "buf.yaml"
            only = ["--path", "fancam/v1"]
            sys.exit(subprocess.run([buf, "lint", str(image), "--config", str(config), *only], check=False).returncode)
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
