"""pydantic-evals: `Dataset.evaluate` over the items in memory.

Nothing is published; the report averages the scores.
"""

import asyncio
import sys
from dataclasses import dataclass

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Evaluator, EvaluatorContext

from bench.children import functions
from bench.children.measuring import Moment, read_items, tell, warm_up


@dataclass
class Same(Evaluator[str, str, None]):  # type: ignore[misc]  # installed for the benchmark only
    async def evaluate(self, ctx: EvaluatorContext[str, str, None]) -> float:
        return await functions.same(ctx.output, ctx.expected_output or "")


@dataclass
class Length(Evaluator[str, str, None]):  # type: ignore[misc]  # installed for the benchmark only
    async def evaluate(self, ctx: EvaluatorContext[str, str, None]) -> float:
        return await functions.length(ctx.output)


@dataclass
class Digits(Evaluator[str, str, None]):  # type: ignore[misc]  # installed for the benchmark only
    async def evaluate(self, ctx: EvaluatorContext[str, str, None]) -> float:
        return await functions.digits(ctx.output)


async def task(text: str) -> str:
    return await functions.echo({"input": text})


def main(path: str, concurrency: str) -> None:
    cases = [
        Case(name=item["id"], inputs=item["input"], expected_output=item["expected_output"])
        for item in read_items(path)
    ]
    warm_up()
    began = Moment.now()
    dataset: Dataset[str, str, None] = Dataset(
        name="bench", cases=cases, evaluators=[Same(), Length(), Digits()]
    )
    report = asyncio.run(dataset.evaluate(task, max_concurrency=int(concurrency), progress=False))
    averages = report.averages()
    if averages is None or len(report.cases) != len(cases):
        raise SystemExit("cases are missing")
    tell(began, Moment.now(), len(report.cases))


if __name__ == "__main__":
    main(*sys.argv[1:])
