"""A small client of the Language Server Protocol over stdio, as far as tests of editors need it.

It does what an editor does (opens a text, types into it, asks for completion and hover, reads diagnostics)
and waits for answers, never for time to pass: every wait ends with the message it is for, or fails loudly.
"""

import json
import os
import queue
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self

Json = dict[str, Any]

PATIENCE = 60.0
"""Seconds after which a server that does not answer is given up."""


class ServerFault(AssertionError):
    """The server ended, answered with an error, or did not answer."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entry of a completion list: what is shown, what is said about it, what accepting it types."""

    label: str
    documentation: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One diagnostic: the line it starts on (from 0), the text it underlines, and what it says."""

    line: int
    underlined: str
    message: str


class LanguageServer:
    """A running language server. Use it as a context manager.

    `options` are the server's own initialization options; `settings` answers its `workspace/configuration`
    by section. With `pull` diagnostics are asked for (LSP 3.17). Without it the client waits for them to be
    published after each change, which also makes sure that a server that works concurrently has seen the
    change before it is asked anything.
    """

    def __init__(
        self,
        command: Sequence[str],
        root: Path,
        *,
        options: Json | None = None,
        settings: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        pull: bool = False,
    ) -> None:
        self._command = list(command)
        self._root = root
        self._options = options or {}
        self._settings = dict(settings or {})
        self._environ = {**os.environ, **(environ or {})}
        self._pull = pull
        self._inbox: queue.Queue[Json | None] = queue.Queue()
        self._ids = 0
        self._versions: dict[str, int] = {}
        self._published: dict[tuple[str, int], list[Json]] = {}
        self.stderr: list[str] = []
        self.name_and_version = ""

    def __enter__(self) -> Self:
        process = subprocess.Popen(
            self._command,
            cwd=self._root,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._process = process
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
        if stdin is None or stdout is None or stderr is None:
            raise ServerFault("the server has no pipes")
        self._stdin: IO[bytes] = stdin
        self._threads = [
            Thread(target=self._read, args=(stdout,), daemon=True),
            Thread(target=self._drain, args=(stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._initialize()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.request("shutdown", None)
                self._notify("exit", None)
                self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            for thread in self._threads:
                thread.join()
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
                if stream is not None:
                    stream.close()

    def open(self, path: Path, language: str, text: str) -> "OpenText":
        """Open `text` as the content of `path`, whatever stands on the disk."""
        uri = path.as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        document = {"uri": uri, "languageId": language, "version": version, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        self._seen(uri)
        return OpenText(self, uri, text)

    def change(self, uri: str, text: str) -> None:
        """Replace the whole text of an open document."""
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        changes = [{"text": text}]
        self._notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        self._seen(uri)

    def diagnostics(self, uri: str) -> list[Json]:
        """The diagnostics of an open document as it is now."""
        if self._pull:
            report = self.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
            items: list[Json] = report["items"]
            return items
        return self._published[uri, self._versions[uri]]

    def request(self, method: str, params: Any) -> Any:
        """The result of a request."""
        self._ids += 1
        own, answers = self._ids, list[Json]()
        self._send({"jsonrpc": "2.0", "id": own, "method": method, "params": params})

        def answered() -> bool:
            return bool(answers)

        self._pump(
            answered, method, lambda message: answers.append(message) if message["id"] == own else None
        )
        if "error" in answers[0]:
            raise ServerFault(f"{method}: {answers[0]['error']}")
        return answers[0].get("result")

    def _seen(self, uri: str) -> None:
        key = (uri, self._versions[uri])
        if not self._pull:
            self._pump(lambda: key in self._published, f"diagnostics of {uri}")

    def _initialize(self) -> None:
        formats = ["markdown", "plaintext"]
        text: Json = {
            "synchronization": {},
            "publishDiagnostics": {"versionSupport": True},
            "completion": {"completionItem": {"documentationFormat": formats, "snippetSupport": True}},
            "hover": {"contentFormat": formats},
        }
        if self._pull:
            text["diagnostic"] = {}
        root = {"uri": self._root.as_uri(), "name": self._root.name}
        answer = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root["uri"],
                "workspaceFolders": [root],
                "capabilities": {
                    "textDocument": text,
                    "workspace": {"configuration": True, "workspaceFolders": True},
                },
                "initializationOptions": self._options,
            },
        )
        info = answer.get("serverInfo", {})
        self.name_and_version = f"{info.get('name', '')} {info.get('version', '')}".strip()
        self._notify("initialized", {})

    def _notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: Json) -> None:
        body = json.dumps(message).encode()
        try:
            self._stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._stdin.flush()
        except BrokenPipeError:
            raise ServerFault(f"the server ended: {self._last_words()}") from None

    def _pump(
        self, done: Callable[[], bool], what: str, take: Callable[[Json], object] = lambda message: None
    ) -> None:
        """Work off what the server sends until `done`; answers to our requests go to `take`."""
        while not done():
            try:
                message = self._inbox.get(timeout=PATIENCE)
            except queue.Empty:
                raise ServerFault(f"no answer to {what}: {self._last_words()}") from None
            if message is None:
                raise ServerFault(f"the server ended before {what}: {self._last_words()}")
            if "method" not in message:
                take(message)
            elif "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": self._answer(message)})
            elif message["method"] == "textDocument/publishDiagnostics":
                params = message["params"]
                version = params.get("version", self._versions.get(params["uri"], 0))
                self._published[params["uri"], version] = params["diagnostics"]

    def _answer(self, message: Json) -> Any:
        if message["method"] == "workspace/configuration":
            return [self._settings.get(item.get("section", "")) for item in message["params"]["items"]]
        return None

    def _read(self, stream: IO[bytes]) -> None:
        while True:
            length = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                self._inbox.put(None)
                return
            self._inbox.put(json.loads(stream.read(length)))

    def _drain(self, stream: IO[bytes]) -> None:
        self.stderr.extend(line.decode(errors="replace").rstrip() for line in stream)

    def _last_words(self) -> str:
        return "\n".join(self.stderr[-20:]) or "it said nothing"


class OpenText:
    """A text that is open in a server. Places are found by what stands there, never by counted columns."""

    def __init__(self, server: LanguageServer, uri: str, text: str) -> None:
        self._server = server
        self._uri = uri
        self.text = text

    def replace(self, text: str) -> None:
        """Make `text` the content."""
        self.text = text
        self._server.change(self._uri, text)

    def faults(self) -> list[Fault]:
        """The diagnostics, from top to bottom."""
        found = [self._fault(diagnostic) for diagnostic in self._server.diagnostics(self._uri)]
        return sorted(found, key=lambda fault: (fault.line, fault.message))

    def complete(self, offset: int) -> list[Proposal]:
        """What is proposed with the caret at `offset`, with its documentation."""
        result = self._server.request("textDocument/completion", self._at(offset))
        items = result["items"] if isinstance(result, dict) else result or []
        return [_proposal(item) for item in items]

    def hover(self, offset: int) -> str:
        """What is shown with the pointer over `offset`; empty where nothing is."""
        result = self._server.request("textDocument/hover", self._at(offset))
        return _plain(result["contents"]) if result else ""

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 0."""
        return self.text.count("\n", 0, offset)

    def _at(self, offset: int) -> Json:
        before = self.text[:offset]
        start = before.rfind("\n") + 1
        units = len(before[start:].encode("utf-16-le")) // 2
        position = {"line": before.count("\n"), "character": units}
        return {"textDocument": {"uri": self._uri}, "position": position}

    def _offset(self, position: Json) -> int:
        lines = self.text.splitlines(keepends=True)
        start = sum(map(len, lines[: position["line"]]))
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        head = line.encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
        return start + len(head)

    def _fault(self, diagnostic: Json) -> Fault:
        start, end = (self._offset(diagnostic["range"][edge]) for edge in ("start", "end"))
        return Fault(diagnostic["range"]["start"]["line"], self.text[start:end], diagnostic["message"])


def _proposal(item: Json) -> Proposal:
    edit = item.get("textEdit") or {}
    text = edit.get("newText") or item.get("insertText") or item["label"]
    return Proposal(item["label"], _plain(item.get("documentation", "")), text)


def _plain(content: Any) -> str:
    if isinstance(content, list):
        return "\n\n".join(_plain(part) for part in content)
    return str(content["value"] if isinstance(content, dict) else content)
