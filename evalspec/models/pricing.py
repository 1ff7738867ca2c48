"""What a request costs: by the price in the spec, else by the price list of genai-prices."""

from evalspec.models.messages import Usage
from evalspec.models.spec import ModelSpec, Price

__all__ = ["cost_of"]

_MILLION = 1_000_000


def cost_of(spec: ModelSpec, usage: Usage, model_reported: str | None) -> float | None:
    """USD for `usage`, or None where nobody knows the price or the provider counted no tokens.

    The price list is asked for the model that answered, then for the one that was asked. With a `base_url`
    only the price list's entries for that address count: the same name costs something else elsewhere.
    """
    if spec.provider in ("embedded", "local"):
        return 0.0
    if not usage.total:
        return None
    if spec.price is not None:
        return _by_price(spec.price, usage)
    for model in dict.fromkeys((model_reported or spec.model, spec.model)):
        cost = _by_list(spec, usage, model)
        if cost is not None:
            return cost
    return None


def _by_price(price: Price, usage: Usage) -> float:
    cached = price.input if price.cached_input is None else price.cached_input
    fresh = usage.input_tokens - usage.cached_input_tokens
    return (fresh * price.input + usage.cached_input_tokens * cached + usage.output_tokens * price.output) / (
        _MILLION
    )


def _by_list(spec: ModelSpec, usage: Usage, model: str) -> float | None:
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price

    priced = PricedUsage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_input_tokens,
        output_tokens=usage.output_tokens,
    )
    provider = spec.provider.removesuffix("-responses").removesuffix("-chat")
    try:
        if spec.base_url is None:
            found = calc_price(priced, model, provider_id=provider)
        else:
            found = calc_price(priced, model, provider_api_url=spec.base_url)
    except (LookupError, ValueError):
        # No such provider or model in the list, or counts that it can make no sense of.
        return None
    return float(found.total_price)
