"""Every mistake at once, each at its place, and each only once."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evalspec.diagnostics import Diagnostic
from evalspec.source import parse_document
from tests.compiler.project import DELETED, SPEC, changed, checked, write_project, write_spec
from tests.source.texts import cut

FULL_OF_MISTAKES = """\
evalspec = 1
name = "re funds"
tags = ["shop", 7]
colour = "red"

[dataset]
type = "file"
path = "data/refund.jsonl"
where = "metadata.weeks > weeks"
sample = { size = 0 }

[task]
type = "python"
callable = "parcels.assistant:anwser"
timeout = "soon"

[scores.correct]
data_type = "BOOLEAN"
min = 0

[scores.similarity]
data_type = "NUMERIC"
min = 1
max = 0

[evaluators.exact]
type = "exact_match"
value = "output.answer |"
score = "corect"

[evaluators.close]
type = "levenstein"
score = "similarity"

[evaluators.tone]
type = "regex"
pattern = "(polite"
value = "ouput"
score = "correct"

[aggregates.accuracy]
function = "percentile"
score = "correct"
percentile = 101

[gates.good_enough]
aggregate = "acuracy"
min = "0.8"

[gates.empty]
aggregate = "accuracy"

[limits]
concurrency = 1.5
max_errors = 98765432109876543210

