"""Evaluators that installed distributions bring: `vendor:kind`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable, iscoroutine
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    EvaluationError,
    Evaluator,
    EvaluatorFields,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
    Yields,
)
from evalspec.evaluators.expressions import check_expression, compile_lookup
from evalspec.evaluators.results import read_scores
from evalspec.kinds.json_tree import fresh, fresh_item
from evalspec.kinds.loading import Loading
from evalspec.kinds.plugins.calling import load_plugin, moved_plugin, plan_fields, plugin_identity
from evalspec.kinds.plugins.discovery import Plugin, find_plugin
from evalspec.kinds.plugins.fields import check_example, check_fields, own_values, plugin_model
from evalspec.kinds.python import LoadedCallable
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["kind_of"]

_GROUP: Final = "evalspec.evaluators"
_VALUES: Final[Mapping[str, Callable[[Subject], Any]]] = {
    "input": lambda subject: fresh(subject.item.input),
    "output": lambda subject: fresh(subject.output),
    "expected_output": lambda subject: fresh(subject.item.expected_output),
    "metadata": lambda subject: fresh(subject.item.metadata),
    "item": lambda subject: fresh_item(subject.item),
    "trial": lambda subject: subject.trial + 1,  # people count from 1
    "observations": lambda subject: [one.as_dict() for one in subject.observations],
    "seconds": lambda subject: (subject.ended_ns - subject.started_ns) / 1e9,
}
_ON_REQUEST: Final[Mapping[str, str]] = {"observations": "observations", "seconds": "latency"}
"""What a function gets only where its kind says that it needs it."""


def kind_of(name: str) -> EvaluatorKind[Any]:
    """The kind of a plug-in; nothing of it is imported. Raises PluginError."""
    plugin = find_plugin(_GROUP, name)
    description = plugin.description
    model = _model(plugin)
    kind = EvaluatorKind(
        type=name,
        fields=model,
        semantics=description.semantics,
        yields=lambda fields: _yields(plugin),
        resolve=lambda fields, resolving: _resolve(plugin, fields, resolving),
        build=lambda fields, loading: _build(name, fields, loading),
        reads=lambda fields: _reads(plugin, fields),
        needs=lambda fields: frozenset(description.needs),
        group="plugin",
        moved=lambda fields, loading: moved_plugin(_GROUP, name, fields),
    )
    check_example(plugin, model, lambda tree: next(iter(tree["evaluators"].values())))
    return kind


def _model(plugin: Plugin) -> type[EvaluatorFields]:
    keys = tuple(plugin.description.scores)
    if keys == ("",):
        return plugin_model(plugin, OneScoreFields)
    score = Field(None, description=f"Name of the score for `{keys[0]}` alone, from `[scores]`.")
    scores = Field(None, description="The scores it gives: key to name of the score, instead of `score`.")
    # What a checker of types cannot follow: a Literal that is made of data.
    mapping: Any = dict[Literal[keys], str] | None  # type: ignore[valid-type]
    return plugin_model(plugin, EvaluatorFields, score=(str | None, score), scores=(mapping, scores))


def _yields(plugin: Plugin) -> dict[str, Yields]:
    found = {
        key: Yields(
            frozenset(score.data_types),
            None if score.min is None or score.max is None else (score.min, score.max),
        )
        for key, score in plugin.description.scores.items()
    }
    return {"": next(iter(found.values())), **found}


def _resolve(plugin: Plugin, fields: EvaluatorFields, resolving: Resolving) -> Resolved:
    check_fields(plugin, fields, resolving)
    for name in plugin.description.expressions:
        if isinstance(getattr(fields, name), str):
            check_expression(fields, resolving, name)
    scores = getattr(fields, "scores", None)
    keys = {} if scores is None else {"keys": sorted(scores)}
    kept = {**plan_fields(plugin), "fields": own_values(plugin, fields, given=False), **keys}
    identity = {**plugin_identity(plugin), "fields": own_values(plugin, fields, given=True), **keys}
    return Resolved(kept, identity)


def _reads(plugin: Plugin, fields: EvaluatorFields) -> tuple[str, ...]:
    """What it may look at: its function can ask for everything there is."""
    texts = (getattr(fields, name) for name in plugin.description.expressions)
    whole = ("input", "output", "expected_output", "metadata")
    return (*whole, *(text for text in texts if isinstance(text, str)))


class _PluginEvaluator:
    def __init__(self, plugin: Plugin, loaded: LoadedCallable, fields: Mapping[str, Any]) -> None:
        own: dict[str, Any] = fields["fields"]
        scores = tuple(plugin.description.scores)
        self.blocking = not loaded.is_async
        self._loaded = loaded
        self._own = own
        self._lookups = {
            name: compile_lookup(name, own[name]) for name in plugin.description.expressions if name in own
        }
        self._absent = dict.fromkeys(set(plugin.description.expressions) - own.keys())
        self._all = scores
        self._keys = None if "keys" not in fields else tuple(fields["keys"])

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]:
        scope = subject.scope()
        looked_up = {name: fresh(lookup(scope)) for name, lookup in self._lookups.items()}

        def value_of(name: str) -> Any:
            if name in looked_up or name in self._absent:
                return looked_up.get(name)
            return fresh(self._own) if name == "fields" else _VALUES[name](subject)

        found = self._loaded.call.call(self._loaded.function, value_of)
        if not isawaitable(found):
            return self._read(found)
        if self.blocking:
            if iscoroutine(found):
                found.close()
            message = "the function returned a coroutine; declare it `async def`"
            raise EvaluationError("invalid_result", message)
        return self._later(found)

    async def _later(self, found: Awaitable[Any]) -> Sequence[ScoreValue]:
        return self._read(await found)

    def _read(self, result: Any) -> Sequence[ScoreValue]:
        if self._all == ("",):
            return read_scores(result, None, _WHO)
        if self._keys is not None:
            return read_scores(result, self._keys, _WHO, self._all)
        # `score` alone names the first of several.
        (value,) = read_scores(result, self._all[:1], _WHO, self._all)
        return (ScoreValue(value.value, "", value.comment, value.metadata),)


_WHO: Final = "the function"


def _build(name: str, fields: dict[str, Any], loading: Loading) -> Evaluator:
    plugin = find_plugin(_GROUP, name)
    description = plugin.description
    values = [
        value for value in _VALUES if value not in _ON_REQUEST or _ON_REQUEST[value] in description.needs
    ]
    loaded = load_plugin(_GROUP, name, loading, ["fields", *description.expressions, *values])
    return _PluginEvaluator(plugin, loaded, fields)
