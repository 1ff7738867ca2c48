"""Optional parts of the installation that a kind needs."""

from importlib.util import find_spec

from evalspec.kinds.importing import LoadError

__all__ = ["require"]


def require(module: str, extra: str) -> None:
    """Make sure that the top-level package `module` of the extra `extra` is installed, without importing it.

    Raises LoadError, which says how to install it.
    """
    if find_spec(module) is None:
        raise LoadError(f"`{module}` is not installed; install it with `pip install 'evalspec[{extra}]'`")
