"""A voice chain as it will be run, for the people who approve it: `python -m services.audio.plan FILE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from services.audio import chain, ladspa


def unreadable(error: OSError) -> str:
    """What a person is told of a file that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return f"there is no file {error.filename}"
    return f"{error.filename} cannot be read: {error.strerror}"


def main(arguments: Sequence[str]) -> int:
    """Print the plan of a document; 1 when it is refused."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m services.audio.plan FILE\n")
        return 2
    try:
        plan = chain.compile_chain(Path(arguments[0]).read_text(encoding="utf-8"))
    except OSError as error:
        sys.stderr.write(f"{unreadable(error)}\n")
        return 1
    except (ladspa.ChainRefused, UnicodeDecodeError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    sys.stdout.write(plan.text() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
