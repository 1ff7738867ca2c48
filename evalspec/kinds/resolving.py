"""How a kind checks and resolves its fields when a spec is compiled: without importing, running or
fetching.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from evalspec.diagnostics import Severity, closest
from evalspec.kinds.item_errors import display_path
from evalspec.kinds.wording import clause

if TYPE_CHECKING:
    from evalspec.fingerprint.code import CodeBase, CodeFingerprint
    from evalspec.kinds.prompting import ResolvedPrompt
    from evalspec.kinds.steps import StepNames
    from evalspec.plan.model import PlanModel, PlanPrompt
    from evalspec.rubrics.model import Rubric

Where = tuple[str | int, ...]
"""Path of a value below its section, such as ("scores", "tone")."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a kind's fields; the compiler makes a Diagnostic of it and finds its place."""

    code: str
    message: str
    at: Where = ()
    key: bool = False
    offset: int | None = None
    length: int = 1
    expected: str | None = None
    suggestion: str | None = None
    notes: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR
    file: tuple[str, int, int] | None = None
    """Path, line and column where another file than the spec is to blame."""
    section: str | None = None
    """JSON pointer of the section that `at` is below, where it is not the one that is resolved."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a kind made of its fields.

    `fields` is what the plan keeps and what the kind is built from later; paths in it are relative to the
    project root. `identity` is what the digest covers: fields that differ from their default, contents
    instead of places.
    """

    fields: dict[str, Any]
    identity: dict[str, Any]
    code: "CodeFingerprint | None" = None
    codes: "Mapping[str, CodeFingerprint]" = field(default_factory=dict)
    """Code besides: the functions behind parts of a section, by what they are there."""
    reads: tuple[str, ...] | None = None
    """The paths of item and output that are read, where resolution found out more than the fields say."""
    yields: Mapping[str, Any] | None = None
    """What an evaluator's keys can be, where resolution found out more than the fields say."""
    unpinned: tuple[str, ...] = ()
    """Sentences on what decides the result and cannot be pinned."""


