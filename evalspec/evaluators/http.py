"""`http`: a service that judges an output."""

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
from evalspec.kinds.http.calling import HttpCaller
from evalspec.kinds.http.checking import check_request
from evalspec.kinds.http.fields import HttpFields
from evalspec.kinds.http.identity import request_identity
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "HttpEvaluatorFields"]

_NAMES = frozenset({"input", "output", "expected_output", "metadata", "item", "observation"})


class HttpEvaluatorFields(ResultFields, HttpFields):
    """A service that gives one score, or several: one request for each output.

        [evaluators.tone]
        type = "http"
        url = "https://judges.example/tone"
        json = { question = "{{ input }}", answer = "{{ output }}" }
        headers_env = { Authorization = { env = "JUDGES_TOKEN", prefix = "Bearer " } }
        extract = "{'value': response.json.pass, 'comment': response.json.reason}"
        score = "polite"

    What `extract` gives is read as the result of a `python` evaluator: with `score` a boolean, a number or
    text, or an object with `value`, `comment` and `metadata`; with `scores` an object of all keys to such
    values. null means that there is nothing to score. Failures are those of an `http` task. A
    request takes ten minutes at the most, where `[limits]` has no `timeout`.
    """

    type: Literal["http"] = "http"


class _HttpEvaluator:
    blocking = False
    observes = True

    def __init__(self, fields: dict[str, Any], loading: Loading) -> None:
        self._caller = HttpCaller(fields, _NAMES, loading)
        self._keys = tuple(fields["scores"]) if "scores" in fields else None

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        return read_scores(await self._caller.ask(subject.scope()), self._keys, "the service")

    async def aclose(self) -> None:
        await self._caller.aclose()


def _resolve(fields: HttpEvaluatorFields, resolving: Resolving) -> Resolved:
    paths = check_request(fields, names_for(fields), resolving)
    kept = fields.model_dump(mode="json", exclude=set(COMMON_FIELDS), exclude_none=True)
    identity = request_identity(fields, COMMON_FIELDS)
    if fields.scores is not None:
        kept["scores"] = fields.scores
        identity["keys"] = sorted(fields.scores)
    unpinned = (f"nothing says which version answers at `{fields.url}`",)
    return Resolved(kept, identity, reads=tuple(sorted(paths)), unpinned=unpinned)


def _build(fields: dict[str, Any], loading: Loading) -> _HttpEvaluator:
    return _HttpEvaluator(fields, loading)


KIND = EvaluatorKind(
    type="http",
    fields=HttpEvaluatorFields,
    semantics=1,
    yields=lambda fields: dict.fromkeys(fields.scores or ("",), ANY_TYPE),
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (),
    group="custom",
)
