"""What is read from a response: JSON, text, or what an expression makes of them."""

import codecs
import re
from collections.abc import Mapping
from typing import Any, Final

from evalspec.kinds.outside import CallFailed, parse_json
from evalspec.kinds.text_templates import evaluated
from evalspec.templates import compile_expression

__all__ = ["Extractor", "is_json", "text_in"]

_PLAIN: Final = "text/plain"
_CHARSETS: Final = re.compile(
    "utf-(8|16|32)(-[bl]e)?|ascii|iso8859-[0-9]+|cp[0-9]+|koi8-[rtu]|gb2312|gbk|gb18030|big5|shift_jis|"
    "euc_(jp|kr)"
)
"""By their names in Python, which has others that take the square of a text's length, or are no charsets."""


class Extractor:
    """Reads the result from a response, as an expression says or by its media type."""

    def __init__(self, text: str | None) -> None:
        self._expression = None if text is None else compile_expression(text, {"response"})
        paths = () if self._expression is None else self._expression.paths
        self._needs_json = any(path.startswith("response.json") for path in paths)
        self._needs_text = any(path.startswith("response.text") for path in paths)
        self._may_read = any(path == "response" for path in paths)

    def __call__(self, status: int, headers: Mapping[str, str], text: str | None) -> Any:
        """The result; `text` is None for a body that is no text.

        Raises CallFailed: `invalid_json`, `not_text`, `missing_key`, `expression_failed`.
        """
        if self._expression is None:
            return self._plainly(headers, text)
        response: dict[str, Any] = {"status": status, "headers": dict(headers)}
        if text is not None:
            response["text"] = text
        elif self._needs_json or self._needs_text:
            raise _not_text()
        if self._needs_json or (self._may_read and is_json(headers)):
            response["json"] = parse_json(text or "", "the response")
        return evaluated("extract", self._expression, {"response": response})

    @staticmethod
    def _plainly(headers: Mapping[str, str], text: str | None) -> Any:
        if text is None:
            raise _not_text()
        return parse_json(text, "the response") if is_json(headers) else text


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether the media type is one of JSON (RFC 6839, section 3.1)."""
    kind = headers.get("content-type", _PLAIN).partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def text_in(body: bytes, charset: str | None) -> str | None:
    """The text of a body; None where it is none in its charset, or that is none of the known ones."""
    try:
        name = codecs.lookup(charset or "utf-8").name
        if not _CHARSETS.fullmatch(name):
            return None
        return body.decode(name).removeprefix("\ufeff")
    except (LookupError, ValueError):
        return None


def _not_text() -> CallFailed:
    return CallFailed("not_text", "the response is not text in its charset")
