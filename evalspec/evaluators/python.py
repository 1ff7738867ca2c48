"""`python`: a function of the project that judges an output."""

from collections.abc import Callable, Sequence
from inspect import isawaitable, iscoroutine
from math import isfinite
from typing import Any, Literal

from evalspec.evaluators.base import (
    ANY_TYPE,
    EvaluationError,
    Evaluator,
    EvaluatorKind,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.results import ResultFields, read_scores
from evalspec.kinds.json_tree import fresh, fresh_item
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import (
    FactoryFields,
    LoadedCallable,
    check_evaluator,
    check_factory,
    load_evaluator,
)
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "PythonEvaluatorFields"]


class PythonEvaluatorFields(ResultFields, FactoryFields):
    """A Python function that gives one score, or several.

    It is called by the names of its parameters with what it takes of `input`, `output`, `expected_output`,
    `metadata`, `item` and `trial` (its number, from 1), so evaluators written for `Langfuse.run_experiment`
    work as they are; a function with one parameter of another name gets the output. It may be `async`;
    otherwise it runs in a worker thread.

        [evaluators.tone]
        type = "python"
        callable = "metrics.tone:judge_tone"
        scores = { politeness = "polite", length = "length" }

    With `score` it returns a boolean, a number or text, or an object with `value`, `comment` and
    `metadata` such as Langfuse's `Evaluation`. With `scores` it returns a mapping of all keys to such
    values, or a list of objects that have those keys as `name`. None, for one key or as a whole, means
    that there is nothing to score. With `arguments` the function is what `callable` makes of them, a factory
    or a class, when a run begins.
    """

    type: Literal["python"] = "python"


class _PythonEvaluator:
    def __init__(self, loaded: LoadedCallable, keys: tuple[str, ...] | None) -> None:
        self._function = loaded.call.prepared(loaded.function, _VALUES)
        self._keys = keys

    def _read(self, result: Any) -> Sequence[ScoreValue]:
        if self._keys is None and (type(result) is bool or (type(result) is float and isfinite(result))):
            return (ScoreValue(result),)
        return read_scores(result, self._keys, "the function")


class _AsyncEvaluator(_PythonEvaluator):
    blocking = False

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        return self._read(await self._function(subject))


class _BlockingEvaluator(_PythonEvaluator):
    blocking = True

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        result = self._function(subject)
        if isawaitable(result):
            if iscoroutine(result):
                result.close()
            raise EvaluationError(
                "invalid_result", "the function returned a coroutine; declare it `async def`"
            )
        return self._read(result)


_VALUES: dict[str, Callable[[Subject], Any]] = {
    "input": lambda subject: fresh(subject.item.input),
    "output": lambda subject: fresh(subject.output),
    "expected_output": lambda subject: fresh(subject.item.expected_output),
    "metadata": lambda subject: fresh(subject.item.metadata),
    "item": lambda subject: fresh_item(subject.item),
    "trial": lambda subject: subject.trial + 1,  # people count from 1
}
"""What a function is given: copies, so that no evaluator changes what the next one sees."""


def _resolve(fields: PythonEvaluatorFields, resolving: Resolving) -> Resolved:
    code = resolving.code(("callable",), fields.callable, fields.files, fields.env)
    reads: tuple[str, ...] | None = None
    if code is not None:
        call = None
        if fields.arguments is None:
            call = check_evaluator(resolving, ("callable",), code)
        else:
            check_factory(resolving, ("callable",), code, fields.arguments)
        if call is not None:
            reads = tuple(sorted(set(call.names) - {"trial"}))
    kept = fields.model_dump(mode="json", include={"callable", "files", "env", "arguments", "scores"})
    identity: dict[str, Any] = {"keys": sorted(fields.scores)} if fields.scores is not None else {}
    if fields.arguments is not None:
        identity["arguments"] = fields.arguments
    kept = {name: value for name, value in kept.items() if value or value == {}}
    return Resolved(kept, identity, code, reads=reads)


def _build(fields: dict[str, Any], loading: Loading) -> Evaluator:
    loaded = load_evaluator(fields["callable"], loading, fields.get("arguments"))
    scores = fields.get("scores")
    kind = _AsyncEvaluator if loaded.is_async else _BlockingEvaluator
    return kind(loaded, None if scores is None else tuple(scores))


KIND = EvaluatorKind(
    type="python",
    fields=PythonEvaluatorFields,
    semantics=1,
    yields=lambda fields: dict.fromkeys(fields.scores or ("",), ANY_TYPE),
    resolve=_resolve,
    build=_build,
    reads=lambda fields: ("input", "output", "expected_output", "metadata"),
    group="custom",
)