@dataclass(slots=True)
class Resolving:
    """What a kind may ask for while it is resolved. Mistakes are reported, not raised; the answer is then
    None.
    """

    root: Path
    """The project root, absolute."""
    base: Path
    """Folder of the spec, absolute: where relative paths start."""
    codebase: "CodeBase"
    environ: Mapping[str, str]
    store: Path
    """Folder of the run records."""
    problems: list[Problem] = field(default_factory=list)
    scores: Collection[str] | None = None
    """The names of the spec's scores, for expressions over them; None where they are not known."""
    score_types: Mapping[str, str] = field(default_factory=dict)
    """The data types of the spec's scores."""
    after: set[str] = field(default_factory=set)
    """The scores that the section's expressions read."""
    models: "Mapping[str, PlanModel | None]" = field(default_factory=dict)
    """The spec's models by name; None where one has mistakes of its own."""
    prompts: "Mapping[str, ResolvedPrompt | None]" = field(default_factory=dict)
    """The spec's prompts by name; None where one has mistakes, or is not known without its server."""
    rubrics: "Mapping[str, Rubric | None]" = field(default_factory=dict)
    """The spec's own rubrics by name; None where one has mistakes."""
    unread: Collection[str] = ()
    """The sections of models, prompts and rubrics of which no names are known, because they are wrong."""
    used_models: dict[str, "PlanModel"] = field(default_factory=dict)
    used_prompts: dict[str, "PlanPrompt"] = field(default_factory=dict)
    named_prompts: set[str] = field(default_factory=set)
    """Those that are used, whether they are known or not."""
    names: frozenset[str] = frozenset()
    """What expressions and templates see besides what the section's kind gives them, as a step of a chain."""
    steps: "StepNames | None" = None
    """The steps of the chain that the section is, or is a step of."""
    used_rubrics: set[str] = field(default_factory=set)

    def report(self, code: str, message: str, at: Where = (), **more: Any) -> None:
        """Note a mistake at a place below the section."""
        self.problems.append(Problem(code, message, at, **more))

    def path(self, at: Where, text: str, code: str = "file-not-found") -> str | None:
        """The file that `text` names, relative to the root with forward slashes; None if it is not there.

        `code` is the diagnostic's where there is no such file.
        """
        target = self.base / text
        try:
            resolved = target.resolve()
            relative = resolved.relative_to(self.root.resolve())
        except (OSError, RuntimeError, ValueError):
            message = f"`{text}` leads out of the project"
            self.report("path-outside-root", message, at, expected="a path within the project")
            return None
        if not os.path.isfile(resolved):
            self.report(code, f"there is no file `{text}`", at, suggestion=_neighbour(target, text))
            return None
        return relative.as_posix()

    def code(
        self, at: Where, reference: str, files: Sequence[str] = (), env: Sequence[str] = ()
    ) -> "CodeFingerprint | None":
        """The digest of the Python code that `reference` reaches, read from source.

        `at` is the place of the reference; `files` and `env` stand beside it.
        """
        from evalspec.fingerprint.code import CodeNotFound

        for index, name in enumerate(env):
            if name not in self.environ:
                message = f"the environment variable `{name}` is not set here; where it is, digests differ"
                self.report("env-not-set", message, (*at[:-1], "env", index), severity=Severity.WARNING)
        patterns = list(files)
        while True:
            try:
                found = self.codebase.fingerprint(reference, files=patterns, env=env)
            except CodeNotFound as error:
                where = at if error.pattern is None else (*at[:-1], "files", files.index(error.pattern))
                file = None
                if error.file is not None:
                    path, line, column = error.file
                    file = (display_path(self.root / path), line, column)
                self.report(error.code, clause(error.message), where, suggestion=error.suggestion, file=file)
                if error.pattern is None:
                    return None
                # Without it, so that the next mistake is found as well.
                patterns = [pattern for pattern in patterns if pattern != error.pattern]
            else:
                return found if len(patterns) == len(files) else None

    def expression(self, at: Where, text: str, names: Collection[str]) -> tuple[str, ...]:
        """The paths that an expression reads; () where it is wrong."""
        from evalspec.templates import TemplateError, compile_expression, parse_path

        try:
            paths = tuple(sorted(compile_expression(text, names).paths))
        except TemplateError as error:
            for problem in error.problems:
                self.report(
                    problem.code,
                    clause(problem.message),
                    at,
                    offset=problem.offset,
                    length=problem.length,
                    suggestion=problem.suggestion,
                )
            return ()
        for path in paths:
            self._note_score(at, text, parse_path(path) or ())
        self.note_steps(at, text, paths)
        return paths

    def note_steps(self, at: Where, text: str, paths: Iterable[str]) -> None:
        """Report the steps of a chain that an expression or template reads before they have an output."""
        if self.steps is None:
            return
        for path in sorted(paths):
            mistake = self.steps.mistake(text, path)
            if mistake is not None:
                self.report("unknown-step", at=at, **mistake)

    def part(self, **more: Any) -> "Resolving":
        """For a part of the section that is resolved as if it were one; `take` what it found."""
        return replace(self, problems=[], **more)

    def take(self, at: Where, part: "Resolving") -> None:
        """Report what was found in a part of the section, which is at this place below it."""
        self.problems += [
            replace(problem, at=(*at, *problem.at)) if problem.section is None else problem
            for problem in part.problems
        ]

    def model(self, at: Where, name: str) -> "PlanModel | None":
        """The model of this name, which the section uses; None after reporting that there is none."""
        if name not in self.models:
            self._unknown("model", at, name, self.models)
            return None
        found = self.models[name]
        if found is not None:
            self.used_models[name] = found
        return found

    def prompt(self, at: Where, name: str, names: Collection[str]) -> "PlanPrompt | None":
        """The prompt of this name, which the section uses and gives these names to; None after reporting that
        there is none.
        """
        from evalspec.kinds.prompting import check_prompt

        if name not in self.prompts:
            self._unknown("prompt", at, name, self.prompts)
            return None
        self.named_prompts.add(name)
        found = self.prompts[name]
        if found is None:
            return None
        check_prompt(found, names, self)
        self.used_prompts[name] = found.plan
        return found.plan

    def rubric(self, at: Where, name: str) -> "Rubric | None":
        """The rubric of this name, which the section uses: the spec's own, else a ready-made one, at the
        newest version unless the name says `@version`; None after reporting that there is none.
        """
        from evalspec.rubrics.library import find_rubric, rubric_versions

        if name in self.rubrics:
            self.used_rubrics.add(name)
            return self.rubrics[name]
        found = find_rubric(name)
        if found is not None or "rubrics" in self.unread:
            return found
        base, _, version = name.partition("@")
        versions = rubric_versions().get(base)
        if version and versions is not None:
            known = ", ".join(f"`{base}@{one}`" for one in versions)
            self.report("unknown-rubric", f"`{base}` has no version {version}", at, expected=known)
        else:
            near = closest(base, {*self.rubrics, *rubric_versions()})
            expected = None if near else "one that `evalspec rubrics` lists, or a table `[rubrics.<name>]`"
            self.report(
                "unknown-rubric", f"there is no rubric `{name}`", at, suggestion=near, expected=expected
            )
        return None

    def _unknown(self, what: str, at: Where, name: str, known: Collection[str]) -> None:
        if f"{what}s" in self.unread:
            return
        near = closest(name, known)
        listing = ", ".join(f"`{one}`" for one in known) or f"a table `[{what}s.{name}]`"
        message = f"there is no {what} `{name}`"
        self.report(f"unknown-{what}", message, at, suggestion=near, expected=None if near else listing)

    def score(self, at: Where, name: str, **place: Any) -> None:
        """Note that another evaluator's score is read, and report one that the spec does not have."""
        self.after.add(name)
        if self.scores is not None and name not in self.scores:
            near = closest(name, self.scores)
            expected = None if near else "a score from `[scores]`"
            message = f"there is no score `{name}`"
            self.report("unknown-score", message, at, suggestion=near, expected=expected, **place)

    def score_type(self, at: Where, name: str, needed: Collection[str], expected: str, **place: Any) -> None:
        """Report a score that is read and has a data type that is not among those needed."""
        given = self.score_types.get(name)
        if given is not None and given not in needed:
            message = f"the score `{name}` is {given}"
            self.report("data-type-mismatch", message, at, expected=expected, **place)

    def _note_score(self, at: Where, text: str, steps: Sequence[str | int]) -> None:
        if not steps or steps[0] != "scores":
            return
        if len(steps) == 1:
            message = "`scores` is read as a whole, and it is not known which of them"
            expected = "one of them by its name, such as `scores.correct`"
            self.report("unknown-score", message, at, expected=expected)
            return
        name = str(steps[1])
        found = text.find(name)
        place = {"offset": found, "length": len(name)} if found >= 0 else {}
        self.score(at, name, **place)


def _neighbour(target: Path, text: str) -> str | None:
    """The path of a file beside the missing one whose name is like it."""
    try:
        names = sorted(entry.name for entry in target.parent.iterdir())
    except OSError:
        return None
    near = closest(target.name, names)
    return str(PurePosixPath(text).with_name(near)) if near and PurePosixPath(text).name else None
