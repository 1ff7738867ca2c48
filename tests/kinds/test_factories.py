"""Functions that a factory or a class makes of arguments in the spec."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Subject
from evalspec.fingerprint.code import CodeBase
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks import TASKS

SOURCE = """
def answering(prefix, *, suffix="!"):
    def answer(input):
        return prefix + input + suffix
    return answer

class Longer:
    def __init__(self, than):
        self.than = than
    def __call__(self, output):
        return len(output) > self.than

def anything(**options):
    async def judge(output):
        return options["value"]
    return judge

def broken():
    raise ValueError("no such style")

def nothing():
    return 3

async def later():
    return len

def yields():
    yield len
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "es_factories.py").write_text(SOURCE)
    return tmp_path


def resolved(
    root: Path, kinds: Any, name: str, arguments: Any, **more: Any
) -> tuple[Resolved, list[Problem]]:
    resolving = Resolving(root, root, CodeBase(root, {}, search_path=(".",)), {}, root / ".evalspec")
    given = {"type": "python", "callable": f"es_factories:{name}", **more}
    if arguments is not None:
        given["arguments"] = arguments
    kind = kinds["python"]
    return kind.resolve(kind.fields.model_validate(given), resolving), resolving.problems


def loading(root: Path) -> Loading:
    return Loading(root, (root,), root / ".evalspec")


def test_a_task_that_a_factory_makes(root: Path) -> None:
    found, problems = resolved(root, TASKS, "answering", {"prefix": "<"})
    assert problems == []
    assert found.fields["arguments"] == {"prefix": "<"}
    task = TASKS["python"].build(found.fields, loading(root))
    assert task(Item("1", "a", None, None), 0) == "<a!"


@pytest.mark.parametrize(
    ("name", "arguments", "value"), [("Longer", {"than": 2}, True), ("anything", {"value": 0.5}, 0.5)]
)
def test_an_evaluator_that_a_class_or_factory_makes(
    root: Path, name: str, arguments: dict[str, Any], value: Any
) -> None:
    found, problems = resolved(root, EVALUATORS, name, arguments, score="s")
    assert problems == []
    assert found.reads is None
    evaluator: Any = EVALUATORS["python"].build(found.fields, loading(root))

    async def judged() -> Any:
        given = evaluator(Subject(Item("1", "a", None, None), "abc"))
        return await given if hasattr(given, "__await__") else given

    (score,) = anyio.run(judged)
    assert score.value == value


def test_arguments_belong_to_the_digest(root: Path) -> None:
    without, _ = resolved(root, EVALUATORS, "anything", None, score="s")
    identities = [
        resolved(root, EVALUATORS, "anything", arguments, score="s")[0].identity
        for arguments in ({}, {"value": 1}, {"value": 2})
    ]
    assert without.identity == {}
    assert identities == [{"arguments": {}}, {"arguments": {"value": 1}}, {"arguments": {"value": 2}}]


@pytest.mark.parametrize(
    ("name", "arguments", "code", "at"),
    [
        ("answering", {}, "missing-field", ("arguments",)),
        ("answering", {"prefix": "a", "sufix": "b"}, "unknown-field", ("arguments", "sufix")),
        ("later", {}, "callable-signature", ("callable",)),
        ("yields", {}, "callable-signature", ("callable",)),
        ("Longer", None, "callable-signature", ("callable",)),
    ],
)
def test_mistakes(root: Path, name: str, arguments: Any, code: str, at: tuple[str, ...]) -> None:
    _, (problem,) = resolved(root, TASKS, name, arguments)
    assert (problem.code, problem.at) == (code, at)


@pytest.mark.parametrize(("name", "said"), [("broken", "ValueError: no such style"), ("nothing", "is int")])
def test_a_factory_that_makes_no_function(root: Path, name: str, said: str) -> None:
    found, problems = resolved(root, TASKS, name, {})
    assert problems == []
    with pytest.raises(LoadError, match=said):
        TASKS["python"].build(found.fields, loading(root))
