"""Try the published schema in the language servers that editors use, and say what each of them does with it.

python -m tools.editors [--verbose]

Tombi comes with the development environment; VS Code's JSON server is installed into `.build/editors` by npm,
without running install scripts, and its packages must have the hashes of `integrity.json`.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.editing import CHECKS, ROOT, Editor, tombi, vscode_json
from tests.support.lsp import LanguageServer

HERE = Path(__file__).parent
BUILD = ROOT / ".build" / "editors"
MODULES = BUILD / "node_modules"


def main() -> int:
    """Run every check in both servers; the answer is the exit code."""
    verbose = "--verbose" in sys.argv[1:]
    try:
        _install()
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"VS Code's JSON server could not be installed: {error}", file=sys.stderr)
        return 5
    with tempfile.TemporaryDirectory() as nowhere:
        failures = _try("Tombi", tombi(Path(nowhere)), "toml", verbose)
    packages = ("vscode-langservers-extracted", "vscode-json-languageservice")
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    failures += _try(f"VS Code's JSON server ({versions})", vscode_json(MODULES), "json", verbose)
    return 1 if failures else 0


def _try(title: str, starting: LanguageServer, language: str, verbose: bool) -> int:
    failures = 0
    with starting as server:
        print(": ".join(filter(None, (title, server.name_and_version))))
        editor = Editor(server, language)
        for name, check in CHECKS.items():
            try:
                check(editor)
            except AssertionError as error:
                failures += 1
                print(f"  failed  {name}: {error}")
            else:
                if verbose:
                    print(f"  ok      {name}")
    print(f"  {len(CHECKS) - failures} of {len(CHECKS)} checks hold")
    return failures


def _version(package: str) -> str:
    manifest = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    return str(manifest["version"])


def _install() -> None:
    """Install the pinned packages, unless they are there already, and hold them to their hashes."""
    manifest = HERE / "package.json"
    installed = BUILD / "package.json"
    if not MODULES.is_dir() or not installed.is_file() or installed.read_bytes() != manifest.read_bytes():
        shutil.rmtree(BUILD, ignore_errors=True)
        BUILD.mkdir(parents=True)
        quietly = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        shutil.copy(manifest, installed)
        try:
            subprocess.run(["npm", "install", *quietly], cwd=BUILD, check=True)
        except subprocess.CalledProcessError:
            installed.unlink()
            raise
    _hold_to_hashes()


def _hold_to_hashes() -> None:
    expected = json.loads((HERE / "integrity.json").read_text(encoding="utf-8"))
    record = json.loads((MODULES / ".package-lock.json").read_text(encoding="utf-8"))
    found = {
        f"{path.removeprefix('node_modules/')}@{package['version']}": package["integrity"]
        for path, package in record["packages"].items()
    }
    if found != expected:
        different = sorted(dict(found.items() ^ expected.items()))
        raise ValueError(f"not what tools/editors/integrity.json says: {', '.join(different)}")


if __name__ == "__main__":
    sys.exit(main())
