"""The specs in docs/judges.md: the first one runs, the other tables belong into it."""

import json
import re
from pathlib import Path

import pytest

from evalspec.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "judges.md").read_text(encoding="utf-8")
SPEC, RUBRIC, RUDE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
STRICT = """
[evaluators.strict]
type = "llm_judge"
model = "judge"
rubric = "strict"
score = "strict"

[scores.strict]
data_type = "BOOLEAN"
"""


def test_the_spec_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".evalspec-root").touch()
    item = {
        "id": "late",
        "input": "My parcel is late.",
        "expected_output": "You get your money back.",
        "metadata": {"policy": "Late parcels: you get your money back."},
    }
    (tmp_path / "parcels.jsonl").write_text(json.dumps(item))
    (tmp_path / "answers.jsonl").write_text(json.dumps({"id": "late", "output": "You get your money back."}))
    spec = tmp_path / "parcels.evalspec.toml"
    spec.write_text(SPEC + RUBRIC + RUDE + STRICT)
    assert main(["check", str(spec)]) == 0
    assert "warning" not in capsys.readouterr().out
    assert main(["run", str(spec), "--format", "json", "--quiet"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert scores["correct"]["value"] == scores["strict"]["value"] == 1.0
    # F1 of 5 words in 5 and 7 is 10/12, and 1 + 4 · 0.83 is nearest to 4.
    assert (scores["faithfulness"]["value"], scores["faithful"]["value"]) == (4.0, 1.0)
    # A count of words knows nothing of rudeness: all are shared, which is the upper end of the scale.
    assert (scores["rudeness"]["value"], scores["civil"]["value"]) == (3.0, 0.0)
