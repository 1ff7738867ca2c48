"""Media in prompts: named in the data, and read when a model is to see them.

What names a medium is an https URL, a data URL, a Langfuse media reference
(https://langfuse.com/docs/observability/features/multi-modality), or the path of a file in the project.
"""

import base64
import binascii
import hashlib
import mimetypes
import re
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["MAX_BYTES", "MediaFailed", "MediaReader", "MediaRef", "Medium", "content_part"]

MAX_BYTES: Final = 20 * 2**20
"""The largest file that is sent to a model."""

_REFERENCE: Final = re.compile(r"@@@langfuseMedia:type=(?P<type>[^|]+)\|id=(?P<id>[^|]+)\|source=[^@]*@@@")
_DATA: Final = re.compile(
    r"data:(?P<type>[a-zA-Z0-9.+/-]+)?(?:;[a-z-]+=[^;,]*)*;base64,(?P<data>.*)", re.DOTALL
)
_AUDIO: Final = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}


class MediaFailed(Exception):
    """A medium cannot be had, or a model cannot be shown it; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A medium that Langfuse keeps."""

    id: str
    content_type: str


FetchMedia = Callable[[MediaRef], Awaitable[bytes]]
"""Reads a medium from Langfuse. Raises MediaFailed."""


@dataclass(frozen=True, slots=True)
class MediaReader:
    """Reads media: files below `root` and not in `store`, the folder of the run records, and from Langfuse
    where `fetch` is there.
    """

    root: Path
    fetch: FetchMedia | None = None
    store: Path | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """A part of a message in OpenAI's form: as it is sent, and as it is recorded, by its name and digest."""

    sent: dict[str, Any]
    shown: dict[str, Any]


async def content_part(kind: str, source: Any, reader: MediaReader) -> Medium:
    """The part that shows a model what `source` names; `kind` is `image`, `audio` or `file`. Raises
    MediaFailed.
    """
    if not isinstance(source, str) or not source:
        raise MediaFailed(f"the source of the {kind} part is no text that names a medium")
    if source.startswith(("https://", "http://")):
        if kind != "image":
            raise MediaFailed("only images can be named by an address; name a file of the project instead")
        part = {"type": "image_url", "image_url": {"url": source}}
        return Medium(part, part)
    name, content_type, data = await _read(source, reader)
    if len(data) > MAX_BYTES:
        raise MediaFailed(f"`{name}` has {len(data):,} bytes, more than {MAX_BYTES:,}")
    shown = {"type": kind, "source": name, "sha256": hashlib.sha256(data).hexdigest()}
    return Medium(_part(kind, name, content_type, data), shown)


def _part(kind: str, name: str, content_type: str, data: bytes) -> dict[str, Any]:
    text = base64.b64encode(data).decode()
    if kind == "audio":
        form = _AUDIO.get(content_type)
        if form is None:
            raise MediaFailed(f"`{name}` is {content_type}, and a model hears WAV or MP3")
        return {"type": "input_audio", "input_audio": {"data": text, "format": form}}
    url = f"data:{content_type};base64,{text}"
    if kind == "image":
        if not content_type.startswith("image/"):
            raise MediaFailed(f"`{name}` is {content_type} and no image")
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"file_data": url, "filename": Path(name).name or "file"}}


async def _read(source: str, reader: MediaReader) -> tuple[str, str, bytes]:
    """What the medium is called, its type, its bytes."""
    if match := _REFERENCE.fullmatch(source):
        if reader.fetch is None:
            raise MediaFailed("the medium is in Langfuse, and no Langfuse server is configured")
        return source, match["type"], await reader.fetch(MediaRef(match["id"], match["type"]))
    if match := _DATA.fullmatch(source):
        try:
            data = base64.b64decode(match["data"], validate=True)
        except binascii.Error:
            raise MediaFailed("the data URL is not base64") from None
        return "data URL", match["type"] or "application/octet-stream", data
    return source, mimetypes.guess_type(source)[0] or "application/octet-stream", _file(source, reader)


def _file(source: str, reader: MediaReader) -> bytes:
    """A file of the project: nothing outside of it, wherever links lead, and nothing that is hidden, since
    data say which file a model is to see, and people seldom know all data.
    """
    shown = source[:200]
    try:
        root = reader.root.resolve()
        path = (root / source).resolve()
        if not path.is_relative_to(root):
            raise MediaFailed(f"`{shown}` leads out of the project")
        if reason := _reason_to_hide(source, path.relative_to(root)):
            raise MediaFailed(f"`{shown}` cannot be named by data: {reason}")
        if reader.store is not None and path.is_relative_to(reader.store.resolve()):
            raise MediaFailed(f"`{shown}` cannot be named by data: it is a run's record")
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise MediaFailed(f"`{shown}` cannot be read: it is no file")
        if about.st_size > MAX_BYTES:
            raise MediaFailed(f"`{shown}` has more than {MAX_BYTES:,} bytes")
        return path.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "no file of the project"
        raise MediaFailed(f"`{shown}` cannot be read: {reason}") from None


def _reason_to_hide(source: str, path: Path) -> str | None:
    """Why a file of the project is none for models: a name on the way to it, or to where a link leads, begins
    with a dot.
    """
    named = Path(source)
    for part in () if named.is_absolute() else named.parts:
        if part.startswith(".") and part not in (".", ".."):
            return f"`{part[:200]}` begins with a dot"
    if any(part.startswith(".") for part in path.parts):
        return f"it leads to `{path.as_posix()[:200]}`"
    return None
