"""Tasks that ask models, compiled from a spec and called for one item as a run calls them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio

from evalspec.api.beginning import build_parts
from evalspec.api.workspace import Workspace
from evalspec.journal.ids import ids_of_call
from evalspec.kinds.media import FetchMedia
from evalspec.kinds.tracing import begin_trace
from evalspec.models import Budget, ModelSpec
from evalspec.models.client import Models
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.compiler.project import compiled, write_spec
from tests.models.parts import Clock, NoJitter

Json = dict[str, Any]

KEY = ("20261123-190501-k3f9qa", "france", 0, "", 1)
TRACE, CALL = ids_of_call(KEY)
FRANCE = Item(
    "france", {"country": "France", "question": "Its capital?"}, "Paris", {"lang": "en", "photo": "map.png"}
)
ECHO = {"model": "embedded:echo"}


def spec_of(task: Json, **sections: Any) -> Json:
    """A spec with one item, whose task is `task`."""
    return {
        "evalspec": 1,
        "name": "capitals",
        "dataset": {"type": "inline", "items": [FRANCE.as_dict()]},
        "task": task,
        "scores": {"correct": {"data_type": "BOOLEAN"}},
        "evaluators": {"exact": {"type": "exact_match", "score": "correct"}},
        **sections,
    }


def prompt_spec(prompt: Json | str, model: Json = ECHO, **task: Any) -> Json:
    """A spec that sends an inline prompt, or one text, to a model."""
    words = {"type": "inline", "text": prompt} if isinstance(prompt, str) else prompt
    return spec_of(
        {"type": "prompt", "prompt": "ask", "model": "answering", **task},
        prompts={"ask": words},
        models={"answering": model},
    )


@dataclass
class Answered:
    """What came of a call: the output, and the observations in the order of their ends."""

    output: Any
    spans: list[Json]


@dataclass
class Caller:
    """Calls the task of a plan; waits between requests take no time."""

    plan: Plan
    root: Path
    fetch: FetchMedia | None = None
    budgets: Mapping[str, Budget] | None = None

    def __call__(self, item: Item = FRANCE, trial: int = 0) -> Answered:
        return anyio.run(self.call, item, trial)

    async def call(self, item: Item = FRANCE, trial: int = 0) -> Answered:
        """The output and the observations. Raises what the task raises, with its `spans`."""
        clock = Clock()
        specs = {
            name: ModelSpec.from_fields(name, {"model": model.model, **model.fields})
            for name, model in self.plan.models.items()
        }
        async with Models(
            specs, os.environ, budgets=self.budgets, clock=clock, sleep=clock.sleep, rng=NoJitter()
        ) as models:
            loading = Workspace.at(self.root, root=self.root).loading(self.plan)
            parts = build_parts(self.plan, replace(loading, models=models, fetch_media=self.fetch))
            trace = begin_trace(KEY)
            try:
                result = parts.task(item, trial)
                output = await result if hasattr(result, "__await__") else result
            except Exception as error:
                error.spans = decoded(trace.take())  # type: ignore[attr-defined]  # for the test that expects it
                raise
            finally:
                await parts.aclose()
            return Answered(output, decoded(trace.take()))


def decoded(records: Any) -> list[Json]:
    """Spans as trees, with their attributes as a dict and JSON in them read."""
    spans = []
    for record in records:
        tree = json.loads(record.payload)
        tree["attributes"] = {pair["key"]: _value(pair["value"]) for pair in tree["attributes"]}
        spans.append(tree)
    return spans


def _value(value: Json) -> Any:
    (found,) = value.values()
    if isinstance(found, dict):
        return [_value(one) for one in found.get("values", ())]
    try:
        return json.loads(found)
    except (TypeError, ValueError):
        return found


def of(span: Json, name: str) -> Any:
    """An attribute of an observation, None where it has none."""
    return span["attributes"].get(f"langfuse.observation.{name}")


def shape(spans: list[Json]) -> list[tuple[str, str, str]]:
    """Type, name and parent's name of the observations; the call itself is `call`."""
    names = {span["spanId"]: span["name"] for span in spans} | {CALL: "call"}
    return [(of(span, "type"), span["name"], names[span["parentSpanId"]]) for span in spans]


def caller(root: Path, tree: Json, **more: Any) -> Caller:
    """The task of a spec in a project of its own."""
    (root / ".evalspec-root").touch()
    options = {key: more.pop(key) for key in ("environ", "store") if key in more}
    return Caller(compiled(write_spec(root, tree), **options), root, **more)
