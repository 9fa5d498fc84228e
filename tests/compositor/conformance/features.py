"""The table of features, docs/features.md, made from what the conformance cases came to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.compositor.conformance.case import CASES, Case
from tests.compositor.conformance.refused import REFUSALS

FEATURES = Path(__file__).resolve().parents[3] / "docs" / "features.md"

HEAD = """# What of After Effects a shot can hold

Made by `python -m tests.compositor.conformance` from what it found; do not edit. Each row is a small shot that isolates
one feature, drawn by the compositor's page and compared with a picture that is reckoned without it: by brute force over
many places in each pixel, by a published formula, or by another shot that must look the same. **works**: structural
similarity of at least 0.98. **differs**: so much like its reference, but not like After Effects, as said beside it.
**fails**: less. **refused**: the shot is turned away with these words.
"""


GROUPS = (
    "Transforms and keyframes",
    "Motion blur",
    "Precompositions and time",
    "Track mattes",
    "Masks",
    "Adjustment layers",
    "Shapes",
    "Text",
    "3D layers and cameras",
    "Lights and materials",
    "Blend modes",
    "Effects on colour",
    "Effects that paint",
    "Effects that look around",
    "Effects of time",
    "Colour spaces",
)
"""The order of the table."""


def ordered() -> list[Case]:
    """Every case in the order of the table."""
    return sorted(CASES, key=lambda case: GROUPS.index(case.group))


def table(near: Mapping[str, bool]) -> str:
    """The document.

    Args:
        near: By name of a case, whether it came near enough.
    """
    lines = [HEAD]
    for group in GROUPS:
        lines += ["", f"## {group}", "", "| feature | | shot |", "| --- | --- | --- |"]
        for case in CASES:
            if case.group != group:
                continue
            verdict = "fails" if not near.get(case.name) else f"differs: {case.differs}" if case.differs else "works"
            lines.append(f"| {case.feature} | {verdict} | `{case.name}` |")
    lines += ["", "## Refused", "", "| feature | | what is said |", "| --- | --- | --- |"]
    lines += [f"| {refusal.feature} | refused | {refusal.words} |" for refusal in REFUSALS]
    return "\n".join(lines) + "\n"
