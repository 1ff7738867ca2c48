"""Labels and groups: JSON values as the text that counters are kept by."""

from hashlib import sha256
from typing import Any, Final

from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.expressions import type_name
from evalspec.plan.canonical import NotCanonical, canonical_json

MAX_LABEL: Final = 100
"""The longest label that stands for itself, in characters."""
_KEPT: Final = MAX_LABEL - 14


def label_of(value: Any) -> str:
    """The label that a text, a number, a boolean or null is: texts as they are, all else as JSON, so that 1
    and 1.0 are one label.

    A longer text is its beginning with a digest of the whole. Raises EvaluationError `not_a_label` for
    anything else.
    """
    if isinstance(value, dict | list):
        raise EvaluationError(
            "not_a_label", f"{type_name(value)} is no label; text, a number or a boolean is"
        )
    return text_of(value)


def text_of(value: Any) -> str:
    """Any JSON value as bounded text, as `label_of` does. Raises the same for what is no JSON."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = canonical_json(value).decode()
        except NotCanonical as error:
            raise EvaluationError("not_a_label", f"it is no label: {error.message}") from None
    if len(text) <= MAX_LABEL:
        return text
    # JSON may hold half a surrogate pair, which UTF-8 has no bytes for.
    whole = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:_KEPT]}… #{whole[:10]}"
