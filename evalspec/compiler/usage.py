"""Whether models and prompts are used at all."""

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver
from evalspec.source.pointers import join
from evalspec.spec.model import Spec


def check_models(reporter: Reporter, resolver: Resolver, spec: Spec) -> None:
    """Warn of models and prompts that nothing uses."""
    if not reporter.has_errors("/task") and not reporter.has_errors("/evaluators"):
        for section, names, used in (
            ("models", spec.models, resolver.used_models),
            ("prompts", spec.prompts, resolver.named_prompts),
        ):
            for name in names:
                if name not in used and not reporter.has_errors(join(f"/{section}", name)):
                    what = section.removesuffix("s")
                    message = f"nothing uses the {what} `{name}`"
                    reporter.add(f"unused-{what}", message, join(f"/{section}", name), key=True)
