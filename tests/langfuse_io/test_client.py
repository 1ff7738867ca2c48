import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from evalspec.diagnostics.errors import ServiceRefused, ServiceUnreachable
from evalspec.langfuse_io.client import Answer, LangfuseRefused, SyncClient, answer_of, pause_before
from evalspec.langfuse_io.settings import LangfuseSettings
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import settings_for


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def requests(server: EmulatorServer) -> int:
    return sum(server.admin.counters()["requests"].values())


def test_a_busy_server_is_asked_again(emulator: EmulatorServer, no_pauses: list[float]) -> None:
    emulator.admin.set_faults(FaultRule(status=503, times=2))

    with SyncClient(settings_for(emulator)) as client:
        assert client.get("/projects")["data"][0]["id"] == "proj-test"
    assert requests(emulator) == 3


def test_a_server_is_not_asked_before_it_wants_to_be(
    emulator: EmulatorServer, no_pauses: list[float]
) -> None:
    emulator.admin.set_faults(FaultRule(status=429, retry_after="17", times=1))

    with SyncClient(settings_for(emulator)) as client:
        client.get("/projects")
    assert sum(no_pauses) == pytest.approx(17.0)


def test_a_server_that_stays_broken_is_unreachable(emulator: EmulatorServer, no_pauses: list[float]) -> None:
    emulator.admin.set_faults(FaultRule(status=500))

    with (
        SyncClient(settings_for(emulator), tries=3) as client,
        pytest.raises(ServiceUnreachable, match="HTTP 500"),
    ):
        client.get("/projects")
    assert requests(emulator) == 3


def test_a_hanging_server_is_given_up(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(action="hang", duration=0.6))
    settings = settings_for(emulator, timeout=0.2)

    with SyncClient(settings, tries=1) as client, pytest.raises(ServiceUnreachable, match=r"within 0\.2 s"):
        client.get("/projects")


def test_nobody_listening_is_unreachable_and_the_message_names_the_host_only() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        settings = LangfuseSettings(f"http://127.0.0.1:{port}/secret-path", "pk-lf-x", "sk-lf-x")
        with SyncClient(settings, tries=1) as client, pytest.raises(ServiceUnreachable) as caught:
            client.get("/projects")
    message = str(caught.value)
    assert f"127.0.0.1:{port}" in message
    assert "secret-path" not in message
    assert "lf-x" not in message


def test_wrong_keys_are_refused_at_once(emulator: EmulatorServer, no_pauses: list[float]) -> None:
    settings = LangfuseSettings(emulator.base_url, emulator.public_key, "sk-lf-wrong")

    with SyncClient(settings) as client, pytest.raises(LangfuseRefused, match="refused the keys") as caught:
        client.get("/projects")
    assert caught.value.status == 401
    assert isinstance(caught.value, ServiceRefused)
    assert "sk-lf-wrong" not in str(caught.value)
    assert no_pauses == []


def test_what_is_not_langfuse_is_refused(emulator: EmulatorServer) -> None:
    settings = LangfuseSettings(f"{emulator.base_url}/somewhere", emulator.public_key, emulator.secret_key)

    with SyncClient(settings, tries=1) as client, pytest.raises(LangfuseRefused):
        client.get("/projects")


def test_the_servers_words_are_told() -> None:
    body = (
        b'{"message":"Invalid request data","error":[{"path":["value"],"message":"Too big"},'
        b'{"path":[],"message":"Bad"}]}'
    )
    assert Answer(400, body).explanation() == "HTTP 400: Invalid request data; value: Too big; Bad"
    assert Answer(413, b'"Body exceeded 1mb limit"').explanation() == "HTTP 413: Body exceeded 1mb limit"
    assert Answer(404, b"<html>not here</html>").explanation() == "HTTP 404"
    assert Answer(502, b"bad gateway").explanation() == "HTTP 502: bad gateway"


def test_retry_after_may_be_a_date() -> None:
    when = datetime.now(UTC) + timedelta(seconds=100)
    response = httpx.Response(429, headers={"retry-after": format_datetime(when, usegmt=True)})
    later = answer_of(response).retry_after

    assert later is not None
    assert 95 < later <= 100
    assert answer_of(httpx.Response(429, headers={"retry-after": "soon"})).retry_after is None


def test_pauses_grow_and_stay_bounded() -> None:
    assert 0.05 < pause_before(1) <= 0.25
    assert 1.0 <= pause_before(30) <= 4.0
    assert pause_before(1, 3.0) == 3.0


def test_nothing_is_asked_once_time_is_up(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(status=429, retry_after="3600"))
    looks = iter([False, False, False, True])

    with SyncClient(settings_for(emulator), time_is_up=lambda: next(looks, True)) as client:
        with pytest.raises(ServiceUnreachable, match="429"):
            client.get("/projects")
        with pytest.raises(ServiceUnreachable, match="time was up"):
            client.get("/projects")
    assert requests(emulator) == 1
