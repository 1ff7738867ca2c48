"""Whatever a model writes, the kinds of comparison, text and format give a value or fail with a name."""

import math
from collections.abc import Sequence
from inspect import isawaitable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.kinds.bounded import Limits
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolving
from evalspec.plan.values import Item

MEGABYTE = 1_000_000

EVALUATED: dict[str, dict[str, Any]] = {
    "normalized_match": {"normalize": ["unicode", "case", "punctuation", "articles", "whitespace"]},
    "one_of": {"values": ["a", 1, True], "ignore_case": True},
    "date_close": {"within": "1d", "formats": ["%A %d %B %Y %H:%M:%S.%f %z"]},
    "json_equal": {"ignore": ["/**/id"], "ignore_order": True, "absolute": 0.1},
    "json_equal+text": {"parse_text": True, "ignore_order": True},
    "json_path_match": {"path": "$..[?search(@, '(a+)+$')]", "equals": 1},
    "json_path_match+text": {"path": "$..*", "equals": 1, "parse_text": True, "match": "all"},
    "ends_with": {"expected": "'a'", "ignore_case": True},
    "word_count": {"max": 10},
    "sentence_count": {"max": 10},
    "character_count": {"max": 10},
    "is_json": {},
    "contains_json": {"schema": {"type": "object", "minProperties": 100}},
    "is_xml": {"elements": ["x"]},
    "contains_xml": {"root": "x"},
    "is_html": {},
    "contains_html": {},
    "is_sql": {"tables": ["a"], "statements": ["select"]},
    "contains_sql": {"tables": ["a"]},
    "is_url": {"schemes": ["http", "a"]},
    "is_email": {},
    "code_parses+python": {"language": "python"},
    "code_parses+javascript": {"language": "javascript", "fenced": True},
    "code_parses+typescript": {"language": "typescript"},
    "code_parses+bash": {"language": "bash"},
    "code_parses+json": {"language": "json"},
    "code_parses+toml": {"language": "toml"},
}


def nested(levels: int) -> Any:
    tree: Any = 1
    for level in range(levels):
        tree = [tree] if level % 2 else {"a": tree}
    return tree


HOSTILE: dict[str, Any] = {
    "long": "a" * MEGABYTE,
    "angles": "<" * MEGABYTE,
    "tags": "<a>" * 300_000,
    "some tags": "<a>" * 5_000,
    "comments": "<!--" * 50_000,
    "brackets": "[" * 100_000,
    "objects": '{"a":' * 100_000,
    "lists": "[1," * 100_000,
    "flat lists": ("[" + "1," * 100) * 900,
    "numbers": "[" + "1," * 499_990 + "1]",
    "deep text": "[" * 10_000 + "]" * 10_000,
    "shallow text": "[" * 200 + "]" * 200,
    "parentheses": "(" * 5_000,
    "nested calls": "SELECT " + "f(" * 3_000,
    "minuses": "x = " + "-" * 50_000 + "1",
    "cases": "SELECT " + "case when " * 1_000,
    "toml": "a = " + "[" * 5_000,
    "quotes": "\"'" * 50_000,
    "dots": ". " * 100_000,
    "backtracking": "a" * 50_000 + "!",
    "email": "a@" * 400,
    "url": "http://" + "a:" * 100_000,
    "percents": "a:" + "%41" * 100_000 + "%",
    "digits": "1" * 100_000,
    "float": "1e999999999",
    "marks": "a" + "\u0301\u0323" * 100_000,
    "flags": "\U0001f1e6" * 150_000,
    "expanding": "\ufdfa" * 100_000,
    "controls": "".join(map(chr, range(32))) * 1_000,
    "nul": "\0",
    "surrogate": "a\ud800b",
    "surrogates": '{"\ud800": "\udfff"}',
    "right to left": "שלום \u202eabc\u202c <b>سلام</b> " * 1_000,
    "fences": "```\n" * 50_000,
    "open fence": "```sql\nSELECT 1",
    "empty": "",
    "billion laughs": "<!DOCTYPE a ["
    + "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    + "]><a>&e9;</a>",
    "deep tree": nested(10_000),
    "tree": nested(200),
    "wide tree": list(range(100_000)),
    "null": None,
    "number": 1e308,
    "infinite": math.inf,
    "list of lists": [[]] * 1_000,
    "odd keys": {"": 1, "\ud800": [], "a" * 100_000: {}},
}
LENIENT = {"one_of", "json_equal", "json_path_match"}
"""They look at any value, not only at text."""


def outcomes(name: str, folder: Path, outputs: Sequence[Any]) -> list[Any]:
    kind_name = name.partition("+")[0]
    kind = EVALUATORS[kind_name]
    fields = kind.fields.model_validate({"type": kind_name, "score": "s", **EVALUATED[name]})
    resolving = Resolving(folder, folder, cast(Any, None), {}, folder)
    resolved = kind.resolve(fields, resolving)
    assert resolving.problems == []
    evaluator = kind.build(resolved.fields, Loading(folder, (folder,), folder))

    async def one(output: Any) -> Any:
        # What is expected is just as hostile.
        expected = output if isinstance(output, str) else [output]
        try:
            found = evaluator(Subject(Item("1", None, expected, None), output))
            (score,) = await found if isawaitable(found) else found
        except EvaluationError as error:
            return error.kind
        assert isinstance(score, ScoreValue)
        return score.value

    async def each() -> list[Any]:
        return [await one(output) for output in outputs]

    return anyio.run(each)


@pytest.mark.parametrize("name", EVALUATED)
def test_hostile_outputs_end_in_a_value_or_a_named_failure(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing may be left to the limit on time, and how fast this machine is must not decide the test.
    monkeypatch.setitem(evaluate_bounded.__kwdefaults__ or {}, "limits", Limits(seconds=60))
    found = dict(zip(HOSTILE, outcomes(name, tmp_path, list(HOSTILE.values())), strict=True))
    unsaid = {key: kind for key, kind in found.items() if kind in ("timeout", "evaluation_failed")}
    assert unsaid == {}
    if name.partition("+")[0] not in LENIENT:
        not_text = {key for key, kind in found.items() if kind == "not_text"}
        assert not_text >= {key for key, output in HOSTILE.items() if not isinstance(output, str)}
    again = outcomes(name, tmp_path, [HOSTILE["brackets"], HOSTILE["surrogates"]])
    assert again == [found["brackets"], found["surrogates"]]
