"""Tables whose model a tag chooses, also within tables."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.standins import path_of, read, with_stand_ins
from evalspec.compiler.validation import validate
from evalspec.compiler.wording import article, describe, listed
from evalspec.diagnostics import closest
from evalspec.kinds.fields import KindFields, Variants, variants_of
from evalspec.kinds.plugins.errors import PluginError
from evalspec.source.pointers import join

_MOST_LISTED: Final = 16
_LISTED_BY_COMMAND: Final = ("evaluator", "task")


def table(
    reporter: Reporter, pointer: str, model: type[BaseModel], value: Any, title: str
) -> BaseModel | None:
    """The table at `pointer` as a model, with the tables in it that a tag chooses the model of; None, after
    reporting why, where nothing can be made of it.
    """
    for name, variants in variants_of(model).items() if isinstance(value, dict) else ():
        entries = value.get(name)
        if isinstance(entries, list):
            place = join(pointer, name)
            found = [_entry(reporter, join(place, at), variants, entry) for at, entry in enumerate(entries)]
            value = {**value, name: found}
    return validate(reporter, pointer, model, value, title)


def _entry(reporter: Reporter, pointer: str, variants: Variants, entry: Any) -> BaseModel:
    """An entry of a list; where nothing can be made of it one of any kind stands in, or the others would not
    be at their places.
    """
    models = variants.models()
    found: BaseModel | None = tagged(reporter, pointer, entry, variants.tag, models, variants.what)
    if found is None:
        reporter.stand_in(pointer)
        model = next(iter(models.values()))
        common = set.intersection(*(set(one.model_fields) for one in models.values())) - {variants.tag}
        kept = {key: value for key, value in entry.items() if key in common} if type(entry) is dict else {}
        wrong = {path_of(kept, fault) for fault in read(model, kept)[1]}
        found, _ = with_stand_ins(model, kept, wrong, reporter.reading)
        assert found is not None
    return found


def known_tags(title: str, models: Mapping[str, Any]) -> str:
    """What a tag may be; of very many, the command that lists them, where there is one."""
    if len(models) <= _MOST_LISTED or title not in _LISTED_BY_COMMAND:
        return listed(models)
    return f"one of those that `evalspec {title}s` lists"


def tagged(
    reporter: Reporter, pointer: str, value: Any, tag: str, models: Mapping[str, type[KindFields]], title: str
) -> Any:
    """The section at `pointer`, validated against the one model that its tag chooses."""
    if value is None:
        return None
    if not isinstance(value, dict):
        message = f"{article(title)} cannot be {describe(value)}"
        reporter.add("wrong-type", message, pointer, expected=f"a table with a `{tag}`")
        return None
    if tag not in value:
        _report_missing_tag(reporter, pointer, value, tag, models, title)
        return None
    name = value[tag]
    where = join(pointer, tag)
    try:
        model = models[name] if isinstance(name, str) else None
    except PluginError as error:
        reporter.add(error.code, error.message, where, suggestion=error.suggestion, expected=error.expected)
        return None
    except KeyError:
        model = None
    if model is not None:
        title = article(f"`{name}` {title}")
        return table(reporter, pointer, model, value, title)
    if not isinstance(name, str):
        message = f"`{tag}` cannot be {describe(name)}"
        reporter.add("wrong-type", message, where, expected=known_tags(title, models))
        return None
    suggestion = closest(name, models)
    reporter.add(
        "unknown-type",
        f"there is no {title} {tag} {describe(name)}",
        where,
        suggestion=suggestion,
        expected=known_tags(title, models),
        fix=reporter.respelling(where, name, suggestion),
    )
    return None


def _report_missing_tag(
    reporter: Reporter,
    pointer: str,
    value: Mapping[str, Any],
    tag: str,
    models: Mapping[str, type[KindFields]],
    title: str,
) -> None:
    known = {name for model in models.values() for name in model.model_fields}
    strange = [key for key in value if key not in known]
    misspelt = next((key for key in strange if closest(key, (tag,)) or value[key] in list(models)), None)
    if misspelt is not None:
        message = f"{article(title)} has no field `{misspelt}`"
        reporter.add("unknown-field", message, join(pointer, misspelt), key=True, suggestion=tag)
    else:
        message = f"{article(title)} needs a `{tag}`"
        reporter.add_to_section("missing-type", message, pointer, expected=known_tags(title, models))
