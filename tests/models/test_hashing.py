"""Embeddings by feature hashing, and sentence embeddings that need no server."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.models import ModelError, ModelSpec
from evalspec.models.client import Models
from evalspec.models.embedded.hashing import DIMENSIONS, hashed_embedding


def models_of(model: str) -> Models:
    return Models({"m": ModelSpec.from_fields("m", {"model": model})}, {})


def cosine(one: list[float], other: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def by_hand(*features: str) -> list[float]:
    vector = [0.0] * 256
    for feature in features:
        digest = hashlib.sha256(feature.encode()).digest()
        vector[digest[0]] += -1 if digest[1] % 2 else 1
    length = math.sqrt(sum(value**2 for value in vector))
    return [value / length for value in vector]


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("Hi", ["word hi", "part  hi", "part hi "]),
        ("a  B", ["word a", "word b", "part  a ", "part a b", "part  b "]),
        ("", ["part " + 2 * " "]),
    ],
)
def test_words_and_parts_of_words_are_counted(text: str, features: list[str]) -> None:
    assert hashed_embedding(text) == pytest.approx(by_hand(*features), abs=1e-15)


def test_signs_that_cancel_each_other_out_are_left_out() -> None:
    # Both features of this letter have the same place and opposite signs.
    vector = hashed_embedding("ग")
    places = {hashlib.sha256(feature.encode()).digest()[0] for feature in ("word ग", "part  ग ")}
    assert [index for index, value in enumerate(vector) if value] == list(places)
    assert sum(vector) == 1.0


@given(st.text())
def test_a_vector_has_length_one(text: str) -> None:
    vector = hashed_embedding(text)
    assert len(vector) == DIMENSIONS
    assert math.isclose(cosine(vector, vector), 1.0, rel_tol=1e-12)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_and_white_space_do_not_count(text: str) -> None:
    assert hashed_embedding(text.upper()) == hashed_embedding(text.lower())
    assert hashed_embedding(f" {text}\n\n") == hashed_embedding(text)


async def test_hash_through_the_client() -> None:
    async with models_of("embedded:hash") as models:
        found = await models.embed("m", ["the cat sat", "The cat sat.", "quarterly report"])
    near, far = cosine(found.vectors[0], found.vectors[1]), cosine(found.vectors[0], found.vectors[2])
    assert near > 0.7 > 0.3 > far
    assert found.embedded
    assert found.model_reported == "embedded:hash (embedded, not a language model)"
    assert found.usage.input_tokens == 8
    assert found.cost == 0.0
    assert models.totals()["judge"]["m"]["requests"] == 1


async def test_wordllama_needs_no_network() -> None:
    pytest.importorskip("wordllama")
    async with models_of("local:wordllama") as models:
        found = await models.embed("m", ["a cat sleeps", "a kitten naps", "the stock market fell"])
        again = await models.embed("m", ["a cat sleeps"])
        assert (await models.embed("m", [])).vectors == []
        with pytest.raises(ModelError, match="text 2 of 2 has no word") as caught:
            await models.embed("m", ["x", ""])
        assert caught.value.kind == "unsupported"
        with pytest.raises(ModelError) as caught:
            await models.chat("m", [{"role": "user", "content": "x"}], use="subject")
    assert caught.value.kind == "unsupported"
    assert [len(vector) for vector in found.vectors] == [256] * 3
    assert cosine(found.vectors[0], found.vectors[0]) == pytest.approx(1.0, abs=1e-5)
    assert cosine(found.vectors[0], found.vectors[1]) > cosine(found.vectors[0], found.vectors[2])
    assert again.vectors[0] == pytest.approx(found.vectors[0], abs=1e-6)
    assert found.model_reported is not None
    assert found.model_reported.startswith("wordllama ")
    assert not found.embedded


@pytest.mark.parametrize("model", ["local:other", "embedded:echo"])
async def test_there_are_no_other_embeddings_here(model: str) -> None:
    async with models_of(model) as models:
        with pytest.raises(ModelError) as caught:
            await models.embed("m", ["x"])
    assert caught.value.kind == "unsupported"
