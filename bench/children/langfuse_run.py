"""The Langfuse SDK: `run_experiment` over the items in memory, then flush and shutdown, as it recommends.

Measured is all of that: the last acknowledgement comes during the shutdown at the latest.
"""

import sys
from typing import Any

from langfuse import Evaluation, get_client

from bench.children import functions
from bench.children.measuring import Moment, read_items, tell, warm_up


async def task(*, item: Any, **_: Any) -> str:
    return await functions.echo(item)


async def same(*, output: Any, expected_output: Any, **_: Any) -> Evaluation:
    return Evaluation(name="same", value=await functions.same(output, expected_output))


async def length(*, output: Any, **_: Any) -> Evaluation:
    return Evaluation(name="length", value=await functions.length(output))


async def digits(*, output: Any, **_: Any) -> Evaluation:
    return Evaluation(name="digits", value=await functions.digits(output))


def mean_length(*, item_results: Any, **_: Any) -> Evaluation:
    values = [
        score.value for result in item_results for score in result.evaluations if score.name == "length"
    ]
    return Evaluation(name="mean_length", value=sum(values) / len(values))


def main(path: str, concurrency: str) -> None:
    items = read_items(path)
    client = get_client()
    warm_up()
    began = Moment.now()
    result = client.run_experiment(
        name="bench",
        data=items,  # type: ignore[arg-type]  # dicts will do, says its documentation
        task=task,
        evaluators=[same, length, digits],
        run_evaluators=[mean_length],
        max_concurrency=int(concurrency),
    )
    client.flush()
    client.shutdown()
    tell(began, Moment.now(), len(result.item_results))


if __name__ == "__main__":
    main(*sys.argv[1:])
