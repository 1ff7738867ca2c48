"""Rubrics resolved: the spec's own, as evaluators name them."""

from collections.abc import Mapping
from typing import Any

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver
from evalspec.evaluators.judge_fields import check_direction, check_form
from evalspec.evaluators.judge_inputs import named_inputs, stray_names
from evalspec.evaluators.judge_prompts import DEFAULT_INPUTS
from evalspec.evaluators.verdicts import Form, form_of
from evalspec.kinds.item_errors import display_path
from evalspec.kinds.resolving import Resolving, Where
from evalspec.rubrics.model import Rubric
from evalspec.source.pointers import join, split
from evalspec.spec.model import Spec
from evalspec.spec.sections import RubricFields
from evalspec.templates import position


def resolve_rubrics(reporter: Reporter, resolver: Resolver, spec: Spec) -> dict[str, Rubric | None]:
    """The spec's rubrics; None for those with mistakes."""
    parts = [split(pointer) for pointer in sorted(spec.broken)]
    rubrics: dict[str, Rubric | None] = {
        part[1]: None for part in parts if len(part) == 2 and part[0] == "rubrics"
    }
    for name, fields in spec.rubrics.items():
        resolving = resolver.resolving()
        rubric = rubrics[name] = _rubric(name, fields, resolving)
        if rubric is not None:
            _check_names(fields, rubric, _mapped(spec, name), resolving)
        reporter.add_problems(join("/rubrics", name), resolving.problems)
    return rubrics


def _rubric(name: str, fields: RubricFields, resolving: Resolving) -> Rubric | None:
    base = None
    if fields.extends is not None:
        # Not another one of the spec's, so that rubrics cannot go in circles.
        resolving.rubrics = {}
        base = resolving.rubric(("extends",), fields.extends)
    criteria = _criteria(fields, resolving)
    check_form(fields.scale, fields.categories, resolving)
    form = _form(fields, base)
    check_direction(form, fields.direction, resolving)
    if resolving.problems:
        return None
    tree: dict[str, Any] = {} if base is None else base.model_dump(exclude={"name", "version"})
    if criteria is not None:
        tree["criteria"] = criteria
    if fields.scale is not None or fields.categories is not None:
        tree |= {"scale": fields.scale, "categories": fields.categories}
    if fields.direction is not None:
        tree["direction"] = fields.direction
    elif not form.has_value:
        tree.pop("direction", None)
    if fields.steps is not None:
        tree["steps"] = fields.steps
    if fields.inputs is not None:
        tree["inputs"] = dict.fromkeys(fields.inputs, "")
    if fields.description is not None:
        tree["description"] = fields.description
    return Rubric.model_validate({**tree, "name": name})


def _form(fields: RubricFields, base: Rubric | None) -> Form:
    """The form of verdicts: of its own, or that of the rubric it extends."""
    if base is not None and fields.scale is None and fields.categories is None:
        return form_of(base.scale, base.categories)
    return form_of(fields.scale, fields.categories or None)


def _criteria(fields: RubricFields, resolving: Resolving) -> str | None:
    if fields.criteria is not None and fields.path is not None:
        message = "`criteria` and `path` cannot stand together"
        resolving.report("wrong-value", message, ("path",), key=True, expected="one of the two")
    if fields.criteria is not None:
        return fields.criteria
    if fields.path is None:
        if fields.extends is None:
            message = "the rubric does not say what is judged"
            resolving.report("missing-field", message, expected="`criteria`, `path` or `extends`")
        return None
    path = resolving.path(("path",), fields.path)
    if path is None:
        return None
    try:
        text = (resolving.root / path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        resolving.report("not-readable", f"`{fields.path}` is not UTF-8", ("path",))
        return None
    except OSError as error:
        resolving.report("not-readable", f"`{fields.path}` cannot be read: {error.strerror}", ("path",))
        return None
    text = text.replace("\r\n", "\n").removesuffix("\n")
    if not text.strip():
        resolving.report("wrong-value", f"`{fields.path}` is empty", ("path",), expected="criteria")
    return text


def _mapped(spec: Spec, name: str) -> set[str] | None:
    """The names in `inputs` of the evaluators that judge by this rubric; None where others may be shown, by
    a prompt of the spec or by an evaluator that could not be read.
    """
    names: set[str] = set()
    for fields in spec.evaluators.values():
        if getattr(fields, "rubric", None) == name:
            if getattr(fields, "prompt", None) is not None:
                return None
            names |= set(getattr(fields, "inputs", None) or ())
    broken = any(pointer.startswith("/evaluators") for pointer in spec.broken)
    return None if broken else names


def _check_names(fields: RubricFields, rubric: Rubric, mapped: set[str] | None, resolving: Resolving) -> None:
    """Report the inputs that a rubric speaks of and that no judge is shown by it."""
    if mapped is None:
        return
    shown = list(dict.fromkeys((*(rubric.inputs or DEFAULT_INPUTS), *sorted(mapped))))
    texts: dict[Where, str] = {("steps", index): step for index, step in enumerate(fields.steps or ())}
    if fields.criteria is not None:
        texts["criteria",] = fields.criteria
    elif fields.path is not None:
        texts["path",] = rubric.criteria
    elif fields.inputs is not None:
        _check_inherited(fields, rubric, shown, resolving)
    for at, text in texts.items():
        for _, problem in stray_names(text, shown):
            place: dict[str, Any] = problem
            if at == ("path",):
                place = _in_file(problem, text, str(fields.path), resolving)
            resolving.report("unknown-input", at=at, **place)


def _check_inherited(fields: RubricFields, rubric: Rubric, shown: list[str], resolving: Resolving) -> None:
    """Report inputs that the words of the extended rubric need, and the `inputs` here leave out."""
    for name in sorted(named_inputs(rubric.criteria) - set(shown)):
        message = f"`{fields.extends}` speaks of `<{name}>`, which is not among these inputs"
        resolving.report(
            "missing-field", message, ("inputs",), expected=f"`{name}` among them, or other criteria"
        )


def _in_file(problem: Mapping[str, Any], text: str, path: str, resolving: Resolving) -> dict[str, Any]:
    """A problem at its place in the file that holds the criteria."""
    more = dict(problem)
    line, column = position(text, more.pop("offset"))
    return {**more, "file": (display_path(resolving.base / path), line, column)}
