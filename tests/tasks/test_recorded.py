import json
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from evalspec.diagnostics import Severity
from evalspec.journal.journal import Journal
from evalspec.journal.records import Failure, RunHeader, TrialRecord, TrialStatus
from evalspec.journal.store import prepare_store, run_folder
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks import TASKS
from evalspec.tasks.base import TaskError

RECORDED = TASKS["recorded"]
RUN = "20261123-190501-k3f9qa"


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path, (tmp_path,), tmp_path / ".evalspec")


def resolve(loading: Loading, **fields: Any) -> tuple[Resolved, list[Problem]]:
    resolving = Resolving(loading.root, loading.root, cast(Any, None), {}, loading.store)
    return RECORDED.resolve(RECORDED.fields.model_validate(fields), resolving), resolving.problems


def write(loading: Loading, name: str, *rows: Any) -> None:
    (loading.root / name).write_text("\n".join(json.dumps(row) for row in rows))


def failed(function: Any, *arguments: Any) -> TaskError:
    with pytest.raises(TaskError) as caught:
        function(*arguments)
    return caught.value


ROWS = [
    {"id": "a", "output": {"answer": "Zoë"}},
    {"id": 7, "output": None, "latency": 3},
    {"id": "big", "output": "x" * 100_000},
]


@pytest.mark.parametrize("name", ["out.jsonl", "out.json"])
def test_outputs_in_a_file(loading: Loading, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalspec.kinds.recordings._IN_MEMORY", 1000)
    if name == "out.json":
        (loading.root / name).write_text(json.dumps(ROWS))
    else:
        write(loading, name, *ROWS)
    resolved, problems = resolve(loading, path=name)
    assert problems == []
    assert resolved.fields["path"] == name
    task = RECORDED.build(resolved.fields, loading)
    assert task.blocking
    assert task(Item("big", 1), 0) == "x" * 100_000
    assert task(Item("a", 1), 3) == {"answer": "Zoë"}
    assert task(Item("7", 1), 0) is None
    error = failed(task, Item("b", 1), 0)
    assert (error.kind, str(error)) == ("recorded_output_missing", f"`{name}` has no output for the item `b`")


def test_identity_is_the_outputs(loading: Loading) -> None:
    write(loading, "one.jsonl", *ROWS)
    write(loading, "two.jsonl", *ROWS[::-1])
    write(loading, "three.jsonl", *ROWS[:2])
    identities = [resolve(loading, path=f"{name}.jsonl")[0].identity for name in ("one", "two", "three")]
    assert identities[0] == identities[1] != identities[2]


def test_what_moved(loading: Loading) -> None:
    write(loading, "out.jsonl", *ROWS)
    resolved, _ = resolve(loading, path="out.jsonl")
    assert RECORDED.moved(resolved.fields, loading) == []
    write(loading, "out.jsonl", {"id": "a", "output": "other"}, *ROWS[1:])
    assert RECORDED.moved(resolved.fields, loading) == ["the recorded outputs in `out.jsonl` changed"]
    (loading.root / "out.jsonl").unlink()
    (sentence,) = RECORDED.moved(resolved.fields, loading)
    assert "cannot be read" in sentence


def test_missing_outputs_are_counted(loading: Loading) -> None:
    write(loading, "out.jsonl", *ROWS)
    resolved, _ = resolve(loading, path="out.jsonl")
    assert list(RECORDED.check_items(resolved.fields, loading, ["a", "7"], 1)) == []
    (problem,) = RECORDED.check_items(resolved.fields, loading, ["a", "b", "c"], 1)
    assert (problem.code, problem.at, problem.severity) == (
        "recorded-output-missing",
        ("path",),
        Severity.WARNING,
    )
    assert problem.message == "2 of 3 items have no recorded output: `b`, `c`"


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({"id": "b"}, "item-shape", "has no `output`"),
        ({"output": 1}, "item-shape", "has no `id`"),
        ([1], "item-shape", "is an object"),
        ({"id": 1.5, "output": 1}, "item-shape", "neither text nor a whole number"),
        ({"id": "a", "output": 1}, "duplicate-item-id", "has a second output"),
        ({"id": "b", "output": 2**60}, "number-not-canonical", "beyond"),
    ],
)
def test_wrong_rows_say_where(
    loading: Loading, row: Any, code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loading.root)
    write(loading, "out.jsonl", {"id": "a", "output": 1}, row)
    _, (problem,) = resolve(loading, path="out.jsonl")
    assert (problem.code, problem.file) == (code, ("out.jsonl", 2, 1))
    assert words in problem.message


