"""The values of all aggregates that are computed from a journal, over everything and for each group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalspec.analysis.aggregates import COMPARISONS, PYTHON, TRIAL_FUNCTIONS, Range, Value, compute, extremes
from evalspec.analysis.collecting import Collected
from evalspec.analysis.counts import Counts
from evalspec.analysis.fates import Fate, Outcome, ScoreTable, Trial
from evalspec.analysis.groups import Groups, in_order
from evalspec.analysis.readings import collector_of, reading_of, scores_of
from evalspec.analysis.tally import Tally, together
from evalspec.journal.reader import JournalReader
from evalspec.journal.rows import FailureKind, TrialRow
from evalspec.plan.model import Plan, PlanAggregate
from evalspec.plan.values import Item

_ALL = ""
"""The one group of an aggregate without `by`."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The value for one group of items."""

    group: str
    value: Value
    counts: Counts
    cases: Range = (None, None)


@dataclass(frozen=True, slots=True)
class Measured:
    """A value over one trial number, or over all, and for each group."""

    value: Value
    counts: Counts
    cases: Range = (None, None)
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came of one aggregate. `per_trial` is empty where there is one trial, or the function has no value
    for one. `failures` are those of its own expressions, most frequent first.
    """

    total: Measured
    per_trial: tuple[Measured, ...] = ()
    failures: tuple[FailureKind, ...] = ()


def measure(reader: JournalReader, plan: Plan, tallies: Mapping[str, list[Tally]]) -> dict[str, Measurement]:
    """Every aggregate of a plan but the `python` ones, by name; `tallies` are those of its scores.

    The results are read once, and only where some aggregate needs more than the values of its score. What is
    kept grows with groups and labels, not with the items, but for 8 bytes a number.
    """
    needed = {name: one for name, one in plan.aggregates.items() if one.function != PYTHON}
    series = {name: _Series(plan, one) for name, one in needed.items() if one.by or one.score is None}
    series |= {
        name: _TrialSeries(plan, one) for name, one in needed.items() if one.function in TRIAL_FUNCTIONS
    }
    if series:
        _read(reader, plan, list(series.values()))
    found = {}
    for name, aggregate in needed.items():
        own = series.get(name)
        if own is not None and aggregate.function in COMPARISONS | TRIAL_FUNCTIONS:
            found[name] = own.measurement()
        else:
            assert aggregate.score is not None
            found[name] = _over_score(plan, aggregate, tallies[aggregate.score], own)
    return found


def _over_score(
    plan: Plan, aggregate: PlanAggregate, tallies: list[Tally], series: "_Series | None"
) -> Measurement:
    assert aggregate.score is not None
    score = plan.scores[aggregate.score]

    def measured(tally: Tally, trials: Sequence[int]) -> Measured:
        value = compute(aggregate.function, aggregate.fields, tally.sample)
        cases = extremes(aggregate.function, score, tally.sample, tally.counts)
        return Measured(value, tally.counts, cases, series.slices(trials) if series else ())

    every = range(len(tallies))
    per_trial = tuple(measured(tallies[trial], (trial,)) for trial in every) if len(tallies) > 1 else ()
    return Measurement(measured(together(score, tallies), every), per_trial)


def _read(reader: JournalReader, plan: Plan, series: Sequence["_Series"]) -> None:
    """Show every item, and every trial that has an outcome, to all of them."""
    table = ScoreTable(plan)
    items = _announced(reader, series)
    position, item = -1, None
    for row, records in reader.results():
        while position < row.position:
            position, item = next(items)
        assert item is not None
        trial = Trial(item, row, records, table)
        for one in series:
            one.trial(row, trial)
    for _ in items:
        pass


def _announced(reader: JournalReader, series: Sequence["_Series"]) -> Iterator[tuple[int, Item]]:
    """The items in order, each made known before it is given, and concluded when the next is asked for."""
    for position, item, _ in reader.items():
        for one in series:
            one.begin(item)
        yield position, item
        for one in series:
            one.end()


@dataclass(slots=True)
class _Cell:
    """The results of one group in one trial number."""

    collected: Collected
    expected: int = 0
    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    imputed: int = 0

    def add(self, outcome: Outcome) -> None:
        self.fates[outcome.fate] += 1
        if outcome.fate is Fate.SCORED:
            self.collected.add(outcome.reading, outcome.imputed)
            self.imputed += outcome.imputed

    @property
    def counts(self) -> Counts:
        fates = self.fates
        return Counts(
            self.expected, fates[Fate.SCORED], fates[Fate.FAILED], fates[Fate.SKIPPED], self.imputed
        )


class _Series:
    """The results of one aggregate while the items go by."""

    def __init__(self, plan: Plan, aggregate: PlanAggregate) -> None:
        self.repeats = plan.task.repeats
        self._reading = reading_of(aggregate)
        self._new = collector_of(aggregate, plan)
        self._groups = None if aggregate.by is None else Groups(aggregate.by)
        # A score that no evaluator gives has no results to expect.
        self._idle = not ScoreTable(plan).givers.keys() >= set(scores_of(aggregate))
        self._cells: dict[tuple[int, str], _Cell] = {}
        self._group = _ALL
        self._failures: dict[str, FailureKind] = {}

    def begin(self, item: Item) -> None:
        """The next item."""
        if self._groups is not None:
            self._group = self._groups.of(item)
        for trial in range(self.repeats):
            self._cell(trial).expected += not self._idle

    def trial(self, row: TrialRow, trial: Trial) -> None:
        """A trial of the item that has an outcome."""
        if self._idle:
            return
        outcome = self._reading(trial)
        self._note(row, outcome)
        self._cell(row.trial).add(outcome)

    def end(self) -> None:
        """The item's trials have all been shown."""

    def measurement(self) -> Measurement:
        """What came of it."""
        trials = range(self.repeats)
        per_trial = tuple(self._measured((trial,)) for trial in trials) if self.repeats > 1 else ()
        failures = sorted(self._failures.values(), key=lambda kind: -kind.count)
        return Measurement(self._measured(trials), per_trial, tuple(failures))

    def slices(self, trials: Sequence[int]) -> tuple[Slice, ...]:
        """The value of each group over some trial numbers."""
        if self._groups is None:
            return ()
        found = []
        for group in in_order(list(dict.fromkeys(group for _, group in self._cells))):
            collected, counts = self._joined(trials, (group,))
            found.append(Slice(group, collected.value(), counts, collected.cases(counts)))
        return tuple(found)

    def _measured(self, trials: Sequence[int]) -> Measured:
        collected, counts = self._joined(trials, list(dict.fromkeys(group for _, group in self._cells)))
        return Measured(collected.value(), counts, collected.cases(counts), self.slices(trials))

    def _joined(self, trials: Sequence[int], groups: Sequence[str]) -> tuple[Collected, Counts]:
        collected, counts = self._new(), Counts(0)
        for trial in trials:
            for group in groups:
                if (trial, group) in self._cells:
                    cell = self._cells[trial, group]
                    collected.extend(cell.collected)
                    counts += cell.counts
        return collected, counts

    def _cell(self, trial: int) -> _Cell:
        place = (trial, self._group)
        if place not in self._cells:
            self._cells[place] = _Cell(self._new())
        return self._cells[place]

    def _note(self, row: TrialRow, outcome: Outcome) -> None:
        """Count a failure of the aggregate's own expressions, with the first as example."""
        if outcome.problem is None:
            return
        kind, message = outcome.problem
        first = self._failures.get(kind)
        if first is None:
            self._failures[kind] = FailureKind(kind, "", 1, 0, message, row.item_id, row.trial)
        else:
            self._failures[kind] = replace(first, count=first.count + 1)


