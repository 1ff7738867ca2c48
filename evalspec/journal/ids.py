"""Ids derived from what they name, so that delivering anything twice changes nothing.

Trace ids are 16 bytes and span ids 8 bytes in hex, as W3C Trace Context wants them; score ids are UUID-shaped
free text to Langfuse, at most 800 characters.
"""

from hashlib import sha256


def _derive(parts: str) -> str:
    # One formatted text instead of parts to be joined: a run makes several ids for every item.
    return sha256(f"evalspec-id-v1\x1f{parts}".encode()).hexdigest()


def trace_id(run_id: str, item_id: str, trial: int) -> str:
    """The trace of one trial of one item."""
    return _derive(f"trace\x1f{run_id}\x1f{item_id}\x1f{trial}")[:32]


def root_span_id(run_id: str, item_id: str, trial: int) -> str:
    """The root observation of a trial; the same for every attempt, so that a later one replaces it."""
    return _derive(f"root\x1f{run_id}\x1f{item_id}\x1f{trial}")[:16]


def task_span_id(run_id: str, item_id: str, trial: int, attempt: int) -> str:
    """The observation of one attempt of the task."""
    return _derive(f"task\x1f{run_id}\x1f{item_id}\x1f{trial}\x1f{attempt}")[:16]


def evaluator_span_id(run_id: str, item_id: str, trial: int, evaluator: str, attempt: int) -> str:
    """The observation of one attempt of an evaluator."""
    return _derive(f"evaluator\x1f{run_id}\x1f{item_id}\x1f{trial}\x1f{evaluator}\x1f{attempt}")[:16]


CallKey = tuple[str, str, int, str, int]
"""One call of a run: run id, item id, trial, evaluator (empty for the task), attempt."""


def ids_of_call(key: CallKey) -> tuple[str, str]:
    """Trace id and span id of the observation of one call."""
    run_id, item_id, trial, evaluator, attempt = key
    trace = trace_id(run_id, item_id, trial)
    if not evaluator:
        return trace, task_span_id(run_id, item_id, trial, attempt)
    return trace, evaluator_span_id(run_id, item_id, trial, evaluator, attempt)


def score_id(run_id: str, item_id: str, trial: int, name: str) -> str:
    """The score `name` of one trial of one item."""
    return _derive(f"score\x1f{run_id}\x1f{item_id}\x1f{trial}\x1f{name}")[:32]


def observation_score_id(run_id: str, item_id: str, trial: int, name: str, observation: str) -> str:
    """The score `name` of one observation of one trial."""
    return _derive(f"observation-score\x1f{run_id}\x1f{item_id}\x1f{trial}\x1f{name}\x1f{observation}")[:32]


def session_id(run_id: str, item_id: str, trial: int) -> str:
    """The session of one trial of one item, where the task is a conversation."""
    return _derive(f"session\x1f{run_id}\x1f{item_id}\x1f{trial}")[:32]


def run_score_id(run_id: str, trial: int | None, name: str) -> str:
    """The run-level score `name` of one trial number, or of all trials together."""
    return _derive(f"run-score\x1f{run_id}\x1f{'all' if trial is None else trial}\x1f{name}")[:32]


def experiment_id(run_id: str, trial: int) -> str:
    """The Langfuse experiment that holds one trial number of a run."""
    return _derive(f"experiment\x1f{run_id}\x1f{trial}")[:16]


def hosted_item_id(dataset: str, item_id: str) -> str:
    """The id of an item's hosted copy: Langfuse item ids are unique per project, ours per dataset."""
    return "es-" + _derive(f"item\x1f{dataset}\x1f{item_id}")[:40]
