"""The usual work of a Langfuse SDK, run by `check` in the environment of SDK 5 and in that of SDK 4.16.

Knows nothing but the SDK and the standard library. Reads the LANGFUSE_* variables and prints one JSON object
with what the SDK itself told.
"""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from langfuse import Evaluation, Langfuse

NUMERIC: Any = "NUMERIC"
TRACE: Any = "TRACE"


def square(*, item: Any, **_: Any) -> int:
    value: int = item.input["q"] ** 2
    return value


def exact(*, output: Any, expected_output: Any, **_: Any) -> Evaluation:
    return Evaluation(name="exact", value=float(output == expected_output), comment="c")


def mean_exact(*, item_results: Any, **_: Any) -> Evaluation:
    values = [evaluation.value for result in item_results for evaluation in result.evaluations]
    return Evaluation(name="mean_exact", value=sum(values) / len(values))


def main() -> None:
    client = Langfuse()
    told: dict[str, Any] = {"authorized": client.auth_check()}
    version = _dataset(client)
    told |= _experiment(client, version)
    told |= _trace(client)
    _prompts(client)
    _queue(client, told["config"], told["trace"])
    client.shutdown()
    json.dump(told, sys.stdout)


def _dataset(client: Langfuse) -> datetime:
    """Three items, one of them edited and one archived afterwards; the moment before that."""
    client.create_dataset(name="ds", description="smoke", metadata={"k": 1})
    for number in range(3):
        client.create_dataset_item(
            dataset_name="ds",
            id=f"it{number}",
            input={"q": number},
            expected_output=number**2,
            metadata={"n": number},
        )
    time.sleep(0.05)
    version = datetime.now(UTC)
    time.sleep(0.05)
    client.create_dataset_item(
        dataset_name="ds", id="it0", input={"q": 0, "edited": True}, expected_output=100
    )
    archived: Any = "ARCHIVED"
    client.create_dataset_item(
        dataset_name="ds", id="it2", input={"q": 2}, expected_output=4, status=archived
    )
    return version


def _experiment(client: Langfuse, version: datetime) -> dict[str, Any]:
    """Two runs of one name over the older version; what the SDK says of them."""
    dataset = client.get_dataset("ds", version=version)
    told = {"items_now": len(client.get_dataset("ds").items), "items_then": len(dataset.items)}
    first = dataset.run_experiment(
        name="exp",
        run_name="run",
        description="d",
        task=square,
        evaluators=[exact],
        run_evaluators=[mean_exact],
        metadata={"model": "m"},
    )
    client.flush()
    dataset.run_experiment(name="exp", run_name="run", task=square, evaluators=[exact])
    client.flush()
    # SDK 4 has the older name only, SDK 5 warns of it.
    experiment = getattr(first, "experiment_id", None) or first.dataset_run_id
    return told | {"results": len(first.item_results), "experiment": experiment}


def _trace(client: Langfuse) -> dict[str, Any]:
    config = client.api.score_configs.create(name="acc", data_type=NUMERIC, min_value=0, max_value=1)
    with client.start_as_current_observation(
        name="root", input={"a": 1}, trace_context={"trace_id": client.create_trace_id()}
    ) as root:
        generation = root.start_observation(
            name="gen",
            as_type="generation",
            input="hi",
            output="yo",
            model="gpt-4o",
            usage_details={"input": 3, "output": 5},
        )
        generation.end()
        root.update(output="done")
        trace_id = root.trace_id
    client.create_score(
        name="quality", value=0.5, trace_id=trace_id, score_id="quality-1", data_type="NUMERIC"
    )
    client.flush()
    # The id again: one score with the newer value.
    client.create_score(
        name="quality", value=0.9, trace_id=trace_id, score_id="quality-1", data_type="NUMERIC"
    )
    client.flush()
    client.api.observations.get_many(trace_id=trace_id)
    return {"trace": trace_id, "config": config.id}


def _prompts(client: Langfuse) -> None:
    client.create_prompt(name="p", prompt="Hello {{x}}", labels=["production"], tags=["a"], config={"t": 1})
    client.create_prompt(name="p", prompt="Hello2 {{x}}", labels=["staging"])
    client.get_prompt("p", cache_ttl_seconds=0)
    client.get_prompt("p", version=2, cache_ttl_seconds=0)


def _queue(client: Langfuse, config_id: str, trace_id: str) -> None:
    queues = client.api.annotation_queues
    queue = queues.create_queue(name="q", score_config_ids=[config_id])
    entry = queues.create_queue_item(queue.id, object_id=trace_id, object_type=TRACE)
    queues.list_queue_items(queue.id)
    completed: Any = "COMPLETED"
    queues.update_queue_item(queue.id, entry.id, status=completed)


if __name__ == "__main__":
    main()
