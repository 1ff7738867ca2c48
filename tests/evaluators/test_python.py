import inspect
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item

SUBJECT = Subject(Item("1", {"q": "?"}, "Paris", {"tags": ["x"]}), {"answer": "Paris"}, 2)


@pytest.fixture
def evaluate(module: Callable[[str], str], loading: Loading) -> Callable[..., list[ScoreValue]]:
    """Runs the function `judge` of a module on SUBJECT."""

    def run(text: str, scores: dict[str, str] | None = None) -> list[ScoreValue]:
        fields = {"callable": f"{module(text)}:judge", **({"scores": scores} if scores else {})}
        evaluator = EVALUATORS["python"].build(fields, loading)
        result = evaluator(SUBJECT)
        assert evaluator.blocking is not inspect.isawaitable(result)
        if inspect.isawaitable(result):

            async def wait() -> Any:
                return await result

            return list(anyio.run(wait))
        return list(result)

    return run


EVALUATION = """
class Evaluation:
    def __init__(self, *, name, value, comment=None, metadata=None, data_type=None, config_id=None):
        self.name, self.value, self.comment, self.metadata = name, value, comment, metadata
        self.data_type, self.config_id = data_type, config_id
"""


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("return output['answer'] == expected_output", ScoreValue(True)),
        ("return 0.5", ScoreValue(0.5)),
        ("return 'good'", ScoreValue("good")),
        ("return None", ScoreValue(None)),
        ("return [True]", ScoreValue(True)),
        (
            "return Evaluation(name='x', value=1, comment='c', metadata={'m': (1,)})",
            ScoreValue(1, "", "c", {"m": [1]}),
        ),
        ("return [Evaluation(name='x', value=None)]", ScoreValue(None)),
        ("return {'name': 'x', 'value': 0.5, 'comment': 'c'}", ScoreValue(0.5, "", "c")),
        ("return {'value': True}", ScoreValue(True)),
        ("import enum; return enum.StrEnum('E', {'A': 'a'}).A", ScoreValue("a")),
        ("return Evaluation(name='x', value=1, metadata=[1])", ScoreValue(1, "", None, {"metadata": [1]})),
    ],
)
def test_one_score(evaluate: Any, body: str, score: ScoreValue) -> None:
    result = evaluate(
        f"{EVALUATION}\ndef judge(*, input, output, expected_output, metadata, **kw):\n    {body}"
    )
    assert result == [score]
    assert type(result[0].value) is type(score.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return [1, 2]", "returned 2 values; name them with `scores"),
        ("return []", "returned 0 values"),
        ("return {'a': 1}", "returned a mapping; name its keys"),
        ("return object()", "a score is a number, a boolean or text, not object"),
        ("return (x for x in ())", "not generator"),
        ("return float('nan')", "NaN"),
        ("return Evaluation(name='x', value=[1])", "a score is a number, a boolean or text, not list"),
        (
            "return Evaluation(name='x', value=1, comment=3)",
            "the comment of an evaluation must be text, not int",
        ),
        (
            "return Evaluation(name='x', value=1, metadata={'a': b''})",
            "metadata of an evaluation is not JSON",
        ),
        ("import asyncio; return asyncio.sleep(0)", "returned a coroutine; declare it `async def`"),
    ],
)
def test_what_is_no_score(evaluate: Any, body: str, words: str) -> None:
    with pytest.raises(EvaluationError, match=words) as caught:
        evaluate(f"{EVALUATION}\ndef judge(output):\n    {body}")
    assert caught.value.kind == "invalid_result"


TWO = {"a": "score_a", "b": "score_b"}


@pytest.mark.parametrize(
    ("body", "scores"),
    [
        ("return {'b': False, 'a': 1}", [ScoreValue(1, "a"), ScoreValue(False, "b")]),
        ("return {'a': None, 'b': 2}", [ScoreValue(None, "a"), ScoreValue(2, "b")]),
        ("return None", [ScoreValue(None, "a"), ScoreValue(None, "b")]),
        (
            "return [Evaluation(name='b', value='x', comment='c'), {'name': 'a', 'value': 1}]",
            [ScoreValue(1, "a"), ScoreValue("x", "b", "c")],
        ),
        (
            "return {'a': Evaluation(name='other', value=1), 'b': {'value': 2}}",
            [ScoreValue(1, "a"), ScoreValue(2, "b")],
        ),
    ],
)
def test_several_scores(evaluate: Any, body: str, scores: list[ScoreValue]) -> None:
    assert evaluate(f"{EVALUATION}\ndef judge(output):\n    {body}", TWO) == scores


def test_one_named_evaluation(evaluate: Any) -> None:
    text = f"{EVALUATION}\ndef judge(output): return Evaluation(name='a', value=1)"
    assert evaluate(text, {"a": "score_a"}) == [ScoreValue(1, "a")]


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("return {'a': 1}", "missing_score", "did not return `b`"),
        ("return {'a': 1, 'b': 2, 'c': 3}", "unknown_score", "returned `c`, which `scores` does not name"),
        ("return 0.5", "invalid_result", "returns a mapping or named evaluations, not float"),
        ("return [1, 2]", "invalid_result", "not int"),
        ("return [{'name': 'a', 'value': 1}] * 2", "invalid_result", "returned `a` twice"),
    ],
)
def test_wrong_keys(evaluate: Any, body: str, kind: str, words: str) -> None:
    with pytest.raises(EvaluationError, match=words) as caught:
        evaluate(f"def judge(output):\n    {body}", TWO)
    assert caught.value.kind == kind


def test_async_evaluators(evaluate: Any) -> None:
    text = """
    import anyio
    async def judge(answer):
        await anyio.sleep(0)
        return answer == {'answer': 'Paris'}
    """
    assert evaluate(text) == [ScoreValue(True)]


def test_what_it_is_given(evaluate: Any) -> None:
    text = """
    def judge(trial, item, output, metadata):
        return f"{trial} {item['id']} {item.input['q']} {output['answer']} {metadata['tags']}"
    """
    assert evaluate(text) == [ScoreValue("3 1 ? Paris ['x']")]


def test_it_changes_nothing_for_others(evaluate: Any) -> None:
    text = """
    def judge(item, output, metadata, input):
        item.input.clear(); output.clear(); metadata["tags"].clear(); input.clear()
        return True
    """
    evaluate(text)
    assert Subject(Item("1", {"q": "?"}, "Paris", {"tags": ["x"]}), {"answer": "Paris"}, 2) == SUBJECT


def test_its_own_exceptions_come_through(evaluate: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        evaluate("def judge(output): return 1 / 0")


def test_a_function_that_cannot_be_called(evaluate: Any) -> None:
    with pytest.raises(LoadError, match="an evaluator is not given `left`, `right`"):
        evaluate("def judge(left, right): ...")
