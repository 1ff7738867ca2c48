"""The values of one score, held in little memory."""

from array import array
from collections import Counter
from collections.abc import Sequence

from evalspec.plan.model import PlanScore


class Sample:
    """The values of a score, in no particular order.

    NUMERIC values take 8 bytes each; BOOLEAN and CATEGORICAL ones are only counted; TEXT is not kept at all.
    """

    __slots__ = ("_labels", "_numbers", "_score", "imputed", "size")

    def __init__(self, score: PlanScore) -> None:
        self._score = score
        self._numbers = array("d")
        self._labels: Counter[float | str] = Counter()
        self.size = 0
        self.imputed = 0

    def add(self, values: Sequence[float | str], imputed: int = 0) -> None:
        """More values, of which so many are imputed; BOOLEAN ones are 0 or 1, CATEGORICAL ones labels."""
        self.size += len(values)
        self.imputed += imputed
        if self._score.data_type == "NUMERIC":
            self._numbers.extend(map(float, values))
        elif self._score.data_type != "TEXT":
            self._labels.update(values)

    def extend(self, other: "Sample") -> None:
        """All values of another sample of the same score."""
        self.size += other.size
        self.imputed += other.imputed
        self._numbers.extend(other._numbers)
        self._labels.update(other._labels)

    def numbers(self) -> Sequence[float]:
        """The values as numbers: BOOLEAN as 0 and 1, CATEGORICAL as the values of the labels, TEXT none."""
        if self._score.data_type == "NUMERIC":
            return self._numbers
        categories = self._score.categories or {}
        numbers = array("d")
        for label, count in self._labels.items():
            number = float(categories[label]) if isinstance(label, str) else float(label)
            numbers.extend(array("d", [number]) * count)
        return numbers

    def good(self) -> int:
        """How many are true (BOOLEAN) or among the good labels (CATEGORICAL)."""
        if self._score.data_type == "BOOLEAN":
            return self._labels[1.0]
        return sum(self._labels[label] for label in self._score.good or ())

    def count_of(self, label: str) -> int:
        """How many carry the label of a CATEGORICAL score."""
        return self._labels[label]

    def distribution(self) -> dict[str, int]:
        """Label to count, of a CATEGORICAL score: all labels of the config in its order, then any others."""
        labels = [*(self._score.categories or {})]
        labels += sorted(label for label in map(str, self._labels) if label not in labels)
        return {label: self._labels[label] for label in labels}
