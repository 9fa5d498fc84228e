"""What harmless people write: real names and harmless sentences, as data.

The first sets grew with the lexicon; the second were written when it was done.
"""

from __future__ import annotations

from pathlib import Path

import yaml

_HERE = Path(__file__).parent


def names(which: str = "") -> dict[str, list[str]]:
    """Real names by language, of the first set or the `second_`; `difficult` are those that filters often refuse."""
    document = yaml.safe_load((_HERE / f"{which}names.yaml").read_text(encoding="utf-8"))
    return {language: [name.replace("_", " ") for name in line.split()] for language, line in document.items()}


def sentences(which: str = "") -> dict[str, list[str]]:
    """Harmless sentences by language, of the first set or the `second_`."""
    document: dict[str, list[str]] = yaml.safe_load((_HERE / f"{which}sentences.yaml").read_text(encoding="utf-8"))
    return document
