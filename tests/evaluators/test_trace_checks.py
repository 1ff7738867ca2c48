"""Mistakes in the fields of the kinds of runtime, trajectories and compositions, and where they stand."""

from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from evalspec.evaluators import EVALUATORS
from evalspec.kinds.resolving import Problem, Resolving


def problems(folder: Path, kind: str, fields: dict[str, Any], known: set[str] | None = None) -> list[Problem]:
    score = {} if "scores" in fields else {"score": "s"}
    model = EVALUATORS[kind].fields.model_validate({"type": kind, **score, **fields})
    resolving = Resolving(folder, folder, cast(Any, None), {}, folder / ".evalspec", scores=known)
    EVALUATORS[kind].resolve(model, resolving)
    return resolving.problems


ON_NOTHING = {"scores": {"passed": "w"}}
WRONG: list[tuple[str, dict[str, Any], str, tuple[str | int, ...]]] = [
    ("latency", ON_NOTHING, "missing-field", ("scores", "passed")),
    ("latency", {"max": 2.0, "scores": {"seconds": "s"}}, "wrong-value", ("max",)),
    ("time_to_first_token", ON_NOTHING, "missing-field", ("scores", "passed")),
    ("token_usage", {"max": 10, "scores": {"total": "t"}}, "wrong-value", ("max",)),
    ("cost", ON_NOTHING, "missing-field", ("scores", "passed")),
    ("finish_reason", {}, "missing-field", ()),
    ("finish_reason", {"scores": {"passed": "a"}}, "missing-field", ()),
    ("finish_reason", {"scores": {"reason": "r"}, "allowed": ["stop"]}, "wrong-value", ("allowed",)),
    ("step_count", {"min": 3, "max": 2, "scores": {"passed": "w"}}, "invalid-bounds", ("min",)),
    ("step_count", {"min": 3, "scores": {"count": "c"}}, "wrong-value", ("min",)),
    ("step_count", {"observations": "outptu"}, "undefined-name", ("observations",)),
    ("error_spans", ON_NOTHING, "missing-field", ("scores", "passed")),
    ("span_count", {"pattern": "(a"}, "invalid-regex", ("pattern",)),
    ("step_count", {"pattern": "a(?=b)"}, "invalid-regex", ("pattern",)),
    ("error_spans", {"pattern": "a", "name": "a"}, "wrong-value", ("pattern",)),
    ("span_duration", {"pattern": "a", "name": "a"}, "wrong-value", ("pattern",)),
    ("span_duration", {"max": 1.0, "scores": {"seconds": "s"}}, "wrong-value", ("max",)),
    ("tool_used", {}, "missing-field", ()),
    ("tool_used", {"names": ["a"], "expected": "output"}, "wrong-value", ("names",)),
    ("tool_used", {"names": ["a"], "match": "none", "min": 2}, "wrong-value", ("min",)),
    ("tool_used", {"names": ["a"], "min": 3, "max": 2}, "invalid-bounds", ("min",)),
    ("tool_sequence", {}, "missing-field", ()),
    ("tool_arguments", {"name": "a"}, "missing-field", ()),
    ("tool_arguments", {"name": "a", "expected": "x"}, "undefined-name", ("expected",)),
    ("tool_arguments", {"name": "a", "expected": "output", "arguments": {}}, "wrong-value", ("arguments",)),
    ("valid_tool_call", {}, "missing-field", ()),
    ("valid_tool_call", {"tools": "input", "definitions": {"a": {}}}, "wrong-value", ("tools",)),
    (
        "valid_tool_call",
        {"definitions": {"a": {"properties": {"x": {"type": "txt"}}}}},
        "invalid-schema",
        ("definitions", "a", "properties", "x", "type"),
    ),
    ("all", {"of": ["corect"]}, "unknown-score", ("of", 0)),
    ("all", {"of": ["correct", "scores.simliarity > 1"]}, "unknown-score", ("of", 1)),
    ("any", {"of": ["correct and"]}, "expression-syntax", ("of", 0)),
    ("not", {"of": ["very-good"]}, "unknown-score", ("of", 0)),
    ("weighted", {"weights": {"corect": 1.0}}, "unknown-score", ("weights", "corect")),
    ("expression", {"value": "scores | length"}, "unknown-score", ("value",)),
    ("expression", {"value": "observation.name"}, "undefined-name", ("value",)),
]


