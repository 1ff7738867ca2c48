"""How models, prompts and rubrics are used: those that nothing uses, and judges of what is their own kind."""

import re
from typing import Final

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver
from evalspec.source.pointers import join, split
from evalspec.spec.model import Spec

_FAMILIES: Final = (
    ("GPT", r"gpt|chatgpt|o[134](?:-|$)|davinci"),
    ("Claude", r"claude"),
    ("Gemini", r"gemini|gemma|palm"),
    ("Llama", r"llama"),
    ("Mistral", r"mistral|mixtral|ministral|codestral|magistral|pixtral"),
    ("Qwen", r"qwen|qwq"),
    ("DeepSeek", r"deepseek"),
    ("Grok", r"grok"),
    ("Command", r"command-"),
    ("Nova", r"nova-"),
    ("Phi", r"phi-?\d"),
    ("GLM", r"glm-"),
    ("Kimi", r"kimi|moonshot"),
)


def family_of(model: str) -> str | None:
    """The family of a `provider:model`, wherever it is served; None where it is not known."""
    provider, _, name = model.partition(":")
    if provider in ("embedded", "local"):
        return None
    words = name.lower()
    if "embed" in words:
        # What measures a distance prefers nobody.
        return None
    for family, pattern in _FAMILIES:
        if re.search(rf"(?:^|[/.:_-])(?:{pattern})", words):
            return family
    return None


def check_models(reporter: Reporter, resolver: Resolver, spec: Spec) -> None:
    """Warn of models, prompts and rubrics that nothing uses, and of judges of the family that they judge."""
    if not reporter.has_errors("/task") and not reporter.has_errors("/evaluators"):
        for section, names, used in (
            ("models", spec.models, resolver.used_models),
            ("prompts", spec.prompts, resolver.named_prompts),
            ("rubrics", spec.rubrics, resolver.used_rubrics),
        ):
            for name in names:
                if name not in used and not reporter.has_errors(join(f"/{section}", name)):
                    what = section.removesuffix("s")
                    message = f"nothing uses the {what} `{name}`"
                    reporter.add(f"unused-{what}", message, join(f"/{section}", name), key=True)
    _check_families(reporter, resolver)


def _check_families(reporter: Reporter, resolver: Resolver) -> None:
    models = resolver.used_models
    subjects = {family_of(models[name].model): name for name in resolver.models_of.get("/task", ())}
    for pointer, names in resolver.models_of.items():
        if not pointer.startswith("/evaluators/"):
            continue
        for name in names:
            family = family_of(models[name].model)
            if family is not None and family in subjects:
                evaluator = split(pointer)[1]
                message = f"`{evaluator}` asks {family}, and so does the task: models favour their own kind"
                note = f"`{models[name].model}` judges `{models[subjects[family]].model}`"
                reporter.add_to_section("same-model-family", message, pointer, notes=(note,))
