"""Runs `evalspec check` under an audit hook that ends the process when anything of a project would be run.

Usage: python audited_check.py PROJECT PATH… — a script, because the hook cannot be taken away again.
"""

import os
import sys
from pathlib import Path
from typing import Any

NEVER = (
    "subprocess.",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.sendto",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.truncate",
    "shutil.",
    "pty.spawn",
    "urllib.Request",
    "http.client.connect",
    "sqlite3.connect",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def watch(project: str) -> None:
    """Refuse, from now on, what a check must not do."""

    def refuse(event: str, subject: object) -> None:
        os.write(2, f"AUDIT {event}: {subject}\n".encode())
        os._exit(99)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(NEVER):
            refuse(event, arguments)
        elif event == "open":
            path, mode, flags = arguments
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & WRITING:
                refuse("open for writing", path)
        elif event == "exec" and getattr(arguments[0], "co_filename", "").startswith(project):
            refuse(event, arguments[0])
        elif event == "import":
            name, file = arguments[0], arguments[1]
            if name.partition(".")[0] == "hostile" or (isinstance(file, str) and file.startswith(project)):
                refuse(event, name)
        elif event == "ctypes.dlopen" and str(arguments[0]).startswith(project):
            refuse(event, arguments[0])

    sys.addaudithook(hook)


def main() -> int:
    """Check the paths in the folder of the project."""
    project = str(Path(sys.argv[1]).resolve())
    os.chdir(project)
    sys.dont_write_bytecode = True
    from evalspec.cli import main as evalspec

    watch(project)
    return evalspec(["check", *sys.argv[2:]])


if __name__ == "__main__":
    sys.exit(main())
