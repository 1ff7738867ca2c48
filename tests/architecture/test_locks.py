"""The locks in constraints/ pin everything, with hashes, and agree with pyproject.toml and each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import EXTRAS, FOREIGN

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "constraints").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENTRY = re.compile(
    r"(?P<name>[a-z0-9.-]+)==(?P<version>\S+?)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


def read(path: Path) -> dict[str, str]:
    """The pinned version of every package; fails where the file holds anything else."""
    text = path.read_text(encoding="utf-8")
    body = re.sub(r"^#.*\n|^\n", "", text, flags=re.MULTILINE)
    assert ENTRY.sub("", body) == ""
    return {match["name"]: match["version"] for match in ENTRY.finditer(body)}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_pins_with_hashes_and_nothing_else(path: Path) -> None:
    assert len(read(path)) > 20


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("runtime.txt", []),
        ("dev.txt", [*EXTRAS, "dev"]),
        ("bench.txt", ["parquet", "bench"]),
        *((f"{extra}.txt", list(extras)) for extra, extras in FOREIGN.items()),
    ],
)
def test_a_lock_fits_what_the_project_asks_for(lock: str, extras: list[str]) -> None:
    pins = read(ROOT / "constraints" / lock)
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    wanted += [Requirement(text) for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    for requirement in wanted:
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("lock", ["dev.txt", "bench.txt"])
def test_development_uses_what_users_get(lock: str) -> None:
    runtime, other = read(ROOT / "constraints" / "runtime.txt"), read(ROOT / "constraints" / lock)
    assert {name: other.get(name) for name in runtime} == runtime


def test_all_is_every_optional_feature() -> None:
    extras = PROJECT["optional-dependencies"]
    features = sorted(extras.keys() - {"all", "dev", "bench", *FOREIGN})
    assert extras["all"] == [f"evalspec[{','.join(features)}]"]
