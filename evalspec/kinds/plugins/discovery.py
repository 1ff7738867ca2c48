"""Where the kinds of plug-ins come from: entry points, and files beside the modules that they name.

A distribution has `acme:toxicity = acme_evals.toxicity:toxicity` among its entry points, and a file
`acme_evals/toxicity.evalspec.json`. Both are found and read by path; nothing is imported.
"""

import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import Final, Literal

from evalspec.diagnostics import closest
from evalspec.kinds.plugins.description import NAME, Description, read_description
from evalspec.kinds.plugins.errors import PluginError

__all__ = ["Group", "Plugin", "find_plugin", "plugin_names"]

Group = Literal["evalspec.evaluators", "evalspec.tasks"]
"""The groups of entry points."""

_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_WORDS: Final = {"evalspec.evaluators": "evaluator", "evalspec.tasks": "task"}


@dataclass(frozen=True, slots=True)
class Plugin:
    """A kind that an installed distribution brings."""

    name: str
    distribution: str
    version: str
    reference: str
    """The function, as `module:name`."""
    description: Description
    digest: str
    """Digest of the description."""
    path: Path
    """Where the description lies, absolute: not for plans."""


def plugin_names(group: Group) -> list[str]:
    """The names of the installed kinds of a group, sorted. Names that no kind can have are left out."""
    return sorted({entry.name for _, entry in _entries(group) if NAME.fullmatch(entry.name)})


def find_plugin(group: Group, name: str) -> Plugin:
    """The kind of this name. Raises PluginError."""
    what = _WORDS[group]
    found = [(owner, entry) for owner, entry in _entries(group) if entry.name == name]
    if not found:
        names = plugin_names(group)
        listed = ", ".join(f"`{one}`" for one in names)
        raise PluginError(
            "unknown-plugin",
            f"no distribution that is installed here brings the {what} type `{name}`",
            suggestion=closest(name, names),
            expected=f"an installed plug-in: {listed}"
            if names
            else f"a distribution with the entry point `{name}` in the group `{group}`",
        )
    owners = sorted({owner.metadata["Name"] for owner, _ in found})
    if len(owners) > 1:
        names = [f"`{owner}`" for owner in owners]
        raise PluginError("broken-plugin", f"`{name}` is brought by {' and by '.join(names)}")
    owner, entry = found[0]  # the first on the path is the one that Python would import
    path = _description_file(owner, entry)
    description, digest = read_description(path, name, scored=group == "evalspec.evaluators")
    return Plugin(name, owners[0], owner.version, entry.value, description, digest, path)


def _entries(group: Group) -> list[tuple[Distribution, EntryPoint]]:
    """The entry points of a group, with who has them."""
    return [(entry.dist, entry) for entry in entry_points(group=group) if entry.dist is not None]


def _description_file(owner: Distribution, entry: EntryPoint) -> Path:
    """The file beside the module that an entry point names: where the distribution lies, or, where it is
    installed as a link to its source, in the folders where Python looks for modules.
    """
    module, colon, _ = entry.value.partition(":")
    if not colon or not _MODULE.fullmatch(module):
        message = f"the entry point `{entry.name}` is `{entry.value}`, and not `module:name`"
        raise PluginError("broken-plugin", message)
    relative = module.replace(".", "/") + ".evalspec.json"
    for place in (owner.locate_file(relative), *(Path(folder) / relative for folder in sys.path)):
        path = Path(str(place))
        if path.is_file():
            return path.resolve()
    name = owner.metadata["Name"]
    raise PluginError("broken-plugin", f"`{name}` has no file `{relative}` that describes `{entry.name}`")
