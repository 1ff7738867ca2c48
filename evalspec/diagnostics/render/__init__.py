"""Diagnostics for people and for machines: one module per output, imported when it is asked for."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, Protocol

from evalspec.diagnostics.model import Diagnostic

RenderFormat = Literal["text", "json", "github", "sarif"]

_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class Renderer(Protocol):
    """Makes one text of diagnostics, in reading order.

    `sources` are the texts of the files by the path that the spans name. Excerpts and `color` are for people:
    only the text format makes use of them.
    """

    def __call__(
        self,
        diagnostics: Iterable[Diagnostic],
        sources: Mapping[str, str] = _NO_TEXTS,
        *,
        color: bool = False,
    ) -> str:
        """The whole output, ending in a newline unless it is empty."""
        ...


def _text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] = _NO_TEXTS, *, color: bool = False
) -> str:
    from evalspec.diagnostics.render.text import render_text

    return render_text(diagnostics, sources, color=color)


def _json(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] = _NO_TEXTS, *, color: bool = False
) -> str:
    from evalspec.diagnostics.render.json import render_json

    return render_json(diagnostics)


def _github(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] = _NO_TEXTS, *, color: bool = False
) -> str:
    from evalspec.diagnostics.render.github import render_github

    return render_github(diagnostics)


def _sarif(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] = _NO_TEXTS, *, color: bool = False
) -> str:
    from evalspec.diagnostics.render.sarif import render_sarif

    return render_sarif(diagnostics)


RENDERERS: Mapping[RenderFormat, Renderer] = MappingProxyType(
    {"text": _text, "json": _json, "github": _github, "sarif": _sarif}
)
"""Every output of `--format`, by its name."""
