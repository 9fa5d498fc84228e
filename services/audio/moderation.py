"""What happens to a take after its words were heard: the campaign's policy, applied to a transcript with its evidence.

Because the song is known, every word is judged beside the word that the song has there. A slur in place of a lyric is a
slur; a lyric that the engine misheard as one is not. A verdict is data, and a function of its inputs alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from services.audio import lyrics, terms
from services.audio.censor import Action as CensorAction
from services.audio.censor import Range
from services.audio.decode import RATE_HZ
from services.audio.lyrics import Beside, Reading
from services.audio.matching import Hit, Lexicon
from services.audio.speech import Transcript, Word
from services.audio.terms import HARD, MILD, VULGAR, LexiconRefused

__all__ = ["Finding", "Lexicon", "LexiconRefused", "Policy", "Rule", "Verdict", "built_in", "judge_take", "lexicon_of"]

Decision: TypeAlias = Literal["publish", "review", "reject", "replaced"]
Untranscribed: TypeAlias = Literal["review", "replace", "publish"]
Action: TypeAlias = Literal["pass", "bleep", "mute", "replace", "review", "reject"]

ACTIONS: tuple[Action, ...] = ("pass", "bleep", "mute", "replace", "review", "reject")
"""From the mildest to the strictest."""

CENSORED: tuple[CensorAction, ...] = ("bleep", "mute", "replace")

PADDING_S = 0.08
"""A censored word is widened by this on each side: engines err by 20 to 120 ms where words begin and end."""


@dataclass(frozen=True)
class Rule:
    """What happens to terms of a kind.

    Attributes:
        action: What happens.
        severity: To terms of at least this severity.
        category: To terms of this category; empty for any.
    """

    action: Action
    severity: int = MILD
    category: str = ""

    def fits(self, category: str, severity: int) -> bool:
        """Whether the rule speaks of such a term."""
        return severity >= self.severity and self.category in {"", category}


DEFAULT_RULES = (Rule("reject", HARD), Rule("review", VULGAR), Rule("pass", MILD))
"""They stand behind a campaign's own rules, so that nothing is without one."""


@dataclass(frozen=True)
class Policy:
    """What a campaign has written down.

    Attributes:
        untranscribed: What happens to takes that nobody heard.
        rules: The first that fits decides; then the default ones.
        lyrics_percent: Takes in which less of the line's letters was heard wait for a person; 0 for no limit.
    """

    untranscribed: Untranscribed = "review"
    rules: tuple[Rule, ...] = ()
    lyrics_percent: float = 0.0

    def action(self, category: str, severity: int) -> Action:
        """What happens to a term."""
        return next(rule.action for rule in (*self.rules, *DEFAULT_RULES) if rule.fits(category, severity))

    @property
    def hash(self) -> str:
        """sha256 of all of it, the default rules too."""
        described = json.dumps(asdict(self) | {"default": [asdict(rule) for rule in DEFAULT_RULES]}, sort_keys=True)
        return hashlib.sha256(described.encode()).hexdigest()


DEFAULT = Policy()
"""What holds where a campaign says nothing."""


@dataclass(frozen=True)
class Finding:
    """A term with its place in the take, in samples at 48 kHz (0 and 0 in a name), and what follows from it.

    Attributes:
        text: As written or heard.
        start_samples: First sample of the words it was heard in.
        end_samples: Sample after the last.
        entry: Id of the lexicon's entry.
        category: The entry's.
        severity: The entry's.
        action: What the policy does about it.
        form: The folded form that was recognised.
        expected: What the song has there; empty where it has nothing.
        evidence: Why the action is what it is, where the song's words had a say.
    """

    text: str
    start_samples: int
    end_samples: int
    entry: str
    category: str
    severity: int
    action: Action = "pass"
    form: str = ""
    expected: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Asked:
    """Words to be censored, in samples of the take at 48 kHz, as they were heard: without anything around them."""

    start_samples: int
    end_samples: int
    action: CensorAction


