"""The cases of the evaluator kinds: `tests/evaluators/cases/<kind>.toml`.

A file holds `[[case]]` tables, each one look of one evaluator at one subject:

    fields = { … }            # the evaluator's own fields; type and score are added where they are not there
    input, output, expected_output, metadata = …         # of the subject; what is left out is None
    seconds = 1.5             # how long the task's call took
    observations = [ { name = "search", type = "tool", input = …, output = …, seconds = 0.2, level = "ERROR",
                       model = "m", usage = { input = 3 }, cost = 0.1, finish_reason = "stop",
                       first_token = 0.1 }, … ]        # seconds after its beginning; one follows another
    scores = { correct = true }                          # what other evaluators gave
    skipped = ["polite"]                                 # the scores of others that were skipped
    files = { "a.json" = "{}" }                          # beside the spec
    gives = …                 # the value; a table of values by key where the evaluator has `scores`;
                              # numbers are compared to 9 digits, or to `tolerance`
    skips = true              # it gives None
    fails = "not_text"        # the kind of its EvaluationError
    comment = "…"             # a part of the comment
    why = "…"                 # where the value comes from: computed by hand, an oracle, a paper's example
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalspec.evaluators.base import Subject
from evalspec.journal.records import SpanRecord
from evalspec.kinds.tracing import begin_trace, observe
from evalspec.plan.values import Item

FOLDER = Path(__file__).resolve().parents[1] / "evaluators" / "cases"
_SECOND = 1_000_000_000


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
            now += round(table.get("seconds", 0.001) * _SECOND)
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
