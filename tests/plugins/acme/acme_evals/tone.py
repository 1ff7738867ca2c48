"""How a text says what it says."""

from typing import Any


async def tone(*, value: Any, strict: Any = None, seconds: float, **rest: Any) -> dict[str, Any]:
    """Whether it is polite, how loud it is, and whether it came in time."""
    assert rest["fields"]["level"] in ("formal", "casual")
    loud = sum(letter.isupper() for letter in value) / len(value)
    polite = "please" in value.lower() or (rest["fields"]["level"] == "casual" and not strict)
    return {"polite": polite, "loudness": loud, "in_time": seconds < 60, "remark": rest["trial"]}