[run]
name = "{{ sepc }} {{ time }"
"""
# What stands at each place, and what is wrong with it.
EXPECTED = [
    ("invalid-name", '"re funds"'),
    ("wrong-type", "7"),
    ("unknown-field", "colour"),
    ("dataset-file-not-found", '"data/refund.jsonl"'),
    ("undefined-name", "weeks"),
    ("out-of-range", "0"),
    ("attribute-not-found", '"parcels.assistant:anwser"'),
    ("invalid-duration", '"soon"'),
    ("invalid-bounds", "min"),
    ("invalid-bounds", "1"),
    ("expression-syntax", ""),
    ("unknown-score", '"corect"'),
    ("unknown-type", '"levenstein"'),
    ("invalid-regex", "(polite"),
    ("undefined-name", "ouput"),
    ("out-of-range", "101"),
    ("unknown-aggregate", '"acuracy"'),
    ("wrong-type", '"0.8"'),
    ("missing-field", "[gates.empty]"),
    ("wrong-type", "1.5"),
    ("number-not-canonical", "98765432109876543210"),
    ("template-syntax", "}"),
]


def places(diagnostics: tuple[Diagnostic, ...], text: str) -> list[tuple[str, str]]:
    return [(item.code, cut(text, item.span)) for item in diagnostics if item.span is not None]


def test_all_mistakes_at_once_in_reading_order(tmp_path: Path) -> None:
    spec = write_project(tmp_path) / "spec.evalspec.toml"
    spec.write_text(FULL_OF_MISTAKES)
    found = places(checked(spec), FULL_OF_MISTAKES)
    assert found == EXPECTED


def test_the_same_mistakes_in_json(tmp_path: Path) -> None:
    tree = tomllib.loads(FULL_OF_MISTAKES)
    write_project(tmp_path)
    as_toml = checked(write_spec(tmp_path, tree, "toml"))
    spec = tmp_path / "spec.evalspec.json"
    spec.write_text(json.dumps(tree, indent=2))
    as_json = checked(spec)

    def said(diagnostics: tuple[Diagnostic, ...]) -> set[Any]:
        return {
            (item.code, item.pointer, item.message, item.expected, item.suggestion) for item in diagnostics
        }

    assert said(as_json) == said(as_toml)
    document, _ = parse_document(spec.read_text(), path="spec", format="json")
    assert document is not None
    for item in as_json:
        assert item.span is not None
        assert item.pointer is not None
        whole = document.value_span(item.pointer)
        key = document.key_span(item.pointer) or whole
        assert min(whole.start, key.start) <= item.span.start <= item.span.end <= whole.end


ONE_MISTAKE: list[tuple[dict[str, Any], str, str]] = [
    ({"/scores/correct/data_type": "BOOL"}, "wrong-value", "/scores/correct/data_type"),
    ({"/scores/tone/categories": DELETED}, "invalid-categories", "/scores/tone"),
    ({"/scores/similarity/min": 2}, "invalid-bounds", "/scores/similarity/min"),
    ({"/scores/similarity": DELETED}, "unknown-score", "/evaluators/close/score"),
    ({"/evaluators/close/score": "similarty"}, "unknown-score", "/evaluators/close/score"),
    ({"/evaluators/close/type": "levenstein"}, "unknown-type", "/evaluators/close/type"),
    ({"/evaluators": DELETED, "/evaluator": SPEC["evaluators"]}, "unknown-field", "/evaluator"),
    ({"/scores": DELETED, "/score": SPEC["scores"]}, "unknown-field", "/score"),
    ({"/aggregates": DELETED, "/aggregate": SPEC["aggregates"]}, "unknown-field", "/aggregate"),
    ({"/dataset": DELETED, "/data_set": SPEC["dataset"]}, "unknown-field", "/data_set"),
    ({"/evalspec": DELETED, "/evalspek": 1}, "unknown-field", "/evalspek"),
    ({"/evaluators": []}, "wrong-type", "/evaluators"),
    ({"/aggregates/accuracy": 1}, "wrong-type", "/aggregates/accuracy"),
    ({"/aggregates/accuracy/function": "ratio"}, "unknown-type", "/aggregates/accuracy/function"),
    ({"/dataset/path": "data/refund.jsonl"}, "dataset-file-not-found", "/dataset/path"),
    ({"/dataset/where": "metadata.week >"}, "expression-syntax", "/dataset/where"),
    ({"/dataset/sample": {"rate": 2}}, "out-of-range", "/dataset/sample/rate"),
    ({"/task/type": DELETED}, "missing-type", "/task"),
    ({"/task/callable": 7}, "wrong-type", "/task/callable"),
    ({"/gates/good_enough/aggregate": None}, "null-value", "/gates/good_enough/aggregate"),
    ({"/name": None}, "null-value", "/name"),
    ({"/dataset": None}, "null-value", "/dataset"),
    ({"/task/type": None}, "null-value", "/task/type"),
    ({"/tags": ["a", None]}, "null-value", "/tags/1"),
    ({"/scores/similarity/max": 2**60}, "number-not-canonical", "/scores/similarity/max"),
    ({"/limits": {"concurrency": 2**60}}, "number-not-canonical", "/limits/concurrency"),
    ({"/dataset/sample": {"size": 2, "seed": -(2**60)}}, "number-not-canonical", "/dataset/sample/seed"),
    ({"/run": {"metadata": {"a~/b": [2**53]}}}, "number-not-canonical", "/run/metadata/a~0~1b/0"),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), ONE_MISTAKE)
def test_one_mistake_is_reported_once(
    tmp_path: Path, changes: dict[str, Any], code: str, pointer: str
) -> None:
    write_project(tmp_path)
    tree = changed(changed(SPEC, {"/gates/good_enough": {"aggregate": "accuracy", "min": 0.8}}), changes)
    spec = tmp_path / "spec.evalspec.json"
    spec.write_text(json.dumps(tree))
    first, *others = checked(spec)
    assert (first.code, first.pointer) == (code, pointer)
    # A score that is not declared is not declared for the aggregate over it either.
    assert {item.code for item in others} <= ({"unknown-score"} if code == "unknown-score" else set())


NUMBERS = [
    ("9007199254740992", "number-not-canonical"),
    ("-9007199254740992", "number-not-canonical"),
    ("1" * 400, "number-not-canonical"),
    ("nan", "invalid-number"),
    ("-inf", "invalid-number"),
    ("1e400", "invalid-number"),
]


@pytest.mark.parametrize(("number", "code"), NUMBERS, ids=lambda value: value[:20])
def test_numbers_that_do_not_survive_are_mistakes_where_they_stand(
    tmp_path: Path, number: str, code: str
) -> None:
    text = f"""
evalspec = 1
name = "numbers"
task = {{ type = "python", callable = "parcels.assistant:answer" }}
evaluators.exact = {{ type = "exact_match", score = "correct" }}
scores.correct.data_type = "BOOLEAN"
dataset = {{ type = "inline", items = [{{ input = [{number}] }}] }}
"""
    spec = write_project(tmp_path) / "spec.evalspec.toml"
    spec.write_text(text)
    assert places(checked(spec), text) == [(code, number)]
    spec.write_text(text.replace(number, "9007199254740991"))
    assert checked(spec) == ()


def test_a_repeated_key_stops_the_plan_and_nothing_else(tmp_path: Path) -> None:
    spec = write_project(tmp_path) / "spec.evalspec.json"
    text = json.dumps(changed(SPEC, {"/gates/good_enough/min": 7})).replace(
        '"name":', '"name": "first", "name":'
    )
    spec.write_text(text)
    assert [item.code for item in checked(spec)] == ["duplicate-key", "gate-out-of-bounds"]
