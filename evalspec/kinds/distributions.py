"""Installed distributions that a part of a plan gets its meaning from."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from evalspec.kinds.resolving import Resolving

__all__ = ["moved_distribution", "pin_distribution", "pinned"]


def pinned(name: str, installed: str) -> dict[str, str]:
    """A distribution as a plan names it."""
    return {"name": name, "version": installed}


def pin_distribution(resolving: Resolving, name: str, extra: str) -> dict[str, str]:
    """The installed version of a distribution, which is not imported; reported where there is none, as the
    extra that brings it.
    """
    try:
        return pinned(name, version(name))
    except PackageNotFoundError:
        message = f"this needs `{name}`, and a plan says which version of it"
        resolving.report("missing-extra", message, ("type",), expected=f"`pip install 'evalspec[{extra}]'`")
        return {}


def moved_distribution(pin: dict[str, Any]) -> list[str]:
    """What is installed now where it is not what a plan pinned, in a sentence."""
    name, wanted = pin["name"], pin["version"]
    try:
        found = version(name)
    except PackageNotFoundError:
        return [f"`{name}` {wanted} is not installed"]
    return [] if found == wanted else [f"`{name}` is installed in version {found} instead of {wanted}"]
