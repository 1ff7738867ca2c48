"""`embedded:overlap`: a stand-in for a judge, which counts the words two texts have in common."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalspec.models.embedded.filling import fill
from evalspec.models.errors import ModelError
from evalspec.plan.numbers import in_words

__all__ = ["Overlap", "lacking", "overlap_of", "sections_in", "verdict", "word_f1"]

_WORD: Final = re.compile(r"\w+")
_REFERENCES: Final = ("expected_output", "context", "input")


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of `<output>` and the section it was held against is the same; `f1` is from 0 to 1."""

    f1: float
    reference: str

    @property
    def sentence(self) -> str:
        """The overlap in words, as a judge's reason."""
        return f"embedded model: F1 word overlap of output and {self.reference} is {in_words(self.f1)}"

    def member(self, name: str, members: Sequence[Any]) -> Any:
        """The member at the rank of the overlap; members are in ascending order."""
        return members[round(self.f1 * (len(members) - 1))]

    def boolean(self, name: str) -> bool:
        """Whether at least half is the same."""
        return self.f1 >= 0.5

    def number(self, name: str, low: float | None, high: float | None) -> float:
        """The overlap on the scale of the bounds; without bounds from 0 to 1."""
        low = 0.0 if low is None else low
        high = max(low, 1.0) if high is None else high
        return low + self.f1 * (high - low)

    def string(self, name: str) -> str:
        """The sentence, whatever the property is called: it is all there is to say."""
        return self.sentence


def word_f1(one: str, other: str) -> float:
    """The harmonic mean of precision and recall over lower-cased words, with their numbers.

    As for SQuAD (Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", §6.1),
    without leaving articles out; 1 where neither text has a word, 0 where only one has.
    """
    first = Counter(_WORD.findall(one.lower()))
    second = Counter(_WORD.findall(other.lower()))
    if not first or not second:
        return 1.0 if not first and not second else 0.0
    return 2 * (first & second).total() / (first.total() + second.total())


def lacking(sections: Collection[str]) -> str | None:
    """What is missing to judge a prompt with these sections, in words; None where nothing is."""
    if "output" not in sections:
        return "no <output>, whose words it compares"
    if not any(name in sections for name in _REFERENCES):
        *names, last = (f"<{name}>" for name in _REFERENCES)
        return f"none of {', '.join(names)} and {last} beside <output>, to compare its words with"
    return None


def sections_in(text: str) -> set[str]:
    """The sections of a prompt's text that count here."""
    return {name for name in ("output", *_REFERENCES) if _section(name, text) is not None}


def overlap_of(text: str) -> Overlap:
    """The overlap of the sections of a judge's prompt: `<output>` with `<expected_output>`, or without that
    with `<context>` or `<input>`.

    Raises ModelError(unsupported) where there are no such sections.
    """
    lack = lacking(sections_in(text))
    if lack is not None:
        raise ModelError("unsupported", f"embedded:overlap finds {lack}, in the last user message")
    found = {name: _section(name, text) for name in ("output", *_REFERENCES)}
    reference = next(name for name in _REFERENCES if found[name] is not None)
    return Overlap(word_f1(found["output"] or "", found[reference] or ""), reference)


def verdict(text: str, schema: Any) -> Any:
    """The value for a schema that a judge would be asked for."""
    return fill(schema, overlap_of(text))


def _section(name: str, text: str) -> str | None:
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found[1] if found else None
