"""Functions that do what hostile input makes a library do. The tests install it as a plug-in."""

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from evalspec.kinds.bounded import Refused, TooLarge

_calls = 0
_kept: list[bytes] = []


def echo(value: Any) -> Any:
    return value


def echo_all(*values: Any) -> Any:
    return list(values)


def pid() -> int:
    return os.getpid()


def count() -> list[int]:
    global _calls
    _calls += 1
    return [os.getpid(), _calls]


def loop() -> None:
    while True:
        pass


def loop_in_c(marker: str) -> None:
    """Holds the interpreter's lock, so that no Python code in the process has a say."""
    Path(marker).write_text(str(os.getpid()))
    ctypes.PyDLL(None).sleep(600)


def start_a_child_and_loop(marker: str) -> None:
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    Path(marker).write_text(str(child))
    loop()


def linger(marker: str) -> None:
    path = Path(marker)
    path.write_text(str(os.getpid()))
    time.sleep(600)


def take_memory(size: int) -> int:
    return len(bytearray(size))


def keep_memory(size: int) -> int:
    _kept.append(bytes(size))
    return os.getpid()


def recurse(depth: int) -> int:
    return 0 if depth == 0 else 1 + recurse(depth - 1)


def nested(depth: int) -> Any:
    tree: list[Any] = []
    for _ in range(depth):
        tree = [tree]
    return tree


def leave(status: int) -> None:
    os._exit(status)


def leave_politely() -> None:
    sys.exit("enough")


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def fail(message: str) -> None:
    raise LookupError(message)


def fail_unspeakably() -> None:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise ValueError

    raise Unspeakable


def refuse(kind: str, message: str) -> None:
    raise Refused(kind, message)


def find_too_large(message: str) -> None:
    raise TooLarge(message)


def print_much(text: str) -> str:
    print(text * 100_000)
    print(text * 100_000, file=sys.stderr)
    os.write(1, b"A" * 100)
    os.write(2, b"A" * 100)
    return sys.stdin.read()


def disturb() -> None:
    """Writes into every pipe it finds, as something confused might."""
    for descriptor in open_descriptors():
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    loop()


def long_text(length: int) -> str:
    return "é" * length


def an_object() -> object:
    return object()


def special() -> dict[str, Any]:
    return {"nan": float("nan"), "inf": [float("inf"), float("-inf")], "zero": -0.0}


def open_descriptors() -> list[int]:
    return sorted(
        int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")
    )


def what_is_open() -> list[str]:
    return sorted(os.readlink(f"/proc/self/fd/{number}").partition(":")[0] for number in open_descriptors())


def surroundings() -> dict[str, Any]:
    return {
        "environment": dict(os.environ),
        "path": sys.path,
        "session": os.getsid(0),
        "pid": os.getpid(),
        "folder": os.getcwd(),
        "kept": json.dumps(sorted(name for name in sys.modules if "." not in name)),
    }


def answer_with_shape(keys: dict[str, Any], blob: bytes) -> Any:
    return {"tree": keys, "blobs": [blob, blob], **keys}
