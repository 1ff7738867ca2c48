"""`is_xml`: whether a text is XML."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text

__all__ = ["KIND", "IsXmlFields"]


class IsXmlFields(OneScoreFields):
    """True where `value` is text that is a well-formed XML 1.0 document and nothing else; otherwise the
    comment says why not.

    White space around it does not count. Nothing is validated, and nothing fetched.

        [evaluators.well_formed]
        type = "is_xml"
        root = "answer"
        elements = ["title", "source"]
        score = "well_formed"

    Where `value` is no text the evaluation fails with `not_text`, with more than 300,000 characters with
    `too_large`, and where the document declares entities, which can make a small one huge, with
    `forbidden_entity`. It needs the extra `formats`.
    """

    type: Literal["is_xml"] = "is_xml"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])
    root: str | None = Field(
        None,
        description="The name that the root must have: in whatever namespace, or `{uri}name` for one.",
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
            "evalspec.evaluators.xml_texts:judged",
            [text("value", value), fields.get("root"), fields["elements"]],
            preload=["defusedxml.ElementTree"],
        )
        return Commented(good, comment)

    return measure


KIND = plain_kind(
    IsXmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), extra="formats"
)
