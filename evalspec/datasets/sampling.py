"""Samples that are keyed by item id: the same items on every machine, and almost the same when items
are added.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from heapq import heappush, heappushpop
from typing import TypeVar

__all__ = ["rank", "sample_by_rate", "sample_by_size"]

T = TypeVar("T")


def rank(seed: int, item_id: str) -> int:
    """A number below 2^64 that looks random: the first 8 bytes of a SHA-256 over seed and id."""
    text = f"evalspec-sample-v1\x1f{seed}\x1f{item_id}"
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def sample_by_rate(seed: int, rate: float, item_id: str) -> bool:
    """Whether an item is in the sample. It depends on nothing but its id, so other items change nothing
    for it.
    """
    return rank(seed, item_id) < rate * 2.0**64


def sample_by_size(seed: int, size: int, items: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """The `size` items of lowest rank, in their order; one more item can push out one at most.

    (A bottom-k sketch: Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007.) Holds
    `size` items.
    """
    heap: list[tuple[int, str, int, T]] = []
    for position, (item_id, value) in enumerate(items):
        entry = (-rank(seed, item_id), item_id, position, value)
        if len(heap) < size:
            heappush(heap, entry)
        elif entry[:3] > heap[0][:3]:
            heappushpop(heap, entry)
    for _, item_id, _, value in sorted(heap, key=lambda entry: entry[2]):
        yield item_id, value
