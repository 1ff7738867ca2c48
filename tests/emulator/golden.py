"""Recorded requests of a real server, replayed against the emulator and compared.

A file under `golden/` is a sequence of steps. A step with `method` is a request with the status and the
response it got; `body` may hold `<filler>`, which is filled until the body has `size` bytes; `spans` are sent
as OTLP in the given `encoding`. In responses `<any>`, `<time>` and `<list>` stand for anything of that kind,
and `$name` for a value that is taken over when it is met first and must come back the same afterwards, in
later requests too. `remember_time` names the moment, `derive_experiment` the id that the server's formula
gives for a dataset and a run.
"""

import gzip
import hashlib
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

FOLDER = Path(__file__).parent / "golden"
NAME = re.compile(r"\$[a-z]+\d*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PROJECT = "proj-test"


def sequences() -> list[str]:
    """The names of the recorded sequences."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["steps"]
    return steps


class Replay:
    """Sends recorded steps through `client`, whose base URL is a server with an empty project."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._names: dict[str, str] = {}

    def run(self, steps: list[dict[str, Any]]) -> list[str]:
        """What differs from the recording, one line each; empty when the server answers alike."""
        return [difference for number, step in enumerate(steps) for difference in self._step(number, step)]

    def _step(self, number: int, step: Mapping[str, Any]) -> list[str]:
        if "remember_time" in step:
            # Versions are compared to the millisecond: keep clear of the neighbouring steps.
            time.sleep(0.003)
            self._names[step["remember_time"]] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            time.sleep(0.003)
            return []
        if "derive_experiment" in step:
            identity = ["langfuse-experiment-v1", PROJECT, self._filled(step["dataset"]), step["run"]]
            text = json.dumps(identity, separators=(",", ":"), ensure_ascii=False)
            self._names[step["derive_experiment"]] = hashlib.sha256(text.encode()).hexdigest()[:16]
            return []
        response = self._send(step)
        where = f"step {number}, {step['method']} {step['path']}"
        if response.status_code != step["status"]:
            return [
                f"{where}: status {response.status_code}, recorded {step['status']}: {response.text[:300]}"
            ]
        if step.get("html"):
            is_page = response.headers.get("content-type", "").startswith("text/html")
            return [] if is_page else [f"{where}: not an HTML page"]
        if "response" not in step:
            return []
        try:
            answer = response.json()
        except ValueError:
            answer = response.text
        return [
            f"{where}: {difference}" for difference in self._compare(step["response"], answer, "response")
        ]

    def _send(self, step: Mapping[str, Any]) -> httpx.Response:
        headers = dict(step.get("headers", {}))
        content: bytes | None = None
        if "spans" in step:
            groups = json.loads(self._filled(json.dumps(step["spans"])))
            as_json = step["encoding"] == "json"
            content = otlp_json(groups) if as_json else otlp_protobuf(groups)
            headers["content-type"] = "application/json" if as_json else "application/x-protobuf"
        elif "body" in step:
            content = self._filled(json.dumps(step["body"], ensure_ascii=False)).encode()
            if "size" in step:
                content = content.replace(
                    b"<filler>", b"f" * (step["size"] - len(content) + len(b"<filler>"))
                )
            headers["content-type"] = "application/json"
        if step.get("gzip") and content is not None:
            content = gzip.compress(content)
            headers["content-encoding"] = "gzip"
        return self._client.request(
            step["method"], self._filled(step["path"]), content=content, headers=headers
        )

    def _filled(self, text: str) -> str:
        return NAME.sub(lambda found: self._names.get(found[0], found[0]), text)

    def _compare(self, expected: Any, answer: Any, path: str) -> list[str]:
        if isinstance(expected, dict) and isinstance(answer, dict):
            differences = [f"{path}.{key} is missing" for key in expected if key not in answer]
            differences += [
                f"{path}.{key} is too many: {answer[key]!r}" for key in answer if key not in expected
            ]
            for key in expected:
                if key in answer:
                    differences += self._compare(expected[key], answer[key], f"{path}.{key}")
            return differences
        if isinstance(expected, list) and isinstance(answer, list):
            differences = []
            if len(expected) != len(answer):
                differences.append(f"{path} has {len(answer)} entries, recorded {len(expected)}")
            for index, (wanted, found) in enumerate(zip(expected, answer, strict=False)):
                differences += self._compare(wanted, found, f"{path}[{index}]")
            return differences
        return [] if self._same(expected, answer) else [f"{path} is {answer!r}, recorded {expected!r}"]

    def _same(self, expected: Any, answer: Any) -> bool:
        if expected == "<any>":
            return True
        if expected == "<list>":
            return isinstance(answer, list)
        if expected == "<time>":
            return isinstance(answer, str) and TIME.fullmatch(answer) is not None
        if isinstance(expected, str) and isinstance(answer, str) and NAME.search(expected):
            return self._same_text(expected, answer)
        # In Python True equals 1, in JSON it does not.
        return bool(expected == answer) and isinstance(expected, bool) == isinstance(answer, bool)

    def _same_text(self, expected: str, answer: str) -> bool:
        """Compare a text that contains names, taking over the values of new ones."""
        pattern, position, new = "", 0, []
        for found in NAME.finditer(expected):
            pattern += re.escape(expected[position : found.start()])
            known = self._names.get(found[0])
            if known is not None:
                pattern += re.escape(known)
            elif found[0] in new:
                pattern += f"(?P={found[0][1:]})"
            else:
                pattern += f"(?P<{found[0][1:]}>.+)"
                new.append(found[0])
            position = found.end()
        matched = re.fullmatch(pattern + re.escape(expected[position:]), answer)
        if matched is None:
            return False
        self._names.update({name: matched[name[1:]] for name in new})
        return True


def otlp_json(groups: list[dict[str, Any]]) -> bytes:
    """OTLP/JSON of spans as the golden files write them."""

    def pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"key": key, "value": _json_value(value)} for key, value in attributes.items()]

    def span(entry: Mapping[str, Any]) -> dict[str, Any]:
        parent = {"parentSpanId": entry["parent"]} if entry["parent"] else {}
        return parent | {
            "traceId": entry["trace"],
            "spanId": entry["span"],
            "name": entry["name"],
            "kind": 1,
            "startTimeUnixNano": str(entry["start"]),
            "endTimeUnixNano": str(entry["end"]),
            "attributes": pairs(entry["attributes"]),
        }

    resource_spans = [
        {
            "resource": {"attributes": pairs(group["resource"])},
            "scopeSpans": [
                {
                    "scope": group["scope"] | {"attributes": pairs(group["scope"]["attributes"])},
                    "spans": [span(entry) for entry in group["spans"]],
                }
            ],
        }
        for group in groups
    ]
    return json.dumps({"resourceSpans": resource_spans}).encode()


