"""The page docs/promptfoo.md, from `tests/parity/promptfoo.toml` and `tests/parity/libraries.toml`."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

_DATA: Final = Path(__file__).parent.parent / "tests" / "parity"

HEAD: Final = """\
# Coming from promptfoo and others

What other tools call their assertions and scorers, and how the same is said here. This page is written by
`tools/make_reference.py` from `tests/parity/`, and the tests run every fragment from promptfoo with an output
that passes and one that does not. [The catalogue](catalogue.md) lists what there is besides.

Three things are different everywhere:

- **An evaluator gives a score**, which has a name and a section of its own: beside each fragment a spec has
  `[scores.<name>]` with a `data_type`, which is left out here where the kind says it. Whether a run is good
  enough is said once for all items, by an aggregate and a gate over it.
- **What belongs to one case stands with the item**, as `expected_output` or in `metadata`; evaluators find it
  by an expression (`expected = "metadata.keywords"`), and are written once for all items.
- **Nothing to look at is no failure of the output.** Where text is expected and there is none, or a service
  does not answer, the evaluation fails with a reason, and the score's coverage falls; it is not counted as 0.

## From promptfoo
"""

LIBRARIES_HEAD: Final = """\
## From other libraries

Names are those of Python packages in November 2026, and of the evaluators that Langfuse brings. Where a model
judges, prompts and scales are other ones: numbers from here and there are not comparable.
"""


@dataclass(frozen=True)
class Assertion:
    """One entry of the file; `fragment` is empty where there is no counterpart."""

    name: str
    group: str
    fragment: str
    table: Mapping[str, Any]

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of evaluators in the fragment, each once."""
        evaluators = tomllib.loads(self.fragment).get("evaluators", {})
        return list(dict.fromkeys(evaluator["type"] for evaluator in evaluators.values()))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / name).read_text(encoding="utf-8"))


_PROMPTFOO: Final = _read("promptfoo.toml")
GROUPS: Final[Mapping[str, str]] = _PROMPTFOO["groups"]
ASSERTIONS: Final = [
    Assertion(table["name"], table["group"], table.get("fragment", "").strip(), table)
    for table in _PROMPTFOO["assertion"]
]
LIBRARIES: Final[Sequence[Mapping[str, Any]]] = _read("libraries.toml")["library"]


def coming_from() -> str:
    """The text of the page."""
    parts = [HEAD, *_overview()]
    for group, assertions in groupby(ASSERTIONS, lambda assertion: assertion.group):
        parts.append(f"### {GROUPS[group]}\n")
        parts += [_section(assertion) for assertion in assertions]
    parts.append(LIBRARIES_HEAD)
    parts += [_library(library) for library in LIBRARIES]
    return "\n".join(parts).rstrip() + "\n"


def _overview() -> Iterable[str]:
    yield "| assertion | here |\n|---|---|"
    for assertion in ASSERTIONS:
        kinds = ", ".join(f"`{kind}`" for kind in assertion.kinds)
        yield f"| [`{assertion.name}`](#{_anchor(assertion)}) | {kinds or 'no counterpart'} |"
    yield ""


def _anchor(assertion: Assertion) -> str:
    return "promptfoo-" + assertion.name.strip("-").replace(":", "-")


def _section(assertion: Assertion) -> str:
    lines = [f"#### `{assertion.name}` {{ #{_anchor(assertion)} }}", ""]
    table = assertion.table
    if not assertion.fragment:
        return "\n".join([*lines, f"{table['reason']} Instead: {table['instead']}.", ""])
    if "note" in table:
        lines += [table["note"], ""]
    return "\n".join([*lines, "```toml", assertion.fragment, "```", ""])


def _library(library: Mapping[str, Any]) -> str:
    rows = [_row(scorer, f"`{scorer['kind']}`") for scorer in library["scorers"]]
    rows += [_row(one, f"the aggregate `{one['function']}`") for one in library.get("aggregates", ())]
    missing = library.get("missing", "")
    table = ["| there | here |", "|---|---|", *rows, ""]
    return "\n".join([f"### {library['name']}", "", *table, *([missing, ""] if missing else [])])


def _row(there: Mapping[str, Any], here: str) -> str:
    fields = ", ".join(f"`{line}`" for line in there.get("fields", "").splitlines())
    said = f"{here} with {fields}" if fields else here
    note = f"; {there['note']}" if "note" in there else ""
    # A bar within code would end the cell, too.
    cell = f"{said}{note}".replace("|", "\\|")
    return f"| `{there['name']}` | {cell} |"
