"""Outputs that mean harm, and what every kind of evaluator makes of them.

    python -m tests.evaluators.hostile [KIND …]

prints how long the slowest output took each kind: a line for each, for `docs/reliability.md`.
"""

import json
import platform
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from inspect import isawaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio

from evalspec.evaluators.base import EvaluationError, Evaluator, Subject
from evalspec.kinds.bounded import close_pool
from evalspec.models import ModelError
from evalspec.plan.values import Item
from tests.support.evaluator_cases import Case, cases

MEGABYTE = 1_000_000


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    tree: Any = 1
    for _ in range(depth):
        tree = [tree]
    return tree


@lru_cache
def outputs() -> dict[str, Any]:
    """By name: texts of a megabyte, deep nesting, patterns, control characters, what is no Unicode."""
    return {
        "empty": "",
        "1 MB of one letter": "a" * MEGABYTE,
        "1 MB of words": "word " * (MEGABYTE // 5),
        "1 MB of one line breaks": "\n" * MEGABYTE,
        "1 MB of tags": "<a>" * (MEGABYTE // 3),
        "1 MB of open brackets": "[" * MEGABYTE,
        "1 MB of open braces": '{"a":' * (MEGABYTE // 5),
        "1 MB of parentheses": "(" * MEGABYTE,
        "1 MB of quotes": "'" * MEGABYTE,
        "1 MB of SQL": "SELECT (" * (MEGABYTE // 8),
        "1 MB of unions": "SELECT 1 UNION " * (MEGABYTE // 15),
        "1 MB of digits": "9" * MEGABYTE,
        "1 MB of dots": "." * MEGABYTE,
        "1 MB of at signs": "a@" * (MEGABYTE // 2),
        "1 MB of combining marks": "e" + "\u0301" * (MEGABYTE // 2),
        "1 MB of emoji": "\U0001f469\u200d\U0001f467" * (MEGABYTE // 11),
        "entities": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{n} "{"&a;" * 10}">' for n in range(20))
        + "]><x>&a19;</x>",
        "backtracking": "a" * 50_000 + "!",
        "fences": "```json\n" * 50_000,
        "control characters": "".join(map(chr, range(32))) + "\x7f\x9b[2J\x1b]0;x\x07",
        "NUL": "a\x00b" * 1000,
        "lone surrogates": "\ud800 \udfff" * 1000,
        "right to left": "\u202eevil\u202c" * 10_000,
        # A deeper one is no output: the task fails with `output_not_json`.
        "a deep tree": nested(250),
        "deep JSON as text": "[" * 100_000 + "]" * 100_000,
        "many keys": {str(number): number for number in range(50_000)},
        "a long list": list(range(100_000)),
        "a large number": 10**300,
        "a number of a hundred thousand digits": "1" + "0" * 100_000,
        "null": None,
        "a boolean": True,
        "an empty list": [],
        "an empty object": {},
    }


EXPECTED: tuple[Any, ...] = ("Paris", "a" * 1000, 3, ["a", "b"], {"a": 1})


def evaluator_of(case: Case, folder: Path) -> Evaluator:
    """The evaluator of a case, made to look at the whole output."""
    fields = dict(case.fields)
    if "value" in fields:
        fields["value"] = "output"
    return case.built(folder, fields).evaluator


def usable_cases(kind: str) -> list[Case]:
    """The cases of a kind that bring no models of their own: the first, and the one with most fields."""
    found = [case for case in cases(kind) if "models" not in case.table]
    richest = max(found, key=lambda case: len(case.fields), default=None)
    return found[:1] if richest is None or richest is found[0] else [found[0], richest]


def looks(kind: str) -> Iterator[tuple[Case, str, Any, Any]]:
    """Every case with every output, with what would be expected."""
    for case in usable_cases(kind):
        expected = case.table.get("expected_output", "Paris")
        for name, output in outputs().items():
            yield case, name, output, expected


async def verdict(evaluator: Evaluator, output: Any, expected: Any) -> str:
    """`scored`, or the kind of the failure; anything else an evaluator raises is a defect, and passes."""
    subject = Subject(Item("1", "question", expected, {"k": "v"}), output)
    try:
        found = evaluator(subject)
        scores = await found if isawaitable(found) else found
    except EvaluationError as error:
        return error.kind
    except ModelError as error:
        return error.kind
    assert scores
    return "scored"


def main(kinds: list[str]) -> None:
    """Print the slowest output of each kind."""
    print(f"{platform.platform()}, Python {platform.python_version()}")
    for kind in kinds or sorted({case.kind for case in cases()}):
        slowest = (0.0, "", "")
        seen: dict[str, int] = {}

        async def look(kind: str = kind, seen: dict[str, int] = seen) -> tuple[float, str, str]:
            worst = (0.0, "", "")
            with TemporaryDirectory() as folder:
                built: dict[int, Evaluator] = {}
                for case in usable_cases(kind):
                    # A worker loads what it needs once; that is the installation's time and not an output's.
                    built[case.number] = evaluator_of(case, Path(folder))
                    await verdict(built[case.number], "Warm up.", "Warm up.")
                for case, name, output, expected in looks(kind):
                    began = time.perf_counter()
                    outcome = await verdict(built[case.number], output, expected)
                    worst = max(worst, (time.perf_counter() - began, name, outcome))
                    seen[outcome] = seen.get(outcome, 0) + 1
                await close_pool()
            return worst

        slowest = anyio.run(look)
        seconds, name, outcome = slowest
        print(f"{kind:24} {seconds * 1000:7.0f} ms  {name:28} {outcome:18} {json.dumps(seen)}")


if __name__ == "__main__":
    main(sys.argv[1:])
