"""`is_email`: whether a text is a mail address."""

from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text

__all__ = ["KIND", "IsEmailFields"]

_LONGEST: Final = 1_000
"""Characters; no longer text is parsed. An address has 254 (RFC 5321, section 4.5.3.1)."""


class IsEmailFields(OneScoreFields):
    """True where `value` is text that is one mail address and nothing else; otherwise the comment says why
    not.

    The syntax is that of RFC 5321 and 5322 without their oddities (comments, quoted names, addresses in
    brackets), as the `email-validator` package reads them. The domain must be one that could be reached from
    everywhere: it has a dot, and is none of those that are reserved, such as `localhost` and `.test`. Nothing
    is looked up.

        [evaluators.contact]
        type = "is_email"
        value = "output.contact"
        score = "contact"

    White space around it counts; the filter `trim` takes it away. Where `value` is no text the evaluation
    fails with `not_text`. It needs the extra `formats`.
    """

    type: Literal["is_email"] = "is_email"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.contact | trim"]
    )
    international: bool = Field(
        True,
        description="Whether other than ASCII letters may be in it (RFC 6531).",
    )


def _measure(fields: dict[str, Any]) -> Measure:
    require("email_validator", "formats")
    from email_validator import EmailNotValidError, validate_email

    international: bool = fields["international"]

    def measure(value: Any) -> Commented:
        given = text("value", value)
        if len(given) > _LONGEST:
            return Commented(False, "the text is longer than any address")
        if not international and not given.isascii():
            return Commented(False, "there are other than ASCII letters")
        try:
            validate_email(given, check_deliverability=False)
        except (EmailNotValidError, UnicodeError) as error:
            return Commented(False, str(error))
        return Commented(True, None)

    return measure


KIND = plain_kind(
    IsEmailFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), extra="formats"
)
