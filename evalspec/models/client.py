"""Asking models: `Models` has one client for each, and counts what they cost."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import anyio
import anyio.to_thread

from evalspec.models.asking import Answer, Question, SchemaRefused
from evalspec.models.budgets import Accounts, Budget, Use
from evalspec.models.embedded.answering import embedded_chat, embedded_embeddings
from evalspec.models.errors import ModelError
from evalspec.models.limits import Gate
from evalspec.models.messages import Embeddings, Message, Reply, Tool, conversation_text
from evalspec.models.repeating import Repeater, Tally
from evalspec.models.spec import ModelSpec
from evalspec.models.structured import Expected, Fault, expected_by

if TYPE_CHECKING:
    from evalspec.models.local import LocalEmbedder
    from evalspec.models.remote import RemoteModel

__all__ = ["Models"]

_TEXTS_AT_ONCE: Final = 256
"""Texts of one request for embeddings; OpenAI takes 2048, some servers far fewer tokens at once."""
_CHARACTERS_A_TOKEN: Final = 4


class Models:
    """The models of a spec, by name. To be used as an async context manager, or closed with `aclose`.

    `environ` has the keys that the specs name. `budgets` are by use, `subject` and `judge`. `clock` (seconds
    that only grow), `sleep` and `rng` are there for tests. Nothing is loaded or connected before a model is
    asked. Everything that goes wrong with a model is raised as ModelError; cancellation passes through.
    """

    def __init__(
        self,
        specs: Mapping[str, ModelSpec],
        environ: Mapping[str, str],
        *,
        budgets: Mapping[str, Budget] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._specs = dict(specs)
        self._environ = environ
        self._accounts = Accounts(budgets or {})
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._repeaters: dict[str, Repeater] = {}
        self._remotes: dict[str, RemoteModel] = {}
        self._locals: dict[str, LocalEmbedder] = {}
        self._without_native: set[tuple[str, str]] = set()
        self._making = anyio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. Models that are asked again make new ones."""
        remotes, self._remotes = self._remotes, {}
        async with AsyncExitStack() as closing:
            for remote in remotes.values():
                closing.push_async_callback(remote.aclose)

    def totals(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What was used so far, by use and model: `requests`, `input_tokens`, `output_tokens`, `cost` in USD,
        and `unpriced`, the number of requests that are not in the cost.
        """
        return self._accounts.totals()

    async def chat(
        self,
        name: str,
        messages: Sequence[Message],
        *,
        use: Use,
        parameters: Mapping[str, Any] | None = None,
        tools: Sequence[Tool] = (),
        tool_choice: str | None = None,
        schema: Mapping[str, Any] | None = None,
        schema_name: str = "result",
        stream: bool = False,
        repairs: int = 2,
        retries: int = 2,
    ) -> Reply:
        """A model's answer to a conversation.

        `parameters` go before those of the spec. `tool_choice` is `auto`, `none`, `required` or the name of a
        tool. With a `schema` the answer is structured output: the provider is asked to keep to it, or told
        where it cannot; an answer that does not follow it is asked for again `repairs` times, with what is
        wrong. Where the model has tools called instead, the reply has no `data`. `stream` measures the time
        to the first token. `retries` is how often a failed request is repeated.

        Raises ModelError.
        """
        spec = self._spec(name)
        merged = {**spec.parameters, **(parameters or {})}
        expected = None if schema is None else expected_by(schema)
        if spec.embedded:
            return self._embedded(spec, messages, merged, schema, expected, use)
        question = Question(
            merged, tools, tool_choice, None if expected is None else expected.sent, schema_name, stream
        )
        tally = Tally()
        ask = partial(self._asked, spec, question, expected, use, tally, retries)
        try:
            answer, data = await self._repaired(ask, messages, expected, repairs)
        except ModelError as error:
            tally.note_in(error)
            raise
        return Reply(
            text=answer.text,
            tool_calls=answer.tool_calls,
            data=data,
            finish_reason=answer.finish_reason,
            provider=spec.provider,
            model_requested=spec.model,
            model_reported=answer.model_reported,
            parameters=answer.parameters,
            usage=tally.usage,
            cost=tally.cost,
            started_ns=tally.started_ns or 0,
            ended_ns=time.time_ns(),
            first_token_ns=answer.first_token_ns,
            attempts=tally.attempts,
        )

    async def embed(
        self, name: str, texts: Sequence[str], *, use: Use = "judge", retries: int = 2
    ) -> Embeddings:
        """A vector for each text, in order; as many requests as it takes. Raises ModelError."""
        spec = self._spec(name)
        if spec.embedded or spec.provider == "local":
            self._accounts.charge_request(use, name)
            if spec.embedded:
                found = embedded_embeddings(spec, texts)
            else:
                found = await self._local(spec).embed(texts)
            self._accounts.charge_usage(use, name, found.usage, found.cost)
            return found
        remote = await self._remote(spec)
        tally = Tally()
        vectors: list[list[float]] = []
        reported = None
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[start : start + _TEXTS_AT_ONCE]
            answer = await self._repeater(spec).answered(
                partial(remote.embed, some),
                use,
                tally,
                tokens=sum(map(len, some)) // _CHARACTERS_A_TOKEN + 1,
                retries=retries,
            )
            vectors += answer.vectors
            reported = answer.model_reported
        now = time.time_ns()
        return Embeddings(
            vectors=vectors,
            model_requested=spec.model,
            model_reported=reported,
            usage=tally.usage,
            cost=tally.cost,
            started_ns=tally.started_ns or now,
            ended_ns=now,
            provider=spec.provider,
            parameters=dict(spec.parameters),
            attempts=tally.attempts,
        )

    async def _repaired(
        self,
        ask: Callable[[Sequence[Message]], Awaitable[Answer]],
        messages: Sequence[Message],
        expected: Expected | None,
        repairs: int,
    ) -> tuple[Answer, Any]:
        """An answer with its data, after as many repairs as it takes and may take."""
        conversation = list(messages)
        while True:
            answer = await ask(conversation)
            if answer.finish_reason == "content_filter" and not (answer.text or answer.tool_calls):
                message = answer.refusal or "the provider's content filter withheld the answer"
                raise ModelError("content_filter", message)
            if expected is None or answer.tool_calls:
                return answer, None
            try:
                return answer, expected.read(answer.text)
            except Fault as fault:
                if answer.finish_reason == "length":
                    message = f"the answer was cut off at the greatest number of tokens: {fault}"
                    raise ModelError("truncated", message) from None
                if repairs <= 0:
                    raise ModelError(fault.kind, str(fault)) from None
                repairs -= 1
                conversation += Expected.repair(answer.text, fault)

    async def _asked(
        self,
        spec: ModelSpec,
        question: Question,
        expected: Expected | None,
        use: Use,
        tally: Tally,
        retries: int,
        messages: Sequence[Message],
    ) -> Answer:
        """The answer to one conversation; a schema that the provider refuses is asked for in words."""
        remote, repeater = await self._remote(spec), self._repeater(spec)
        tokens = _tokens(messages, question)
        refused = (spec.name, expected.key if expected is not None else "")
        if remote.takes_schemas and refused not in self._without_native:
            send = partial(remote.ask, messages, question, native=True)
            try:
                return await repeater.answered(send, use, tally, tokens=tokens, retries=retries)
            except SchemaRefused:
                self._without_native.add(refused)
        send = partial(remote.ask, messages, question, native=False)
        try:
            return await repeater.answered(send, use, tally, tokens=tokens, retries=retries)
        except SchemaRefused as error:
            raise ModelError("refused", f"the provider takes no structured output: {error}") from None

    def _embedded(
        self,
        spec: ModelSpec,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        schema: Mapping[str, Any] | None,
        expected: Expected | None,
        use: Use,
    ) -> Reply:
        self._accounts.charge_request(use, spec.name)
        try:
            reply = embedded_chat(spec, messages, parameters, schema)
            self._accounts.charge_usage(use, spec.name, reply.usage, reply.cost)
            if expected is not None and not reply.tool_calls:
                expected.check(reply.data)
        except Fault as fault:
            error = ModelError(fault.kind, f"{spec.label}: {fault}")
            error.attempts = 1
            raise error from None
        except ModelError as error:
            error.attempts = 1
            raise
        return reply

    def _spec(self, name: str) -> ModelSpec:
        spec = self._specs.get(name)
        if spec is None:
            raise ModelError("unknown_provider", f"there is no model `{name}` in the spec")
        return spec

    def _repeater(self, spec: ModelSpec) -> Repeater:
        repeater = self._repeaters.get(spec.name)
        if repeater is None:
            gate = Gate(
                spec.concurrency, spec.requests_per_minute, spec.tokens_per_minute, self._clock, self._sleep
            )
            repeater = Repeater(spec, gate, self._accounts, self._sleep, self._rng)
            self._repeaters[spec.name] = repeater
        return repeater

    def _local(self, spec: ModelSpec) -> "LocalEmbedder":
        from evalspec.models.local import LocalEmbedder

        return self._locals.setdefault(spec.name, LocalEmbedder(spec))

    async def _remote(self, spec: ModelSpec) -> "RemoteModel":
        async with self._making:
            if spec.name not in self._remotes:
                # Not to be cancelled in between, or nobody would close what was opened.
                with anyio.CancelScope(shield=True):
                    # The clients take a second to import; the event loop must not stand still for it.
                    remote = await anyio.to_thread.run_sync(_made, spec, self._environ)
                    await remote.open()
                    self._remotes[spec.name] = remote
            return self._remotes[spec.name]


def _made(spec: ModelSpec, environ: Mapping[str, str]) -> "RemoteModel":
    if spec.provider == "local":
        raise ModelError("unsupported", f"local:{spec.model} makes embeddings and answers no messages")
    try:
        from evalspec.models.remote import RemoteModel
    except ImportError as error:
        message = f"the package `{error.name}` is not installed; pip install 'evalspec[models]'"
        raise ModelError("missing_extra", message) from error
    return RemoteModel(spec, environ)


def _tokens(messages: Sequence[Message], question: Question) -> int:
    """About what a request will use: a token is four characters, an answer as long as it may be."""
    characters = len(conversation_text(messages)) + sum(len(str(tool.parameters)) for tool in question.tools)
    most = question.parameters.get("max_tokens") or question.parameters.get("max_completion_tokens") or 0
    return characters // _CHARACTERS_A_TOKEN + int(most) + 1
