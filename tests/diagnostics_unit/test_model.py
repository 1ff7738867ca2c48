import dataclasses
import re
import subprocess
import sys

import pytest

import evalspec.diagnostics as diagnostics
from evalspec.diagnostics import CATALOGUE, Diagnostic, Diagnostics, Severity, Span, SpecError
from evalspec.diagnostics.catalogue import AREAS


def test_a_code_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="'no-such-code' is not in the catalogue"):
        Diagnostic("no-such-code", "x")


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("toml-syntax", Severity.ERROR),
        ("unused-score", Severity.WARNING),
        ("code-not-followed", Severity.NOTE),
    ],
)
def test_the_severity_is_that_of_the_catalogue(code: str, severity: Severity) -> None:
    assert Diagnostic(code, "x").severity is severity


def test_a_severity_that_is_given_holds() -> None:
    given = Diagnostic("unused-score", "x", severity=Severity.ERROR)
    assert given.severity is Severity.ERROR
    assert dataclasses.replace(given, message="y").severity is Severity.ERROR


def test_each_code_is_listed_once_and_well_formed() -> None:
    listed = [info for area in AREAS.values() for info in area]
    assert len(listed) == len(CATALOGUE)
    for info in listed:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", info.code), info.code
        assert CATALOGUE[info.code] is info
        assert info.title, info.code
        assert not info.title.endswith("."), info.code
        assert info.explanation.endswith((".", '."')), info.code
        assert info.explanation.count(". ") <= 2, info.code


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATALOGUE["x"] = CATALOGUE["toml-syntax"]  # type: ignore[index]  # that is what must fail


def test_a_list_keeps_each_once_and_sorts_by_place() -> None:
    late = Diagnostic("toml-syntax", "late", span=Span.at("b", 9, 1))
    early = Diagnostic("unused-score", "early", span=Span.at("b", 1, 3))
    nowhere = Diagnostic("file-not-found", "nowhere")
    found = Diagnostics()
    found.extend([late, early, nowhere, late])
    assert len(found) == 3
    assert list(found) == [late, early, nowhere]
    assert found.sorted() == (nowhere, early, late)
    assert found.has_errors


def test_a_warning_stops_nothing() -> None:
    found = Diagnostics()
    found.add(Diagnostic("unused-score", "x"))
    assert not found.has_errors


def test_the_exception_says_the_first_and_counts_the_rest() -> None:
    one = Diagnostic("toml-syntax", "bad", span=Span.at("a.toml", 2, 3))
    assert str(SpecError([one])) == "a.toml:2:3: bad"
    assert str(SpecError([one, Diagnostic("empty-dataset", "no item")])) == "a.toml:2:3: bad (and 1 more)"
    assert str(SpecError([])) == "the spec does not compile"


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [
        ("EvalspecError", 70),
        ("SpecError", 2),
        ("UsageError", 2),
        ("WorldMovedError", 6),
        ("ServiceUnreachable", 5),
        ("ServiceRefused", 5),
        ("JournalError", 2),
    ],
)
def test_exceptions_know_their_exit_code(name: str, exit_code: int) -> None:
    kind = getattr(diagnostics, name)
    assert issubclass(kind, diagnostics.EvalspecError)
    assert kind.exit_code == exit_code


def test_everything_exported_is_there_and_light() -> None:
    assert all(hasattr(diagnostics, name) for name in diagnostics.__all__)
    program = (
        "import sys, evalspec.diagnostics\n"
        "assert not [m for m in sys.modules if m.startswith('evalspec.diagnostics.render')], sys.modules\n"
        "assert not {'json', 'unicodedata', 'importlib.metadata', 'rich'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-S", "-c", program], check=True)
