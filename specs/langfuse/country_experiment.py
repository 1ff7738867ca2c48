"""A task and evaluators as one writes them for `Langfuse.run_experiment`; evalspec takes them as they are."""

from collections import defaultdict
from typing import Any

from langfuse import Evaluation, observe

from specs.quickstart.country_lookup import lookup


@observe(name="look-up-country", as_type="tool")
def look_up(question: dict[str, str]) -> dict[str, Any]:
    """The step that is worth an observation of its own; in Langfuse it stands below the item's trace."""
    return lookup(question)


def task(*, item: Any, **_: Any) -> dict[str, Any]:
    """The system under test."""
    return look_up(item.input)


def right_country(*, output: dict[str, Any], expected_output: dict[str, str], **_: Any) -> Evaluation:
    """Whether the country is the one that was meant; the comment says what was taken for it."""
    right = output["code"] == expected_output["code"]
    comment = None if right else f"{output['name'] or 'no country'} instead of {expected_output['name']}"
    return Evaluation(name="correct", value=right, comment=comment)


def weakest_script(*, item_results: list[Any], **_: Any) -> Evaluation | None:
    """The share of right answers in the script that does worst: an average would hide it."""
    right: dict[str, list[bool]] = defaultdict(list)
    for result in item_results:
        values = {evaluation.name: evaluation.value for evaluation in result.evaluations}
        if "correct" in values:
            right[result.item.metadata["script"]].append(bool(values["correct"]))
    if not right:
        return None
    rates = {script: sum(values) / len(values) for script, values in right.items()}
    script = min(rates, key=lambda name: (rates[name], name))
    return Evaluation(name="weakest_script", value=rates[script], comment=script)
