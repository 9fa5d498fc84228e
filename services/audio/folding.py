"""Text made comparable: what looks or reads alike becomes equal, with a map back to the characters as written.

Two layers. *Folding* is always right: width, case, accents, invisible characters, presentation forms, kana, loose
Hangul letters. *Options* may be right: `5` may stand for s and a Cyrillic `а` for a Latin one; the matcher tries them
only where a word of the lexicon would come of it, so that no real word is changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import eq

from services.audio.letters import table


@dataclass(frozen=True)
class Folded:
    """A text made comparable: its characters, and for each the span of the characters it came from."""

    text: str
    spans: tuple[tuple[int, int], ...]


# --- one character ----------------------------------------------------------------------------------------------------

_LATIN_NAME = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |SMALL |CAPITAL |LONG |DOTLESS |SCRIPT |OPEN |CLOSED |BARRED |"
    r"REVERSED |REVERSED OPEN |TURNED |INVERTED |SIDEWAYS |BLACKLETTER |INSULAR |TOP HALF |BOTTOM HALF |STRETCHED |"
    r"BROAD |HALF |TAILLESS |LENIS |DENTAL |LATERAL |PHARYNGEAL VOICED |EGYPTOLOGICAL )*([A-Z])(?: WITH .*)?"
)
_OTHER_LATIN = {"æ": "ae", "œ": "oe", "ð": "d", "ɑ": "a", "ʃ": "s", "ʒ": "z", "ŋ": "n", "ʊ": "u", "ɩ": "i", "ɣ": "y"}

# Arabic letters that differ by language or by place, not by word: Persian and Urdu forms, teh marbuta, alef maksura.
_ARABIC = dict(zip("ىیېےةەھہکگڪٱپچڤڨٯںٮۆۇ", "ييييههههكككابجفققنبوو", strict=True))
_PUNCTUATION = dict(zip("’‘ʼ“”–—‐‑", "'''\"\"----", strict=True))
_HEBREW = dict(zip("ךםןףץ", "כמנפצ", strict=True))
# Traditional characters of the lexicon, to simplified ones.
_HAN = dict(
    zip(
        "媽馬雞賤滾幹當婦樣們這個說對國傷殺貓豬烏龜壞頭腦殘癡臉掃閹騷懶爛賊喪廢嗎強姦錢黃東亞學長門開關見觀飛龍鳥魚麼難淫廠裡裏亂"
        "經裝貨愛倫輪賣機筆顏約蕩陰瘋賭騙淚髒臟屍戰爭臺灣鮮島獄醜陽狀處黨兇槍彈毆虜號瀏覽顱顫壓綁奪噴嘔護衛陳劉張楊趙吳孫",
        "妈马鸡贱滚干当妇样们这个说对国伤杀猫猪乌龟坏头脑残痴脸扫阉骚懒烂贼丧废吗强奸钱黄东亚学长门开关见观飞龙鸟鱼么难淫厂里里乱"
        "经装货爱伦轮卖机笔颜约荡阴疯赌骗泪脏脏尸战争台湾鲜岛狱丑阳状处党凶枪弹殴虏号浏览颅颤压绑夺喷呕护卫陈刘张杨赵吴孙",
        strict=True,
    )
)

_ALIKE: dict[str, str] = {**_PUNCTUATION, **_ARABIC, **_HEBREW, **_HAN}

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: list[str] = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]
_LOOSE_VOWEL = re.compile(f"[{_VOWELS}]")
_SYLLABLES = 0xAC00

# Letters without a sound of their own that fonts draw as nothing.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\u2800")


def _is_accent(char: str) -> bool:
    """A mark that may be taken off without making another word: never a vowel sign of an Indic script or of kana."""
    code = ord(char)
    return (
        0x0300 <= code <= 0x036F
        or 0x0483 <= code <= 0x0489
        or 0x0591 <= code <= 0x05C7
        or 0x0610 <= code <= 0x061A
        or 0x064B <= code <= 0x065F
        or code == 0x0670
        or 0x06D6 <= code <= 0x06ED
        or code in {0x093C, 0x09BC, 0x0A3C}
        or 0x1AB0 <= code <= 0x1AFF
        or 0x1DC0 <= code <= 0x1DFF
        or 0x20D0 <= code <= 0x20FF
        or 0xFE00 <= code <= 0xFE0F
        or 0xFE20 <= code <= 0xFE2F
        or 0xE0100 <= code <= 0xE01EF
    )


@lru_cache(maxsize=65536)
def fold_character(char: str) -> str:
    """One character after NFKC: none, one or two folded ones."""
    if char in _INVISIBLE or char == "ـ" or unicodedata.category(char) == "Cf":
        return ""
    kept = []
    for part in unicodedata.normalize("NFD", char.casefold()):
        code = ord(part)
        if _is_accent(part):
            continue
        if 0x1100 <= code <= 0x1112:
            kept.append(_INITIALS[code - 0x1100])
        elif 0x1161 <= code <= 0x1175:
            kept.append(_VOWELS[code - 0x1161])
        elif 0x11A8 <= code <= 0x11C2:
            kept.append(_FINALS[code - 0x11A7])
        elif part in _OTHER_LATIN:
            kept.append(_OTHER_LATIN[part])
        elif code >= 0x80 and (latin := _LATIN_NAME.fullmatch(unicodedata.name(part, ""))):
            kept.append(latin[1].lower())
        else:
            kept.append(_ALIKE.get(part, part))
    folded = compose("".join(kept)) if len(kept) > 1 else "".join(kept)
    folded = unicodedata.normalize("NFC", folded)
    # Katakana to hiragana: one word in either is the same word.
    return "".join(chr(ord(one) - 0x60) if "\u30a1" <= one <= "\u30f6" else one for one in folded)


class _Table(dict[int, str]):
    """`fold_character` for `str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        self[code] = folded
        return folded


_TABLE = _Table()


def fold_whole(text: str) -> str:
    """The folded characters alone, fast; loose Hangul letters are composed further than `fold` does."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_TABLE)


# --- a text -----------------------------------------------------------------------------------------------------------


_JOINERS = frozenset("\u200c\u200d\ufe0f\uff9e\uff9f")
"""Characters that belong to the one before them, beside marks."""


@lru_cache(maxsize=65536)
def _stands_alone(char: str) -> bool:
    """Whether a character is one that people see, whatever stands beside it."""
    return not (
        unicodedata.category(char)[0] == "M"
        or char in _JOINERS
        or "\u1100" <= char <= "\u11ff"
        or "\U0001f1e6" <= char <= "\U0001f1ff"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Spans of user-perceived characters, after the rules of UAX 29 that occur in names."""
    if all(map(_stands_alone, text)):
        yield from zip(range(len(text)), range(1, len(text) + 1), strict=True)
        return
    start = 0
    flags = 0
    for index, char in enumerate(text):
        previous = text[index - 1] if index else ""
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        flags = flags + 1 if flag else 0
        joined = index > 0 and (
            unicodedata.category(char) in {"Mn", "Me", "Mc"}
            or char in "\u200d\ufe0f\u200c"
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or "\U000e0020" <= char <= "\U000e007f"
            or previous == "\u200d"
            or (flag and flags % 2 == 0)
            or (_hangul(previous) and "\u1160" <= char <= "\u11ff")
            or char in "\uff9e\uff9f"
        )
        if index and not joined:
            yield start, index
            start = index
    if text:
        yield start, len(text)


def _hangul(char: str) -> bool:
    """A Hangul syllable, or a conjoining piece of one, to which a vowel or a tail may still be added."""
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"


@lru_cache(maxsize=65536)
def _fold_cluster(cluster: str, accents: bool) -> str:
    if accents:
        plain = unicodedata.normalize("NFKC", cluster)
        return unicodedata.normalize("NFC", "".join(c for c in plain if unicodedata.category(c) != "Cf").casefold())
    return unicodedata.normalize("NFKC", cluster).translate(_TABLE)


def fold(text: str, *, accents: bool = False) -> Folded:
    """Make a text comparable.

    Args:
        text: As written.
        accents: Keep the accents.
    """
    if text.isascii():
        return Folded(text.lower(), tuple((index, index + 1) for index in range(len(text))))
    pieces = list(_pieces(text))
    forms = [_fold_cluster(text[start:end], accents) for start, end in pieces]
    spans = [span for span, form in zip(pieces, forms, strict=True) for _ in form]
    return _composed("".join(forms), spans)


_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Clusters, with flags of two letters taken apart."""
    if not _FLAG.search(text):
        yield from clusters(text)
        return
    for start, end in clusters(text):
        if end - start == 2 and "\U0001f1e6" <= text[start] <= "\U0001f1ff":
            yield start, start + 1
            yield start + 1, end
        else:
            yield start, end


# --- Hangul -----------------------------------------------------------------------------------------------------------


def _composed(text: str, spans: list[tuple[int, int]]) -> Folded:
    """Loose Hangul letters made syllables, as a keyboard would: `ㅅㅣㅂㅏㄹ` becomes `시발`."""
    if not _LOOSE_VOWEL.search(text):
        return Folded(text, tuple(spans))
    result, places = [], []
    index = 0
    while index < len(text):
        length = _syllable_length(text, index)
        result.append(compose(text[index : index + length]) if length > 1 else text[index])
        places.append((spans[index][0], spans[index + length - 1][1]))
        index += length
    return Folded("".join(result), tuple(places))


def _syllable_length(text: str, index: int) -> int:
    """How many loose letters from here make one syllable; 1 when none do."""
    if text[index] not in _INITIALS or text[index + 1 : index + 2] not in _VOWELS or index + 1 >= len(text):
        return 1
    tail, after = text[index + 2 : index + 3], text[index + 3 : index + 4]
    closes = bool(tail) and tail in _FINALS and not (after and after in _VOWELS)
    return 3 if closes else 2


def compose(letters: str) -> str:
    """Two or three loose letters as one syllable; anything else as it is."""
    if len(letters) in {2, 3} and letters[0] in _INITIALS and letters[1] in _VOWELS:
        final = letters[2] if len(letters) == 3 else ""
        if final in _FINALS:
            code = (_INITIALS.index(letters[0]) * 21 + _VOWELS.index(letters[1])) * 28 + _FINALS.index(final)
            return chr(_SYLLABLES + code)
    return letters


def decompose(syllable: str) -> str:
    """The loose letters of a Hangul syllable; anything else as it is."""
    code = ord(syllable) - _SYLLABLES
    if not 0 <= code < 11_172:
        return syllable
    return _INITIALS[code // 588] + _VOWELS[code % 588 // 28] + _FINALS[code % 28]


# The two-set keyboard of Korea: which Latin keys are pressed for a letter.
_KEYS = table(
    "ㄱ=r ㄲ=r ㄴ=s ㄷ=e ㄸ=e ㄹ=f ㅁ=a ㅂ=q ㅃ=q ㅅ=t ㅆ=t ㅇ=d ㅈ=w ㅉ=w ㅊ=c ㅋ=z ㅌ=x ㅍ=v ㅎ=g "
    "ㄳ=rt ㄵ=sw ㄶ=sg ㄺ=fr ㄻ=fa ㄼ=fq ㄽ=ft ㄾ=fx ㄿ=fv ㅀ=fg ㅄ=qt "
    "ㅏ=k ㅐ=o ㅑ=i ㅒ=o ㅓ=j ㅔ=p ㅕ=u ㅖ=p ㅗ=h ㅘ=hk ㅙ=ho ㅚ=hl ㅛ=y ㅜ=n ㅝ=nj ㅞ=np ㅟ=nl ㅠ=b ㅡ=m ㅢ=ml ㅣ=l"
)


def typed(word: str) -> str:
    """What appears when a Korean word is typed with the keyboard left in Latin: `시발` is `tlqkf`; in small letters."""
    return "".join(_KEYS.get(letter, letter) for syllable in word for letter in decompose(syllable))


@lru_cache(maxsize=65536)
def _drawn_out(char: str, previous: str) -> bool:
    """Whether a syllable only draws out the vowel before it: `이` after `씨`."""
    mine, before = decompose(char), decompose(previous)
    return len(mine) == 2 and mine[0] == "ㅇ" and len(before) == 2 and mine[1] == before[1]


_EMPHASIS = frozenset("ー〜~っ")


def drawn_in(text: str) -> tuple[str, list[int]]:
    """Text without emphasis: repeated characters, vowels drawn out, the long-vowel and doubling signs of kana.

    Returns:
        The characters that stay, and the index of each in `text`.
    """
    if _EMPHASIS.isdisjoint(text) and not any(map(eq, text, text[1:])) and not any(map(_drawn_out, text[1:], text)):
        return text, list(range(len(text)))
    kept: list[int] = []
    for index, char in enumerate(text):
        if char in _EMPHASIS:
            continue
        if kept and (text[kept[-1]] == char or _drawn_out(char, text[kept[-1]])):
            continue
        kept.append(index)
    return "".join(text[index] for index in kept), kept


# --- scripts ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def script(char: str) -> str:
    """`LATIN`, `CYRILLIC`, `HANGUL`, `CJK` ... after the character's name; empty for what belongs to no script."""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    return unicodedata.name(char, "").split(" ")[0].split("-")[0]


_UNSPACED = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "KATAKANA-HIRAGANA"}


@lru_cache(maxsize=65536)
def unspaced(char: str) -> bool:
    """Whether words of this character's script are searched as strings: no spaces part them, or particles cling."""
    return script(char) in _UNSPACED or char in "ー〜"
