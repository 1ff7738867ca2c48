"""Every case of every kind; that a kind's cases use all its fields, and that its example is sound."""

import tomllib
from collections.abc import Sequence
from inspect import isawaitable
from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.compiler.compile import check_document
from evalspec.compiler.context import Surroundings
from evalspec.diagnostics import Severity
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import COMMON_FIELDS, EvaluationError, ScoreValue, Subject, outputs_of
from evalspec.models import ModelError
from evalspec.schema.markdown import docstring
from evalspec.source.load import parse_document
from tests.support.evaluator_cases import Case, cases

CASES = cases()
# These need a project, a server or a program of their own, and have tests that bring them.
OWN_TESTS = {"command", "http", "python"}
KINDS = [kind for kind in EVALUATORS if kind != "python"]
WITH_CASES = [kind for kind in KINDS if kind not in OWN_TESTS]
ELSEWHERE: dict[str, set[str]] = {"json_schema": {"path"}}
"""Fields that need files or services, and are tested with the kind."""


def evaluate(case: Case, folder: Path) -> Sequence[ScoreValue]:
    kind = EVALUATORS[case.kind]
    for name, content in case.table.get("files", {}).items():
        (folder / name).write_text(content)
    fields = kind.fields.model_validate(case.fields)
    built = case.built(folder)

    async def call(subject: Subject) -> Sequence[ScoreValue]:
        async with built.models:
            found = built.evaluator(subject)
            return await found if isawaitable(found) else found

    given = anyio.run(call, case.subject())
    assert sorted(value.key for value in given) == sorted(outputs_of(fields))
    yields = kind.yields(fields) if built.resolved.yields is None else built.resolved.yields
    for value in given:
        _fits(value, yields[value.key])
    return given


def _fits(score: ScoreValue, yields: Any) -> None:
    """What a kind gives is what it says it yields."""
    value = score.value
    if value is None:
        return
    kind = {bool: "BOOLEAN", int: "NUMERIC", float: "NUMERIC"}.get(type(value))
    assert {kind} <= yields.data_types if kind else yields.data_types & {"CATEGORICAL", "TEXT"}
    if yields.bounds is not None and isinstance(value, int | float):
        assert yields.bounds[0] <= value <= yields.bounds[1]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    table = case.table
    if "fails" in table:
        with pytest.raises((EvaluationError, ModelError)) as failure:
            evaluate(case, tmp_path)
        error: Any = failure.value
        assert error.kind == table["fails"]
        return
    given = evaluate(case, tmp_path)
    if table.get("skips"):
        assert [value.value for value in given] == [None] * len(given)
        return
    expected = table["gives"]
    by_key = expected if isinstance(expected, dict) else {"": expected}
    assert {value.key for value in given} == set(by_key)
    for value in given:
        wanted = by_key[value.key]
        assert type(value.value) is type(wanted) or not isinstance(wanted, bool)
        if isinstance(wanted, float):
            assert value.value == pytest.approx(wanted, abs=table.get("tolerance", 1e-9))
        else:
            assert value.value == wanted
    if "comment" in table:
        assert any(table["comment"] in (value.comment or "") for value in given)


@pytest.mark.parametrize("kind", WITH_CASES)
def test_the_cases_of_a_kind_use_all_its_fields_and_give_different_values(kind: str) -> None:
    own = [case.table for case in CASES if case.kind == kind]
    used = {field for table in own for field in table.get("fields", {})}
    own_fields = EVALUATORS[kind].fields.model_fields.keys() - COMMON_FIELDS
    assert used >= own_fields - ELSEWHERE.get(kind, set())
    assert len({repr(table["gives"]) for table in own if "gives" in table}) > 1
    assert any("fails" in table for table in own) or kind in NEVER_FAIL


NEVER_FAIL = {"latency"}
"""Kinds that have a score for every subject."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_is_sound(kind: str, tmp_path: Path) -> None:
    """The TOML in the docstring, completed to a spec, has no mistake."""
    text = docstring(EVALUATORS[kind].fields)
    assert "```toml" in text
    example = tomllib.loads(text.partition("```toml")[2].partition("```")[0])
    (name,) = example["evaluators"]
    table = example["evaluators"][name]
    assert table["type"] == kind
    fields = EVALUATORS[kind].fields.model_validate(table)
    yields = EVALUATORS[kind].yields(fields)
    scores = {score: _config(yields[key]) for key, score in outputs_of(fields).items()}
    given = {
        other: {"type": "python", "callable": "judge:judge", "score": other}
        for other in example.get("scores", {})
    }
    tree = {
        "evalspec": 1,
        "name": "example",
        "dataset": {"type": "inline", "items": [{"id": "1", "input": "x"}]},
        "task": {"type": "python", "callable": "judge:judge"},
        **example,
        "scores": {**scores, **example.get("scores", {})},
        "evaluators": {**example["evaluators"], **given},
    }
    (tmp_path / "judge.py").write_text("def judge(output): return True\n")
    for file in example_files(kind):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("{}")
    document, _ = parse_document(_json(tree), path="spec.evalspec.json", format="json")
    assert document is not None
    around = Surroundings(tmp_path, tmp_path / "spec.evalspec.json", tmp_path / ".evalspec", {})
    found = check_document(document, around)
    assert [item.message for item in found if item.severity is Severity.ERROR] == []


def example_files(kind: str) -> Sequence[str]:
    """The files that an example names."""
    return FILES.get(kind, ())


FILES: dict[str, Sequence[str]] = {"json_schema": ["schemas/answer.schema.json"]}


def _config(yields: Any) -> dict[str, Any]:
    data_type = sorted(yields.data_types)[0]
    config: dict[str, Any] = {"data_type": data_type}
    if data_type == "CATEGORICAL":
        config["categories"] = ["bad", "good"]
    return config


def _json(tree: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(tree).decode()
