"""What requests cost."""

from typing import Any

import pytest
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from evalspec.models import ModelSpec, Usage
from evalspec.models.pricing import cost_of


def cost(model: str, usage: Usage, reported: str | None = None, **fields: Any) -> float | None:
    return cost_of(ModelSpec.from_fields("m", {"model": model, **fields}), usage, reported)


USAGE = Usage(input_tokens=1_000_000, output_tokens=500_000, cached_input_tokens=200_000, reasoning_tokens=9)


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        # 1 * 2 + 0.5 * 8; then 0.8 * 2 + 0.2 * 0.5 + 0.5 * 8.
        ({"input": 2.0, "output": 8.0}, 6.0),
        ({"input": 2.0, "output": 8.0, "cached_input": 0.5}, 5.7),
        ({"input": 2.0, "output": 8.0, "cached_input": 0.0}, 5.6),
        ({"input": 0.0, "output": 0.0}, 0.0),
    ],
)
def test_the_price_of_the_spec(price: dict[str, float], expected: float) -> None:
    assert cost("openai:anything", USAGE, price=price) == pytest.approx(expected)


def test_the_price_list() -> None:
    listed = calc_price(PricedUsage(input_tokens=1000, output_tokens=10), "gpt-4o-mini", provider_id="openai")
    small = Usage(1000, 10)
    expected = pytest.approx(float(listed.total_price))
    assert cost("openai:gpt-4o-mini", small) == expected
    assert cost("openai-responses:gpt-4o-mini", small) == expected
    # The one that answered goes before the one that was asked, unless the list does not know it.
    assert cost("openai:no-such-model", small, "gpt-4o-mini") == expected
    assert cost("openai:gpt-4o-mini", small, "no-such-model") == expected
    assert cost("openai:gpt-4o-mini", small, base_url="https://api.openai.com/v1") == expected


def test_what_nobody_knows_is_not_free() -> None:
    small = Usage(1000, 10)
    assert cost("openai:no-such-model", small) is None
    assert cost("no-such-provider:gpt-4o-mini", small) is None
    assert cost("openai:gpt-4o-mini", small, base_url="http://127.0.0.1:1/v1") is None
    # A provider that counts nothing has not worked for nothing.
    assert cost("openai:gpt-4o-mini", Usage(), price={"input": 1.0, "output": 1.0}) is None


def test_what_runs_here_is_free() -> None:
    assert cost("embedded:echo", Usage(5, 5)) == 0.0
    assert cost("local:wordllama", Usage()) == 0.0
