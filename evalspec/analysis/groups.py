"""The groups of items for which an aggregate is given besides."""

from typing import Final

from evalspec.analysis.labels import text_of
from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.expressions import compile_lookup
from evalspec.plan.values import Item

MISSING: Final = "(missing)"
"""The group of the items that lack a key which the expression reads."""
FAILED: Final = "(failed)"
"""The group of the items for which the expression cannot be evaluated."""
OTHER: Final = "(other)"
"""The group of all items whose own came after the first `MAX_GROUPS`."""
MAX_GROUPS: Final = 100


class Groups:
    """Tells the group of each item, which is the text of an expression's value.

    The first 100 groups in the items' order stand alone, so that what is kept of them stays small.
    """

    def __init__(self, by: str) -> None:
        """`by` is an expression over an item that is known to compile."""
        self._lookup = compile_lookup("by", by)
        self._known: set[str] = set()

    def of(self, item: Item) -> str:
        """The group of an item."""
        scope = {
            "input": item.input,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item.as_dict(),
        }
        try:
            group = text_of(self._lookup(scope))
        except EvaluationError as error:
            return MISSING if error.kind in ("missing_key", "missing_expected") else FAILED
        if group not in self._known:
            if len(self._known) >= MAX_GROUPS:
                return OTHER
            self._known.add(group)
        return group


def in_order(groups: list[str]) -> list[str]:
    """Groups in the order in which they were met, those that are none of the data's own last."""
    last = {OTHER: 1, MISSING: 2, FAILED: 3}
    return sorted(groups, key=lambda group: last.get(group, 0))
