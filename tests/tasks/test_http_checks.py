"""What `check` says of an `http` task, and what its digest covers."""

from typing import Any

import pytest

from tests.tasks.test_http import resolve

URL = "https://assistant.example/answers"
SOUND: dict[str, Any] = {"url": URL, "json": {"q": "{{ input }}"}}


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({"url": "assistant.example/x"}, "wrong-value", ("url",)),
        ({"url": "ftp://assistant.example/x"}, "wrong-value", ("url",)),
        ({"url": "https:///x"}, "wrong-value", ("url",)),
        ({"url": "https://a b/x"}, "wrong-value", ("url",)),
        ({"url": "https://host:99999/x"}, "wrong-value", ("url",)),
        ({"url": "https://user@host/x"}, "wrong-value", ("url",)),
        ({"url": "https://user:word@host/x"}, "wrong-value", ("url",)),
        ({"url": "{{ input }}"}, "wrong-value", ("url",)),
        ({"url": "https://{{ input }}.example/x"}, "wrong-value", ("url",)),
        ({"url": "https://host:{{ metadata.port }}/x"}, "wrong-value", ("url",)),
        ({"url": "https://host{% if input %}.evil{% endif %}/x"}, "wrong-value", ("url",)),
        ({"url": "https://host/{% if input %}x{% endif %}"}, "wrong-value", ("url",)),
        ({"url": "https://host/{# why #}x"}, "wrong-value", ("url",)),
        ({"url": "https://host/{{ inptu }}"}, "undefined-name", ("url",)),
        ({"url": "https://host/{{ input"}, "template-syntax", ("url",)),
        ({"query": {"q": "{{ output }}"}}, "undefined-name", ("query", "q")),
        ({"json": {"a": [1, {"b": "{{ inptu }}"}]}}, "undefined-name", ("json", "a", 1, "b")),
        ({"json": "{{ input | nope }}"}, "unknown-filter", ("json",)),
        ({"json": None, "body": "{{ x }}"}, "undefined-name", ("body",)),
        ({"json": None, "form": {"q": "{{ x }}"}}, "undefined-name", ("form", "q")),
        ({"json": None}, "missing-field", ()),
        ({"body": "x"}, "wrong-value", ("body",)),
        ({"form": {}}, "wrong-value", ("form",)),
        ({"method": "GET"}, "wrong-value", ("json",)),
        ({"content_type": "text/html"}, "wrong-value", ("content_type",)),
        ({"headers": {"a b": "x"}}, "invalid-name", ("headers", "a b")),
        ({"headers": {"x": "a\nb"}}, "wrong-value", ("headers", "x")),
        ({"headers": {"x": "ü"}}, "wrong-value", ("headers", "x")),
        ({"headers": {"Authorization": "Bearer x"}}, "wrong-value", ("headers", "Authorization")),
        ({"headers": {"Host": "x"}}, "wrong-value", ("headers", "Host")),
        ({"headers": {"X": "1", "x": "2"}}, "wrong-value", ("headers", "x")),
        (
            {"json": None, "body": "", "headers": {"content-type": "x"}},
            "wrong-value",
            ("headers", "content-type"),
        ),
        ({"headers": {"X": "1"}, "headers_env": {"x": {"env": "A"}}}, "wrong-value", ("headers_env", "x")),
        ({"headers_env": {"x": {"env": "A-B"}}}, "invalid-name", ("headers_env", "x", "env")),
        ({"headers_env": {"x": {"env": "A", "prefix": "\n"}}}, "wrong-value", ("headers_env", "x", "prefix")),
        ({"extract": "respons.json"}, "undefined-name", ("extract",)),
        ({"extract": "event.json"}, "undefined-name", ("extract",)),
        ({"stream": "sse", "extract": "response.json"}, "undefined-name", ("extract",)),
        ({"until": "[DONE]"}, "wrong-value", ("until",)),
        ({"expect_status": [200, 42]}, "wrong-value", ("expect_status", 1)),
        ({"expect_status": ["2xx"]}, "wrong-value", ("expect_status", 0)),
        ({"expect_status": ["299-200"]}, "wrong-value", ("expect_status", 0)),
        ({"version": {"url": "/v/{{ input }}"}}, "wrong-value", ("version", "url")),
        ({"version": {"url": "https://other.example/v"}}, "wrong-value", ("version", "url")),
        ({"version": {"url": "https://u:p@assistant.example/v"}}, None, ("version", "url")),
        ({"version": {"url": "/v", "extract": "input"}}, "undefined-name", ("version", "extract")),
    ],
)
def test_mistakes(fields: dict[str, Any], code: str | None, at: tuple[Any, ...]) -> None:
    table = {key: value for key, value in {**SOUND, **fields}.items() if value is not None}
    problems = resolve(**table)[1]
    assert {problem.at for problem in problems} == {at}
    assert code is None or [problem.code for problem in problems] == [code]


def test_a_mistake_has_its_place_inside_the_text() -> None:
    (problem,) = resolve(url=URL, json={"q": "What is {{ inptu }}?"})[1]
    assert (problem.offset, problem.length, problem.suggestion) == (11, 5, "input")


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://[::1]:8080/{{ input }}?x={{ metadata.a ~ '}}' }}"},
        {"url": "HTTPS://Host.example"},
        {"url": "http://host/{{ {'a': {'b': 1}}.a.b }}"},
        {"method": "GET", "json": None},
        {"method": "DELETE", "json": None},
        {"headers": {"Content-Type": "application/vnd.x+json"}},
        {"stream": "sse", "until": "[DONE]", "extract": "event.data"},
        {"version": {"url": f"{URL}/version"}},
    ],
)
def test_what_is_sound(fields: dict[str, Any]) -> None:
    table = {key: value for key, value in {**SOUND, **fields}.items() if value is not None}
    assert resolve(**table)[1] == []


def test_what_the_digest_covers() -> None:
    plain = resolve(**SOUND)[0].identity
    assert plain == {"url": URL, "json": {"q": "{{ input }}"}}
    same: list[dict[str, Any]] = [{"method": "POST"}, {"expect_status": ["200-299"]}, {"timeout": "3s"}]
    for fields in same:
        assert resolve(**SOUND, **fields)[0].identity == plain
    others: list[dict[str, Any]] = [
        {"method": "PUT"},
        {"headers": {"x": "1"}},
        {"headers_env": {"x": {"env": "A"}}},
        {"headers_env": {"x": {"env": "A", "prefix": "Key "}}},
        {"query": {"a": "1"}},
        {"extract": "response.text"},
        {"expect_status": [200]},
        {"follow_redirects": True},
        {"stream": "sse"},
        {"stream": "lines"},
        {"version": {"url": "/v"}},
    ]
    identities = [plain, *(resolve(**SOUND, **fields)[0].identity for fields in others)]
    assert all(one != other for at, one in enumerate(identities) for other in identities[:at])
    # Which variable holds the secret is no matter of the subject.
    one, other = (resolve(**SOUND, headers_env={"x": {"env": name}})[0] for name in ("A", "B"))
    assert one.identity == other.identity
    assert one.fields != other.fields


def test_what_is_not_pinned() -> None:
    assert resolve(**SOUND)[0].unpinned == (f"nothing says which version answers at `{URL}`",)
    assert resolve(**SOUND, version={"url": "/v"})[0].unpinned == ()
