"""The limit on a worker's memory: RLIMIT_AS over the size it has (setrlimit(2), proc_pid_statm(5))."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

if sys.platform == "linux":
    import resource

    _PAGE: Final = resource.getpagesize()

    class AddressSpace:
        """The address space of this process."""

        def __init__(self) -> None:
            self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
            self._soft, self._hard = resource.getrlimit(resource.RLIMIT_AS)

        def size(self) -> int:
            """Bytes it has now."""
            return int(os.pread(self._statm, 64, 0).split()[0]) * _PAGE

        @contextmanager
        def at_most(self, more: int) -> Iterator[None]:
            """Let it grow by so many bytes; what goes beyond is a MemoryError."""
            bound = self.size() + more
            for limit in (self._soft, self._hard):
                bound = bound if limit == resource.RLIM_INFINITY else min(bound, limit)
            resource.setrlimit(resource.RLIMIT_AS, (bound, self._hard))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_AS, (self._soft, self._hard))

    def forbid_core_dumps() -> None:
        """A crash must not fill the disk, nor keep what was worked on."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

else:

    class AddressSpace:
        """Neither limited nor measured here."""

        def size(self) -> int:
            """Unknown: always 0."""
            return 0

        @contextmanager
        def at_most(self, more: int) -> Iterator[None]:
            """Without a limit."""
            yield

    def forbid_core_dumps() -> None:
        """Left to the system."""
