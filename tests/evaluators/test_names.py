"""A word means the same in every kind of evaluator; CONTRIBUTING.md says what."""

from typing import Any, get_args

import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import AttachFields
from evalspec.schema.catalogue import evaluator_list

VERDICTS = {"passed", "found", "won"}
MATCHES = {"one", "each", "any", "all", "none", "first", "last"}
NOTHING_THERE = {"error", "skip", "ignore", "null", "false"}


@pytest.mark.parametrize("entry", evaluator_list().kinds, ids=lambda entry: entry.name)
def test_a_verdict_among_several_scores_is_passed(entry: Any) -> None:
    keys = {score.key for score in entry.gives or () if score.key and score.data_types == ["BOOLEAN"]}
    assert keys <= VERDICTS
    assert keys <= {"passed"} or entry.name in {"pii", "pairwise"}


@pytest.mark.parametrize("kind", EVALUATORS)
def test_fields_of_one_name_choose_among_the_same_words(kind: str) -> None:
    fields = {name: field.annotation for name, field in EVALUATORS[kind].fields.model_fields.items()}
    assert set(get_args(fields.get("match"))) <= MATCHES
    for name in ("on_none", "on_skipped"):
        assert set(get_args(fields.get(name))) <= NOTHING_THERE
    if "pattern" in fields and "observation_type" in fields:
        assert "name" in fields


def test_what_attaches_chooses_among_them_too() -> None:
    assert set(get_args(AttachFields.model_fields["match"].annotation)) <= MATCHES
    assert set(get_args(AttachFields.model_fields["on_none"].annotation)) <= NOTHING_THERE
