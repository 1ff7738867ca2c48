"""Why a kind of a plug-in cannot be had."""

from evalspec.diagnostics import EvalspecError

__all__ = ["PluginError"]


class PluginError(EvalspecError, KeyError):
    """There is no such kind on this machine (`unknown-plugin`), or its description cannot be used
    (`broken-plugin`); `code` says which, and is that of the diagnostic.

    It is a KeyError as well, so that a registry of kinds stays a mapping.
    """

    exit_code = 2

    def __init__(
        self, code: str, message: str, *, expected: str | None = None, suggestion: str | None = None
    ) -> None:
        self.code = code
        self.message = message
        self.expected = expected
        self.suggestion = suggestion
        super().__init__(message)

    def __str__(self) -> str:
        return self.message
