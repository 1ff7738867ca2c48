"""Faults on demand: each fails as it says, for as long as it says, and loses nothing that was stored."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.emulator.faults import FaultRule, parse_rules
from tests.emulator.handle import EmulatorServer, emulator_in_thread, emulator_process
from tests.test_emulator.samples import deliver, read, score, span

PATIENCE = 20.0


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with emulator_in_thread() as running:
        yield running


@pytest.fixture
def client(server: EmulatorServer) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def _until_accepted(client: httpx.Client) -> int:
    """Failures met until a span was accepted."""
    failures = 0
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if deliver(client, span(1)).status_code == 200:
                return failures
        except httpx.TransportError:
            pass
        failures += 1
        time.sleep(0.02)
    raise AssertionError("the fault did not end")


@pytest.mark.parametrize("status", [500, 503])
def test_a_status_for_a_while(server: EmulatorServer, client: httpx.Client, status: int) -> None:
    server.admin.set_faults(FaultRule(status=status, duration=0.3))
    assert client.get("/api/public/projects").status_code == status
    assert _until_accepted(client) > 0
    assert server.admin.counters()["spans"]["deliveries"] == 1


def test_429_says_when_to_come_back(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(status=429, retry_after="2", times=1))
    refused = deliver(client, span(1))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert deliver(client, span(1)).status_code == 200


def test_a_share_is_drawn_from_its_seed(server: EmulatorServer, client: httpx.Client) -> None:
    outcomes = []
    for _ in range(2):
        server.admin.set_faults(FaultRule(status=500, share=0.5, seed=3))
        outcomes.append([client.get("/api/public/projects").status_code for _ in range(40)])
    assert outcomes[0] == outcomes[1]
    assert 8 < outcomes[0].count(500) < 32


def test_only_what_matches_fails(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(path="/scores$", methods=("POST",)))
    assert client.post("/api/public/scores", json=score(1)).status_code == 503
    assert deliver(client, span(1)).status_code == 200
    assert client.get("/api/public/v3/scores").status_code == 200
    (rule,) = server.admin.faults()
    assert rule["hits"] == 1


def test_a_window_may_open_with_the_first_write(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(status=503, start="first_write", duration=0.3))
    assert client.get("/api/public/projects").status_code == 200
    assert deliver(client, span(1)).status_code == 503
    assert client.get("/api/public/projects").status_code == 503
    assert _until_accepted(client) > 0


def test_connections_are_refused_and_then_accepted_again(
    server: EmulatorServer, client: httpx.Client
) -> None:
    assert client.get("/api/public/projects").status_code == 200
    server.admin.set_faults(FaultRule(action="refuse", duration=0.4))
    # The first attempt may meet the connection that was just cut.
    with pytest.raises(httpx.TransportError):
        client.get("/api/public/projects")
    with pytest.raises(httpx.ConnectError):
        client.get("/api/public/projects")
    assert server.admin.counters()["spans"]["deliveries"] == 0
    _until_accepted(client)


def test_a_refusal_without_end_ends_with_new_rules(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(action="refuse"))
    with pytest.raises(httpx.TransportError):
        client.get("/api/public/projects")
    server.admin.set_faults()
    assert _until_accepted(client) >= 0


def test_hanging_answers_nothing_and_then_hangs_up(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(action="hang", duration=0.5))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/public/projects", timeout=0.1)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/api/public/projects")
    assert client.get("/api/public/projects").status_code == 200


def test_slow_answers_late(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(action="slow", delay=0.2))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/public/projects", timeout=0.05)
    assert client.get("/api/public/projects").status_code == 200


def test_cut_loses_the_rest_of_an_answer(server: EmulatorServer, client: httpx.Client) -> None:
    server.admin.set_faults(FaultRule(action="cut", times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        deliver(client, span(1))
    assert server.admin.counters()["spans"]["distinct"] == 1


@pytest.mark.parametrize("action", ["status", "close", "hang"])
def test_what_fails_may_have_been_stored(server: EmulatorServer, client: httpx.Client, action: str) -> None:
    (rule,) = parse_rules({"action": action, "stored": True, "times": 1, "duration": 0.2})
    server.admin.set_faults(rule)
    assert _until_accepted(client) == 1
    counted = server.admin.counters()["spans"]
    assert counted == {"deliveries": 2, "distinct": 1, "rows": 1, "duplicates": 0}


def test_unknown_rules_are_refused(server: EmulatorServer) -> None:
    for rule in ({"kind": "status"}, {"action": "explode"}, [3]):
        response = httpx.post(f"{server.admin_url}/__emulator__/faults", json=rule, trust_env=False)
        assert response.status_code == 422


def test_a_process_of_its_own_takes_faults_from_its_command_line() -> None:
    rule = FaultRule(action="refuse", duration=0.3)
    with emulator_process("--contract", "5", faults=[rule]) as server, server.client() as client:
        assert _until_accepted(client) > 0
        assert read(client, "health")["status"] == "OK"
        assert client.post("/api/public/scores", json=[score(1)]).status_code == 202
        assert server.env()["LANGFUSE_BASE_URL"] == server.base_url
