"""Pytest fixtures: `pytest_plugins = ["tests.emulator.fixtures"]` in the root conftest, or import them."""

from collections.abc import Iterator

import pytest

from tests.emulator.handle import EmulatorServer, emulator_in_thread, emulator_process
from tests.emulator.settings import Settings


@pytest.fixture
def emulator() -> Iterator[EmulatorServer]:
    """A 4.16 server in a thread, everything readable at once."""
    with emulator_in_thread(Settings(contract="4.16")) as server:
        yield server


@pytest.fixture
def new_emulator() -> Iterator[EmulatorServer]:
    """A server of the new contract in a thread, everything readable at once."""
    with emulator_in_thread(Settings(contract="5")) as server:
        yield server


@pytest.fixture(params=["4.16", "5"])
def either_emulator(request: pytest.FixtureRequest) -> Iterator[EmulatorServer]:
    """Each contract once."""
    with emulator_in_thread(Settings(contract=request.param)) as server:
        yield server


@pytest.fixture
def emulator_subprocess() -> Iterator[EmulatorServer]:
    """A 4.16 server in a process of its own, everything readable at once."""
    with emulator_process("--contract", "4.16") as server:
        yield server
