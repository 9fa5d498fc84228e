"""Fetches the face networks: `python -m services.recognition.faces`. Doing it again does nothing.

The networks are Google's, Apache-2.0, part of the mediapipe 0.10.21 wheel (newer wheels carry none). That package is
never installed, because it pins numpy and protobuf below what the mesh needs: pip downloads its wheel into a folder
that is deleted, and five files are taken out and checked against the digests below.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).parent / "models" / "faces"
"""Where the networks lie; not committed."""

WHEEL = "mediapipe==0.10.21"

# The wheel differs per platform, the networks in it do not.
PLATFORM = ["--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--only-binary=:all:"]

_SPARSE = "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"

NETWORKS = {
    "face_detection/face_detection_short_range": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_detection/face_detection_full_range_sparse": _SPARSE,
    "face_landmark/face_landmark": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "iris_landmark/iris_landmark": "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    "selfie_segmentation/selfie_segmentation": "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
}
"""Path below `mediapipe/modules` in the wheel, without `.tflite`, and sha256."""


class FetchFailed(Exception):  # noqa: N818
    """The networks could not be fetched, or are not the ones expected."""


def missing(folder: Path = FOLDER) -> list[str]:
    """The networks that are absent from `folder` or differ from the expected ones."""
    return [path for path, digest in NETWORKS.items() if _digest(_place(folder, path)) != digest]


def fetch(folder: Path = FOLDER) -> None:
    """Bring all networks into `folder`.

    Raises:
        FetchFailed: pip could not download the wheel, or a network in it has another digest.
    """
    if not missing(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", *PLATFORM, "--dest", scratch, WHEEL]
        # pip shows its own progress bar.
        if subprocess.run(command, check=False).returncode != 0:
            raise FetchFailed(f"pip could not download {WHEEL}; what it printed above says why")
        wheel = next(Path(scratch).glob("mediapipe-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            for path, digest in NETWORKS.items():
                data = archive.read(f"mediapipe/modules/{path}.tflite")
                found = hashlib.sha256(data).hexdigest()
                if found != digest:
                    raise FetchFailed(f"{path} in {wheel.name} has sha256 {found}, not {digest}")
                target = _place(folder, path)
                partial = target.with_suffix(".part")
                partial.write_bytes(data)
                partial.replace(target)


def _place(folder: Path, path: str) -> Path:
    return folder / f"{Path(path).name}.tflite"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def main() -> None:
    """Fetch, and say what was done."""
    absent = missing()
    if not absent:
        sys.stdout.write(f"face networks: {len(NETWORKS)} in place\n")
        return
    sys.stdout.write(f"face networks: fetching {len(absent)} out of {WHEEL}\n")
    sys.stdout.flush()
    try:
        fetch()
    except FetchFailed as error:
        sys.exit(str(error))
    sys.stdout.write(f"face networks: {len(NETWORKS)} in place\n")


if __name__ == "__main__":
    main()
