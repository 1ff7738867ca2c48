"""What user code returns as an evaluation: plain values, or objects shaped like Langfuse's `Evaluation`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalspec.kinds.json_tree import NotJson, to_json
from evalspec.plan.values import ITEM_FIELDS, Item

__all__ = ["Evaluation", "ItemResult", "NotAnEvaluation", "is_evaluation", "read_evaluation"]

_KEYS: Final = frozenset({"name", "value", "comment", "metadata", "data_type", "config_id"})

Value = float | bool | str | None


class NotAnEvaluation(ValueError):
    """A result that is no value of a score; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation, with the names that Langfuse gives its parts. A value of None means: not scored."""

    value: Value
    name: str = ""
    comment: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        if key in ("name", "value", "comment", "metadata"):
            return getattr(self, key)
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The result of one item as a function over all results sees it (`run_evaluator(*, item_results, **kw)`).

    Parts can be read as attributes and by key. The output of an item whose task failed is None, and it has no
    evaluations.
    """

    item: Item
    output: Any
    evaluations: list[Evaluation]
    trace_id: str | None = None

    def __getitem__(self, key: str) -> Any:
        if key in ("item", "output", "evaluations", "trace_id"):
            return getattr(self, key)
        if key in ITEM_FIELDS:
            return self.item[key]
        raise KeyError(key)


def is_evaluation(value: Any) -> bool:
    """Whether `value` has the shape of an evaluation: an object with `name` and `value`, or a mapping
    of its parts.
    """
    if isinstance(value, Mapping):
        return "value" in value and value.keys() <= _KEYS
    if isinstance(value, str | int | float | type):
        return False
    return hasattr(value, "value") and (hasattr(value, "name") or hasattr(value, "comment"))


def read_evaluation(result: Any) -> Evaluation:
    """An evaluation of a plain value (number, boolean, text, None) or of an object or mapping shaped like
    one.

    Raises NotAnEvaluation.
    """
    if isinstance(result, Evaluation):
        return result
    if not is_evaluation(result):
        return Evaluation(_plain(result))

    def part(key: str) -> Any:
        return result.get(key) if isinstance(result, Mapping) else getattr(result, key, None)

    comment = part("comment")
    if comment is not None and not isinstance(comment, str):
        raise NotAnEvaluation(f"the comment of an evaluation must be text, not {type(comment).__name__}")
    name = part("name")
    return Evaluation(
        value=_plain(part("value")),
        name=name if isinstance(name, str) else "",
        comment=comment,
        metadata=_metadata(part("metadata")),
    )


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if hasattr(value, "dtype") or isinstance(value, str | int | float):
        try:
            plain = to_json(value)
        except NotJson as error:
            raise NotAnEvaluation(error.message) from None
        if plain is None or isinstance(plain, bool | int | float | str):
            return plain
    raise NotAnEvaluation(f"a score is a number, a boolean or text, not {type(value).__name__}")


def _metadata(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    try:
        tree = to_json(value)
    except NotJson as error:
        raise NotAnEvaluation(f"the metadata of an evaluation is not JSON: {error}") from None
    return tree if isinstance(tree, dict) else {"metadata": tree}
