"""Models and prompts resolved: what tasks and evaluators name."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from evalspec.checking.patterns import BadPattern, compile_pattern
from evalspec.compiler.context import Surroundings
from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver
from evalspec.diagnostics import closest
from evalspec.kinds.prompting import ResolvedPrompt
from evalspec.kinds.resolving import Resolving
from evalspec.plan.canonical import digest
from evalspec.plan.model import PlanModel, Unpinned
from evalspec.prompts import PROMPTS
from evalspec.prompts.base import HostedPrompts, PromptFields
from evalspec.source.pointers import join
from evalspec.spec.model import Spec, tag_of
from evalspec.spec.sections import ModelFields

_EMBEDDED: Final = ("echo", "rules", "overlap", "hash")
_OWN_PROVIDERS: Final = frozenset({"embedded", "local"})
_PROVIDERS: Final = (
    "alibaba anthropic azure bedrock cerebras cohere deepseek embedded fireworks github google google-cloud "
    "google-gla google-vertex grok groq heroku huggingface litellm local mistral moonshotai nebius ollama "
    "openai openai-chat openai-responses openrouter ovhcloud sambanova together vercel voyageai xai"
).split()
_DATED: Final = re.compile(r"(?:^|[-@:])(?:20\d{2}-?[01]\d-?[0-3]\d)(?:$|[-:])")
_IDENTITY: Final = ("parameters", "base_url", "rules")
"""What decides the answers of a model besides its name; limits, keys and prices do not."""


def resolve_models(reporter: Reporter, resolver: Resolver, spec: Spec) -> dict[str, PlanModel | None]:
    """The plan's models; None for those with mistakes."""
    models: dict[str, PlanModel | None] = dict.fromkeys(_broken(spec, "models"))
    for name, fields in spec.models.items():
        resolving = resolver.resolving()
        models[name] = _model(fields, resolving)
        reporter.add_problems(join("/models", name), resolving.problems)
    return models


def unpinned_models(models: Mapping[str, PlanModel]) -> list[Unpinned]:
    """Those whose name the provider may let another model answer to."""
    return [
        Unpinned(what=f"models/{name}", why=f"the provider decides what answers to `{model.model}`")
        for name, model in models.items()
        if model.model.partition(":")[0] not in _OWN_PROVIDERS and not _DATED.search(model.model)
    ]


def _model(fields: ModelFields, resolving: Resolving) -> PlanModel | None:
    provider, _, model = fields.model.partition(":")
    if provider not in _PROVIDERS and (near := closest(provider, _PROVIDERS)) is not None:
        # One that is like none of these may be newer than this list.
        message = f"there is no provider `{provider}`"
        resolving.report("wrong-value", message, ("model",), suggestion=f"{near}:{model}")
    if provider == "embedded" and model not in _EMBEDDED:
        message = f"there is no embedded model `{model}`"
        known = ", ".join(f"`embedded:{name}`" for name in _EMBEDDED)
        resolving.report("wrong-value", message, ("model",), expected=known)
    if bool(fields.rules) != (fields.model == "embedded:rules"):
        if fields.rules:
            message, at = f"`{fields.model}` does not answer by rules", ("rules",)
            resolving.report("wrong-value", message, at, key=True, expected='`model = "embedded:rules"`')
        else:
            resolving.report("missing-field", "a model that answers by rules needs `rules`")
    _check_url(fields, resolving)
    for index, rule in enumerate(fields.rules):
        if (rule.answer is None) == (rule.tool is None):
            message = "a rule answers or calls a tool"
            resolving.report(
                "missing-field", message, ("rules", index), expected="one of `answer` and `tool`"
            )
        try:
            compile_pattern(rule.pattern)
        except BadPattern as error:
            where = ("rules", index, "pattern")
            resolving.report("invalid-regex", str(error), where, offset=error.offset, length=error.length)
    if any(problem.severity.value == "error" for problem in resolving.problems):
        return None
    kept = fields.model_dump(
        mode="json", exclude={"description", "model"}, exclude_defaults=True, exclude_none=True
    )
    identity: dict[str, Any] = {name: kept[name] for name in _IDENTITY if name in kept}
    return PlanModel(
        model=fields.model, fields=kept, digest=digest("model", {"model": fields.model, **identity})
    )


def _check_url(fields: ModelFields, resolving: Resolving) -> None:
    if fields.base_url is None:
        return
    try:
        parts = urlsplit(fields.base_url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        fine, secret = False, False
    if not fine:
        message = f"`{fields.base_url}` is no address of an endpoint"
        resolving.report("wrong-value", message, ("base_url",), expected="http://… or https://…")
    elif secret:
        message = "an address with a user or a password would carry it into the plan"
        resolving.report(
            "wrong-value", message, ("base_url",), expected="`api_key_env`, the name of a variable"
        )


def resolve_prompts(
    reporter: Reporter, resolver: Resolver, spec: Spec, around: Surroundings, *, fetch: bool
) -> dict[str, ResolvedPrompt | None]:
    """The prompts; None for those with mistakes, and without `fetch` for those that a server holds.

    Raises ServiceUnreachable.
    """
    prompts: dict[str, ResolvedPrompt | None] = dict.fromkeys(_broken(spec, "prompts"))
    for name, fields in spec.prompts.items():
        section = join("/prompts", name)
        kind = PROMPTS[tag_of(fields)]
        hosted = _hosted(reporter, section, fields, around) if kind.hosted and fetch else None
        resolving = resolver.resolving()
        found = kind.resolve(fields, resolving, hosted)
        if found is not None:
            found.section = section
        reporter.add_problems(section, resolving.problems)
        prompts[name] = found
    return prompts


def _hosted(
    reporter: Reporter, section: str, fields: PromptFields, around: Surroundings
) -> HostedPrompts | None:
    if around.prompts is not None:
        return around.prompts
    name = getattr(fields, "name", "")
    if around.offline:
        message = f"what the prompt `{name}` says is known to its server only"
        expected = "a compilation without `--offline`"
        reporter.add("pin-needed-offline", message, join(section, "name"), expected=expected)
    else:
        message = f"the prompt `{name}` is in Langfuse, and no Langfuse server is configured"
        expected = "LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY in the environment"
        reporter.add("langfuse-not-configured", message, join(section, "name"), expected=expected)
    return None


def _broken(spec: Spec, section: str) -> list[str]:
    """The names of tables of a section that are there and could not be read."""
    prefix = f"/{section}/"
    return [pointer.removeprefix(prefix) for pointer in sorted(spec.broken) if pointer.startswith(prefix)]
