"""The program of the example: reads an item on standard input, writes amount, unit and ingredient.

It is Python so that the example runs anywhere; evalspec would call it the same way were it anything else.
"""

import json
import sys
from fractions import Fraction

WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "half": 0.5}
UNITS = {
    "g": "g",
    "kg": "kg",
    "l": "l",
    "litre": "l",
    "cup": "cup",
    "tbsp": "tbsp",
    "tablespoon": "tbsp",
    "tsp": "tsp",
    "teaspoon": "tsp",
    "pinch": "pinch",
    "clove": "clove",
}


def amount_of(word: str) -> float | None:
    """The number that a word stands for, or None."""
    if word in WORDS:
        return WORDS[word]
    try:
        return float(Fraction(word))
    except ValueError:
        return None


def parse(line: str) -> dict[str, object]:
    """Amount, unit and ingredient of a line; ValueError where it does not begin with an amount."""
    words = line.split()
    amount = amount_of(words[0])
    if amount is None:
        raise ValueError(f"no amount in {line!r}")
    words = words[2:] if words[1] in ("a", "an") else words[1:]
    unit = UNITS.get(words[0].removesuffix("s")) or UNITS.get(words[0])
    words = words[1:] if unit else words
    return {"amount": amount, "unit": unit or "piece", "what": " ".join(words).removeprefix("of ")}


if __name__ == "__main__":
    try:
        json.dump(parse(json.load(sys.stdin)["input"]), sys.stdout)
    except ValueError as error:
        sys.exit(str(error))
