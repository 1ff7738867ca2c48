"""The assistant of the scripted example: a function that answers the last message of a conversation."""

from collections.abc import Sequence
from typing import Any

DAYS = ("monday", "tuesday", "thursday", "friday")


def answer(messages: Sequence[dict[str, Any]]) -> str:
    """What the practice says next."""
    said = str(messages[-1]["content"]).lower()
    asked = str(messages[-2]["content"]) if len(messages) > 1 else ""
    if "chest" in said or "no air" in said:
        return "That cannot wait: please call 112 now."
    if "Which day" in asked:
        day = next((day for day in DAYS if day in said), None)
        if day is not None:
            return f"You have an appointment on {day.title()} at nine."
        return "I am sorry, we are closed on Wednesdays." if "wednesday" in said else "Which day suits you?"
    if "What is the trouble" in asked or "my back" in said:
        return "I see. Which day suits you?"
    return "Gladly. What is the trouble?"
