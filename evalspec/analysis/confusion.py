"""Which label was given where which was expected, and what is computed from that."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from evalspec.analysis.aggregates import NO_VALUES, Range, Value
from evalspec.analysis.collecting import Collected, share_cases
from evalspec.analysis.counts import Counts
from evalspec.analysis.groups import OTHER

MAX_LABELS: Final = 200
"""How many different labels are kept apart where they are not named."""


class Confusion:
    """How often each label was given where each was expected.

    Where the labels are `listed`, any other is None. Where they are not, all are kept that occur; with more
    than `MAX_LABELS` the matrix is `overfull` and of no use, and only the counts of what is right still hold.
    """

    def __init__(self, listed: Sequence[str] | None = None) -> None:
        self._listed = None if listed is None else dict.fromkeys(listed)
        self._seen: set[str] = set()
        self.cells: Counter[tuple[str | None, str | None]] = Counter()
        self.size = 0
        self.right = 0
        self.stray: str | None = None
        """One of the labels that are not listed."""

    def add(self, expected: str, given: str) -> None:
        """One item."""
        self.size += 1
        self.right += expected == given
        if not self.overfull:
            self.cells[self._known(expected), self._known(given)] += 1

    def extend(self, other: Self) -> None:
        """All items of another with the same labels."""
        self.size += other.size
        self.right += other.right
        self.cells.update(other.cells)
        self._seen |= other._seen
        self.stray = self.stray if self.stray is not None else other.stray

    @property
    def overfull(self) -> bool:
        """Whether there were more labels than are kept apart."""
        return len(self._seen) > MAX_LABELS

    @property
    def labels(self) -> list[str]:
        """The labels in the order in which they are listed, or those that occur, sorted."""
        return sorted(self._seen) if self._listed is None else list(self._listed)

    def _known(self, label: str) -> str | None:
        if self._listed is None:
            self._seen.add(label)
            return label
        if label in self._listed:
            return label
        self.stray = self.stray if self.stray is not None else label
        return None


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Of one label: how often it was given rightly, given wrongly, and missed."""

    label: str
    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def support(self) -> int:
        """How often it is expected."""
        return self.true_positives + self.false_negatives

    def rate(self, function: str) -> float | None:
        """Its precision, recall or f1; None where the denominator is 0."""
        hits, false, missed = self.true_positives, self.false_positives, self.false_negatives
        over = {"precision": hits + false, "recall": hits + missed, "f1": 2 * hits + false + missed}[function]
        return (2 * hits if function == "f1" else hits) / over if over else None

    def as_dict(self) -> dict[str, Any]:
        """What is said of a label in the details; a rate that is undefined is absent."""
        rates = {name: self.rate(name) for name in ("precision", "recall", "f1")}
        known = {name: rate for name, rate in rates.items() if rate is not None}
        return {"label": self.label, **known, "support": self.support}


def label_counts(confusion: Confusion) -> list[LabelCounts]:
    """The counts of each label, in the labels' order."""
    given: Counter[str | None] = Counter()
    expected: Counter[str | None] = Counter()
    for (right, said), count in confusion.cells.items():
        expected[right] += count
        given[said] += count
    counts = []
    for label in confusion.labels:
        hits = confusion.cells[label, label]
        counts.append(LabelCounts(label, hits, given[label] - hits, expected[label] - hits))
    return counts


class Labels(Collected):
    """Pairs of labels, expected and given, for a function over their confusion matrix."""

    def __init__(self, function: str, fields: Mapping[str, Any], listed: Sequence[str] | None) -> None:
        self._function = function
        self._fields = fields
        self._confusion = Confusion(listed)

    def add(self, reading: tuple[str, str], imputed: bool = False) -> None:
        self._confusion.add(*reading)

    def extend(self, other: Self) -> None:
        self._confusion.extend(other._confusion)

    def value(self) -> Value:
        if not self._confusion.size:
            return Value(None, NO_VALUES)
        if self._confusion.overfull:
            return Value(None, f"there are more than {MAX_LABELS} different labels; name them in `labels`")
        return _FUNCTIONS[self._function](self._confusion, self._fields)

    def cases(self, counts: Counts) -> Range:
        if self._function not in ("accuracy", "confusion_matrix"):
            return (None, None)
        return share_cases(self._confusion.right, self._confusion.size, counts)


