"""What an editor must do with a spec and the published schema, whatever its server and the spelling.

What is expected comes from the field models, not from the schema, so that the schema is held to them.
"""

import copy
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evalspec.compiler.structure import SECTIONS
from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.fields import variants_of
from evalspec.kinds.tracing import ObservationType
from evalspec.prompts import PROMPTS
from evalspec.spec.aggregates import AGGREGATES
from evalspec.spec.sections import (
    GateFields,
    LimitsFields,
    ModelFields,
    RubricFields,
    RunFields,
    ScoreFields,
)
from evalspec.tasks import TASKS
from evalspec.tasks.steps import step_models
from tests.support.drafts import Caret, Draft, Json, json_draft, toml_draft
from tests.support.lsp import Fault, LanguageServer, OpenText, Proposal
from tests.support.spec_trees import VALID

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "specs" / "quickstart"
SCHEMA = "../../schemas/evalspec.v1.schema.json"

Models = Mapping[str, type[BaseModel]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A place in a spec where a tag chooses the fields."""

    pointer: str
    tag: str
    models: Models


def _fields(registry: Mapping[str, Any]) -> Models:
    return {name: registry[name].fields for name in registry}


VARIANTS = {
    "prompt": Variant("/prompts/mine", "type", _fields(PROMPTS)),
    "dataset": Variant("/dataset", "type", _fields(DATASETS)),
    "task": Variant("/task", "type", _fields(TASKS)),
    "step": Variant("/task/steps/0", "type", step_models()),
    "evaluator": Variant("/evaluators/mine", "type", _fields(EVALUATORS)),
    "aggregate": Variant("/aggregates/mine", "function", AGGREGATES),
}
PLAIN: Mapping[str, type[BaseModel]] = {
    "/models/mine": ModelFields,
    "/rubrics/mine": RubricFields,
    "/scores/mine": ScoreFields,
    "/gates/mine": GateFields,
    "/limits": LimitsFields,
    "/run": RunFields,
}
KINDS = [(name, kind) for name, variant in VARIANTS.items() for kind in variant.models]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in the quickstart: the change that makes it, where it must be reported (once), and a word
    that the report must hold.
    """

    pointer: str
    word: str
    make: Callable[[Json], None]


def _set(section: str, path: str, value: Any) -> Callable[[Json], None]:
    def make(tree: Json) -> None:
        *parents, key = [section, *path.split("/")]
        for parent in parents:
            tree = tree[parent]
        tree[key] = value

    return make


def _drop(*path: str) -> Callable[[Json], None]:
    def make(tree: Json) -> None:
        for parent in path[:-1]:
            tree = tree[parent]
        del tree[path[-1]]

    return make


MISTAKES: Mapping[str, Mistake] = {
    "section unknown": Mistake("/limit", "limit", lambda tree: tree.update(limit=3)),
    "section missing": Mistake("", "task", _drop("task")),
    "name missing": Mistake("", "name", _drop("name")),
    "name unfit": Mistake("/gates/a b", "", _set("gates", "a b", {"aggregate": "accuracy", "min": 0})),
    "version unknown": Mistake("/evalspec", "", lambda tree: tree.update(evalspec=2)),
    "dataset field unknown": Mistake("/dataset/pth", "pth", _set("dataset", "pth", "x")),
    "dataset field wrong": Mistake("/dataset/path", "string", _set("dataset", "path", 3)),
    "dataset field missing": Mistake("/dataset", "path", _drop("dataset", "path")),
    "dataset tag unknown": Mistake("/dataset/type", "langfuse", _set("dataset", "type", "fiel")),
    "dataset tag missing": Mistake("/dataset", "type", _drop("dataset", "type")),
    "dataset sample": Mistake("/dataset/sample/size", "1", _set("dataset", "sample", {"size": 0})),
    "task field unknown": Mistake("/task/flies", "flies", _set("task", "flies", [])),
    "task field missing": Mistake("/task", "callable", _drop("task", "callable")),
    "task tag unknown": Mistake("/task/type", "recorded", _set("task", "type", "pyhton")),
    "task time": Mistake("/task/timeout", "", _set("task", "timeout", "5 sec")),
    "score field unknown": Mistake(
        "/scores/correct/maximum", "maximum", _set("scores", "correct/maximum", 1)
    ),
    "score field wrong": Mistake("/scores/correct/margin", "", _set("scores", "correct/margin", [])),
    "score field missing": Mistake("/scores/correct", "data_type", _drop("scores", "correct", "data_type")),
    "score type unknown": Mistake(
        "/scores/correct/data_type", "BOOLEAN", _set("scores", "correct/data_type", "BOOL")
    ),
    "evaluator field unknown": Mistake(
        "/evaluators/name_alike/valeu", "valeu", _set("evaluators", "name_alike/valeu", "output")
    ),
    "evaluator field of another kind": Mistake(
        "/evaluators/name_alike/pattern", "pattern", _set("evaluators", "name_alike/pattern", "x")
    ),
    "evaluator field wrong": Mistake(
        "/evaluators/name_alike/value", "string", _set("evaluators", "name_alike/value", 3)
    ),
    "evaluator field missing": Mistake(
        "/evaluators/name_alike", "score", _drop("evaluators", "name_alike", "score")
    ),
    "evaluator tag unknown": Mistake(
        "/evaluators/name_alike/type", "levenshtein", _set("evaluators", "name_alike/type", "levenstein")
    ),
    "evaluator tag missing": Mistake(
        "/evaluators/name_alike", "type", _drop("evaluators", "name_alike", "type")
    ),
    "evaluator tag unknown and alone": Mistake(
        "/evaluators/mine/type", "levenshtein", _set("evaluators", "mine", {"type": "x"})
    ),
    "evaluator word of several unknown": Mistake(
        "/evaluators/mine/observation_type",
        "retriever",
        _set("evaluators", "mine", {"type": "span_count", "score": "correct", "observation_type": "tol"}),
    ),
    "aggregate field unknown": Mistake(
        "/aggregates/accuracy/label", "label", _set("aggregates", "accuracy/label", "x")
    ),
    "aggregate field missing": Mistake(
        "/aggregates/low_similarity", "percentile", _drop("aggregates", "low_similarity", "percentile")
    ),
    "aggregate out of range": Mistake(
        "/aggregates/low_similarity/percentile", "100", _set("aggregates", "low_similarity/percentile", 200)
    ),
    "aggregate function unknown": Mistake(
        "/aggregates/accuracy/function", "median", _set("aggregates", "accuracy/function", "average")
    ),
    "gate field unknown": Mistake("/gates/accurate/mim", "mim", _set("gates", "accurate/mim", 0.8)),
    "gate field wrong": Mistake("/gates/accurate/min", "", _set("gates", "accurate/min", "0.8")),
    "gate field missing": Mistake("/gates/accurate", "aggregate", _drop("gates", "accurate", "aggregate")),
    "limits field unknown": Mistake("/limits/concurency", "concurency", _set("limits", "concurency", 1)),
    "limits out of range": Mistake("/limits/concurrency", "1", _set("limits", "concurrency", 0)),
    "run field unknown": Mistake("/run/title", "title", _set("run", "title", "x")),
}


def tombi(nowhere: Path) -> LanguageServer:
    """Tombi without a network, and without settings or a cache of whoever runs it: `nowhere` is empty."""
    command = [str(Path(sys.executable).with_name("tombi")), "lsp", "--offline"]
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(nowhere))
    return LanguageServer(command, ROOT, environ=homes)


