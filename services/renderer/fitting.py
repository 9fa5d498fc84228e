"""Says what keeps a part from fitting the avatar: `python -m services.renderer.fitting GROUP FILE.glb`."""

from __future__ import annotations

import sys
from pathlib import Path

from services.renderer.incoming import inspect, khronos
from services.renderer.library import Library


def main(group: str, path: Path) -> int:
    """Print what is wrong, each by its name; 0 when the part fits."""
    try:
        found = inspect(path.read_bytes(), group, Library.open())
    except OSError as error:
        print(f"✗ {path}: {error.strerror}")  # noqa: T201
        return 1
    # The validator wants a file that is glTF, whatever else is wrong with it.
    if not any(fault.name in {"NotGltf", "UnknownGroup"} for fault in found):
        found += khronos(path)
    for fault in found:
        print(f"✗ {fault}")  # noqa: T201
    if not found:
        print(f"✓ {path.name} fits group {group}")  # noqa: T201
    return min(1, len(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
