"""What a run left behind, as contents that can be compared: without ids and times, unless they matter.

In the journal, before and after a resume, every recorded row must be the very same. Between two runs, the
counts, values and texts must be.
"""

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.reader import JournalReader
from tests.emulator.handle import Admin

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){4}[0-9a-f]{8}"
_PATTERNS = (
    (re.compile(r"\d{8}-\d{6}-[a-z0-9]{6}"), "RUN"),
    (re.compile(rf"(?<![0-9a-z.])(?:[0-9a-f]{{32}}|[0-9a-f]{{16}}|{_UUID})(?![0-9a-z])"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(?:Z|\+00:00)"), "TIME"),
    (re.compile(r"(?<![0-9a-z.])1[6-9]\d{17}(?![0-9a-z])"), "TIME"),
)


def scrubbed(value: Any) -> str:
    """A JSON value as text in which ids and times are only named. Numbers stay what they are."""
    return json.dumps(_scrubbed(value), sort_keys=True, ensure_ascii=False)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(entry) for entry in value]
    if isinstance(value, str):
        for pattern, word in _PATTERNS:
            value = pattern.sub(word, value)
    return value


@dataclass(frozen=True)
class Recorded:
    """The rows of a journal. `trials` by position and trial number, `evaluations` by evaluator, too."""

    trials: Mapping[tuple[int, int], str]
    evaluations: Mapping[tuple[int, int, str], str]
    run_scores: Mapping[str, str]
    plain: Counter[str]


NO_ROWS = Recorded({}, {}, {}, Counter())
_MOMENTS = ("first_started_ns", "started_ns", "ended_ns")


def recorded(folder: Path) -> Recorded | None:
    """What is committed, read from a copy: the files stay as the killed process left them. None where the run
    never began.
    """
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        copy = Path(place) / folder.name
        shutil.copytree(folder, copy)
        try:
            with JournalReader(copy) as reader:
                return _read(reader)
        except JournalError as error:
            if "cut short before it began" in str(error) or "There is no run record" in str(error):
                return None
            raise


def _read(reader: JournalReader) -> Recorded:
    trials: dict[tuple[int, int], str] = {}
    evaluations: dict[tuple[int, int, str], str] = {}
    plain: Counter[str] = Counter()
    for row in reader.trials():
        content = asdict(row)
        trials[row.position, row.trial] = json.dumps(content, sort_keys=True)
        plain[scrubbed({key: value for key, value in content.items() if key not in _MOMENTS})] += 1
        for record in reader.evaluations(row.position, row.trial):
            content = {key: value for key, value in asdict(record).items() if key not in ("spans", "earlier")}
            evaluations[row.position, row.trial, record.evaluator] = json.dumps(content, sort_keys=True)
            plain[scrubbed({key: value for key, value in content.items() if key not in _MOMENTS})] += 1
    run_scores = {f"{score.name} {score.trial}": scrubbed(asdict(score)) for score in reader.run_scores()}
    plain.update(run_scores.values())
    return Recorded(trials, evaluations, run_scores, plain)


@dataclass(frozen=True)
class Stored:
    """What a server holds: contents with their number, ids that are there twice, and bytes that changed."""

    contents: Counter[str]
    duplicates: int
    changed: int


NOTHING_STORED = Stored(Counter(), 0, 0)


def stored(admin: Admin) -> Stored:
    """Everything in the emulator, each thing once however often it was delivered."""
    counters, dump = admin.counters(), admin.dump()
    names = {(row["trace_id"], row["span_id"]): row["name"] for row in dump["spans"]}
    spans: dict[tuple[str, str], str] = {}
    changed = 0
    for row in dump["spans"]:
        key = (row["trace_id"], row["span_id"])
        content = {
            name: row[name]
            for name in (
                "name",
                "type",
                "environment",
                "is_root",
                "experiment_name",
                "item_id",
                "description",
            )
        }
        content["parent"] = names.get((row["trace_id"], row["parent_id"]), row["parent_id"] and "unknown")
        content |= {"content": json.loads(row["content"]), "times": [row["start_ns"], row["end_ns"]]}
        text = json.dumps(content, sort_keys=True)
        changed += spans.get(key, text) != text
        spans[key] = text
    scores: dict[str, str] = {}
    for row in dump["scores"]:
        text = json.dumps({"content": json.loads(row["content"]), "time": row["timestamp"]}, sort_keys=True)
        changed += scores.get(row["id"], text) != text
        scores[row["id"]] = text
    contents = Counter(_without_times(text) for text in (*spans.values(), *scores.values()))
    contents.update(
        scrubbed({"experiment": row["name"], "items": sorted(row["items"])}) for row in dump["experiments"]
    )
    twice = counters["spans"]["duplicates"] + counters["scores"]["duplicates"]
    return Stored(contents, twice, changed)


def _without_times(text: str) -> str:
    content = json.loads(text)
    for name in ("times", "time"):
        content.pop(name, None)
    return scrubbed(content)


_OF_THIS_RUN = (
    "environment",
    "duration_seconds",
    "created_at",
    "started_at",
    "ended_at",
    "id",
    "name",
    "metadata",
)


def summary(document: Mapping[str, Any]) -> str:
    """What `--format json` prints of a run, without what is a matter of this run alone."""
    run = {key: value for key, value in document["run"].items() if key not in _OF_THIS_RUN}
    rest = {key: value for key, value in document.items() if key not in ("run", "how_to")}
    return scrubbed({"run": run, **rest})
