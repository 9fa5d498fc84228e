"""What a character may stand for where somebody disguises a word: digits and signs for letters, letters drawn alike.

Tables are read as `written=meant`, several letters meant when it may be any of them. Alphabets are told apart by the
letters meant, so that one table serves words of all of them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MASKS = frozenset("*#%_•×✱∗")
"""Signs that people put in place of a letter."""


def table(text: str) -> dict[str, str]:
    """Read `written=meant` pairs parted by spaces; what is written is one character."""
    return {pair[0]: pair[2:] for pair in text.split()}


# Digits and signs, to letters of the Latin, Cyrillic, Greek and Arabic alphabets.
_SIGNS = table(
    "0=oοоו 1=ilіاι 2=z 3=eзεع 4=aчαа 5=sهѕ 6=gbбσ 7=tтτح 8=bвβ 9=gqρ @=aаα $=s !=ilі +=tт €=eеε |=ilاі (=c <=c £=l "
    "¥=y ¢=cс §=s °=o ٠=o ١=ilا ٥=هo ۱=ilا ۵=ه ©=c ®=r ℹ=i ❌=x ✖=x ✗=x ⭕=o 🔴=o ✝=t ♱=t 💲=s ⚡=s"
)
# Letters of other scripts, to the Latin ones that a reader takes them for.
_TO_LATIN = table(
    # Cyrillic
    "а=a в=b е=e к=k м=m н=h о=o р=p с=c т=t у=yu х=x і=i ј=j ѕ=s ԁ=d ԛ=q ԝ=w һ=h ӏ=l ү=yu ь=b г=r п=n и=un з=e б=b "
    "я=r ш=w щ=w ц=u ч=y џ=u ѵ=v ѡ=w ԍ=g ҝ=k э=e ө=o ҽ=e ҫ=c ғ=f "
    # Greek
    "α=a β=b ε=e ζ=z η=nh ι=i κ=k μ=um ν=vn ο=o ρ=p τ=t υ=uy χ=x ω=w γ=y σ=oc π=n δ=d ϲ=c ϳ=j θ=o λ=a ξ=e φ=o "
    # Armenian, Coptic, Hebrew, Thai, phonetic capitals
    "ա=w ե=t հ=h ո=n ս=u օ=o ց=g զ=q ք=p լ=l ռ=n տ=s յ=j ճ=d ջ=g ֆ=f փ=h ի=h ƿ=p ⲁ=a ⲃ=b ⲉ=e ⲏ=h ⲓ=i ⲕ=k ⲙ=m ⲛ=n ⲟ=o "
    "ⲣ=p ⲥ=c ⲧ=t ⲩ=y ⲭ=x ⳑ=l ס=o ו=il ט=u ח=n ש=w ค=a ร=s ท=n น=u ม=u ᴦ=r ᴧ=a ᴨ=n ᴩ=p "
    # Cherokee, Lisu, Canadian syllabics: capitals to the eye
    "Ꭰ=d Ꭺ=a Ᏼ=b Ꮯ=c Ꭼ=e Ꮋ=h Ꭻ=j Ꮶ=k Ꮮ=l Ꮇ=m Ꮲ=p Ꭱ=r Ꮪ=s Ꭲ=t Ꮩ=v Ꮃ=w Ꮓ=z Ꭵ=i Ꮖ=i Ꮒ=n ꓐ=b ꓒ=p ꓓ=d ꓔ=t ꓖ=g ꓗ=k ꓙ=j "
    "ꓚ=c ꓜ=z ꓝ=f ꓟ=m ꓠ=n ꓡ=l ꓢ=s ꓣ=r ꓦ=v ꓧ=h ꓪ=w ꓫ=x ꓬ=y ꓮ=a ꓰ=e ꓲ=i ꓳ=o ꓴ=u ᗩ=a ᗷ=b ᑕ=c ᗪ=d ᗴ=e ᖴ=f ᘜ=g ᕼ=h ᒍ=j "
    "ᒪ=l ᗰ=m ᑎ=n ᑭ=p ᖇ=r ᔕ=s ᑌ=u ᐯ=v ᗯ=w ᙭=x "
    # Han, kana and Hangul that pages for fancy letters use
    "〇=o ㅇ=o ㅣ=il 丨=il 工=i 卂=a 乃=b 匚=c 刀=d 乇=e 下=f 厶=g 卄=h 廾=h 丁=tj 长=k 乚=l 爪=m 从=m "
    "几=n 口=o 尸=p 㔿=q 尺=r 丂=s 丅=t 凵=u 山=w 乂=x 丫=y 乙=z ん=h も=e て=c と=c り=n ひ=u や=p"
)
LATIN_LOOKALIKES = frozenset(_TO_LATIN)
"""Letters of other scripts that are drawn like Latin ones."""
_TO_CYRILLIC = table(
    "a=а b=вьб c=с e=е g=д h=н i=і j=ј k=к m=м n=п o=о p=р r=гя s=ѕ t=т u=и x=х y=у w=ш ε=е α=а ο=о ρ=р χ=х γ=у υ=у "
    "κ=к τ=т ν=н η=н"
)
_TO_GREEK = table(
    "a=α b=β c=σ e=ε h=η i=ι k=κ m=μ n=ηνπ o=ο p=ρ s=σ t=τ u=υμ v=ν w=ω x=χ y=γυ z=ζ l=ι д=δ а=α о=ο р=ρ т=τ к=κ х=χ "
    "у=υ е=ε и=ι н=η м=μ"
)
_SYMBOL_LETTER = re.compile(
    r"(?:NEGATIVE CIRCLED|NEGATIVE SQUARED|CROSSED NEGATIVE SQUARED|REGIONAL INDICATOR SYMBOL|SQUARED|CIRCLED) "
    r"(?:LATIN )?(?:CAPITAL |SMALL )?LETTER ([A-Z])"
)


@lru_cache(maxsize=65536)
def options(char: str) -> str:
    """What else a folded character may stand for, as a string of letters; empty for most."""
    found = "".join(known.get(char, "") for known in (_SIGNS, _TO_LATIN, _TO_CYRILLIC, _TO_GREEK))
    if not char.isascii() and not found and (symbol := _SYMBOL_LETTER.match(unicodedata.name(char, ""))):
        found = symbol[1].lower()
    return found


@lru_cache(maxsize=65536)
def is_sign(char: str) -> bool:
    """No letter, but perhaps meant as one: `$`, `5`, the emoji of an A, a mask."""
    return char in MASKS or (not char.isalpha() and bool(options(char)))
