"""`evalspec tasks` and `evalspec evaluators`."""

import json
import tomllib
from collections.abc import Mapping
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


def test_a_kind_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluators", "levenstein"]) == 2
    assert "did you mean `levenshtein`?" in capsys.readouterr().err
