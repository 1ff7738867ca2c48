"""The ready-made rubrics as a document."""

from evalspec.diagnostics.errors import UsageError
from evalspec.diagnostics.suggest import closest
from evalspec.evaluators.verdicts import form_of, keys_of
from evalspec.rubrics.library import find_rubric, rubric_versions
from evalspec.rubrics.model import Rubric
from evalspec.schema.catalogue import score_entries
from evalspec.spec.catalogue import RubricEntry, RubricList

__all__ = ["rubric_list", "rubric_named"]


def rubric_list(reference: str | None = None) -> RubricList:
    """All ready-made rubrics at their newest versions, or the one of this name. UsageError where there is
    none.
    """
    references = list(rubric_versions()) if reference is None else [reference]
    return RubricList(rubrics=[_entry(rubric_named(one)) for one in references])


def rubric_named(reference: str) -> Rubric:
    """The ready-made rubric that `name` or `name@version` names. UsageError where there is none."""
    found = find_rubric(reference)
    if found is not None:
        return found
    name, at, version = reference.partition("@")
    if name in rubric_versions():
        listed = ", ".join(f"`{name}@{one}`" for one in rubric_versions()[name])
        raise UsageError(f"`{name}` has no version {version}; it has {listed}")
    near = closest(name, rubric_versions())
    if near is not None and find_rubric(f"{near}{at}{version}") is not None:
        near = f"{near}{at}{version}"
    hint = f"did you mean `{near}`?" if near else "`evalspec rubrics` lists them"
    raise UsageError(f"there is no ready-made rubric `{reference}`; {hint}")


def _entry(rubric: Rubric) -> RubricEntry:
    form = form_of(rubric.scale, rubric.categories, rubric.direction)
    return RubricEntry(
        **rubric.model_dump(exclude={"direction"}),
        versions=list(rubric_versions()[rubric.name]),
        direction=form.direction if form.has_value else None,
        gives=score_entries(keys_of(form, form.default_combine)),
        digest=rubric.digest,
    )
