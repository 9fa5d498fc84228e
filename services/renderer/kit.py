"""Says whether messengers would take a fan-kit's sticker packs: `python -m services.renderer.kit FOLDER_OR_ZIP`."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

from services.renderer import messenger


def main(path: Path) -> int:
    """Print what is wrong, or what is there; 0 when a messenger would take it."""
    archives = sorted(path.glob("*.zip")) if path.is_dir() and not (path / messenger.MANIFEST).is_file() else [path]
    if not archives:
        print(f"{path} holds neither {messenger.MANIFEST} nor an archive of sticker packs")  # noqa: T201
        return 1
    wrong = 0
    for archive in archives:
        try:
            files = messenger.read(archive)
        except (OSError, zipfile.BadZipFile) as error:
            print(f"✗ {archive}: {getattr(error, 'strerror', None) or error}")  # noqa: T201
            return 1
        found = list(messenger.faults(files))
        wrong += len(found)
        for fault in found:
            print(f"✗ {archive.name}: {fault}")  # noqa: T201
        if not found:
            for pack in json.loads(files[messenger.MANIFEST])["sticker_packs"]:
                kind = "moving" if pack["animated_sticker_pack"] else "still"
                print(f"✓ {archive.name}: {pack['name']}, {len(pack['stickers'])} {kind} stickers")  # noqa: T201
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
