"""The comparison behind `emulator-check` finds what it is meant to find; SDK 5's part of it runs here."""

import copy
import sys
from typing import Any

import pytest

from tests.emulator import check
from tests.emulator.golden import load
from tests.emulator.shapes import differences, shape


@pytest.mark.parametrize(
    "case", [case for case in check.CASES if case.sdk == "5"], ids=lambda case: case.label
)
def test_sdk_5_and_the_emulator_behave_as_measured(case: check.Case) -> None:
    assert list(check.checked(case, sys.executable)) == []


def test_shapes_differ_by_keys_and_types() -> None:
    recorded = shape(
        {"id": "a", "n": 1, "at": "<time>", "rows": [{"x": 1}, {"y": True}], "input": {"free": 1}}
    )
    same = shape({"id": "b", "n": 2.5, "at": "now", "rows": [{"y": False}], "input": [1]})
    assert differences(recorded, same, "it") == []
    other = shape({"id": None, "n": "1", "rows": [{"z": 1}, 3], "more": 1, "at": "x", "input": 1})
    assert differences(recorded, other, "it") == [
        "it.more: not recorded",
        "it.n: string, recorded number",
        "it.rows[0].x: not there, recorded",
        "it.rows[0].z: not recorded",
        "it.rows[1]: number, recorded object",
    ]


def _traffic() -> list[dict[str, Any]]:
    """The recording as the emulator would have kept it."""
    steps = [step for step in load("sdk_5") if "method" in step and check.by_sdk(step)]
    return [
        {
            "client": "5.0.4",
            "method": step["method"],
            **check.path_and_query(step["path"]),
            "request": step.get("body"),
            "spans": [span for group in step["spans"] for span in group["spans"]]
            if "spans" in step
            else None,
            "status": step["status"],
            "response": step["response"],
        }
        for step in steps
    ]


def test_the_recording_agrees_with_itself() -> None:
    assert list(check.compared(load("sdk_5"), _traffic())) == []


def test_a_drift_of_either_side_is_named() -> None:
    traffic = copy.deepcopy(_traffic())
    for entry in traffic:
        if entry["path"] == "/api/public/scores":
            entry["status"] = 202
    spans = next(entry["spans"] for entry in traffic if entry["spans"])
    spans[0]["attributes"]["new"] = 1
    found = list(check.compared(load("sdk_5"), traffic))
    assert "POST /api/public/scores 400: recorded, did not happen" in found
    assert "POST /api/public/scores 202: happened, not recorded" in found
    assert any(f"span {spans[0]['name']!r}" in difference for difference in found)
