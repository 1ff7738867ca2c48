"""`contains_xml`: whether there is XML in a text."""

from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.xml_fields import XmlFields, xml_measure

__all__ = ["KIND", "ContainsXmlFields"]


class ContainsXmlFields(XmlFields):
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


def _measure(fields: dict[str, Any]) -> Measure:
    return xml_measure("contained", fields)


KIND = plain_kind(
    ContainsXmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), extra="formats"
)
