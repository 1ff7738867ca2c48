"""Imports go downwards only, and third parties have one door each: the contracts in pyproject.toml."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "tool"
]["importlinter"]["contracts"]
DOORS = {
    "langfuse": "evalspec.langfuse_io",
    "sqlite3": "evalspec.journal",
    "pydantic_ai": "evalspec.models",
    "openai": "evalspec.models",
    "genai_prices": "evalspec.models",
}


def parts() -> set[str]:
    """The packages and modules directly below evalspec."""
    folders = {path.parent.name for path in (ROOT / "evalspec").glob("*/*.py")}
    modules = {path.stem for path in (ROOT / "evalspec").glob("*.py") if not path.stem.startswith("__")}
    return {f"evalspec.{name}" for name in folders | modules}


def test_contracts_are_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_layers_are_exhaustive() -> None:
    (layers,) = [contract for contract in CONTRACTS if contract["type"] == "layers"]
    named = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    assert layers["exhaustive"]
    assert {f"evalspec.{name}" for name in named} == parts()


@pytest.mark.parametrize("library", DOORS)
def test_a_door_is_closed_to_everybody_else(library: str) -> None:
    (contract,) = [contract for contract in CONTRACTS if library in contract.get("forbidden_modules", ())]
    assert set(contract["source_modules"]) == parts() - {DOORS[library]}
