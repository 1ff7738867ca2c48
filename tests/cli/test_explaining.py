"""What `explain` says of the pieces of a score, and `show` with many scores, of real runs."""

import unicodedata
from typing import Any

import pytest

from tests.cli.conftest import Project

LONG = "a_score_whose_name_says_everything_there_is_to_say_of_it"
SPEC = f"""\
evalspec = 1
name = "pieces"

[dataset]
type = "file"
path = "capitals.jsonl"

[models.echo]
model = "embedded:echo"

[models.one]
model = "embedded:rules"
rules = [
  {{ pattern = "Bonn", answer = {{ reasoning = "Not \\u001b[31mBerlin.", verdict = false }} }},
  {{ pattern = "user", answer = {{ reasoning = "As expected.", verdict = true }} }},
]

[models.two]
model = "embedded:rules"
rules = [
  {{ pattern = "Bonn", answer = "not an answer" }},
  {{ pattern = "user", answer = {{ reasoning = "It agrees.", verdict = true }} }},
]

[prompts.ask]
type = "inline"
text = "{{{{ steps.look_up }}}}"

[task]
type = "chain"

[[task.steps]]
name = "look_up"
type = "python"
callable = "answers:capital_of"

[[task.steps]]
name = "answer"
type = "prompt"
prompt = "ask"
model = "echo"

[scores.right]
data_type = "BOOLEAN"
[scores.{LONG}]
data_type = "NUMERIC"
min = 0
max = 1
[scores.judged]
data_type = "BOOLEAN"
[scores.sampled]
data_type = "BOOLEAN"
[scores.passed]
data_type = "BOOLEAN"
[scores.total]
data_type = "NUMERIC"
[scores.twice]
data_type = "NUMERIC"
[scores.doubled]
data_type = "BOOLEAN"
[scores.looked_up]
data_type = "BOOLEAN"
[scores.said]
data_type = "CATEGORICAL"
categories = ["a label that is longer than a column of labels", "short"]

[evaluators.exact]
type = "exact_match"
score = "right"

[evaluators.close]
type = "levenshtein"
score = "{LONG}"

[evaluators.panel]
type = "llm_judge"
models = ["one", "two"]
min_judges = 1
rubric = "correctness@1"
score = "judged"

[evaluators.samples]
type = "llm_judge"
model = "one"
samples = 2
criteria = "Whether it is the capital."
score = "sampled"

[evaluators.everything]
type = "all"
of = ["scores.right", "scores.{LONG} >= 0.5"]
score = "passed"

[evaluators.sum]
type = "weighted"
weights = {{ right = 3, {LONG} = 1 }}
score = "total"

[evaluators.double]
type = "expression"
value = "scores.total * 2"
when = "scores.right"
score = "twice"

[evaluators.compared]
type = "any"
of = ["scores.twice == 2"]
score = "doubled"

[evaluators.step]
type = "regex"
value = "observation.output"
pattern = "[A-Z]"
score = "looked_up"
attach = {{ to = "observation", type = "chain", name = "look_up" }}

[evaluators.label]
type = "expression"
value = "'a label that is longer than a column of labels' if scores.right else 'short'"
score = "said"

[aggregates.closeness]
score = "{LONG}"
function = "mean"

[gates.close]
aggregate = "closeness"
min = 0.9
min_coverage = 0.5
"""


@pytest.fixture
def ran(project: Project) -> str:
    """The id of a run with one right item, one wrong one, and one whose first step fails."""
    project.items([("France", "Paris"), ("Germany", "Berlin")])
    with (project.folder / "capitals.jsonl").open("a") as file:
        file.write('{"id": "atlantis", "input": "Atlantis \\u001b[2J", "expected_output": "Poseidonis"}\n')
    project.write("capitals.evalspec.toml", SPEC)
    run_id: str = project("run", "capitals.evalspec.toml", "--backend", "local", "--format", "json").json[
        "run"
    ]["id"]
    return run_id


def explained(project: Project, reference: str) -> dict[str, Any]:
    document: dict[str, Any] = project("explain", reference, "--format", "json").json
    return document


def test_a_condition_over_scores_says_what_each_came_to(project: Project, ran: str) -> None:
    made = explained(project, f"{ran}:germany:passed")["composition"]
    assert [(score["name"], score["status"]) for score in made["scores"]] == [
        ("right", "scored"),
        (LONG, "scored"),
    ]
    assert made["conditions"] == [
        {"expression": "scores.right", "holds": False},
        {"expression": f"scores.{LONG} >= 0.5", "holds": False},
    ]
    assert made["scores"][0]["reference"] == f"{ran}:germany:right"
    page = project("explain", f"{ran}:germany:passed").out
    assert "condition  ✗ scores.right\n" in page
    assert f"explain {LONG}  evalspec explain {ran}:germany:{LONG}\n" in page


def test_weights_expressions_and_conditions(project: Project, ran: str) -> None:
    made = explained(project, f"{ran}:france:total")["composition"]
    assert [(score["name"], score["value"], score["weight"]) for score in made["scores"]] == [
        ("right", 1, 3),
        (LONG, 1, 1),
    ]
    twice = explained(project, f"{ran}:france:twice")
    assert twice["score"]["value"] == 2
    assert twice["composition"]["expression"] == "scores.total * 2"
    assert twice["composition"]["when"] == {"expression": "scores.right", "holds": True}
    skipped = explained(project, f"{ran}:germany:twice")
    assert skipped["score"]["status"] == "skipped"
    assert skipped["composition"]["when"]["holds"] is False


