"""What README.md shows of `make demo` is what it prints, moments and digests aside."""

import re
from pathlib import Path

import pytest

from evalspec.cli import main
from tests.docs.run_page import blocks
from tests.examples.test_first_evaluation import steady

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo(
    quickstart: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [shown] = [block.text for block in blocks(readme) if block.language == "text"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [spec] = re.findall(r"^SPEC := (\S+)$", makefile, re.MULTILINE)
    monkeypatch.chdir(quickstart.parents[1])
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["run", spec, "--backend", "local"]) == 0
    printed = capsys.readouterr().out
    result, _, closer = shown.partition("\nLook closer:\n")
    assert steady(result.strip()) == steady(printed.strip())
    for command in closer.split("\n"):
        assert main(command.split()[1:]) == 0, command
        assert command.strip().replace(spec, "$(SPEC)").replace(".venv/bin", "$(BIN)") in makefile
