"""A plan carried out: everything that is left, within its limits, whatever user code does."""

import asyncio
import sys
import threading
import time
from collections import Counter
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from evalspec.diagnostics.errors import UsageError
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.journal import ids
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import (
    EvaluationStatus,
    Failure,
    RunScoreRecord,
    RunStatus,
    SpanRecord,
    TrialStatus,
)
from evalspec.plan.values import Item
from evalspec.runner import Progress
from evalspec.tasks.base import TaskError
from tests.runner.parts import FunctionEvaluator, carry_out, echo, folder_of
from tests.support.plans import make_evaluator, make_plan, make_score
from tests.support.runs import RUN_ID

pytestmark = pytest.mark.anyio


def failures(store: Path) -> dict[str, Failure]:
    with JournalReader(folder_of(store)) as reader:
        return {row.item_id: row.failure for row in reader.trials() if row.failure is not None}


def evaluation(store: Path, evaluator: str = "exact", position: int = 0) -> Any:
    with JournalReader(folder_of(store)) as reader:
        return next(found for found in reader.evaluations(position, 0) if found.evaluator == evaluator)


async def test_every_trial_of_every_item_is_carried_out(tmp_path: Path) -> None:
    async def numbered(item: Item, trial: int) -> Any:
        return {"n": item.input["n"] + trial}

    outcome = await carry_out(tmp_path, make_plan(5, repeats=3), numbered)
    assert outcome.completed
    assert outcome.done == 15
    with JournalReader(folder_of(tmp_path)) as reader:
        assert reader.status() is RunStatus.COMPLETED
        outputs = {(row.position, row.trial): row.output for row in reader.trials()}
        assert outputs == {(n, trial): {"n": n + trial} for n in range(5) for trial in range(3)}
        values = {(position, trial): value for position, trial, value, _ in reader.score_values("exact")}
        assert values == {(n, trial): float(trial == 0) for n in range(5) for trial in range(3)}
        assert reader.ended_ns() == max(
            found.ended_ns for n in range(5) for trial in range(3) for found in reader.evaluations(n, trial)
        )


async def test_a_run_without_items_completes(tmp_path: Path) -> None:
    assert (await carry_out(tmp_path, make_plan(0))).completed


@pytest.mark.parametrize("blocking", [False, True])
async def test_no_more_than_concurrency_at_once_and_no_fewer(tmp_path: Path, blocking: bool) -> None:
    running, most = 0, 0
    lock = threading.Lock()
    together = threading.Barrier(3, timeout=10)
    all_three = anyio.Event()

    def enter(change: int) -> None:
        nonlocal running, most
        with lock:
            running += change
            most = max(most, running)

    async def waits(item: Item, trial: int) -> Any:
        enter(1)
        if most == 3:
            all_three.set()
        with anyio.fail_after(10):
            await all_three.wait()
        enter(-1)
        return item.input

    def blocks(item: Item, trial: int) -> Any:
        enter(1)
        together.wait()
        enter(-1)
        return item.input

    plan = make_plan(9, limits={"concurrency": 3})
    outcome = await carry_out(tmp_path, plan, blocks if blocking else waits, blocking=blocking)
    assert outcome.completed
    assert outcome.failed == 0
    assert most == 3


async def test_a_task_that_takes_too_long_fails_with_timeout(tmp_path: Path) -> None:
    async def slow(item: Item, trial: int) -> Any:
        await anyio.sleep(0 if item.input["n"] else 60)
        return item.input

    outcome = await carry_out(tmp_path, make_plan(2, task={"timeout": 0.5}), slow)
    assert outcome.completed
    assert failures(tmp_path) == {"item-0": Failure("timeout", "TimeoutError", "no result within 0.5 s")}


async def test_what_user_code_makes_of_its_timeout_does_not_count(tmp_path: Path) -> None:
    async def stubborn(item: Item, trial: int) -> Any:
        try:
            await anyio.sleep(60)
        except anyio.get_cancelled_exc_class():
            if item.input["n"] == 0:
                raise RuntimeError("cleaning up failed") from None
            return "too late"

    await carry_out(tmp_path, make_plan(2, limits={"timeout": 0.05}), stubborn)
    assert [failure.kind for failure in failures(tmp_path).values()] == ["timeout", "timeout"]


