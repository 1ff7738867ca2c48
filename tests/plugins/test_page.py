"""The page about plug-ins shows the package that the tests build and run."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "acme_evals/toxicity.py", "acme_evals/toxicity.evalspec.json"]
)
def test_the_page_shows_the_package(name: str) -> None:
    assert f"\n{(ROOT / 'tests/plugins/acme' / name).read_text(encoding='utf-8')}```" in PAGE
