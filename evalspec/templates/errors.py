"""What can be wrong with a template or an expression: its text when compiling, its data when evaluating."""

from dataclasses import dataclass

__all__ = ["EvaluationError", "ExpressionFailed", "MissingKey", "TemplateError", "TemplateProblem"]


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One mistake in the text of a template or an expression.

    ``offset`` and ``length`` count code points inside the text; the length is 0 at the end of the text.
    ``code`` is ``expression-syntax``, ``template-syntax``, ``undefined-name``, ``unknown-filter`` or
    ``unknown-test``. ``suggestion`` is what could stand at that place instead.
    """

    code: str
    message: str
    offset: int
    length: int
    suggestion: str | None = None


class TemplateError(Exception):
    """The text does not compile. Has the first problem's fields, and all problems in ``problems``."""

    def __init__(self, problems: tuple[TemplateProblem, ...]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems
        self.code = problems[0].code
        self.message = problems[0].message
        self.offset = problems[0].offset
        self.length = problems[0].length
        self.suggestion = problems[0].suggestion


class EvaluationError(Exception):
    """An expression or template has no value for this data; ``message`` is one sentence that says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MissingKey(EvaluationError):
    """A name, key or index is not in the data. ``path`` says which, where that is known."""

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class ExpressionFailed(EvaluationError):
    """The data is there, and the operation is not possible with it or exceeds a limit."""
