"""Whole runs that ask services and programs: retries, secrets, versions, and what is left behind."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import evalspec
from evalspec.diagnostics import ServiceRefused, ServiceUnreachable, UsageError, WorldMovedError
from evalspec.journal.reader import JournalReader
from evalspec.kinds.observations import read_observations
from tests.emulator.handle import EmulatorServer
from tests.support.http_service import Asked, Reply, Service, as_json, as_text, http_service

TOKEN = "tok-0123456789abcdef"
CAPITALS = {"France": "Paris", "Chad": "N'Djamena", "Peru": "Lima"}


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


class Project:
    """A spec over three items in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ: dict[str, str] = {"MY_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}
        (folder / ".evalspec-root").touch()

    def compile(self, task: dict[str, Any], **sections: Any) -> evalspec.Plan:
        items = [
            {"id": name.lower(), "input": name, "expected_output": capital}
            for name, capital in CAPITALS.items()
        ]
        tree = {
            "evalspec": 1,
            "name": "capitals",
            "dataset": {"type": "inline", "items": items},
            "task": task,
            "scores": {"correct": {"data_type": "BOOLEAN"}},
            "evaluators": {"exact": {"type": "exact_match", "score": "correct"}},
            **sections,
        }
        path = self.folder / "capitals.evalspec.json"
        path.write_text(json.dumps(tree))
        return evalspec.compile(path)

    def options(self, **more: Any) -> evalspec.RunOptions:
        given = {"root": self.folder, "environ": self.environ, "backend": "local", **more}
        return evalspec.RunOptions(**given)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def http_task(service: Service, **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "url": f"{service.url}/answers",
        "json": {"country": "{{ input }}"},
        "headers_env": {"Authorization": {"env": "MY_TOKEN", "prefix": "Bearer "}},
        "extract": "response.json.capital",
        **more,
    }


def answers(asked: Asked) -> Reply:
    return as_json({"capital": CAPITALS[asked.json["country"]], "you sent": asked.headers["authorization"]})


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def test_a_run_over_a_service_keeps_no_secret(
    service: Service, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    service.answer = lambda asked: (
        as_text(f"no: {asked.headers['authorization']}", 400)
        if asked.json.get("country") == "Peru"
        else answers(asked)
    )
    judge = {
        **http_task(service),
        "json": {"country": "{{ input }}", "given": "{{ output }}"},
        "extract": "{'value': response.json.capital == 'Paris', 'comment': response.text}",
        "score": "judged",
    }
    plan = project.compile(
        http_task(service, extract="response.json"),
        scores={"judged": {"data_type": "BOOLEAN"}},
        evaluators={"judge": judge},
        limits={"concurrency": 2},
    )
    result = await evalspec.run(plan, project.options())
    assert result.summary.scores["judged"].value == 0.5
    (failure,) = result.summary.trials.failures
    assert (failure.kind, failure.count) == ("http_status", 1)
    assert "Bearer $MY_TOKEN" in failure.message
    stored = bytes_of(project.folder / ".evalspec")
    assert b"$MY_TOKEN" in stored
    assert TOKEN.encode() not in stored
    assert TOKEN not in plan.model_dump_json() + result.summary.model_dump_json() + caplog.text
    assert [asked.headers["authorization"] for asked in service.asked] == [f"Bearer {TOKEN}"] * 5
    # Task and evaluator have a pool each, and two trials are worked on at once.
    assert service.connections <= 4
    assert service.all_closed()
    with JournalReader(result.folder) as reader:
        (completed,) = [trial for trial in reader.next_unpublished(0, 9) if trial.item.id == "france"]
        (observation,) = read_observations(completed.task_spans)
    assert (observation.type, observation.metadata["status"]) == ("span", 200)


@pytest.mark.parametrize(
    "reply", [as_text("", 429, headers={"Retry-After": "0"}), as_text("", 503), Reply(reset=True)]
)
async def test_what_passes_is_tried_again(service: Service, project: Project, reply: Reply) -> None:
    refused: set[str] = set()

    def answer(asked: Asked) -> Reply:
        if asked.json["country"] not in refused:
            refused.add(asked.json["country"])
            return reply
        return answers(asked)

    service.answer = answer
    result = await evalspec.run(project.compile(http_task(service), limits={"retries": 1}), project.options())
    assert result.exit_code == 0
    assert result.summary.scores["correct"].value == 1
    assert len(service.asked) == 6


async def test_a_slow_service_and_one_that_says_no(service: Service, project: Project) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.json["country"] == "Chad":
            service.stopping.wait(30)
        return as_text("no", 404) if asked.json["country"] == "Peru" else answers(asked)

    service.answer = answer
    plan = project.compile(http_task(service, timeout=1.0), limits={"retries": 0})
    result = await evalspec.run(plan, project.options())
    failures = {failure.kind: failure for failure in result.summary.trials.failures}
    assert failures.keys() == {"timeout", "http_status"}
    assert result.summary.trials.completed == 1


async def test_a_missing_secret_is_found_before_anything_is_asked(service: Service, project: Project) -> None:
    plan = project.compile(http_task(service))
    project.environ.pop("MY_TOKEN")
    with pytest.raises(UsageError, match="needs the environment variable MY_TOKEN, which is not set"):
        await evalspec.run(plan, project.options())
    assert service.asked == []
    assert not (project.folder / ".evalspec").exists()


# Versions


def versioned(version: str) -> Any:
    def answer(asked: Asked) -> Reply:
        if asked.method == "GET":
            assert asked.target == "/version"
            assert "content-type" not in asked.headers
            return as_json({"commit": version})
        return answers(asked) if asked.json["country"] != "Peru" else as_text("down", 503)

    return answer


VERSION = {"version": {"url": "/version", "extract": "response.json.commit"}}


async def test_the_version_that_answers_is_evidence(service: Service, project: Project) -> None:
    service.answer = versioned("abc")
    plan = project.compile(http_task(service, **VERSION))
    assert plan.unpinned == ()
    first = await evalspec.run(plan, project.options())
    assert [asked.target for asked in service.asked].count("/version") == 1
    factors = subject_of(project, first)
    assert factors["task.version"].value == "abc"
    service.answer = versioned("def")
    second = await evalspec.run(plan, project.options())
    other = subject_of(project, second)
    assert other["task.version"].digest != factors["task.version"].digest


def subject_of(project: Project, result: evalspec.RunResult) -> dict[str, Any]:
    explanation = evalspec.explain(f"{result.summary.run.id}:france:correct", root=project.folder)
    return {factor.name: factor for factor in explanation.factors if factor.role == "subject"}


async def test_a_run_is_resumed_with_the_version_it_began_with(service: Service, project: Project) -> None:
    service.answer = versioned("abc")
    first = await evalspec.run(project.compile(http_task(service, **VERSION)), project.options())
    run_id = first.summary.run.id
    again = await evalspec.resume(run_id, project.options(), retry_errors=True)
    assert again.summary.run.deviations == []
    service.answer = versioned("def")
    with pytest.raises(
        WorldMovedError, match="version def of the task answers, and the run was begun with abc"
    ):
        await evalspec.resume(run_id, project.options(), retry_errors=True)
    for _ in range(2):
        moved = await evalspec.resume(run_id, project.options(allow_moved=True), retry_errors=True)
        assert moved.summary.run.deviations == [
            "version def of the task answers, and the run was begun with abc"
        ]


async def test_the_version_stands_with_the_experiment(
    service: Service, project: Project, emulator: EmulatorServer
) -> None:
    service.answer = versioned("abc")
    project.environ |= emulator.env()
    plan = project.compile(http_task(service, **VERSION))
    result = await evalspec.run(plan, project.options(backend="langfuse"))
    with JournalReader(result.folder) as reader:
        metadata = reader.meta("experiment")["experiment"]["metadata"]
    assert metadata["evalspec_task_version"] == "abc"
    assert "subject.task.version" in json.loads(metadata["evalspec_factors"])


async def test_a_version_that_cannot_be_had(service: Service, project: Project) -> None:
    plan = project.compile(http_task(service, **VERSION))
    service.answer = lambda asked: as_json({"commit": None})
    with pytest.raises(ServiceRefused, match="says no version"):
        await evalspec.run(plan, project.options())
    service.answer = lambda asked: Reply(reset=True)
    with pytest.raises(ServiceUnreachable, match="the version of the task cannot be had"):
        await evalspec.run(plan, project.options())
    assert not list((project.folder / ".evalspec").glob("runs/*"))


# Programs


async def test_a_run_over_programs(project: Project) -> None:
    task = project.folder / "answer.sh"
    task.write_text('#!/bin/sh\necho "$1:$MY_TOKEN"\n')
    judge = project.folder / "judge.sh"
    judge.write_text('#!/bin/sh\nread -r line; echo "{\\"long\\": ${#line}, \\"fine\\": true}"\n')
    for script in (task, judge):
        script.chmod(0o755)
    plan = project.compile(
        {
            "type": "command",
            "argv": ["./answer.sh", "{{ input }}"],
            "stdout": "text",
            "env": ["MY_TOKEN"],
        },
        scores={"fine": {"data_type": "BOOLEAN"}, "long": {"data_type": "NUMERIC"}},
        evaluators={
            "judge": {"type": "command", "argv": ["./judge.sh"], "scores": {"fine": "fine", "long": "long"}}
        },
    )
    assert TOKEN not in plan.model_dump_json()
    assert plan.evaluators["judge"].reads == ("expected_output", "input", "metadata", "output")
    result = await evalspec.run(plan, project.options())
    assert result.summary.scores["fine"].value == 1
    document = {
        "id": "peru",
        "input": "Peru",
        "output": f"Peru:{TOKEN}",
        "expected_output": "Lima",
        "metadata": None,
    }
    with JournalReader(result.folder) as reader:
        (record,) = reader.evaluations(2, 0)
    assert {score.name: score.value for score in record.scores}["long"] == len(
        json.dumps(document, separators=(",", ":"))
    )
    judge.write_text("#!/bin/sh\necho 1\n")
    with pytest.raises(
        WorldMovedError, match=r"the evaluator `judge`: `judge.sh`, which the command .* has changed"
    ):
        await evalspec.run(plan, project.options())


async def test_a_service_that_drips_for_ever_fails_without_a_timeout(
    service: Service, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.kinds.http.calling.LONGEST_SECONDS", 0.4)
    service.script(Reply(drip=b" "))
    judge = {**http_task(service), "json": {"given": "{{ output }}"}, "score": "judged"}
    judged: dict[str, Any] = {
        "scores": {"judged": {"data_type": "BOOLEAN"}},
        "evaluators": {"judge": judge},
        "dataset": {"type": "inline", "items": [{"id": "france", "input": "France"}]},
    }
    step = {**http_task(service), "name": "ask"}
    for task in (http_task(service), {"type": "chain", "steps": [step]}):
        plan = project.compile(task, dataset=judged["dataset"], limits={"retries": 0})
        (failure,) = (await evalspec.run(plan, project.options())).summary.trials.failures
        assert (failure.kind, failure.outages) == ("timeout", 1)
        assert "no answer within 0.4 seconds" in failure.message
    plan = project.compile(http_task(service, timeout="1s"), dataset=judged["dataset"], limits={"retries": 0})
    (failure,) = (await evalspec.run(plan, project.options())).summary.trials.failures
    assert (failure.kind, failure.message) == ("timeout", "no result within 1 s")
    service.answer = lambda asked: Reply(drip=b" ") if "given" in asked.json else answers(asked)
    plan = project.compile(http_task(service), **judged, limits={"retries": 0})
    summary = (await evalspec.run(plan, project.options())).summary
    (failure,) = summary.scores["judged"].failures
    assert (failure.kind, failure.outages) == ("timeout", 1)
    assert service.all_closed()
