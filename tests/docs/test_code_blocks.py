"""What the documentation shows works: its code blocks are run, each page in a project of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.run_page import blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def run(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    call = [sys.executable, "-W", "error", "-m", "tests.docs.run_page", str(page)]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page: Path, quickstart: Path) -> None:
    if any(block.runs for block in blocks(page.read_text(encoding="utf-8"))):
        done = run(page, quickstart.parents[1])
        assert done.returncode == 0, done.stdout + done.stderr


def written(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_blocks_share_names_and_may_await(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        "# Page\n\n```python\nimport asyncio\n\nasync def one():\n    return 1\n```\n\n"
        "Then:\n\n```python\nassert await one() == 1\nprint(await asyncio.sleep(0, 'slept'))\n```\n",
    )
    done = run(page, tmp_path)
    assert done.stdout == "slept\n", done.stderr


def test_a_block_that_fails_names_the_line_of_the_page(tmp_path: Path) -> None:
    done = run(written(tmp_path, "# Page\n\n```python\nx = 1\nassert x == 2\n```\n"), tmp_path)
    assert done.returncode == 1
    assert 'page.md", line 5' in done.stderr


def test_remarks_decide_what_is_run(tmp_path: Path) -> None:
    page = (
        "<!-- not run: it needs a server -->\n```python\nraise SystemExit(9)\n```\n"
        "```console\n$ evalspec --no-such-option\n```\n"
        "<!-- run: exit 2 -->\n```console\n$ evalspec --no-such-option\n```\n"
    )
    assert [block.runs for block in blocks(page)] == [False, False, True]
    done = run(written(tmp_path, page), tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_command_with_another_exit_code_fails(tmp_path: Path) -> None:
    done = run(written(tmp_path, "<!-- run -->\n```console\n$ evalspec --no-such-option\n```\n"), tmp_path)
    assert done.returncode == 1
    assert "exited with 2" in done.stderr
