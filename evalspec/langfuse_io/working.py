"""Threads that ask a server for several things at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

AT_ONCE = 8


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """A pool of which nothing more is begun once the block ends, by an exception or otherwise."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="langfuse")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
