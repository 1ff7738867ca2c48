"""Short outages; `make faults` makes long ones, beside the Langfuse SDK."""

from pathlib import Path

import pytest

from tests.emulator.faults import FaultRule
from tests.faults.outages import EVALSPEC, SDK, Fault, deliver

ITEMS = 100
FAULTS = {
    "unavailable": ("5", FaultRule(status=503, duration=1.5)),
    "refusing": ("4.16", FaultRule(action="refuse", duration=1.5)),
    "hanging": ("5", FaultRule(action="hang", duration=1.5)),
    "stored, then 503": (
        "4.16",
        FaultRule(status=503, share=0.5, stored=True, path="otel|scores|ingestion"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path, name: str) -> None:
    contract, rule = FAULTS[name]
    fault = Fault(name, (rule,), ITEMS, delay=0.01)
    result = deliver(tmp_path / "project", fault, EVALSPEC, contract)

    assert (result.lost, result.twice) == (0, 0), result
    assert result.said.startswith("exit code 0")


def test_the_count_notices_a_loss(tmp_path: Path) -> None:
    """The SDK keeps its spans for five seconds; a server that is away for good gets none of them."""
    fault = Fault("away", (FaultRule(status=500, path="otel"),), items=5, delay=0)
    result = deliver(tmp_path / "project", fault, SDK, "5")

    assert (result.spans, result.expected_spans, result.fine) == (0, 30, False)
