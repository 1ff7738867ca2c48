"""What a change of the source does to the digest of a callable."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from evalspec.fingerprint.code import CodeBase, CodeFingerprint

Taking = Callable[..., CodeFingerprint]

# Each case: the modules, and one replacement in them that must (or must not) change the digest of `m:f`.
Case = tuple[dict[str, str], str, str]


def digests(take: Taking, modules: dict[str, str], old: str, new: str) -> tuple[str, str]:
    assert any(old in text for text in modules.values()), "the case replaces nothing"
    before = take("m:f", **modules).digest
    changed = {name: text.replace(old, new) for name, text in modules.items()}
    return before, take("m:f", **changed).digest


COUNTS: dict[str, Case] = {
    "its body": ({"m": "def f(): return 1"}, "1", "2"),
    "its docstring": ({"m": 'def f():\n    """One."""'}, "One", "Two"),
    "a default": ({"m": "def f(a=1): return a"}, "a=1", "a=2"),
    "async": ({"m": "def f(): pass"}, "def", "async def"),
    "a decorator's argument": ({"m": "from x import d\n@d(1)\ndef f(): pass"}, "d(1)", "d(2)"),
    "a helper": ({"m": "def g(): return 1\ndef f(): return g()"}, "return 1", "return 2"),
    "a helper's helper": (
        {"m": "def h(): return 1\ndef g(): return h()\ndef f(): return g()"},
        "return 1",
        "return 2",
    ),
    "a constant": ({"m": "A = 1\ndef f(): return A"}, "A = 1", "A = 2"),
    "a tuple of constants": ({"m": "A, B = 1, 2\ndef f(): return B"}, "1, 2", "1, 3"),
    "an annotated constant": ({"m": "A: int = 1\ndef f(): return A"}, "= 1", "= 2"),
    "a type of a constant": ({"m": "A: int = 1\ndef f(): return A"}, "int", "float"),
    "a constant behind a constant": ({"m": "A = 1\nB = [A]\ndef f(): return B"}, "A = 1", "A = 2"),
    "augmented assignment": ({"m": "A = 1\nA += 1\ndef f(): return A"}, "+= 1", "+= 2"),
    "an item that is set": ({"m": "A = {}\nA['x'] = 1\ndef f(): return A"}, "= 1", "= 2"),
    "an item that is deleted": ({"m": "A = {1: 1, 2: 2}\ndel A[1]\ndef f(): return A"}, "A[1]", "A[2]"),
    "an attribute that is set": ({"m": "class A: pass\nA.x = 1\ndef f(): return A.x"}, "= 1", "= 2"),
    "a method that changes it": ({"m": "A = {}\nA.update(x=1)\ndef f(): return A"}, "x=1", "x=2"),
    "any method called on it": ({"m": "A = make()\nA.load('x')\ndef f(): return A"}, "'x'", "'y'"),
    "a change within an assignment": ({"m": "A = [1]\nB = A.pop(0)\ndef f(): return A"}, "pop(0)", "pop(-1)"),
    "a change in a loop": ({"m": "A = []\nfor i in range(3):\n    A.append(i)\ndef f(): return A"}, "3", "4"),
    "a call whose result is dropped": (
        {"m": "import random\nrandom.seed(1)\ndef f(): return 1"},
        "seed(1)",
        "seed(2)",
    ),
    "a called set-up function": (
        {"m": "A = 1\ndef setup():\n    global A\n    A = 2\nsetup()\ndef f(): return A"},
        "A = 2",
        "A = 3",
    ),
    "a set-up function in an assignment": (
        {"m": "A = {}\ndef setup():\n    A['x'] = 2\n    return 1\nB = setup()\ndef f(): return A"},
        "= 2",
        "= 3",
    ),
    "an annotation": ({"m": "def f(a: int): pass"}, "int", "str"),
    "a class in an annotation": (
        {"m": "class T:\n    x: int = 1\ndef f(a: T): pass"},
        "x: int = 1",
        "x: int = 2",
    ),
    "a class in a quoted annotation": ({"m": "class T: x = 1\ndef f(a: 'list[T]'): pass"}, "x = 1", "x = 2"),
    "a return annotation": ({"m": "class T: x = 1\ndef f() -> T: pass"}, "x = 1", "x = 2"),
    "a class": ({"m": "class A:\n    def g(self): return 1\ndef f(): return A()"}, "return 1", "return 2"),
    "a base class": ({"m": "class B: x = 1\nclass A(B): pass\ndef f(): return A()"}, "x = 1", "x = 2"),
    "a metaclass": (
        {"m": "class M(type): x = 1\nclass A(metaclass=M): pass\ndef f(): return A()"},
        "x = 1",
        "x = 2",
    ),
    "a function a class body uses": (
        {"m": "def g(): return 1\nclass A:\n    x = g()\ndef f(): return A"},
        "return 1",
        "return 2",
    ),
    "the first branch": ({"m": "if X:\n    A = 1\nelse:\n    A = 2\ndef f(): return A"}, "A = 1", "A = 3"),
    "the second branch": ({"m": "if X:\n    A = 1\nelse:\n    A = 2\ndef f(): return A"}, "A = 2", "A = 3"),
    "the condition": (
        {"m": "X = 1\nif X:\n    A = 1\nelse:\n    A = 2\ndef f(): return A"},
        "X = 1",
        "X = 0",
    ),
    "which branch": ({"m": "if X:\n    A = 1\ndef f(): return A"}, "if X", "if not X"),
    "a conditional function": (
        {"m": "if X:\n    def g(): return 1\ndef f(): return g()"},
        "return 1",
        "return 2",
    ),
    "a fallback of an import": (
        {"m": "try:\n    import np\nexcept ImportError:\n    np = 1\ndef f(): return np"},
        "np = 1",
        "np = 2",
    ),
    "a module in a fallback": (
        {
            "m": (
                "try:\n    import fast as g\nexcept ImportError:\n    from slow import g\ndef f(): return g()"
            ),
            "slow": "def g(): return 1",
        },
        "return 1",
        "return 2",
    ),
    "with at the module's level": (
        {"m": "with open('a') as h:\n    A = h.read()\ndef f(): return A"},
        "'a'",
        "'b'",
    ),
    "a match statement": (
        {"m": "match X:\n    case {'k': 1, **A}: pass\ndef f(): return A"},
        "'k': 1",
        "'k': 2",
    ),
    "from import": (
        {"m": "from n import g\ndef f(): return g()", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "from import as": (
        {"m": "from n import g as h\ndef f(): h()", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "what an import names": (
        {"m": "from n import g as h\ndef f(): h()", "n": "def g(): return 1\ndef k(): return 1"},
        "import g",
        "import k",
    ),
    "what an external import names": ({"m": "from numpy import mean as h\ndef f(): h()"}, "mean", "median"),
    "module.name": (
        {"m": "import n\ndef f(): return n.g()", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "package.module.name": (
        {"m": "import p.n\ndef f(): return p.n.g()", "p__init": "", "p__n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "import as": (
        {"m": "import p.n as z\ndef f(): z.g()", "p__init": "", "p__n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a module in a namespace package": (
        {"m": "from p.q import n\ndef f(): n.g()", "p__q__n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a namespace package by attribute": (
        {"m": "import p.q.n\ndef f(): p.q.n.g()", "p__q__n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a module that is handed around": (
        {"m": "import n\ndef f(): return run(n)", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "an import inside of the function": (
        {"m": "def f():\n    from n import g\n    return g()", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "an import inside that is not read": ({"m": "def f():\n    import n", "n": "A = 1"}, "A = 1", "A = 2"),
    "an import for what it does": ({"m": "import n\ndef f(): pass", "n": "A = 1"}, "A = 1", "A = 2"),
    "an import by a written name": (
        {"m": "import importlib\ndef f(): return importlib.import_module('n').g()", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a re-export": (
        {"m": "from p import g\ndef f(): g()", "p__init": "from .n import g", "p__n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a re-export by star": (
        {"m": "from p import g\ndef f(): g()", "p__init": "from .n import *", "p__n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a star import": (
        {"m": "from n import *\ndef f(): return g()", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "a cycle of imports": (
        {"m": "import n\nA = 1\ndef f(): return n.g()", "n": "import m\ndef g(): return m.A"},
        "A = 1",
        "A = 2",
    ),
    "a module's __getattr__": (
        {"m": "import n\ndef f(): n.anything", "n": "def __getattr__(name): return A\nA = 1"},
        "A = 1",
        "A = 2",
    ),
    "globals()": ({"m": "A = 1\ndef f(): return globals()['A']"}, "A = 1", "A = 2"),
    "exec": ({"m": "A = 1\ndef f(): exec('A')"}, "A = 1", "A = 2"),
    "__doc__": ({"m": '"""One."""\ndef f(): return __doc__'}, "One", "Two"),
    "a future": (
        {"m": "from __future__ import annotations\ndef f(): pass"},
        "from __future__ import annotations",
        "",
    ),
    "a lambda": ({"m": "g = lambda: 1\ndef f(): return g()"}, ": 1", ": 2"),
    "an alias": ({"m": "def g(): return 1\nf = g"}, "return 1", "return 2"),
    "what makes it": (
        {"m": "def make(n):\n    def inner(): return 1\n    return inner\nf = make(1)"},
        "return 1",
        "return 2",
    ),
    "a registered function": (
        {
            "m": (
                "R = {}\ndef add(g):\n    R[g.__name__] = g\n"
                "    return g\n@add\ndef g(): return 1\ndef f(): return R['g']()"
            ),
        },
        "return 1",
        "return 2",
    ),
    "a function registered by a method": (
        {
            "m": (
                "from reg import Registry\nR = Registry()\n"
                "@R.add\ndef g(): return 1\ndef f(): return R.get('g')"
            ),
        },
        "return 1",
        "return 2",
    ),
    "a subclass that registers itself": (
        {
            "m": (
                "class B:\n    all = []\n"
                "    def __init_subclass__(cls): B.all.append(cls)\nclass C(B): x = 1\ndef f(): return B.all"
            ),
        },
        "x = 1",
        "x = 2",
    ),
    "a patch of another module": (
        {"m": "import n\nn.A = 1\ndef f(): return n.g()", "n": "A = 0\ndef g(): return A"},
        "A = 1",
        "A = 2",
    ),
    "a walrus": ({"m": "if (A := 1):\n    pass\ndef f(): return A"}, "A := 1", "A := 2"),
    "a global that a comprehension's variable hides elsewhere": (
        {"m": "A = {1: 1}\ndef f():\n    x = [A for A in ()]\n    return A[1]"},
        "1: 1",
        "1: 2",
    ),
    "a name read in a nested function": (
        {"m": "A = 1\ndef f():\n    def g(): return A\n    return g()"},
        "A = 1",
        "A = 2",
    ),
    "a name that a class body binds, too": (
        {"m": "A = 1\ndef f():\n    class C:\n        A = A\n    return C"},
        "A = 1\n",
        "A = 2\n",
    ),
    "a module's condition for a call": ({"m": "import x\nif A:\n    x.go()\ndef f(): pass"}, "if A", "if B"),
}

DOES_NOT_COUNT: dict[str, Case] = {
    "a comment": ({"m": "def f(): return 1  # one"}, "# one", "# two"),
    "layout": ({"m": "def f(): return (1 + 2)"}, "(1 + 2)", "(\n    1\n    + 2\n)"),
    "how a string is quoted": ({"m": "def f(): return 'a'"}, "'a'", '"a"'),
    "how a number is written": ({"m": "def f(): return 255"}, "255", "0xff"),
    "another function": ({"m": "def f(): return 1\ndef g(): return 2"}, "return 2", "return 3"),
    "another function with the same decorator": (
        {"m": "from langfuse import observe\n@observe()\ndef f(): pass\n@observe()\ndef g(): return 2"},
        "return 2",
        "return 3",
    ),
    "another function with a project's decorator": (
        {
            "m": (
                "def deco(g):\n    def inner(): return g()\n    return inner\n"
                "@deco\ndef f(): pass\n@deco\ndef g(): return 2"
            ),
        },
        "return 2",
        "return 3",
    ),
    "another function that is registered": (
        {"m": "R = {}\nR.update(g=1)\ndef f(): pass\nR.setdefault('g', 2)"},
        "'g', 2",
        "'g', 3",
    ),
    "the order of functions": (
        {"m": "def a(): return 1\ndef b(): return 2\ndef f(): return a() + b()"},
        "def a(): return 1\ndef b(): return 2",
        "def b(): return 2\ndef a(): return 1",
    ),
    "another constant": ({"m": "A = 1\nB = 2\ndef f(): return A"}, "B = 2", "B = 3"),
    "the module's docstring": ({"m": '"""One."""\ndef f(): pass'}, "One", "Two"),
    "what a local name hides": ({"m": "A = 1\ndef f():\n    A = 2\n    return A"}, "A = 1", "A = 3"),
    "what a parameter hides": ({"m": "A = 1\ndef f(A): return A"}, "A = 1", "A = 3"),
    "what a comprehension's variable hides": (
        {"m": "A = 1\ndef f(): return [A for A in ()]"},
        "A = 1",
        "A = 3",
    ),
    "the rest of an imported module": (
        {"m": "from n import g\ndef f(): g()", "n": "def g(): pass\ndef h(): return 1"},
        "return 1",
        "return 2",
    ),
    "the rest of a module that is used by attribute": (
        {"m": "import n\ndef f(): n.g()", "n": "def g(): pass\ndef h(): return 1"},
        "return 1",
        "return 2",
    ),
    "the package's __init__": (
        {"m": "from p.n import g\ndef f(): g()", "p__init": "A = 1", "p__n": "def g(): pass"},
        "A = 1",
        "A = 2",
    ),
    "an import of a function that nobody reads": (
        {"m": "from n import g\ndef f(): pass", "n": "def g(): return 1"},
        "return 1",
        "return 2",
    ),
    "what runs as a script": (
        {"m": "def f(): pass\nif __name__ == '__main__':\n    print(1)"},
        "print(1)",
        "print(2)",
    ),
    "what stands for type checkers and is not used": (
        {
            "m": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import n\ndef f(): pass",
            "n": "A = 1",
        },
        "A = 1",
        "A = 2",
    ),
    "relative or absolute": (
        {
            "m": "from p.n import g\ndef f(): g()",
            "p__n": "from .k import h\ndef g(): h()",
            "p__k": "def h(): pass",
        },
        "from .k",
        "from p.k",
    ),
    "a string in Literal": ({"m": "def g(): return 1\ndef f(a: Literal['g']): pass"}, "return 1", "return 2"),
}


@pytest.mark.parametrize("case", COUNTS.values(), ids=COUNTS.keys())
def test_counts(take: Taking, case: Case) -> None:
    before, after = digests(take, *case)
    assert before != after


@pytest.mark.parametrize("case", DOES_NOT_COUNT.values(), ids=DOES_NOT_COUNT.keys())
def test_does_not_count(take: Taking, case: Case) -> None:
    before, after = digests(take, *case)
    assert before == after


def test_a_task_and_an_evaluator_in_one_file_do_not_contaminate_each_other(take: Taking) -> None:
    source = """
        import json
        from langfuse import observe

        CAPITALS = {"France": "Paris"}
        WORDS = {"yes", "no"}

        @observe()
        def task(*, item):
            return CAPITALS.get(item["input"])

        @observe()
        def evaluator(*, output, **kwargs):
            return output in WORDS
        """
    task, evaluator = take("m:task", m=source), take("m:evaluator", m=source)
    assert task.definitions == ("m:CAPITALS", "m:task")
    assert evaluator.definitions == ("m:WORDS", "m:evaluator")
    changed = source.replace('"no"', '"maybe"')
    assert take("m:task", m=changed).digest == task.digest
    assert take("m:evaluator", m=changed).digest != evaluator.digest


def test_a_method_stands_for_its_whole_class(take: Taking) -> None:
    source = "class A:\n    x = 1\n    def g(self): pass\n    class B:\n        def h(self): pass\n"
    assert take("m:A.g", m=source).definitions == ("m:A",)
    assert take("m:A.B.h", m=source).definitions == ("m:A",)
    assert take("m:A.g", m=source).digest != take("m:A.g", m=source.replace("x = 1", "x = 2")).digest


def test_two_references_have_two_digests(take: Taking) -> None:
    source = "class A:\n    def g(self): pass\n    def h(self): pass\n"
    assert take("m:A.g", m=source).digest != take("m:A.h", m=source).digest


def test_whole_modules_are_listed_with_a_star(take: Taking) -> None:
    found = take("m:f", m="import n\ndef f(): return run(n)", n="A = 1\ndef g(): pass")
    assert found.definitions == ("m:f", "n:*")


def test_externals_are_named_and_the_standard_library_is_not(take: Taking) -> None:
    found = take(
        "m:f",
        m=(
            "import json, numpy.linalg as la\nfrom n import g\n"
            "import unused_here.x\ndef f(): return la.norm(json, g)"
        ),
        n="import langfuse\nfrom pandas import *\ndef g(): return langfuse.observe, DataFrame",
    )
    assert found.externals == ("langfuse", "numpy", "pandas")


@pytest.mark.parametrize(
    ("modules", "module", "line", "reason"),
    [
        ({"m": "import importlib\ndef f(n): importlib.import_module(n)"}, "m", 2, "only known at run time"),
        (
            {"m": "from importlib import import_module as i\ndef f(n):\n    i(n)"},
            "m",
            3,
            "only known at run time",
        ),
        ({"m": "def f(n): return __import__(n)"}, "m", 1, "only known at run time"),
        ({"m": "import sys\ndef f(n): return sys.modules[n]"}, "m", 2, "sys.modules"),
        ({"m": "import runpy\ndef f(n): return runpy.run_path(n)"}, "m", 2, "runpy.run_path"),
        ({"m": "def f(n):\n    exec(n)"}, "m", 2, "`exec`"),
        ({"m": "def f(n):\n    return eval(n)"}, "m", 2, "`eval`"),
        ({"m": "from numpy import *\ndef f(): return mean([1])"}, "m", 2, "from numpy import *"),
        ({"m": "from p import q\ndef f(): return q()", "p__init": ""}, "m", 1, "does not define `q`"),
        ({"m": "import p.q\ndef f(): return p.q.r()", "p__init": ""}, "m", 1, "does not define `q`"),
        ({"m": "from p.q import r\ndef f(): return r()", "p__init": ""}, "m", 1, "no module `p.q`"),
        ({"m": "from .. import r\ndef f(): return r()"}, "m", 1, "out of its package"),
        ({"m": "from n import g\ndef f(): return g()", "n": "def g(:"}, "m", 1, "not valid Python"),
        (
            {"m": "from n import g\ndef f(): g()", "n": "from o import g", "o": "1 1"},
            "n",
            1,
            "not valid Python",
        ),
    ],
)
def test_what_cannot_be_followed_is_listed(
    take: Taking, modules: dict[str, str], module: str, line: int, reason: str
) -> None:
    found = take("m:f", **modules)
    assert [(entry.module, entry.line) for entry in found.unfollowed] == [(module, line)]
    assert reason in found.unfollowed[0].reason


def test_two_imports_at_run_time_are_two_entries(take: Taking) -> None:
    source = "import importlib\ndef f(n):\n    importlib.import_module(n)\n    importlib.import_module(n.x)\n"
    assert [entry.line for entry in take("m:f", m=source).unfollowed] == [3, 4]


def test_two_imports_by_written_names_are_both_followed(take: Taking) -> None:
    source = "from importlib import import_module\ndef f():\n    import_module('a')\n    import_module('b')\n"
    assert take("m:f", m=source, a="A = 1", b="B = 1").definitions == ("a:*", "b:*", "m:f")


def test_a_compiled_extension_is_listed(take: Taking, tmp_path: Path) -> None:
    (tmp_path / "fast.so").write_bytes(b"\x7fELF")
    found = take("m:f", m="import fast\ndef f(): return fast.g()")
    assert [entry.reason for entry in found.unfollowed] == ["`fast` is a compiled extension"]


def test_a_module_behind_a_link_out_of_the_project_is_listed(take: Taking, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.py").write_text("def g(): pass")
    (inside / "n.py").symlink_to(tmp_path / "outside.py")
    (inside / "m.py").write_text("from n import g\ndef f(): g()")
    found = CodeBase(inside, {}).fingerprint("m:f")
    assert "out of the project" in found.unfollowed[0].reason


def test_src_is_searched_and_the_root_comes_first(tmp_path: Path) -> None:
    for folder, value in (("src/p", 1), ("q", 2), ("src/q", 3)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__init__.py").write_text(f"def f(): return {value}")
    base = CodeBase(tmp_path, {})
    assert base.fingerprint("p:f").location == ("src/p/__init__.py", 1, 1)
    assert base.fingerprint("q:f").location == ("q/__init__.py", 1, 1)


def test_the_search_path_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "m.py").write_text("def f(): pass")
    found = CodeBase(tmp_path, {}, search_path=("specs", ".")).fingerprint("m:f")
    assert found.location == ("specs/m.py", 1, 1)


def test_nothing_is_imported(tmp_path: Path, take: Taking) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    take(
        "p.m:f",
        p__init=trap,
        p__m=trap + "from . import n\ndef f(): return n.g()",
        p__n=trap + "def g(): pass",
    )
    assert not (tmp_path / "ran").exists()


def test_hostile_shapes_are_followed_without_recursion(take: Taking) -> None:
    chain = "\n".join(f"def g{i}(): return g{i + 1}()" for i in range(3000))
    found = take("m:f", m=f"def f(): return g0()\n{chain}\ndef g3000(): return {'+'.join(['1'] * 900)}")
    assert len(found.definitions) == 3002


def test_the_golden_digest(take: Taking) -> None:
    """Fails on a Python whose syntax trees are written otherwise, and when the form changes by accident."""
    source = '''
        """A module."""
        from typing import TYPE_CHECKING
        from . import texts
        if TYPE_CHECKING:
            from .texts import Text
        LIMITS: dict[str, float] = {"a": 1e3, **{}}
        LIMITS["b"] = -0.5
        class Base:
            """Of it."""
            x = y = 0xFF
        @texts.decorate("é\\ud800", b"\\x00", ..., 1j)
        async def f(a, /, b: "Text" = None, *c, d=True, **e) -> str | None:
            """Docstring."""
            async with a as g, b:
                async for h in c:
                    yield f"{a!r:>{b}}{{}}" f"{d=}" "tail"
            try:
                del LIMITS[a:b, ::2]
            except* (ValueError, KeyError) as error:
                raise RuntimeError from error
            match a:
                case {"k": [1, *_], **rest} | Base(x=None) as whole if whole:
                    return lambda q, *, r=1: (q := [s for s in rest if s]) and {*q, not r}
        '''
    found = take("p.m:f", p__m=source, p__texts="class Text: pass\ndef decorate(*a): return a")
    assert found.definitions == ("p.m:Base", "p.m:LIMITS", "p.m:f", "p.texts:Text", "p.texts:decorate")
    assert found.digest == "sha256:edf999466e02e600f9f5454df6c2d86b3eae659a3aa9710b0af62f1db68cf57a"


def test_a_code_base_reads_each_module_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.py").write_text("\n".join(f"def f{i}(): return {i}" for i in range(20)))
    opened: list[str] = []
    plain_open = Path.open

    def counting_open(self: Path, *arguments: object, **options: object) -> object:
        opened.append(self.name)
        return plain_open(self, *arguments, **options)  # type: ignore[call-overload]  # passed through

    monkeypatch.setattr(Path, "open", counting_open)
    base = CodeBase(tmp_path, {})
    assert len({base.fingerprint(f"m:f{i}").digest for i in range(20)}) == 20
    assert opened == ["m.py"]


def test_dedent_is_no_part_of_the_cases() -> None:
    assert all(dedent(text) == text for modules, _, _ in COUNTS.values() for text in modules.values())
