"""The sections of a spec resolved by their kinds, in the plan's form."""

from collections.abc import Mapping
from typing import Any

from evalspec.compiler.context import Surroundings
from evalspec.compiler.reporting import Reporter
from evalspec.datasets import DATASETS
from evalspec.datasets.base import DatasetFields
from evalspec.evaluators.base import Yields
from evalspec.fingerprint.code import CodeBase, CodeFingerprint
from evalspec.kinds.prompting import ResolvedPrompt
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.canonical import digest
from evalspec.plan.model import PlanModel, PlanPrompt, PlanTask, Unpinned
from evalspec.rubrics.model import Rubric
from evalspec.source.pointers import join
from evalspec.spec.model import tag_of
from evalspec.tasks import TASKS
from evalspec.tasks.base import TaskFields


class Resolver:
    """Resolves one section after the other; every mistake goes to the reporter."""

    def __init__(self, reporter: Reporter, around: Surroundings) -> None:
        self._reporter = reporter
        self._around = around
        self._codebase: CodeBase = around.codebase()
        self.unpinned: list[Unpinned] = []
        self.models: Mapping[str, PlanModel | None] = {}
        self.prompts: Mapping[str, ResolvedPrompt | None] = {}
        self.rubrics: Mapping[str, Rubric | None] = {}
        self.unread: frozenset[str] = frozenset()
        """The sections, such as `models`, of which no names are known."""
        self.used_models: dict[str, PlanModel] = {}
        self.used_prompts: dict[str, PlanPrompt] = {}
        self.named_prompts: set[str] = set()
        """Those that a section uses; without a server not all of them are known."""
        self.used_rubrics: set[str] = set()
        self.yields: dict[str, Mapping[str, Yields]] = {}
        """What an evaluator yields, by its name."""
        self.models_of: dict[str, tuple[str, ...]] = {}
        """The models that a section uses, by the section's JSON pointer."""

    def resolving(self, **more: Any) -> Resolving:
        """What one section's kind may ask for."""
        return self._around.resolving(
            self._codebase,
            models=self.models,
            prompts=self.prompts,
            rubrics=self.rubrics,
            unread=self.unread,
            **more,
        )

    def settle(self, pointer: str, resolving: Resolving) -> None:
        """Report what a section's kind found, and note what it uses."""
        self._reporter.add_problems(pointer, resolving.problems)
        self.used_models |= resolving.used_models
        self.used_prompts |= resolving.used_prompts
        self.named_prompts |= resolving.named_prompts
        self.used_rubrics |= resolving.used_rubrics
        self.models_of[pointer] = tuple(resolving.used_models)

    def dataset(self, fields: DatasetFields) -> Resolved:
        """The dataset's fields with its paths found and its expressions checked."""
        kind = DATASETS[tag_of(fields)]
        resolving = self.resolving()
        resolved = kind.resolve(fields, resolving)
        self._reporter.add_problems("/dataset", resolving.problems)
        return resolved

    def task(self, fields: TaskFields) -> PlanTask:
        """The system under test with its digest."""
        kind = TASKS[tag_of(fields)]
        resolving = self.resolving()
        resolved = kind.resolve(fields, resolving)
        self.settle("/task", resolving)
        self.note_unfollowed("/task", resolved.code)
        for code in resolved.codes.values():
            self.note_unfollowed("/task", code)
        self.note_unpinned("/task", resolved)
        return PlanTask(
            type=kind.type,
            fields=resolved.fields,
            semantics=kind.semantics,
            code=code_json(resolved.code),
            codes={name: code.to_json() for name, code in resolved.codes.items()},
            models=tuple(resolving.used_models),
            prompts=tuple(resolving.used_prompts),
            timeout=fields.timeout,
            repeats=fields.repeats,
            digest=digest_of("task", kind.type, kind.semantics, resolved),
        )

    def note_unpinned(self, pointer: str, resolved: Resolved) -> None:
        """Say in the plan what a section's kind could not pin."""
        self.unpinned += [Unpinned(what=pointer.removeprefix("/"), why=why) for why in resolved.unpinned]

    def note_unfollowed(self, pointer: str, code: CodeFingerprint | None) -> None:
        """Say which code the plan cannot pin: in the plan, and as notes where the section names its code."""
        if code is None:
            return
        for missing in code.unfollowed:
            message = f"{missing.module}, line {missing.line}: {missing.reason}"
            self._reporter.add("code-not-followed", message, join(pointer, "callable"))
        # Without lines, so that a comment that is added does not change the plan.
        reasons = dict.fromkeys(f"{part.module}: {part.reason}" for part in code.unfollowed)
        self.unpinned += [Unpinned(what=f"{pointer.removeprefix('/')}/code", why=why) for why in reasons]


def code_json(code: CodeFingerprint | None) -> dict[str, Any] | None:
    """What a plan says of code."""
    return None if code is None else code.to_json()


def digest_of(domain: str, kind: str, semantics: int, resolved: Resolved, **more: Any) -> str:
    """The digest of a task or evaluator."""
    identity: dict[str, Any] = {"type": kind, "semantics": semantics, "fields": resolved.identity, **more}
    if resolved.code is not None:
        identity["code"] = resolved.code.digest
    if resolved.codes:
        identity["codes"] = {name: code.digest for name, code in resolved.codes.items()}
    return digest(domain, identity)
