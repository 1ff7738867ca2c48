"""Checking and compiling specs."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evalspec.api.workspace import PathLike, Workspace, display
from evalspec.compiler.compile import check_document, compile_document
from evalspec.compiler.context import Surroundings
from evalspec.datasets.base import HostedDatasets
from evalspec.diagnostics import Diagnostic, Severity, SpecError, UsageError
from evalspec.plan.model import Plan
from evalspec.prompts.base import HostedPrompts
from evalspec.source.document import Document
from evalspec.source.load import load_document

SPEC_SUFFIXES = (".evalspec.toml", ".evalspec.json")
"""How the names of specs end; a folder is searched for these."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: which specs were looked at, and the diagnostics of each in reading order."""

    files: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes may be there."""
        return not any(item.severity is Severity.ERROR for item in self.diagnostics)


def find_specs(paths: Iterable[PathLike]) -> list[Path]:
    """The specs among files and folders; a folder stands for all specs below it, hidden folders left out.
    UsageError where there is none.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        if not path.is_dir():
            found[path] = None
            continue
        below = sorted(_specs_below(path))
        if not below:
            raise UsageError(f"there is no *{SPEC_SUFFIXES[0]} or *{SPEC_SUFFIXES[1]} below {path}")
        found.update(dict.fromkeys(below))
    return list(found)


def _specs_below(folder: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(SPEC_SUFFIXES) and not name.startswith("."):
                yield Path(current, name)


def check(
    *paths: PathLike, root: PathLike | None = None, environ: Mapping[str, str] | None = None
) -> Checked:
    """Find everything wrong with specs, without running any code or opening any connection.

    Args:
        paths: spec files, or folders that stand for all specs below them.
        root: the project root; by default the nearest ancestor of each spec with a marker of one.
        environ: environment variables that specs name; by default those of this process.
    """
    files = find_specs(paths)
    diagnostics: list[Diagnostic] = []
    for path in files:
        workspace = Workspace.at(path, root=root, environ=environ)
        document, faults = _load(path, workspace)
        diagnostics += faults
        if document is not None:
            diagnostics += check_document(document, _surroundings(path, workspace), faults)
    return Checked(tuple(display(path) for path in files), tuple(diagnostics))


def compile_with_diagnostics(
    path: PathLike,
    *,
    offline: bool = False,
    root: PathLike | None = None,
    store: PathLike | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """The plan of a spec and everything there is to say about it; no plan when something is wrong."""
    from evalspec.api.ports import hosted_datasets, hosted_prompts

    file = Path(path)
    workspace = Workspace.at(file, root=root, store=store, environ=environ)
    document, faults = _load(file, workspace)
    if document is None:
        return None, faults
    hosted = None if offline else hosted_datasets(workspace.environ)
    prompts = None if offline else hosted_prompts(workspace.environ)
    around = _surroundings(file, workspace, hosted, prompts, offline)
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


def _load(path: Path, workspace: Workspace) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document in a file of the project; None, and why, where there is none to go on with."""
    shown = display(path)
    # Before anything of it is read, let alone shown.
    if not Path(os.path.realpath(path)).is_relative_to(workspace.root):
        message = f"`{shown}` leads out of the project"
        expected = "a spec within the project, or another `--root`"
        return None, (Diagnostic("path-outside-root", message, expected=expected),)
    return load_document(path, display=shown)


def _surroundings(
    path: Path,
    workspace: Workspace,
    hosted: HostedDatasets | None = None,
    prompts: HostedPrompts | None = None,
    offline: bool = False,
) -> Surroundings:
    file = path.resolve()
    return Surroundings(workspace.root, file, workspace.store, workspace.environ, hosted, prompts, offline)
