"""`run` on the embedded store: results, exit codes, formats."""

import json

import pytest
from jsonschema import Draft7Validator

from evalspec.schema.build import run_schema
from tests.cli.conftest import ITEMS, Project

FAILING = [*ITEMS, ("Atlantis", "Poseidonis")]


def test_a_run_prints_its_result_and_ends_with_0(project: Project) -> None:
    printed = project("run", "capitals.evalspec.toml")
    assert printed.code == 0
    assert "accuracy" in printed.out
    assert "0.7500" in printed.out
    assert "4 of 4 trials" in printed.err


def test_json_is_one_document_that_follows_the_published_schema(project: Project) -> None:
    printed = project("run", "capitals.evalspec.toml", "--format", "json", "--quiet")
    assert printed.err == ""
    Draft7Validator(run_schema()).validate(printed.json)
    assert printed.json["aggregates"]["accuracy"]["value"] == 0.75
    assert printed.json["gates"]["good_enough"]["passed"] is True


def test_failed_items_lower_the_coverage_and_the_run_is_incomplete(project: Project) -> None:
    project.items(FAILING)
    printed = project("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == 3
    summary = printed.json
    assert summary["items"] == {"expected": 5, "completed": 4, "failed": 1, "skipped": 0}
    score = summary["scores"]["correct"]
    assert (score["expected"], score["scored"], score["failed"]) == (5, 4, 1)
    assert score["coverage"] == 0.8
    assert (score["worst_case"], score["best_case"]) == (0.6, 0.8)
    assert summary["aggregates"]["accuracy"]["value"] == 0.75
    assert [reason["exit_code"] for reason in summary["reasons"]] == [3, 3, 1]
    assert summary["gates"]["good_enough"]["passed"] is False


def test_a_tolerance_covers_what_is_missing(project: Project) -> None:
    project.items(FAILING)
    project.edit("min = 0.5\n", "min = 0.5\nmin_coverage = 0.8\n")
    project.edit(
        "[aggregates.accuracy]",
        '[aggregates.alike]\nscore = "similarity"\nfunction = "mean"\n\n'
        '[gates.alike]\naggregate = "alike"\nmin_coverage = 0.5\n\n[aggregates.accuracy]',
    )
    assert project("run", "capitals.evalspec.toml").code == 0


@pytest.mark.parametrize(("policy", "value"), [('"worst"', 0.6), ("true", 0.8)], ids=["worst", "a value"])
def test_on_task_failure_gives_a_score(project: Project, policy: str, value: float) -> None:
    project.items(FAILING)
    project.edit('data_type = "BOOLEAN"', f'data_type = "BOOLEAN"\non_task_failure = {policy}')
    project.edit("min = 0\nmax = 1", 'min = 0\nmax = 1\non_task_failure = "worst"')
    printed = project("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == 0
    assert printed.json["scores"]["correct"]["imputed"] == 1
    assert printed.json["aggregates"]["accuracy"]["value"] == pytest.approx(value)


def test_a_gate_that_fails_ends_with_1(project: Project) -> None:
    project.edit("min = 0.5", "min = 0.9")
    printed = project("run", "capitals.evalspec.toml")
    assert printed.code == 1
    assert "good_enough" in printed.out


def test_a_spec_with_mistakes_runs_nothing_and_ends_with_2(project: Project) -> None:
    project.edit('score = "correct"\nfunction', 'score = "corect"\nfunction')
    printed = project("run", "capitals.evalspec.toml")
    assert printed.code == 2
    assert printed.out == ""
    assert "did you mean `correct`?" in printed.err
    assert not (project.folder / ".evalspec").exists()


def test_a_plan_that_is_out_of_date_ends_with_6(project: Project) -> None:
    assert project("plan", "capitals.evalspec.toml", "-o", "plan.json").code == 0
    (project.folder / "answers.py").write_text("def capital_of(country):\n    return 'Rome'\n")
    printed = project("run", "plan.json")
    assert printed.code == 6
    assert "the code of the task has changed" in printed.err
    moved = project("run", "plan.json", "--allow-moved", "--format", "json")
    assert moved.code == 1
    assert any("the code of the task" in text for text in moved.json["run"]["deviations"])


def test_a_plan_whose_data_moved_ends_with_6_and_leaves_no_run(project: Project) -> None:
    project("plan", "capitals.evalspec.toml", "-o", "plan.json")
    project.items([("France", "Lyon"), *ITEMS[1:]])
    printed = project("run", "plan.json")
    assert printed.code == 6
    assert "france" in printed.err
    assert project("runs", "--format", "json").json["runs"] == []
    moved = project("run", "plan.json", "--allow-moved", "--format", "json")
    assert any("france" in text for text in moved.json["run"]["deviations"])


def test_a_plan_gives_the_same_results_as_its_spec(project: Project) -> None:
    project("plan", "capitals.evalspec.toml", "-o", "plan.json")
    first = project("run", "capitals.evalspec.toml", "--format", "json").json
    second = project("run", "plan.json", "--format", "json").json
    assert first["run"]["plan_digest"] == second["run"]["plan_digest"]
    assert first["scores"] == second["scores"]


def test_code_that_cannot_be_imported_is_a_clear_error(project: Project) -> None:
    project.write(
        "answers.py", "import no_such_module_anywhere\n\ndef capital_of(country):\n    return country\n"
    )
    printed = project("run", "capitals.evalspec.toml")
    assert printed.code == 2
    assert "no_such_module_anywhere" in printed.err


def test_repeats_have_aggregates_of_their_own(project: Project) -> None:
    project.edit('callable = "answers:capital_of"', 'callable = "answers:capital_of"\nrepeats = 3')
    summary = project("run", "capitals.evalspec.toml", "--format", "json").json
    assert summary["scores"]["correct"]["expected"] == 12
    accuracy = summary["aggregates"]["accuracy"]
    assert accuracy["trials"] == 3
    assert [one["value"] for one in accuracy["per_trial"]] == [0.75, 0.75, 0.75]
    assert len(summary["run"]["experiments"]) == 3


def test_insisting_on_langfuse_without_a_server_is_an_error(project: Project) -> None:
    printed = project("run", "capitals.evalspec.toml", "--backend", "langfuse")
    assert printed.code == 2
    assert "LANGFUSE_BASE_URL" in printed.err


def test_outputs_of_an_earlier_run_are_scored_again(project: Project) -> None:
    first = project("run", "capitals.evalspec.toml", "--format", "json").json
    project.edit(
        'type = "python"\ncallable = "answers:capital_of"',
        f'type = "recorded"\nrun = "{first["run"]["id"]}"',
    )
    second = project("run", "capitals.evalspec.toml", "--format", "json").json
    assert second["scores"]["correct"]["value"] == first["scores"]["correct"]["value"]


def test_a_run_says_where_and_when(project: Project) -> None:
    environment = project("run", "capitals.evalspec.toml", "--format", "json").json["run"]["environment"]
    assert {"python", "evalspec", "platform"} <= set(environment)
    assert str(project.folder) not in json.dumps(environment)


def test_a_failure_is_one_json_document_too(project: Project) -> None:
    project.edit('score = "correct"\nfunction', 'score = "corect"\nfunction')
    printed = project("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == printed.json["exit_code"] == 2
    [diagnostic] = printed.json["diagnostics"]
    assert diagnostic["code"] == "unknown-score"
    missing = project("show", "20000101", "--format=json")
    assert missing.json["reasons"][0]["exit_code"] == missing.code == 2


def test_an_error_in_imported_code_shows_its_traceback(project: Project) -> None:
    project.write("answers.py", "1 / 0\n\ndef capital_of(country):\n    return country\n")
    printed = project("run", "capitals.evalspec.toml")
    assert printed.code == 2
    assert "ZeroDivisionError" in printed.err
    assert "answers.py" in printed.err


def test_an_internal_error_of_any_class_ends_with_70(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*arguments: object, **options: object) -> None:
        raise BaseExceptionGroup("many", [GeneratorExit()])

    monkeypatch.setattr("evalspec.api.plans.load_source", breaks)
    printed = project("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == 70
    assert printed.json["exit_code"] == 70
    assert "Traceback" not in printed.err


def test_a_function_over_all_results_may_say_something_about_its_value(project: Project) -> None:
    project.write(
        "metrics.py",
        "from types import SimpleNamespace\n\n\n"
        "def wrong(*, item_results, **kwargs):\n"
        "    names = [one.item.id for one in item_results if not one.evaluations[0].value]\n"
        "    said = ', '.join(names)\n"
        "    return SimpleNamespace(name='wrong', value=len(names), comment=said, metadata=None)\n",
    )
    project.edit(
        "[gates.good_enough]",
        '[aggregates.wrong]\nfunction = "python"\ncallable = "metrics:wrong"\n\n[gates.good_enough]',
    )
    printed = project("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.json["aggregates"]["wrong"]["value"] == 1
    assert printed.json["aggregates"]["wrong"]["comment"] == "germany"
    assert "germany" in project("explain", "latest:wrong").out
    assert "python: germany" in project("show", "latest").out


def test_a_run_that_its_deadline_ends_says_so_and_is_resumed_from_anywhere(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = "import asyncio\n\n\nasync def capital_of(country):\n    await asyncio.sleep(60)\n"
    project.write("answers.py", code)
    with project.spec.open("a") as spec:
        spec.write('\n[limits]\ndeadline = "300ms"\n')
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    printed = project("run", str(project.spec), "--format", "json")
    assert printed.code == 3
    assert "its deadline of 0.3 s passed" in printed.json["reasons"][0]["message"]
    [command] = [step["command"] for step in printed.json["how_to"] if " resume " in step["command"]]
    resumed = project(*command.split()[1:], "--format", "json")
    assert resumed.json["run"]["id"] == printed.json["run"]["id"]
    assert "its deadline of 0.3 s passed" in resumed.json["reasons"][0]["message"]
