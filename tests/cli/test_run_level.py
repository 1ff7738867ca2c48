"""Aggregates over items and groups, from the spec to what the commands say of them."""

import json

from jsonschema import Draft7Validator

from evalspec.schema.build import run_schema
from tests.cli.conftest import Project

AGGREGATES = """\
[aggregates.by_letter]
function = "rate"
score = "correct"
by = "input[0]"

[aggregates.matrix]
function = "confusion_matrix"
by = "input[0]"

[aggregates.any]
function = "pass_at_k"
score = "correct"
k = 2

[aggregates.sizes]
function = "python"
callable = "answers:sizes"
by = "metadata.continent"

[gates.even]
aggregate = "matrix"
min = 0.75

[aggregates.accuracy]"""


def test_run_show_and_explain(project: Project) -> None:
    project.edit("[aggregates.accuracy]", AGGREGATES)
    project.edit('callable = "answers:capital_of"', 'callable = "answers:capital_of"\nrepeats = 2')
    code = project.folder / "answers.py"
    code.write_text(code.read_text() + "\n\ndef sizes(item_results):\n    return len(item_results)\n")
    printed = project("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == 0, printed.out + printed.err
    assert list(Draft7Validator(run_schema()).iter_errors(printed.json)) == []
    found = printed.json["aggregates"]
    assert [(one["group"], one["value"], one["expected"]) for one in found["by_letter"]["slices"]] == [
        ("F", 1.0, 2),
        ("G", 0.0, 2),
        ("I", 1.0, 2),
        ("S", 1.0, 2),
    ]
    assert (found["matrix"]["value"], len(found["matrix"]["details"]["labels"])) == (0.75, 5)
    assert (found["any"]["value"], found["any"]["expected"]) == (0.75, 4)
    assert found["sizes"]["slices"] == [
        {
            "group": "(missing)",
            "value": 8.0,
            **{key: found["sizes"][key] for key in ("expected", "scored", "failed", "skipped", "pending")},
            "imputed": 0,
            "coverage": 1.0,
        }
    ]
    assert printed.json["gates"]["even"]["passed"]
    shown = project("show", "latest")
    assert "rate of correct, by input[0]" in shown.out
    explained = project("explain", "latest:matrix", "--format", "json")
    assert explained.json["score"]["value"] == 0.75
    assert "by = input[0]" in explained.json["aggregate"]["value"]
    assert project("explain", "latest:any").code == 0
    plan = json.loads(project("plan", "capitals.evalspec.toml", "--format", "json").out)
    assert plan["aggregates"]["matrix"]["by"] == "input[0]"
    assert plan["aggregates"]["matrix"]["reads"] == ["expected_output", "input[0]", "output"]
