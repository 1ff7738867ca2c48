"""Media in prompts: what a model is sent, and what is recorded of it."""

import asyncio
import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from evalspec.kinds.media import MAX_BYTES, MediaFailed, MediaReader, MediaRef, content_part
from evalspec.langfuse_io.media import LangfuseMedia
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskError
from tests.emulator.server import Server, served_in_thread
from tests.model_server.behaviours import text
from tests.model_server.handle import ModelServer
from tests.tasks.asking import Answered, Caller, caller, of, prompt_spec

PIXEL = b"\x89PNG of a map"
SHA = hashlib.sha256(PIXEL).hexdigest()
BASE64 = base64.b64encode(PIXEL).decode()
REFERENCE = "@@@langfuseMedia:type=image/png|id=media-1|source=bytes@@@"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")


def looking(root: Path, server: ModelServer, kind: str = "image", **more: Any) -> Caller:
    parts = [{"type": "text", "text": "What is it?"}, {"type": kind, "source": "input"}]
    prompt = {"type": "inline", "messages": [{"role": "user", "parts": parts}]}
    server.answer_with(lambda request: text("A map."))
    return caller(root, prompt_spec(prompt, server.fields(), returns="messages"), **more)


def sent(server: ModelServer) -> Any:
    return server.requests[-1].body["messages"][0]["content"][1]


def shown(found: Answered) -> Any:
    (span,) = found.spans
    return of(span, "input")[0]["content"][1]


def test_an_image_by_its_address_is_handed_on(tmp_path: Path, model_server: ModelServer) -> None:
    found = looking(tmp_path, model_server)(Item("france", "https://example.com/map.png"))
    part = {"type": "image_url", "image_url": {"url": "https://example.com/map.png"}}
    assert sent(model_server)["image_url"]["url"] == "https://example.com/map.png"
    assert shown(found) == part
    assert found.output[0]["content"][1] == part
    assert found.output[1] == {"role": "assistant", "content": "A map."}


def test_a_file_is_sent_and_named(tmp_path: Path, model_server: ModelServer) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "france.png").write_bytes(PIXEL)
    found = looking(tmp_path, model_server)(Item("france", "maps/france.png"))
    assert sent(model_server)["image_url"]["url"] == f"data:image/png;base64,{BASE64}"
    assert shown(found) == {"type": "image", "source": "maps/france.png", "sha256": SHA}
    assert BASE64 not in str(found.output)


@pytest.mark.parametrize(("kind", "name"), [("audio", "said.wav"), ("file", "paper.pdf")])
def test_sounds_and_documents(tmp_path: Path, model_server: ModelServer, kind: str, name: str) -> None:
    (tmp_path / name).write_bytes(PIXEL)
    found = looking(tmp_path, model_server, kind)(Item("france", name))
    part = sent(model_server)
    assert BASE64 in str(part)
    assert shown(found) == {"type": kind, "source": name, "sha256": SHA}


