"""The prompt kinds, each in a module of its own that is imported when the kind is first asked for."""

from typing import Any

from evalspec.kinds.registry import Registry
from evalspec.prompts.base import PromptKind

__all__ = ["PROMPTS"]

PROMPTS: Registry[PromptKind[Any]] = Registry(
    __name__, {"inline": "inline", "file": "file", "langfuse": "langfuse"}
)
"""The prompt kinds by the name that stands in `type`."""
