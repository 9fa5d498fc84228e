"""Which names may be shown: they have a policy of their own, since people are called all sorts of things.

Real names pass even where they are a word in another language; guesses only send to a person; look-alike alphabets,
addresses and telephone numbers never pass.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from services.audio.folding import clusters, fold_whole, script
from services.audio.matching import Hit, Lexicon
from services.audio.moderation import Action, Decision, Finding, Verdict, worst
from services.audio.terms import HARD, SLUR, VULGAR

_ADDRESS = re.compile(
    r"(https?:|www\.|\b[\w-]{2,}\.(com|net|org|io|gg|ru|de|cn|kr|jp|me|tv|xyz|app)\b|(^|\s)@\w|\w@\w)", re.I
)
_NUMBER = re.compile(r"\d(?:[\s().+-]?\d){4,}")
# Alphabets whose letters look like each other's: one word in two of them is a disguise.
_LOOKALIKES = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "LISU", "CANADIAN", "COPTIC"})

POLICY = hashlib.sha256(b"names 1: slurs, hard and vulgar words reject, mild ones and guesses wait").hexdigest()
"""Stands in a name's verdict for the policy; names are judged alike in every campaign."""

MOST_MARKS = 4
NAME_GRAPHEMES = 24


class NameRefused(Exception):  # noqa: N818  named for what the fan reads
    """The name cannot be drawn at all: `reason` is NAME_EMPTY, NAME_TOO_LONG or NAME_UNPRINTABLE."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def clean_name(name: str, *, max_graphemes: int = 0) -> str:
    """The form of a name that is drawn: NFC, trimmed, single spaces.

    Args:
        name: As typed.
        max_graphemes: Longest allowed in user-perceived characters; 0 means 24.

    Raises:
        NameRefused: Empty, too long, or holding what cannot be drawn: control characters, characters that no standard
            assigns, direction overrides, or piles of accents.
    """
    most = max_graphemes or NAME_GRAPHEMES
    # No honest name of that many graphemes has so many code points; the rest of the checks then costs nothing.
    if len(name) > 64 * most:
        raise NameRefused("NAME_TOO_LONG", f"the name has {len(name)} code points; {most} characters are allowed")
    name = " ".join(unicodedata.normalize("NFC", name).split())
    for char in name:
        kind = unicodedata.category(char)
        if kind in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or (kind == "Cf" and not _draws(char)):
            raise NameRefused("NAME_UNPRINTABLE", f"the name holds U+{ord(char):04X}, which cannot be drawn")
    marks = 0
    for char in name:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            raise NameRefused("NAME_UNPRINTABLE", f"the name piles more than {MOST_MARKS} marks on one letter")
    visible = [char for char in name if unicodedata.category(char)[0] not in "CZM"]
    if not visible:
        raise NameRefused("NAME_EMPTY", "the name is empty")
    count = sum(1 for _ in clusters(name))
    if count > most:
        raise NameRefused("NAME_TOO_LONG", f"the name has {count} characters; {most} are allowed")
    return name


def _draws(char: str) -> bool:
    """Format characters that change what is drawn of honest names: joiners of Indic and Arabic scripts and emoji."""
    return char in "\u200c\u200d" or "\U000e0020" <= char <= "\U000e007f"


def judge_name(name: str, lexicon: Lexicon, *, locale: str = "") -> Verdict:
    """Decide whether a clean name may be shown.

    A real name on the lexicon's list wins over everything but a slur; a guess through a mask only sends to review.
    """

    def decided(decision: Decision, reason: str, *findings: Finding) -> Verdict:
        return Verdict(decision, "none", True, findings, reason, policy=POLICY, lexicon=lexicon.hash)

    for pattern, what in ((_ADDRESS, "an address"), (_NUMBER, "a number that could call somebody")):
        found = pattern.search(name)
        if found:
            finding = Finding(found.group().strip(), 0, 0, "policy:contact", "contact", HARD, action="reject")
            return decided("reject", f"the name holds {what}", finding)
    for word in name.split():
        mixed = {script(char) for char in word} & _LOOKALIKES
        if len(mixed) > 1:
            finding = Finding(word, 0, 0, "policy:mixed-scripts", "disguise", HARD, action="reject")
            return decided("reject", f"{word} mixes {' and '.join(sorted(mixed)).title()} letters", finding)
    hits = [hit for hit in lexicon.find(name, locale) if hit.entry.severity == SLUR or not _is_real(hit, name, lexicon)]
    findings = tuple(_finding(hit) for hit in hits)
    if any(finding.action == "reject" for finding in findings):
        return decided("reject", f"the name says {worst(findings).text!r}", *findings)
    if hits:
        return decided("review", f"the name may say {worst(findings).text!r}", *findings)
    return decided("publish", "nothing found in the name")


def _is_real(hit: Hit, name: str, lexicon: Lexicon) -> bool:
    """Whether the word of the name that holds the hit is on the list of real names."""
    start = max(name.rfind(" ", 0, hit.start), name.rfind("-", 0, hit.start)) + 1
    end = min((place for place in (name.find(" ", hit.end), name.find("-", hit.end)) if place >= 0), default=len(name))
    return fold_whole(name[start:end].strip(".,'’\"()")) in lexicon.names


def _finding(hit: Hit) -> Finding:
    """Mild words and guesses wait for a person."""
    action: Action = "reject" if hit.entry.severity >= VULGAR and not hit.guess else "review"
    return Finding(hit.text, 0, 0, hit.entry.id, hit.entry.category, hit.entry.severity, action=action, form=hit.form)
