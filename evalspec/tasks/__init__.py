"""The task kinds, each in a module of its own that is imported when the kind is first asked for."""

from typing import Any

from evalspec.kinds.registry import Registry
from evalspec.tasks.base import TaskKind

__all__ = ["TASKS"]

TASKS: Registry[TaskKind[Any]] = Registry(
    __name__,
    {
        "prompt": "prompt",
        "conversation": "conversation",
        "chain": "chain",
        "http": "http",
        "command": "command",
        "python": "python",
        "recorded": "recorded",
    },
    plugins="plugin",
)
"""The task kinds by the name that stands in `type`."""
