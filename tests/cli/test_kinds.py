"""`evalspec tasks`, `evaluators` and `rubrics`: alike in what they list, show and refuse."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from evalspec.cli import main
from evalspec.evaluators import EVALUATORS
from evalspec.tasks import TASKS

COMMANDS: dict[str, Mapping[str, Any]] = {"tasks": TASKS, "evaluators": EVALUATORS}


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(capsys, *arguments, "--format", "json"))
    assert found["evalspec_catalogue"] == 1
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_all_kinds_are_listed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, command)
    entries = document(capsys, command)["kinds"]
    assert [entry["name"] for entry in entries] == list(COMMANDS[command])
    for entry in entries:
        assert entry["name"] in text
        assert entry["summary"]
        assert entry["documentation"]
        assert entry["semantics"] >= 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_kind_can_be_shown(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, kind in COMMANDS[command].items():
        text = printed(capsys, command, name)
        (entry,) = document(capsys, command, name)["kinds"]
        assert {field["name"] for field in entry["fields"]} == set(kind.fields.model_fields) - {"type"}
        for field in entry["fields"]:
            assert field["name"] in text
            assert field["description"]
            assert field["type"]
        if "example" in entry:
            tomllib.loads(entry["example"])


def test_what_an_evaluator_gives(capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = document(capsys, "evaluators", "levenshtein")["kinds"]
    assert entry["gives"] == [{"key": "", "data_types": ["NUMERIC"], "min": 0.0, "max": 1.0}]
    required = {field["name"]: field["required"] for field in entry["fields"]}
    assert required["score"]
    assert not required["value"]


def test_a_list_says_what_is_given_and_what_has_to_be_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    text = printed(capsys, "evaluators")
    entries = {entry["name"]: entry for entry in document(capsys, "evaluators")["kinds"]}
    blocks = blocks_of(text, entries)
    for name, entry in entries.items():
        keyed = [score for score in entry["gives"] if score["key"]]
        free = any(len(score["data_types"]) == 4 for score in entry["gives"])
        shown = blocks[name]
        for score in [] if free else keyed or entry["gives"]:
            assert " ".join([score["key"], *score["data_types"]]).strip() in shown
        assert (" any " in shown) >= free
        assert (f"Needs evalspec[{entry.get('extra')}]." in shown) == ("extra" in entry)
    assert "Needs evalspec[text]." in blocks["rouge"]
    tasks = printed(capsys, "tasks")
    for entry in document(capsys, "tasks")["kinds"]:
        assert all(need in blocks_of(tasks, TASKS)[entry["name"]] for need in entry["needs"])


def blocks_of(text: str, names: Iterable[str]) -> dict[str, str]:
    """The lines of a list by the name at their beginning, with single spaces."""
    blocks: dict[str, str] = {}
    current = ""
    for line in text.splitlines():
        first = line.split(" ")[0]
        current = first if first in names else current
        blocks[current] = f"{blocks.get(current, '')} {' '.join(line.split())} "
    return blocks


def test_one_kind_says_what_it_looks_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert "looks at  observations" in printed(capsys, "evaluators", "cost")
    assert "gives  latency, observations, session" in printed(capsys, "tasks", "conversation")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("evaluators", "levenstein"),
            "there is no evaluator type `levenstein`; did you mean `levenshtein`?",
        ),
        (("tasks", "promt"), "there is no task type `promt`; did you mean `prompt`?"),
        (
            ("rubrics", "corectness"),
            "there is no ready-made rubric `corectness`; did you mean `correctness`?",
        ),
        (("rubrics", "corectness@1"), "did you mean `correctness@1`?"),
        (("rubrics", "correctness@9"), "`correctness` has no version 9; it has `correctness@1`"),
        (("rubric", "show", "corectness"), "there is no ready-made rubric `corectness`; did you mean"),
        (("evaluators", "zzzzzzzz"), "; `evalspec evaluators` lists them"),
        (("tasks", "zzzzzzzz"), "; `evalspec tasks` lists them"),
        (("rubrics", "zzzzzzzz"), "; `evalspec rubrics` lists them"),
        (("rubric", "show"), "which rubric? `evalspec rubrics` lists them"),
    ],
)
def test_a_name_that_is_none(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert (said.out, message in said.err) == ("", True)
    assert main((*arguments, "--format", "json")) == 2
    failure = json.loads(capsys.readouterr().out)
    assert message in failure["reasons"][0]["message"]
