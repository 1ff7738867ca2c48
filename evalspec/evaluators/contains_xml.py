"""`contains_xml`: whether there is XML in a text."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text

__all__ = ["KIND", "ContainsXmlFields"]


class ContainsXmlFields(OneScoreFields):
    """True where there is a whole, well-formed XML element somewhere in `value`: in a sentence, in a code
    fence, or alone; otherwise the comment says why not.

        [evaluators.thinks]
        type = "contains_xml"
        value = "output.answer"
        root = "thinking"
        score = "thinks"

    HTML without end tags is not XML: `<br>` is none, `<br/>` and `<b>x</b>` are. Where `value` is no text the
    evaluation fails with `not_text`; with more than 300,000 characters, or too many elements that never
    end, it fails with `too_large`. It needs the extra `formats`.
    """

    type: Literal["contains_xml"] = "contains_xml"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])
    root: str | None = Field(
        None,
        description="The name that the element must have: in whatever namespace, or `{uri}name` for one.",
        examples=["answer"],
    )
    elements: list[str] = Field(
        default=[],
        description="Names of elements of which there must be at least one each.",
        examples=[["title", "body"]],
    )


def _measure(fields: dict[str, Any]) -> Measure:
    require("defusedxml", "formats")

    async def measure(value: Any) -> Commented:
        good, comment = await evaluate_bounded(
            "evalspec.evaluators.xml_texts:contained",
            [text("value", value), fields.get("root"), fields["elements"]],
            preload=["defusedxml.ElementTree"],
        )
        return Commented(good, comment)

    return measure


KIND = plain_kind(
    ContainsXmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), extra="formats"
)
