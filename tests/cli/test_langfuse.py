"""The same commands with a server: experiments, publication, datasets, doctor."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import ITEMS, Project
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer

Use = Callable[[Any], None]
RUN = ("run", "capitals.evalspec.toml", "--format", "json")


def values(server: EmulatorServer, name: str) -> list[Any]:
    """The values that the server has of a score."""
    rows = [json.loads(row["content"]) for row in server.admin.dump()["scores"] if row["name"] == name]
    return [row["value"] for row in rows]


def test_terminal_json_and_langfuse_say_the_same(
    project: Project, use: Use, either_emulator: EmulatorServer
) -> None:
    use(either_emulator)
    project.items([*ITEMS, ("Atlantis", "Poseidonis")])
    printed = project(*RUN)
    assert printed.code == 3
    summary = printed.json
    assert sum(values(either_emulator, "correct")) / 4 == summary["scores"]["correct"]["value"] == 0.75
    assert values(either_emulator, "accuracy") == [summary["aggregates"]["accuracy"]["value"]]
    assert "0.7500" in project("show", "latest").out
    publication = summary["publication"]
    assert publication["sent"] == publication["confirmed"] == 5 + 8 + 1
    assert publication["pending"] == publication["refused"] == 0
    counters = either_emulator.admin.counters()
    assert counters["experiments"] == 1
    assert counters["spans"]["duplicates"] == counters["scores"]["duplicates"] == 0
    [experiment] = either_emulator.admin.dump()["experiments"]
    assert experiment["name"] == summary["run"]["name"]
    assert sorted(experiment["items"]) == sorted(name.lower() for name, _ in [*ITEMS, ("Atlantis", "")])


def test_publishing_again_changes_nothing(
    project: Project, use: Use, either_emulator: EmulatorServer
) -> None:
    use(either_emulator)
    project(*RUN)
    before = either_emulator.admin.counters()
    assert project("publish", "latest", "--require-published").code == 0
    after = either_emulator.admin.counters()
    assert after["spans"] == before["spans"]
    assert after["scores"] == before["scores"]


def test_two_runs_are_two_experiments(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    project.edit("[gates.good_enough]", '[run]\nname = "nightly"\n\n[gates.good_enough]')
    names = {project(*RUN).json["run"]["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("nightly-") for name in names)
    assert [len(entry["items"]) for entry in emulator.admin.dump()["experiments"]] == [4, 4]


def test_repeats_are_experiments_of_one_group(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    project.edit('callable = "answers:capital_of"', 'callable = "answers:capital_of"\nrepeats = 2')
    run = project(*RUN).json["run"]
    assert len(emulator.admin.dump()["experiments"]) == 2
    with emulator.client() as client:
        found = client.get(
            "/api/public/experiments",
            params={"fromStartTime": "2020-01-01T00:00:00Z", "fields": "core,metadata,scores"},
        ).json()["data"]
    assert {entry["metadata"]["evalspec_group"] for entry in found} == {run["id"]}
    assert {entry["metadata"]["evalspec_trial"] for entry in found} == {"1", "2"}
    # Each trial's own aggregate, and the group's over both.
    assert len(values(emulator, "accuracy")) >= 2


def test_a_server_that_is_down_costs_no_result(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    emulator.admin.set_faults(FaultRule("status", status=503))
    printed = project(*RUN, "--publish-timeout", "0.3")
    assert printed.code == 0
    assert printed.json["publication"]["pending"] > 0
    assert any("publish" in advice["command"] for advice in printed.json["how_to"])
    emulator.admin.set_faults()
    assert project("publish", "latest", "--require-published").code == 0
    assert sorted(values(emulator, "correct")) == [0, 1, 1, 1]


def test_pending_is_an_error_only_when_asked(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    emulator.admin.set_faults(FaultRule("status", status=503))
    assert project(*RUN, "--publish-timeout", "0.2", "--require-published").code == 5


def test_wrong_keys_are_refused_before_anything_runs(
    project: Project, use: Use, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(emulator)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-wrong-and-secret")
    printed = project(*RUN)
    assert printed.code == 5
    assert "LANGFUSE_SECRET_KEY" in printed.err
    assert "sk-lf-wrong-and-secret" not in printed.err
    assert emulator.admin.counters()["experiments"] == 0


def test_a_contradicting_score_config_is_found_before_anything_runs(
    project: Project, use: Use, emulator: EmulatorServer
) -> None:
    use(emulator)
    with emulator.client() as client:
        client.post(
            "/api/public/score-configs",
            json={"name": "similarity", "dataType": "NUMERIC", "minValue": 0, "maxValue": 0.5},
        ).raise_for_status()
    printed = project(*RUN)
    assert printed.code == 2
    assert "its maximum is 0.5" in printed.err
    assert emulator.admin.counters()["experiments"] == 0


def test_backend_local_publishes_nothing(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    assert project(*RUN, "--backend", "local").json["publication"]["backend"] == "local"
    assert emulator.admin.counters()["requests"] == {}


def test_a_hosted_dataset_is_pinned_and_run(
    project: Project, use: Use, either_emulator: EmulatorServer
) -> None:
    use(either_emulator)
    pushed = project("dataset", "push", "capitals.jsonl", "--name", "team/capitals", "--format", "json")
    assert pushed.json["created"] == 4
    again = project("dataset", "push", "capitals.jsonl", "--name", "team/capitals", "--format", "json")
    assert (again.json["created"], again.json["updated"], again.json["unchanged"]) == (0, 0, 4)
    project.edit('type = "file"\npath = "capitals.jsonl"', 'type = "langfuse"\nname = "team/capitals"')
    plan = project("plan", "capitals.evalspec.toml", "--format", "json").json
    assert plan["dataset"]["fields"]["version"]
    summary = project(*RUN).json
    assert summary["scores"]["correct"]["value"] == 0.75
    [experiment] = either_emulator.admin.dump()["experiments"]
    assert len(experiment["items"]) == 4
    assert project("plan", "capitals.evalspec.toml", "--offline").code == 2


def test_a_plan_keeps_the_version_of_its_hosted_dataset(
    project: Project, use: Use, emulator: EmulatorServer
) -> None:
    use(emulator)
    project("dataset", "push", "capitals.jsonl", "--name", "capitals")
    project.edit('type = "file"\npath = "capitals.jsonl"', 'type = "langfuse"\nname = "capitals"')
    project("plan", "capitals.evalspec.toml", "-o", "plan.json")
    project.items([("France", "Lyon"), *ITEMS[1:]])
    project("dataset", "push", "capitals.jsonl", "--name", "capitals")
    assert project("run", "plan.json", "--format", "json").json["scores"]["correct"]["value"] == 0.75
    assert project(*RUN).json["scores"]["correct"]["value"] == 0.5


def test_pull_gives_back_what_was_pushed(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    project("dataset", "push", "capitals.jsonl", "--name", "capitals")
    assert project("dataset", "pull", "capitals", "-o", "back.jsonl").code == 0
    lines = (project.folder / "back.jsonl").read_text().splitlines()
    original = (project.folder / "capitals.jsonl").read_text().splitlines()
    assert sorted(map(json.loads, lines), key=str) == sorted(map(json.loads, original), key=str)
    missing = project("dataset", "pull", "nowhere", "-o", "back.jsonl")
    assert missing.code == 2
    assert "nowhere" in missing.err


def test_push_to_keeps_a_hosted_copy_with_derived_ids(
    project: Project, use: Use, emulator: EmulatorServer
) -> None:
    use(emulator)
    project.edit('path = "capitals.jsonl"', 'path = "capitals.jsonl"\npush_to = "kept"')
    assert project(*RUN).code == 0
    [experiment] = emulator.admin.dump()["experiments"]
    assert all(item.startswith("es-") for item in experiment["items"])
    with emulator.client() as client:
        items = client.get("/api/public/dataset-items", params={"datasetName": "kept"}).json()["data"]
    assert sorted(item["id"] for item in items) == sorted(experiment["items"])
    assert "france" in json.dumps(items)


def test_doctor_says_what_it_is(project: Project, use: Use, either_emulator: EmulatorServer) -> None:
    assert project("doctor").code == 5
    use(either_emulator)
    printed = project("doctor", "--format", "json")
    assert printed.code == 0
    assert printed.json["ok"] is True
    assert {check["name"] for check in printed.json["checks"]} >= {"settings", "server", "keys", "scores"}


OBSERVED = """\
from langfuse import get_client, observe


