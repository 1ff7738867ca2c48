"""The texts that a renderer shows excerpts of."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from evalspec.diagnostics.model import Diagnostic

_MOST_BYTES = 64 * 1024 * 1024
_BINARY = b"\0"


def source_texts(
    diagnostics: Iterable[Diagnostic],
    *,
    known: Mapping[str, str] = MappingProxyType({}),
    root: Path = Path(),
) -> dict[str, str]:
    """The text of every file that the diagnostics point into, by the path that they name.

    `known` are texts that need not be read again; other paths are taken from `root`. A file that cannot be
    read, is too large to be worth it or is no text, is left out; bytes that are not UTF-8 become U+FFFD.
    """
    paths: dict[str, None] = {}
    for item in diagnostics:
        spans = [item.span, *(related.span for related in item.related)]
        paths.update((span.path, None) for span in spans if span is not None)
    texts: dict[str, str] = {}
    for path in paths:
        text = known[path] if path in known else _read(root / path)
        if text is not None:
            texts[path] = text
    return texts


def _read(path: Path) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    # Nobody wants to see an excerpt of a Parquet file.
    return None if _BINARY in content else content.decode("utf-8", "replace").removeprefix("\ufeff")