@dataclass(frozen=True)
class Verdict:
    """The decision and what it rests on.

    Attributes:
        decision: What happens to the name or the take.
        engine: Who heard it.
        transcribed: False when nobody did.
        findings: Terms of the lexicon.
        reason: One sentence for the people who review.
        deviations: Where another word was heard than the song has; both opinions.
        ranges: What the censor changes, in seconds of the take as recorded; nothing of a take that is rejected.
        policy: Hash of the policy.
        lexicon: Hash of the lexicon.
        line: Every word of the take beside the song's; the song's alone where nobody heard it.
    """

    decision: Decision
    engine: str
    transcribed: bool
    findings: tuple[Finding, ...]
    reason: str
    deviations: tuple[Beside, ...] = ()
    ranges: tuple[Range, ...] = ()
    policy: str = ""
    lexicon: str = ""
    line: tuple[Beside, ...] = ()


@lru_cache(maxsize=4)
def lexicon_of(folder: Path | None = None) -> Lexicon:
    """The lexicon that comes with the service, and with it what an operator has mounted.

    Raises:
        LexiconRefused: A mounted document is not of its form; the message has file and line.
    """
    found = terms.read_folder(terms.BUILT_IN)
    return Lexicon(found if folder is None else found + terms.read_folder(folder))


def built_in() -> Lexicon:
    """The lexicon that comes with the service."""
    return lexicon_of()


def worst(findings: Sequence[Finding]) -> Finding:
    """The severest finding, the first of its kind."""
    return max(findings, key=lambda finding: finding.severity)


def judge_take(
    transcript: Transcript,
    lexicon: Lexicon,
    policy: Policy,
    *,
    locale: str = "",
    song: Sequence[Word] = (),
    asked: Sequence[Asked] = (),
) -> Verdict:
    """Decide what happens to a take.

    Args:
        transcript: What an engine heard, or that none has.
        lexicon: What is looked for.
        policy: What the campaign wrote down.
        locale: BCP 47 tag of the language sung.
        song: The line's words where they belong in the take, in samples of the take as recorded; empty when unknown.
        asked: What a person wants censored too.

    Returns:
        The strictest action of all findings decides. Takes that nobody heard follow the campaign's policy, and so do
        those in which an engine heard no word, since a voice is in every take: the reason says so.
    """
    if not transcript.heard or not transcript.words:
        return _unheard(transcript, lexicon, policy, song, asked)
    text, owners = "", []
    for index, word in enumerate(transcript.words):
        spaced = word.text + " "
        text += spaced
        owners += [index] * len(spaced)
    reading = lyrics.compare(transcript.words, song)
    findings = []
    for hit in lexicon.find(text, locale):
        sung = transcript.words[owners[hit.start] : owners[hit.end - 1] + 1]
        findings.append(_judge(hit, sung, reading, transcript, policy))
    found = [
        Asked(finding.start_samples, finding.end_samples, action)
        for finding in findings
        for action in CENSORED
        if finding.action == action
    ]
    ranges = tuple(_range(each, transcript.words, song) for each in (*found, *asked))
    decision, reason = _decide(findings, reading, transcript, policy, known=bool(song))
    return Verdict(
        decision,
        transcript.engine,
        True,
        tuple(findings),
        reason,
        deviations=reading.deviations,
        # After a person's yes the take is published too, and then censored as it was when they heard it.
        ranges=ranges if decision != "reject" else (),
        policy=policy.hash,
        lexicon=lexicon.hash,
        line=reading.line,
    )


def _unheard(
    transcript: Transcript, lexicon: Lexicon, policy: Policy, song: Sequence[Word], asked: Sequence[Asked]
) -> Verdict:
    what = f"{transcript.engine} heard no words" if transcript.heard else "not transcribed"
    unheard: dict[Untranscribed, tuple[Decision, str]] = {
        "review": ("review", f"{what}: a person must listen first"),
        "replace": ("replaced", f"{what}: the guide vocal is used in place of the take"),
        "publish": ("publish", f"{what}: published unheard, as the campaign's policy says"),
    }
    decision, reason = unheard[policy.untranscribed]
    return Verdict(
        decision,
        transcript.engine,
        False,
        (),
        reason,
        ranges=tuple(_range(each, (), song) for each in asked),
        policy=policy.hash,
        lexicon=lexicon.hash,
        line=tuple(Beside("", word.text, word.start_samples, word.end_samples, 0.0) for word in song),
    )


