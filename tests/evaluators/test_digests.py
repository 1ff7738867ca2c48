"""What changes the meaning of an evaluator changes its digest, and nothing else does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from evalspec.compiler.compile import _compile
from evalspec.compiler.context import Surroundings
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import COMMON_FIELDS, outputs_of
from evalspec.plan.model import PlanEvaluator
from evalspec.source.load import parse_document
from tests.support.evaluator_cases import cases

Fields = dict[str, Any]
KINDS = sorted({case.kind for case in cases()})
SAME_MEANING: dict[str, frozenset[str]] = {}
"""Fields of a kind that may change without changing what is measured, such as limits."""


def planned(
    folder: Path, fields: Fields, others: Fields | None = None, sections: Fields | None = None
) -> PlanEvaluator | None:
    """The plan's form of an evaluator; None where it cannot be compiled."""
    kind = EVALUATORS[fields["type"]]
    try:
        yields = kind.yields(kind.fields.model_validate(fields))
    except ValidationError:
        return None
    scores: Fields = {}
    for key, score in outputs_of(kind.fields.model_validate(fields)).items():
        if key not in yields:
            return None
        data_type = sorted(yields[key].data_types)[0]
        scores[score] = {"data_type": data_type}
        if data_type == "CATEGORICAL":
            scores[score]["categories"] = ["bad", "good"]
    tree = {
        "evalspec": 1,
        "name": "digests",
        "dataset": {"type": "inline", "items": [{"id": "1", "input": "x"}]},
        "task": {"type": "python", "callable": "judge:judge"},
        **(sections or {}),
        "scores": {**scores, **{name: {"data_type": "BOOLEAN"} for name in others or {}}},
        "evaluators": {
            "one": fields,
            **{name: {"type": "python", "callable": "judge:judge", "score": name} for name in others or {}},
        },
    }
    (folder / "judge.py").write_text("def judge(output): return True\n")
    return compiled(folder, json.dumps(tree))


def compiled(folder: Path, text: str) -> PlanEvaluator | None:
    document, faults = parse_document(text, path="spec.evalspec.json", format="json")
    assert document is not None
    around = Surroundings(folder, folder / "spec.evalspec.json", folder / ".evalspec", {})
    plan = _compile(document, around, faults, fetch=False).plan
    return None if plan is None else plan.evaluators["one"]


def variants(fields: Fields) -> Iterator[tuple[str, Fields]]:
    """The same fields without one of the kind's own, or with another number in it."""
    for name, value in fields.items():
        if name not in COMMON_FIELDS:
            yield name, {key: value for key, value in fields.items() if key != name}
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield name, {**fields, name: value + 1}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_belongs_to_the_digest(kind: str, tmp_path: Path) -> None:
    model = EVALUATORS[kind].fields
    compared = 0
    for case in cases(kind):
        others = case.scores
        whole = planned(tmp_path, case.fields, others, case.sections)
        if whole is None:
            continue
        for name, fields in variants(case.fields):
            field = model.model_fields[name]
            if field.default == case.fields[name] or name in SAME_MEANING.get(kind, ()):
                continue
            less = planned(tmp_path, fields, others, case.sections)
            if less is not None:
                compared += 1
                assert less.digest != whole.digest, (name, case.fields)
    assert compared or not set(model.model_fields) - COMMON_FIELDS - {"value", "expected"}


@pytest.mark.parametrize("kind", KINDS)
def test_spelling_and_description_do_not(kind: str, tmp_path: Path) -> None:
    for case in cases(kind):
        others = case.scores
        whole = planned(tmp_path, case.fields, others, case.sections)
        if whole is None:
            continue
        described = {**dict(reversed(case.fields.items())), "description": "For people."}
        other = planned(tmp_path, described, others, case.sections)
        assert other is not None
        assert other.digest == whole.digest
        conditional = planned(tmp_path, {**case.fields, "when": "input == 'x'"}, others, case.sections)
        assert conditional is not None
        assert conditional.digest != whole.digest
        return
