"""One request to a provider's model, and its answer or ModelError. Imports pydantic-ai."""

import time
from collections.abc import Mapping, Sequence

import anyio
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings

from evalspec.models.asking import Answer, Question, SchemaRefused, Vectors
from evalspec.models.errors import ModelError
from evalspec.models.failures import model_error, schema_refused
from evalspec.models.mapping import (
    finish_reason_of,
    model_messages,
    text_from,
    tool_calls_of,
    tool_definitions,
    usage_of,
)
from evalspec.models.messages import Message
from evalspec.models.parameters import embedding_settings_for, settings_for
from evalspec.models.providers import Connection
from evalspec.models.secrets import Redactor
from evalspec.models.spec import ModelSpec

__all__ = ["RemoteModel"]


class RemoteModel:
    """A model behind an API."""

    def __init__(self, spec: ModelSpec, environ: Mapping[str, str]) -> None:
        self._spec = spec
        self._redact = Redactor.of(environ, spec.api_key_env)
        self._connection = Connection(spec, environ)

    async def open(self) -> None:
        """Make ready what has to be closed again."""
        await self._connection.open()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connection.aclose()

    @property
    def takes_schemas(self) -> bool:
        """Whether the provider itself can be asked to keep to a schema, as far as is known beforehand."""
        return bool(self._connection.chat.profile.get("supports_json_schema_output", False))

    async def ask(self, messages: Sequence[Message], question: Question, *, native: bool) -> Answer:
        """Send a conversation. With `native` the provider itself is asked to keep to the schema, else the
        schema stands among the instructions.

        Raises ModelError, or SchemaRefused where the provider does not take the schema.
        """
        model = self._connection.chat
        settings, sent = settings_for(model, self._spec.provider, question.parameters)
        if question.tool_choice is not None:
            choice = question.tool_choice
            settings["tool_choice"] = choice if choice in ("auto", "none", "required") else [choice]
        request = self._request(question, native)
        try:
            conversation = model_messages(messages)
        except (AttributeError, KeyError, TypeError) as error:
            message = f"a message is not in OpenAI's form: {type(error).__name__}: {error}"
            raise ModelError("unsupported", message) from None
        settings |= {"timeout": self._spec.timeout, "max_retries": 0}
        response, first = await self._sent(conversation, ModelSettings(**settings), request, question)  # type: ignore[typeddict-item]  # names were checked
        details = response.provider_details or {}
        return Answer(
            text=text_from(response),
            tool_calls=tool_calls_of(response),
            finish_reason=finish_reason_of(response),
            model_reported=response.model_name,
            usage=usage_of(response.usage),
            parameters=sent,
            first_token_ns=first,
            refusal=details.get("refusal"),
        )

    def _request(self, question: Question, native: bool) -> ModelRequestParameters:
        request = ModelRequestParameters(function_tools=tool_definitions(question.tools))
        if question.schema is None:
            return request
        request.output_mode = "native" if native else "prompted"
        request.output_object = OutputObjectDefinition(
            json_schema=dict(question.schema), name=question.schema_name
        )
        return request

    async def _sent(
        self,
        conversation: list[ModelMessage],
        settings: ModelSettings,
        request: ModelRequestParameters,
        question: Question,
    ) -> tuple[ModelResponse, int | None]:
        model = self._connection.chat
        first: int | None = None
        opened = False
        with anyio.move_on_after(self._spec.timeout):
            try:
                if not question.stream:
                    return await model.request(conversation, settings, request), None
                async with model.request_stream(conversation, settings, request) as stream:
                    opened = True
                    async for _ in stream:
                        first = first or time.time_ns()
                    return stream.get(), first
            except Exception as error:  # noqa: BLE001 - each provider's SDK raises exceptions of its own
                if question.schema is not None and schema_refused(error):
                    raise SchemaRefused(model_error(error, self._redact).message) from None
                raise model_error(error, self._redact, streaming=opened) from None
        raise ModelError("timeout", f"no answer within {self._spec.timeout:g} s")

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of `texts`, in one request. Raises ModelError."""
        model = self._connection.embedding
        settings = embedding_settings_for(self._spec.parameters)
        with anyio.move_on_after(self._spec.timeout):
            try:
                result = await model.embed(list(texts), input_type="document", settings=settings)
                vectors = [[float(value) for value in vector] for vector in result.embeddings]
            except Exception as error:  # noqa: BLE001 - each provider's SDK raises exceptions of its own
                raise model_error(error, self._redact) from None
            if len(vectors) != len(texts):
                message = f"there are {len(vectors)} embeddings for {len(texts)} texts"
                raise ModelError("malformed", message, outage=True)
            return Vectors(vectors, result.model_name, usage_of(result.usage))
        raise ModelError("timeout", f"no answer within {self._spec.timeout:g} s")
