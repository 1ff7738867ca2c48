"""Tasks that installed distributions bring: `vendor:kind`."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable, iscoroutine
from typing import Any, Final

from evalspec.kinds.json_tree import fresh, fresh_item
from evalspec.kinds.loading import Loading
from evalspec.kinds.plugins.calling import load_plugin, moved_plugin, plan_fields, plugin_identity
from evalspec.kinds.plugins.discovery import Plugin, find_plugin
from evalspec.kinds.plugins.fields import check_example, check_fields, own_values, plugin_model
from evalspec.kinds.python import LoadedCallable
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskError, TaskFields, TaskKind
from evalspec.tasks.variables import Variables, task_names, task_scope

__all__ = ["kind_of"]

_GROUP: Final = "evalspec.tasks"
_VALUES: Final[Mapping[str, Callable[[Item], Any]]] = {
    "input": lambda item: fresh(item.input),
    "expected_output": lambda item: fresh(item.expected_output),
    "metadata": lambda item: fresh(item.metadata),
    "item": fresh_item,
}


def kind_of(name: str) -> TaskKind[Any]:
    """The kind of a plug-in; nothing of it is imported. Raises PluginError."""
    plugin = find_plugin(_GROUP, name)
    model = plugin_model(plugin, TaskFields)
    kind = TaskKind(
        type=name,
        fields=model,
        semantics=plugin.description.semantics,
        resolve=lambda fields, resolving: _resolve(plugin, fields, resolving),
        build=lambda fields, loading: _build(name, fields, loading),
        moved=lambda fields, loading: moved_plugin(_GROUP, name, fields),
        hands_item=True,
    )
    check_example(plugin, model, lambda tree: tree["task"])
    return kind


def _resolve(plugin: Plugin, fields: TaskFields, resolving: Resolving) -> Resolved:
    check_fields(plugin, fields, resolving)
    for name in plugin.description.expressions:
        text = getattr(fields, name)
        if isinstance(text, str):
            resolving.expression((name,), text, task_names(resolving))
    kept = {**plan_fields(plugin), "fields": own_values(plugin, fields, given=False)}
    return Resolved(kept, {**plugin_identity(plugin), "fields": own_values(plugin, fields, given=True)})


class _PluginTask:
    def __init__(
        self, plugin: Plugin, loaded: LoadedCallable, own: dict[str, Any], names: frozenset[str]
    ) -> None:
        expressions = plugin.description.expressions
        self.blocking = not loaded.is_async
        self._loaded = loaded
        self._own = own
        given = {name: own[name] for name in expressions if name in own}
        self._variables = Variables(given, names)
        self._absent = frozenset(expressions) - own.keys()

    def __call__(self, item: Item, trial: int) -> Any | Awaitable[Any]:
        values = self._variables.added_to(task_scope(item))

        def value_of(name: str) -> Any:
            if name in self._variables.names:
                return fresh(values[name])
            if name in self._absent:
                return None
            if name == "trial":
                return trial + 1  # people count from 1
            return fresh(self._own) if name == "fields" else _VALUES[name](item)

        result = self._loaded.call.call(self._loaded.function, value_of)
        if self.blocking and isawaitable(result):
            if iscoroutine(result):
                result.close()
            raise TaskError("output_not_json", "the function returned a coroutine; declare it `async def`")
        return result


def _build(name: str, fields: dict[str, Any], loading: Loading) -> _PluginTask:
    plugin = find_plugin(_GROUP, name)
    values = ["fields", *plugin.description.expressions, *_VALUES, "trial"]
    loaded = load_plugin(_GROUP, name, loading, values)
    return _PluginTask(plugin, loaded, fields["fields"], task_names(loading))
