"""The one evaluator of the quickstart that no built-in kind covers."""

from typing import Any


def matched_by(output: dict[str, Any]) -> str:
    """How the country was found: a category of the score `matched_by`."""
    return str(output["match"])
