"""Why code that a reference names has no digest."""

from typing import ClassVar

__all__ = [
    "AttributeMissing",
    "CodeNotFound",
    "FilesUnusable",
    "InvalidReference",
    "ModuleMissing",
    "ModuleUnreadable",
    "NotCallable",
    "PathOutsideRoot",
]


class CodeNotFound(Exception):
    """A reference, a module or a declared file is not what it should be.

    ``code`` is the diagnostic's, ``message`` one sentence, ``suggestions`` what may have been meant (the best
    first), ``file`` the path (relative to the root), line and column where a module is to blame, ``pattern``
    the one of the declared files that is.
    """

    code: ClassVar[str]

    def __init__(
        self,
        message: str,
        suggestions: tuple[str, ...] = (),
        file: tuple[str, int, int] | None = None,
        pattern: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.suggestions = suggestions
        self.file = file
        self.pattern = pattern

    @property
    def suggestion(self) -> str | None:
        """The best suggestion."""
        return self.suggestions[0] if self.suggestions else None


class InvalidReference(CodeNotFound):
    """The reference is not written as ``package.module:name``."""

    code = "invalid-reference"


class ModuleMissing(CodeNotFound):
    """No folder of the search path has the module; suggestions are whole references."""

    code = "module-not-found"


class AttributeMissing(CodeNotFound):
    """The module defines no such name; suggestions are whole references."""

    code = "attribute-not-found"


class NotCallable(CodeNotFound):
    """The name is there, and what it holds can never be called."""

    code = "callable-signature"


class ModuleUnreadable(CodeNotFound):
    """The module is there, and is not Python that can be parsed."""

    code = "module-syntax-error"


class FilesUnusable(CodeNotFound):
    """A pattern of declared files matches nothing, or more than can be meant."""

    code = "files-match-nothing"


class PathOutsideRoot(CodeNotFound):
    """A path or a symbolic link leads out of the project."""

    code = "path-outside-root"
