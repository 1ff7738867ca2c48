"""A model as it is configured: the resolved form of a `[models.<name>]` section."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalspec.models.errors import ModelError

__all__ = ["DEFAULT_TIMEOUT", "ModelSpec", "Price", "Rule"]

DEFAULT_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens. Input from a cache costs `cached_input`, or as much as other input."""

    input: float
    output: float
    cached_input: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    r"""What `embedded:rules` answers where `pattern` (RE2) is found in the conversation.

    Either `answer`, a text or a JSON tree, or a call of `tool` with `arguments`; `\1` to `\9` in any text
    stand for the groups, `\0` for all that was found, and two backslashes for one. A rule with
    `skip_after_tool` does not fire when the last message is the result of its tool, so that a conversation
    with the tool ends.
    """

    pattern: str
    answer: Any = None
    tool: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    skip_after_tool: bool = True


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model, how it is asked, and how hard it may be asked.

    `api_key_env` is the name of a variable, never a key. `timeout` is in seconds and of one request.
    `requests_per_minute` and `tokens_per_minute` are counted over the last 60 seconds; None is no limit.
    `price` goes before the price list.
    """

    name: str
    provider: str
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base_url: str | None = None
    api_key_env: str | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    price: Price | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def embedded(self) -> bool:
        """Whether evalspec itself answers, and no language model."""
        return self.provider == "embedded"

    @property
    def label(self) -> str:
        """The model as people should read of it."""
        name = f"{self.provider}:{self.model}"
        return f"{name} (embedded, not a language model)" if self.embedded else name

    @classmethod
    def from_fields(cls, name: str, fields: Mapping[str, Any]) -> "ModelSpec":
        """The model of a section's fields, as they stand in a spec or a plan.

        Raises ModelError(unknown_provider) where `model` is not written `provider:model`.
        """
        provider, colon, model = str(fields["model"]).partition(":")
        if not (provider and colon and model):
            raise ModelError(
                "unknown_provider",
                f"`{fields['model']}` names no provider; a model is written like `openai:gpt-5-mini`",
            )
        price = fields.get("price")
        return cls(
            name=name,
            provider=provider,
            model=model,
            parameters=dict(fields.get("parameters") or {}),
            base_url=fields.get("base_url"),
            api_key_env=fields.get("api_key_env"),
            requests_per_minute=fields.get("requests_per_minute"),
            tokens_per_minute=fields.get("tokens_per_minute"),
            concurrency=fields.get("concurrency"),
            timeout=fields.get("timeout") or DEFAULT_TIMEOUT,
            price=Price(**price) if price else None,
            rules=tuple(Rule(**rule) for rule in fields.get("rules") or ()),
        )
