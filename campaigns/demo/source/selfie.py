"""Writes the demo's selfie, as a phone would send it.

    python campaigns/demo/source/selfie.py OUT.jpg

The portrait is the astronaut that scikit-image brings (NASA, public domain).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image
from skimage import data


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the demo's selfie.")
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out

    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(data.astronaut()).save(out, quality=92)


if __name__ == "__main__":
    main()
