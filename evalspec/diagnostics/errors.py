"""The one exception tree. A user's mistake in a spec is a Diagnostic; these are for callers of the API.

EvalspecError
├── SpecError              the spec does not compile; carries the diagnostics        exit 2
├── UsageError             a command line or a call asks for what cannot be          exit 2
├── WorldMovedError        code, data, prompts or the lock no longer match           exit 6
├── ServiceUnreachable     a needed service did not answer                           exit 5
│   └── ServiceRefused     it answered, and said no (keys, contract)                 exit 5
├── ModelError             a language model gave no usable answer (in models)        exit 5
└── JournalError           a run record is missing, damaged or of another version    exit 2
        └── RunCutShort        results could not be kept any more                        exit 3
"""

from collections.abc import Iterable

from evalspec.diagnostics.model import Diagnostic


class EvalspecError(Exception):
    """Everything this package raises on purpose."""

    exit_code = 70


class SpecError(EvalspecError):
    """The spec does not compile."""

    exit_code = 2

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        first = self.diagnostics[0] if self.diagnostics else None
        more = f" (and {len(self.diagnostics) - 1} more)" if len(self.diagnostics) > 1 else ""
        place = ""
        if first is not None and first.span is not None:
            place = f"{first.span.path}:{first.span.start.line}:{first.span.start.column}: "
        super().__init__(f"{place}{first.message if first else 'the spec does not compile'}{more}")


class UsageError(EvalspecError):
    """A command line or a call asks for something that cannot be."""

    exit_code = 2


class WorldMovedError(EvalspecError):
    """What the plan pinned is no longer what is there; `moved` names each thing."""

    exit_code = 6

    def __init__(self, message: str, moved: Iterable[str] = ()) -> None:
        self.moved = tuple(moved)
        super().__init__(message)


class ServiceUnreachable(EvalspecError):
    """A service that is needed now did not answer."""

    exit_code = 5


class ServiceRefused(ServiceUnreachable):
    """A service answered and refused: wrong keys, another contract, a missing endpoint."""


class JournalError(EvalspecError):
    """A run record is missing, damaged, in use, or of another version."""

    exit_code = 2


class RunCutShort(JournalError):
    """Results of a run could not be kept any more; what was recorded before is safe."""

    exit_code = 3
