"""Hostile outputs end in a value or an EvaluationError, for every kind of text and similarity alike."""

import json
from collections.abc import Sequence
from functools import partial
from inspect import isawaitable
from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject, outputs_of
from evalspec.kinds.bounded import close_pool
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item

FIELDS: dict[str, list[dict[str, Any]]] = {
    "string_similarity": [
        {"metric": metric}
        for metric in ("levenshtein", "damerau_levenshtein", "jaro", "partial_ratio", "token_set_ratio")
    ],
    "set_overlap": [{"separator": ","}, {"duplicates": "count"}],
    "bleu": [{"tokenizer": tokenizer} for tokenizer in ("13a", "zh")],
    "chrf": [{}, {"word_order": 2}],
    "gleu": [{}, {"tokenizer": "characters"}],
    "meteor": [{}],
    "rouge": [{"variant": "rouge2", "stem": True}, {}, {"variant": "rougeLsum", "tokenizer": "words"}],
    "refusal": [{}],
    "pii": [{}],
    "language": [{"language": "en"}],
    "readability": [{"formula": "gunning_fog"}, {"formula": "coleman_liau"}],
}
"""Of each kind, some fields that lead to different work."""


def nested(depth: int) -> list[Any]:
    tree: list[Any] = []
    for _ in range(depth):
        tree = [tree]
    return tree


HOSTILE: dict[str, Any] = {
    "megabyte": "a" * 1_000_000,
    "markup": "<" * 1_000_000,
    "word": "a" * 30_000,
    "y": "y" * 30_000,
    "signs": "<" * 30_000,
    "commas": "," * 30_000,
    "numbers": "1." * 15_000,
    "digits": "4 1" * 10_000,
    "hex": "a:1" * 10_000,
    "at": "a@" * 15_000,
    "plus": "+1" * 15_000,
    "brackets": "[" * 30_000,
    "backtracking": "(a+)+$" + "a" * 25_000 + "!",
    "sorry": "sorry " * 5_000,
    "sentences": "a b c. " * 4_000,
    "control": "".join(map(chr, range(32))) * 100,
    "surrogates": "\ud800 I can't \udfff\ud800",
    "nul": "\x00" * 1_000,
    "mixed": "abc \u202eאבג\u202c def عربي 123",
    "empty": "",
    "space": " \n\t",
    "json": "[" * 10_000 + "]" * 10_000,
    "tree": nested(10_000),
    "leaves": [nested(500), {"a": "\ud800"}],
    "many": list(range(100_001)),
    "null": None,
    "boolean": True,
    "number": 1e308,
    "object": {"a": [1]},
    "list": ["a", None, 1, {"b": "\x00"}],
}
SHORT = frozenset({"empty", "space", "null", "list", "surrogates", "tree", "leaves", "many"})


def build(kind_name: str, fields: dict[str, Any], folder: Path) -> Any:
    kind = EVALUATORS[kind_name]
    model = kind.fields.model_validate({"type": kind_name, "score": "s", **fields})
    kept = model.model_dump(mode="json", exclude={"type", "score"}, exclude_none=True)
    assert outputs_of(model) == {"": "s"}
    return kind.build(kept, Loading(folder, (folder,), folder / ".evalspec"))


async def outcome(evaluator: Any, output: Any, expected: Any) -> str | Sequence[ScoreValue]:
    """The kind of failure, or the scores."""
    try:
        found = evaluator(Subject(Item("1", None, expected), output))
        scores: Sequence[ScoreValue] = await found if isawaitable(found) else found
    except EvaluationError as error:
        return error.kind
    json.dumps([score.value for score in scores], allow_nan=False)
    return scores


async def outcomes(kind: str, folder: Path) -> dict[str, str]:
    found = {}
    for index, fields in enumerate(FIELDS[kind]):
        evaluator = build(kind, fields, folder)
        for name, output in HOSTILE.items():
            for expected in ("The cat sat on the mat.", ["a", "b"])[: 1 + (name in SHORT)]:
                end = await outcome(evaluator, output, expected)
                found[f"{index} {name} {type(expected).__name__}"] = end if isinstance(end, str) else "value"
    await close_pool()
    return found


@pytest.mark.parametrize("kind", FIELDS)
def test_hostile_outputs_end_in_a_value_or_a_failure(kind: str, tmp_path: Path) -> None:
    found = anyio.run(partial(outcomes, kind, tmp_path))
    # What the size decides is never left to a limit of time or memory, and nothing goes wrong inside.
    unexpected = {
        name: end for name, end in found.items() if end in ("timeout", "evaluation_failed", "missing_key")
    }
    assert unexpected == {}
    assert "value" in found.values()
    if kind not in ("language", "refusal", "set_overlap"):
        assert found["0 megabyte str"] == "too_large"
