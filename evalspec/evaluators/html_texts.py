"""The work of `is_html` and `contains_html` on what a model wrote; for a worker.

HTML has no texts that a browser would refuse, so "is HTML" takes rules of our own: the names of elements that
there are (HTML Living Standard, section 4, with those that section 16.2 calls obsolete), and which end tags
may be left out (section 13.1.2.4). Tags are read as in section 13.1.2, in one pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from evalspec.kinds.bounded import TooLarge

__all__ = ["contained", "judged"]

MAX_LENGTH: Final = 300_000
"""The longest text in characters."""

_VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_BARE_VOID: Final = frozenset({"br", "hr", "wbr"})
"""Void elements that mean something without attributes: `<input>` alone is a placeholder more often."""
_OPTIONAL_END: Final = frozenset(
    "body colgroup dd dt head html li optgroup option p rb rp rt rtc tbody td tfoot th thead tr".split()
)
_RAW: Final = frozenset({"script", "style", "textarea", "title"})
_KNOWN: Final = (
    _VOID
    | _OPTIONAL_END
    | _RAW
    | frozenset(
        "a abbr acronym address article aside audio b bdi bdo big blockquote button canvas caption center "
        "cite code data datalist del details dfn dialog dir div dl em fieldset figcaption figure font footer "
        "form frame frameset h1 h2 h3 h4 h5 h6 header hgroup i iframe ins kbd label legend main map mark "
        "marquee math menu meter nav nobr noframes noscript object ol output picture pre progress q ruby s "
        "samp search section select slot small span strike strong sub summary sup svg table template time tt "
        "u ul var video".split()
    )
)
_FOREIGN: Final = frozenset({"svg", "math"})
_CUSTOM: Final = re.compile(r"[a-z][a-z0-9._]*-[a-z0-9._-]*")
_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/><]*+)"
    r"(?P<attributes>(?:\s++[^\s\"'>/=<]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'=<>`]++))?+)*+)"
    r"\s*+(?P<closed>/?)>"
)
_MARKUP: Final = re.compile(r"<[!/A-Za-z]")
_DOCTYPE: Final = re.compile(r"<!doctype\s+html\b[^<>]*+>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["start", "end", "doctype", "comment"]
    start: int
    stop: int
    name: str = ""
    bare: bool = True
    closed: bool = False


def _tokens(text: str) -> Iterator[_Token]:
    """Tags, doctypes and comments in their order; what is none of them is text, and passed over."""
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"the text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    lower = text.lower() if len(text.lower()) == len(text) else text
    missing: set[str] = set()  # looked for in vain, so that it is not looked for again

    def find(what: str, position: int) -> int:
        found = -1 if what in missing else lower.find(what, position)
        if found < 0:
            missing.add(what)
        return found

    after = 0
    while (markup := _MARKUP.search(text, after)) is not None:
        position = markup.start()
        after = position + 1
        if text.startswith("<!--", position):
            stop = find("-->", position + 4)
            if stop >= 0:
                after = stop + 3
                yield _Token("comment", position, after)
        elif (doctype := _DOCTYPE.match(text, position)) is not None:
            after = doctype.end()
            yield _Token("doctype", position, after)
        elif (tag := _TAG.match(text, position)) is not None:
            after, name = tag.end(), tag["name"].lower()
            kind: Literal["start", "end"] = "end" if tag["end"] else "start"
            yield _Token(kind, position, after, name, not tag["attributes"], bool(tag["closed"]))
            if kind == "start" and name in _RAW:
                stop = find(f"</{name}", after)
                after = stop if stop >= 0 else after


def _is_known(name: str) -> bool:
    return name in _KNOWN or _CUSTOM.fullmatch(name) is not None


class _Nesting:
    """The elements that are open, and how many of each."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._counts: dict[str, int] = {}

    def start(self, name: str) -> None:
        self._open.append(name)
        self._counts[name] = self._counts.get(name, 0) + 1

    def end(self, name: str) -> list[str] | None:
        """The elements that end with this one though they have no end tag; None where it is not open."""
        if not self._counts.get(name):
            return None
        left: list[str] = []
        while True:
            last = self._open.pop()
            self._counts[last] -= 1
            if last == name:
                return left
            left.append(last)

    def rest(self) -> list[str]:
        """What is open still."""
        return self._open

    def within_foreign(self) -> bool:
        """Whether names are those of SVG or MathML."""
        return any(self._counts.get(name) for name in _FOREIGN)


def judged(text: str) -> list[Any]:
    """Whether a text is HTML and nothing else, and why not. Raises TooLarge."""
    trimmed = text.strip()
    nesting = _Nesting()
    elements, first, last = 0, -1, 0
    for token in _tokens(trimmed):
        first, last = token.start if first < 0 else first, token.stop
        fault = None
        if token.kind == "start":
            elements += 1
            fault = _begin(token, nesting)
        elif token.kind == "end":
            fault = _end(token, nesting)
        if fault is not None:
            return [False, fault]
    if not elements:
        return [False, "there is no HTML element"]
    if first != 0 or last != len(trimmed):
        return [False, f"there is text {'before' if first else 'behind'} the HTML"]
    unclosed = next((name for name in reversed(nesting.rest()) if name not in _OPTIONAL_END), None)
    return [unclosed is None, None if unclosed is None else f"`<{unclosed}>` is not closed"]


def _begin(token: _Token, nesting: _Nesting) -> str | None:
    foreign = nesting.within_foreign()
    if not foreign and not _is_known(token.name):
        return f"there is no element `{token.name}` in HTML"
    if token.name not in _VOID and not (token.closed and (foreign or token.name in _FOREIGN)):
        nesting.start(token.name)
    return None


def _end(token: _Token, nesting: _Nesting) -> str | None:
    left = nesting.end(token.name)
    if left is None:
        # `</p>` and `</br>` make an element in browsers, but nobody who writes HTML means that.
        return f"`</{token.name}>` closes nothing"
    unclosed = next((name for name in left if name not in _OPTIONAL_END), None)
    return None if unclosed is None else f"`<{unclosed}>` is not closed"


def contained(text: str) -> list[Any]:
    """Whether there is an HTML element in a text that is closed, or needs not be, and why not.

    Raises TooLarge.
    """
    opened: set[str] = set()
    for token in _tokens(text):
        if token.kind == "doctype":
            return [True, None]
        if token.kind == "start" and _is_known(token.name):
            if token.name in _VOID:
                if token.name in _BARE_VOID or not token.bare:
                    return [True, None]
            else:
                opened.add(token.name)
        elif token.kind == "end" and token.name in opened:
            return [True, None]
    fault = "there is no HTML element" if not opened else f"`<{min(opened)}>` is not closed"
    return [False, fault]
