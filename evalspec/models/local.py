"""`local:wordllama`: sentence embeddings from the weights that a package carries, without a network."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from evalspec.models.errors import ModelError
from evalspec.models.messages import Embeddings, Usage
from evalspec.models.spec import ModelSpec

__all__ = ["LocalEmbedder"]


class LocalEmbedder:
    """WordLlama's static token embeddings, averaged: 256 dimensions, vectors of length 1.

    They are computed in a thread, because they take the processor and not the network.
    """

    def __init__(self, spec: ModelSpec) -> None:
        if spec.model != "wordllama":
            raise ModelError("unsupported", f"there is no local:{spec.model}; there is local:wordllama")
        self._spec = spec
        self._model: Any = None
        self._loading = anyio.Lock()

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of `texts`; usage is in words, the cost zero.

        Raises ModelError(unsupported) for a text without a word: there is no direction for nothing.
        """
        async with self._loading:
            if self._model is None:
                self._model = await anyio.to_thread.run_sync(_loaded)
        started = time.time_ns()
        vectors = await anyio.to_thread.run_sync(self._vectors, list(texts))
        return Embeddings(
            vectors=vectors,
            model_requested=self._spec.model,
            model_reported=_reported(),
            usage=Usage(sum(len(text.split()) for text in texts), 0),
            cost=0.0,
            started_ns=started,
            ended_ns=time.time_ns(),
            provider=self._spec.provider,
            parameters=dict(self._spec.parameters),
        )

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        if not texts:
            return []
        import numpy as np

        vectors = self._model.embed(texts, norm=False)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not lengths.all():
            index = int(np.argmin(lengths))
            raise ModelError("unsupported", f"text {index + 1} of {len(texts)} has no word to embed")
        normed: list[list[float]] = (vectors / lengths).tolist()
        return normed


def _loaded() -> Any:
    try:
        import wordllama
    except ImportError as error:
        message = "local:wordllama is not installed; pip install 'evalspec[embeddings]'"
        raise ModelError("missing_extra", message) from error
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)


def _reported() -> str:
    from importlib.metadata import version

    return f"wordllama {version('wordllama')}"
