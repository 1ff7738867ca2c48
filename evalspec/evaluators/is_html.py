"""`is_html`: whether a text is HTML."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.html_measuring import html_measure
from evalspec.evaluators.plain import Measure, plain_kind

__all__ = ["KIND", "IsHtmlFields"]


class IsHtmlFields(OneScoreFields):
    """True where `value` is text that is an HTML document or fragment and nothing else; otherwise the comment
    says why not.

    Browsers refuse nothing, so these rules say what counts: it begins and ends with a tag, a doctype or a
    comment; every element is one of HTML's, a custom one (with a hyphen), or within `svg` or `math`; what is
    opened is closed, in order, but for elements whose end tag may be left out (such as `li`, `p`, `td`) and
    those that have none (such as `br`). White space around it does not count.

        [evaluators.is_page]
        type = "is_html"
        value = "output.page"
        score = "is_page"

    Where `value` is no text the evaluation fails with `not_text`, with more than 300,000 characters with
    `too_large`. The elements are those of the HTML Living Standard and the obsolete ones that it names.
    """

    type: Literal["is_html"] = "is_html"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.page"])


def _measure(fields: dict[str, Any]) -> Measure:
    return html_measure("judged")


KIND = plain_kind(IsHtmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",))
