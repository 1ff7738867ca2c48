"""The client of one model, made from its spec: which provider, which key, which address. Imports pydantic-ai.

The address and the key are those of the spec. `OPENAI_BASE_URL` and its like count for nothing where a spec
can say the same, so that one plan asks one server on every machine.
"""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic_ai.embeddings import EmbeddingModel, infer_embedding_model
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import Provider, infer_provider_class

from evalspec.models.answer_size import limit_answers
from evalspec.models.errors import ModelError
from evalspec.models.spec import ModelSpec

__all__ = ["Connection"]

T = TypeVar("T")

_OPENAI: Final = frozenset({"openai", "openai-chat", "openai-responses"})
_OPENAI_URL: Final = "https://api.openai.com/v1"
_NO_KEY: Final = "unused"
"""What is sent in place of a key where none is configured for an own server."""
_KEYS: Final = {
    "anthropic": "ANTHROPIC_API_KEY",
    "cerebras": "CEREBRAS_API_KEY",
    "cohere": "CO_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "fireworks": "FIREWORKS_API_KEY",
    "google": "GOOGLE_API_KEY",
    "groq": "GROQ_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openai-chat": "OPENAI_API_KEY",
    "openai-responses": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "together": "TOGETHER_API_KEY",
    "voyageai": "VOYAGE_API_KEY",
    "xai": "XAI_API_KEY",
}


class Connection:
    """A provider's client, and the models on it. Made without a request; `aclose` ends its connections."""

    def __init__(self, spec: ModelSpec, environ: Mapping[str, str]) -> None:
        self._spec = spec
        self._environ = environ
        self._stack = AsyncExitStack()
        self._provider = self._made()
        self._chat: Model | None = None
        self._embedding: EmbeddingModel | None = None

    @property
    def chat(self) -> Model:
        """The model that answers messages."""
        if self._chat is None:
            self._chat = self._chat_model()
        return self._chat

    @property
    def embedding(self) -> EmbeddingModel:
        """The model that makes vectors."""
        if self._embedding is None:
            spec = self._spec
            kind = "openai" if spec.provider in _OPENAI else spec.provider
            self._embedding = _named(
                spec, lambda: infer_embedding_model(f"{kind}:{spec.model}", provider_factory=self._give)
            )
        return self._embedding

    async def open(self) -> None:
        """Take the provider's own client, if it has one, to close it later."""
        await self._stack.enter_async_context(self._provider)
        # The SDKs of a few providers ask in other ways, and have none.
        if (client := getattr(self._provider, "_own_http_client", None)) is not None:
            limit_answers(client)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._stack.aclose()

    def _give(self, name: str) -> Provider[Any]:
        return self._provider

    def _chat_model(self) -> Model:
        spec = self._spec
        if spec.provider not in ("openai", "openai-chat"):
            name = f"{spec.provider}:{spec.model}"
            return _named(spec, lambda: infer_model(name, provider_factory=self._give))
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.profiles.openai import OpenAIModelProfile

        profile: OpenAIModelProfile = {"openai_chat_streaming_requires_finish_reason": True}
        default: Mapping[str, Any] = self._provider.model_profile(spec.model) or {}
        if _is_elsewhere(spec) and not default.get("openai_supports_reasoning", False):
            # The older name is the one that other servers know; OpenAI's reasoning models refuse it.
            profile["openai_chat_supports_max_completion_tokens"] = False
        return OpenAIChatModel(spec.model, provider=self._provider, profile=profile)

    def _made(self) -> Provider[Any]:
        if self._spec.provider in _OPENAI:
            return _named(self._spec, self._openai_provider)
        return _named(self._spec, self._other_provider)

    def _openai_provider(self) -> Provider[Any]:
        from openai import AsyncOpenAI
        from pydantic_ai.models import create_async_httpx2_client
        from pydantic_ai.providers.openai import OpenAIProvider
        from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

        key = self._key()
        if key is None:
            raise _missing_key(self._spec)
        http = create_async_httpx2_client()
        limit_answers(http)
        self._stack.push_async_callback(http.aclose)
        client = AsyncOpenAI(
            api_key=key, base_url=self._spec.base_url or _OPENAI_URL, max_retries=0, http_client=http
        )
        if not _is_elsewhere(self._spec):
            return OpenAIProvider(openai_client=client)
        # Taken from the environment by the SDK, and nobody else's business than OpenAI's.
        client.organization = client.project = None
        return OpenAICompatibleProvider("openai", openai_client=client)

    def _other_provider(self) -> Provider[Any]:
        spec = self._spec
        try:
            provider = infer_provider_class(spec.provider)
        except ValueError:
            raise ModelError("unknown_provider", f"there is no provider `{spec.provider}`") from None
        known = inspect.signature(provider.__init__).parameters
        given = {"api_key": self._key(), "base_url": spec.base_url}
        arguments = {name: value for name, value in given.items() if value is not None}
        for name in arguments:
            if name not in known:
                raise ModelError("unsupported", f"models of {spec.provider} have no `{name}`")
        return provider(**arguments)

    def _key(self) -> str | None:
        """The key to send; None where there is none and the provider may find its own credentials."""
        spec = self._spec
        if spec.api_key_env is not None:
            key = self._environ.get(spec.api_key_env)
            if not key:
                raise _missing_key(spec)
            return _sendable(key, spec.api_key_env)
        if _is_elsewhere(spec):
            return _NO_KEY
        name = _KEYS.get(spec.provider, "")
        key = self._environ.get(name)
        return _sendable(key, name) if key else None


def _sendable(key: str, variable: str) -> str:
    """A key as a header can hold it; files and secret stores like to end one with a line break."""
    stripped = key.strip()
    if not stripped.isascii() or not stripped.isprintable() or not stripped:
        raise ModelError("missing_key", f"the variable `{variable}` holds what cannot stand in a header")
    return stripped


def _is_elsewhere(spec: ModelSpec) -> bool:
    """Whether the spec sends requests to another host than the provider's own."""
    if spec.base_url is None:
        return False
    return spec.provider not in _OPENAI or urlsplit(spec.base_url).hostname != urlsplit(_OPENAI_URL).hostname


def _named(spec: ModelSpec, make: Callable[[], T]) -> T:
    """What `make` makes, with failures of configuration as ModelErrors."""
    try:
        return make()
    except ImportError as error:
        message = f"the client for models of {spec.provider} is not installed: {error}"
        if spec.provider in _OPENAI:
            message = "the package `openai` is not installed; pip install 'evalspec[models]'"
        raise ModelError("missing_extra", message) from error
    except UserError as error:
        if "API_KEY" in str(error) or "api_key" in str(error):
            raise _missing_key(spec) from error
        raise ModelError("unknown_provider", str(error)) from error


def _missing_key(spec: ModelSpec) -> ModelError:
    variable = spec.api_key_env or _KEYS.get(spec.provider)
    if variable is None:
        return ModelError("missing_key", f"there is no key for models of {spec.provider}; set `api_key_env`")
    return ModelError("missing_key", f"the environment variable `{variable}` with the key is not set")