@observe(name="lookup")
def look_up(country):
    get_client().update_current_span(metadata={"country": country})
    return {"France": "Paris", "Germany": "Bonn", "Italy": "Rome", "Spain": "Madrid"}[country]


def capital_of(country):
    return look_up(country)
"""


@pytest.mark.parametrize("backend", ["langfuse", "local"])
def test_spans_of_user_code_nest_under_the_items_trace(
    project: Project, use: Use, emulator: EmulatorServer, backend: str
) -> None:
    use(emulator)
    project.write("answers.py", OBSERVED)
    # The SDK keeps one client a process, so this needs a process of its own.
    command = [sys.executable, "-m", "evalspec", *RUN, "--backend", backend]
    done = subprocess.run(
        command, cwd=project.folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    if backend == "local":
        assert emulator.admin.counters()["spans"]["distinct"] == 0
        project("publish", "latest")
    spans = emulator.admin.dump()["spans"]
    tasks = {span["span_id"]: span for span in spans if span["name"] == "experiment-item-task"}
    nested = [span for span in spans if span["name"] == "lookup"]
    assert len(nested) == len(tasks) == 4
    for span in nested:
        parent = tasks[span["parent_id"]]
        assert span["trace_id"] == parent["trace_id"]
        assert span["experiment_id"] == parent["experiment_id"]
        assert not span["is_root"]


def test_publish_says_that_nothing_arrived(project: Project, use: Use, emulator: EmulatorServer) -> None:
    use(emulator)
    project(*RUN, "--backend", "local")
    emulator.admin.set_faults(FaultRule("status", status=503))
    printed = project("publish", "latest", "--publish-timeout", "0.2", "--format", "json")
    assert printed.code == printed.json["exit_code"] == 5
    assert printed.json["publication"]["pending"] > 0


def test_no_secret_of_the_environment_is_recorded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_API_KEY", "sk-very-secret-value")
    raising = "raise ValueError('bad key ' + os.environ['PROVIDER_API_KEY'])"
    project.write("answers.py", f"import os\n\n\ndef capital_of(country):\n    {raising}\n")
    printed = project(*RUN)
    assert "bad key $PROVIDER_API_KEY" in printed.out
    assert "sk-very-secret-value" not in printed.out + printed.err
    for file in project.folder.rglob("run.db*"):
        assert b"sk-very-secret-value" not in file.read_bytes()
