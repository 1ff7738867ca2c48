"""What is put twice counts once; later attempts replace earlier ones; completions are numbered in order."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import (
    AttemptRecord,
    EvaluationStatus,
    Failure,
    RunScoreRecord,
    ScoreRecord,
    SliceRecord,
    SpanRecord,
)
from evalspec.journal.rows import (
    EvaluationCounts,
    FailureKind,
    PublicationCounts,
    Refusal,
    TrialCounts,
)
from tests.support.plans import make_plan
from tests.support.runs import create_run, evaluation_record, trial_record

pytestmark = pytest.mark.anyio

PLAN = make_plan(4, evaluators={"a": "a", "b": "b"}, repeats=2)
NO = Failure("exception", "ValueError", "no")


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    with create_run(tmp_path, PLAN) as journal:
        yield journal


@pytest.fixture
async def reader(journal: Journal) -> AsyncIterator[JournalReader]:
    with journal.reader() as reader:
        yield reader


async def put(journal: Journal, *records: Any) -> None:
    await journal.put(*records)
    await journal.flush()


def whole(position: int, trial: int = 0, **fields: Any) -> list[Any]:
    return [
        trial_record(position, trial, **fields),
        evaluation_record(position, trial, "a"),
        evaluation_record(position, trial, "b"),
    ]


def completions(reader: JournalReader) -> list[tuple[int, int, int]]:
    return [(found.completion, found.position, found.trial) for found in reader.next_unpublished(0, 99)]


def state(reader: JournalReader) -> Any:
    return (
        reader.next_unpublished(0, 99),
        reader.publication_counts(),
        list(reader.trials()),
        list(reader.score_values("a")),
    )


async def test_a_record_that_comes_twice_changes_nothing(journal: Journal, reader: JournalReader) -> None:
    spans = (SpanRecord("01", b"{}"), SpanRecord("02", b"{}"))
    earlier = (AttemptRecord(1, 5, 6, NO),)
    records = [
        trial_record(0, attempt=2, spans=spans, earlier=earlier),
        evaluation_record(0, 0, "a", spans=spans),
        evaluation_record(0, 0, "b", failure=NO),
    ]
    await put(journal, *records)
    before = state(reader)
    for record in records:
        await put(journal, record)
    await put(journal, *records, *records)
    assert state(reader) == before


async def test_what_was_put_is_what_is_read(journal: Journal, reader: JournalReader) -> None:
    spans = (SpanRecord("02", b'{"second": 1}'), SpanRecord("01", b'{"first": 2}'))
    score = ScoreRecord("b", "text \u0000 ü", "a comment", {"deep": [1, {"x": None}]})
    trial = trial_record(1, 1, attempt=2, spans=spans, earlier=(AttemptRecord(1, 5, 6, NO),))
    one = evaluation_record(1, 1, "a", 0.1)
    other = evaluation_record(1, 1, "b", scores=(score,), spans=spans, earlier=(AttemptRecord(1, 7, 8, NO),))
    await put(journal, trial, one, other)
    [found] = reader.next_unpublished(0, 99)
    assert (found.position, found.trial, found.item.id) == (1, 1, "item-1")
    row = reader.trial(1, 1)
    assert found.row == row
    assert row is not None
    for name in (
        "status",
        "attempt",
        "first_started_ns",
        "started_ns",
        "ended_ns",
        "output",
        "output_digest",
    ):
        assert getattr(row, name) == getattr(trial, name)
    assert (found.task_spans, found.earlier) == (trial.spans, trial.earlier)
    assert found.evaluations == (one, other)
    assert reader.evaluations(1, 1) == [one, other]
    assert reader.evaluations(0, 0) == []
    assert reader.trial(0, 0) is None


async def test_a_later_attempt_of_the_task_replaces_everything(
    journal: Journal, reader: JournalReader
) -> None:
    imputed = evaluation_record(0, 0, "", scores=(ScoreRecord("a", 0.0, imputed=True),))
    await put(journal, trial_record(0, failure=NO, spans=(SpanRecord("01", b"1"),)), imputed)
    assert list(reader.score_values("a")) == [(0, 0, 0.0, True)]
    await put(journal, *whole(1))
    assert completions(reader) == [(1, 0, 0), (2, 1, 0)]
    second = trial_record(0, attempt=2, spans=(SpanRecord("02", b"2"),), first_started_ns=3)
    await put(journal, second)
    assert list(reader.score_values("a")) == [(1, 0, 1.0, False)]
    assert reader.evaluations(0, 0) == []
    assert completions(reader) == [(2, 1, 0)], "it is not complete any more"
    await put(journal, *whole(0)[1:])
    assert [(position, trial) for _, position, trial in completions(reader)] == [(1, 0), (0, 0)]
    [found] = [found for found in reader.next_unpublished(2, 99) if found.position == 0]
    assert [span.span_id for span in found.task_spans] == ["01", "02"]
    assert [attempt.attempt for attempt in found.earlier] == [1]
    assert found.earlier[0].failure == NO
    assert found.row.first_started_ns == 3
    await put(journal, trial_record(0, failure=NO))
    assert reader.trial_counts() == TrialCounts(completed=2, failed=0), "an earlier attempt comes too late"


async def test_a_later_attempt_of_an_evaluator_replaces_its_scores(
    journal: Journal, reader: JournalReader
) -> None:
    await put(
        journal, trial_record(0), evaluation_record(0, 0, "a", failure=NO), evaluation_record(0, 0, "b", 0.5)
    )
    await put(journal, *whole(1))
    first = completions(reader)
    journal.mark_spans_sent([1, 2])
    await asyncio.wrap_future(journal.mark_scores_sent([1, 2]))
    assert completions(reader) == []
    await put(journal, evaluation_record(0, 0, "a", 0.25, attempt=2))
    [found] = reader.next_unpublished(0, 99)
    assert found.completion > max(number for number, _, _ in first)
    assert (found.spans_sent, found.scores_sent) == (False, False)
    again, other = found.evaluations
    assert (again.attempt, again.scores[0].value, again.earlier[0].failure) == (2, 0.25, NO)
    assert (other.attempt, other.scores[0].value) == (1, 0.5)
    assert reader.evaluation_counts("a") == EvaluationCounts(scored=2)
    assert list(reader.score_values("a")) == [(0, 0, 0.25, False), (1, 0, 1.0, False)]


async def test_old_marks_do_not_reach_what_changed(journal: Journal, reader: JournalReader) -> None:
    await put(journal, trial_record(0, failure=NO))
    [(number, _, _)] = completions(reader)
    await put(journal, trial_record(0, failure=NO, attempt=2))
    journal.mark_spans_sent([number])
    await asyncio.wrap_future(journal.mark_scores_sent([number]))
    [(again, _, _)] = completions(reader)
    assert again > number


async def test_completion_follows_the_last_missing_record(journal: Journal, reader: JournalReader) -> None:
    first, second = whole(0), whole(1)
    await put(journal, first[0], second[0])
    assert completions(reader) == []
    await put(journal, first[1])
    await put(journal, second[1])
    await put(journal, second[2])
    await put(journal, first[2])
    assert [position for _, position, _ in completions(reader)] == [1, 0]
    numbers = [number for number, _, _ in completions(reader)]
    assert reader.next_unpublished(numbers[0], 99)[0].position == 0
    assert [found.position for found in reader.next_unpublished(0, 1)] == [1]


async def test_imputed_scores_stand_for_no_evaluator(journal: Journal, reader: JournalReader) -> None:
    imputed = evaluation_record(0, 0, "", scores=(ScoreRecord("b", 0.0, imputed=True),))
    await put(journal, trial_record(0), evaluation_record(0, 0, "a"), imputed)
    assert completions(reader) == []


async def test_numbers_go_on_after_opening(tmp_path: Path) -> None:
    with create_run(tmp_path, PLAN) as journal:
        await journal.put(*whole(0))
    with Journal.open(journal.folder) as journal:
        await put(journal, *whole(1))
        with journal.reader() as reader:
            first, second = completions(reader)
    assert first[0] < second[0]


async def test_counts_by_trial_and_in_all(journal: Journal, reader: JournalReader) -> None:
    for position in range(4):
        await journal.put(*whole(position, 0))
    await journal.put(trial_record(0, 1, failure=NO))
    await journal.put(trial_record(1, 1, failure=Failure("timeout", "TimeoutError", "late", outage=True)))
    await journal.put(trial_record(2, 1, failure=Failure("exception", "ValueError", "other")))
    await put(
        journal,
        trial_record(3, 1),
        evaluation_record(3, 1, "a", None),
        evaluation_record(3, 1, "b", failure=NO),
    )
    assert reader.trial_counts() == TrialCounts(completed=5, failed=3)
    assert reader.trial_counts(1) == TrialCounts(completed=1, failed=3)
    assert reader.evaluation_counts("a") == EvaluationCounts(scored=4, skipped=1)
    assert reader.evaluation_counts("b", 1) == EvaluationCounts(failed=1)
    assert reader.evaluation_counts("b", 0) == EvaluationCounts(scored=4)
    assert [trial for _, trial, _, _ in reader.score_values("a", 1)] == []
    assert [(row.position, row.trial) for row in reader.trials(1)] == [(n, 1) for n in range(4)]
    assert [row.position for row in reader.trials()] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert reader.failure_kinds() == [
        FailureKind("exception", "ValueError", 2, 0, "no", "item-0", 1),
        FailureKind("timeout", "TimeoutError", 1, 1, "late", "item-1", 1),
    ]
    assert reader.failure_kinds("b") == [FailureKind("exception", "ValueError", 1, 0, "no", "item-3", 1)]
    assert reader.failure_kinds("b", 0) == []


async def test_run_scores(journal: Journal, reader: JournalReader) -> None:
    overall = RunScoreRecord("mean", None, "NUMERIC", 0.5, {"scored": 4})
    by_trial = RunScoreRecord("mean", 1, "NUMERIC", None, {}, NO)
    slices = (SliceRecord("Europe", 1.0, {"scored": 3}), SliceRecord("", None, {}, "nothing was scored"))
    label = RunScoreRecord("verdict", None, "CATEGORICAL", "fine", details={"a": [1]}, slices=slices)
    await put(journal, by_trial, label, overall)
    assert reader.run_scores() == [overall, by_trial, label]
    assert reader.unsent_run_scores() == [overall, by_trial, label]
    await asyncio.wrap_future(journal.mark_run_scores_sent([("mean", None), ("verdict", None)]))
    assert reader.unsent_run_scores() == [by_trial]
    await put(journal, overall, by_trial, label)
    assert reader.unsent_run_scores() == [by_trial], "nothing new was said"
    assert reader.unconfirmed_run_scores() == [overall, label]
    await asyncio.wrap_future(journal.mark_run_scores_confirmed([("mean", None)]))
    assert reader.unconfirmed_run_scores() == [label]
    changed = RunScoreRecord("mean", None, "NUMERIC", 0.75, {"scored": 5})
    await put(journal, changed)
    assert reader.unsent_run_scores() == [changed, by_trial]


async def test_publication_counts(journal: Journal, reader: JournalReader) -> None:
    assert reader.publication_counts() == PublicationCounts()
    for position in range(4):
        await journal.put(*whole(position))
    await put(journal, RunScoreRecord("mean", None, "NUMERIC", 0.5))
    journal.mark_spans_sent([1, 2, 3])
    journal.mark_scores_sent([1, 2])
    journal.mark_confirmed([1])
    refusal = Refusal("score", "s1", "item-1", 0, "a", "out of bounds")
    await asyncio.wrap_future(journal.add_refusal(refusal))
    counts = reader.publication_counts()
    assert (counts.spans.complete, counts.spans.sent, counts.spans.confirmed, counts.spans.pending) == (
        4,
        3,
        1,
        1,
    )
    scores = counts.scores
    assert (scores.complete, scores.sent, scores.confirmed, scores.refused, scores.pending) == (9, 3, 2, 1, 5)
    assert [found.position for found in reader.next_unconfirmed(0, 99)] == [1]
    assert [(found.position, found.spans_sent) for found in reader.next_unpublished(0, 99)] == [
        (2, True),
        (3, False),
    ]
    assert reader.refusals() == [refusal]
    await asyncio.wrap_future(journal.add_refusal(refusal))
    assert reader.refusals() == [refusal]
    await put(journal, evaluation_record(1, 0, "a", 0.5, attempt=2))
    assert reader.refusals() == [], "what was refused is not there any more"


async def test_skipped_and_failed_evaluations_complete_a_trial(
    journal: Journal, reader: JournalReader
) -> None:
    await put(
        journal, trial_record(0), evaluation_record(0, 0, "a", None), evaluation_record(0, 0, "b", failure=NO)
    )
    [found] = reader.next_unpublished(0, 99)
    assert [record.status for record in found.evaluations] == [
        EvaluationStatus.SKIPPED,
        EvaluationStatus.FAILED,
    ]


async def test_names_the_plan_does_not_have(journal: Journal) -> None:
    with pytest.raises(KeyError):
        await journal.put(evaluation_record(0, 0, "nobody"))
    with pytest.raises(KeyError):
        await journal.put(evaluation_record(0, 0, "a", scores=(ScoreRecord("nothing", 1.0),)))
    with pytest.raises(ValueError, match="there is no trial"):
        await journal.put(trial_record(0, 1 << 20))