def _json_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def otlp_protobuf(groups: list[dict[str, Any]]) -> bytes:
    """OTLP protobuf of spans as the golden files write them."""
    request = ExportTraceServiceRequest()
    for group in groups:
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.extend(_messages(group["resource"]))
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = group["scope"]["name"]
        scope_spans.scope.version = group["scope"]["version"]
        scope_spans.scope.attributes.extend(_messages(group["scope"]["attributes"]))
        for entry in group["spans"]:
            span = scope_spans.spans.add()
            span.trace_id = bytes.fromhex(entry["trace"])
            span.span_id = bytes.fromhex(entry["span"])
            span.parent_span_id = bytes.fromhex(entry["parent"] or "")
            span.name = entry["name"]
            span.start_time_unix_nano = entry["start"]
            span.end_time_unix_nano = entry["end"]
            span.attributes.extend(_messages(entry["attributes"]))
    encoded: bytes = request.SerializeToString()
    return encoded


def _messages(attributes: Mapping[str, Any]) -> list[KeyValue]:
    messages = []
    for key, value in attributes.items():
        message = KeyValue(key=key)
        if isinstance(value, bool):
            message.value.bool_value = value
        elif isinstance(value, int):
            message.value.int_value = value
        elif isinstance(value, float):
            message.value.double_value = value
        else:
            message.value.string_value = value
        messages.append(message)
    return messages