def vscode_json(modules: Path) -> LanguageServer:
    """VS Code's JSON server, as installed in a `node_modules` folder; it may read schemas from files only."""
    command = ["node", str(modules / ".bin" / "vscode-json-language-server"), "--stdio"]
    options = {"handledSchemaProtocols": ["file"], "provideFormatter": False}
    return LanguageServer(command, ROOT, options=options, pull=True)


class Editor:
    """A language server with a spec open in it, in the spelling of its language."""

    def __init__(self, server: LanguageServer, language: str) -> None:
        self.language = language
        self._server = server
        self._render = {"toml": toml_draft, "json": json_draft}[language]
        self._open: OpenText | None = None

    def faults_of(self, name: str) -> list[Fault]:
        """The diagnostics of a spec of the quickstart as it stands in the repository."""
        path = QUICKSTART / f"{name}.evalspec.{self.language}"
        return self._server.open(path, self.language, path.read_text(encoding="utf-8")).faults()

    def faults(self, tree: Json) -> tuple[list[Fault], Draft]:
        """The diagnostics of a tree, and the text they are about."""
        draft, text = self._write(tree)
        return text.faults(), draft

    def proposals(self, tree: Json, caret: Caret) -> dict[str, Proposal]:
        """What is proposed at the caret, by key or by value without its quotes."""
        draft, text = self._write(tree, caret)
        return {proposal.label.strip('"'): proposal for proposal in text.complete(draft.caret)}

    def hover(self, tree: Json, pointer: str) -> str:
        """What is shown for the key at `pointer`."""
        draft, text = self._write(tree)
        return text.hover(draft.keys[pointer] + 1)

    def _write(self, tree: Json, caret: Caret | None = None) -> tuple[Draft, OpenText]:
        draft = self._render(tree, SCHEMA, caret)
        if self._open is None:
            path = QUICKSTART / f"draft.evalspec.{self.language}"
            self._open = self._server.open(path, self.language, draft.text)
        else:
            self._open.replace(draft.text)
        return draft, self._open


