"""Judges: models that are asked for a verdict, each one or several times, and panels of several judges."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

import anyio

from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.judge_prompts import answer_schema
from evalspec.evaluators.verdicts import Answer, Combine, Form, agreement_of, combined
from evalspec.kinds.generations import Asking, generate
from evalspec.kinds.loading import Loading
from evalspec.kinds.prompting import Rendered
from evalspec.models import ModelError
from evalspec.plan.numbers import in_words

__all__ = ["Judge", "Judged", "Panel", "Verdict", "at_once", "judges_of"]

MAX_COMMENT: Final = 5_000
"""Characters of a score's comment."""

MAX_REASONING: Final = 1_000
"""Characters of one judge's reasoning where several are kept."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged:
    """What one judge came to: the answer, its grounds, and what the score's metadata say of it."""

    name: str
    answer: Answer
    reasoning: str
    answers: tuple[Answer, ...] = ()
    """Where it was asked several times, each time's answer."""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one or several judges came to together; `agreement` is None where there is nothing to compare."""

    answer: Answer
    comment: str | None
    metadata: dict[str, Any]
    agreement: float | None


async def at_once(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T | ModelError | EvaluationError]:
    """What all calls return, or how they failed, in order. None is given up because another has failed, so
    that it is always the same failure that is told.
    """
    found: list[Any] = [None] * len(calls)

    async def call(index: int) -> None:
        try:
            found[index] = await calls[index]()
        except (ModelError, EvaluationError) as error:
            found[index] = error
        except Exception as error:  # noqa: BLE001 - raised below, as it is and not in a group
            defects.append(error)

    defects: list[Exception] = []
    async with anyio.create_task_group() as group:
        for index in range(len(calls)):
            group.start_soon(call, index)
    for defect in defects:
        raise defect
    return found


async def all_at_once(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """What all calls return, in order. Raises the failure of the first that fails."""
    found: list[T] = []
    for one in await at_once(calls):
        if isinstance(one, ModelError | EvaluationError):
            raise one
        found.append(one)
    return found


class Judge:
    """One model that gives verdicts of one form; each is the combination of `samples` answers."""

    def __init__(self, asking: Asking, form: Form, combine: Combine, samples: int) -> None:
        self.name = asking.name
        self._asking = asking
        self._form = form
        self._combine: Combine = combine
        self._samples = samples

    async def __call__(self, rendered: Rendered) -> Judged:
        """The verdict on some messages. Raises ModelError, and EvaluationError: `wrong_schema`,
        `no_majority`.
        """
        asked = await all_at_once([partial(self._ask, rendered)] * self._samples)
        answers = tuple(answer for answer, _ in asked)
        answer = combined(self._form, answers, self._combine)
        # The grounds of an answer that is the verdict, or of the first.
        reasoning = next((text for one, text in asked if one == answer), asked[0][1])
        return Judged(self.name, answer, reasoning, answers if self._samples > 1 else ())

    async def _ask(self, rendered: Rendered) -> tuple[Answer, str]:
        reply = await generate(self._asking, rendered.messages, rendered.shown)
        data = reply.data
        if not isinstance(data, Mapping) or "verdict" not in data:
            raise EvaluationError("wrong_schema", "the judge gave no verdict")
        reasoning = data.get("reasoning", "")
        return self._form.read(data["verdict"]), reasoning if isinstance(reasoning, str) else ""


def judges_of(
    fields: Mapping[str, Any], form: Form, combine: Combine, label: str, loading: Loading
) -> list[Judge]:
    """The judges of an evaluator's resolved fields."""
    schema = answer_schema(form, reasoning=fields["reasoning"])
    prompt = loading.prompts[fields["prompt"]] if "prompt" in fields else None
    return [
        Judge(
            Asking(
                models=loading.door(),
                name=name,
                use="judge",
                label=label,
                parameters=fields.get("parameters"),
                schema=schema,
                prompt=prompt,
            ),
            form,
            combine,
            fields["samples"],
        )
        for name in fields["models"]
    ]


class Panel:
    """Several judges, or one; how many have to answer, and how their answers become one.

    A judge that fails makes the evaluation fail, with the failure of the first, unless `least` says how many
    are enough.
    """

    def __init__(self, form: Form, combine: Combine, least: int) -> None:
        self._form = form
        self.combine: Combine = combine
        self._least = least

    async def __call__(self, judges: Mapping[str, Callable[[], Awaitable[Judged]]]) -> Verdict:
        """The verdict. Raises ModelError and EvaluationError."""
        outcomes = dict(zip(judges, await at_once(list(judges.values())), strict=True))
        failures = {
            name: one for name, one in outcomes.items() if isinstance(one, ModelError | EvaluationError)
        }
        found = [one for one in outcomes.values() if isinstance(one, Judged)]
        if failures and len(found) < self._least:
            raise next(iter(failures.values()))
        answer = combined(self._form, [one.answer for one in found], self.combine)
        if len(judges) == 1:
            return self._alone(found[0])
        agreement = agreement_of(self._form, [one.answer for one in found])
        metadata: dict[str, Any] = {
            "judges": {one.name: _described(one) for one in found},
            "agreement": agreement,
        }
        if failures:
            metadata["failed_judges"] = {name: failure.kind for name, failure in failures.items()}
        comment = "\n\n".join(
            f"{one.name} ({_said(one.answer)}): {_cut(one.reasoning, MAX_REASONING)}".removesuffix(": ")
            for one in found
        )
        return Verdict(answer, _cut(comment, MAX_COMMENT), metadata, agreement)

    def _alone(self, only: Judged) -> Verdict:
        agreement = agreement_of(self._form, only.answers)
        metadata = dict(only.details)
        if only.answers:
            metadata |= {"answers": list(only.answers), "agreement": agreement}
        return Verdict(only.answer, _cut(only.reasoning, MAX_COMMENT) or None, metadata, agreement)


def _described(judged: Judged) -> dict[str, Any]:
    tree: dict[str, Any] = {"answer": judged.answer, **judged.details}
    if judged.answers:
        tree["answers"] = list(judged.answers)
    if judged.reasoning:
        tree["reasoning"] = _cut(judged.reasoning, MAX_REASONING)
    return tree


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _said(answer: Answer) -> str:
    if isinstance(answer, float):
        return in_words(answer)
    return answer if isinstance(answer, str) else json.dumps(answer)
