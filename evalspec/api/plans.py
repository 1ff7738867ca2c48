"""Loading and saving plans. A plan is a document of its own: nothing that reads specs is imported for it."""

from pathlib import Path

from evalspec.api.workspace import PathLike, display
from evalspec.diagnostics import Diagnostic, SpecError
from evalspec.diagnostics.errors import UsageError
from evalspec.plan import document
from evalspec.plan.model import Plan


def load_plan(path: PathLike) -> Plan:
    """The plan in a file. SpecError when it is none, or was changed after it was compiled."""
    file = Path(path)
    return document.load_plan(_read(file), path=display(file))


def save_plan(plan: Plan, path: PathLike) -> None:
    """Write a plan to a file: the same bytes for the same plan. UsageError where that cannot be."""
    try:
        Path(path).write_bytes(document.dump_plan(plan))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {(error.strerror or 'the system refused').lower()}"
        ) from None


def load_source(path: PathLike, *, root: PathLike | None = None, store: PathLike | None = None) -> Plan:
    """The plan in a file, or of a spec: JSON with `evalspec_plan` is a plan, everything else is taken for a
    spec.
    """
    file = Path(path)
    if file.suffix == ".json" and file.is_file():
        text = _read(file)
        if b'"evalspec_plan"' in text:
            return document.load_plan(text, path=display(file))
    # Not for plans: see above.
    from evalspec.api import compiling

    return compiling.compile(file, root=root, store=store)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SpecError([Diagnostic("not-readable", f"{display(file)}: {reason.lower()}")]) from None
