import pytest

from evalspec.langfuse_io.client import SyncClient
from evalspec.langfuse_io.contract import Contract, probe
from evalspec.langfuse_io.doctor import Diagnosis, doctor
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import settings_for


def failing(diagnosis: Diagnosis) -> dict[str, str]:
    return {check.name: check.message for check in diagnosis.checks if not check.ok}


def test_a_healthy_server_passes_and_nothing_is_written(either_emulator: EmulatorServer) -> None:
    diagnosis = doctor(either_emulator.env())

    assert diagnosis.ok, failing(diagnosis)
    assert diagnosis.server is not None
    assert diagnosis.server.project_id == "proj-test"
    messages = " ".join(check.message for check in diagnosis.checks)
    assert str(diagnosis.server.version) in messages
    counters = either_emulator.admin.counters()
    assert counters["spans"]["rows"] == counters["scores"]["rows"] == 0


def test_what_is_not_set_is_named() -> None:
    diagnosis = doctor({"LANGFUSE_PUBLIC_KEY": "pk"})

    assert failing(diagnosis) == {"settings": "not set: LANGFUSE_BASE_URL, LANGFUSE_SECRET_KEY"}
    assert not diagnosis.ok


def test_wrong_keys_are_told(emulator: EmulatorServer) -> None:
    diagnosis = doctor(emulator.env() | {"LANGFUSE_SECRET_KEY": "sk-lf-wrong"})

    assert set(failing(diagnosis)) == {"keys"}
    assert "sk-lf-wrong" not in repr(diagnosis)


def test_a_server_that_is_down_is_told(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(action="refuse"))

    assert "cannot connect" in failing(doctor(emulator.env()))["server"]


def test_a_missing_endpoint_is_told(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(status=404, path="/experiment-items"))

    assert set(failing(doctor(emulator.env()))) == {"read back items"}


@pytest.mark.parametrize("times", [0, 1])
def test_a_probe_says_which_contract_is_spoken(either_emulator: EmulatorServer, times: int) -> None:
    either_emulator.admin.set_faults(FaultRule(status=503, times=times))
    with SyncClient(settings_for(either_emulator)) as client:
        info = probe(client)

    assert info.contract is (Contract.EVENTS if info.version == "4.16.0" else Contract.LISTS)
    assert info.ready
    assert info.project_name == "test"
