"""What a mistake in a spec is, independent of how it is shown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from evalspec.diagnostics.catalogue import CATALOGUE, Severity

__all__ = ["Diagnostic", "Diagnostics", "Edit", "Fix", "Position", "Related", "Severity", "Span"]

# The default of a field whose real default depends on another field; nobody ever reads it.
_AS_IN_THE_CATALOGUE: Final = cast(Severity, None)

# Messages quote what stands in a file, which may be of any length; the rest of the sentence comes at the end.
_LONGEST: Final = 600
_TAIL: Final = 200


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two characters: line and column count from 1, the column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one file, from `start` up to but not including `end`.

    `path` is what people see: relative to the working directory where that is possible, with forward slashes.
    """

    path: str
    start: Position
    end: Position

    @classmethod
    def at(cls, path: str, line: int, column: int, length: int = 1) -> "Span":
        """A span within one line."""
        return cls(path, Position(line, column), Position(line, column + length))


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands at `span` by `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that is certain to be right: an editor may apply it without asking."""

    description: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains the diagnostic, such as the first of two definitions."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake or remark, at its place.

    `code` is a name from the catalogue and stable across releases (any other is a ValueError); `severity` is
    what the catalogue says unless given; `message` one sentence about this occurrence, without a full stop
    (a very long one loses its middle); `expected` what would have been right; `suggestion` the name the
    author probably meant; `pointer` the RFC 6901 JSON pointer of the value within the document; `span` is
    absent only where no file is to blame.
    """

    code: str
    message: str
    severity: Severity = _AS_IN_THE_CATALOGUE
    span: Span | None = None
    pointer: str | None = None
    expected: str | None = None
    suggestion: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    def __post_init__(self) -> None:
        info = CATALOGUE.get(self.code)
        if info is None:
            raise ValueError(f"{self.code!r} is not in the catalogue of diagnostics")
        if self.severity is _AS_IN_THE_CATALOGUE:
            object.__setattr__(self, "severity", info.severity)
        for name in ("message", "expected"):
            text = getattr(self, name)
            if text is not None and len(text) > _LONGEST:
                object.__setattr__(self, name, f"{text[: _LONGEST - _TAIL]} … {text[-_TAIL:]}")

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Reading order: by file, then by place, then by code."""
        if self.span is None:
            return ("", 0, 0, self.code, self.message)
        start = self.span.start
        return (self.span.path, start.line, start.column, self.code, self.message)


@dataclass(slots=True)
class Diagnostics:
    """A growing list of diagnostics; compilation steps add to it and go on as far as they can."""

    items: list[Diagnostic] = field(default_factory=list)
    _known: set[Diagnostic] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._known = set(self.items)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep one more, unless exactly the same one is there."""
        if diagnostic not in self._known:
            self._known.add(diagnostic)
            self.items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep several more."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def has_errors(self) -> bool:
        """Whether anything here stops a compilation."""
        return any(item.severity is Severity.ERROR for item in self.items)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them in reading order."""
        return tuple(sorted(self.items, key=lambda item: item.sort_key))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
