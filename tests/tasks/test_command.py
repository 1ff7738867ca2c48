"""The `command` task with real programs."""

import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from evalspec.diagnostics import UsageError
from evalspec.kinds.loading import Loading
from evalspec.kinds.outside import MAX_RESPONSE, CallFailed
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.runner.failures import is_outage, is_worth_another_try
from evalspec.tasks import TASKS

COMMAND = TASKS["command"]
ITEM = Item("france", 'the "capital"\n of Zoë', {"answer": "Paris"}, {"lang": "fr", "n": 2})
PYTHON = Path(sys.executable).name
ENVIRON = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": "/nowhere", "LANG": "C.UTF-8"}


def resolve(root: Path, **fields: Any) -> tuple[Resolved, list[Problem]]:
    resolving = Resolving(root, root, cast(Any, None), {}, root)
    table = {"type": "command", **fields}
    return COMMAND.resolve(COMMAND.fields.model_validate(table), resolving), resolving.problems


def build(root: Path, environ: dict[str, str] | None = None, **fields: Any) -> Callable[..., Awaitable[Any]]:
    resolved, problems = resolve(root, **fields)
    assert problems == []
    loading = Loading(root, (root,), root, environ=ENVIRON | (environ or {}))
    return cast("Callable[..., Awaitable[Any]]", COMMAND.build(resolved.fields, loading))


async def call(root: Path, program: str, *arguments: str, item: Item = ITEM, **fields: Any) -> Any:
    """What a Python program gives."""
    (root / "program.py").write_text(program)
    return await build(root, argv=[PYTHON, "program.py", *arguments], **fields)(item, 0)


async def failure(root: Path, program: str, *arguments: str, **fields: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await call(root, program, *arguments, **fields)
    return caught.value


ECHO = "import json, sys; print(json.dumps([sys.argv[1:], sys.stdin.read()]))"


async def test_a_program_reads_one_json_document(tmp_path: Path) -> None:
    [arguments, given] = await call(tmp_path, ECHO)
    assert arguments == []
    assert given.count("\n") == 1
    assert json.loads(given) == {"id": "france", "input": ITEM.input, "metadata": ITEM.metadata}
    [_, given] = await call(tmp_path, ECHO, with_expected=True)
    assert json.loads(given)["expected_output"] == {"answer": "Paris"}


async def test_arguments_are_templates_and_no_shell_reads_them(tmp_path: Path) -> None:
    hostile = Item("1", "$(touch x) `id` \"; rm -rf . ;' * \n--flag")
    [arguments, given] = await call(
        tmp_path, ECHO, "--n={{ metadata.n }}", "{{ input }}", "$HOME", stdin="none", item=_with(hostile)
    )
    assert arguments == ["--n=2", hostile.input, "$HOME"]
    assert given == ""
    assert not (tmp_path / "x").exists()


def _with(item: Item) -> Item:
    return Item(item.id, item.input, None, {"n": 2})


async def test_text_in_and_out(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.write(sys.stdin.read().upper() + '\\n\\r\\n')"
    found = await call(tmp_path, program, stdin="text", stdin_template="Q: {{ input }}", stdout="text")
    assert found == 'Q: THE "CAPITAL"\n OF ZOË'


async def test_what_a_program_sees_of_the_environment(tmp_path: Path) -> None:
    program = "import os, json; print(json.dumps([dict(os.environ), os.getcwd()]))"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "program.py").write_text(program)
    environ = {"MY_TOKEN": "t", "OTHER_SECRET": "s", "LC_ALL": "C.UTF-8"}
    more: dict[str, Any] = {"env": ["MY_TOKEN", "NOT_SET"], "env_set": {"REGION": "eu", "LANG": "de"}}
    task = build(tmp_path, environ, argv=[PYTHON, "program.py"], cwd="sub", **more)
    variables, folder = await task(ITEM, 0)
    variables.pop("LC_CTYPE", None)  # Python's own, PEP 538
    assert variables == ENVIRON | {"MY_TOKEN": "t", "LC_ALL": "C.UTF-8", "REGION": "eu", "LANG": "de"}
    assert folder == str((tmp_path / "sub").resolve())


async def test_a_program_of_the_project(tmp_path: Path) -> None:
    _script(tmp_path / "bin" / "answer", "cat >/dev/null; echo '\"Paris\"'")
    (tmp_path / "sub").mkdir()
    assert await build(tmp_path, argv=["./bin/answer"], cwd="sub")(ITEM, 0) == "Paris"


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("program", "kind", "words"),
    [
        ("import sys; print('{}'); sys.exit(3)", "exit_status", "exited with 3"),
        (
            "import sys; sys.stderr.write('one\\ntwo \\n\\n'); sys.exit(1)",
            "exit_status",
            "exited with 1: two",
        ),
        ("import os; os.kill(os.getpid(), 11)", "exit_status", "was ended by SIGSEGV"),
        ("import sys; sys.stdout.buffer.write(b'\"\\xff\"')", "not_utf8", "byte 1 of its standard output"),
        ("print('{')", "invalid_json", "is not JSON"),
        ("", "invalid_json", "it is empty"),
        ("print('NaN')", "invalid_json", "NaN is no JSON number"),
        (
            f"import sys; sys.stdout.write('x' * {MAX_RESPONSE + 1})",
            "too_large",
            "more than 10,000,000 bytes",
        ),
        ("while True: print('x' * 100_000)", "too_large", "standard output"),
    ],
)
async def test_programs_that_fail(tmp_path: Path, program: str, kind: str, words: str) -> None:
    found = await failure(tmp_path, program)
    assert found.kind == kind
    assert words in str(found)
    assert not is_outage(found)
    assert is_worth_another_try(found) is (kind == "exit_status")