def _judge(hit: Hit, sung: Sequence[Word], reading: Reading, transcript: Transcript, policy: Policy) -> Finding:
    """A finding with both opinions: the engine's, and the song's."""
    start, end = sung[0].start_samples, sung[-1].end_samples
    action = policy.action(hit.entry.category, hit.entry.severity)
    if hit.guess:
        action = min(action, "review", key=ACTIONS.index)
    there = reading.at(sung)
    evidence = ""
    if there.likeness == 1:
        action, evidence = "pass", "the song has this word here"
    elif there.text and transcript.emissions is not None:
        margin = lyrics.margin(transcript.emissions, there.text, " ".join(word.text for word in sung), start, end)
        evidence = f"the sound favours {'the song' if margin > 0 else 'what was heard'} by {abs(margin):.2f} per letter"
        if margin >= lyrics.SURE:
            action = "pass"
        elif margin > -lyrics.SURE:
            action = min(action, "review", key=ACTIONS.index)
    elif there.text and there.likeness >= lyrics.ALIKE:
        action = min(action, "review", key=ACTIONS.index)
        evidence = f"{there.likeness:.0%} of the letters are the song's: perhaps misheard"
    return Finding(
        hit.text,
        start,
        end,
        hit.entry.id,
        hit.entry.category,
        hit.entry.severity,
        action=action,
        form=hit.form,
        expected=there.text,
        evidence=evidence,
    )


def _decide(
    findings: Sequence[Finding], reading: Reading, transcript: Transcript, policy: Policy, *, known: bool
) -> tuple[Decision, str]:
    strictest = max((finding.action for finding in findings), key=ACTIONS.index, default="pass")
    if strictest == "reject":
        said = worst([finding for finding in findings if finding.action == "reject"])
        return "reject", f"the take says {said.text!r}"
    if strictest == "review":
        said = worst([finding for finding in findings if finding.action == "review"])
        return "review", f"the take says {said.text!r}" + (f" ({said.evidence})" if said.evidence else "")
    heard = f"heard {len(transcript.words)} words"
    if known:
        heard += f", {reading.agreement:.0%} of the line"
        if 100 * reading.agreement < policy.lyrics_percent:
            return "review", f"{heard}; the campaign asks for {policy.lyrics_percent:g} %"
    censored = sum(finding.action in CENSORED for finding in findings)
    if censored:
        return "publish", f"{heard}, {censored} censored"
    return "publish", heard + (", mild ones among them" if findings else "")


def _range(asked: Asked, words: Sequence[Word], song: Sequence[Word]) -> Range:
    """The stretch to be censored, as long as the song holds it, and widened, but never past the middle of a neighbour.

    Engines place a letter where they are sure of it, so of a note that is held they hear the first part. The song tells
    how long it is held.
    """
    start, end = asked.start_samples, asked.end_samples
    before = [word for word in words if word.end_samples <= start]
    after = [word for word in words if word.start_samples >= end]
    first = max((word.end_samples for word in before), default=0)
    last = min((word.start_samples for word in after), default=max([end, *(note.end_samples for note in song)]))
    begun = [note.start_samples for note in song if note.start_samples < start < note.end_samples]
    held = [note.end_samples for note in song if note.start_samples < end < note.end_samples]
    start, end = max([first, *begun]) if begun else start, min([last, *held]) if held else end
    start_s, end_s = start / RATE_HZ - PADDING_S, end / RATE_HZ + PADDING_S
    return Range(
        max(start_s, max(map(_middle_s, before), default=0.0), 0.0),
        min(end_s, min(map(_middle_s, after), default=end_s)),
        asked.action,
    )


def _middle_s(word: Word) -> float:
    return (word.start_samples + word.end_samples) / 2 / RATE_HZ
