"""BLEU, chrF, GLEU, METEOR and ROUGE of one text against its references.

Called in a worker, so the libraries are imported where they are needed.
"""

from collections.abc import Sequence
from typing import Any, Final

from evalspec.evaluators.tokens import tokens
from evalspec.kinds.bounded import Refused, TooLarge

__all__ = ["bleu", "chrf", "gleu", "meteor", "rouge"]

MAX_LCS_CELLS: Final = 1_000_000
"""Product of the numbers of words up to which ROUGE-Lsum is computed: its table has so many cells."""

_LONGEST_STEMMED: Final = 50
"""Characters of the longest word that is stemmed; the stemmer's time grows faster than a word's length."""

_Options = dict[str, Any]


def bleu(value: str, references: list[str], options: _Options) -> tuple[float, str]:
    """The sentence BLEU, from 0 to 1, and sacrebleu's signature."""
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(
        lowercase=options["ignore_case"],
        force=True,
        tokenize=options["tokenizer"],
        smooth_method=options["smoothing"],
        smooth_value=options.get("smoothing_value"),
        max_ngram_order=options["max_order"],
        effective_order=options["effective_order"],
    )
    return _scaled(metric, value, references)


def chrf(value: str, references: list[str], options: _Options) -> tuple[float, str]:
    """The sentence chrF, from 0 to 1, and sacrebleu's signature."""
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF(
        char_order=options["char_order"],
        word_order=options["word_order"],
        beta=options["beta"],
        lowercase=options["ignore_case"],
        whitespace=options["whitespace"],
    )
    return _scaled(metric, value, references)


def _scaled(metric: Any, value: str, references: list[str]) -> tuple[float, str]:
    found = metric.sentence_score(value, references).score / 100
    # Equal texts may have a little more than 1, by rounding.
    return min(found, 1.0), str(metric.get_signature())


def gleu(value: str, references: list[str], options: _Options) -> float:
    """The sentence GLEU of the best reference."""
    from nltk.translate.gleu_score import sentence_gleu

    if options["ignore_case"]:
        value, references = value.casefold(), [reference.casefold() for reference in references]
    given, wanted = _split(value, references, options["tokenizer"])
    orders = {"min_len": options["min_order"], "max_len": options["max_order"]}
    shortest = min(map(len, wanted))
    if shortest < options["min_order"]:
        words = f"has {shortest} words, and none of `min_order` {options['min_order']}"
        raise Refused("too_short", f"`expected` {words}")
    return float(sentence_gleu(wanted, given, **orders))


class _NoSynonyms:
    """Stands for WordNet, whose data does not come with nltk: it knows no word."""

    def synsets(self, word: str) -> list[Any]:
        """Nothing."""
        return []


class _Stemmer:
    """The Porter stemmer as nltk has it; very long words are their own stem."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stem = PorterStemmer().stem

    def stem(self, word: str) -> str:
        """The stem of a word."""
        return str(self._stem(word)) if len(word) <= _LONGEST_STEMMED else word


def meteor(value: str, references: list[str], options: _Options) -> float:
    """METEOR of the best reference, with exact and stemmed matches."""
    from nltk.translate.meteor_score import meteor_score

    given, wanted = _split(value, references, options["tokenizer"])
    found = meteor_score(
        wanted,
        given,
        stemmer=_Stemmer(),
        wordnet=_NoSynonyms(),
        alpha=options["alpha"],
        beta=options["beta"],
        gamma=options["gamma"],
    )
    return float(found)


def _split(value: str, references: list[str], tokenizer: str) -> tuple[list[str], list[list[str]]]:
    return tokens(value, tokenizer), [tokens(reference, tokenizer) for reference in references]


class _RougeTokenizer:
    """Words as rouge-score takes them from an object: in lower case."""

    def __init__(self, tokenizer: str, stem: bool) -> None:
        self._tokenizer = tokenizer
        self._stemmer = _Stemmer() if stem else None

    def tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        if self._tokenizer != "ascii":
            return tokens(text.lower(), self._tokenizer)
        from rouge_score.tokenize import tokenize

        return list(tokenize(text, self._stemmer))


def rouge(value: str, references: list[str], options: _Options) -> dict[str, float]:
    """F1, precision and recall of the reference with the best F1."""
    from rouge_score.rouge_scorer import RougeScorer

    variant: str = options["variant"]
    tokenizer = _RougeTokenizer(options["tokenizer"], options["stem"])
    given = tokenizer.tokenize(value)
    wanted = [tokenizer.tokenize(reference) for reference in references]
    if value.strip() and not given:
        raise Refused("no_words", "`value` has no word of the letters a to z and digits, see `tokenizer`")
    if not all(wanted):
        raise Refused("no_words", "`expected` has no word of the letters a to z and digits, see `tokenizer`")
    if variant == "rougeL":
        return max((_rouge_l(given, words) for words in wanted), key=lambda scores: scores["f1"])
    if variant == "rougeLsum" and (cells := len(given) * max(map(len, wanted))) > MAX_LCS_CELLS:
        raise TooLarge(f"ROUGE-Lsum would compare {cells:,} pairs of words, more than {MAX_LCS_CELLS:,}")
    scorer = RougeScorer([variant], tokenizer=tokenizer)
    precision, recall, f1 = scorer.score_multi(references, value)[variant]
    return {"f1": float(f1), "precision": float(precision), "recall": float(recall)}


def _rouge_l(given: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """ROUGE-L. rouge-score fills a table for it in Python, which long texts have no time for."""
    from rapidfuzz.distance import LCSseq
    from rouge_score.scoring import fmeasure

    common = LCSseq.similarity(given, wanted)
    precision = common / len(given) if given else 0.0
    recall = common / len(wanted)
    return {"f1": float(fmeasure(precision, recall)), "precision": precision, "recall": recall}
