"""The dataset kinds, each in a module of its own that is imported when the kind is first asked for."""

from typing import Any

from evalspec.datasets.base import DatasetKind
from evalspec.kinds.registry import Registry

__all__ = ["DATASETS"]

DATASETS: Registry[DatasetKind[Any]] = Registry(
    __name__, {"inline": "inline", "file": "file", "langfuse": "langfuse"}
)
"""The dataset kinds by the name that stands in `type`."""
