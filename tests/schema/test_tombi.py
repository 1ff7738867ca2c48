"""Completion, diagnostics and hover of TOML specs in Tombi, a real language server, without a network."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support import editing
from tests.support.editing import Editor
from tests.support.lsp import LanguageServer
from tests.support.spec_trees import VALID


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    with editing.tombi(tmp_path_factory.mktemp("tombi")) as server:
        yield server


@pytest.fixture(scope="module")
def editor(server: LanguageServer) -> Editor:
    return Editor(server, "toml")


@pytest.mark.parametrize("name", editing.CHECKS)
def test_tombi(editor: Editor, name: str) -> None:
    editing.CHECKS[name](editor)


def test_a_version_may_be_a_native_time(editor: Editor) -> None:
    dataset = {**VALID["hosted"]["dataset"], "version": datetime(2026, 11, 1, 12, tzinfo=UTC)}
    faults, draft = editor.faults({**VALID["hosted"], "dataset": dataset})
    assert "version = 2026-11-01T12:00:00+00:00\n" in draft.text
    assert faults == []
    faults, _ = editor.faults({**VALID["hosted"], "dataset": {**dataset, "version": "yesterday"}})
    assert len(faults) == 1
