"""Which calls may record spans: those with somebody's code behind them."""

from typing import Any

import pytest

from evalspec.plan.model import PlanTask
from evalspec.runner.parts import CallPart

DIGEST = f"sha256:{0:064x}"


class _Own:
    blocking = False


_Own.__module__ = "evalspec.tasks.somekind"


@pytest.mark.parametrize(
    ("plan", "traced"),
    [
        ({"type": "recorded"}, False),
        ({"type": "python", "code": {"reference": "a:b"}}, True),
        ({"type": "prompt", "codes": {"tools.look": {"reference": "a:b"}}}, True),
        ({"type": "acme:answer"}, True),
    ],
)
def test_spans_are_caught_where_code_is_called(plan: dict[str, Any], traced: bool) -> None:
    part = PlanTask.model_validate({"fields": {}, "semantics": 1, "digest": DIGEST, **plan})
    assert CallPart("", _Own(), part, None, capture=True).traced is traced
    assert not CallPart("", _Own(), part, None, capture=False).traced
