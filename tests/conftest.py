import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytest_plugins = ["tests.emulator.fixtures", "tests.model_server.fixtures"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio alone, as evalspec does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_environment_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to the server, or obeys the settings, of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("LANGFUSE_", "EVALSPEC_", "OTEL_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def quickstart(tmp_path: Path) -> Path:
    """A copy of the quickstart in a project of its own; the folder of the spec."""
    (tmp_path / ".evalspec-root").touch()
    target = tmp_path / "specs" / "quickstart"
    shutil.copytree(ROOT / "specs" / "quickstart", target, ignore=shutil.ignore_patterns("__pycache__"))
    return target