def test_a_data_url(tmp_path: Path, model_server: ModelServer) -> None:
    found = looking(tmp_path, model_server)(Item("france", f"data:image/png;base64,{BASE64}"))
    assert sent(model_server)["image_url"]["url"] == f"data:image/png;base64,{BASE64}"
    assert shown(found) == {"type": "image", "source": "data URL", "sha256": SHA}


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("image", "../secret.png", "`../secret.png` leads out of the project"),
        ("image", "link.png", "`link.png` leads out of the project"),
        ("image", "/etc/hostname", "leads out of the project"),
        ("file", ".env", "`.env` cannot be named by data: `.env` begins with a dot"),
        ("file", "maps/../.git/config", "cannot be named by data: `.git` begins with a dot"),
        ("image", "maps/.hidden/map.png", "cannot be named by data: `.hidden` begins with a dot"),
        ("image", "dotted.png", "`dotted.png` cannot be named by data: it leads to `.env`"),
        ("image", ".link.png", "cannot be named by data: `.link.png` begins with a dot"),
        ("image", "maps", "`maps` cannot be read: it is no file"),
        ("image", "pipe.png", "`pipe.png` cannot be read: it is no file"),
        ("image", "gone.png", "`gone.png` cannot be read: No such file or directory"),
        ("image", "notes.txt", "`notes.txt` is text/plain and no image"),
        ("audio", "notes.txt", "a model hears WAV or MP3"),
        ("audio", "https://example.com/a.wav", "only images can be named by an address"),
        ("image", "data:image/png;base64,%%%", "the data URL is not base64"),
        ("image", 7, "no text that names a medium"),
        ("image", "", "no text that names a medium"),
        ("image", "large.png", "has more than"),
        ("image", REFERENCE, "no Langfuse server is configured"),
    ],
)
def test_media_that_cannot_be_had(
    tmp_path: Path, model_server: ModelServer, kind: str, source: Any, words: str
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "secret.png").write_bytes(PIXEL)
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "notes.txt").write_text("A note.")
    for name in (".env", ".git/config", "maps/map.png", "maps/.hidden/map.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PIXEL)
    (root / "dotted.png").symlink_to(root / ".env")
    (root / ".link.png").symlink_to(root / "maps" / "map.png")
    os.mkfifo(root / "pipe.png")
    with (root / "large.png").open("wb") as file:
        os.truncate(file.fileno(), MAX_BYTES + 1)
    with pytest.raises(TaskError) as caught:
        looking(root, model_server, kind)(Item("france", source))
    assert caught.value.kind == "media_failed"
    assert words in str(caught.value)
    assert model_server.requests == []


async def test_a_hidden_folder_that_a_project_lies_in_hides_nothing(tmp_path: Path) -> None:
    root = tmp_path / ".checkouts" / "project"
    root.mkdir(parents=True)
    (root / "map.png").write_bytes(PIXEL)
    (root / ".map.png").write_bytes(PIXEL)
    for name in ("map.png", str(root / "map.png")):
        assert (await content_part("image", name, MediaReader(root))).shown["sha256"] == SHA
    with pytest.raises(MediaFailed, match=r"it leads to `\.map\.png`"):
        await content_part("image", str(root / ".map.png"), MediaReader(root))


async def test_run_records_are_no_media_whatever_their_folder_is_called(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "run.pdf").write_bytes(PIXEL)
    (tmp_path / "link.pdf").symlink_to(tmp_path / "records" / "run.pdf")
    reader = MediaReader(tmp_path, store=tmp_path / "records")
    for name in ("records/run.pdf", "link.pdf"):
        with pytest.raises(MediaFailed, match=f"`{name}` cannot be named by data: it is a run's record"):
            await content_part("file", name, reader)
    found = await content_part("file", "records/run.pdf", MediaReader(tmp_path))
    assert found.shown["sha256"] == SHA


class Langfuse:
    """A server that knows one medium, whose bytes stand at another address of it."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.asked: list[tuple[str, bool]] = []
        self.url = ""
        self.kept: bytes | None = PIXEL
        self.endless: tuple[bytes, float] | None = None
        """Bytes that are sent again and again, with a pause of so many seconds."""
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode().lower(): value for name, value in scope["headers"]}
        self.asked.append((scope["path"], "authorization" in headers))
        if scope["path"] == "/api/public/media/media-1":
            body = f'{{"mediaId": "media-1", "contentType": "image/png", "url": "{self.url}/kept"}}'.encode()
        elif scope["path"] == "/kept" and self.kept is not None:
            body = self.kept
        elif scope["path"] == "/kept" and self.endless is not None:
            await self._without_end(send, self.endless)
            return
        else:
            body = b""
        status = 200 if body else 404
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def _without_end(self, send: Any, endless: tuple[bytes, float]) -> None:
        piece, pause = endless
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        for _ in range(500):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(pause)


class Faults:
    on_refuse = None
    on_accept = None


def test_a_medium_that_langfuse_keeps(tmp_path: Path, model_server: ModelServer) -> None:
    application: Any = Langfuse()
    with served_in_thread(Server(application)) as server:
        application.url = server.base_url
        media = LangfuseMedia(LangfuseSettings(server.base_url, "pk-lf-1", "sk-lf-1"))
        call = looking(tmp_path, model_server, fetch=media.fetch)
        found = call(Item("france", REFERENCE))
        assert sent(model_server)["image_url"]["url"] == f"data:image/png;base64,{BASE64}"
        assert shown(found) == {"type": "image", "source": REFERENCE, "sha256": SHA}
        # The storage's signed address is asked without the project's keys.
        assert application.asked == [("/api/public/media/media-1", True), ("/kept", False)]
        application.kept = None
        with pytest.raises(TaskError, match="the storage answered 404"):
            call(Item("france", REFERENCE))
        with pytest.raises(TaskError, match="the medium 'media-2' cannot be had"):
            call(Item("france", REFERENCE.replace("media-1", "media-2")))


@pytest.mark.parametrize(
    ("endless", "headers", "expected"),
    [
        ((b"." * 2**20, 0.0), [], f"has more than {MAX_BYTES:,} bytes"),
        ((b".", 0.02), [], "did not come whole within 0.4 s"),
        ((b".", 0.02), [(b"content-encoding", b"gzip, gzip")], "is compressed more than once"),
    ],
)
async def test_a_medium_without_end(
    endless: tuple[bytes, float],
    headers: list[tuple[bytes, bytes]],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if endless[1]:
        monkeypatch.setattr("evalspec.langfuse_io.media.LONGEST_SECONDS", 0.4)
    application: Any = Langfuse()
    application.kept, application.endless, application.headers = None, endless, headers
    with served_in_thread(Server(application)) as server:
        application.url = server.base_url
        media = LangfuseMedia(LangfuseSettings(server.base_url, "pk-lf-1", "sk-lf-1"))
        with pytest.raises(MediaFailed, match=f"the medium 'media-1' {expected}"):
            await media.fetch(MediaRef("media-1", "image/png"))


async def test_a_server_that_is_not_there() -> None:
    media = LangfuseMedia(LangfuseSettings("http://127.0.0.1:9", "pk-lf-1", "sk-lf-1", 1.0))
    with pytest.raises(MediaFailed, match="cannot be had"):
        await media.fetch(MediaRef("media-1", "image/png"))
