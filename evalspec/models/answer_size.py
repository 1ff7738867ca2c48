"""A limit on the bytes of a provider's answer, whatever it is: one text, a stream, vectors, an error."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Final

__all__ = ["MAX_ANSWER", "AnswerTooLarge", "limit_answers", "too_large"]

MAX_ANSWER: Final = 64 * 2**20
"""Bytes of one answer, unpacked: some hundred thousand tokens one by one, or thousands of long vectors."""


class AnswerTooLarge(Exception):
    """Raised while an answer is read; whoever reads it may raise something else because of it."""


def limit_answers(client: Any) -> None:
    """Have a client of httpx, of either generation, break answers off that are larger than MAX_ANSWER.

    Every provider's SDK asks through such a client and reads in ways of its own, so the answer itself counts.
    """
    client.event_hooks["response"].append(_limit)


def too_large(error: BaseException) -> AnswerTooLarge | None:
    """What an SDK's error is about, where that is the size of an answer."""
    return next((one for one in _causes(error) if isinstance(one, AnswerTooLarge)), None)


async def _limit(response: Any) -> None:
    if "," in response.headers.get("content-encoding", ""):
        # One in another: a few bytes that become gigabytes before anybody can count them.
        raise AnswerTooLarge("the answer is compressed more than once")
    read = response.aiter_bytes

    async def counted(chunk_size: int | None = None) -> AsyncGenerator[bytes, None]:
        size = 0
        async with aclosing(read(chunk_size)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > MAX_ANSWER:
                    raise AnswerTooLarge(f"the answer has more than {MAX_ANSWER:,} bytes")
                yield piece

    response.aiter_bytes = counted


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