def test_a_condition_over_a_skipped_score_has_no_value(project: Project, ran: str) -> None:
    right = explained(project, f"{ran}:france:doubled")
    assert (right["score"]["value"], right["composition"]["conditions"][0]["holds"]) == (1, True)
    wrong = explained(project, f"{ran}:germany:doubled")
    assert wrong["score"]["status"] == "skipped"
    assert [score["status"] for score in wrong["composition"]["scores"]] == ["skipped"]
    assert wrong["composition"]["conditions"] == [{"expression": "scores.twice == 2"}]


def test_scores_that_are_missing_are_missing_there_too(project: Project, ran: str) -> None:
    made = explained(project, f"{ran}:atlantis:passed")["composition"]
    assert {score["status"] for score in made["scores"]} == {"failed"}
    assert all("holds" not in condition for condition in made["conditions"])


def test_judges_with_rubric_verdicts_and_failures(project: Project, ran: str) -> None:
    judged = explained(project, f"{ran}:france:judged")["judgement"]
    assert judged["rubric"]["value"] == "correctness@1"
    assert judged["rubric"]["digest"].startswith("sha256:")
    assert (judged["combine"], judged["agreement"]) == ("vote", 1)
    assert [(judge["name"], judge["answer"], judge["reasoning"]) for judge in judged["judges"]] == [
        ("one", True, "As expected."),
        ("two", True, "It agrees."),
    ]
    one, two = explained(project, f"{ran}:germany:judged")["judgement"]["judges"]
    assert (one["answer"], one["requests"], one["embedded"]) == (False, 1, True)
    assert "answer" not in two
    assert two["failure"]
    page = project("explain", f"{ran}:germany:judged").out
    assert "Not \\x1b[31mBerlin." in page
    assert "\ntwo    none " in page


def test_a_judge_that_is_asked_several_times(project: Project, ran: str) -> None:
    judged = explained(project, f"{ran}:france:sampled")["judgement"]
    assert judged["rubric"] == {
        "value": "Whether it is the capital.",
        "origin": "capitals.evalspec.toml [evaluators.samples] criteria",
    }
    (judge,) = judged["judges"]
    assert (judge["answer"], judge["answers"], judge["requests"]) == (True, [True, True], 2)


def test_a_score_of_an_observation_says_of_which(project: Project, ran: str) -> None:
    found = explained(project, f"{ran}:france:looked_up")
    step = found["observations"]["observations"][0]
    assert found["attachment"]["wanted"] == "the one chain named look_up"
    (place,) = found["attachment"]["places"]
    assert (place["observation"], place["name"], place["value"]) == (step["id"], "look_up", 1)
    assert explained(project, place["id"])["score"]["name"] == "looked_up"


def test_the_steps_of_a_chain_with_durations_and_failures(project: Project, ran: str) -> None:
    tree = explained(project, f"{ran}:france:right")["observations"]
    assert [(one["depth"], one["name"], one["type"]) for one in tree["observations"]] == [
        (0, "look_up", "chain"),
        (0, "answer", "chain"),
        (1, "ask", "generation"),
    ]
    assert (tree["total"], tree["left_out"]) == (3, 0)
    assert all(one["duration_seconds"] >= 0 for one in tree["observations"])
    (failed,) = explained(project, f"{ran}:atlantis:right")["observations"]["observations"]
    assert failed["level"] == "ERROR"
    assert "KeyError" in failed["status_message"]
    page = project("explain", f"{ran}:atlantis:right").out
    assert "what the task did  1 observation\n" in page
    assert "ERROR: KeyError" in page


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_runs_over_the_page_and_names_stay_whole(
    project: Project, ran: str, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    items = [("show", ran, "--item", item) for item in ("france", "atlantis")]
    scores = [("explain", f"{ran}:{one}") for one in ("germany:judged", "france:passed", "closeness")]
    pages = [project(*command).out for command in [("show", ran), *items, *scores]]
    for page in [*pages, project("runs").out]:
        for line in page.splitlines():
            assert len(line) <= width or "  evalspec " in line
            assert not any(unicodedata.category(character) == "Cc" for character in line)
    assert all(LONG in page for page in (pages[0], pages[1], pages[4]))
    assert all("…" not in line for line in pages[0].partition("\n   item ")[0].splitlines())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_counts_and_values_stand_below_each_other(
    project: Project, ran: str, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = project("show", ran, "--limit", "0").out.splitlines()
    head = next(line for line in lines if line.startswith("score "))
    rows = [line for line in lines if " 2/3 " in line]
    assert len(rows) >= 8
    end = head.index("scored") + len("scored")
    assert {row.index(" 2/3 ") + 4 for row in rows} == {end}
    values = {row[: head.index("value") + 6].rstrip().rpartition(" ")[2] for row in rows}
    assert values == {"0.5000", "0.6667", "0.5417", "1", "labels"}
    assert len({row.index(".") for row in rows if "." in row[: head.index("value") + 6]}) == 1


def test_a_gate_is_shown_with_as_many_digits_as_make_sense(project: Project, ran: str) -> None:
    gate = project("show", ran, "--format", "json").json["gates"]["close"]
    assert gate["value"] == pytest.approx(2 / 3)
    assert gate["reason"] == "closeness is 0.6667, below 0.9."
    assert "✗ close  closeness is 0.6667, below 0.9.\n" in project("show", ran).out
