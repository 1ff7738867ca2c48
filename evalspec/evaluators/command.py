"""`command`: a program that judges an output."""

from collections.abc import Sequence
from typing import Any, Literal

from evalspec.evaluators.base import (
    ANY_TYPE,
    COMMON_FIELDS,
    EvaluatorKind,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import names_for
from evalspec.evaluators.results import ResultFields, read_scores
from evalspec.kinds.commands.calling import CommandCaller
from evalspec.kinds.commands.fields import CommandFields
from evalspec.kinds.commands.resolving import moved_files, resolve_command
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "CommandEvaluatorFields"]

_NAMES = frozenset({"input", "output", "expected_output", "metadata", "item", "observation"})


class CommandEvaluatorFields(ResultFields, CommandFields):
    """A program that gives one score, or several: called once for each output, without a shell.

        [evaluators.compiles]
        type = "command"
        argv = ["python3", "checks/compiles.py"]
        score = "compiles"

    With `stdin` `json` it reads `{"id": …, "input": …, "output": …, "expected_output": …, "metadata": …}`.
    What it writes is read as the result of a `python` evaluator: with `score` a boolean, a number or text,
    or an object with `value`, `comment` and `metadata`; with `scores` an object of all keys to such values.
    null means that there is nothing to score. Failures are those of a `command` task: an exit code other than
    0 is one, and no score.
    """

    type: Literal["command"] = "command"


class _CommandEvaluator:
    blocking = False

    def __init__(self, fields: dict[str, Any], loading: Loading) -> None:
        self._caller = CommandCaller(fields, _NAMES, loading)
        self._keys = tuple(fields["scores"]) if "scores" in fields else None

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        document = {"id": subject.item.id, **{name: scope[name] for name in _DOCUMENT if name in scope}}
        return read_scores(await self._caller.ask(scope, document), self._keys, "the program")


_DOCUMENT = ("input", "output", "expected_output", "metadata", "observation")


def _resolve(fields: CommandEvaluatorFields, resolving: Resolving) -> Resolved:
    names = names_for(fields)
    document = [name for name in _DOCUMENT if name in names]
    resolved = resolve_command(fields, names, document, resolving, COMMON_FIELDS)
    if fields.scores is not None:
        resolved.fields["scores"] = fields.scores
        resolved.identity["keys"] = sorted(fields.scores)
    return resolved


def _build(fields: dict[str, Any], loading: Loading) -> _CommandEvaluator:
    return _CommandEvaluator(fields, loading)


def _moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    return moved_files(fields, loading)


KIND = EvaluatorKind(
    type="command",
    fields=CommandEvaluatorFields,
    semantics=1,
    yields=lambda fields: dict.fromkeys(fields.scores or ("",), ANY_TYPE),
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (),
    group="custom",
    moved=_moved,
)
