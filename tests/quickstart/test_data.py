"""The quickstart's data is what its script draws; the function under test is as wrong as its page says."""

import importlib.util
import json
import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tools import make_quickstart_data

FOLDER = Path(__file__).resolve().parents[2] / "specs" / "quickstart"


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    lines = (FOLDER / "data" / "countries.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def country_lookup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("country_lookup", FOLDER / "country_lookup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_draws_the_same_data() -> None:
    assert make_quickstart_data.main(["--check"]) == 0


def test_items_are_complete_and_named_once(items: list[dict[str, Any]]) -> None:
    assert len({item["id"] for item in items}) == len(items) == 180
    assert all(list(item) == ["id", "input", "expected_output", "metadata"] for item in items)
    assert len({item["metadata"]["continent"] for item in items}) == 6


def test_every_member_state_has_one_continent() -> None:
    codes = [code for codes in make_quickstart_data.CONTINENTS.values() for code in codes.split()]
    assert len(codes) == len(set(codes)) == 193


def test_the_function_is_wrong_on_some(items: list[dict[str, Any]], country_lookup: ModuleType) -> None:
    outputs = {item["id"]: country_lookup.lookup(item["input"]) for item in items}
    wrong = [item["id"] for item in items if outputs[item["id"]]["code"] != item["expected_output"]["code"]]
    assert len(wrong) == 27
    assert outputs["fr-cn"]["name"] == "Chile"
    assert set(Counter(output["match"] for output in outputs.values())) == {"exact", "alias", "fuzzy", "none"}


def test_both_spellings_are_one_tree() -> None:
    toml = tomllib.loads((FOLDER / "quickstart.evalspec.toml").read_text(encoding="utf-8"))
    spelt_json = json.loads((FOLDER / "quickstart.evalspec.json").read_text(encoding="utf-8"))
    assert spelt_json.pop("$schema") == "../../schemas/evalspec.v1.schema.json"
    assert spelt_json == toml
