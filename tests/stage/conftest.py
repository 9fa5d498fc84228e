from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stage.host import Stage

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "tests" / "stage" / "page"


@pytest.fixture(scope="session")
def pattern_page() -> Path:
    """The tests' own page, bundled from its source."""
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, capture_output=True)
    return PAGE


@pytest.fixture(scope="session")
async def stage(pattern_page: Path) -> AsyncIterator[Stage]:
    """One Chrome in software for all tests that do not hurt it."""
    async with Stage.open(pattern_page, gl="software") as opened:
        yield opened
