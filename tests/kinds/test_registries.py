import subprocess
import sys
from typing import Any, get_args

import pytest

from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.tasks import TASKS

KINDS = [*DATASETS.items(), *TASKS.items(), *EVALUATORS.items()]


@pytest.mark.parametrize(("name", "kind"), KINDS, ids=[name for name, _ in KINDS])
def test_a_kind_says_what_it_is(name: str, kind: Any) -> None:
    fields = kind.fields.model_fields
    assert kind.type == name
    assert get_args(fields["type"].annotation) == (name,)
    assert fields["type"].default == name
    assert 'type = "' + name + '"' in kind.fields.__doc__
    undescribed = [field for field, info in fields.items() if field != "type" and not info.description]
    assert undescribed == []


def test_unknown_kinds() -> None:
    with pytest.raises(KeyError):
        EVALUATORS["exact"]
    assert "exact" not in EVALUATORS
    assert set(TASKS) >= {"python", "recorded"}


def imported_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


HEAVY = {"jinja2", "jsonschema", "langfuse", "pyarrow", "rapidfuzz", "re2", "tree_sitter"}
COMPILING = {"evalspec.compiler", "evalspec.source", "evalspec.spec"}


def test_registries_load_no_kind() -> None:
    loaded = imported_by("import evalspec.datasets, evalspec.tasks, evalspec.evaluators")
    assert not loaded & HEAVY
    assert "evalspec.evaluators.regex" not in loaded


def test_kinds_load_what_they_need_when_they_are_built() -> None:
    code = """
from evalspec.datasets import DATASETS
from evalspec.tasks import TASKS
from evalspec.evaluators import EVALUATORS
for registry in (DATASETS, TASKS, EVALUATORS):
    list(registry.values())
"""
    loaded = imported_by(code)
    assert not loaded & HEAVY
    assert not loaded & COMPILING


def test_running_needs_nothing_of_the_compiler(tmp_path: Any) -> None:
    (tmp_path / "d.jsonl").write_text('{"input": "q"}\n')
    code = f"""
from pathlib import Path
from evalspec.datasets import DATASETS
from evalspec.datasets.select import read_items, select_items
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.loading import Loading
root = Path({str(tmp_path)!r})
loading = Loading(root, (root,), root)
select_items(read_items(DATASETS["file"], {{"path": "d.jsonl", "format": "jsonl"}}, loading))
EVALUATORS["exact_match"].build({{"value": "output", "expected": "expected_output"}}, loading)
EVALUATORS["json_schema"].build({{"value": "output", "schema": {{"format": "regex"}}}}, loading)
"""
    assert not imported_by(code) & COMPILING