async def test_much_on_every_stream_blocks_nobody(tmp_path: Path) -> None:
    """More than any pipe holds, in an order in which a naive reader would wait for ever."""
    program = (
        "import sys\nsys.stderr.write('e' * 3_000_000)\nsys.stderr.flush()\n"
        "sys.stdout.write('o' * 3_000_000)\nsys.stdout.flush()\nsys.stdout.write(sys.stdin.read()[-22:])"
    )
    item = Item("1", "i" * 3_000_000 + "end")
    found = await call(tmp_path, program, item=item, stdout="text")
    assert found == "o" * 3_000_000 + 'end","metadata":null}'


async def test_a_program_need_not_read(tmp_path: Path) -> None:
    assert await call(tmp_path, "print(1)", item=Item("1", "i" * 1_000_000)) == 1
    early = "import os, sys; os.close(0); print(2)"
    assert await call(tmp_path, early, item=Item("1", "i" * 1_000_000)) == 2


async def test_secrets_in_what_a_program_says(tmp_path: Path) -> None:
    token = "tok-0123456789abcdef"
    program = "import os, sys; sys.exit('denied: ' + os.environ['MY_VALUE'] + 'x' * 1000)"
    (tmp_path / "program.py").write_text(program)
    task = build(tmp_path, {"MY_VALUE": token}, argv=[PYTHON, "program.py"], env=["MY_VALUE"])
    with pytest.raises(CallFailed) as caught:
        await task(ITEM, 0)
    assert "exited with 1: denied: $MY_VALUExxx" in str(caught.value)
    assert token not in str(caught.value)
    assert len(str(caught.value)) < 400


async def test_null_characters_and_programs_that_vanish(tmp_path: Path) -> None:
    assert (await failure(tmp_path, ECHO, "{{ input }}", item=Item("1", "a\0b"))).kind == "invalid_argument"
    assert (await failure(tmp_path, ECHO, "{{ input }}", item=Item("1", "x" * 3_000_000))).kind == (
        "expression_failed"
    )
    assert (await failure(tmp_path, ECHO, "{{ input.x }}")).kind == "missing_key"
    _script(tmp_path / "bin" / "answer", "echo 1")
    task = build(tmp_path, argv=["bin/answer"])
    (tmp_path / "bin" / "answer").unlink()
    with pytest.raises(CallFailed) as caught:
        await task(ITEM, 0)
    assert caught.value.kind == "not_started"


# The end of programs

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pids", "w").write(f"{os.getpid()} {child.pid}")
os.rename("pids", "ready")
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that nobody has waited for yet is dead, too.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


async def gone(pids: list[int]) -> bool:
    for _ in range(500):
        if not any(map(alive, pids)):
            return True
        await anyio.sleep(0.01)
    return False


async def appeared(path: Path) -> str:
    file = anyio.Path(path)
    for _ in range(6000):
        if await file.exists():
            return await file.read_text()
        await anyio.sleep(0.01)
    raise AssertionError(f"{path} was never written")


async def test_a_call_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    pids: list[int] = []
    async with anyio.create_task_group() as group:

        async def stop() -> None:
            pids.extend(map(int, (await appeared(tmp_path / "ready")).split()))
            group.cancel_scope.cancel()

        group.start_soon(stop)
        await call(tmp_path, STUBBORN)
    assert len(pids) == 2
    assert await gone(pids)


