"""Characters, words and sentences of a text, by Unicode's rules for segmentation (UAX #29).

The property tables are those of the `regex` package, whose `\\X` is the extended grapheme cluster and whose
`\\b` is, with the flag WORD, the default word boundary. The sentence rules are written out here.
"""

import re
from functools import lru_cache
from typing import Any, Final

__all__ = ["count_characters", "count_sentences", "count_words", "sentences"]

_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_HALF_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]")
# Joined to nothing before or after it. The package looks back over all halves of flags at each of them, which
# would take quadratic time.
_SINGLE: Final = "+"

# UAX #29, table 4 and SB1 to SB998. `E` is what rule SB5 ignores; the quantifiers give nothing back, so that
# the time is linear.
_E: Final = r"[\p{SB=EX}\p{SB=FO}]*+"
_PARAGRAPH: Final = r"(?:\r\n|[\p{SB=SE}\p{SB=CR}\p{SB=LF}])"
_AFTER: Final = rf"(?:\p{{SB=CL}}{_E})*+(?:\p{{SB=SP}}{_E})*+"
_ANY_TERM: Final = rf"[\p{{SB=AT}}\p{{SB=ST}}]{_E}"
_GOES_ON: Final = "|".join(
    (
        rf"[^\p{{SB=SE}}\p{{SB=CR}}\p{{SB=LF}}\p{{SB=AT}}\p{{SB=ST}}]{_E}",
        rf"\p{{SB=AT}}{_E}(?=\p{{SB=NU}})",  # SB6
        rf"(?<=[\p{{SB=UP}}\p{{SB=LO}}]{_E})\p{{SB=AT}}{_E}(?=\p{{SB=UP}})",  # SB7
        (
            rf"\p{{SB=AT}}{_E}{_AFTER}"  # SB8
            r"(?=[^\p{SB=LE}\p{SB=UP}\p{SB=LO}\p{SB=SE}\p{SB=CR}\p{SB=LF}\p{SB=AT}\p{SB=ST}]*+\p{SB=LO})"
        ),
        rf"{_ANY_TERM}{_AFTER}(?=[\p{{SB=SC}}\p{{SB=AT}}\p{{SB=ST}}])",  # SB8a
    )
)
_SENTENCE: Final = rf"(?:{_GOES_ON})*+(?:{_ANY_TERM}{_AFTER}{_PARAGRAPH}?|{_PARAGRAPH}|\Z)"


@lru_cache
def _compiled(pattern: str, word: bool = False) -> Any:
    import regex

    return regex.compile(pattern, regex.V1 | (regex.WORD if word else 0))


def count_characters(text: str) -> int:
    """How many extended grapheme clusters: what people take for one character."""
    return sum(1 for _ in _compiled(r"\X").finditer(_FLAG.sub(_SINGLE, text)))


def count_words(text: str) -> int:
    """How many of the pieces between word boundaries have a letter or a digit in them."""
    return _with_content(_compiled(r"\b", word=True).split(_HALF_FLAG.sub(_SINGLE, text)))


def sentences(text: str) -> list[str]:
    """The sentences, with the white space after each; together they are the text."""
    return [found for found in _compiled(_SENTENCE).findall(text) if found]


def count_sentences(text: str) -> int:
    """How many of the sentences have a letter or a digit in them."""
    return _with_content(sentences(text))


def _with_content(pieces: list[str]) -> int:
    has_content = _compiled(r"[\p{Alphabetic}\p{N}]").search
    return sum(1 for piece in pieces if has_content(piece) is not None)
