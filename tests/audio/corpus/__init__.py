"""What harmless people write: real names and harmless sentences, as data."""

from __future__ import annotations

from pathlib import Path

import yaml

_HERE = Path(__file__).parent


def names() -> dict[str, list[str]]:
    """Real names by language; `difficult` are those that filters are known to refuse."""
    document = yaml.safe_load((_HERE / "names.yaml").read_text(encoding="utf-8"))
    return {language: [name.replace("_", " ") for name in line.split()] for language, line in document.items()}


def sentences() -> dict[str, list[str]]:
    """Harmless sentences by language."""
    document: dict[str, list[str]] = yaml.safe_load((_HERE / "sentences.yaml").read_text(encoding="utf-8"))
    return document
