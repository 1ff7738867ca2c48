"""The first step of the example: which passages of the handbook belong to a question."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

HANDBOOK = Path(__file__).parent / "data" / "handbook.jsonl"
BEST = 3
COMMON = frozenset(
    "a an and are be can do does for from have how i if in is it may my of on or some that the there they to "
    "what when who you your".split()
)


def words(text: str) -> list[str]:
    """The words of a text that say something, in lower case."""
    return [word for word in re.findall(r"\w+", text.lower()) if word not in COMMON]


def retrieve(question: str) -> dict[str, Any]:
    """The passages that share the rarest words with the question, the best first: their ids and texts."""
    passages = [json.loads(line) for line in HANDBOOK.read_text(encoding="utf-8").splitlines()]
    contents = [set(words(passage["text"])) for passage in passages]
    spread = Counter(word for content in contents for word in content)
    asked = set(words(question))

    def weight(content: set[str]) -> float:
        return sum(math.log(1 + len(contents) / spread[word]) for word in sorted(asked & content))

    ranked = sorted(zip(passages, contents, strict=True), key=lambda pair: -weight(pair[1]))
    found = [passage for passage, content in ranked if asked & content][:BEST]
    return {"ids": [one["id"] for one in found], "texts": [one["text"] for one in found]}
