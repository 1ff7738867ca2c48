"""The `http` task against real servers on the loopback interface."""

import gzip
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from evalspec.diagnostics import UsageError
from evalspec.kinds.http.responses import text_in
from evalspec.kinds.loading import Loading
from evalspec.kinds.observations import read_observations
from evalspec.kinds.outside import MAX_RESPONSE, CallFailed
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.kinds.tracing import begin_trace
from evalspec.plan.values import Item
from evalspec.runner.failures import is_outage, is_worth_another_try
from evalspec.runner.retrying import retry_after_of
from evalspec.tasks import TASKS
from tests.support.http_service import Reply, Service, as_json, as_text, http_service

HTTP = TASKS["http"]
ITEM = Item("france", "What is the capital of France?", "Paris", {"lang": "en", "n": 3, "tags": ["a", "b"]})
TOKEN = "tok-0123456789abcdef"


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


def resolve(**fields: Any) -> tuple[Resolved, list[Problem]]:
    resolving = Resolving(Path("/"), Path("/"), cast(Any, None), {}, Path("/"))
    return HTTP.resolve(HTTP.fields.model_validate({"type": "http", **fields}), resolving), resolving.problems


async def ask(
    url: str,
    item: Item = ITEM,
    environ: dict[str, str] | None = None,
    timeout: float | None = None,
    **fields: Any,
) -> Any:
    """One call of a task with these fields; it is closed again. `timeout` is the caller's."""
    if "method" not in fields and not fields.keys() & {"json", "body", "form"}:
        fields["json"] = {"question": "{{ input }}"}
    resolved, problems = resolve(url=url, **fields)
    assert problems == []
    loading = Loading(Path("/"), (), Path("/"), timeout=timeout, environ=environ or {})
    task = HTTP.build(resolved.fields, loading)
    try:
        return await cast("Callable[..., Awaitable[Any]]", task)(item, 0)
    finally:
        await cast(Any, task).aclose()


