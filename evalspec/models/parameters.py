"""A model's parameters as pydantic-ai's settings. Imports pydantic-ai.

Users write the names of OpenAI's chat completions API, or pydantic-ai's, which is the same for most.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_ai.embeddings import EmbeddingSettings
from pydantic_ai.models import Model
from pydantic_ai.profiles.openai import SAMPLING_PARAMS
from pydantic_ai.settings import ModelSettings

from evalspec.models.errors import ModelError

__all__ = ["embedding_settings_for", "settings_for", "takes_any_parameter"]

_SAME: Final = frozenset(
    "frequency_penalty logit_bias max_tokens parallel_tool_calls presence_penalty seed stop_sequences "
    "temperature top_p".split()
)
_RENAMED: Final = {
    "max_completion_tokens": "max_tokens",
    "reasoning_effort": "openai_reasoning_effort",
    "stop": "stop_sequences",
}
_OURS: Final = frozenset(
    "extra_headers first_event_timeout max_retries request_timeout timeout tool_choice".split()
)
"""What evalspec decides, or what could carry a key."""


def takes_any_parameter(model: Model) -> bool:
    """Whether a model speaks OpenAI's chat completions API, whose body can hold whatever is written."""
    try:
        from pydantic_ai.models.openai import OpenAIChatModel
    except ImportError:
        return False
    return isinstance(model, OpenAIChatModel)


def settings_for(
    model: Model, provider: str, parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings, and the parameters that will be sent: a reasoning model takes none of sampling.

    Raises ModelError(unsupported) for a parameter that cannot be sent to this provider.
    """
    settings: dict[str, Any] = {}
    body: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name, value in parameters.items():
        setting = _RENAMED.get(name, name)
        if name in _OURS:
            raise ModelError("unsupported", f"`{name}` cannot be set as a parameter of a model")
        if setting == "openai_reasoning_effort" and not takes_any_parameter(model):
            setting = name
        if setting in _SAME or setting.startswith("openai_"):
            one_stop = setting == "stop_sequences" and isinstance(value, str)
            settings[setting] = [value] if one_stop else value
        elif takes_any_parameter(model):
            body[name] = value
        elif name in ModelSettings.__annotations__ or name.startswith(f"{provider}_"):
            settings[name] = value
        else:
            raise ModelError("unsupported", f"there is no parameter `{name}` for models of {provider}")
        names[setting] = name
    sent = dict(parameters)
    if _ignores_sampling(model, settings):
        for setting in SAMPLING_PARAMS:
            if settings.pop(setting, None) is not None:
                del sent[names[setting]]
    if body:
        settings["extra_body"] = body
    return settings, sent


def embedding_settings_for(parameters: Mapping[str, Any]) -> EmbeddingSettings:
    """The settings of an embedding model, which has the one parameter `dimensions`.

    Raises ModelError(unsupported) for any other.
    """
    for name in parameters:
        if name != "dimensions":
            raise ModelError("unsupported", f"there is no parameter `{name}` for embeddings")
    return EmbeddingSettings(dimensions=parameters["dimensions"]) if parameters else EmbeddingSettings()


def _ignores_sampling(model: Model, settings: Mapping[str, Any]) -> bool:
    """Whether pydantic-ai would leave the parameters of sampling out, with a warning for each request.

    The same decision as `OpenAIChatModel` makes: reasoning models refuse them while they reason.
    """
    profile: Mapping[str, Any] = model.profile
    if not takes_any_parameter(model) or not profile.get("openai_supports_reasoning", False):
        return False
    efforts = profile.get("openai_reasoning_efforts")
    can_stop = (
        profile.get("openai_supports_reasoning_effort_none", False) if efforts is None else "none" in efforts
    )
    effort = settings.get("openai_reasoning_effort")
    reasons = profile.get("thinking_enabled_by_default", False) if effort is None else effort != "none"
    return reasons or not can_stop
