import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "acme"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plug-in, built and installed into a folder of its own by pip, without a network."""
    folder = tmp_path_factory.mktemp("plugin")
    source = folder / "source"
    shutil.copytree(SOURCE, source)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation"]
    target = folder / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, f"--target={target}", str(source)], check=True
    )
    return target


@pytest.fixture
def installed(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the installed plug-in, where Python looks for modules."""
    target = tmp_path / "site"
    shutil.copytree(built, target)
    monkeypatch.syspath_prepend(str(target))
    yield target
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_evals"]:
        del sys.modules[name]
