"""Disguises that people give to words, drawn by lot, in seven scripts: what the matcher's recall is measured on.

The tables are written apart from those of the matcher. Recall says how well disguises are seen through, not how
complete the lexicon is: its words are the ones disguised.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from random import Random

from services.audio.terms import Entry

KINDS = (
    "other forms",
    "digits",
    "look-alikes",
    "wide or styled",
    "drawn out",
    "spaced",
    "dotted",
    "zero width",
    "marks",
    "masked",
    "emoji",
)
SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HANGUL", "KANA", "CJK")
ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC")

_DIGITS = {
    "LATIN": {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "b": "8", "g": "9"},
    "CYRILLIC": {"о": "0", "з": "3", "ч": "4", "б": "6", "в": "8", "а": "@4", "т": "7"},
    "GREEK": {"ο": "0", "ε": "3", "ι": "1", "α": "4@", "σ": "6", "τ": "7"},
    "ARABIC": {"ا": "1١|", "ه": "٥", "ح": "7", "ع": "3"},
}
_LOOKS = {
    "LATIN": {
        "a": "аα", "c": "сϲ", "e": "еε", "i": "іι", "j": "ј", "k": "κк", "m": "м", "n": "ոη", "o": "оοօ", "p": "рρ",
        "s": "ѕᏚ", "t": "тτ", "u": "υս", "v": "ѵν", "x": "хχ", "y": "уγ", "b": "вᏴ", "h": "һн", "d": "ԁ", "g": "ց",
        "f": "ғꓝ", "r": "гᎡ", "w": "ԝω", "z": "ᏃΖ", "l": "ӏⳑꓡ", "q": "ԛ",
    },
    "CYRILLIC": {
        "а": "aα", "е": "eε", "о": "oο", "р": "pρ", "с": "c", "у": "yγ", "х": "xχ", "к": "kκ", "м": "mM", "т": "tτ",
        "н": "h", "в": "b", "и": "u", "п": "n", "г": "r",
    },
    "GREEK": {"α": "aа", "ε": "e", "ι": "i", "κ": "kк", "ν": "v", "ο": "oо", "ρ": "pр", "τ": "tт", "υ": "u", "χ": "x",
              "γ": "y", "μ": "u", "η": "n", "ω": "w"},
    "ARABIC": {"ك": "کڪ", "ي": "یى", "ه": "ہھة", "ا": "ٱأ", "ب": "پ", "ق": "ڨ"},
    "KANA": {"か": "力", "に": "ニ", "ろ": "口", "た": "夕", "と": "卜", "え": "工", "は": "八", "へ": "ヘ"},
    "CJK": {"马": "馬", "妈": "媽", "鸡": "雞", "滚": "滾", "贱": "賤", "强": "強", "头": "頭", "残": "殘", "东": "東",
            "国": "國", "妇": "婦", "货": "貨", "爱": "愛", "乱": "亂", "伦": "倫", "轮": "輪", "卖": "賣", "脑": "腦",
            "飞": "飛", "机": "機", "杀": "殺", "笔": "筆", "装": "裝", "经": "經", "龟": "龜", "荡": "蕩", "阴": "陰",
            "颜": "顏", "约": "約", "色": "色", "头了": "頭了"},
}  # fmt: skip
_ZERO = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u2063"
_DOTS = ".-_/·,~"
_EMOJI = "💩🔥✨🌸😂⭐"
_LOOSE_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"


def script_of(word: str) -> str:
    """Which of the seven scripts a word is of; empty for others and for mixtures."""
    found = set()
    for char in word:
        name = unicodedata.name(char, "").split(" ")[0].split("-")[0]
        found.add("KANA" if name in {"HIRAGANA", "KATAKANA"} else name)
    (one,) = found if len(found) == 1 else {""}
    return one if one in SCRIPTS else ""


def candidates(entries: tuple[Entry, ...], script: str) -> list[Entry]:
    """Terms of one word in a script, long enough to be disguised: four letters of an alphabet, two characters else."""
    least = 4 if script in ALPHABETS else 2
    return [
        entry
        for entry in entries
        if not entry.accents and not entry.local and len(entry.term) >= least and script_of(entry.term) == script
    ]


def disguise(word: str, script: str, kind: str, random: Random) -> str:
    """A word in a disguise of a kind; empty when the word has nothing that the kind could change."""
    made = _HOW[kind](word, script, random)
    return "" if made == word else made


def _each(word: str, how: Callable[[str], str]) -> str:
    return "".join(map(how, word))


def _swap(word: str, table: Mapping[str, str], random: Random) -> str:
    """One to all letters of the table replaced."""
    places = [index for index, char in enumerate(word) if char in table]
    chosen = set(random.sample(places, random.randint(1, len(places)))) if places else set()
    return "".join(random.choice(table[char]) if index in chosen else char for index, char in enumerate(word))


def _between(word: str, signs: str, random: Random) -> str:
    return "".join(char + random.choice(signs) for char in word[:-1]) + word[-1]


@cache
def _presentation() -> dict[str, str]:
    """Letters to Unicode's other code points for them."""
    found: dict[str, str] = {}
    for code in (*range(0x2F00, 0x2FD6), *range(0xFB50, 0xFDFC), *range(0xFE70, 0xFEFD), *range(0xFF66, 0xFF9E)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1:
            found[plain] = found.get(plain, "") + chr(code)
    return found


def _other_forms(word: str, script: str, random: Random) -> str:
    if script == "HANGUL":
        return unicodedata.normalize("NFD", word)
    if script == "KANA":
        katakana = _each(word, lambda c: chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c)
        return random.choice([katakana, _swap(katakana, _presentation(), random)])
    if script in {"ARABIC", "CJK"}:
        return _swap(word, _presentation(), random)
    return _each(word, lambda c: random.choice([c.upper(), c]))


def _digits(word: str, script: str, random: Random) -> str:
    if script in ALPHABETS:
        # Letters must be left to tell it from a number.
        made = _swap(word, _DIGITS[script], random)
        return made if any(map(str.isalpha, made)) else word
    return _between(word, "123789", random)


def _looks(word: str, script: str, random: Random) -> str:
    if script == "HANGUL":
        letters = unicodedata.normalize("NFD", word)
        return _each(letters, _loose)
    return _swap(word, _LOOKS[script], random)


def _loose(char: str) -> str:
    """A conjoining Hangul letter as one that stands alone."""
    code = ord(char)
    if 0x1161 <= code <= 0x1175:
        return _LOOSE_VOWELS[code - 0x1161]
    name = unicodedata.name(char, "")
    kind = name.rsplit(" ", 1)[-1]
    try:
        return unicodedata.lookup(f"HANGUL LETTER {kind}")
    except KeyError:
        return char


def _styled(word: str, script: str, random: Random) -> str:
    if script == "LATIN":
        starts = [0xFF41, 0x1D41A, 0x1D4B6 + 0x1A * 2, 0x1D586, 0x24D0, 0x1D5BA]
        start = random.choice(starts)
        return _each(word, lambda c: chr(start + ord(c) - 97) if "a" <= c <= "z" else c)
    if script == "GREEK":
        return _each(word, lambda c: chr(0x1D6C2 + ord(c) - 0x3B1) if "α" <= c <= "ω" else c)
    if script == "KANA":
        return _each(word, lambda c: random.choice(_presentation().get(c, c)))
    return _each(word, lambda c: c + "\u20dd")


def _drawn_out(word: str, script: str, random: Random) -> str:
    place = random.randrange(1, len(word))
    if script == "HANGUL":
        vowel = unicodedata.normalize("NFD", word[place - 1])[1:2]
        closed = len(unicodedata.normalize("NFD", word[place - 1])) == 3
        more = word[place - 1] if closed else unicodedata.normalize("NFC", "\u110b" + vowel)
        return word[:place] + more * random.randint(1, 4) + word[place:]
    if script == "KANA":
        return word[:place] + "ー" * random.randint(1, 4) + word[place:]
    return word[:place] + word[place - 1] * random.randint(2, 5) + word[place:]


def _marks(word: str, script: str, random: Random) -> str:
    marks = [chr(code) for code in range(0x0300, 0x0370) if code not in {0x034F, 0x0345}]
    return _each(word, lambda c: c + "".join(random.choices(marks, k=random.randint(1, 3))))


def _masked(word: str, script: str, random: Random) -> str:
    if script in ALPHABETS:
        place = random.randrange(1, len(word) - 1)
        return word[:place] + random.choice("*#") + word[place + 1 :]
    return _between(word, "*#", random)


def _emoji(word: str, script: str, random: Random) -> str:
    if script == "LATIN" and word.isascii() and word.isalpha():
        start = random.choice([0x1F170, 0x1F150, 0x1F1E6, 0x1F130])
        return _each(word, lambda c: chr(start + ord(c) - 97))
    return _between(word, _EMOJI, random)


_HOW: dict[str, Callable[[str, str, Random], str]] = {
    "other forms": _other_forms,
    "digits": _digits,
    "look-alikes": _looks,
    "wide or styled": _styled,
    "drawn out": _drawn_out,
    "spaced": lambda word, _, random: _between(word, " ", random),
    "dotted": lambda word, _, random: _between(word, _DOTS, random),
    "zero width": lambda word, _, random: _between(word, _ZERO, random),
    "marks": _marks,
    "masked": _masked,
    "emoji": _emoji,
}
