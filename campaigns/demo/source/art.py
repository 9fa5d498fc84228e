"""Paints the demo's pictures into `art/`: the city, the hall, its lights and crowd, lettering, stickers.

    python campaigns/demo/source/art.py              paints everything
    python campaigns/demo/source/art.py hall logo    paints these

Every picture is a function in `pictures/`, named as its file. Seeds are fixed: equal code paints equal pictures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pictures import PICTURES


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint the demo's pictures.")
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], help="pictures to paint; none means all")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "art")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or PICTURES:
        path = arguments.out / f"{name}.webp"
        PICTURES[name](path)
        print(f"{path.name:22} {path.stat().st_size / 1024:7.0f} KiB")


if __name__ == "__main__":
    main()
