"""What programs read: JSON, workflow commands, SARIF."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from evalspec.diagnostics import (
    CATALOGUE,
    Diagnostic,
    Edit,
    Fix,
    Position,
    Related,
    Severity,
    Span,
)
from evalspec.diagnostics.render import RENDERERS
from tests.diagnostics_unit.sarif_shape import LOG

FULL = Diagnostic(
    "duplicate-key",
    "`a` is defined: 100%, a second time",
    span=Span("specs/ü b:c.toml", Position(2, 1), Position(2, 4)),
    pointer="/a/b",
    expected="each name once, `{`",
    suggestion="b",
    notes=("one", "two\nlines"),
    related=(Related("first defined here", Span.at("specs/ü b:c.toml", 1, 1)),),
    fix=Fix(
        "drop it",
        (Edit(Span.at("specs/ü b:c.toml", 2, 1, 3), ""), Edit(Span.at("other.toml", 1, 1, 0), "x = {1}")),
    ),
)
BARE = Diagnostic("file-not-found", "there is no file `x`")
WIDE = Diagnostic("unused-score", "wide", span=Span("a.json", Position(1, 2), Position(3, 1)))
NOTE = Diagnostic("code-not-followed", "an alias", span=Span.at("a.json", 7, 1))
ALL = [FULL, BARE, WIDE, NOTE]


def _sarif(*items: Diagnostic) -> dict[str, Any]:
    log = json.loads(RENDERERS["sarif"](items))
    jsonschema.Draft7Validator(LOG).validate(log)
    assert isinstance(log, dict)
    return log


def test_json_has_one_shape() -> None:
    page = RENDERERS["json"](ALL)
    assert page.endswith("}\n")
    tree = json.loads(page)
    assert list(tree) == ["evalspec_diagnostics", "summary", "diagnostics"]
    assert tree["evalspec_diagnostics"] == 1
    assert tree["summary"] == {"errors": 2, "warnings": 1, "notes": 1}
    assert [item["code"] for item in tree["diagnostics"]] == [
        "file-not-found",
        "unused-score",
        "code-not-followed",
        "duplicate-key",
    ]
    assert len({tuple(item) for item in tree["diagnostics"]}) == 1


def test_json_says_everything() -> None:
    place = {
        "path": "specs/ü b:c.toml",
        "start": {"line": 2, "column": 1},
        "end": {"line": 2, "column": 4},
    }
    (item,) = json.loads(RENDERERS["json"]([FULL]))["diagnostics"]
    assert item == {
        "code": "duplicate-key",
        "severity": "error",
        "title": "key defined twice",
        "message": "`a` is defined: 100%, a second time",
        "location": place,
        "pointer": "/a/b",
        "expected": "each name once, `{`",
        "suggestion": "b",
        "notes": ["one", "two\nlines"],
        "related": [
            {
                "message": "first defined here",
                "location": place | {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 2}},
            }
        ],
        "fix": {
            "description": "drop it",
            "edits": [
                {"location": place, "replacement": ""},
                {
                    "location": {
                        "path": "other.toml",
                        "start": {"line": 1, "column": 1},
                        "end": {"line": 1, "column": 1},
                    },
                    "replacement": "x = {1}",
                },
            ],
        },
    }
    (bare,) = json.loads(RENDERERS["json"]([BARE]))["diagnostics"]
    assert {key for key, value in bare.items() if value is None} == {
        "location",
        "pointer",
        "expected",
        "suggestion",
        "fix",
    }


def test_json_is_ascii_whatever_the_file_holds() -> None:
    assert RENDERERS["json"]([Diagnostic("toml-syntax", "\ud800\x1b漢")]).isascii()


def test_workflow_commands() -> None:
    assert RENDERERS["github"](ALL).splitlines() == [
        "::error title=file-not-found%3A file not found::there is no file `x`",
        "::warning file=a.json,line=1,endLine=3,title=unused-score%3A score never given::wide",
        (
            "::notice file=a.json,line=7,endLine=7,col=1,endColumn=2,"
            "title=code-not-followed%3A code not followed::an alias"
        ),
        (
            "::error file=specs/ü b%3Ac.toml,line=2,endLine=2,col=1,endColumn=4,"
            "title=duplicate-key%3A key defined twice"
            "::`a` is defined: 100%25, a second time%0Aexpected: each name once, `{`%0Adid you mean `b`?%0A"
            "one%0Atwo%0Alines%0Aspecs/ü b:c.toml:1:1: first defined here"
        ),
    ]


def test_a_message_cannot_become_a_command() -> None:
    hostile = "x\n::set-env name=A::b\r\n::error::\x1b[0m"
    item = Diagnostic("toml-syntax", hostile, span=Span.at("a,b\n::error::c.toml", 1, 1), notes=(hostile,))
    page = RENDERERS["github"]([item])
    assert page.count("\n") == 1
    assert "\r" not in page
    assert "\x1b" not in page
    properties = page.removeprefix("::error ").split("::", 1)[0]
    assert properties.startswith("file=a%2Cb\\n%3A%3Aerror%3A%3Ac.toml,line=1,")


def test_sarif_follows_the_standard() -> None:
    (run,) = _sarif(*ALL)["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "evalspec"
    assert run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in driver["rules"]] == [
        "code-not-followed",
        "duplicate-key",
        "file-not-found",
        "unused-score",
    ]
    for result in run["results"]:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["fullDescription"]["text"].replace("{{", "{").replace("}}", "}") == (
            CATALOGUE[result["ruleId"]].explanation
        )
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]


def test_sarif_without_results() -> None:
    (run,) = _sarif()["runs"]
    assert run["results"] == []


def test_sarif_places() -> None:
    (result,) = _sarif(FULL)["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "specs/%C3%BC%20b%3Ac.toml", "uriBaseId": "%SRCROOT%"}
    assert location["region"] == {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 4}
    assert result["properties"] == {"pointer": "/a/b"}
    assert result["relatedLocations"][0]["message"] == {"text": "first defined here"}


def test_sarif_fixes() -> None:
    (result,) = _sarif(FULL)["runs"][0]["results"]
    (fix,) = result["fixes"]
    assert [change["artifactLocation"]["uri"] for change in fix["artifactChanges"]] == [
        "specs/%C3%BC%20b%3Ac.toml",
        "other.toml",
    ]
    # What is inserted is file content and not a message: its braces stand for themselves.
    assert fix["artifactChanges"][1]["replacements"] == [
        {
            "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
            "insertedContent": {"text": "x = {1}"},
        }
    ]


def test_sarif_messages_have_no_placeholders_and_no_links() -> None:
    (result,) = _sarif(Diagnostic("toml-syntax", "`{0}` and [here](1)"))["runs"][0]["results"]
    assert result["message"]["text"] == "`{{0}}` and [here\\](1)"


def test_sarif_leaves_the_root_as_an_absolute_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in ner").mkdir()
    monkeypatch.chdir(tmp_path / "in ner")
    for path, resolved in (("../a.toml", tmp_path / "a.toml"), ("/x y/b.toml", Path("/x y/b.toml"))):
        (result,) = _sarif(Diagnostic("toml-syntax", "m", span=Span.at(path, 1, 1)))["runs"][0]["results"]
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert set(artifact) == {"uri"}
        assert unquote(urlsplit(artifact["uri"]).path) == resolved.as_posix()
    (result,) = _sarif(Diagnostic("toml-syntax", "m", span=Span.at("C:/a.toml", 1, 1)))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///C%3A/a.toml"
    (result,) = _sarif(Diagnostic("toml-syntax", "m", span=Span.at("./a.toml", 1, 1)))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.toml"


def test_every_kind_can_be_shown_everywhere() -> None:
    items = [Diagnostic(code, "m", span=Span.at("a.toml", 1, 1)) for code in CATALOGUE]
    assert len(_sarif(*items)["runs"][0]["tool"]["driver"]["rules"]) == len(CATALOGUE)
    assert len(RENDERERS["github"](items).splitlines()) == len(CATALOGUE)
    assert len(json.loads(RENDERERS["json"](items))["diagnostics"]) == len(CATALOGUE)
    text = RENDERERS["text"](items, {"a.toml": "x"})
    assert all(f"{info.severity}[{info.code}]: m" in text for info in CATALOGUE.values())


@pytest.mark.parametrize("name", list(RENDERERS))
def test_the_order_of_arrival_does_not_matter(name: Any) -> None:
    assert RENDERERS[name](ALL, {}) == RENDERERS[name](list(reversed(ALL)), {})
    assert set(RENDERERS) == {"text", "json", "github", "sarif"}


def test_severities_are_spelt_alike() -> None:
    assert [str(severity) for severity in Severity] == ["error", "warning", "note"]
