"""Python callables, checked from their source by the kinds that name them."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalspec.diagnostics import CATALOGUE, Severity
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import outputs_of
from evalspec.fingerprint.code import CodeBase
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import (
    LoadError,
    check_evaluator,
    check_run_evaluator,
    check_task,
    load_evaluator,
    load_run_evaluator,
    load_task,
)
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.tasks import TASKS

Resolve = Callable[..., tuple[Resolved, list[Problem]]]

SOURCE = """
import functools

def langfuse(*, item, **kwargs): ...
def judge(*, input, output, expected_output, metadata, **kwargs): ...
def one(question, temperature=0): ...
def two(left, right): ...
def nothing(): ...
def anything(*args, **kwargs): ...
def positional(input, /, *, item=None): ...
def generate(output): yield 1
async def stream(output): yield 1
async def later(output): ...
def wrapped_by_hand(function):
    @functools.wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
@wrapped_by_hand
def decorated(answer): ...

class Bot:
    def __init__(self): ...
    def method(self, output): ...
    @staticmethod
    def static(output): ...
    @classmethod
    def of_class(cls, output): ...
    def __call__(self, output): ...

bot = Bot()
shout = lambda output: output.upper()
"""

NAMES = [
    "langfuse",
    "judge",
    "one",
    "two",
    "nothing",
    "anything",
    "positional",
    "generate",
    "stream",
    "later",
    "decorated",
    "Bot",
    "Bot.method",
    "Bot.static",
    "Bot.of_class",
    "bot",
    "shout",
]


@pytest.fixture
def resolving(tmp_path: Path) -> Resolving:
    (tmp_path / "es_checks.py").write_text(SOURCE)
    return Resolving(tmp_path, tmp_path, CodeBase(tmp_path, {}), {}, tmp_path / ".evalspec")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("check", "load"),
    [(check_task, load_task), (check_evaluator, load_evaluator), (check_run_evaluator, load_run_evaluator)],
    ids=["task", "evaluator", "aggregate"],
)
def test_source_and_interpreter_agree(resolving: Resolving, name: str, check: Any, load: Any) -> None:
    """What is accepted when a spec is compiled can be called when it is run, in the same way, and
    nothing else.
    """
    reference = f"es_checks:{name}"
    loading = Loading(resolving.root, (resolving.root,), resolving.store)
    code = resolving.code(("callable",), reference)
    assert code is not None
    plan = check(resolving, ("callable",), code)
    try:
        loaded = load(reference, loading)
    except LoadError:
        assert plan is None
        assert [problem.code for problem in resolving.problems] == ["callable-signature"]
    else:
        assert resolving.problems == []
        if name != "decorated":
            # What a decorator makes of a function is known when it is run, not before.
            assert plan == loaded.call


def run(resolving: Resolving, registry: Any, **fields: Any) -> tuple[Resolved, list[Problem]]:
    kind = registry["python"]
    return kind.resolve(kind.fields.model_validate(fields), resolving), resolving.problems


def test_a_task(resolving: Resolving) -> None:
    (resolving.root / "prompts").mkdir()
    (resolving.root / "prompts" / "a.txt").write_text("Say it.")
    resolved, problems = run(
        resolving, TASKS, callable="es_checks:langfuse", files=["prompts/*.txt"], timeout="30s", repeats=2
    )
    assert problems == []
    assert resolved.fields == {"callable": "es_checks:langfuse", "files": ["prompts/*.txt"]}
    assert resolved.identity == {}
    assert resolved.code is not None
    assert set(resolved.code.files) == {"prompts/a.txt"}


def test_what_an_evaluator_reads_is_what_it_takes(resolving: Resolving) -> None:
    reads = {
        name: run(resolving, EVALUATORS, callable=f"es_checks:{name}", score="s")[0].reads
        for name in ("judge", "one", "bot", "decorated")
    }
    assert reads == {
        "judge": ("expected_output", "input", "metadata", "output"),
        "one": ("output",),
        "bot": ("output",),
        "decorated": None,
    }


def test_scores_of_an_evaluator(resolving: Resolving) -> None:
    resolved, problems = run(resolving, EVALUATORS, callable="es_checks:one", scores={"b": "x", "a": "y"})
    assert problems == []
    assert resolved.fields == {"callable": "es_checks:one", "scores": {"b": "x", "a": "y"}}
    # Renaming a score changes nothing about how it comes about.
    assert resolved.identity == {"keys": ["a", "b"]}
    kind = EVALUATORS["python"]
    assert outputs_of(kind.fields(callable="m:f", score="s")) == {"": "s"}
    assert outputs_of(kind.fields(callable="m:f", scores={"a": "x"})) == {"a": "x"}
    assert outputs_of(kind.fields(callable="m:f")) == {}


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({"callable": "es_checks:two", "score": "s"}, "callable-signature", ("callable",)),
        ({"callable": "es_checks:Bot", "score": "s"}, "callable-signature", ("callable",)),
        ({"callable": "es_checks:generate", "score": "s"}, "callable-signature", ("callable",)),
        ({"callable": "es_checks:on", "score": "s"}, "attribute-not-found", ("callable",)),
        ({"callable": "es_cheks:one", "score": "s"}, "module-not-found", ("callable",)),
        ({"callable": "es_checks.one", "score": "s"}, "invalid-reference", ("callable",)),
        (
            {"callable": "es_checks:one", "score": "s", "files": ["no/*.txt"]},
            "files-match-nothing",
            ("files", 0),
        ),
        ({"callable": "es_checks:one", "score": "s", "env": ["ES_UNSET"]}, "env-not-set", ("env", 0)),
    ],
)
def test_mistakes(resolving: Resolving, fields: Any, code: str, at: Any) -> None:
    _, (problem,) = run(resolving, EVALUATORS, **fields)
    assert (problem.code, problem.at) == (code, at)
    assert problem.code in CATALOGUE
    assert not problem.message.endswith(".")
    assert (problem.severity is Severity.WARNING) == (code == "env-not-set")


def test_a_module_that_is_no_python(resolving: Resolving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(resolving.root)
    (resolving.root / "es_broken.py").write_text(textwrap.dedent("x = 1\ndef f(:\n"))
    _, (problem,) = run(resolving, TASKS, callable="es_broken:f")
    assert problem.code == "module-syntax-error"
    assert problem.file is not None
    assert problem.file[:2] == ("es_broken.py", 2)
