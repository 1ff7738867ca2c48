"""Write the hashed locks in constraints/ from pyproject.toml.

    python -m tools.lock              # keep the pinned versions that still fit
    python -m tools.lock --upgrade    # take the newest versions that fit

Every lock pins all packages, indirect ones too, with the hashes of all their files, so that one lock
serves every architecture and pip can be run with --require-hashes. The locks name no index and no path:
where packages come from is the business of whoever installs them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "constraints"
BASE = "runtime.txt"
EXTRAS = ("autoevals", "embeddings", "formats", "models", "parquet", "text")
"""What a user may choose to install; `all` names the same."""
FOREIGN = {"deepeval": ("deepeval", "models"), "ragas": ("ragas",)}
"""What a user may choose as well, and cannot live beside everything else; with the extras it can have."""


@dataclass(frozen=True)
class Lock:
    """One lock file: what it is for, and what it is compiled from.

    `extras` are those of pyproject.toml. With `project` false the lock is compiled from `requirements` alone.
    """

    name: str
    purpose: str
    extras: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    project: bool = True
    follows: str | None = None


LOCKS = (
    Lock(
        BASE, "what evalspec needs to run, and to be installed from a checkout", requirements=("hatchling",)
    ),
    Lock("dev.txt", "everything `make test` needs", extras=(*EXTRAS, "dev"), follows=BASE),
    Lock("bench.txt", "the runners that `make bench` compares", extras=("parquet", "bench"), follows=BASE),
    *(
        Lock(
            f"{extra}.txt",
            f"the environment in which `make foreign` tries `{extra}`",
            extras=extras,
            requirements=("hatchling",),
        )
        for extra, extras in FOREIGN.items()
    ),
    Lock(
        "sdk4.txt",
        "the older Langfuse SDK that `make emulator-check` drives",
        requirements=("langfuse==4.16.0",),
        project=False,
    ),
)


def command(lock: Lock, output: Path, upgrade: bool) -> list[str]:
    """The pip-compile call that writes `lock` to `output`."""
    call = [sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--allow-unsafe"]
    call += [
        "--strip-extras",
        "--no-header",
        "--no-emit-options",
        "--no-emit-index-url",
        "--no-emit-find-links",
    ]
    call += ["--no-emit-trusted-host", "--annotation-style=line", f"--output-file={output}"]
    call += ["--upgrade"] if upgrade else []
    call += [f"--extra={extra}" for extra in lock.extras]
    call += [f"--constraint={FOLDER / lock.follows}"] if lock.follows else []
    return call


def sources(lock: Lock, folder: Path) -> list[str]:
    """The input files of `lock`; requirements given here are written to a file in `folder`."""
    found = ["pyproject.toml"] if lock.project else []
    if lock.requirements:
        extra = folder / "requirements.in"
        extra.write_text("\n".join(lock.requirements) + "\n", encoding="utf-8")
        found.append(str(extra))
    return found


def without_annotations(text: str) -> list[str]:
    """The lines of a lock without pip-compile's remarks, which name files of the machine it ran on."""
    lines = []
    for line in text.splitlines():
        if line.lstrip().startswith(("#", "--find-links", "--index-url", "--extra-index-url")):
            continue
        lines.append(line.split("  # via")[0].rstrip())
    return [line for line in lines if line]


def write(lock: Lock, upgrade: bool) -> None:
    """Compile `lock` and put it into place, unless compiling fails."""
    target = FOLDER / lock.name
    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / lock.name
        if target.exists():
            output.write_bytes(target.read_bytes())
        call = command(lock, output, upgrade) + sources(lock, Path(name))
        environment = os.environ | {"CUSTOM_COMPILE_COMMAND": "make lock"}
        done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{lock.name}: pip-compile failed\n{done.stderr}")
        lines = without_annotations(output.read_text(encoding="utf-8"))
    header = [
        f"# {lock.purpose[0].upper()}{lock.purpose[1:]}.",
        "# Written by `make lock`; do not edit by hand.",
        "",
    ]
    target.write_text("\n".join([*header, *lines]) + "\n", encoding="utf-8")
    pinned = sum("==" in line for line in lines)
    print(f"{target.relative_to(ROOT)}: {pinned} packages")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write all locks, or those named on the command line."""
    parser = argparse.ArgumentParser(description="Write the hashed locks in constraints/.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    parser.add_argument("names", nargs="*", help="the locks to write (default: all)")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - {lock.name for lock in LOCKS}
    if unknown:
        parser.error(f"no such lock: {', '.join(sorted(unknown))}")
    FOLDER.mkdir(exist_ok=True)
    for lock in LOCKS:
        if not options.names or lock.name in options.names:
            write(lock, options.upgrade)


if __name__ == "__main__":
    main()
