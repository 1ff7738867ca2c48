from collections.abc import Callable
from pathlib import Path

import pytest

from evalspec.fingerprint.code import CodeBase, CodeFingerprint

Taking = Callable[..., CodeFingerprint]


@pytest.fixture
def take(tmp_path: Path) -> Taking:
    """Writes modules (`a__b` is the file a/b.py, `a__init` is a/__init__.py) and fingerprints a reference."""
    from textwrap import dedent

    def take(reference: str, **modules: str) -> CodeFingerprint:
        for name, text in modules.items():
            parts = ["__init__" if part == "init" else part for part in name.split("__")]
            path = tmp_path.joinpath(*parts).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        return CodeBase(tmp_path, {}).fingerprint(reference)

    return take