async def failure(url: str, *arguments: Any, **fields: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await ask(url, *arguments, **fields)
    return caught.value


@pytest.mark.parametrize("stream", [None, "sse", "lines"])
async def test_a_server_that_drips_for_ever(
    service: Service, stream: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.kinds.http.calling.LONGEST_SECONDS", 0.4)
    service.script(Reply(drip=b": \n"))
    error = await failure(service.url + "/slow", stream=stream)
    assert (error.kind, error.outage, error.passing) == ("timeout", True, True)
    assert str(error) == f"POST {service.url}/slow: no answer within 0.4 seconds"
    assert service.all_closed()


async def test_a_limit_of_the_call_takes_the_place_of_the_own_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.kinds.http.calling.LONGEST_SECONDS", 0.0)
    assert await ask(service.url, timeout=60.0) == {"answer": "Paris"}
    service.script(Reply(drip=b"."))
    with pytest.raises(TimeoutError), anyio.fail_after(0.4):
        await ask(service.url, timeout=60.0)
    assert service.all_closed()


async def test_a_json_body_keeps_types_and_cannot_be_broken(service: Service) -> None:
    hostile = 'a "quote"\n\\ and } {{ braces }} {% raw %} \u2028 ünïcode'
    item = Item("1", hostile, None, {"n": 3, "tags": ["x", {"y": None}], "flag": True})
    found = await ask(
        service.url + "/ask",
        item,
        json={
            "question": "{{ input }}",
            "quoted": "Q: {{ input }}",
            "n": "{{ metadata.n }}",
            "half": "{{ metadata.n / 2 }}",
            "tags": "{{ metadata.tags }}",
            "two": "{{ metadata.n }} {{ metadata.flag }}",
            "deep": [{"flag": "{{ metadata.flag }}"}, 1.5, False],
            "tricky": "{{ '}} {{' }}",
            "map": "{{ {'a': {'b': metadata.n}} }}",
        },
    )
    assert found == {"answer": "Paris"}
    (asked,) = service.asked
    assert (asked.method, asked.target) == ("POST", "/ask")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("evalspec/")
    assert asked.json == {
        "question": hostile,
        "quoted": f"Q: {hostile}",
        "n": 3,
        "half": 1.5,
        "tags": ["x", {"y": None}],
        "two": "3 true",
        "deep": [{"flag": True}, 1.5, False],
        "tricky": "}} {{",
        "map": {"a": {"b": 3}},
    }


async def test_a_whole_body_may_be_one_expression(service: Service) -> None:
    await ask(service.url, Item("1", {"a": [1, 2]}), json="{{ input }}")
    assert service.asked[0].json == {"a": [1, 2]}


async def test_what_is_put_into_a_url_is_encoded(service: Service) -> None:
    item = Item("1", "a/b?c=d&e#f %41 ü", None, {"user": "x/../y", "n": 1.0})
    await ask(
        f"{service.url}/users/{{{{ metadata.user }}}}/q%20x?fixed=1&n={{{{ metadata.n }}}}#top",
        item,
        method="GET",
        query={"q": "{{ input }}", "and": "a b"},
    )
    assert service.asked[0].target == (
        "/users/x%2F..%2Fy/q%20x?fixed=1&n=1&q=a%2Fb%3Fc%3Dd%26e%23f%20%2541%20%C3%BC&and=a%20b"
    )


@pytest.mark.parametrize("value", [".", ".."])
async def test_data_does_not_choose_another_place(service: Service, value: str) -> None:
    found = await failure(f"{service.url}/users/{{{{ input }}}}/x", Item("1", value), method="GET")
    assert found.kind == "invalid_request"
    assert service.asked == []


async def test_text_and_form_bodies(service: Service) -> None:
    await ask(service.url, body="Q: {{ input }}")
    await ask(service.url, body="<q>{{ input }}</q>", content_type="application/xml", method="PUT")
    await ask(service.url, form={"q": "{{ input }}", "n": "{{ metadata.n }}"}, method="PATCH")
    text, xml, form = service.asked
    assert text.body.decode() == "Q: What is the capital of France?"
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert (xml.method, xml.headers["content-type"]) == ("PUT", "application/xml")
    assert form.body == b"q=What+is+the+capital+of+France%3F&n=3"
    assert (form.method, form.headers["content-type"]) == ("PATCH", "application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("reply", "extract", "expected"),
    [
        (as_json({"a": [1, None]}), None, {"a": [1, None]}),
        (as_text('{"a": 1}', kind="application/problem+json"), None, {"a": 1}),
        (as_text('{"a": 1}'), None, '{"a": 1}'),
        (as_text('{"a": 1}'), "response.json.a", 1),
        (as_text("Zoë"), "response.text | upper", "ZOË"),
        (Reply(200, "Zoë".encode("latin-1"), {"content-type": "text/plain; charset=latin-1"}), None, "Zoë"),
        (Reply(200, b"\xff\xfe", {"content-type": "image/png"}), "response.status", 200),
        (Reply(204), "response.status", 204),
        (as_text("x", headers={"X-Model": "m-7"}), "response.headers['x-model']", "m-7"),
        (Reply(200, gzip.compress(b"packed"), {"content-encoding": "gzip"}), None, "packed"),
        (as_json({"a": 1}), "response", None),
    ],
)
async def test_what_is_read(service: Service, reply: Reply, extract: str | None, expected: Any) -> None:
    service.script(reply)
    more: dict[str, Any] = {} if extract is None else {"extract": extract}
    found = await ask(service.url, **more)
    if extract == "response":
        assert (found["status"], found["json"], found["text"]) == (200, {"a": 1}, '{"a": 1}')
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("reply", "extract", "kind", "words"),
    [
        (as_text("{", kind="application/json"), None, "invalid_json", "the response is not JSON"),
        (as_text("", kind="application/json"), None, "invalid_json", "it is empty"),
        (as_text("[NaN]", kind="application/json"), None, "invalid_json", "NaN is no JSON number"),
        (as_text("[" * 100_000, kind="application/json"), None, "invalid_json", "nested too deeply"),
        (as_text("plain"), "response.json.a", "invalid_json", "not JSON"),
        (as_json({"a": 1}), "response.json.b", "missing_key", "`response.json.b` is missing"),
        (as_json({"a": 1}), "response.json.a + 'x'", "expression_failed", "`extract`: "),
        (Reply(200, b"\xff\xfe", {"content-type": "text/plain"}), None, "not_text", "not text"),
        (Reply(200, b"no gzip", {"content-encoding": "gzip"}), None, "invalid_response", ""),
    ],
)
async def test_responses_that_cannot_be_used(
    service: Service, reply: Reply, extract: str | None, kind: str, words: str
) -> None:
    service.script(reply)
    more: dict[str, Any] = {} if extract is None else {"extract": extract}
    found = await failure(service.url, **more)
    assert (found.kind, found.outage, found.passing) == (kind, False, False)
    assert words in str(found)


@pytest.mark.parametrize(
    ("status", "outage", "again"),
    [
        (301, False, False),
        (400, False, False),
        (401, False, False),
        (408, False, True),
        (409, False, True),
        (429, True, True),
        (500, True, True),
        (503, True, True),
    ],
)
async def test_who_is_to_blame_for_a_status(service: Service, status: int, outage: bool, again: bool) -> None:
    service.script(as_text("no\n such thing", status, headers={"Retry-After": "7"}))
    found = await failure(service.url)
    assert (found.kind, found.status_code) == ("http_status", status)
    assert str(found).startswith(f"POST {service.url}: HTTP {status} ")
    assert str(found).endswith(": no such thing")
    assert is_outage(found) is outage
    assert is_worth_another_try(found) is again
    assert retry_after_of(found) == 7.0


@pytest.mark.parametrize("headers", ["content-length: 9", "content-encoding: gzip\r\ncontent-length: 3"])
async def test_a_status_counts_even_if_its_body_is_broken(service: Service, headers: str) -> None:
    service.script(Reply(raw=f"HTTP/1.1 500 Oh\r\n{headers}\r\n\r\nbad".encode()))
    assert (await failure(service.url)).status_code == 500


async def test_expected_statuses(service: Service) -> None:
    service.script(as_json({"detail": "no"}, 404))
    found = await ask(service.url, expect_status=[200, "404-405"], extract="response.json.detail")
    assert found == "no"
    service.script(as_json({}, 201))
    assert (await failure(service.url, expect_status=[200])).status_code == 201


CUT_OFF = [
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n9\r\nwor",
    b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nno header at all",
    b"not HTTP\r\n\r\n",
]


@pytest.mark.parametrize("reply", [*(Reply(raw=raw) for raw in CUT_OFF), Reply(reset=True)])
async def test_broken_connections_are_outages(service: Service, reply: Reply) -> None:
    service.script(reply)
    found = await failure(service.url)
    assert (found.kind, found.outage, found.passing) == ("connection_failed", True, True)


async def test_nobody_there() -> None:
    with http_service() as gone:
        url = gone.url
    found = await failure(url)
    assert (found.kind, found.outage, found.passing) == ("connection_failed", True, True)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_huge_body_is_refused(service: Service, packed: bool) -> None:
    body = b"x" * (MAX_RESPONSE + 1)
    headers = {"content-encoding": "gzip"} if packed else {}
    service.script(Reply(200, gzip.compress(body) if packed else body, headers))
    assert (await failure(service.url)).kind == "too_large"
    service.script(Reply(200, body[1:]))
    assert len(await ask(service.url)) == MAX_RESPONSE


async def test_redirects(service: Service) -> None:
    with http_service() as other:
        service.answer = lambda asked: (
            Reply(307, b"", {"location": f"{other.url}/there"})
            if asked.target == "/far"
            else Reply(307, b"", {"location": "/near"})
            if asked.target == "/here"
            else as_json(asked.target)
        )
        other.answer = lambda asked: as_json(asked.target)
        secret: dict[str, Any] = {"headers_env": {"X-Key": {"env": "KEY"}}, "environ": {"KEY": TOKEN}}
        assert (await failure(f"{service.url}/here", **secret)).status_code == 307
        assert await ask(f"{service.url}/here", follow_redirects=True, **secret) == "/near"
        assert service.asked[-1].headers["x-key"] == TOKEN
        assert await ask(f"{service.url}/far", follow_redirects=True, **secret) == "/there"
        assert "x-key" not in other.asked[0].headers
        assert other.asked[0].json == {"question": ITEM.input}
        service.answer = lambda asked: Reply(302, b"", {"location": "/again"})
        assert (await failure(service.url, follow_redirects=True)).kind == "too_many_redirects"


async def test_cookies_of_one_item_do_not_come_with_the_next(service: Service) -> None:
    service.script(as_json({}, headers={"set-cookie": "session=1; path=/"}))
    resolved, _ = resolve(url=service.url, json="{{ input }}")
    task = cast(Any, HTTP.build(resolved.fields, Loading(Path("/"), (), Path("/"), environ={})))
    for _ in range(3):
        await task(ITEM, 0)
    await task.aclose()
    assert [asked.headers.get("cookie") for asked in service.asked] == [None] * 3
    # And yet they share a connection.
    assert service.connections == 1


async def test_a_call_can_be_given_up(service: Service) -> None:
    service.answer = lambda asked: as_json(service.stopping.wait(30))
    with anyio.move_on_after(0.2) as scope:
        await ask(service.url)
    assert scope.cancelled_caught


# Secrets


async def test_secrets_are_sent_and_kept_nowhere(service: Service) -> None:
    service.answer = lambda asked: as_json(
        {"echo": dict(asked.headers)}, headers={"x-echo": asked.headers["authorization"]}
    )
    secret: dict[str, Any] = {
        "headers_env": {"Authorization": {"env": "MY_TOKEN", "prefix": "Bearer "}},
        "environ": {"MY_TOKEN": TOKEN},
    }
    trace = begin_trace(("run", "france", 0, "", 1))
    found = await ask(f"{service.url}/?q={{{{ input }}}}", Item("1", f"say {TOKEN}"), **secret)
    assert service.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert found["echo"]["authorization"] == "Bearer $MY_TOKEN"
    header = await ask(service.url, extract="response.headers['x-echo']", **secret)
    assert header == "Bearer $MY_TOKEN"
    service.answer = lambda asked: as_text(f"you said {asked.headers['authorization']}", 403)
    error = await failure(f"{service.url}/{{{{ input }}}}", Item("1", TOKEN), **secret)
    assert TOKEN not in str(error)
    assert "you said Bearer $MY_TOKEN" in str(error)
    for span in trace.take():
        assert TOKEN.encode() not in span.payload
    resolved, _ = resolve(url=service.url, json="x", headers_env=secret["headers_env"])
    assert TOKEN not in json.dumps(resolved.fields)


@pytest.mark.parametrize("value", [None, "", "  ", "two\nlines", "ü"])
def test_a_variable_that_gives_no_header(value: str | None) -> None:
    resolved, problems = resolve(url="http://x/", json="x", headers_env={"A": {"env": "MY_TOKEN"}})
    assert problems == []
    environ = {} if value is None else {"MY_TOKEN": value}
    with pytest.raises(UsageError, match="MY_TOKEN"):
        HTTP.build(resolved.fields, Loading(Path("/"), (), Path("/"), environ=environ))


# Observations


async def test_a_request_is_an_observation(service: Service) -> None:
    service.script(as_text("x" * 5000), as_text("down", 503))
    trace = begin_trace(("run", "france", 0, "", 1))
    await ask(f"{service.url}/a?b={{{{ metadata.lang }}}}")
    await failure(service.url)
    good, bad = read_observations(trace.take())
    assert (good.type, good.name) == ("span", f"POST {service.url.removeprefix('http://')}")
    assert good.input == {"method": "POST", "url": f"{service.url}/a?b=en"}
    assert good.metadata["status"] == 200
    assert good.output == "x" * 999 + "…"
    assert (bad.level, bad.metadata["status"]) == ("ERROR", 503)
    assert bad.status_message == f"http_status: POST {service.url}: HTTP 503 Service Unavailable: down"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        (None, "é"),
        ("UTF-8", "é"),
        ("latin1", "Ã©"),
        ("punycode", None),
        ("undefined", None),
        ("idna", None),
        ("rot13", None),
        ("no-such-charset", None),
    ],
)
def test_only_charsets_are_read(charset: str | None, text: str | None) -> None:
    """A server names the codec, and Python has some that never end, or are no charsets."""
    assert text_in("é".encode(), charset) == text
