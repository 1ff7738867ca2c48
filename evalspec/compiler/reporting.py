"""Diagnostics with their places, for one document."""

from collections.abc import Iterable
from typing import Any

from evalspec.diagnostics import Diagnostic, Diagnostics, Position, Severity, Span
from evalspec.kinds.resolving import Problem
from evalspec.source.document import Document
from evalspec.source.pointers import join


class Reporter:
    """Collects what is wrong with a document and knows where each value of it stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.diagnostics = Diagnostics()

    def add(self, code: str, message: str, pointer: str, *, key: bool = False, **more: Any) -> None:
        """Report something about the value at `pointer`, or about its key."""
        span = self.document.span(pointer, key=key)
        self.diagnostics.add(Diagnostic(code, message, span=span, pointer=pointer, **more))

    def add_in_string(
        self, code: str, message: str, pointer: str, offset: int, length: int, **more: Any
    ) -> None:
        """Report something about a part of the string at `pointer`, in code points of its value."""
        span = self.document.string_span(pointer, offset, length)
        self.diagnostics.add(Diagnostic(code, message, span=span, pointer=pointer, **more))

    def add_problems(self, section: str, problems: Iterable[Problem]) -> None:
        """Report what a kind found, with places below the section at pointer `section`."""
        for problem in problems:
            pointer = join(section, *problem.at)
            more: dict[str, Any] = {
                "expected": problem.expected,
                "suggestion": problem.suggestion,
                "notes": problem.notes,
                "severity": problem.severity,
            }
            if problem.file is not None:
                path, line, column = problem.file
                span = Span(path, Position(line, column), Position(line, column + problem.length))
                self.diagnostics.add(
                    Diagnostic(problem.code, problem.message, span=span, pointer=pointer, **more)
                )
            elif problem.offset is not None:
                self.add_in_string(
                    problem.code, problem.message, pointer, problem.offset, problem.length, **more
                )
            else:
                self.add(problem.code, problem.message, pointer, key=problem.key, **more)

    def warn(self, code: str, message: str, pointer: str, *, key: bool = False, **more: Any) -> None:
        """Report something that does not stop the compilation."""
        self.add(code, message, pointer, key=key, severity=Severity.WARNING, **more)

    def has_errors(self, section: str) -> bool:
        """Whether something wrong was reported in the section at this pointer: reading on would repeat it."""
        return any(
            item.severity is Severity.ERROR and item.pointer is not None and item.pointer.startswith(section)
            for item in self.diagnostics
        )