async def test_a_program_may_clean_up_when_it_is_told_to_end(tmp_path: Path) -> None:
    program = """
import signal, time
def end(*_):
    open("clean", "w").write("yes")
    raise SystemExit
signal.signal(signal.SIGTERM, end)
open("ready", "w").close()
time.sleep(600)
"""
    async with anyio.create_task_group() as group:

        async def stop() -> None:
            await appeared(tmp_path / "ready")
            group.cancel_scope.cancel()

        group.start_soon(stop)
        await call(tmp_path, program)
    assert (tmp_path / "clean").read_text() == "yes"


@pytest.mark.parametrize("leaves_the_group", [False, True])
async def test_what_a_program_leaves_behind_holds_nothing_up(tmp_path: Path, leaves_the_group: bool) -> None:
    program = f"""
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session={leaves_the_group}
)
print(child.pid)
"""
    with anyio.fail_after(60):
        pid = await call(tmp_path, program)
    if leaves_the_group:
        assert alive(pid)
        os.kill(pid, 9)
    assert await gone([pid])


# What is checked and pinned


def test_contents_decide_the_digest(tmp_path: Path) -> None:
    _script(tmp_path / "bin" / "answer", "echo 1")
    (tmp_path / "data.txt").write_text("one")
    (tmp_path / "odd[1].txt").write_text("one")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.txt").write_text("a")
    fields: dict[str, Any] = {
        "argv": ["bin/answer", "data.txt", "odd[1].txt", "--x={{ input }}"],
        "files": ["prompts/*.txt"],
    }
    resolved, problems = resolve(tmp_path, **fields)
    assert problems == []
    assert list(resolved.fields["digests"]) == ["bin/answer", "data.txt", "odd[1].txt", "prompts/a.txt"]
    assert resolved.identity == {
        "argv": fields["argv"],
        "files": resolved.fields["digests"],
    }
    assert resolved.unpinned == ()
    loading = Loading(tmp_path, (), tmp_path)
    assert COMMAND.moved(resolved.fields, loading) == []
    (tmp_path / "data.txt").write_text("two")
    (tmp_path / "prompts" / "b.txt").write_text("b")
    (tmp_path / "odd[1].txt").unlink()
    assert COMMAND.moved(resolved.fields, loading) == [
        "`data.txt`, which the command `bin/answer` uses, has changed",
        "`odd[1].txt`, which the command `bin/answer` uses, is gone",
        "`prompts/b.txt` is new to the command `bin/answer`",
    ]
    assert resolve(tmp_path, **fields)[0].identity != resolved.identity


def test_a_program_on_path_is_not_pinned(tmp_path: Path) -> None:
    resolved, _ = resolve(tmp_path, argv=["jq", "."])
    assert resolved.unpinned == ("`jq` is whatever program PATH leads to",)
    (tmp_path / "python").symlink_to(sys.executable)
    resolved, problems = resolve(tmp_path, argv=["./python"])
    assert problems == []
    assert resolved.unpinned == ("`./python` is a link to a program outside of the project",)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no program `no-such-program` on PATH"):
        build(tmp_path, argv=["no-such-program"])


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({"argv": ["{{ input }}"]}, "wrong-value", ("argv", 0)),
        ({"argv": [""]}, "wrong-value", ("argv", 0)),
        ({"argv": ["./missing"]}, "file-not-found", ("argv", 0)),
        ({"argv": ["./plain.txt"]}, "wrong-value", ("argv", 0)),
        ({"argv": ["../out"]}, "path-outside-root", ("argv", 0)),
        ({"argv": ["/bin/sh"]}, "path-outside-root", ("argv", 0)),
        ({"argv": ["sh", "{{ inptu }}"]}, "undefined-name", ("argv", 1)),
        ({"argv": ["sh", "{{ input"]}, "template-syntax", ("argv", 1)),
        ({"argv": ["sh"], "stdin": "text"}, "missing-field", ()),
        ({"argv": ["sh"], "stdin_template": "x"}, "wrong-value", ("stdin_template",)),
        (
            {"argv": ["sh"], "stdin": "text", "stdin_template": "{{ x }}"},
            "undefined-name",
            ("stdin_template",),
        ),
        ({"argv": ["sh"], "stdin": "none", "with_expected": True}, "wrong-value", ("with_expected",)),
        ({"argv": ["sh"], "env": ["A=B"]}, "invalid-name", ("env", 0)),
        ({"argv": ["sh"], "env": ["A"], "env_set": {"A": "1"}}, "wrong-value", ("env", 0)),
        ({"argv": ["sh"], "env_set": {"A B": "1"}}, "invalid-name", ("env_set", "A B")),
        ({"argv": ["sh"], "env_set": {"A": "\0"}}, "wrong-value", ("env_set", "A")),
        ({"argv": ["sh"], "cwd": "nowhere"}, "wrong-value", ("cwd",)),
        ({"argv": ["sh"], "cwd": ".."}, "path-outside-root", ("cwd",)),
        ({"argv": ["sh"], "files": ["*.none"]}, "files-match-nothing", ("files", 0)),
        ({"argv": ["sh"], "files": ["../*"]}, "path-outside-root", ("files", 0)),
    ],
)
def test_mistakes(tmp_path: Path, fields: dict[str, Any], code: str, at: tuple[Any, ...]) -> None:
    (tmp_path / "plain.txt").write_text("x")
    (problem,) = resolve(tmp_path, **fields)[1]
    assert (problem.code, problem.at) == (code, at)


