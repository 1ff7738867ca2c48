"""A system that answers with what it was asked."""

from typing import Any


def repeat(*, text: str, fields: dict[str, Any]) -> dict[str, str]:
    """The text, as often as the fields say."""
    return {"answer": " ".join([text] * fields["times"])}
