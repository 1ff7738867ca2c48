"""`is_url`: whether a text is a URL."""

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "IsUrlFields"]

# RFC 3986, appendix A.
_PCHAR: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_REGISTERED: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*+):"
    rf"(?://(?:(?P<user>(?:{_REGISTERED}|:)*+)@)?"
    rf"(?P<host>\[(?P<literal>[0-9A-Za-z:.~!$&'()*+,;=_-]*+)\]|{_REGISTERED}*+)(?::(?P<port>[0-9]*+))?"
    rf"(?:/{_PCHAR}*+)*+"
    rf"|/?{_PCHAR}++(?:/{_PCHAR}*+)*+|/?)"
    rf"(?:\?(?:{_PCHAR}|[/?])*+)?(?:#(?:{_PCHAR}|[/?])*+)?"
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_FUTURE: Final = re.compile(r"[vV][0-9A-Fa-f]++\.[0-9A-Za-z._~!$&'()*+,;=:-]++")
_NEEDS_HOST: Final = frozenset({"http", "https", "ws", "wss", "ftp"})
"""RFC 9110, section 4.2; RFC 6455, section 3; RFC 1738, section 3.2."""
_MAX_PORT: Final = 65_535


class IsUrlFields(OneScoreFields):
    """True where `value` is text that is a URL of one of the schemes and nothing else; otherwise the comment
    says why not.

    The syntax is that of a URI with a scheme in RFC 3986: other than ASCII letters and spaces must be
    percent-encoded. `http` and `https` need a host. Nothing is fetched, and hosts need not exist.

        [evaluators.cites]
        type = "is_url"
        value = "output.source"
        schemes = ["https"]
        score = "cites"

    White space around it counts; the filter `trim` takes it away. Where `value` is no text the evaluation
    fails with `not_text`.
    """

    type: Literal["is_url"] = "is_url"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.source | trim"]
    )
    schemes: list[str] = Field(
        default=["http", "https"],
        description="The schemes that are allowed, in whatever case.",
        examples=[["https"], ["https", "mailto"]],
    )


def _check(fields: IsUrlFields, resolving: Resolving) -> None:
    if not fields.schemes:
        message = "no scheme is allowed"
        resolving.report("wrong-value", message, ("schemes",), expected="at least one scheme")
    for index, scheme in enumerate(fields.schemes):
        if _SCHEME.fullmatch(scheme) is None:
            message = f"`{scheme}` is no scheme of URLs"
            resolving.report("wrong-value", message, ("schemes", index), expected="a name such as `https`")


def _measure(fields: dict[str, Any]) -> Measure:
    schemes = {scheme.lower() for scheme in fields["schemes"]}

    def measure(value: Any) -> Commented:
        fault = _fault(text("value", value), schemes)
        return Commented(fault is None, fault)

    return measure


def _fault(given: str, schemes: set[str]) -> str | None:
    url = _URL.fullmatch(given)
    if url is None:
        return "this is no URL"
    scheme = url["scheme"].lower()
    if scheme not in schemes:
        return f"the scheme `{scheme:.50}` is not allowed"
    if scheme in _NEEDS_HOST and not url["host"]:
        return "there is no host"
    if url["port"] and int(url["port"][-6:]) > _MAX_PORT:
        return f"the port is more than {_MAX_PORT}"
    literal = url["literal"]
    if literal is not None and _FUTURE.fullmatch(literal) is None and not _is_ipv6(literal):
        return "the address in brackets is no IPv6 address"
    return None


def _is_ipv6(literal: str) -> bool:
    try:
        return IPv6Address(literal).scope_id is None
    except AddressValueError:
        return False


KIND = plain_kind(IsUrlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), check=_check)
