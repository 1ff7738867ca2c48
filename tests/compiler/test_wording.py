"""What messages say in the place of what only programs read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from evalspec.compiler.wording import PATTERNS
from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.fields import KindFields
from evalspec.prompts import PROMPTS
from evalspec.tasks import TASKS
from evalspec.tasks.steps import step_models
from tests.compiler.project import changed, checked, write_project, write_spec
from tests.compiler.test_several_mistakes import CHAINED, TALKING


def models(base: type[KindFields] = KindFields) -> Iterator[type[KindFields]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def patterns(model: type[KindFields]) -> Iterator[str]:
    for field in model.model_fields.values():
        for part in (*field.metadata, *details(field.annotation)):
            if isinstance(pattern := getattr(part, "pattern", None), str):
                yield pattern


def details(annotation: Any) -> Iterator[Any]:
    """What is annotated within an annotation, such as of the elements of a list."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from details(part)


def test_every_pattern_of_a_field_has_words() -> None:
    for registry in (DATASETS, TASKS, EVALUATORS, PROMPTS):
        assert all(registry[name].fields for name in registry)
    assert step_models()
    own = (model for model in models() if model.__module__.startswith("evalspec."))
    used = {pattern for model in own for pattern in patterns(model)}
    assert used == set(PATTERNS)


@pytest.mark.parametrize(
    ("base", "pointer", "value"),
    [
        (TALKING, "/models/answering/model", "gpt-5-mini"),
        (TALKING, "/task/tools/0/name", "look it up"),
        (CHAINED, "/task/steps/0/name", "1st"),
    ],
)
def test_no_pattern_is_quoted(tmp_path: Path, base: dict[str, Any], pointer: str, value: str) -> None:
    spec = write_spec(write_project(tmp_path), changed(base, {pointer: value}))
    (found,) = checked(spec)
    assert (found.code, found.pointer) == ("wrong-value", pointer)
    assert found.expected in PATTERNS.values()
