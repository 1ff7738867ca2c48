"""No file speaks of one machine or of where packages are fetched from."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Written so that no pattern finds itself.
FORBIDDEN = {
    "address of a package index": re.compile(
        r"[p]ypi\.org|[p]ythonhosted\.org|[r]egistry\.npmjs|[r]egistry\.yarnpkg|[d]eb\.debian\.org",
        re.IGNORECASE,
    ),
    "option that names an index": re.compile(r"^\s*--(extra-)?(index-url|find-links|trusted-host)\b"),
    "path of one machine": re.compile(
        r"(?<![\w.~-])/([w]ork|[r]oot|[o]pt/(pypi|wheels)|[h]ome/\w+|[U]sers/\w+)/"
    ),
}


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def findings(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN.items():
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {what}: {line.strip()[:100]}"


def test_no_file_names_an_index_or_a_machine() -> None:
    assert [finding for path in tracked() for finding in findings(path)] == []


def test_the_patterns_find_something(tmp_path: Path) -> None:
    names = [
        "https://p" + "ypi.org/simple",
        "--index-url https://x",
        "see /w" + "ork/main",
        "/h" + "ome/ann/x",
    ]
    sample = tmp_path / "sample.txt"
    for name in names:
        sample.write_text(name, encoding="utf-8")
        assert any(pattern.search(name) for pattern in FORBIDDEN.values()), name