async def test_user_code_that_ignores_its_timeout_is_cancelled_again(tmp_path: Path) -> None:
    cancelled = 0

    async def stubborn(item: Item, trial: int) -> Any:
        nonlocal cancelled
        while cancelled < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled += 1
        await asyncio.sleep(60)

    outcome = await carry_out(tmp_path, make_plan(1, limits={"timeout": 0.02}), stubborn)
    assert (outcome.completed, outcome.failed, cancelled) == (True, 1, 3)


async def test_timeouts_around_scopes_and_groups_of_user_code(tmp_path: Path) -> None:
    ended: list[str] = []

    async def child(name: str) -> None:
        try:
            await anyio.sleep(60)
        finally:
            ended.append(name)

    async def nested(item: Item, trial: int) -> Any:
        if item.input["n"] == 0:
            with anyio.move_on_after(0.02):
                await anyio.sleep(60)
            return "its own limit"
        if item.input["n"] == 1:
            with anyio.fail_after(60):
                async with anyio.create_task_group() as group:
                    group.start_soon(child, "anyio")
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            tasks.create_task(child("asyncio"))

    plan = make_plan(3, limits={"timeout": 0.7, "concurrency": 1})
    outcome = await carry_out(tmp_path, plan, nested)
    assert (outcome.completed, outcome.done, outcome.failed) == (True, 1, 2)
    assert [failure.kind for failure in failures(tmp_path).values()] == ["timeout", "timeout"]
    assert ended == ["anyio", "asyncio"]


