"""The formats that `json_schema` checks, the same set on every machine (JSON Schema 2020-12 validation,
§7.3).
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final
from urllib.parse import urlsplit

from evalspec.checking.patterns import compile_pattern

__all__ = ["FORMATS", "format_checker"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# RFC 3339 §5.6: an offset is required, and `T` and `Z` may be in lower case.
_TIME: Final = re.compile(r"\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[zZ]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?P<domain>[^@\s]+)")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_URI: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None


def _is_time(text: str) -> bool:
    if _TIME.fullmatch(text) is None:
        return False
    hours, minutes, seconds = int(text[:2]), int(text[3:5]), int(text[6:8])
    # A leap second is a second.
    return hours < 24 and minutes < 60 and seconds <= 60


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_hostname(text: str) -> bool:
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


def _is_email(text: str) -> bool:
    match = _EMAIL.fullmatch(text)
    return match is not None and _is_hostname(match["domain"])


def _is_ipv4(text: str) -> bool:
    return IPv4Address(text) is not None


def _is_ipv6(text: str) -> bool:
    return IPv6Address(text).scope_id is None


def _is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None and _SCHEME.fullmatch(urlsplit(text).scheme) is not None


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_regex(text: str) -> bool:
    return compile_pattern(text) is not None


FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "time": _is_time,
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "regex": _is_regex,
    "uri": _is_uri,
    "uuid": _is_uuid,
}
"""Each format with its check, which says no by False or ValueError."""


@lru_cache
def format_checker() -> Any:
    """The checks in the form that `jsonschema` takes."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name, raises=ValueError)(_for_text(check))
    return checker


def _for_text(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)
