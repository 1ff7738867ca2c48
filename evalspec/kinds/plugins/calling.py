"""The function behind a plug-in's kind: pinned by its distribution, loaded when a run is built."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from evalspec.kinds.conventions import CannotCall, named_call, parameters_of
from evalspec.kinds.distributions import moved_distribution, pinned
from evalspec.kinds.importing import LoadError, import_from
from evalspec.kinds.loading import Loading
from evalspec.kinds.plugins.discovery import Group, Plugin, find_plugin
from evalspec.kinds.plugins.errors import PluginError
from evalspec.kinds.python import LoadedCallable, load_callable

__all__ = ["load_plugin", "moved_plugin", "plan_fields", "plugin_identity"]


def plan_fields(plugin: Plugin) -> dict[str, Any]:
    """What a plan says of where a kind comes from."""
    return {
        "distribution": pinned(plugin.distribution, plugin.version),
        "entry_point": plugin.reference,
        "kind": plugin.digest,
    }


def plugin_identity(plugin: Plugin) -> dict[str, Any]:
    """What the digest covers of it: the distribution with its version, and the description. What the code
    does is said by the version.
    """
    return {"distribution": pinned(plugin.distribution, plugin.version), "kind": plugin.digest}


def moved_plugin(group: Group, name: str, fields: dict[str, Any]) -> list[str]:
    """What is installed now and is not what the plan pinned, in sentences."""
    moved = moved_distribution(fields["distribution"])
    if moved:
        return moved
    try:
        plugin = find_plugin(group, name)
    except PluginError as error:
        return [error.message]
    if plugin.distribution != fields["distribution"]["name"]:
        return [f"`{name}` comes from `{plugin.distribution}` instead of `{fields['distribution']['name']}`"]
    return [] if plugin.digest == fields["kind"] else [f"the description of `{name}` changed"]


def load_plugin(group: Group, name: str, loading: Loading, values: Collection[str]) -> LoadedCallable:
    """The function of a kind, which is given those of `values` that it takes. Raises LoadError, PluginError.

    What is loaded has to be the module that was installed with the description: not one of the same name in
    the project.
    """
    plugin = find_plugin(group, name)
    module_name = plugin.reference.partition(":")[0]
    module = import_from(module_name, loading.search_path)
    base = plugin.path.name.removesuffix(".evalspec.json")
    file = Path(getattr(module, "__file__", None) or "").resolve()
    beside = file.parent == plugin.path.parent and file.name.startswith(f"{base}.")
    if not beside and file.parent != plugin.path.parent / base:
        message = f"`{module_name}` is `{file}` in this process, not what `{plugin.distribution}` installed"
        raise LoadError(message)
    function = load_callable(plugin.reference, loading)
    try:
        call = named_call(parameters_of(function), values)
    except CannotCall as error:
        raise LoadError(
            f"`{plugin.reference}` cannot be called: {error}; it may take {error.expected}"
        ) from None
    except (TypeError, ValueError):
        raise LoadError(f"the parameters of `{plugin.reference}` cannot be read") from None
    return LoadedCallable(plugin.reference, function, call)
