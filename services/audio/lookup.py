"""Terms looked up from the command line: what is found in a text, and whether a folder of lists can be mounted.

`python -m services.audio.lookup TEXT ...` prints what is found and what would follow.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from services.audio import moderation
from services.audio.terms import LexiconRefused


def main(arguments: Sequence[str]) -> int:
    """Look up texts, and print what is found; 1 when a mounted folder is refused."""
    parser = argparse.ArgumentParser(prog="python -m services.audio.lookup", description="Look terms up in texts.")
    parser.add_argument("texts", nargs="*", help="what to look through")
    parser.add_argument(
        "--lexicons", type=Path, help="a folder of further lexicons and lists, as the service mounts it"
    )
    parser.add_argument("--language", default="", help="BCP 47 tag of the language spoken")
    given = parser.parse_args(arguments)
    try:
        lexicon = moderation.lexicon_of(given.lexicons)
    except LexiconRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    languages = {entry.language for entry in lexicon.entries}
    lines = [f"{len(lexicon.entries)} terms in {len(languages)} languages, {lexicon.hash[:12]}"]
    for text in given.texts:
        hits = lexicon.find(text, given.language)
        lines.append(f"{text!r}: {'nothing found' if not hits else ''}".rstrip())
        for hit in hits:
            action = moderation.DEFAULT.action(hit.entry.category, hit.entry.severity)
            sure = "guess" if hit.guess else "sure"
            lines.append(
                f"  {hit.start}-{hit.end} {hit.text!r} is {hit.entry.id}, {hit.entry.category} {hit.entry.severity}, "
                f"{sure}: {'review' if hit.guess and action == 'reject' else action}"
            )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
