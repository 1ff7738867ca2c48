"""The results of all items as functions over them see them, and what such a function gave."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from evalspec.analysis.counts import Counts
from evalspec.analysis.groups import Groups, in_order
from evalspec.journal.ids import trace_id
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import EvaluationRecord, EvaluationStatus, Failure
from evalspec.kinds.evaluations import Evaluation, ItemResult, NotAnEvaluation, read_evaluation
from evalspec.kinds.python import LoadedCallable
from evalspec.kinds.wording import message_of
from evalspec.plan.model import MAX_TEXT, Plan, PlanAggregate
from evalspec.plan.values import Item

PythonAggregate = Callable[[list[ItemResult]], Any]
"""A function over the results of all items, synchronous as it stands here."""


def python_aggregate(loaded: LoadedCallable) -> PythonAggregate:
    """A loaded function, ready to be called; an asynchronous one gets an event loop of its own."""

    def function(item_results: list[ItemResult]) -> Any:
        def begin() -> Any:
            return loaded.call.call(loaded.function, lambda _: item_results)

        async def finish() -> Any:
            return await begin()

        return anyio.run(finish) if loaded.is_async else begin()

    return function


@dataclass(frozen=True, slots=True)
class Gathered:
    """Results on their way to a function, how many of them are whole, and the same for each group."""

    results: list[ItemResult]
    counts: Counts
    groups: dict[str, tuple[list[ItemResult], Counts]]


class _Gathering:
    """Item results on their way to a function, and how many of them are whole."""

    def __init__(self, reader: JournalReader, plan: Plan, by: str | None) -> None:
        self._reader = reader
        self._run_id = reader.header().run_id
        self._booleans = {name for name, score in plan.scores.items() if score.data_type == "BOOLEAN"}
        self._evaluators = len(plan.evaluators)
        self._imputed = {n for n, score in plan.scores.items() if score.on_task_failure != "missing"}
        self._given = {name for part in plan.evaluators.values() for name in part.scores.values()}
        self._groups = None if by is None else Groups(by)
        self._group = ""
        self.items: Counter[str] = Counter()
        self.scored: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def results(self, trial: int | None) -> Iterator[tuple[str, ItemResult]]:
        """Group and result of each trial with an outcome, in the items' order."""
        items = self._begun()
        position, item = -1, None
        for row, records in self._reader.results(trial):
            while position < row.position:
                position, item = next(items)
            assert item is not None
            self._count(row.failure is not None, records)
            evaluations = [evaluation for record in records for evaluation in self._evaluations(record)]
            yield (
                self._group,
                ItemResult(item, row.output, evaluations, trace_id(self._run_id, item.id, row.trial)),
            )
        for _ in items:
            pass

    def _begun(self) -> Iterator[tuple[int, Item]]:
        """The items in order, each with its group found and counted."""
        for position, item, _ in self._reader.items():
            if self._groups is not None:
                self._group = self._groups.of(item)
            self.items[self._group] += 1
            yield position, item

    def _evaluations(self, record: EvaluationRecord) -> Iterator[Evaluation]:
        for score in record.scores:
            value = bool(score.value) if score.name in self._booleans else score.value
            yield Evaluation(value, score.name, score.comment, score.metadata)

    def _count(self, task_failed: bool, records: list[EvaluationRecord]) -> None:
        if task_failed:
            whole = self._given <= self._imputed
            self.failed[self._group] += not whole
        else:
            broken = any(record.status is EvaluationStatus.FAILED for record in records)
            self.failed[self._group] += broken
            whole = not broken and len(records) >= self._evaluators
        self.scored[self._group] += whole


def gather(reader: JournalReader, plan: Plan, trial: int | None, by: str | None = None) -> Gathered:
    """The results of one trial number, or of all, how many of them lack nothing, and the same for each group
    of items that the expression `by` tells apart.

    A trial counts as scored if no score of it is missing, as failed if the task or an evaluator failed and no
    value stands in. Those that were not attempted are not among the results. All are held in memory, because
    the function wants a list.
    """
    gathering = _Gathering(reader, plan, by)
    results: list[ItemResult] = []
    grouped: dict[str, list[ItemResult]] = {}
    for group, result in gathering.results(trial):
        results.append(result)
        if by is not None:
            grouped.setdefault(group, []).append(result)
    trials = plan.task.repeats if trial is None else 1
    groups = {
        group: Counts(items * trials, gathering.scored[group], gathering.failed[group])
        for group, items in gathering.items.items()
    }
    shown = [] if by is None else in_order(list(groups))
    return Gathered(
        results,
        sum(groups.values(), Counts(0)),
        {group: (grouped.get(group, []), groups[group]) for group in shown},
    )


def call(
    name: str, plan: PlanAggregate, function: PythonAggregate, results: list[ItemResult]
) -> tuple[float | str | Failure, str | None]:
    """What a function over all results gives, checked against the data type, or why it gives nothing; and
    what it says about it."""
    try:
        given = function(results)
    except BaseException as error:  # noqa: BLE001 - user code; whatever it raises is the aggregate's failure
        return Failure("exception", type(error).__name__, message_of(error)), None
    try:
        evaluation = _only_one(name, given)
    except NotAnEvaluation as error:
        return Failure("invalid_result", "", str(error)), None
    if evaluation.value is None:
        return Failure("no_value", "", evaluation.comment or "the function gave no value"), None
    return _checked(plan.data_type, evaluation.value), evaluation.comment


def _only_one(name: str, given: Any) -> Evaluation:
    """The evaluation; of a list the only one, or the one that is named like the aggregate."""
    if not isinstance(given, list | tuple):
        return read_evaluation(given)
    evaluations = [read_evaluation(one) for one in given]
    named = evaluations if len(evaluations) == 1 else [one for one in evaluations if one.name == name]
    if len(named) != 1:
        raise NotAnEvaluation(
            f"the function gave {len(evaluations)} values, and not exactly one named `{name}`"
        )
    return named[0]


def _checked(data_type: str, value: float | str) -> float | str | Failure:
    if isinstance(value, str):
        if data_type in ("NUMERIC", "BOOLEAN"):
            return Failure("invalid_score", "", f"a {data_type} aggregate is not a text")
        if data_type == "TEXT" and not 1 <= len(value) <= MAX_TEXT:
            message = f"the text has {len(value)} characters; 1 to {MAX_TEXT} are allowed"
            return Failure("invalid_score", "", message)
        return value
    if data_type in ("CATEGORICAL", "TEXT"):
        return Failure("invalid_score", "", f"a {data_type} aggregate is a text, not a number")
    number = float(value)
    if not math.isfinite(number):
        return Failure("invalid_score", "", "the value is not a finite number")
    if data_type == "BOOLEAN" and number not in (0, 1):
        return Failure("invalid_score", "", "a BOOLEAN aggregate is true or false")
    return number


def coverage_of(counts: Counts, trials: int) -> dict[str, Any]:
    """What a run-level score says about itself."""
    return {
        "expected": counts.expected,
        "scored": counts.scored,
        "failed": counts.failed,
        "skipped": counts.skipped,
        "imputed": counts.imputed,
        "coverage": counts.coverage,
        "trials": trials,
    }


def counts_of(coverage: Mapping[str, Any]) -> Counts:
    """The counts that `coverage_of` wrote."""
    return Counts(*(int(coverage[key]) for key in ("expected", "scored", "failed", "skipped", "imputed")))
