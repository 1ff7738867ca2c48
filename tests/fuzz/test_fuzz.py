"""Whatever a spec holds: a check ends, says what is wrong in diagnostics that point into the file, and never
fails itself.

EVALSPEC_FUZZ_EXAMPLES asks for more examples than the suite has time for.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalspec.api.compiling import compile_with_diagnostics
from evalspec.diagnostics import CATALOGUE, Diagnostic, Severity, Span
from evalspec.diagnostics.render import RENDERERS
from evalspec.plan.document import dump_plan, load_plan
from evalspec.source import source_texts
from tests.compiler.generating import specs
from tests.compiler.project import checked, compiled, write_project
from tests.fuzz.mutating import BASES, CUTS, MUTATIONS, WRITERS, cut_up, mutated

EXAMPLES = int(os.environ.get("EVALSPEC_FUZZ_EXAMPLES", "0"))
SYNTAXES = st.sampled_from(sorted(WRITERS))
SEEDS = st.integers(0, 2**16)
TREES = st.sampled_from(BASES)


def bounded(examples: int) -> settings:
    return settings(max_examples=EXAMPLES or examples, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        root = write_project(Path(folder).resolve())
        (root / "data/table.csv").write_text("text,answer\nlate?,refund\nworn?,no refund\n")
        yield root


def look(project: Path, text: bytes, syntax: str) -> tuple[Diagnostic, ...]:
    """Check a text, and look at everything that is said about it."""
    spec = project / f"fuzz.evalspec.{syntax}"
    spec.write_bytes(text)
    found = checked(spec)
    sources = source_texts(found)
    # Excerpts of binary files are not shown, and places in them are places all the same.
    texts = sources | {str(spec): text.decode("utf-8", "replace").removeprefix("\ufeff")}
    for item in found:
        assert item.code in CATALOGUE
        assert item.message
        assert len(item.message) < 700
        for span in (item.span, *(place.span for place in item.related)):
            if span is not None:
                assert is_inside(span, texts[span.path]), (item, span)
        for edit in () if item.fix is None else item.fix.edits:
            assert is_inside(edit.span, texts[edit.span.path])
    for name, render in RENDERERS.items():
        page = render(found, sources)
        page.encode("utf-8")
        if name in ("json", "sarif"):
            json.loads(page)
    return found


def is_inside(span: Span, text: str) -> bool:
    """Whether a span begins and ends within its file, or just behind the end of a line."""
    lines = text.split("\n")
    return span.start <= span.end and all(
        1 <= place.line <= len(lines) and 1 <= place.column <= len(lines[place.line - 1]) + 2
        for place in (span.start, span.end)
    )


def has_errors(found: tuple[Diagnostic, ...]) -> bool:
    return any(item.severity is Severity.ERROR for item in found)


@bounded(350)
@given(TREES, MUTATIONS, SYNTAXES, SEEDS)
def test_mutated_trees(
    project: Path, tree: dict[str, Any], mutations: list[Any], syntax: str, seed: int
) -> None:
    text = WRITERS[syntax](mutated(tree, mutations), seed)
    found = look(project, text, syntax)
    if "langfuse" in str(tree["dataset"].get("type")):
        return
    plan, said = compile_with_diagnostics(project / f"fuzz.evalspec.{syntax}", environ={})
    codes = {item.code for item in said} - {"langfuse-not-configured"}
    assert codes == {item.code for item in found}
    assert (plan is None) == has_errors(said)
    if plan is not None:
        assert load_plan(dump_plan(plan)) == plan


@bounded(250)
@given(TREES, CUTS, SYNTAXES, SEEDS)
def test_mutated_text(project: Path, tree: dict[str, Any], cuts: Any, syntax: str, seed: int) -> None:
    look(project, cut_up(WRITERS[syntax](tree, seed), cuts), syntax)


@bounded(40)
@given(st.binary(max_size=200), SYNTAXES)
def test_anything(project: Path, text: bytes, syntax: str) -> None:
    look(project, text, syntax)


@bounded(40)
@given(specs(), MUTATIONS, SYNTAXES, SEEDS)
def test_mutated_specs_of_every_shape(
    project: Path, tree: dict[str, Any], mutations: list[Any], syntax: str, seed: int
) -> None:
    look(project, WRITERS[syntax](mutated(tree, mutations), seed), syntax)


@pytest.mark.parametrize("syntax", sorted(WRITERS))
@pytest.mark.parametrize("index", range(len(BASES) - 1))
def test_what_is_mutated_is_valid(project: Path, index: int, syntax: str) -> None:
    spec = project / f"base.evalspec.{syntax}"
    spec.write_bytes(WRITERS[syntax](BASES[index], 1))
    found = checked(spec)
    assert {item.severity for item in found} <= {Severity.WARNING}, found
    compiled(spec)
