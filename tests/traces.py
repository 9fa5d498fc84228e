"""What lies in a folder while others still write and delete in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file with its bytes; what is deleted while it is looked for is passed over."""
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            yield path, data
