"""Blocking code in threads of its own, whatever it raises."""

import anyio
import pytest

from evalspec.kinds.waiting import in_daemon_thread


async def test_what_it_returns_and_raises() -> None:
    assert await in_daemon_thread(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(divmod, 1, 0)


async def test_an_exhausted_iterator_wakes_whoever_waits() -> None:
    """A future cannot raise StopIteration; it must not wait for ever either."""
    with anyio.fail_after(10), pytest.raises(RuntimeError, match="StopIteration") as caught:
        await in_daemon_thread(next, iter(()))
    assert isinstance(caught.value.__cause__, StopIteration)
