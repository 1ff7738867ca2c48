"""The emulator answers recorded requests as the recorded server did."""

import pytest

from tests.emulator.golden import Replay, load, sequences
from tests.emulator.handle import emulator_in_thread
from tests.emulator.settings import Settings


@pytest.mark.parametrize("name", sequences())
def test_answers_as_recorded(name: str) -> None:
    with emulator_in_thread(Settings(contract="4.16")) as server, server.client() as client:
        assert Replay(client).run(load(name)) == []


def test_the_comparison_notices_differences() -> None:
    steps = load("scores")
    refused = next(step for step in steps if step["status"] == 400)
    kept = next(step for step in steps if step["status"] == 200 and step["response"].get("data"))
    kept["response"]["data"][0]["value"] = -1
    refused["response"]["error"][0]["message"] = "another"
    with emulator_in_thread(Settings(contract="4.16")) as server, server.client() as client:
        differences = Replay(client).run(steps)
    assert len(differences) == 2


def test_every_recorded_endpoint_is_covered() -> None:
    seen = {
        (step["method"], step["status"]) for name in sequences() for step in load(name) if "method" in step
    }
    refusals = {(method, status) for method, status in seen if status >= 400}
    assert refusals == {
        ("GET", 400),
        ("GET", 404),
        ("POST", 400),
        ("POST", 404),
        ("POST", 409),
        ("POST", 413),
        ("DELETE", 404),
        ("DELETE", 405),
    }
