import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item
from evalspec.tasks import TASKS
from evalspec.tasks.base import TaskError

ITEM = Item("1", {"q": "?"}, "Paris", {"lang": "en"})


@pytest.fixture
def call(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Calls the function `task` of a module with ITEM."""

    def run(text: str) -> Any:
        name = f"es_task_{abs(hash(request.node.nodeid))}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text).strip() + "\n")
        loading = Loading(tmp_path, (tmp_path,), tmp_path / ".evalspec")
        task = TASKS["python"].build({"callable": f"{name}:task"}, loading)
        result = task(ITEM, 0)
        assert task.blocking is not inspect.isawaitable(result)
        if inspect.isawaitable(result):

            async def wait() -> Any:
                return await result

            return anyio.run(wait)
        return result

    return run


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("def task(*, item, **kwargs): return [item['input']['q'], item.expected_output]", ["?", "Paris"]),
        ("def task(input, metadata): return [input['q'], metadata['lang']]", ["?", "en"]),
        ("def task(question): return question['q']", "?"),
        ("async def task(question): return question['q']", "?"),
        ("class Bot:\n    async def __call__(self, question): return question['q']\ntask = Bot()", "?"),
        ("import functools\ntask = functools.partial(lambda prefix, x: prefix + x['q'], 'p')", "p?"),
    ],
)
def test_what_a_task_is_given(call: Any, text: str, output: Any) -> None:
    assert call(text) == output


def test_it_cannot_change_the_item(call: Any) -> None:
    call("def task(*, item):\n    item.input.clear(); item.metadata.clear()")
    call("def task(question):\n    question.clear()")
    assert Item("1", {"q": "?"}, "Paris", {"lang": "en"}) == ITEM


def test_a_coroutine_that_was_not_awaited(call: Any) -> None:
    with pytest.raises(TaskError, match="declare it `async def`"):
        call("async def inner(): ...\ndef task(question): return inner()")


def test_exceptions_come_through(call: Any) -> None:
    with pytest.raises(KeyError):
        call("def task(question): return question['missing']")