class _TrialSeries(_Series):
    """The results of an aggregate over the trials of each item: there is one for each item."""

    def __init__(self, plan: Plan, aggregate: PlanAggregate) -> None:
        super().__init__(plan, aggregate)
        self._trials = self.repeats
        self.repeats = 1
        self._k: int = aggregate.fields["k"]
        self._fates: dict[Fate, int] = {}
        self._passed = 0
        self._any_imputed = False

    def begin(self, item: Item) -> None:
        super().begin(item)
        self._fates = dict.fromkeys(Fate, 0)
        self._passed = 0
        self._any_imputed = False

    def trial(self, row: TrialRow, trial: Trial) -> None:
        if self._idle:
            return
        outcome = self._reading(trial)
        self._fates[outcome.fate] += 1
        self._passed += outcome.reading == 1
        self._any_imputed = self._any_imputed or outcome.imputed

    def end(self) -> None:
        if not self._idle:
            scored = self._fates[Fate.SCORED]
            self._cell(0).add(Outcome(self._fate(), (scored, self._passed), self._any_imputed))

    def _fate(self) -> Fate:
        """What became of the item; one of which too many trials were skipped is skipped itself."""
        if self._fates[Fate.SCORED] >= self._k:
            return Fate.SCORED
        if self._trials - self._fates[Fate.SKIPPED] < self._k:
            return Fate.SKIPPED
        unknown = self._trials - sum(self._fates.values()) + self._fates[Fate.PENDING]
        return Fate.PENDING if unknown else Fate.FAILED
