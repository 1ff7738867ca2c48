"""Several mistakes in one table: each is reported once, at its place, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalspec.source.pointers import walk
from tests.compiler.project import DELETED, SPEC, changed, checked, write_project, write_spec
from tests.compiler.test_composed import COMPOSED
from tests.fuzz.mutating import KITCHEN_SINK

TALKING = changed(
    SPEC,
    {
        "/models/answering": {"model": "embedded:echo"},
        "/models/customer": {"model": "embedded:rules", "rules": [{"pattern": "a", "answer": "b"}]},
        "/prompts/support": {"type": "inline", "text": "Help with {{ item.id }}."},
        "/task": {
            "type": "conversation",
            "model": "answering",
            "prompt": "support",
            "user": {"model": "customer", "persona": "A customer.", "goal": "{{ input.text }}"},
            "tools": [
                {"name": "look", "callable": "parcels.judging:tone"},
                {"name": "find", "callable": "parcels.judging:several"},
            ],
        },
    },
)
CHAINED = changed(
    SPEC,
    {
        "/task": {
            "type": "chain",
            "steps": [
                {"name": "first", "type": "python", "callable": "parcels.assistant:answer"},
                {"name": "ask", "type": "http", "url": "http://127.0.0.1/", "json": {"q": "{{ previous }}"}},
                {"name": "last", "type": "python", "callable": "parcels.assistant:answer"},
            ],
            "output": "steps.last",
        }
    },
)
ASKING = changed(
    SPEC,
    {
        "/task": {
            "type": "http",
            "url": "http://127.0.0.1/",
            "json": {"q": "{{ input }}"},
            "extract": "response.json",
        }
    },
)
JUDGED = changed(
    TALKING,
    {
        "/scores/polite": {"data_type": "NUMERIC", "min": 1, "max": 5},
        "/rubrics/manners": {"criteria": "Is it polite?", "scale": {"min": 1, "max": 5}},
        "/evaluators/polite": {
            "type": "llm_judge",
            "rubric": "manners",
            "model": "customer",
            "score": "polite",
        },
    },
)

SEVERAL: list[tuple[dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    (
        COMPOSED,
        {"/evaluators/quality/weights": {"correct": "3", "simlarity": 1}},
        {
            ("wrong-type", "/evaluators/quality/weights/correct"),
            ("unknown-score", "/evaluators/quality/weights/simlarity"),
        },
    ),
    (
        COMPOSED,
        {"/evaluators/passed/of": ["corect", 7], "/evaluators/passed/on_skipped": "fail"},
        {
            ("unknown-score", "/evaluators/passed/of/0"),
            ("wrong-type", "/evaluators/passed/of/1"),
            ("wrong-value", "/evaluators/passed/on_skipped"),
        },
    ),
    (
        TALKING,
        {"/task/user/mood": "cross", "/task/user/model": "custmer", "/task/user/goal": "{{ inptu }}"},
        {
            ("unknown-field", "/task/user/mood"),
            ("unknown-model", "/task/user/model"),
            ("undefined-name", "/task/user/goal"),
        },
    ),
    (
        TALKING,
        {
            "/task/tools/0/callable": 5,
            "/task/tools/1/callable": "parcels.judging:sevral",
            "/task/max_steps": 0,
        },
        {
            ("wrong-type", "/task/tools/0/callable"),
            ("attribute-not-found", "/task/tools/1/callable"),
            ("out-of-range", "/task/max_steps"),
        },
    ),
    (
        TALKING,
        {"/task/tools/0": "look", "/task/model": "answring", "/task/user/max_turns": "five"},
        {
            ("wrong-type", "/task/tools/0"),
            ("unknown-model", "/task/model"),
            ("wrong-type", "/task/user/max_turns"),
        },
    ),
    (
        TALKING,
        {"/models/customer/rules/0": {"pattern": "(", "anwser": "x"}, "/models/customer/timeout": "soon"},
        {
            ("invalid-regex", "/models/customer/rules/0/pattern"),
            ("unknown-field", "/models/customer/rules/0/anwser"),
            ("invalid-duration", "/models/customer/timeout"),
        },
    ),
    (
        TALKING,
        {"/models/customer/model": 7, "/models/customer/base_url": "nowhere"},
        {("wrong-type", "/models/customer/model"), ("wrong-value", "/models/customer/base_url")},
    ),
    (
        TALKING,
        {"/prompts/support/text": "{{ itme }}", "/prompts/support/colour": "red"},
        {("undefined-name", "/prompts/support/text"), ("unknown-field", "/prompts/support/colour")},
    ),
    (TALKING, {"/models": DELETED, "/model": TALKING["models"]}, {("unknown-field", "/model")}),
    (TALKING, {"/prompts": 7}, {("wrong-type", "/prompts")}),
    (
        CHAINED,
        {"/task/steps/0/type": "pyton", "/task/steps/1/json": {"q": "{{ steps.first }} {{ steps.last }}"}},
        {("unknown-type", "/task/steps/0/type"), ("unknown-step", "/task/steps/1/json/q")},
    ),
    (
        CHAINED,
        {"/task/steps/0/name": "the first", "/task/steps/2/callable": "parcels.assistant:anwser"},
        {("wrong-value", "/task/steps/0/name"), ("attribute-not-found", "/task/steps/2/callable")},
    ),
    (
        CHAINED,
        {"/task/steps/1": 7, "/task/steps/2/files": ["nothing/*"], "/task/output": "step.last"},
        {
            ("wrong-type", "/task/steps/1"),
            ("files-match-nothing", "/task/steps/2/files/0"),
            ("undefined-name", "/task/output"),
        },
    ),
    (
        ASKING,
        {"/task/url": 7, "/task/extract": "respnse.json", "/task/expect_status": [True]},
        {
            ("wrong-type", "/task/url"),
            ("undefined-name", "/task/extract"),
            ("wrong-type", "/task/expect_status/0"),
        },
    ),
    (
        ASKING,
        {"/task/headers_env": {"authorization": {"evn": "TOKEN"}}, "/task/json/q": "{{ inptu }}"},
        {
            ("unknown-field", "/task/headers_env/authorization/evn"),
            ("undefined-name", "/task/json/q"),
        },
    ),
    (
        JUDGED,
        {"/rubrics/manners/scale/min": "one", "/evaluators/polite/inputs": {"output": "ouput"}},
        {
            ("wrong-type", "/rubrics/manners/scale/min"),
            ("undefined-name", "/evaluators/polite/inputs/output"),
        },
    ),
    (
        JUDGED,
        {
            "/evaluators/polite/samples": 0,
            "/evaluators/polite/rubric": "maners",
            "/evaluators/polite/modle": "x",
        },
        {
            ("out-of-range", "/evaluators/polite/samples"),
            ("unknown-rubric", "/evaluators/polite/rubric"),
            ("unknown-field", "/evaluators/polite/modle"),
        },
    ),
    (JUDGED, {"/evaluators/polite/rubric": DELETED}, {("missing-field", "/evaluators/polite")}),
    (
        SPEC,
        {
            "/scores/similarity/min": "0",
            "/scores/similarity/good": ["high"],
            "/gates/low/aggregate": "average",
        }
        | {"/gates/low/max": -1},
        {("wrong-type", "/scores/similarity/min"), ("invalid-categories", "/scores/similarity/good")},
    ),
    (
        SPEC,
        {"/scores/similarity/min": 2, "/gates/low/aggregate": "average", "/gates/low/min": 3},
        {("invalid-bounds", "/scores/similarity/min")},
    ),
    (
        SPEC,
        {"/scores/similarity/description": 7, "/scores/similarity/data_type": "BOOLEAN"}
        | {"/scores/similarity/min": DELETED, "/scores/similarity/max": DELETED},
        {
            ("wrong-type", "/scores/similarity/description"),
            ("data-type-mismatch", "/evaluators/close/score"),
        },
    ),
    (
        SPEC,
        {"/scores/tone/data_type": "CATEGORY", "/scores/tone/margin": -1},
        {("wrong-value", "/scores/tone/data_type"), ("out-of-range", "/scores/tone/margin")},
    ),
    (
        SPEC,
        {"/scores/tone/categories": 7, "/scores/tone/good": ["polite", 7]},
        {("wrong-type", "/scores/tone/categories"), ("wrong-type", "/scores/tone/good/1")},
    ),
    (
        SPEC,
        {
            "/evaluators/exact/value": 7,
            "/evaluators/exact/score": "corect",
            "/evaluators/exact/when": "metdata",
        },
        {
            ("wrong-type", "/evaluators/exact/value"),
            ("unknown-score", "/evaluators/exact/score"),
            ("undefined-name", "/evaluators/exact/when"),
        },
    ),
    (
        SPEC,
        {"/evaluators/exact/score": DELETED, "/evaluators/exact/scoer": "correct"}
        | {"/evaluators/exact/value": "ouput"},
        {("unknown-field", "/evaluators/exact/scoer"), ("undefined-name", "/evaluators/exact/value")},
    ),
    (
        SPEC,
        {
            "/evaluators/tone/callable": DELETED,
            "/evaluators/tone/env": ["A", 7],
            "/evaluators/tone/score": "ton",
        },
        {
            ("missing-field", "/evaluators/tone"),
            ("wrong-type", "/evaluators/tone/env/1"),
            ("unknown-score", "/evaluators/tone/score"),
        },
    ),
    (
        SPEC,
        {"/evaluators/close/attach": {"to": "trace", "type": "tol"}, "/evaluators/close/value": "output |"},
        {
            ("wrong-value", "/evaluators/close/attach/to"),
            ("wrong-value", "/evaluators/close/attach/type"),
            ("expression-syntax", "/evaluators/close/value"),
        },
    ),
    (
        SPEC,
        {"/aggregates/accuracy/score": "corect", "/aggregates/accuracy/by": 7},
        {("unknown-score", "/aggregates/accuracy/score"), ("wrong-type", "/aggregates/accuracy/by")},
    ),
    (
        SPEC,
        {"/aggregates/p": {"function": "percentile", "percentile": "95", "score": "ton"}},
        {
            ("wrong-type", "/aggregates/p/percentile"),
            ("unknown-score", "/aggregates/p/score"),
        },
    ),
    (
        SPEC,
        {"/gates/good_enough/min": "0.8", "/gates/good_enough/aggregate": "acuracy"},
        {("wrong-type", "/gates/good_enough/min"), ("unknown-aggregate", "/gates/good_enough/aggregate")},
    ),
    (
        SPEC,
        {"/gates/good_enough/minimum": 0.8, "/gates/good_enough/min": DELETED, "/gates/good_enough/max": "1"},
        {("unknown-field", "/gates/good_enough/minimum"), ("wrong-type", "/gates/good_enough/max")},
    ),
    (
        SPEC,
        {"/dataset/path": 7, "/dataset/where": "metdata", "/dataset/sample": {"size": 0}},
        {
            ("wrong-type", "/dataset/path"),
            ("undefined-name", "/dataset/where"),
            ("out-of-range", "/dataset/sample/size"),
        },
    ),
    (
        SPEC,
        {"/limits": {"concurrency": 0, "retires": 2}, "/run": {"name": "{{ sepc }}", "metadata": 7}},
        {
            ("out-of-range", "/limits/concurrency"),
            ("unknown-field", "/limits/retires"),
            ("undefined-name", "/run/name"),
            ("wrong-type", "/run/metadata"),
        },
    ),
]


@pytest.mark.parametrize(
    ("base", "changes", "expected"), SEVERAL, ids=[" ".join(changes) for _, changes, _ in SEVERAL]
)
def test_each_mistake_is_reported_and_nothing_else(
    tmp_path: Path, base: dict[str, Any], changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    write_project(tmp_path)
    assert checked(write_spec(tmp_path, base)) == ()
    found = checked(write_spec(tmp_path, changed(base, changes)))
    assert sorted((item.code, item.pointer or "") for item in found if item.code != "env-not-set") == sorted(
        expected
    )


def _wrong_types(tree: dict[str, Any]) -> Iterator[str]:
    """The places at which a table is never right, one for each value of a field."""
    free = ("/task/schema", "/task/json/", "/evaluators/shape/schema", "/run/metadata/")
    for pointer, value in walk(tree):
        if pointer and not isinstance(value, dict) and not pointer.startswith(free):
            yield pointer


@pytest.mark.parametrize("base", [KITCHEN_SINK, COMPOSED, JUDGED, CHAINED])
def test_nothing_follows_from_a_wrong_type(tmp_path: Path, base: dict[str, Any]) -> None:
    write_project(tmp_path)
    usual = set(checked(write_spec(tmp_path, base), environ={"SHOP": "x"}))
    several = {}
    for pointer in _wrong_types(base):
        spec = tmp_path / "spec.evalspec.json"
        spec.write_text(json.dumps(changed(base, {pointer: {"no such": [1.5]}})))
        found = [item for item in checked(spec, environ={"SHOP": "x"}) if item not in usual]
        if len({item.pointer for item in found}) > 1:
            several[pointer] = [(item.code, item.pointer) for item in found]
    assert several == {}
