"""The evaluators `http` and `command`: what is sent, and how the answer becomes scores."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.attaching import attached
from evalspec.evaluators.base import EvaluationError, Evaluator, ScoreValue, Subject
from evalspec.kinds.loading import Loading
from evalspec.kinds.outside import CallFailed
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.model import PlanAttach, PlanEvaluator
from evalspec.plan.values import Item
from tests.support.evaluator_cases import observed
from tests.support.http_service import Service, as_json, as_text, http_service
from tests.support.plans import make_evaluator, make_score

ITEM = Item("france", "Capital?", "Paris", {"lang": "en"})
SUBJECT = Subject(ITEM, {"answer": 'Par"is'})
ANSWER = {"question": "{{ input }}", "answer": "{{ output.answer }}", "item": "{{ item.id }}"}


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


def resolve(kind: str, root: Path, **fields: Any) -> tuple[Resolved, list[Problem]]:
    resolving = Resolving(root, root, cast(Any, None), {}, root)
    table = {"type": kind, **fields}
    model = EVALUATORS[kind].fields.model_validate(table)
    return EVALUATORS[kind].resolve(model, resolving), resolving.problems


def build(kind: str, root: Path, **fields: Any) -> Evaluator:
    resolved, problems = resolve(kind, root, **fields)
    assert problems == []
    return EVALUATORS[kind].build(resolved.fields, Loading(root, (root,), root))


async def scores(evaluator: Evaluator, subject: Subject = SUBJECT) -> list[ScoreValue]:
    part = cast(Any, evaluator)
    try:
        return list(await part(subject))
    finally:
        if hasattr(part, "aclose"):
            await part.aclose()


async def judged(service: Service, answer: Any, **fields: Any) -> list[ScoreValue]:
    service.script(as_json(answer))
    given = {"score": "s"} if "scores" not in fields else {}
    return await scores(build("http", Path("/"), url=service.url, json=ANSWER, **given, **fields))


async def test_what_a_service_is_asked(service: Service) -> None:
    await judged(service, True)
    assert service.asked[0].json == {"question": "Capital?", "answer": 'Par"is', "item": "france"}


FULL = {"value": 0.5, "comment": "half", "metadata": {"by": "m"}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (True, [ScoreValue(True)]),
        (0.25, [ScoreValue(0.25)]),
        (3, [ScoreValue(3)]),
        ("good", [ScoreValue("good")]),
        (None, [ScoreValue(None)]),
        (FULL, [ScoreValue(0.5, "", "half", {"by": "m"})]),
    ],
)
async def test_one_score(service: Service, answer: Any, expected: list[ScoreValue]) -> None:
    assert await judged(service, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"a": FULL, "b": False}, [ScoreValue(0.5, "a", "half", {"by": "m"}), ScoreValue(False, "b")]),
        ([{"name": "b", "value": 1}, {"name": "a", "value": 2}], [ScoreValue(2, "a"), ScoreValue(1, "b")]),
        (None, [ScoreValue(None, "a"), ScoreValue(None, "b")]),
    ],
)
async def test_several_scores(service: Service, answer: Any, expected: list[ScoreValue]) -> None:
    assert await judged(service, answer, scores={"a": "s", "b": "t"}) == expected


@pytest.mark.parametrize(
    ("answer", "fields", "kind", "words"),
    [
        (
            {"pass": True},
            {},
            "invalid_result",
            "the service returned a mapping; name its keys with `scores = {…}`",
        ),
        ([1, 2], {}, "invalid_result", "the service returned 2 values; name them with `scores = {…}`"),
        ({"value": [1]}, {}, "invalid_result", "a score is a number, a boolean or text"),
        ({"a": 1}, {"scores": {"a": "s", "b": "t"}}, "missing_score", "the service did not return `b`"),
        ({"a": 1, "c": 1}, {"scores": {"a": "s"}}, "unknown_score", "the service returned `c`"),
    ],
)
async def test_what_is_no_score(
    service: Service, answer: Any, fields: dict[str, Any], kind: str, words: str
) -> None:
    with pytest.raises(EvaluationError) as caught:
        await judged(service, answer, **fields)
    assert caught.value.kind == kind
    assert words in str(caught.value)


async def test_the_webhook_of_promptfoo(service: Service) -> None:
    """Its answers are `{pass, score, reason}`."""
    extract = "{'value': response.json.pass, 'comment': response.json.reason}"
    found = await judged(service, {"pass": False, "score": 0.1, "reason": "rude"}, extract=extract)
    assert found == [ScoreValue(False, comment="rude")]


async def test_a_service_that_does_not_serve(service: Service) -> None:
    service.script(as_text("busy", 503))
    with pytest.raises(CallFailed) as caught:
        await scores(build("http", Path("/"), url=service.url, json="x", score="s"))
    assert (caught.value.kind, caught.value.outage) == ("http_status", True)


async def test_it_is_called_for_observations(service: Service) -> None:
    spans = observed([{"name": "a", "output": "x"}, {"name": "b", "output": "yy"}])
    service.answer = lambda asked: as_json(len(asked.json))
    fields = {"attach": {"to": "observation", "match": "each"}, "json": "{{ observation.output }}"}
    evaluator = build("http", Path("/"), url=service.url, score="s", **fields)
    plan: PlanEvaluator = make_evaluator("s", attach=PlanAttach(to="observation", match="each"))
    (score,) = await scores(attached(evaluator, plan, {"s": make_score()}), Subject(ITEM, "o", spans=spans))
    assert score.value == 1.5
    assert [part.value for part in score.parts] == [1, 2]
    assert service.all_closed()


def test_what_an_http_evaluator_reads_and_is() -> None:
    fields: dict[str, Any] = {"url": "http://x/{{ metadata.lang }}", "json": ANSWER}
    resolved, _ = resolve("http", Path("/"), **fields, score="s")
    assert resolved.reads == ("input", "item.id", "metadata.lang", "output.answer")
    assert resolved.identity == fields
    several, _ = resolve("http", Path("/"), **fields, scores={"b": "t", "a": "s"})
    assert several.identity == {**fields, "keys": ["a", "b"]}
    assert len(resolved.unpinned) == 1


@pytest.mark.parametrize("kind", ["http", "command"])
def test_names_that_an_evaluator_does_not_have(kind: str) -> None:
    more: Mapping[str, Any] = (
        {"url": "http://x", "json": "{{ observation }}"}
        if kind == "http"
        else {"argv": ["sh", "{{ observation }}"]}
    )
    (problem,) = resolve(kind, Path("/"), **more, score="s")[1]
    assert problem.code == "undefined-name"
    attach = {"attach": {"to": "observation"}}
    assert resolve(kind, Path("/"), **more, **attach, score="s")[1] == []


ECHO = """
import json, sys
given = json.load(sys.stdin)
print(json.dumps({"keys": {"value": len(given), "comment": " ".join(sorted(given))}, "same": given == {
    "id": "france", "input": "Capital?", "output": {"answer": 'Par"is'}, "expected_output": "Paris",
    "metadata": {"lang": "en"}}}))
"""


async def test_a_program_that_judges(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text(ECHO)
    argv = [Path(sys.executable).name, "judge.py"]
    found = await scores(build("command", tmp_path, argv=argv, scores={"keys": "k", "same": "s"}))
    assert found == [
        ScoreValue(5, "keys", "expected_output id input metadata output"),
        ScoreValue(True, "same"),
    ]
    resolved, _ = resolve("command", tmp_path, argv=argv, score="s")
    assert resolved.reads == ("expected_output", "input", "metadata", "output")
    assert list(resolved.identity["files"]) == ["judge.py"]
    assert json.dumps(resolved.fields)
    (tmp_path / "judge.py").write_text("print('[1, 2]')")
    moved = EVALUATORS["command"].moved(resolved.fields, Loading(tmp_path, (), tmp_path))
    assert moved == [f"`judge.py`, which the command `{argv[0]}` uses, has changed"]
    with pytest.raises(EvaluationError, match="the program returned 2 values"):
        await scores(build("command", tmp_path, argv=argv, score="s"))
    (tmp_path / "judge.py").write_text("raise SystemExit(2)")
    with pytest.raises(CallFailed, match="exited with 2"):
        await scores(build("command", tmp_path, argv=argv, score="s"))