def test_all_wrong_rows_at_once(loading: Loading) -> None:
    write(loading, "out.jsonl", {"id": "a"}, {"id": "b", "output": 1}, {"output": 1}, "x")
    _, problems = resolve(loading, path="out.jsonl")
    assert [problem.file[1] for problem in problems if problem.file] == [1, 3, 4]


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({}, "missing-field", ()),
        ({"path": "out.jsonl", "run": "x"}, "wrong-value", ("run",)),
        ({"path": "gone.jsonl"}, "file-not-found", ("path",)),
        ({"path": "out.txt"}, "wrong-value", ("path",)),
        ({"path": "out.jsonl", "repeats": 2}, "wrong-value", ("repeats",)),
        ({"run": "20261123-190501-k3f9qb"}, "wrong-value", ("run",)),
        ({"run": "../x"}, "wrong-value", ("run",)),
    ],
)
def test_wrong_fields(loading: Loading, fields: Any, code: str, at: Any) -> None:
    write(loading, "out.jsonl", *ROWS)
    _, (problem,) = resolve(loading, **fields)
    assert (problem.code, problem.at) == (code, at)


def record(loading: Loading) -> None:
    """A run of two items and two trials: the second trial of `a` failed, that of `b` is missing."""
    digest = "sha256:" + "0" * 64
    items = [(Item(name, name), digest) for name in ("a", "b")]
    header = RunHeader(RUN, RUN, "spec", digest, str(loading.root), 0, "local")
    prepare_store(loading.store)
    plan = b'{"evaluators": {}, "scores": {}}'

    def row(position: int, trial: int, output: Any = None, failure: Failure | None = None) -> TrialRecord:
        status = TrialStatus.COMPLETED if failure is None else TrialStatus.FAILED
        return TrialRecord(position, trial, status, 1, 0, 0, 1, output, digest, failure)

    async def fill() -> None:
        journal = Journal.create(run_folder(loading.store, RUN), header, plan, items)
        try:
            await journal.put(row(0, 0, {"answer": "A"}), row(1, 0, "B"))
            await journal.put(row(0, 1, None, Failure("timeout", "TimeoutError", "no result within 3 s")))
            await journal.flush()
        finally:
            journal.close()

    anyio.run(fill)


def test_outputs_of_a_run(loading: Loading) -> None:
    record(loading)
    resolved, problems = resolve(loading, run=RUN, repeats=2)
    assert problems == []
    task = RECORDED.build(resolved.fields, loading)
    assert task(Item("a", 1), 0) == {"answer": "A"}
    assert task(Item("b", 1), 0) == "B"
    assert str(failed(task, Item("a", 1), 1)).endswith(
        "the task failed in the run `" + RUN + "`: no result within 3 s"
    )
    assert "has no output for trial 2 of the item `b`" in str(failed(task, Item("b", 1), 1))
    assert "has no output for the item `c`" in str(failed(task, Item("c", 1), 0))
    (problem,) = RECORDED.check_items(resolved.fields, loading, ["a", "b"], 2)
    assert problem.message.startswith("2 of 2 items")
    assert list(RECORDED.check_items(resolved.fields, loading, ["a", "b"], 1)) == []
    assert RECORDED.moved(resolved.fields, loading) == []


def test_a_run_of_one_trial_has_the_identity_of_a_file_with_its_outputs(loading: Loading) -> None:
    record(loading)
    write(loading, "out.jsonl", {"id": "b", "output": "B"}, {"id": "a", "output": {"answer": "A"}})
    assert resolve(loading, run=RUN)[0].identity == resolve(loading, path="out.jsonl")[0].identity


def test_the_run_that_was_meant(loading: Loading) -> None:
    record(loading)
    _, (problem,) = resolve(loading, run=RUN[:-1] + "b")
    assert problem.suggestion == RUN
