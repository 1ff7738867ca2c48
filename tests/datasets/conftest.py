from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalspec.datasets import DATASETS
from evalspec.datasets.base import SourceItem
from evalspec.datasets.select import read_items
from evalspec.kinds.loading import Loading


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path, (tmp_path,), tmp_path / ".evalspec")


ReadFile = Callable[..., list[SourceItem]]


@pytest.fixture
def read_file(loading: Loading, monkeypatch: pytest.MonkeyPatch) -> ReadFile:
    """Writes a file and reads it as a dataset."""
    monkeypatch.chdir(loading.root)

    def read(name: str, content: bytes | str, **fields: Any) -> list[SourceItem]:
        data = content.encode() if isinstance(content, str) else content
        (loading.root / name).write_bytes(data)
        syntax = name.rpartition(".")[2]
        resolved = {"path": name, "format": syntax, **fields}
        return list(read_items(DATASETS["file"], resolved, loading))

    return read
