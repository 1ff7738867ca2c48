"""The cases of the evaluator kinds: `tests/evaluators/cases/<kind>.toml`.

A file holds `[[case]]` tables, each one look of one evaluator at one subject:

    fields = { … }            # the evaluator's own fields; type and score are added where they are not there
    input, output, expected_output, metadata = …         # of the subject; what is left out is None
    seconds = 1.5             # how long the task's call took
    observations = [ { name = "search", type = "tool", input = …, output = …, seconds = 0.2, level = "ERROR",
                       model = "m", usage = { input = 3 }, cost = 0.1, finish_reason = "stop",
                       first_token = 0.1 }, … ]        # seconds after its beginning; one follows another
    scores = { correct = true }                          # what other evaluators gave
    models = { judge = { model = "embedded:overlap" } }  # the spec's models; besides MODELS
    prompts = { ask = { type = "inline", text = "…" } }  # the spec's prompts
    rubrics = { polite = { criteria = "…" } }            # the spec's rubrics
    skipped = ["polite"]                                 # the scores of others that were skipped
    files = { "a.json" = "{}" }                          # beside the spec
    gives = …                 # the value; a table of values by key where the evaluator has `scores`;
                              # numbers are compared to 9 digits, or to `tolerance`
    skips = true              # it gives None
    fails = "not_text"        # the kind of its EvaluationError
    comment = "…"             # a part of the comment
    why = "…"                 # where the value comes from: computed by hand, an oracle, a paper's example
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalspec.compiler.context import Surroundings
from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver
from evalspec.compiler.resources import resolve_models, resolve_prompts
from evalspec.compiler.rubrics import resolve_rubrics
from evalspec.compiler.structure import read_spec
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Evaluator, Subject
from evalspec.journal.records import SpanRecord
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.kinds.tracing import begin_trace, observe
from evalspec.models.client import Models
from evalspec.models.spec import ModelSpec
from evalspec.plan.values import Item
from evalspec.source.load import parse_document

MODELS = {
    "judge": {"model": "embedded:overlap"},
    "echo": {"model": "embedded:echo"},
    "hash": {"model": "embedded:hash"},
}
"""The models that every case has."""

FOLDER = Path(__file__).resolve().parents[1] / "evaluators" / "cases"
_SECOND = 1_000_000_000


@dataclass(frozen=True)
class Built:
    """An evaluator ready to be called, what it was resolved to, and the models that it asks."""

    evaluator: Evaluator
    resolved: Resolved
    models: Models


@dataclass(frozen=True)
class Case:
    """One case, with its number in its file, from 1."""

    kind: str
    number: int
    table: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind}-{self.number}"

    @property
    def fields(self) -> dict[str, Any]:
        """The table of the evaluator as it stands in a spec."""
        fields = {"type": self.kind, **self.table.get("fields", {})}
        return fields if fields.keys() & {"score", "scores"} else {**fields, "score": "s"}

    @property
    def scores(self) -> dict[str, Any]:
        """What other evaluators gave, None where they skipped."""
        return {**self.table.get("scores", {}), **dict.fromkeys(self.table.get("skipped", ()))}

    def subject(self) -> Subject:
        """What the evaluator looks at."""
        table = self.table
        item = Item("1", table.get("input"), table.get("expected_output"), table.get("metadata"))
        ended = round(table.get("seconds", 0.0) * _SECOND)
        spans = observed(table.get("observations", ()))
        return Subject(item, table.get("output"), 0, 0, ended, spans, self.scores)

    @property
    def sections(self) -> dict[str, Any]:
        """The sections of a spec that the evaluator may name: models, prompts and rubrics."""
        table = self.table
        found = {name: table.get(name, {}) for name in ("prompts", "rubrics")}
        return {**found, "models": {**MODELS, **table.get("models", {})}}

    def built(self, folder: Path, fields: dict[str, Any] | None = None) -> "Built":
        """The evaluator, with these fields instead of the case's, where its files are in a folder."""
        kind = EVALUATORS[self.kind]
        resolving = self.resolving(folder)
        resolved = kind.resolve(
            kind.fields.model_validate(self.fields if fields is None else fields), resolving
        )
        assert resolving.problems == []
        specs = {
            name: ModelSpec.from_fields(name, {"model": model.model, **model.fields})
            for name, model in resolving.used_models.items()
        }
        models, prompts = Models(specs, {}), dict(resolving.used_prompts)
        loading = Loading(folder, (folder,), folder / ".evalspec", prompts=prompts, models=models)
        return Built(kind.build(resolved.fields, loading), resolved, models)

    def resolving(self, folder: Path) -> Resolving:
        """What the evaluator is resolved with."""
        tree = {"evalspec": 1, "name": "case", **self.sections}
        document, faults = parse_document(json.dumps(tree), path="case.json", format="json")
        assert document is not None
        assert not faults
        reporter = Reporter(document, faults)
        spec = read_spec(reporter)
        assert spec is not None
        around = Surroundings(folder, folder / "case.json", folder / ".evalspec", {})
        resolver = Resolver(reporter, around)
        resolver.models = resolve_models(reporter, resolver, spec)
        resolver.prompts = resolve_prompts(reporter, resolver, spec, around, fetch=False)
        resolver.rubrics = resolve_rubrics(reporter, resolver, spec)
        # The rest of the spec is missing, and may be.
        assert not [one for one in reporter.diagnostics if one.pointer]
        return resolver.resolving(scores=set(self.scores) or None)


def observed(observations: Any) -> tuple[SpanRecord, ...]:
    """Observations of one call, one after the other."""
    trace = begin_trace(("run", "1", 0, "", 1))
    now = 0
    for table in observations:
        with observe(table["name"], table.get("type", "span"), input=table.get("input")) as observation:
            for key in ("output", "metadata", "model", "usage", "cost", "finish_reason", "level"):
                if key in table:
                    setattr(observation, key, table[key])
            observation.started_ns = now + 1
            if "first_token" in table:
                observation.completion_start_ns = now + 1 + round(table["first_token"] * _SECOND)
            now = observation.started_ns + round(table.get("seconds", 0.001) * _SECOND)
            observation.ended_ns = now
    return trace.take()


def cases(kind: str | None = None) -> list[Case]:
    """All cases, or those of one kind."""
    paths = sorted(FOLDER.glob("*.toml")) if kind is None else [FOLDER / f"{kind}.toml"]
    return [
        Case(path.stem, number, table)
        for path in paths
        for number, table in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["case"], 1)
    ]
