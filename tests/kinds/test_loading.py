import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import load_callable, load_evaluator, load_task


@pytest.fixture(autouse=True)
def _unchanged_process() -> Iterator[None]:
    """Whatever a test imports is gone after it."""
    modules, path = dict(sys.modules), list(sys.path)
    yield
    for name in sys.modules.keys() - modules.keys():
        del sys.modules[name]
    sys.path[:] = path


def project(root: Path, **files: str) -> Loading:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).strip() + "\n")
    return Loading(root=root, search_path=(root / "specs", root), store=root / ".evalspec")


def test_a_function_in_a_package_without_init(tmp_path: Path) -> None:
    loading = project(tmp_path, es_app__tasks="def answer(question): return question.upper()")
    assert load_callable("es_app.tasks:answer", loading)("a") == "A"


def test_the_specs_folder_comes_first(tmp_path: Path) -> None:
    loading = project(
        tmp_path, specs__es_where="def f(x): return 'specs'", es_where="def f(x): return 'root'"
    )
    assert load_callable("es_where:f", loading)(1) == "specs"


def test_methods_and_instances(tmp_path: Path) -> None:
    source = """
    class Bot:
        @staticmethod
        def static(question): return "static " + question
        @classmethod
        def of_class(cls, question): return cls.__name__ + question
        def __call__(self, question): return "called " + question
    class AsyncBot:
        async def __call__(self, question): return question
    bot = Bot()
    async_bot = AsyncBot()
    number = 3
    """
    loading = project(tmp_path, es_bots=source)
    assert load_callable("es_bots:Bot.static", loading)("q") == "static q"
    assert load_callable("es_bots:Bot.of_class", loading)("q") == "Botq"
    task = load_task("es_bots:bot", loading)
    assert (task.function("q"), task.is_async) == ("called q", False)
    assert load_task("es_bots:async_bot", loading).is_async
    with pytest.raises(LoadError, match="is a class"):
        load_callable("es_bots:Bot", loading)
    with pytest.raises(LoadError, match="is int and cannot be called"):
        load_callable("es_bots:number", loading)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("es_bad", "does not name a function"),
        ("es_nowhere:f", "there is no module `es_nowhere`"),
        ("es_bad.inner:f", "there is no module"),
        ("es_bad:g", "`es_bad` has no `g`"),
        ("es_bad:generate", "is a generator"),
        ("es_bad:stream", "is a generator"),
        ("es_bad:two", "is not given `left`, `right`; it may take"),
        ("es_needs:f", "it needs `es_missing`, which is not installed"),
        ("es_exits:f", "SystemExit"),
    ],
)
def test_what_cannot_be_loaded(tmp_path: Path, reference: str, words: str) -> None:
    bad = """
    def generate(question): yield question
    async def stream(question): yield question
    def two(left, right): ...
    """
    loading = project(tmp_path, es_bad=bad, es_needs="import es_missing", es_exits="import sys; sys.exit(3)")
    with pytest.raises(LoadError, match=words):
        load_task(reference, loading)


def test_a_failing_import_keeps_its_traceback(tmp_path: Path) -> None:
    loading = project(tmp_path, es_fails="def deep():\n    raise RuntimeError('no key')\ndeep()")
    with pytest.raises(LoadError, match="RuntimeError: no key") as caught:
        load_task("es_fails:f", loading)
    assert caught.value.traceback is not None
    assert "in deep" in caught.value.traceback


def test_another_project_has_its_own_modules(tmp_path: Path) -> None:
    task = "from es_helper import word\ndef f(x): return word"
    one = project(tmp_path / "one", es_same=task, es_helper="word = 'one'")
    two = project(tmp_path / "two", es_same=task, es_helper="word = 'two'")
    first = load_callable("es_same:f", one)
    second = load_callable("es_same:f", two)
    assert (first(0), second(0)) == ("one", "two")
    assert str(tmp_path / "one") not in sys.path


def test_edited_code_is_loaded_anew(tmp_path: Path) -> None:
    task = "from es_helper import word\ndef f(x): return word"
    loading = project(tmp_path, es_same=task, es_helper="word = 'before'")
    assert load_callable("es_same:f", loading)(0) == "before"
    same = load_callable("es_same:f", loading)
    assert load_callable("es_same:f", loading) is same
    project(tmp_path, es_helper="word = 'afterwards'")
    assert load_callable("es_same:f", loading)(0) == "afterwards"


def test_a_module_that_hides_the_one_that_is_meant(tmp_path: Path) -> None:
    loading = project(tmp_path, specs__inspect="def f(x): ...")
    with pytest.raises(LoadError, match="rename one of the two"):
        load_callable("inspect:f", loading)


def test_async_functions_are_known(tmp_path: Path) -> None:
    source = """
    import functools
    def wrap(function):
        @functools.wraps(function)
        async def inner(*args, **kwargs): return await function(*args, **kwargs)
        return inner
    @wrap
    async def judge(*, output, **kw): return True
    """
    loading = project(tmp_path, es_async=source)
    loaded: Any = load_evaluator("es_async:judge", loading)
    assert loaded.is_async
    assert loaded.call.keywords == ("input", "output", "expected_output", "metadata")
