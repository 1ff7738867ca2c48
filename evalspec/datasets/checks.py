"""What every dataset kind checks of the fields they have in common."""

from typing import Final

from evalspec.datasets.base import DatasetFields
from evalspec.kinds.resolving import Resolving

__all__ = ["WHERE_NAMES", "check_common"]

WHERE_NAMES: Final = frozenset({"input", "expected_output", "metadata", "item"})
"""The names that `where` may use."""


def check_common(fields: DatasetFields, resolving: Resolving) -> None:
    """Report what is wrong with `where` and `sample`."""
    if fields.where is not None:
        resolving.expression(("where",), fields.where, WHERE_NAMES)
    sample = fields.sample
    if sample is not None and (sample.size is None) == (sample.rate is None):
        both = sample.size is not None
        message = (
            "a sample has a size or a rate, not both" if both else "the sample has neither size nor rate"
        )
        resolving.report(
            "wrong-value" if both else "missing-field", message, ("sample",), expected="`size` or `rate`"
        )