@pytest.mark.parametrize(
    ("argv", "pinned"),
    [
        (["-m", "single"], ["single.py"]),
        (["-msingle"], ["single.py"]),
        (["-u", "-W", "error", "-Xdev", "-bm", "single", "-m", "other"], ["single.py"]),
        (["-m", "tools.one"], ["tools/__init__.py", "tools/one.py"]),
        (
            ["-m", "tools.deep"],
            [
                "tools/__init__.py",
                "tools/deep/__init__.py",
                "tools/deep/__main__.py",
                "tools/deep/more/part.py",
            ],
        ),
        (["-m", "lonely.one"], ["lonely/one.py"]),
        (["single.py", "-m", "other"], ["single.py"]),
        (["-c", "pass", "-m", "single"], []),
    ],
)
def test_the_module_of_an_interpreter_is_pinned(tmp_path: Path, argv: list[str], pinned: list[str]) -> None:
    names = "single.py other.py tools/__init__.py tools/one.py tools/two.py lonely/one.py"
    for name in (
        *names.split(),
        *(f"tools/deep/{part}.py" for part in ("__init__", "__main__", "more/part")),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("A = 1")
    resolved, problems = resolve(tmp_path, argv=["python3", *argv])
    assert (problems, list(resolved.fields["digests"])) == ([], pinned)
    assert resolved.unpinned == ("`python3` is whatever program PATH leads to",)
    for name in pinned:
        (tmp_path / name).write_text("A = 2")
        again, _ = resolve(tmp_path, argv=["python3", *argv])
        assert again.identity != resolved.identity
        loading = Loading(tmp_path, (tmp_path,), tmp_path, environ=ENVIRON)
        moved = COMMAND.moved(resolved.fields, loading)
        assert moved == [f"`{name}`, which the command `python3` uses, has changed"]
        (tmp_path / name).write_text("A = 1")


async def test_a_module_is_looked_for_where_the_interpreter_does(tmp_path: Path) -> None:
    for folder in ("work", "src"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "said.py").write_text(f"print('\"{folder}\"')")
    argv = [PYTHON, "-m", "said"]
    settings: list[tuple[dict[str, Any], str]] = [
        ({"cwd": "work"}, "work"),
        ({"env_set": {"PYTHONPATH": "src"}}, "src"),
        ({"cwd": "work", "env_set": {"PYTHONPATH": "../src"}}, "work"),
    ]
    for fields, folder in settings:
        resolved, _ = resolve(tmp_path, argv=argv, **fields)
        assert list(resolved.fields["digests"]) == [f"{folder}/said.py"]
        assert await build(tmp_path, argv=argv, **fields)(ITEM, 0) == folder
    safe, _ = resolve(tmp_path, argv=[PYTHON, "-I", "-m", "said"], cwd="work")
    assert safe.fields["digests"] == {}


@pytest.mark.parametrize("module", ["json.tool", "gone", "../x", "", "{{ input }}", "a..b"])
def test_a_module_that_is_not_of_the_project_is_said_to_be_unpinned(tmp_path: Path, module: str) -> None:
    resolved, problems = resolve(tmp_path, argv=["python3", "-m", module])
    assert (problems, resolved.fields["digests"]) == ([], {})
    assert resolved.unpinned[1:] == (f"`-m {module}` names no module of the project",)
