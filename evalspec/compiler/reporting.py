"""Diagnostics with their places, for one document."""

from collections.abc import Iterable
from typing import Any

from evalspec.diagnostics import Diagnostic, Diagnostics, Edit, Fix, Position, Severity, Span
from evalspec.kinds.resolving import Problem
from evalspec.source.document import Document
from evalspec.source.pointers import join, parent


class Reporter:
    """Collects what is wrong with a document and knows where each value of it stands."""

    def __init__(self, document: Document, faults: Iterable[Diagnostic] = (), reading: int = 0) -> None:
        """`faults` are what reading the document found; they count as errors, and are not reported again.
        `reading` chooses among what can stand in for wrong values.
        """
        self.document = document
        self.reading = reading
        self.diagnostics = Diagnostics()
        self._known = frozenset(faults)
        self._settled = {fault.pointer for fault in self._known if fault.pointer is not None}
        self._wrong: set[str] = set()
        self._stand_ins: set[str] = set()
        for fault in self._known:
            self._remember(fault)

    @property
    def is_partial(self) -> bool:
        """Whether something is wrong of which it is not known what it belongs to, such as a repeated key."""
        return any(fault.pointer is None for fault in self._known)

    @property
    def ok(self) -> bool:
        """Whether nothing was found, while reading or since, that stops a compilation."""
        found = (*self._known, *self.diagnostics)
        return not any(item.severity is Severity.ERROR for item in found)

    @property
    def has_stand_ins(self) -> bool:
        """Whether something is read that stands in for mistakes."""
        return bool(self._stand_ins)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless enough was said about its place."""
        if diagnostic.pointer not in self._settled and not self._is_stand_in(diagnostic.pointer):
            self.diagnostics.add(diagnostic)
            self._remember(diagnostic)

    def add(self, code: str, message: str, pointer: str, *, key: bool = False, **more: Any) -> None:
        """Report something about the value at `pointer`, or about its key."""
        span = self.document.span(pointer, key=True) if key else self.place(pointer)
        self._add(code, message, pointer, span, more)

    def add_to_section(self, code: str, message: str, pointer: str, **more: Any) -> None:
        """Report what a whole table lacks: at its header in TOML, at its key, or where it begins."""
        self._add(code, message, pointer, self._head(pointer), more)

    def add_in_string(
        self, code: str, message: str, pointer: str, offset: int, length: int, **more: Any
    ) -> None:
        """Report something about a part of the string at `pointer`, in code points of its value."""
        self._add(code, message, pointer, self.document.string_span(pointer, offset, length), more)

    def add_problems(self, section: str, problems: Iterable[Problem]) -> None:
        """Report what a kind found, with places below the section at pointer `section`."""
        for problem in problems:
            pointer = join(section if problem.section is None else problem.section, *problem.at)
            more: dict[str, Any] = {
                "expected": problem.expected,
                "suggestion": problem.suggestion,
                "notes": problem.notes,
                "severity": problem.severity,
            }
            code, message = problem.code, problem.message
            if problem.file is not None:
                path, line, column = problem.file
                span = Span(path, Position(line, column), Position(line, column + problem.length))
                self._add(code, message, pointer, span, more)
            elif problem.offset is not None:
                self.add_in_string(code, message, pointer, problem.offset, problem.length, **more)
            elif not problem.at:
                self.add_to_section(code, message, pointer, **more)
            else:
                self.add(code, message, pointer, key=problem.key, **more)

    def place(self, pointer: str) -> Span:
        """Where the value at `pointer` is written; of one that takes several lines only where it begins."""
        whole = self.document.value_span(pointer)
        if whole.end.line == whole.start.line:
            return whole
        return Span(whole.path, whole.start, Position(whole.start.line, whole.start.column + 1))

    def settle(self, pointer: str) -> None:
        """Enough was said about the value at `pointer`: whatever else is reported of it is dropped."""
        self._settled.add(pointer)

    def stand_in(self, pointer: str) -> None:
        """Something else is read for what is at `pointer`: what is reported of it, or within, is dropped."""
        self._stand_ins.add(pointer)

    def has_errors(self, section: str) -> bool:
        """Whether something wrong was found in the section at this pointer: reading on would repeat it."""
        return section in self._wrong

    def rewriting(self, pointer: str, text: str) -> Fix:
        """The fix that writes `text` in the place of the value at `pointer`."""
        edit = Edit(self.document.value_span(pointer), text)
        return Fix(f"write {text}", (edit,))

    def respelling(self, pointer: str, given: str, meant: str | None) -> Fix | None:
        """The fix for a string that is right but for capitals, hyphens and underscores; else None."""
        if meant is None or _folded(given) != _folded(meant):
            return None
        return self.rewriting(pointer, f'"{meant}"')

    def _add(self, code: str, message: str, pointer: str, span: Span, more: dict[str, Any]) -> None:
        self.report(Diagnostic(code, message, span=span, pointer=pointer, **more))

    def _remember(self, diagnostic: Diagnostic) -> None:
        """Every table around an error has one."""
        if diagnostic.severity is Severity.ERROR:
            pointer = diagnostic.pointer
            while pointer is not None and pointer not in self._wrong:
                self._wrong.add(pointer)
                pointer = parent(pointer)

    def _is_stand_in(self, pointer: str | None) -> bool:
        while self._stand_ins and pointer is not None:
            if pointer in self._stand_ins:
                return True
            pointer = parent(pointer)
        return False

    def _head(self, pointer: str) -> Span:
        if self.document.format == "toml" and self.document.raw(pointer).startswith("["):
            return self.place(pointer)
        return self.document.key_span(pointer) or self.place(pointer)


def _folded(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
