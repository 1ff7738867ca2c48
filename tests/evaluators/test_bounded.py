"""How bounded work ends an evaluation."""

import subprocess
import sys
from collections.abc import Awaitable
from typing import Any

import pytest

from evalspec.evaluators import EVALUATORS, levenshtein
from evalspec.evaluators.base import EvaluationError, Subject
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.kinds.bounded import Limits, close_pool
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item

SIMILARITY = "evalspec.evaluators.distances:levenshtein_similarity"
LONG = "ab" * 50_000


async def failure(*arguments: Any, **keywords: Any) -> tuple[str, str]:
    with pytest.raises(EvaluationError) as caught:
        await evaluate_bounded(*arguments, **keywords)
    return caught.value.kind, str(caught.value)


async def test_the_value_of_the_function() -> None:
    # kitten, sitten, sittin, sitting: three edits of seven characters.
    for cost, quick in ((None, None), (42, 42), (42, 41)):
        found = await evaluate_bounded(SIMILARITY, ["Kitten", "sitting", True], cost=cost, quick=quick)
        assert found == pytest.approx(4 / 7)
    await close_pool()


async def test_every_end_is_a_kind_of_failure() -> None:
    brief, small = Limits(seconds=0.001), Limits(bytes=1_000)
    assert await failure(
        SIMILARITY, [LONG, LONG[::-1], False], limits=brief, preload=["rapidfuzz.distance"]
    ) == (
        "timeout",
        "it took more than 0.001 seconds",
    )
    assert await failure(SIMILARITY, [LONG, "", False], limits=small) == (
        "too_large",
        "the input has more than 1,000 bytes",
    )
    kind, message = await failure(SIMILARITY, ["a", 1, False])
    assert kind == "evaluation_failed"
    assert message.startswith("TypeError: ")
    kind, message = await failure("evalspec.kinds.python:nothing", [], cost=1, quick=1)
    assert (kind, message) == (
        "evaluation_failed",
        "NotAllowed: `evalspec.kinds.python` has no function `nothing`",
    )
    await close_pool()


async def test_a_refusal_keeps_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalspec.evaluators import distances
    from evalspec.kinds.bounded import Refused, functions

    def refuse() -> None:
        raise Refused("not_sql", "that is no SQL")

    monkeypatch.setattr(distances, "refuse", refuse, raising=False)
    functions.find_function.cache_clear()
    assert await failure("evalspec.evaluators.distances:refuse", [], cost=1, quick=1) == (
        "not_sql",
        "that is no SQL",
    )
    functions.find_function.cache_clear()


async def test_long_texts_are_compared_in_a_worker(loading: Loading) -> None:
    fields = {"value": "output", "expected": "expected_output", "ignore_case": True}
    evaluator = EVALUATORS["levenshtein"].build(fields, loading)
    # One edit in 10,000, and the product is beyond what is quick.
    text = "x" * 9_999
    assert len(text) ** 2 > levenshtein._QUICK
    result = evaluator(Subject(Item("1", None, f"{text}Z"), f"{text}é"))
    assert isinstance(result, Awaitable)
    (score,) = await result
    assert score.value == pytest.approx(1 - 1 / 10_000)
    await close_pool()


def test_a_worker_imports_no_more_than_it_needs() -> None:
    program = (
        "import sys, evalspec.kinds.bounded.worker, evalspec.evaluators.distances;"
        "print(*sorted(sys.modules.keys() & {'pydantic', 'jinja2', 'asyncio', 'anyio', 'rapidfuzz'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
