import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Evaluator, ScoreValue, Subject
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.values import Item


class Judge(Protocol):
    def __call__(self, output: Any, expected_output: Any = None, *, metadata: Any = None) -> ScoreValue: ...


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path, (tmp_path,), tmp_path / ".evalspec")


@pytest.fixture
def resolve(tmp_path: Path) -> Callable[..., tuple[Resolved, list[Problem]]]:
    """Resolves the fields of a built-in kind, which needs no code."""

    def run(kind_name: str, **fields: Any) -> tuple[Resolved, list[Problem]]:
        kind = EVALUATORS[kind_name]
        resolving = Resolving(tmp_path, tmp_path, cast(Any, None), {}, tmp_path / ".evalspec")
        model = kind.fields.model_validate({"type": kind_name, "score": "s", **fields})
        return kind.resolve(model, resolving), resolving.problems

    return run


@pytest.fixture
def judge(resolve: Any, loading: Loading) -> Callable[..., Judge]:
    """An evaluator made of its fields, as a function of what it judges."""

    def make(kind_name: str, **fields: Any) -> Judge:
        resolved, problems = resolve(kind_name, **fields)
        assert problems == []
        evaluator: Evaluator = EVALUATORS[kind_name].build(resolved.fields, loading)

        def call(output: Any, expected_output: Any = None, *, metadata: Any = None) -> ScoreValue:
            result = evaluator(Subject(Item("1", "question", expected_output, metadata), output))
            assert not inspect.isawaitable(result)
            (score,) = result
            return score

        return call

    return make


@pytest.fixture
def module(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Writes a module that no other test has and gives its name."""

    def write(text: str) -> str:
        name = f"es_{abs(hash(request.node.nodeid))}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text).strip() + "\n")
        return name

    return write
