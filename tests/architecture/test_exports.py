"""The public API is exactly what `evalspec/__init__.py` lists, and costs nothing until it is used."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import evalspec

HEAVY = (
    "pydantic",
    "langfuse",
    "jinja2",
    "rich",
    "typer",
    "httpx",
    "jsonschema",
    "opentelemetry",
    "pyarrow",
    "re2",
)


def names_for_type_checkers() -> set[str]:
    tree = ast.parse(Path(evalspec.__file__).read_text(encoding="utf-8"))
    blocks = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_the_list_is_sorted_and_names_nothing_twice() -> None:
    assert evalspec.__all__ == sorted(set(evalspec.__all__))


@pytest.mark.parametrize("name", evalspec.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    assert getattr(evalspec, name) is not None


def test_type_checkers_see_the_same_names() -> None:
    assert names_for_type_checkers() == set(evalspec.__all__)


def test_dir_lists_the_public_names() -> None:
    assert set(evalspec.__all__) <= set(dir(evalspec))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        evalspec.no_such_name  # noqa: B018 - the access is the test


def test_import_loads_nothing_heavy() -> None:
    program = "import evalspec, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint(HEAVY)
