"""The service of the example: makes a ticket of a note that somebody took on the phone.

`python specs/http/service.py` listens on port 8741 of this machine until it is interrupted. It needs nothing
but the standard library, and behaves as services with a model inside do: it is mostly right, it sometimes
talks around its JSON or breaks off, and once in a while it is busy.
"""

import argparse
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

VERSION = "2026.4"
MOST_WORDS = 45
BUSY_AT_FIRST = "alarm"
"""A note with this word is refused once, as by a service under load."""

URGENT = re.compile(r"\b(smoke|alarm|flood|water|stuck)\b", re.IGNORECASE)
LATER = re.compile(r"\b(whenever|no hurry|some time|next month)\b", re.IGNORECASE)
MAIL = re.compile(r"\S+@\S+\b")


def ticket(note: str) -> dict[str, str]:
    """The summary of a note, without mail addresses, and how soon somebody should see to it."""
    summary = MAIL.sub("(address)", note.split(". ")[0].rstrip("."))
    priority = "low" if LATER.search(note) else "high" if URGENT.search(note) else "normal"
    return {"summary": summary, "priority": priority}


def answer(note: str) -> dict[str, str]:
    """What the service says, and why it stopped there."""
    text = json.dumps(ticket(note), ensure_ascii=False)
    if len(note.split()) > MOST_WORDS:
        return {"text": text[: len(text) // 2], "finish_reason": "length"}
    if "?" in note:
        text = f"Here is the ticket:\n\n```json\n{text}\n```"
    return {"text": text, "finish_reason": "stop"}


class Service(BaseHTTPRequestHandler):
    """POST /tickets with {"note": …}, and GET /version."""

    protocol_version = "HTTP/1.1"
    refused: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        self._reply(200, {"version": VERSION})

    def do_POST(self) -> None:
        note = json.loads(self.rfile.read(int(self.headers["content-length"])))["note"]
        if BUSY_AT_FIRST in note and note not in self.refused:
            self.refused.add(note)
            self._reply(503, {"error": "busy"})
        else:
            self._reply(200, answer(note))

    def _reply(self, status: int, tree: Any) -> None:
        body = json.dumps(tree).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing about single requests."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Make tickets of notes.")
    parser.add_argument("--port", type=int, default=8741, help="0 takes a free one")
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Service)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
