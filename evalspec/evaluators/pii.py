"""`pii`: whether a text holds personal data that has a form."""

from collections.abc import Awaitable
from typing import Any, Final, Literal, get_args

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluationError, EvaluatorFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.pii_patterns import PiiKind, count_pii
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.kinds.bounded import Limits
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "MAX_LENGTH", "PiiFields"]

MAX_LENGTH: Final = 100_000
"""The longest text in characters."""

_QUICK: Final = 10_000
"""Characters that are searched at once."""

_LIMITS: Final = Limits(seconds=60)
"""What may be searched at all takes less than a second; a slow machine must not decide."""


class PiiFields(EvaluatorFields):
    """Whether a text holds personal data that can be told by its form, and how often.

        [evaluators.leaks]
        type = "pii"
        value = "output.answer"
        kinds = ["email", "phone", "credit_card"]
        scores = { found = "leaks_data", count = "leaked_pieces" }

    `found` is true where there is any, `count` the number of pieces. The comment says how many of each kind
    there are, and never what they are.

    What is found: mail addresses; phone numbers that begin with `+`, and American ones with separators;
    numbers of payment cards with a valid check digit (Luhn); IBANs with the length of their country and a
    valid check number (ISO 13616); US social security numbers with hyphens or spaces; IPv4 and IPv6 addresses
    but those of the machine itself. Names, postal addresses, dates of birth and numbers in other
    forms are **not** found, so that nothing is found does not say that nothing is there. Made-up data such as
    `jane@example.com` counts, and a version number of four parts looks like an IPv4 address.

    The evaluation fails with `not_text` where `value` is none, and with `too_large` above 100,000 characters.
    """

    type: Literal["pii"] = "pii"
    score: str | None = Field(None, description="Name of the score that its `found` is, from `[scores]`.")
    scores: dict[Literal["found", "count"], str] | None = Field(
        None,
        description="The scores it gives: which of `found` and `count`, to name of the score, instead of "
        "`score`.",
        examples=[{"found": "leaks_data", "count": "leaked_pieces"}],
    )
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    kinds: list[PiiKind] | None = Field(
        None, description="What is looked for; without it everything.", examples=[["email", "phone"]]
    )


def _check(fields: PiiFields, resolving: Resolving) -> None:
    if fields.kinds == []:
        resolving.report("wrong-value", "nothing is looked for", ("kinds",), expected="at least one kind")


def _measure(fields: dict[str, Any]) -> Measure:
    wanted: tuple[str, ...] = tuple(fields.get("kinds") or get_args(PiiKind))

    def read(counts: dict[str, int]) -> dict[str, Commented]:
        found = {kind: counts[kind] for kind in get_args(PiiKind) if kind in wanted and counts[kind]}
        comment = ", ".join(f"{kind} {count}" for kind, count in found.items()) or None
        total = sum(found.values())
        return {"found": Commented(total > 0, comment), "count": Commented(total, comment)}

    async def elsewhere(given: str) -> dict[str, Commented]:
        function = "evalspec.evaluators.pii_patterns:count_pii"
        return read(await evaluate_bounded(function, [given], limits=_LIMITS, preload=["re2"]))

    def measure(value: Any) -> dict[str, Commented] | Awaitable[dict[str, Commented]]:
        given = text("value", value)
        if len(given) > MAX_LENGTH:
            message = f"`value` has {len(given):,} characters, more than {MAX_LENGTH:,}"
            raise EvaluationError("too_large", message)
        return read(count_pii(given)) if len(given) <= _QUICK else elsewhere(given)

    return measure


KIND = plain_kind(
    PiiFields,
    _measure,
    yields={"found": BOOLEAN, "count": NUMBER},
    group="text",
    expressions=("value",),
    check=_check,
)
