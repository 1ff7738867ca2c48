"""How many results there should be, and what became of each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """The fate of every expected result; nothing vanishes.

    `expected` is items × trials. `scored` includes the `imputed` ones, which `on_task_failure` gave. `failed`
    are results that evaluator or task did not produce, `skipped` those that the evaluator chose not to give.
    """

    expected: int
    scored: int = 0
    failed: int = 0
    skipped: int = 0
    imputed: int = 0

    @property
    def pending(self) -> int:
        """Results of which there is no record yet."""
        return self.expected - self.scored - self.failed - self.skipped

    @property
    def missing(self) -> int:
        """Results that should be there and are not: failed or pending."""
        return self.failed + self.pending

    @property
    def coverage(self) -> float:
        """scored / (expected − skipped); 1 where every result was skipped and so none is missing."""
        wanted = self.expected - self.skipped
        return self.scored / wanted if wanted else 1.0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.expected + other.expected,
            self.scored + other.scored,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.imputed + other.imputed,
        )
