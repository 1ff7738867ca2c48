"""Whatever an output holds, an evaluator gives a score or says why not, and the same each time."""

from pathlib import Path

import anyio
import pytest

from evalspec.kinds.bounded import close_pool
from evalspec.kinds.json_tree import to_json
from tests.evaluators.hostile import evaluator_of, looks, nested, usable_cases, verdict
from tests.support.evaluator_cases import cases

KINDS = sorted({case.kind for case in cases()})


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_outputs(kind: str, tmp_path: Path) -> None:
    async def look() -> dict[str, str]:
        built = {case.number: evaluator_of(case, tmp_path) for case in usable_cases(kind)}
        found = {
            f"{name} ({case.number})": await verdict(built[case.number], output, expected)
            for case, name, output, expected in looks(kind)
        }
        await close_pool()
        return found

    found = anyio.run(look)
    assert set(found.values()) - {"scored"} <= SAID, found


SAID = frozenset(
    {
        "empty_expected",
        "evaluation_failed",
        "expression_failed",
        "missing_expected",
        "missing_key",
        "not_a_number",
        "not_text",
        "timeout",
        "too_large",
    }
)
"""What evaluators say of such outputs; kinds add their own below."""


def test_what_is_nested_too_deeply_is_no_output() -> None:
    with pytest.raises(Exception, match=r"deep|recurs|nest"):
        to_json(nested(10_000))
