"""How much of a text is made of words that nobody should say."""

from typing import Any


def toxicity(*, value: Any, fields: dict[str, Any]) -> dict[str, Any]:
    """The share of bad words, with those that were found as the comment."""
    if not isinstance(value, str):
        raise TypeError("only text can be toxic")
    words = value.lower().split()
    bad = [word for word in words if word.strip(".,!?") in fields["words"]]
    share = len(bad) / len(words) if words else 0.0
    return {"value": share, "comment": ", ".join(bad) or None}
