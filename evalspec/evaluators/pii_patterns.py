"""Finding personal data by its form. Called in a worker where the text is long."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any, Final, Literal, get_args

from evalspec.checking.patterns import compile_pattern
from evalspec.evaluators.unicode_text import without_surrogates

__all__ = ["PiiKind", "count_pii"]

PiiKind = Literal["email", "phone", "credit_card", "iban", "us_ssn", "ipv4", "ipv6"]

_Span = tuple[int, int]

_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
"""Characters of an IBAN by its country, from the IBAN registry of ISO 13616."""

_PATTERNS: Final = {
    "email": r"[\pL\pN._%+\-]+@[\pL\pN\-]+(?:\.[\pL\pN\-]+)*\.\pL{2,63}",
    "international": r"\+[1-9](?:[ .\-/]?\(?[0-9]\)?){6,14}",
    "american": r"(?:1[ .\-])?(?:\([2-9][0-9]{2}\)[ .\-]?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}",
    "digits": r"[0-9]+(?:[ \-][0-9]+)*",
    "iban": r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,29}",
    "us_ssn": r"[0-9]{3}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}",
    "ipv4": r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
    "ipv6": r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
}
_MOST_GROUPS: Final = 6
"""Groups of digits in the number of a card, at most."""
_GROUP: Final = re.compile("[0-9]+")
# What is made of digits in more than one way is what has the stricter form.
_ORDER: Final = ("iban", "credit_card", "us_ssn", "ipv6", "ipv4", "email", "phone")


def count_pii(text: str) -> dict[str, int]:
    """How many pieces of each kind there are; a piece is of one kind, and pieces do not overlap."""
    text = without_surrogates(text)
    counts = dict.fromkeys(get_args(PiiKind), 0)
    taken = bytearray(len(text))
    for kind in _ORDER:
        for start, end in _FINDERS[kind](text):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                counts[kind] += 1
    return counts


@lru_cache
def _compiled(name: str) -> Any:
    return compile_pattern(_PATTERNS[name])


def _spans(name: str, text: str) -> Iterator[_Span]:
    """Where a pattern matches and no letter or digit goes on before or behind."""
    for match in _compiled(name).finditer(text):
        start, end = match.span()
        if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield start, end


def _emails(text: str) -> Iterator[_Span]:
    return _spans("email", text)


def _phones(text: str) -> Iterator[_Span]:
    for start, end in _spans("international", text):
        if sum(map(str.isdigit, text[start:end])) <= 15:
            yield start, end
    yield from _spans("american", text)


def _cards(text: str) -> Iterator[_Span]:
    """Numbers of 13 to 19 digits: whole groups within a row of groups, since a date may follow."""
    for start, end in _spans("digits", text):
        groups = [match.span() for match in _GROUP.finditer(text, start, end)]
        first = 0
        while first < len(groups):
            count = _groups_of_card(text, groups[first : first + _MOST_GROUPS])
            if count:
                yield groups[first][0], groups[first + count - 1][1]
            first += count or 1


def _groups_of_card(text: str, groups: list[_Span]) -> int:
    """With how many of these groups a number ends that begins with the first; 0 where none does."""
    digits = ""
    for count, (start, end) in enumerate(groups, 1):
        digits += text[start : min(end, start + 20)]
        if len(digits) > 19:
            break
        if len(digits) >= 13 and _is_card(digits):
            return count
    return 0


def _is_card(digits: str) -> bool:
    """ISO/IEC 7812: the issuer's first digit, and the check digit by Luhn's formula."""
    if digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    odd = [int(digit) for digit in digits[-1::-2]]
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(odd) + sum(doubled)) % 10 == 0


def _ibans(text: str) -> Iterator[_Span]:
    for match in _compiled("iban").finditer(text):
        start, end = match.span()
        length = _IBAN_LENGTHS.get(text[start : start + 2])
        if length is None or text[start - 1 : start].isalnum():
            continue
        places = [place for place in range(start, end) if text[place] != " "][:length]
        after = places[-1] + 1
        if len(places) == length and not text[after : after + 1].isalnum():
            iban = "".join(text[place] for place in places)
            if int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1:
                yield start, after


def _social_security_numbers(text: str) -> Iterator[_Span]:
    for start, end in _spans("us_ssn", text):
        area, group, serial = text[start : start + 3], text[start + 4 : start + 6], text[end - 4 : end]
        if area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000":
            yield start, end


def _addresses_4(text: str) -> Iterator[_Span]:
    for start, end in _spans("ipv4", text):
        goes_on = text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit()
        if not goes_on and text[start - 1 : start] != "." and _is_address(IPv4Address, text[start:end]):
            yield start, end


def _addresses_6(text: str) -> Iterator[_Span]:
    for match in _compiled("ipv6").finditer(text):
        start = match.start()
        found = match.group().rstrip(".")
        if found.endswith(":") and not found.endswith("::"):
            found = found[:-1]
        end = start + len(found)
        alone = not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
        # `a::b` is more often a name in a program.
        if alone and any(map(str.isdigit, found)) and _is_address(IPv6Address, found):
            yield start, end


def _is_address(version: type[IPv4Address] | type[IPv6Address], text: str) -> bool:
    try:
        address = version(text)
    except AddressValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


_FINDERS: Final[dict[str, Callable[[str], Iterator[_Span]]]] = {
    "email": _emails,
    "phone": _phones,
    "credit_card": _cards,
    "iban": _ibans,
    "us_ssn": _social_security_numbers,
    "ipv4": _addresses_4,
    "ipv6": _addresses_6,
}
