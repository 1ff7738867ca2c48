"""A run that is finished with other code than it was begun with says so."""

from tests.cli.conftest import CODE, ITEMS, Project


def test_a_run_that_is_resumed_with_other_code_says_so(project: Project) -> None:
    project.items([*ITEMS, ("Atlantis", "Poseidonis")])
    assert project("run", "capitals.evalspec.toml").code == 3
    project.write("answers.py", CODE.replace("{", '{"Atlantis": "Poseidonis", '))

    refused = project("resume", "latest", "--retry-errors")
    assert refused.code == 6
    assert "the code of the task" in refused.err

    resumed = project("resume", "latest", "--retry-errors", "--allow-moved", "--format", "json")
    assert resumed.code == 0
    [deviation] = resumed.json["run"]["deviations"]
    assert "the code of the task" in deviation
    assert "the code of the task" in project("show", "latest").out

    # What is known already needs no leave again, and is said once.
    again = project("resume", "latest", "--format", "json")
    assert again.code == 0
    assert again.json["run"]["deviations"] == [deviation]

    # Another change does.
    project.write("answers.py", CODE.replace("{", '{"Atlantis": "?", '))
    assert project("resume", "latest").code == 6


def test_code_that_moved_is_not_executed(project: Project) -> None:
    assert project("plan", "capitals.evalspec.toml", "-o", "plan.json").code == 0
    project.write("answers.py", f"{CODE}\nopen('executed', 'w').close()\n")
    assert project("run", "plan.json").code == 6
    assert not (project.folder / "executed").exists()

    project.write("answers.py", "def another_name(country):\n    return country\n")
    refused = project("run", "plan.json")
    assert refused.code == 6
    assert "the code of the task cannot be read" in refused.err
