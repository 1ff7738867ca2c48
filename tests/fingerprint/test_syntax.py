import ast
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evalspec.fingerprint import syntax
from evalspec.fingerprint.syntax import canonical_syntax


def form(source: str) -> bytes:
    return canonical_syntax(ast.parse(source))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x = 1", "x  =  (1)  # one"),
        ("'a'", '"a"'),
        ("u'a'", "'a'"),
        ("'a' 'b'", "'ab'"),
        ("1_000", "1000"),
        ("0x10", "16"),
        ("1e3", "1000.0"),
        ("f'a' 'b'", "f'ab'"),
        ("f'{x}' f'{y}'", "f'{x}{y}'"),
        ("f'{{' f'{x}'", "f'{{{x}'"),
        ("f'{x:}'", "f'{x}'"),
        ("x: int = 1  # type: ignore", "x: int = 1"),
        ("def f(a, b,): pass", "def f(a, b): pass"),
        ("with (a as b, c as d): pass", "with a as b, c as d: pass"),
        ("if a:\n  b\nelif c:\n  d", "if a:\n  b\nelse:\n  if c:\n    d"),
        ("ﬁ = 1", "fi = 1"),
    ],
)
def test_equal(left: str, right: str) -> None:
    assert form(left) == form(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1", "1.0"),
        ("1", "True"),
        ("1", "'1'"),
        ("'a'", "b'a'"),
        ("0.0", "-0.0"),
        ("1j", "1.0"),
        ("None", "'None'"),
        ("...", "'Ellipsis'"),
        ("'a;s1:b'", "'a' ; 'b'"),
        ("f'a'", "'a'"),
        ("f'{x}'", "f'{x!s}'"),
        ("f'{x:>3}'", "f'{x:>4}'"),
        ("f'{x=}'", "f'{x}'"),
        ("[a, b]", "(a, b)"),
        ("f(*a)", "f(a)"),
        ("f(**a)", "f(a=a)"),
        ("{**a}", "{a: a}"),
        ("def f(*, a, b=1): pass", "def f(*, a=1, b): pass"),
        ("def f(a=1, *, b): pass", "def f(a, *, b=1): pass"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("import a.b", "import a"),
        ("from a import b", "from .a import b"),
        ("from . import b", "from .. import b"),
        ("import a as b", "import b as a"),
        ("[x for x in y]", "[x async for x in y]"),
        ("a < b < c", "a < b and b < c"),
        ("(x): int", "x: int"),
        ("match a:\n case None: 1", "match a:\n case True: 1"),
        ("match a:\n case True: 1", "match a:\n case False: 1"),
        ("def f():\n 'doc'", "def f():\n 'cod'"),
        ("del a", "a"),
        ("'\\ud800'", "'\\ud801'"),
        ("try: a\nexcept B: c", "try: a\nexcept* B: c"),
    ],
)
def test_different(left: str, right: str) -> None:
    assert form(left) != form(right)


def test_long_numbers_and_deep_trees() -> None:
    assert form("0x" + "f" * 10_000) != form("0x" + "f" * 9_999 + "e")
    node: ast.expr = ast.Constant(1)
    for _ in range(100_000):
        node = ast.UnaryOp(ast.USub(), node)
    assert canonical_syntax(node).count(b"USub") == 100_000


SOURCE = '''
@d(1)
async def f(a, /, b: "T" = None, *c, d=True, **e) -> str | None:
    """Doc
       string."""
    async with a as g, b: pass
    x = f"{a!r:>{b}}{{}}" f"{d=}" "tail" f"" f"{x:{'a'}b{c}}" f"{a:}" rf"\\d{a}"
    y = f"{x:%H:%M}{f'{y}z'}" """long
text""" f"""{
    x
}{{{y}}}"""
    try: del L[a:b, ::2, 1]
    except* (V, K) as error: raise R from error
    match a:
        case {"k": [1, *_], **rest} | B(x=None) as whole if whole: return lambda q, *, r=1: (q := {*q, not r})
    return 1_0, 0xFF, 1e400, 1j, -1, b"\\x00", ..., "\\ud800", 10**100, x if y else [*z], (yield)
class A(B, metaclass=M):
    x: int
    (y): int = 1
type = 1
from .. import x as y, z
from a.b import *
'''
OTHERS = [
    path
    for version in ("3.12", "3.13", "3.14")
    for path in (
        shutil.which(f"python{version}"),
        *map(str, sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))),
    )
    if path is not None and "shims" not in path
]


def test_the_golden_form() -> None:
    """A Python whose trees differ shows here, even where no other is there to compare with."""
    expected = "fa65515a4a9b281c0bd989e92d5e45dfad538fe7de607c8d4c552ac07faa1871"
    assert hashlib.sha256(form(SOURCE)).hexdigest() == expected


@pytest.mark.skipif(not OTHERS, reason="no other Python is installed")
def test_other_pythons_write_the_same_form() -> None:
    program = (
        "import ast, importlib.util, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "spec = importlib.util.spec_from_file_location('syntax', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "source = sys.stdin.buffer.read().decode()\n"
        "sys.stdout.buffer.write(module.canonical_syntax(ast.parse(source)))\n"
    )
    for python in {*OTHERS, sys.executable}:
        command = [python, "-I", "-c", program, str(Path(syntax.__file__))]
        result = subprocess.run(command, input=SOURCE.encode(), capture_output=True, check=True, timeout=60)
        assert result.stdout == form(SOURCE), python
