import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalspec.kinds.bounded import close_pool

PLUG_IN = "evalspec_misbehaving"


@pytest.fixture(scope="module", autouse=True)
def plug_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The functions of `misbehaving.py` as an installed plug-in; the folder it is installed in."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copy(Path(__file__).with_name("misbehaving.py"), folder / f"{PLUG_IN}.py")
    # Not named by an entry point, although it is installed.
    (folder / "bystander.py").write_text("def greet():\n    return 'hello'\n")
    (folder / "slow_to_import.py").write_text("import time\n\ntime.sleep(1.5)\n")
    info = folder / f"{PLUG_IN}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PLUG_IN}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[evalspec.evaluators]\nbad = {PLUG_IN}\n[other]\nx = bystander\n"
    )
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop(PLUG_IN, None)


@pytest.fixture
def pool() -> Iterator[None]:
    """Workers of the test's own, which are gone after it."""
    asyncio.run(close_pool())
    yield
    asyncio.run(close_pool())