@pytest.mark.parametrize("blocking", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        RecursionError("too deep"),
        MemoryError(),
        BaseExceptionGroup("many", [KeyboardInterrupt()]),
        ValueError("half \ud800 a pair\nand two lines"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_nothing_that_user_code_raises_ends_the_run(
    tmp_path: Path, error: BaseException, blocking: bool
) -> None:
    def raises(subject: Any) -> Any:
        raise error

    async def raises_later(item: Item, trial: int) -> Any:
        if item.input["n"] == 1:
            raise error
        return item.input

    def raises_in_thread(item: Item, trial: int) -> Any:
        if item.input["n"] == 1:
            raise error
        return item.input

    plan = make_plan(3, evaluators={"exact": "exact", "bad": "bad"}, limits={"concurrency": 1})
    outcome = await carry_out(
        tmp_path,
        plan,
        raises_in_thread if blocking else raises_later,
        {"exact": lambda subject: 1.0, "bad": FunctionEvaluator(raises, blocking=blocking)},
        blocking=blocking,
    )
    assert outcome.completed
    assert (outcome.done, outcome.failed, outcome.evaluations_failed) == (2, 1, 2)
    assert failures(tmp_path)["item-1"].type == type(error).__name__
    assert evaluation(tmp_path, "bad").failure.type == type(error).__name__
    assert evaluation(tmp_path, "exact").status is EvaluationStatus.SCORED


async def test_user_code_that_cancels_its_own_task_fails_alone(tmp_path: Path) -> None:
    async def cancels(item: Item, trial: int) -> Any:
        if item.input["n"] == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return item.input

    outcome = await carry_out(tmp_path, make_plan(3, limits={"concurrency": 1, "timeout": 5.0}), cancels)
    assert outcome.completed
    assert {key: failure.type for key, failure in failures(tmp_path).items()} == {"item-0": "CancelledError"}


async def test_the_end_of_one_call_does_not_look_like_a_cancellation_to_the_next(tmp_path: Path) -> None:
    async def fails() -> None:
        raise LookupError("no")

    async def in_turn(item: Item, trial: int) -> Any:
        if item.input["n"] == 0:
            await anyio.sleep(60)
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            await asyncio.sleep(60)

    plan = make_plan(2, limits={"concurrency": 1, "timeout": 1.0})
    await carry_out(tmp_path, plan, in_turn)
    assert [failure.type for failure in failures(tmp_path).values()] == ["TimeoutError", "ExceptionGroup"]


async def test_context_variables_do_not_leak_from_call_to_call(tmp_path: Path) -> None:
    seen: list[object] = []
    variable: ContextVar[object] = ContextVar("variable", default=None)

    async def sets(item: Item, trial: int) -> Any:
        seen.append(variable.get())
        variable.set(item.id)
        await anyio.lowlevel.checkpoint()
        assert variable.get() == item.id
        return item.input

    def looks(subject: Subject) -> float:
        seen.append(variable.get())
        variable.set("evaluator")
        return 1.0

    plan = make_plan(2, evaluators={"exact": "exact", "blocks": "blocks"}, limits={"concurrency": 1})
    evaluators = {"exact": FunctionEvaluator(looks), "blocks": FunctionEvaluator(looks, blocking=True)}
    await carry_out(tmp_path, plan, sets, evaluators)
    assert seen == [None] * 6


async def test_threads_are_not_within_the_event_loop(tmp_path: Path) -> None:
    def runs_its_own_loop(item: Item, trial: int) -> Any:
        return anyio.run(echo, item, trial)

    outcome = await carry_out(tmp_path, make_plan(2), runs_its_own_loop, blocking=True)
    assert outcome.done == 2


async def test_awaitables_that_are_no_coroutines(tmp_path: Path) -> None:
    async def soon(value: Any) -> Any:
        return value

    def future(item: Item, trial: int) -> Any:
        return asyncio.ensure_future(soon(item.input))

    assert (await carry_out(tmp_path, make_plan(2), future)).done == 2


async def test_outputs_that_are_no_json_fail_the_trial(tmp_path: Path) -> None:
    async def bad(item: Item, trial: int) -> Any:
        return [object(), float("nan"), {1: 2}][item.input["n"]]

    await carry_out(tmp_path, make_plan(3, limits={"retries": 3}), bad)
    assert [failure.kind for failure in failures(tmp_path).values()] == ["output_not_json"] * 3


async def test_evaluators_see_what_is_kept(tmp_path: Path) -> None:
    seen: list[object] = []

    async def gives_a_tuple(item: Item, trial: int) -> Any:
        return {"pair": (1, 2.0)}

    def looks(subject: Subject) -> float:
        seen.append(subject.output)
        return 1.0

    await carry_out(tmp_path, make_plan(1), gives_a_tuple, {"exact": looks})
    assert seen == [{"pair": [1, 2.0]}]
    with JournalReader(folder_of(tmp_path)) as reader:
        assert [row.output for row in reader.trials()] == seen


async def test_an_invalid_score_fails_the_evaluation(tmp_path: Path) -> None:
    plan = make_plan(1, scores={"exact": make_score(min=0.0, max=1.0)})
    await carry_out(tmp_path, plan, evaluators={"exact": lambda subject: 1.5})
    found = evaluation(tmp_path)
    assert found.failure == Failure("invalid_score", "InvalidScore", "1.5 is above the maximum 1 of `exact`")
    assert found.scores == ()


async def test_evaluators_that_skip_and_that_give_several_scores(tmp_path: Path) -> None:
    several = make_evaluator({"a": "first", "b": "second"})
    plan = make_plan(2, evaluators={"both": several})

    def both(subject: Subject) -> Any:
        if subject.item.input["n"]:
            return (ScoreValue(None, "a"), ScoreValue(None, "b"))
        return (ScoreValue(None, "a"), ScoreValue(0.5, "b", "half", {"why": ["x"]}))

    await carry_out(tmp_path, plan, evaluators={"both": both})
    [score] = evaluation(tmp_path, "both").scores
    assert (score.name, score.value, score.comment, score.metadata) == ("second", 0.5, "half", {"why": ["x"]})
    assert evaluation(tmp_path, "both", 1).status is EvaluationStatus.SKIPPED


async def test_a_failed_task_scores_what_on_task_failure_says(tmp_path: Path) -> None:
    async def fails(item: Item, trial: int) -> Any:
        raise TaskError("no_output", "there is none")

    plan = make_plan(
        1,
        evaluators={"a": "a", "b": "b", "c": "c"},
        scores={
            "a": make_score("BOOLEAN", on_task_failure="worst"),
            "b": make_score(on_task_failure=-2.0),
            "c": make_score(),
        },
    )
    await carry_out(tmp_path, plan, fails)
    assert failures(tmp_path)["item-0"] == Failure("no_output", "TaskError", "there is none")
    imputed = evaluation(tmp_path, "")
    assert [(score.name, score.value, score.imputed) for score in imputed.scores] == [
        ("a", 0.0, True),
        ("b", -2.0, True),
    ]
    with JournalReader(folder_of(tmp_path)) as reader:
        [completed] = reader.next_unpublished(0, 10)
        assert completed.evaluations == (imputed,)


async def test_a_plan_whose_failures_cannot_be_scored_is_refused(tmp_path: Path) -> None:
    plan = make_plan(1, scores={"exact": make_score("TEXT", on_task_failure="worst")})
    with pytest.raises(UsageError, match="`exact` has no worst value"):
        await carry_out(tmp_path, plan)


async def test_retries_until_it_works(tmp_path: Path) -> None:
    calls: Counter[str] = Counter()

    async def second_time(item: Item, trial: int) -> Any:
        calls[item.id] += 1
        if calls[item.id] < 3:
            raise ConnectionError("try again")
        return item.input

    def third_time(subject: Subject) -> float:
        calls["evaluator"] += 1
        if calls["evaluator"] < 3:
            raise ValueError("not yet")
        return 1.0

    for blocking in (False, True):
        calls.clear()
        store = tmp_path / str(blocking)
        evaluator = FunctionEvaluator(third_time, blocking=blocking)
        outcome = await carry_out(
            store, make_plan(1, limits={"retries": 2}), second_time, {"exact": evaluator}
        )
        assert (outcome.completed, outcome.failed, outcome.evaluations_failed, outcome.retries) == (
            True,
            0,
            0,
            4,
        )
        with JournalReader(folder_of(store)) as reader:
            [completed] = reader.next_unpublished(0, 1)
        assert completed.row.attempt == 3
        assert [attempt.attempt for attempt in completed.earlier] == [1, 2]
        assert completed.earlier[0].failure == Failure(
            "exception", "ConnectionError", "try again", outage=True
        )
        assert completed.earlier[0].started_ns == completed.row.first_started_ns < completed.row.started_ns
        [found] = completed.evaluations
        assert found.attempt == 3
        assert [attempt.failure.message for attempt in found.earlier] == ["not yet", "not yet"]


async def test_retries_end(tmp_path: Path) -> None:
    calls: Counter[str] = Counter()

    async def never(item: Item, trial: int) -> Any:
        calls["task"] += 1
        raise ValueError("no")

    outcome = await carry_out(tmp_path, make_plan(1, limits={"retries": 2}), never)
    assert (calls["task"], outcome.failed, outcome.retries) == (3, 1, 2)


async def test_what_a_kind_gives_as_its_reason_is_not_tried_again(tmp_path: Path) -> None:
    calls: Counter[str] = Counter()

    def judge(subject: Subject) -> float:
        calls["judge"] += 1
        raise EvaluationError("missing_key", "there is no `answer`")

    await carry_out(tmp_path, make_plan(1, limits={"retries": 5}), evaluators={"exact": judge})
    assert calls["judge"] == 1
    assert evaluation(tmp_path).failure.kind == "missing_key"


async def test_blocking_evaluators_share_a_thread_and_nothing_else(tmp_path: Path) -> None:
    threads: dict[str, int] = {}
    release = threading.Event()

    def named(name: str) -> FunctionEvaluator:
        def judge(subject: Subject) -> float:
            threads[name] = threading.get_ident()
            if name == "b":
                raise ValueError("no")
            if name == "c":
                release.wait(10)
            return 1.0

        return FunctionEvaluator(judge, blocking=True)

    names = ("a", "b", "c", "d", "e")
    plan = make_plan(1, evaluators={name: name for name in names}, limits={"timeout": 1.0})
    outcome = await carry_out(tmp_path, plan, evaluators={name: named(name) for name in names})
    release.set()
    assert threads["a"] == threads["b"] == threads["c"] != threading.get_ident()
    assert threads["d"] == threads["e"] != threads["c"]
    statuses = {name: evaluation(tmp_path, name).status for name in names}
    failed = EvaluationStatus.FAILED
    scored = EvaluationStatus.SCORED
    assert statuses == {"a": scored, "b": failed, "c": failed, "d": scored, "e": scored}
    assert evaluation(tmp_path, "c").failure.kind == "timeout"
    assert outcome.abandoned_threads == 1


async def test_a_thread_that_outlives_its_timeout_is_abandoned(tmp_path: Path) -> None:
    release = threading.Event()

    def sticks(item: Item, trial: int) -> Any:
        if item.input["n"] == 0:
            release.wait(10)
        return item.input

    plan = make_plan(4, task={"timeout": 1.0}, limits={"concurrency": 2})
    outcome = await carry_out(tmp_path, plan, sticks, blocking=True)
    release.set()
    assert outcome.completed
    assert (outcome.done, outcome.failed) == (3, 1)
    assert (outcome.abandoned_threads, outcome.threads_still_running) == (1, 1)
    assert "was abandoned" in failures(tmp_path)["item-0"].message


async def test_the_slot_of_an_abandoned_thread_counts_until_it_ends(tmp_path: Path) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def sticks(item: Item, trial: int) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.15)
        with lock:
            running -= 1

    plan = make_plan(6, task={"timeout": 0.02}, limits={"concurrency": 2})
    outcome = await carry_out(tmp_path, plan, sticks, blocking=True)
    assert outcome.abandoned_threads == outcome.failed == 6
    assert outcome.threads_still_running <= 2
    assert most == 2


async def test_a_run_whose_threads_are_all_stuck_stops(tmp_path: Path) -> None:
    release = threading.Event()

    def sticks(item: Item, trial: int) -> Any:
        release.wait(10)

    plan = make_plan(5, task={"timeout": 0.02}, limits={"concurrency": 2})
    outcome = await carry_out(tmp_path, plan, sticks, blocking=True, patience=0.1)
    release.set()
    assert (outcome.completed, outcome.stopped_by) == (False, "stuck_threads")
    assert outcome.threads_still_running == 2
    with JournalReader(folder_of(tmp_path)) as reader:
        assert reader.status() is RunStatus.INTERRUPTED
        assert reader.trial_counts().failed == 2


async def test_progress_counts(tmp_path: Path) -> None:
    told: list[Progress] = []

    async def slow(item: Item, trial: int) -> Any:
        await anyio.sleep(0.15)
        if item.input["n"] == 1:
            raise ValueError("no")
        return item.input

    await carry_out(tmp_path, make_plan(3, limits={"concurrency": 2}), slow, progress=told.append)
    assert told[0] == Progress(3, 0, 0)
    assert told[-1] == Progress(3, 2, 1)
    assert [seen.done for seen in told] == sorted(seen.done for seen in told)
    assert any(seen.running == 2 for seen in told)


async def test_run_scores_are_kept_before_the_run_is_complete(tmp_path: Path) -> None:
    def conclude(reader: JournalReader) -> list[RunScoreRecord]:
        assert reader.status() is RunStatus.RUNNING
        assert reader.trial_counts().completed == 4
        values = [float(value) for _, _, value, _ in reader.score_values("exact")]
        return [RunScoreRecord("mean", None, "NUMERIC", sum(values) / len(values))]

    await carry_out(tmp_path, make_plan(4), conclude=conclude)
    with JournalReader(folder_of(tmp_path)) as reader:
        assert reader.run_scores() == [RunScoreRecord("mean", None, "NUMERIC", 1.0)]
        assert reader.status() is RunStatus.COMPLETED


async def test_instant_calls_leave_the_loop_to_others(tmp_path: Path) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(others())

    async def busy(item: Item, trial: int) -> Any:
        end = time.perf_counter() + 0.002
        while time.perf_counter() < end:
            pass
        return item.input

    await carry_out(tmp_path, make_plan(100, limits={"concurrency": 1}), busy)
    task.cancel()
    assert turns > 30


async def test_failed_trials_are_of_their_status(tmp_path: Path) -> None:
    async def fails(item: Item, trial: int) -> Any:
        raise ValueError

    await carry_out(tmp_path, make_plan(1), fails)
    with JournalReader(folder_of(tmp_path)) as reader:
        [row] = reader.trials()
    assert row.status is TrialStatus.FAILED
    assert row.failure == Failure("exception", "ValueError", "ValueError")


class Capture:
    """Keeps what user code says in a context variable, as a tracer would."""

    current: ContextVar[Any] = ContextVar("current", default=None)

    def __init__(self) -> None:
        self.opened: list[tuple[str, str]] = []

    def attach(self, key: ids.CallKey) -> Any:
        self.opened.append(ids.ids_of_call(key))
        spans = Spans(self.opened[-1][1])
        self.current.set(spans)
        return spans


class Spans:
    def __init__(self, parent: str) -> None:
        self.parent = parent
        self.ended: list[SpanRecord] = []
        self.closed = False

    def end(self, name: str) -> None:
        if not self.closed:
            self.ended.append(SpanRecord(f"{self.parent}-{name}", name.encode()))

    def take(self) -> tuple[SpanRecord, ...]:
        self.closed = True
        return tuple(self.ended)


async def test_spans_of_user_code_are_kept_with_the_call_that_made_them(tmp_path: Path) -> None:
    capture = Capture()
    attempts = 0

    async def task(item: Item, trial: int) -> Any:
        nonlocal attempts
        attempts += 1
        capture.current.get().end("before")
        await anyio.lowlevel.checkpoint()
        capture.current.get().end(f"attempt {attempts}")
        if attempts == 1:
            raise ValueError("no")
        return item.input

    def judge(subject: Subject) -> float:
        capture.current.get().end("judged")
        return 1.0

    plan = make_plan(1, evaluators={"loop": "loop", "thread": "thread"}, limits={"retries": 1})
    evaluators = {"loop": FunctionEvaluator(judge), "thread": FunctionEvaluator(judge, blocking=True)}
    await carry_out(tmp_path, plan, task, evaluators, capture=capture)
    assert Capture.current.get() is None
    trace = ids.trace_id(RUN_ID, "item-0", 0)
    first, second = (ids.task_span_id(RUN_ID, "item-0", 0, attempt) for attempt in (1, 2))
    loop, thread = (ids.evaluator_span_id(RUN_ID, "item-0", 0, name, 1) for name in ("loop", "thread"))
    assert capture.opened == [(trace, span_id) for span_id in (first, second, loop, thread)]
    with JournalReader(folder_of(tmp_path)) as reader:
        [found] = reader.next_unpublished(0, 1)
    assert [span.span_id for span in found.task_spans] == [
        f"{first}-before",
        f"{first}-attempt 1",
        f"{second}-before",
        f"{second}-attempt 2",
    ]
    assert [span.span_id for record in found.evaluations for span in record.spans] == [
        f"{loop}-judged",
        f"{thread}-judged",
    ]


async def test_late_spans_and_results_of_an_abandoned_thread_are_dropped(tmp_path: Path) -> None:
    capture = Capture()
    release, ended = threading.Event(), threading.Event()

    def sticks(item: Item, trial: int) -> Any:
        spans = capture.current.get()
        spans.end("early")
        release.wait(10)
        spans.end("late")
        ended.set()
        return item.input

    plan = make_plan(1, limits={"timeout": 0.1})
    await carry_out(tmp_path, plan, sticks, blocking=True, capture=capture)
    release.set()
    assert ended.wait(10)
    with JournalReader(folder_of(tmp_path)) as reader:
        [found] = reader.next_unpublished(0, 1)
    assert [span.payload for span in found.task_spans] == [b"early"]
    assert found.row.failure is not None
    assert found.row.ended_ns > found.row.started_ns


async def test_a_call_with_a_timeout_in_a_thread_ends_the_program_in_time(tmp_path: Path) -> None:
    code = (
        "import threading, time, anyio; from pathlib import Path\n"
        "from tests.runner.parts import carry_out; from tests.support.plans import make_plan\n"
        "def sticks(item, trial): threading.Event().wait()\n"
        "plan = make_plan(2, task={'timeout': 0.05})\n"
        f"print(anyio.run(lambda: carry_out(Path({str(tmp_path)!r}), plan, sticks, blocking=True)).failed)"
    )
    process = await anyio.run_process([sys.executable, "-c", code])
    assert process.stdout.decode().strip() == "2"