def quickstart() -> Json:
    """The tree of the quickstart."""
    tree: Json = json.loads((QUICKSTART / "quickstart.evalspec.json").read_text(encoding="utf-8"))
    del tree["$schema"]
    return tree


def with_table(pointer: str, table: Json) -> Json:
    """The quickstart with `table` at `pointer`."""
    tree = quickstart()
    if pointer == VARIANTS["step"].pointer:
        tree["task"] = {"type": "chain", "steps": [copy.deepcopy(table)]}
        return tree
    *parents, key = pointer.strip("/").split("/")
    owner = tree
    for parent in parents:
        owner = owner.setdefault(parent, {})
    owner[key] = copy.deepcopy(table)
    return tree


def check_no_fault(editor: Editor) -> None:
    """The quickstart as it stands in the repository has no diagnostics."""
    assert editor.faults_of("quickstart") == []


def check_valid(editor: Editor, name: str) -> None:
    """A spec of sound structure has no diagnostics."""
    faults, _ = editor.faults(VALID[name])
    assert faults == [], faults


def check_mistake(editor: Editor, name: str) -> None:
    """A mistake has one diagnostic, on its line."""
    mistake, tree = MISTAKES[name], quickstart()
    mistake.make(tree)
    faults, draft = editor.faults(tree)
    assert [fault.line for fault in faults] == [draft.line_of(mistake.pointer)], faults
    assert mistake.word.lower() in faults[0].message.lower(), faults[0].message


def check_tags(editor: Editor, name: str) -> None:
    """All tags of a variant are proposed, and nothing else, each with the first sentence of its docs."""
    variant = VARIANTS[name]
    tree = with_table(variant.pointer, {variant.tag: ""})
    found = editor.proposals(tree, Caret("value", f"{variant.pointer}/{variant.tag}"))
    assert set(found) == set(variant.models), sorted(found)
    for kind, model in variant.models.items():
        _hold_text(model.__doc__, found[kind].documentation)


def check_new_table(editor: Editor, name: str) -> None:
    """In an empty table the tag is among the proposals."""
    variant = VARIANTS[name]
    found = editor.proposals(with_table(variant.pointer, {}), Caret("key", variant.pointer))
    assert any(label.startswith(variant.tag) for label in found), sorted(found)


def check_fields(editor: Editor, name: str, kind: str) -> None:
    """After a tag the fields of that kind are proposed with their docs, and no others."""
    variant = VARIANTS[name]
    tree = with_table(variant.pointer, {variant.tag: kind})
    found = editor.proposals(tree, Caret("key", variant.pointer))
    _hold_fields(found, variant.models[kind], variant.tag)


def check_section_fields(editor: Editor, pointer: str) -> None:
    """In a section without a tag its fields are proposed with their docs."""
    found = editor.proposals(with_table(pointer, {}), Caret("key", pointer))
    _hold_fields(found, PLAIN[pointer], None)


def check_sections(editor: Editor) -> None:
    """The sections that a spec has not yet are proposed."""
    tree = {key: value for key, value in quickstart().items() if not isinstance(value, dict)}
    found = editor.proposals(tree, Caret("key", ""))
    assert set(found) - {"$schema"} == set(SECTIONS) - set(tree) - {"$schema"}, sorted(found)


def check_values(editor: Editor) -> None:
    """Values of an enumeration are proposed."""
    for field, values in {
        "data_type": {"NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT"},
        "direction": {"higher", "lower", "none"},
    }.items():
        tree = with_table("/scores/mine", {field: ""})
        found = editor.proposals(tree, Caret("value", f"/scores/mine/{field}"))
        assert set(found) == values, sorted(found)


