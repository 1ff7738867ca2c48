"""Checking and compiling specs, loading and saving plans."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evalspec.api.workspace import PathLike, Workspace
from evalspec.compiler.compile import check_document, compile_document
from evalspec.compiler.context import Surroundings
from evalspec.datasets.base import HostedDatasets
from evalspec.diagnostics import Diagnostic, Severity, SpecError, UsageError
from evalspec.plan.document import dump_plan
from evalspec.plan.document import load_plan as _load_plan
from evalspec.plan.model import Plan
from evalspec.source.load import load_document

SPEC_SUFFIXES = (".evalspec.toml", ".evalspec.json")
"""How the names of specs end; a folder is searched for these."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the diagnostics in reading order, and the text of each file they point into."""

    files: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes may be there."""
        return not any(item.severity is Severity.ERROR for item in self.diagnostics)


def find_specs(paths: Iterable[PathLike]) -> list[Path]:
    """The specs among files and folders; a folder stands for all specs below it. UsageError where there is
    none.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        if not path.is_dir():
            found[path] = None
            continue
        below = sorted(
            file
            for suffix in SPEC_SUFFIXES
            for file in path.rglob(f"*{suffix}")
            if not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
        if not below:
            raise UsageError(f"there is no *{SPEC_SUFFIXES[0]} or *{SPEC_SUFFIXES[1]} below {path}")
        found.update(dict.fromkeys(below))
    return list(found)


def check(
    *paths: PathLike, root: PathLike | None = None, environ: Mapping[str, str] | None = None
) -> Checked:
    """Find everything wrong with specs, without running any code or opening any connection.

    Args:
        paths: spec files, or folders that stand for all specs below them.
        root: the project root; by default the nearest ancestor of each spec with a marker of one.
        environ: environment variables that specs name; by default those of this process.
    """
    files: list[str] = []
    diagnostics: list[Diagnostic] = []
    for path in find_specs(paths):
        shown = display(path)
        files.append(shown)
        document, faults = load_document(path, display=shown)
        diagnostics += faults
        if document is not None:
            around = _surroundings(path, root, None, environ, None, False)
            diagnostics += check_document(document, around, faults)
    return Checked(tuple(files), tuple(diagnostics))


def compile_with_diagnostics(
    path: PathLike,
    *,
    offline: bool = False,
    root: PathLike | None = None,
    store: PathLike | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """The plan of a spec and everything there is to say about it; no plan when something is wrong."""
    from evalspec.api.ports import hosted_datasets

    file = Path(path)
    document, faults = load_document(file, display=display(file))
    if document is None:
        return None, faults
    workspace = Workspace.at(file, root=root, store=store, environ=environ)
    hosted = None if offline else hosted_datasets(workspace.environ)
    around = _surroundings(file, root, store, environ, hosted, offline)
    compiled = compile_document(document, around, faults)
    return compiled.plan, (*faults, *compiled.diagnostics)


def compile(  # noqa: A001 - the word of the trade, and used as `evalspec.compile`
    path: PathLike,
    *,
    offline: bool = False,
    root: PathLike | None = None,
    store: PathLike | None = None,
    environ: Mapping[str, str] | None = None,
) -> Plan:
    """Compile a spec to a plan in which nothing is left open.

    Args:
        path: the spec file, TOML or JSON.
        offline: open no connection; what only a server knows is then an error.
        root: the project root; by default the nearest ancestor of the spec with a marker of one.
        store: the folder of run records, which a spec may name; by default `.evalspec` in the root.
        environ: environment variables; by default those of this process.

    Raises:
        SpecError: the spec has mistakes; `diagnostics` holds all of them.
        ServiceUnreachable: a hosted dataset is needed and the server does not answer.
    """
    plan, diagnostics = compile_with_diagnostics(
        path, offline=offline, root=root, store=store, environ=environ
    )
    if plan is None:
        raise SpecError(item for item in diagnostics if item.severity is Severity.ERROR)
    return plan


def load_plan(path: PathLike) -> Plan:
    """The plan in a file. SpecError when it is none, or was changed after it was compiled."""
    file = Path(path)
    try:
        text = file.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SpecError([Diagnostic("not-readable", f"{display(file)}: {reason.lower()}")]) from None
    return _load_plan(text, path=display(file))


def save_plan(plan: Plan, path: PathLike) -> None:
    """Write a plan to a file; the same plan gives the same bytes everywhere."""
    Path(path).write_bytes(dump_plan(plan))


def display(path: Path) -> str:
    """A path as people see it: relative to the working directory where it lies below it, with forward
    slashes.
    """
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _surroundings(
    path: Path,
    root: PathLike | None,
    store: PathLike | None,
    environ: Mapping[str, str] | None,
    hosted: HostedDatasets | None,
    offline: bool,
) -> Surroundings:
    workspace = Workspace.at(path, root=root, store=store, environ=environ)
    spec = path.resolve()
    if not spec.is_relative_to(workspace.root):
        raise UsageError(f"{display(path)} is not below the project root {workspace.root}")
    return Surroundings(workspace.root, spec, workspace.store, workspace.environ, hosted, offline)


def load_source(path: PathLike, *, root: PathLike | None = None, store: PathLike | None = None) -> Plan:
    """The plan in a file, or of a spec: JSON with `evalspec_plan` is a plan, everything else is taken for a
    spec.
    """
    file = Path(path)
    if file.suffix == ".json" and file.is_file() and b'"evalspec_plan"' in file.read_bytes():
        return load_plan(file)
    return compile(file, root=root, store=store)
