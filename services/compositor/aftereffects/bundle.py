"""The After Effects script as one file: `fancam script OUT.jsx`. Its parts are joined where `//@include` names them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "export.jsx"

INCLUDE = re.compile(r'^//@include "([^"]+)"$', re.MULTILINE)


def bundled(script: Path = SCRIPT) -> str:
    """The text of a script with everything it includes, each part under a line that names it."""

    def part(match: re.Match[str]) -> str:
        return f"// {match[1]}\n{bundled(script.parent / match[1])}"

    return INCLUDE.sub(part, script.read_text(encoding="utf-8"))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(bundled(), encoding="utf-8")
    except OSError as failure:
        sys.exit(f"{failure.filename or out}: {failure.strerror}")
