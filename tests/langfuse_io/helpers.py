"""Runs that are recorded already, for tests of what is done with them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.records import (
    AttemptRecord,
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    RunScoreRecord,
    RunStatus,
    ScoreRecord,
    SpanRecord,
    TrialRecord,
    TrialStatus,
)
from evalspec.journal.rows import CompletedTrial
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.emulator.handle import EmulatorServer
from tests.support.plans import (
    CREATED_NS,
    make_header,
    make_items,
    make_plan,
    make_score,
    plan_json,
    with_digests,
)

RUN_ID = "20261123-190501-k3f9qa"
MS = 1_000_000
SCORES = {
    "exact": make_score("BOOLEAN"),
    "close": make_score("NUMERIC", min=0.0, max=1.0),
    "tone": make_score("CATEGORICAL", categories={"kind": 1.0, "rude": 0.0}),
}
EVALUATORS = {"exact": "exact", "close": "close", "tone": "tone"}


def settings_for(server: EmulatorServer, timeout: float = 5.0) -> LangfuseSettings:
    return LangfuseSettings(server.base_url, server.public_key, server.secret_key, timeout)


def default_plan(items: Sequence[Item] | int = 3, **fields: Any) -> Plan:
    return make_plan(items, **{"scores": SCORES, "evaluators": EVALUATORS, "name": "capitals", **fields})


def user_span(trace_id: str, parent_id: str, number: int, start: int) -> SpanRecord:
    span_id = f"{number:016x}"
    payload = (
        '{"attributes":[{"key":"langfuse.observation.type","value":{"stringValue":"generation"}}],'
        f'"traceId":"{trace_id}","spanId":"{span_id}","parentSpanId":"{parent_id}","name":"call","kind":1,'
        f'"startTimeUnixNano":"{start}","endTimeUnixNano":"{start + MS}","status":{{}},"flags":256}}'
    )
    return SpanRecord(span_id, payload.encode())


Records = list[TrialRecord | EvaluationRecord]


def records_of(item: Item, position: int, trial: int = 0, run_id: str = RUN_ID) -> Records:
    """A trial that went well: one span of user code, three evaluators that agree."""
    start = CREATED_NS + (position * 10 + trial) * MS
    trace_id = ids.trace_id(run_id, item.id, trial)
    task_id = ids.task_span_id(run_id, item.id, trial, 1)
    span = user_span(trace_id, task_id, position * 1000 + trial + 1, start)
    records: Records = [
        TrialRecord(
            position,
            trial,
            TrialStatus.COMPLETED,
            1,
            start,
            start,
            start + 2 * MS,
            {"n": position},
            spans=(span,),
        )
    ]
    values: dict[str, float | str] = {"exact": 1, "close": 0.5, "tone": "kind"}
    for number, (name, value) in enumerate(values.items()):
        begun = start + (3 + number) * MS
        score = ScoreRecord(name, value, comment=f"{name} of {item.id}")
        records.append(
            EvaluationRecord(position, trial, name, EvaluationStatus.SCORED, 1, begun, begun + MS, (score,))
        )
    return records


def failed_records(item: Item, position: int, trial: int = 0) -> Records:
    """A trial whose task raised, twice."""
    start = CREATED_NS + position * 10 * MS
    failure = Failure("exception", "ValueError", "no such country")
    earlier = AttemptRecord(1, start, start + MS, Failure("exception", "OSError", "try again"))
    ended = start + 5 * MS
    return [
        TrialRecord(
            position,
            trial,
            TrialStatus.FAILED,
            2,
            start,
            start + 2 * MS,
            ended,
            failure=failure,
            earlier=(earlier,),
        )
    ]


Maker = Callable[[Item, int, int], Records]


@contextmanager
def recorded_run(
    folder: Path,
    plan: Plan | None = None,
    *,
    items: Sequence[Item] | None = None,
    make: Maker = records_of,
    run_scores: Sequence[RunScoreRecord] = (),
    **header: Any,
) -> Iterator[tuple[Journal, Plan]]:
    """A completed run of `plan`, open for publication."""
    items = make_items(3) if items is None else items
    plan = plan or default_plan(items)
    with Journal.create(
        folder / "run", make_header(plan, RUN_ID, **header), plan_json(plan), with_digests(items)
    ) as journal:
        asyncio.run(record_all(journal, plan, items, make, run_scores))
        yield journal, plan


async def record_all(
    journal: Journal,
    plan: Plan,
    items: Sequence[Item],
    make: Maker = records_of,
    run_scores: Sequence[RunScoreRecord] = (),
) -> None:
    for trial in range(plan.task.repeats):
        for position, item in enumerate(items):
            await journal.put(*make(item, position, trial))
    if run_scores:
        await journal.put(*run_scores)
    await journal.flush()
    await asyncio.wrap_future(journal.set_status(RunStatus.COMPLETED))


def completed(journal: Journal) -> list[CompletedTrial]:
    with journal.reader() as reader:
        return reader.next_unpublished(0, 10_000)
