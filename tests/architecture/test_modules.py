"""Modules and functions stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "evalspec").rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 60

LONGER: frozenset[str] = frozenset()
"""Modules, and functions as `path:name`, that may be longer. It is empty, and should stay so."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_length(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = {name_of(path): len(text.splitlines()) - MODULE_LINES}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            found[f"{name_of(path)}:{node.name}"] = lines - FUNCTION_LINES
    too_long = {name: excess for name, excess in found.items() if excess > 0 and name not in LONGER}
    assert not too_long
