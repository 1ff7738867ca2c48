"""References, errors, signatures, storing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalspec.fingerprint.code import CodeBase, CodeFingerprint, CodeNotFound, fingerprint_code
from evalspec.fingerprint.modules import MAX_SOURCE

Taking = Callable[..., CodeFingerprint]


def failure(root: Path, reference: str) -> CodeNotFound:
    with pytest.raises(CodeNotFound) as caught:
        CodeBase(root, {}).fingerprint(reference)
    assert caught.value.message.endswith(".")
    return caught.value


@pytest.mark.parametrize(
    ("reference", "suggestion"),
    [
        ("", None),
        ("m", None),
        ("m:", None),
        (":f", None),
        ("m:f()", None),
        ("m:f:g", None),
        ("m:f.", None),
        ("m..n:f", None),
        ("m:class", None),
        ("../m:f", None),
        ("m\0:f", None),
        ("p.m.f", "p.m:f"),
        ("p/m.py:f", "p.m:f"),
    ],
)
def test_malformed_references(tmp_path: Path, reference: str, suggestion: str | None) -> None:
    error = failure(tmp_path, reference)
    assert (error.code, error.suggestion) == ("invalid-reference", suggestion)


def test_a_missing_module_suggests_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "src" / "assistant").mkdir(parents=True)
    (tmp_path / "src" / "assistant" / "answers.py").write_text("def f(): pass")
    (tmp_path / ".venv" / "assistant").mkdir(parents=True)
    (tmp_path / ".venv" / "assistant" / "answer.py").write_text("")
    error = failure(tmp_path, "assistant.anwsers:f")
    assert error.code == "module-not-found"
    assert error.suggestions == ("assistant.answers:f",)


@pytest.mark.parametrize("reference", ["json:loads", "numpy:mean", "sys:exit", "p:f"])
def test_modules_that_are_not_the_projects(tmp_path: Path, reference: str) -> None:
    (tmp_path / "p").mkdir()
    assert failure(tmp_path, reference).code == "module-not-found"


def test_a_missing_name_suggests_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def capital_of(): pass\nclass A:\n    def method(self): pass\n")
    error = failure(tmp_path, "m:capital_off")
    assert (error.code, error.suggestions) == ("attribute-not-found", ("m:capital_of",))
    error = failure(tmp_path, "m:A.metod")
    assert (error.code, error.suggestions) == ("attribute-not-found", ("m:A.method",))


@pytest.mark.parametrize("value", ["1", "'text'", "{}", "[f]", "f'{1}'", "(1, 2)"])
def test_data_is_not_callable(tmp_path: Path, value: str) -> None:
    (tmp_path / "m.py").write_text(f"\nx = {value}\n")
    error = failure(tmp_path, "m:x")
    assert (error.code, error.file) == ("callable-signature", ("m.py", 2, 1))


def test_a_property_is_not_callable(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("class A:\n    @property\n    def x(self): pass\n")
    assert failure(tmp_path, "m:A.x").code == "callable-signature"


def test_a_name_that_may_come_from_elsewhere_is_taken(take: Taking) -> None:
    assert take("m:f", m="from numpy import *").signature is None
    assert take("m:f", m="def __getattr__(name): pass").definitions == ("m:*",)
    assert take("m:A.inherited", m="from x import B\nclass A(B): pass").signature is None


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        (b"def f(:\n    pass\n", 1, 7),
        (b"x = 1\n  y = 2\n", 2, None),
        (b"# -*- coding: no-such-code -*-\n", None, None),
        (b"x = '\xff'\n", None, None),
        (b"x = 1\0\n", None, None),
        (b"(" * 5000 + b")" * 5000, None, None),
        (b"-" * 200_000 + b"1", None, None),
        (b"x" + b".x" * 100_000, None, None),
        (b"x = " + b"9" * 10_000, None, None),
        (b"#" * (MAX_SOURCE + 1), None, None),
    ],
    ids=["syntax", "indentation", "cookie", "bytes", "null", "brackets", "signs", "dots", "digits", "size"],
)
def test_unreadable_modules(tmp_path: Path, source: bytes, line: int | None, column: int | None) -> None:
    (tmp_path / "m.py").write_bytes(source)
    error = failure(tmp_path, "m:f")
    assert error.code == "module-syntax-error"
    assert error.file is not None
    assert error.file[0] == "m.py"
    assert line is None or error.file[1] == line
    assert column is None or error.file[2] == column


def test_deep_but_valid_code_is_read(take: Taking) -> None:
    assert take("m:f", m="def f(): return " + "+".join(["'a'"] * 2000)).definitions == ("m:f",)


def test_encodings_are_respected(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_bytes("def f(): return 'é'".encode())
    plain = CodeBase(tmp_path, {}).fingerprint("m:f").digest
    for cookie, encoding in (("latin-1", "latin-1"), ("utf-8", "utf-8-sig")):
        (tmp_path / "m.py").write_bytes(f"# coding: {cookie}\ndef f(): return 'é'".encode(encoding))
        assert CodeBase(tmp_path, {}).fingerprint("m:f").digest == plain


def test_a_module_that_is_a_folder_or_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "m.py").mkdir()
    (tmp_path / "n.py").symlink_to(tmp_path / "n.py")
    assert failure(tmp_path, "m:f").code == "module-not-found"
    assert failure(tmp_path, "n:f").code == "module-not-found"


def test_a_module_behind_a_link_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("def f(): pass")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "m.py").symlink_to(tmp_path / "outside.py")
    assert failure(tmp_path / "inside", "m:f").code == "path-outside-root"


def described(found: CodeFingerprint) -> str | None:
    if found.signature is None:
        return None
    marks = {"positional_only": "/{}", "var_positional": "*{}", "keyword_only": "={}", "var_keyword": "**{}"}
    params = [
        marks.get(param.kind, "{}").format(param.name) + ("?" if param.has_default else "")
        for param in found.signature.params
    ]
    flags = [name for name in ("is_async", "is_generator", "is_class") if getattr(found.signature, name)]
    return " ".join(params + flags)


@pytest.mark.parametrize(
    ("reference", "source", "expected"),
    [
        ("m:f", "def f(): pass", ""),
        ("m:f", "def f(a, /, b, c=1, *d, e, f=2, **g): pass", "/a b c? *d =e =f? **g"),
        ("m:f", "async def f(a): pass", "a is_async"),
        ("m:f", "def f(a): yield a", "a is_generator"),
        ("m:f", "async def f(a): yield a", "a is_async is_generator"),
        ("m:f", "def f(a):\n    def g(): yield a\n    return g", "a"),
        ("m:f", "f = lambda a, *b: a", "a *b"),
        ("m:f", "def g(a): pass\nf = g", "a"),
        ("m:f", "from functools import partial\ndef g(a): pass\nf = partial(g, 1)", None),
        ("m:f", "from langfuse import observe\n@observe(name='x')\ndef f(a): pass", "a"),
        ("m:f", "import functools\n@functools.cache\ndef f(a): pass", "a"),
        ("m:f", "from contextlib import contextmanager\n@contextmanager\ndef f(a): yield", None),
        ("m:f", "from x import f", None),
        ("m:f", "class A:\n    def __call__(self, a): pass\nf = A()", "a"),
        ("m:A", "class A:\n    def __init__(self, a, b=1): pass", "a b? is_class"),
        ("m:A", "class A: pass", "is_class"),
        ("m:A", "class A(B): pass", None),
        ("m:A", "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int", None),
        ("m:A.f", "class A:\n    def f(self, a): pass", "self a"),
        ("m:A.f", "class A:\n    @staticmethod\n    def f(a): pass", "a"),
        ("m:A.f", "class A:\n    @classmethod\n    def f(cls, a): pass", "a"),
        ("m:A.B.f", "class A:\n    class B:\n        def f(self): pass", "self"),
        (
            "m:f",
            "from typing import overload\n@overload\ndef f(a: int): ...\ndef f(a, b=1): pass",
            "a b?",
        ),
    ],
)
def test_signatures(take: Taking, reference: str, source: str, expected: str | None) -> None:
    assert described(take(reference, m=source)) == expected


def test_the_definition_is_found_behind_re_exports(take: Taking) -> None:
    found = take("p:f", p__init="from .a import *", p__a="from .b import g as f", p__b="\n\ndef g(x): pass")
    assert found.location == ("p/b.py", 3, 1)
    assert described(found) == "x"
    assert found.definitions == ("p.b:g",)


def test_any_keyword(take: Taking) -> None:
    signature = take("m:f", m="def f(*, item, **kwargs): pass").signature
    assert signature is not None
    assert signature.takes_any_keyword


def test_what_is_stored_in_a_plan_does_not_change_with_comments(take: Taking, tmp_path: Path) -> None:
    source = "import importlib\ndef f(a):\n    return importlib.import_module(a)\n"
    before, after = take("m:f", m=source).to_json(), take("m:f", m="# a comment\n" + source).to_json()
    assert before == after
    read = CodeFingerprint.from_json(json.loads(json.dumps(before)))
    assert read.to_json() == before
    assert (read.reference, read.location) == ("m:f", ("m.py", 0, 0))
    assert described(read) == "a"
    assert read.unfollowed[0].module == "m"


def test_list_callables(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "from x import y\nA = 1\ndef f(): pass\nclass B: pass\nif A:\n    def g(): pass\n"
    )
    base = CodeBase(tmp_path, {})
    assert base.list_callables("m") == ("f", "B", "g")
    assert base.list_callables("nowhere") == ()


def test_files_and_variables_count(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def f(): pass")
    (tmp_path / "prompt.txt").write_text("one")

    def take(environ: dict[str, str]) -> CodeFingerprint:
        return fingerprint_code("m:f", root=tmp_path, files=["*.txt"], env=["REGION"], environ=environ)

    first = take({"REGION": "eu", "OTHER": "1"})
    assert take({"REGION": "eu"}).digest == first.digest
    assert take({"REGION": "us"}).digest != first.digest
    assert take({}).env == {"REGION": "unset"}
    assert take({}).digest != take({"REGION": "unset"}).digest
    (tmp_path / "prompt.txt").write_text("two")
    assert take({"REGION": "eu"}).digest != first.digest
    assert first.patterns == ("*.txt",)
    assert list(first.files) == ["prompt.txt"]
    plain = CodeBase(tmp_path, {}).fingerprint("m:f")
    assert plain.digest != first.digest