def check_one_or_several(editor: Editor) -> None:
    """Where a word or a list of words may stand, the words are proposed, and either is sound."""
    types = set(get_args(ObservationType))
    table = {"type": "span_count", "score": "correct"}
    begun: tuple[Any, ...] = ("", [])
    for written in begun:
        tree = with_table("/evaluators/mine", {**table, "observation_type": written})
        found = editor.proposals(tree, Caret("value", "/evaluators/mine/observation_type"))
        assert types <= set(found), sorted(found)
    whole: tuple[tuple[Any, int], ...] = (("tool", 0), (["tool", "agent"], 0), (["tol"], 1), ([], 1))
    for written, faulty in whole:
        faults, _ = editor.faults(with_table("/evaluators/mine", {**table, "observation_type": written}))
        assert len(faults) == faulty, faults


def check_plugins(editor: Editor) -> None:
    """A table of a plug-in may hold anything, and is no reason to accept a misspelt type beside it."""
    tree = quickstart()
    tree["task"] = {"type": "acme:parrot", "text": "input", "times": 2}
    tree["evaluators"]["mine"] = {"type": "acme:toxicity", "words": ["darn"], "score": "correct"}
    faults, _ = editor.faults(tree)
    assert faults == []
    tree["evaluators"]["mine"]["type"] = "acme"
    faults, _ = editor.faults(tree)
    assert len(faults) == 1


def check_hover(editor: Editor, name: str, kind: str) -> None:
    """Over a field its description is shown."""
    variant = VARIANTS[name]
    model = variant.models[kind]
    needed: Json = {}
    if name == "step":
        # Tombi 1.9.6 shows nothing in a list's table that lacks a field.
        fields = model.model_fields.items()
        needed = {field: _value_of(info) for field, info in fields if info.is_required()}
    for field, info in model.model_fields.items():
        if field in variants_of(model):
            # Over the header of a table in a list Tombi shows what the table is.
            continue
        value = kind if field == variant.tag else _value_of(info)
        tree = with_table(variant.pointer, {**needed, variant.tag: kind, field: value})
        shown = editor.hover(tree, f"{variant.pointer}/{field}")
        _hold_text(model.__doc__ if field == variant.tag else info.description, shown)


def _hold_fields(found: Mapping[str, Proposal], model: type[BaseModel], tag: str | None) -> None:
    expected = {name: info for name, info in model.model_fields.items() if name != tag}
    assert set(found) == set(expected), sorted(found)
    for name, info in expected.items():
        _hold_text(info.description, found[name].documentation)


def _value_of(info: FieldInfo) -> Any:
    """A value that the field takes."""
    literals = [value for part in (info.annotation, *get_args(info.annotation)) for value in get_args(part)]
    if info.examples:
        # Tombi 1.9.6 shows nothing over a whole number where the schema says number.
        example = info.examples[0]
        return float(example) if isinstance(example, int) and "float" in str(info.annotation) else example
    if info.default is not None and not info.is_required() and info.default_factory is None:
        return info.default
    if "list" in str(info.annotation):
        return []
    return next((value for value in literals if isinstance(value, str)), "x")


def _hold_text(expected: str | None, shown: str) -> None:
    """What is shown holds the beginning of the expected text, however its lines are broken."""
    beginning = _flat((expected or "").split("\n\n")[0])[:60]
    assert beginning, "there is no description"
    # VS Code's server escapes the punctuation of plain text.
    plain = _flat(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown))
    assert beginning in plain, f"{beginning!r} is not in {plain!r}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _all_checks() -> Iterator[tuple[str, Callable[[Editor], None]]]:
    yield "no diagnostics in the quickstart", check_no_fault
    for name in VALID:
        yield f"no diagnostics: {name}", partial(check_valid, name=name)
    for name in MISTAKES:
        yield f"one diagnostic: {name}", partial(check_mistake, name=name)
    for name, variant in VARIANTS.items():
        yield f"completion of {name} {variant.tag}", partial(check_tags, name=name)
        yield f"completion in an empty {name}", partial(check_new_table, name=name)
    for name, kind in KINDS:
        yield f"completion of fields: {name} {kind}", partial(check_fields, name=name, kind=kind)
        yield f"hover: {name} {kind}", partial(check_hover, name=name, kind=kind)
    for pointer in PLAIN:
        yield f"completion of fields: {pointer}", partial(check_section_fields, pointer=pointer)
    yield "tables of plug-ins", check_plugins
    yield "completion of sections", check_sections
    yield "completion of enumerations", check_values
    yield "a word or a list of words", check_one_or_several


CHECKS = dict(_all_checks())
"""Every check by what it is about."""
