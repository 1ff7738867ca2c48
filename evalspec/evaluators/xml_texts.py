"""The work of `is_xml` and `contains_xml` on what a model wrote; for a worker."""

import re
from collections.abc import Iterable
from typing import Any, Final
from xml.parsers import expat

from evalspec.kinds.bounded import Refused, TooLarge

__all__ = ["contained", "judged"]

MAX_LENGTH: Final = 300_000
"""The longest text in characters."""

_MAX_WORK: Final = 10_000_000
"""Bytes that are read altogether: what begins and never ends is read again from the next beginning."""
_OVERHEAD: Final = 1_000
"""What one beginning costs, in bytes."""
_TAG_OVERHEAD: Final = 100
"""What one tag costs, in bytes."""
_CHUNK: Final = 4_096
_BEGINNING: Final = re.compile(rb"<[^\W\d][^\s<>/=\"'&]*+[\s/>]|<[\x80-\xff:_]")


def _encoded(text: str) -> bytes | None:
    """As UTF-8; None where there are characters that no XML can have."""
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"the text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def judged(text: str, root: str | None, elements: list[str]) -> list[Any]:
    """Whether a text is an XML document with this root and these elements, and why not.

    Raises Refused `forbidden_entity` and TooLarge.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if _encoded(text) is None:
        return [False, "there is a lone surrogate, which is no character"]
    try:
        # White space before the declaration is forbidden, and models begin with a line break.
        tree = fromstring(text.strip(" \t\r\n"))
    except ParseError as error:
        return [False, str(error)]
    except DefusedXmlException:
        raise Refused("forbidden_entity", "the document declares entities, and is not read") from None
    return _fitting((element.tag for element in tree.iter()), root, elements)


def _fitting(tags: Iterable[str], root: str | None, elements: list[str]) -> list[Any]:
    """Whether the tags, that of the root first, are as wanted, and why not."""
    found = list(dict.fromkeys(tags))
    if root is not None and not _is_named(found[0], root):
        return [False, f"the root is `{found[0]}` and not `{root}`"]
    for name in elements:
        if not any(_is_named(tag, name) for tag in found):
            return [False, f"there is no element `{name}`"]
    return [True, None]


def _is_named(tag: str, name: str) -> bool:
    """Whether a tag is meant by a name, which leaves the namespace open unless it says one."""
    return tag == name if name.startswith("{") else tag.rpartition("}")[2] == name


class _Element:
    """Reads one element from its beginning."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.ended = -1
        self._depth = 0
        self._parser = parser = expat.ParserCreate("utf-8", "}")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self.ended < 0:
            self.tags.append("{" + name if "}" in name else name)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == 0 and self.ended < 0:
            self.ended = self._parser.CurrentByteIndex

    def read(self, data: bytes, start: int) -> int:
        """Read on until the element ended or is no XML; how many bytes that took."""
        position = start
        while self.ended < 0 and position < len(data):
            chunk = data[position : position + _CHUNK]
            try:
                # What follows the element in the last chunk may be no XML.
                self._parser.Parse(chunk, False)
            except expat.ExpatError:
                return max(self._parser.ErrorByteIndex, 0)
            position += len(chunk)
        return position - start


def contained(text: str, root: str | None, elements: list[str]) -> list[Any]:
    """Whether an XML element with this name and these elements in it is in a text, and why not.

    Raises TooLarge.
    """
    data = _encoded(text)
    if data is None:
        data = text.encode("utf-8", "replace")
    position, work = 0, 0
    comment: str | None = None
    while (match := _BEGINNING.search(data, position)) is not None:
        element = _Element()
        work += element.read(data, match.start()) + _OVERHEAD + _TAG_OVERHEAD * len(element.tags)
        if element.ended >= 0:
            good, fault = _fitting(element.tags, root, elements)
            if good:
                return [True, None]
            comment = comment or fault
            # With a root that is wanted, it may be within this one.
            position = match.end() if root is not None else match.start() + max(element.ended, 1)
        else:
            position = match.start() + 1
        if work > _MAX_WORK:
            raise TooLarge("the text has too many beginnings of XML elements that are not ended")
    return [False, comment or "there is no XML element"]
