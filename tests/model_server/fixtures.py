"""Pytest fixtures: part of the plugins of the root conftest, so that every test can use them."""

from collections.abc import Iterator

import pytest

from tests.model_server.handle import ModelServer, model_server_in_thread


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A server in a thread that speaks OpenAI's API; see `tests.model_server`."""
    with model_server_in_thread() as server:
        yield server
