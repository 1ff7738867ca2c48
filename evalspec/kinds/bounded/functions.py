"""Finding the function that a name stands for, in this process or in a worker."""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from inspect import isfunction
from typing import Any, Final

_OWN: Final = "evalspec."
"""Where our own modules are, and how the groups of entry points that make plug-ins begin."""


class NotAllowed(ValueError):
    """A name that stands for no function which may be run; the text is one sentence."""


@lru_cache
def find_function(name: str) -> Callable[..., Any]:
    """Import what `"module:function"` names.

    The module is one of evalspec, or one that an installed distribution names as an entry point of a group
    `evalspec.*`, or below such a one. Raises NotAllowed, and what the import raises.
    """
    module, colon, attribute = name.partition(":")
    if not colon or not attribute.isidentifier():
        raise NotAllowed(f"`{name}` is not of the form `module:function`")
    if not module.startswith(_OWN) and not _is_plug_in(module):
        raise NotAllowed(f"`{module}` is neither a module of evalspec nor of an installed plug-in")
    function = getattr(import_module(module), attribute, None)
    if not isfunction(function):
        raise NotAllowed(f"`{module}` has no function `{attribute}`")
    return function


def _is_plug_in(module: str) -> bool:
    from importlib.metadata import distributions

    entries = (entry for distribution in distributions() for entry in distribution.entry_points)
    named = {entry.module for entry in entries if entry.group.startswith(_OWN)}
    return any(module == name or module.startswith(f"{name}.") for name in named)