def _accuracy(confusion: Confusion, fields: Mapping[str, Any]) -> Value:
    return Value(confusion.right / confusion.size)


def _matrix(confusion: Confusion, fields: Mapping[str, Any]) -> Value:
    labels: list[str | None] = [*confusion.labels]
    if confusion.stray is not None:
        labels.append(None)
    matrix = [[confusion.cells[expected, given] for given in labels] for expected in labels]
    names = [OTHER if label is None else label for label in labels]
    return Value(confusion.right / confusion.size, details={"labels": names, "matrix": matrix})


def _rated(function: str) -> Callable[[Confusion, Mapping[str, Any]], Value]:
    """Precision, recall or f1, averaged as scikit-learn does."""

    def rated(confusion: Confusion, fields: Mapping[str, Any]) -> Value:
        average = fields["average"]
        if average == "binary" and fields.get("positive") is None and confusion.stray is not None:
            why = f"`positive` is needed, for not every label is true or false: there is `{confusion.stray}`"
            return Value(None, why)
        counts = label_counts(confusion)
        if average == "binary":
            counts = counts[-1:]
        number = _averaged(function, average, counts)
        details = {"labels": [one.as_dict() for one in counts]}
        if number is None:
            return Value(None, _undefined(function, average, counts), details)
        return Value(number, details=details)

    return rated


def _averaged(function: str, average: str, counts: Sequence[LabelCounts]) -> float | None:
    if average in ("binary", "micro"):
        together = LabelCounts(
            "",
            sum(one.true_positives for one in counts),
            sum(one.false_positives for one in counts),
            sum(one.false_negatives for one in counts),
        )
        return together.rate(function)
    rates = [one.rate(function) for one in counts]
    if all(rate is None for rate in rates):
        return None
    weights = [1 if average == "macro" else one.support for one in counts]
    if not sum(weights):
        return None
    return sum((rate or 0.0) * weight for rate, weight in zip(rates, weights, strict=True)) / sum(weights)


def _undefined(function: str, average: str, counts: Sequence[LabelCounts]) -> str:
    what = f"`{counts[0].label}`" if average == "binary" else "any of the labels"
    never = {"precision": "given", "recall": "expected", "f1": "expected or given"}[function]
    if average == "weighted":
        never = "expected"
    return f"{what} is never {never}, so there is no {function}"


def _kappa(confusion: Confusion, fields: Mapping[str, Any]) -> Value:
    """Cohen's kappa: 1 - sum(w * observed) / sum(w * expected by chance), over all pairs of labels."""
    if confusion.stray is not None:
        return Value(None, f"`{confusion.stray}` is not among `labels`, so its distance is unknown")
    place = {label: index for index, label in enumerate(confusion.labels)}
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    observed = 0
    weight = _WEIGHTS[fields["weights"]]
    for expected, given, count in _pairs(confusion, place):
        rows[expected] += count
        columns[given] += count
        observed += weight(expected - given) * count
    chance = sum(
        weight(row - column) * rows[row] * columns[column] for row in list(rows) for column in list(columns)
    )
    if not chance:
        return Value(None, "all items have one label on both sides, so no agreement is beyond chance")
    return Value(1 - observed * confusion.size / chance)


def _pairs(confusion: Confusion, place: Mapping[str, int]) -> Iterator[tuple[int, int, int]]:
    for (expected, given), count in confusion.cells.items():
        assert expected is not None
        assert given is not None
        yield place[expected], place[given], count


_WEIGHTS: Final[Mapping[str, Callable[[int], int]]] = {
    "none": lambda distance: distance != 0,
    "linear": abs,
    "quadratic": lambda distance: distance * distance,
}
_FUNCTIONS: Final[Mapping[str, Callable[[Confusion, Mapping[str, Any]], Value]]] = {
    "accuracy": _accuracy,
    "confusion_matrix": _matrix,
    "precision": _rated("precision"),
    "recall": _rated("recall"),
    "f1": _rated("f1"),
    "cohen_kappa": _kappa,
}
