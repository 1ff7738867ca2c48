"""Whether a request can be made as a spec says, found out without making it."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from evalspec.kinds.http.fields import HttpFields, VersionFields
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.text_templates import check_template, check_tree, split_template

__all__ = ["EVENT_NAMES", "RESPONSE_NAMES", "check_request", "check_version", "origin_of", "statuses"]

RESPONSE_NAMES: Final = frozenset({"response"})
EVENT_NAMES: Final = frozenset({"event"})

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, section 5.6.2."""
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ORIGIN: Final = re.compile(r"[^/?#]*//[^/?#]*")
_RANGE: Final = re.compile(r"([1-5]\d\d)-([1-5]\d\d)")
_OWN: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_SECRET: Final = frozenset({"authorization", "proxy-authorization", "cookie"})
_BODIES: Final = ("json", "body", "form")
_WITHOUT_BODY: Final = ("GET", "DELETE")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as they are written."""
    match = _ORIGIN.match(url)
    return match[0] if match is not None else ""


def statuses(expected: Collection[int | str]) -> list[range]:
    """The statuses that `expect_status` names. ValueError for what names none."""
    found: list[range] = []
    for one in expected:
        match = _RANGE.fullmatch(str(one) if isinstance(one, str) else f"{one}-{one}")
        if match is None or match[1] > match[2]:
            raise ValueError(one)
        found.append(range(int(match[1]), int(match[2]) + 1))
    return found


def check_request(
    fields: HttpFields,
    names: Collection[str],
    resolving: Resolving,
    extract_names: Collection[str] = RESPONSE_NAMES,
) -> set[str]:
    """Report what is wrong with a request; the paths that its templates read."""
    paths = _check_url(fields.url, names, resolving)
    for name, text in fields.query.items():
        paths |= check_template(resolving, ("query", name), text, names)
    paths |= _check_body(fields, names, resolving)
    _check_headers(fields, resolving)
    if fields.extract is not None:
        resolving.expression(("extract",), fields.extract, extract_names)
    for index, one in enumerate(fields.expect_status):
        try:
            statuses([one])
        except ValueError:
            message = f"`{one}` names no status of a response"
            expected = "a number from 100 to 599, or a range such as `200-299`"
            resolving.report("wrong-value", message, ("expect_status", index), expected=expected)
    return paths


def check_version(version: VersionFields, url: str, resolving: Resolving) -> None:
    """Report what is wrong with the place where a service says its version."""
    at = ("version", "url")
    if "{{" in version.url or "{%" in version.url:
        message = "the version is asked for once, when there is no item yet"
        resolving.report("wrong-value", message, at, expected="a URL without templates")
    elif not version.url.startswith("/"):
        _check_origin(version.url, resolving, at)
        if origin_of(version.url).lower() != origin_of(url).lower():
            message = "the version of a service is asked of the same server"
            resolving.report("wrong-value", message, at, expected=f"a path, or a URL at {origin_of(url)}")
    if version.extract is not None:
        resolving.expression(("version", "extract"), version.extract, RESPONSE_NAMES)


def _check_url(url: str, names: Collection[str], resolving: Resolving) -> set[str]:
    if not _check_origin(url, resolving, ("url",)):
        return set()
    before = len(resolving.problems)
    paths = check_template(resolving, ("url",), url, names)
    if len(resolving.problems) == before:
        try:
            split_template(url, names)
        except ValueError:
            message = "a URL holds `{{ … }}` and no statements or comments"
            resolving.report("wrong-value", message, ("url",), expected="`{{ … if … else … }}`")
    return paths


def _check_origin(url: str, resolving: Resolving, at: Where) -> bool:
    origin = origin_of(url)
    if "{{" in origin or "{%" in origin or url.startswith(("{{", "{%")):
        message = "scheme, host and port stand in the spec: data must not choose who is asked"
        resolving.report("wrong-value", message, at, expected="a URL with `{{ … }}` only after the host")
        return False
    try:
        parts: SplitResult | None = urlsplit(origin)
        fine = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
        fine = fine and (parts is None or parts.port != 0)
    except ValueError:
        parts, fine = None, False
    if parts is None or not fine or re.search(r"\s", origin):
        message = f"`{url}` is no URL that can be asked"
        resolving.report("wrong-value", message, at, expected="http://… or https://…")
        return False
    if parts.username is not None or parts.password is not None:
        message = "a URL with a user or a password would carry it into the plan"
        expected = "`headers_env`, which names environment variables"
        resolving.report("wrong-value", message, at, expected=expected)
        return False
    return True


def _check_body(fields: HttpFields, names: Collection[str], resolving: Resolving) -> set[str]:
    given = [name for name in _BODIES if getattr(fields, name) is not None]
    if len(given) > 1:
        message = f"`{given[0]}` and `{given[1]}` cannot stand together"
        resolving.report("wrong-value", message, (given[1],), key=True, expected="one body")
    if given and fields.method == "GET":
        message = "a GET request has no body"
        resolving.report("wrong-value", message, (given[0],), key=True, expected="`query`, or another method")
    if not given and fields.method not in _WITHOUT_BODY:
        message = f"a {fields.method} request needs a body"
        resolving.report("missing-field", message, (), expected="one of `json`, `body` and `form`")
    if fields.content_type is not None and fields.body is None:
        message = "`content_type` is of a `body`, and there is none"
        resolving.report("wrong-value", message, ("content_type",), key=True)
    trees: Mapping[str, Any] = {name: getattr(fields, name) for name in given}
    return {path for name, tree in trees.items() for path in check_tree(resolving, (name,), tree, names)}


def _check_headers(fields: HttpFields, resolving: Resolving) -> None:
    seen: set[str] = set()
    for field, headers in (("headers", fields.headers), ("headers_env", fields.headers_env)):
        for name in headers:
            at, lower = (field, name), name.lower()
            if _TOKEN.fullmatch(name) is None:
                resolving.report("invalid-name", f"`{name}` cannot be the name of a header", at, key=True)
            elif lower in _OWN:
                message = f"`{name}` follows from the request itself"
                resolving.report("wrong-value", message, at, key=True)
            elif lower in seen:
                resolving.report("wrong-value", f"the header `{name}` stands here twice", at, key=True)
            elif field == "headers" and lower in _SECRET:
                message = f"the value of `{name}` would be carried into the plan"
                expected = "`headers_env`, which names environment variables"
                resolving.report("wrong-value", message, at, key=True, expected=expected)
            elif lower == "content-type" and fields.json is None and fields.form is None:
                message = "the media type of a body is `content_type`"
                resolving.report("wrong-value", message, at, key=True)
            seen.add(lower)
    for name, value in fields.headers.items():
        if not _is_value(value):
            message = f"the value of `{name}` cannot stand in a header"
            resolving.report("wrong-value", message, ("headers", name), expected="printable ASCII characters")
    for name, header in fields.headers_env.items():
        if _VARIABLE.fullmatch(header.env) is None:
            message = f"`{header.env}` cannot be the name of an environment variable"
            resolving.report("invalid-name", message, ("headers_env", name, "env"))
        if not _is_value(header.prefix):
            message = f"`{header.prefix}` cannot stand in a header"
            resolving.report("wrong-value", message, ("headers_env", name, "prefix"))


def _is_value(text: str) -> bool:
    return text.isascii() and (text.isprintable() or not text)
