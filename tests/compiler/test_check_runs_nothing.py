"""`check` runs nothing from the repository: no import, no process, no connection, nothing written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compiler.project import ITEMS, SPEC, changed, checked, write_project, write_spec

AUDITED = Path(__file__).with_name("audited_check.py")
ATTACK = "import pathlib\npathlib.Path(__file__).with_name('executed').touch()\n"
FUNCTIONS = """
def answer(question):
    return question

def judge(output):
    return 1

def summary(item_results):
    return 0
"""
SHADOWS = (
    "conftest",
    "evalspec_plugin",
    "httpx",
    "jinja2",
    "jsonschema",
    "langfuse",
    "orjson",
    "pyarrow",
    "pydantic",
    "rapidfuzz",
    "re2",
    "rich",
    "setup",
    "sitecustomize",
    "sqlite3",
    "tree_sitter",
    "tree_sitter_json",
    "tree_sitter_toml",
    "typer",
    "usercustomize",
)
"""Names that something would import, if it looked into the project before it looks elsewhere."""

HOSTILE: dict[str, Any] = changed(
    SPEC,
    {
        "/task": {
            "type": "python",
            "callable": "hostile.sub.task:answer",
            "files": ["hostile"],
            "env": ["HOME"],
        },
        "/evaluators/tone": {"type": "python", "callable": "hostile.sub.judge:judge", "score": "tone"},
        "/evaluators/shape": {"type": "json_schema", "path": "schema.json", "score": "shape"},
        "/evaluators/pattern": {"type": "regex", "pattern": "(a+)+$", "score": "pattern"},
        "/scores/shape": {"data_type": "BOOLEAN"},
        "/scores/pattern": {"data_type": "BOOLEAN"},
        "/aggregates/total": {"function": "python", "callable": "hostile:summary"},
        "/dataset/where": "metadata.weeks > 0",
        "/run": {"name": "{{ spec }}", "metadata": {}},
    },
)


def hostile_project(root: Path) -> Path:
    """A repository in which whatever is imported or run leaves a file `executed`."""
    write_project(root)
    for name in (
        *SHADOWS,
        "hostile/__init__",
        "hostile/sub/__init__",
        "hostile/sub/task",
        "hostile/sub/judge",
    ):
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ATTACK + FUNCTIONS)
    (root / "schema.json").write_text('{"$ref": "http://127.0.0.1:1/schema.json"}')
    hook = root / ".git/hooks/post-checkout"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\ntouch executed\n")
    hook.chmod(0o755)
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git/config").write_text(f"[core]\n\tfsmonitor = {hook}\n\thooksPath = .git/hooks\n")
    (root / "pyproject.toml").write_text(
        '[project.entry-points."evalspec.kinds"]\nhostile = "hostile:summary"\n'
    )
    write_spec(root, HOSTILE, "toml")
    write_spec(root, HOSTILE, "json")
    return root


def executed(root: Path) -> list[Path]:
    return [*root.rglob("executed"), *root.rglob("__pycache__")]


def audited(root: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(AUDITED), str(root), *paths], capture_output=True, text=True, check=False
    )


def test_a_hostile_repository_is_only_read(tmp_path: Path) -> None:
    root = hostile_project(tmp_path)
    before = sorted(root.rglob("*"))
    done = audited(root, ".")
    assert "AUDIT" not in done.stderr, done.stderr
    assert done.returncode == 2
    assert "leads out of the schema; nothing is fetched" in done.stdout
    assert executed(root) == []
    assert sorted(root.rglob("*")) == before


def test_the_audit_would_notice(tmp_path: Path) -> None:
    root = hostile_project(tmp_path)
    program = (
        f"import sys; sys.path[:0] = [{str(AUDITED.parent)!r}, {str(root)!r}]; import audited_check; "
        f"audited_check.watch({str(root)!r}); "
    )
    for attack in (
        "import hostile",
        "import subprocess; subprocess.Popen(['true'])",
        "import os; os.system('true')",
        "open('x', 'w')",
        "import socket; socket.socket().connect(('127.0.0.1', 1))",
        f"exec(compile('1', {str(root / 'a.py')!r}, 'exec'))",
    ):
        done = subprocess.run(
            [sys.executable, "-c", program + attack], capture_output=True, text=True, check=False, cwd=root
        )
        assert done.returncode == 99, (attack, done.stderr)


@pytest.mark.parametrize("command", ["module", "script"])
def test_names_in_the_project_take_nobodys_place(tmp_path: Path, command: str) -> None:
    root = hostile_project(tmp_path)
    script = shutil.which("evalspec", path=str(Path(sys.executable).parent))
    assert script is not None
    start = [sys.executable, "-m", "evalspec"] if command == "module" else [script]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*start, "check", "."], cwd=root, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert executed(root) == []


REACHING = [
    "item.__class__.__mro__[1].__subclasses__()",
    "''.__class__",
    "input['__class__']['__init__']['__globals__']",
    "(input | attr('__class__')).__name__",
    "cycler.__init__.__globals__.os.system('touch executed')",
    "lipsum.__globals__['os'].popen('id').read()",
    "self._TemplateReference__context",
    "namespace(x=1)",
    "range(10 ** 12) | list | length > 0",
    "'a' * 10 ** 12 == input",
    "input.text | map('__class__') | list",
    "'%s' | format(item.__init__)",
    "'{0.__class__}'.format(input)",
]


@pytest.mark.parametrize("expression", REACHING)
def test_expressions_reach_nothing(tmp_path: Path, expression: str) -> None:
    write_project(tmp_path)
    tree = changed(SPEC, {"/dataset/where": expression, "/evaluators/exact/value": expression})
    found = checked(write_spec(tmp_path, tree))
    assert found
    assert executed(tmp_path) == []
    assert not any("<class" in item.message or "object at 0x" in item.message for item in found)


@pytest.mark.parametrize(
    "path", ["../secret.jsonl", "/etc/passwd", "data/../../secret.jsonl", "link.jsonl", "folder/s.jsonl"]
)
def test_no_file_outside_of_the_project_is_read(tmp_path: Path, path: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    write_project(root)
    (tmp_path / "secret.jsonl").write_text('{"id": "a", "input": "top secret"}\nnot json: top secret\n')
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/s.jsonl").write_text("top secret")
    (root / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    changes = {
        "/dataset/path": path,
        "/task/files": [path],
        "/evaluators/shape": {"type": "json_schema", "path": path, "score": "correct"},
        "/evaluators/exact/score": "similarity",
    }
    found = checked(write_spec(root, changed(SPEC, changes)))
    outside = {item.pointer for item in found if item.code == "path-outside-root"}
    assert outside == {"/dataset/path", "/task/files/0", "/evaluators/shape/path"}
    assert not any("top secret" in item.message for item in found)


def test_a_link_within_the_project_is_followed(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "data/link.jsonl").symlink_to(tmp_path / "data/refunds.jsonl")
    assert checked(write_spec(tmp_path, changed(SPEC, {"/dataset/path": "data/link.jsonl"}))) == ()


def test_a_spec_behind_a_link_out_of_the_project_is_refused_and_the_others_are_checked(
    tmp_path: Path,
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    write_project(root)
    good = write_spec(root, SPEC)
    outside = tmp_path / "outside.toml"
    outside.write_text('evalspec = 1\nname = "top secret\n')
    (root / "a.evalspec.toml").symlink_to(outside)
    write_spec(root, changed(SPEC, {"/name": 1}), "toml")
    found = checked(root)
    assert [(item.code, item.span is None) for item in found] == [
        ("path-outside-root", True),
        ("wrong-type", False),
    ]
    assert checked(good) == ()


def test_a_hosted_dataset_is_not_asked_for(tmp_path: Path) -> None:
    write_project(tmp_path, rows=ITEMS)
    environ = {
        "LANGFUSE_BASE_URL": "http://127.0.0.1:1",
        "LANGFUSE_PUBLIC_KEY": "pk",
        "LANGFUSE_SECRET_KEY": "sk",
    }
    tree = changed(SPEC, {"/dataset": {"type": "langfuse", "name": "refunds"}})
    assert checked(write_spec(tmp_path, tree), environ=environ) == ()
