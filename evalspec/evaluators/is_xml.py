"""`is_xml`: whether a text is XML."""

from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.xml_fields import XmlFields, xml_measure

__all__ = ["KIND", "IsXmlFields"]


class IsXmlFields(XmlFields):
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


def _measure(fields: dict[str, Any]) -> Measure:
    return xml_measure("judged", fields)


KIND = plain_kind(
    IsXmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), extra="formats"
)
