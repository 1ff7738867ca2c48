"""Starting the server from Python."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from tests.emulator.server import Server, served_in_thread
from tests.model_server.app import ModelApplication, Received
from tests.model_server.behaviours import Behaviour

__all__ = ["ModelServer", "model_server_in_thread"]


class ModelServer:
    """A running server, and what it was asked."""

    def __init__(self, application: ModelApplication, url: str) -> None:
        self._application = application
        self.base_url = f"{url}/v1"

    def script(self, *behaviours: Behaviour) -> None:
        """Do these with the next requests, one each."""
        self._application.script.extend(behaviours)

    def answer_with(self, default: Callable[[Received], Behaviour]) -> None:
        """Do this when the script is used up."""
        self._application.default = default

    def fields(self, **more: Any) -> dict[str, Any]:
        """The fields of a `[models.<name>]` section for a model of this server."""
        return {"model": "openai:test-model", "base_url": self.base_url, **more}

    @property
    def requests(self) -> list[Received]:
        """All requests so far, in order."""
        return self._application.requests

    @property
    def peak(self) -> int:
        """The greatest number of requests that were under way at a time."""
        return self._application.peak


@contextmanager
def model_server_in_thread() -> Iterator[ModelServer]:
    """A server in a thread of this process."""
    application = ModelApplication()
    # The emulator's listener serves any application that has `faults`.
    with served_in_thread(Server(cast("Any", application))) as server:
        yield ModelServer(application, server.base_url)
