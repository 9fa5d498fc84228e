"""The assembler as a process whose splices never get beyond their middle: `python -m tests.assembler.held`."""

from __future__ import annotations

import threading
from typing import Any

from fancam.progress import Report
from fancam.server import run
from media.movie import Movie
from services.assembler import splice
from services.assembler.service import assembler

whole = splice.splice


def half(*arguments: Any, report: Report, **more: Any) -> Movie:
    """Splice, and stop for ever once half of the pieces are told."""

    def hold(fraction: float, message: str = "") -> None:
        report(fraction, message)
        if fraction >= 0.5:
            threading.Event().wait()

    return whole(*arguments, report=hold, **more)


if __name__ == "__main__":
    splice.splice = half  # type: ignore[assignment]  # stands in for it
    run("assembler", assembler)
