"""`embedded:hash`: embeddings by feature hashing, the same on every machine."""

import hashlib
import math
import re
from collections.abc import Iterator
from typing import Final

__all__ = ["DIMENSIONS", "hashed_embedding"]

DIMENSIONS: Final = 256
_WORD: Final = re.compile(r"\w+")


def hashed_embedding(text: str) -> list[float]:
    """A vector of length 1 of the words and the sequences of three characters of the lower-cased text.

    Each feature adds 1 or -1 to one of 256 dimensions, both taken from its SHA-256 (Weinberger et al. 2009,
    "Feature Hashing for Large Scale Multitask Learning"). Runs of white space count as one space.
    """
    features = list(_features(text))
    vector = _summed(features, signed=True)
    if not any(vector):
        # The signs cancelled each other out; without them nothing can.
        vector = _summed(features, signed=False)
    length = math.sqrt(math.fsum(value * value for value in vector))
    return [value / length for value in vector]


def _features(text: str) -> Iterator[str]:
    text = text.lower()
    yield from (f"word {word}" for word in _WORD.findall(text))
    # Framed by spaces, so that beginnings and ends of words count, and no text is without a feature.
    framed = f" {' '.join(text.split())} "
    yield from (f"part {framed[at : at + 3]}" for at in range(max(1, len(framed) - 2)))


def _summed(features: list[str], *, signed: bool) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for feature in features:
        digest = hashlib.sha256(feature.encode("utf-8", "surrogatepass")).digest()
        vector[digest[0]] += -1.0 if signed and digest[1] & 1 else 1.0
    return vector
