"""What `is_xml` and `contains_xml` share: their fields, and how they are measured."""

from typing import Any

from pydantic import Field

from evalspec.evaluators.base import OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, text

__all__ = ["XmlFields", "xml_measure"]


class XmlFields(OneScoreFields):
    """Fields of a kind that looks at XML."""

    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])
    root: str | None = Field(
        None,
        description="The name that the outermost element must have: in whatever namespace, or `{uri}name` "
        "for one.",
        examples=["answer"],
    )
    elements: list[str] = Field(
        default=[],
        description="Names of elements of which there must be at least one each.",
        examples=[["title", "body"]],
    )


def xml_measure(function: str, fields: dict[str, Any]) -> Measure:
    """The measure that a function of `evalspec.evaluators.xml_texts` makes."""
    require("defusedxml", "formats")
    rest = [fields.get("root"), fields["elements"]]

    async def measure(value: Any) -> Commented:
        name = f"evalspec.evaluators.xml_texts:{function}"
        given = [text("value", value), *rest]
        good, comment = await evaluate_bounded(name, given, preload=["defusedxml.ElementTree"])
        return Commented(good, comment)

    return measure
