"""`date_close`: whether two dates or moments are close."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.kinds.fields import Duration
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "DateCloseFields"]

_LONGEST: Final = 200
"""Characters of a date; no longer text is read."""


class DateCloseFields(OneScoreFields):
    """True where the date or moment in `value` is no further from `expected` than `within`, earlier or later.

    Both are text in ISO 8601, or in one of `formats`. A date without a time is its midnight. White space
    around it does not count.

        [evaluators.due]
        type = "date_close"
        value = "output.due"
        expected = "expected_output.due"
        formats = ["%Y-%m-%d", "%d.%m.%Y"]
        within = "1d"
        score = "due_right"

    Where something is no text the evaluation fails with `not_text`, where it is no such date with
    `not_a_date`. A moment with a time zone and one without cannot be compared: `mixed_time_zones`. Names of
    months and days in `formats` are those of the process's locale, which is English unless a program sets it.
    """

    type: Literal["date_close"] = "date_close"
    value: str = Field("output", description="Expression for the date to look at.", examples=["output.due"])
    expected: str = Field(
        "expected_output", description="Expression for what it should be.", examples=["expected_output.due"]
    )
    within: Duration = Field(description="How far apart they may be.", examples=["1d", "90s"])
    formats: list[str] | None = Field(
        None,
        description="The formats that are tried, in Python's `strptime` codes, instead of ISO 8601.",
        examples=[["%d.%m.%Y", "%B %d, %Y"]],
    )


def _check(fields: DateCloseFields, resolving: Resolving) -> None:
    if fields.formats == []:
        message = "no date has any of no formats"
        resolving.report("wrong-value", message, ("formats",), expected="at least one format")
    for index, form in enumerate(fields.formats or ()):
        try:
            # What is written by a format can be read by it, if it is sound and says the day or the time.
            datetime.strptime("", form)  # noqa: DTZ007 - only the format is looked at
        except ValueError as error:
            # Of a sound format it says that the empty text does not match it.
            if "does not match format" not in str(error):
                message = f"`{form}` is no format of dates: {error}"
                resolving.report("wrong-value", message, ("formats", index))


def _measure(fields: dict[str, Any]) -> Measure:
    within: float = fields["within"]
    formats: Sequence[str] | None = fields.get("formats")

    def measure(value: Any, expected: Any) -> Commented:
        one, other = (
            _moment(role, given, formats) for role, given in (("value", value), ("expected", expected))
        )
        if (one.utcoffset() is None) != (other.utcoffset() is None):
            with_zone, without = (one, other) if one.utcoffset() is not None else (other, one)
            message = f"`{with_zone.isoformat()}` has a time zone, and `{without.isoformat()}` has none"
            raise EvaluationError("mixed_time_zones", message)
        apart = one - other
        close = abs(apart.total_seconds()) <= within
        direction = "later" if apart.total_seconds() > 0 else "earlier"
        return Commented(close, None if close else f"{abs(apart)} {direction}")

    return measure


def _moment(role: str, value: Any, formats: Sequence[str] | None) -> datetime:
    given = text(role, value)
    trimmed = given.strip() if len(given) <= _LONGEST else ""
    for form in formats or (None,):
        try:
            # A time zone is not demanded of what a model writes; both have one, or neither.
            return datetime.fromisoformat(trimmed) if form is None else datetime.strptime(trimmed, form)  # noqa: DTZ007
        except ValueError:
            continue
    wanted = "in ISO 8601" if formats is None else f"of the form {' or '.join(map(repr, formats))}"
    raise EvaluationError("not_a_date", f"`{role}` is no date {wanted}: {given!r:.80}")


KIND = plain_kind(DateCloseFields, _measure, yields=BOOLEAN, group="comparison", check=_check)
