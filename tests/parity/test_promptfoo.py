"""What promptfoo asserts can be asserted here: every fragment of `promptfoo.toml` is checked, compiled, and
called with an output that passes and one that fails.

An `[[assertion]]` has a `name`, its `group`, and the `fragment` of TOML that does the same here; `passing`
and `failing` are subjects as in `tests/support/evaluator_cases.py`, with `gives`, the values by the name of
the score, or `fails`, the kind of failure by evaluator; `asked` and `answered` are what the service at
https://checks.example hears and says. `models` are used in place of those that the fragment names, `files`
stand beside the spec. Scores that the fragment does not declare are added. An assertion without a counterpart
has a `reason` instead, and what to do `instead`.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from inspect import isawaitable
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel, ValidationError

from evalspec.api.beginning import open_models
from evalspec.api.compiling import check, compile_with_diagnostics
from evalspec.api.workspace import Workspace
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, Subject, outputs_of
from evalspec.kinds.lifetime import aclose_if_open
from evalspec.plan.model import Plan
from evalspec.rubrics.library import find_rubric
from evalspec.runner.composition import stages_of
from evalspec.spec.aggregates import AGGREGATES
from tests.support.evaluator_cases import Case
from tests.support.http_service import Service, as_json, http_service
from tools.coming_from import ASSERTIONS, LIBRARIES, Assertion

# The assertion types of promptfoo 0.123, and what can stand around them.
NAMES = """
    equals contains icontains contains-all contains-any icontains-all icontains-any starts-with regex
    word-count is-refusal is-json contains-json is-html contains-html is-sql contains-sql is-xml
    contains-xml is-valid-function-call is-valid-openai-function-call is-valid-openai-tools-call
    levenshtein bleu gleu rouge-n meteor similar similar:cosine similar:dot similar:euclidean perplexity
    perplexity-score cost latency finish-reason guardrails tool-call-f1 skill-used trajectory:tool-used
    trajectory:tool-args-match trajectory:tool-sequence trajectory:step-count trajectory:goal-success
    trace-error-spans trace-span-count trace-span-duration javascript python ruby webhook llm-rubric
    g-eval factuality model-graded-factuality model-graded-closedqa answer-relevance context-relevance
    context-recall context-faithfulness conversation-relevance classifier moderation pi search-rubric
    agent-rubric select-best max-score human not- weight threshold assert-set transform
""".split()

HEAD = """\
evalspec = 1
name = "parity"

[dataset]
type = "inline"

[[dataset.items]]
id = "1"
input = "x"

