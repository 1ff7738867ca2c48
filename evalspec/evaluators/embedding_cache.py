"""Embeddings of texts, each asked for once while it is remembered."""

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakKeyDictionary

from evalspec.evaluators.base import EvaluationError
from evalspec.kinds.generations import embed

if TYPE_CHECKING:
    from evalspec.models.client import Models

__all__ = ["MAX_REMEMBERED", "embeddings_of"]

MAX_REMEMBERED: Final = 1_024
"""Texts whose embeddings are remembered, of all models of a run together; the oldest goes first."""

Vector: TypeAlias = "array[float]"
_Cache: TypeAlias = OrderedDict[tuple[str, str], Vector]

_caches: "WeakKeyDictionary[Models, _Cache]" = WeakKeyDictionary()


async def embeddings_of(models: "Models", name: str, texts: Sequence[str]) -> list[Vector]:
    """A vector for each text. What is not remembered is asked for in one go, and recorded as an embedding.

    Raises ModelError, and EvaluationError `invalid_embedding` where vectors have different lengths.
    """
    cache = _caches.setdefault(models, OrderedDict())
    found = {text: cache[name, text] for text in texts if (name, text) in cache}
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    if missing:
        answer = await embed(models, name, missing, use="judge", label=name)
        found |= zip(missing, (array("d", vector) for vector in answer.vectors), strict=True)
    for text in dict.fromkeys(texts):
        cache[name, text] = found[text]
        cache.move_to_end((name, text))
    while len(cache) > MAX_REMEMBERED:
        cache.popitem(last=False)
    vectors = [found[text] for text in texts]
    if len({len(vector) for vector in vectors}) > 1:
        lengths = " and ".join(str(len(vector)) for vector in vectors)
        raise EvaluationError("invalid_embedding", f"the vectors have different lengths: {lengths}")
    return vectors