@pytest.mark.parametrize(("kind", "fields", "code", "at"), WRONG)
def test_what_is_wrong_is_reported_at_its_place(
    tmp_path: Path, kind: str, fields: dict[str, Any], code: str, at: tuple[str | int, ...]
) -> None:
    [problem] = problems(tmp_path, kind, fields, {"correct", "similarity"})
    assert (problem.code, problem.at) == (code, at)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("tool_used", {"names": []}),
        ("finish_reason", {"allowed": []}),
        ("weighted", {"weights": {}}),
        ("weighted", {"weights": {"a": 0}}),
        ("weighted", {"weights": {"a": -1}}),
        ("all", {"of": []}),
        ("ndcg", {"k": 0}),
        ("tool_used", {"names": ["a"], "min": 0}),
        ("step_count", {"observation_type": []}),
        ("step_count", {"observation_type": "tol"}),
        ("span_count", {"observation_type": ["tool", "tol"]}),
    ],
)
def test_what_a_field_does_not_take(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EVALUATORS[kind].fields.model_validate({"type": kind, "score": "s", **fields})


def test_the_name_of_a_score_is_near_another(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, "all", {"of": ["corect"]}, {"correct", "similarity"})
    assert problem.suggestion == "correct"
    [problem] = problems(tmp_path, "weighted", {"weights": {"corect": 1.0}}, {"correct"})
    assert (problem.suggestion, problem.key) == ("correct", True)


def test_a_name_and_its_expression_are_the_same(tmp_path: Path) -> None:
    """So that neither way to write it changes a digest."""

    def identity(*of: str) -> Any:
        fields = EVALUATORS["all"].fields.model_validate({"type": "all", "of": [*of], "score": "s"})
        resolving = Resolving(tmp_path, tmp_path, cast(Any, None), {}, tmp_path)
        resolved = EVALUATORS["all"].resolve(fields, resolving)
        assert resolving.after == {"correct", "very-good"}
        return resolved.identity

    assert identity("correct", "very-good") == identity("scores.correct", 'scores["very-good"]')


def test_types_are_a_set_however_they_are_written(tmp_path: Path) -> None:
    """So that neither way to write them changes a digest."""

    def identity(kind: str, **types: Any) -> Any:
        fields = EVALUATORS[kind].fields.model_validate({"type": kind, "score": "s", **types})
        resolving = Resolving(tmp_path, tmp_path, cast(Any, None), {}, tmp_path)
        return EVALUATORS[kind].resolve(fields, resolving).identity

    assert identity("span_count", observation_type="tool") == identity(
        "span_count", observation_type=["tool", "tool"]
    )
    assert identity("step_count") == identity("step_count", observation_type=["tool", "generation"])
    assert identity("step_count") != identity("step_count", observation_type="tool")


@pytest.mark.parametrize("kind", ["latency", "cost", "token_usage", "step_count", "word_count"])
def test_a_bound_makes_a_lone_score_a_yes_or_no(kind: str) -> None:
    fields = EVALUATORS[kind].fields
    extra = {"max": 2.0} if kind in ("latency", "cost") else {"max": 2}
    unbounded = fields.model_validate({"type": kind, "score": "s"})
    bounded = fields.model_validate({"type": kind, "score": "s", **extra})
    assert EVALUATORS[kind].yields(unbounded)[""].data_types == {"NUMERIC"}
    assert EVALUATORS[kind].yields(bounded)[""].data_types == {"BOOLEAN"}