[task]
type = "python"
callable = "assistant:answer"
"""
MODELS = {"judge": {"model": "embedded:overlap"}, "embedding": {"model": "embedded:hash"}}

COUNTERPARTS = [assertion for assertion in ASSERTIONS if assertion.fragment]


def test_every_assertion_has_an_entry() -> None:
    assert sorted(assertion.name for assertion in ASSERTIONS) == sorted(NAMES)


@pytest.mark.parametrize("assertion", ASSERTIONS, ids=lambda assertion: assertion.name)
def test_an_entry_shows_a_counterpart_or_says_why_there_is_none(assertion: Assertion) -> None:
    if not assertion.fragment:
        assert assertion.table["reason"]
        assert assertion.table["instead"]
        return
    assert "reason" not in assertion.table
    passing, failing = assertion.table["passing"], assertion.table["failing"]
    assert passing["gives"]
    # Each score tells the two apart, unless the evaluation of the failing one fails.
    for name, value in failing.get("gives", {}).items():
        assert passing["gives"][name] != value


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".evalspec-root").touch()
    (tmp_path / "assistant.py").write_text("def answer(item):\n    return 'x'\n")
    return tmp_path


@pytest.mark.parametrize("assertion", COUNTERPARTS, ids=lambda assertion: assertion.name)
def test_a_fragment_tells_what_passes_from_what_fails(
    assertion: Assertion, project: Path, service: Service
) -> None:
    for name, content in assertion.table.get("files", {}).items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content)
    spec = project / "spec.evalspec.toml"
    spec.write_text(HEAD + assertion.fragment + "\n" + _missing_scores(assertion.fragment))
    assert [found.message for found in check(spec).diagnostics] == []

    tree = tomllib.loads(spec.read_text().replace("https://checks.example", service.url))
    if "models" in tree:
        tree["models"] = {
            name: {**MODELS, **assertion.table.get("models", {})}[name] for name in tree["models"]
        }
    called = project / "called.evalspec.json"
    called.write_text(json.dumps(tree))
    plan, diagnostics = compile_with_diagnostics(called)
    assert diagnostics == ()
    assert plan is not None
    for table in (assertion.table["passing"], assertion.table["failing"]):
        service.script(as_json(table.get("answered")))
        gives, fails = anyio.run(_evaluate, plan, project, Case("", 0, table).subject())
        assert fails == table.get("fails", {})
        assert [asked.json for asked in service.asked] == ([table["asked"]] if "asked" in table else [])
        service.asked.clear()
        assert _types(gives) == _types(table["gives"])
        assert gives == {name: _about(value) for name, value in table["gives"].items()}


def _types(values: Mapping[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in values.items()}


def _about(value: Any) -> Any:
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


def _missing_scores(fragment: str) -> str:
    """The scores that evaluators of a fragment give and it does not declare."""
    tree = tomllib.loads(fragment)
    lines: list[str] = []
    for table in tree["evaluators"].values():
        kind = EVALUATORS[table["type"]]
        fields = kind.fields.model_validate(table)
        yields = kind.yields(fields)
        for key, score in outputs_of(fields).items():
            if score in tree.get("scores", {}):
                continue
            (data_type,) = yields[key].data_types
            lines += [f"[scores.{score}]", f'data_type = "{data_type}"']
    return "\n".join(lines) + "\n"


async def _evaluate(plan: Plan, project: Path, subject: Subject) -> tuple[dict[str, Any], dict[str, str]]:
    """The values by score, and the kinds of failures by evaluator."""
    workspace = Workspace.at(project, environ={})
    gives: dict[str, Any] = {}
    fails: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(open_models(plan, workspace))
        loading = replace(workspace.loading(plan), models=models)
        for name in (name for stage in stages_of(plan) for name in stage):
            part = plan.evaluators[name]
            evaluator = EVALUATORS[part.type].build(part.fields, loading)
            stack.push_async_callback(aclose_if_open, evaluator)
            try:
                found = evaluator(replace(subject, scores=dict(gives)))
                values = await found if isawaitable(found) else found
            except EvaluationError as failure:
                fails[name] = failure.kind
                continue
            gives |= {part.scores[value.key]: value.value for value in values}
    return gives, fails


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_what_stands_for_scorers_of_other_libraries_is_there(library: Mapping[str, Any]) -> None:
    aggregates = library.get("aggregates", [])
    names = [one["name"] for one in (*library["scorers"], *aggregates)]
    assert len(names) == len(set(names))
    for scorer in library["scorers"]:
        table = {"type": scorer["kind"], "score": "s", **tomllib.loads(scorer.get("fields", ""))}
        assert _mistakes(EVALUATORS[scorer["kind"]].fields, table) <= {"missing"}, scorer["name"]
        if "rubric" in table:
            assert find_rubric(table["rubric"]) is not None
    for one in aggregates:
        table = {"function": one["function"], **tomllib.loads(one.get("fields", ""))}
        assert _mistakes(AGGREGATES[one["function"]], table) <= {"missing"}, one["name"]


def _mistakes(model: type[BaseModel], table: Mapping[str, Any]) -> set[str]:
    """What pydantic finds wrong; a field is missing where a table says only what is peculiar."""
    try:
        model.model_validate(table)
    except ValidationError as error:
        return {found["type"] for found in error.errors()}
    return set()
