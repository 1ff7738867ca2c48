"""Hypothesis strategies for valid specs, as trees, over the files of `tests.compiler.project`."""

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(
    allow_nan=False, allow_infinity=False, allow_subnormal=False
).filter(lambda x: abs(x) < 1e300)
DATA = st.recursive(
    st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,11}", fullmatch=True)
DURATIONS = st.sampled_from(["30s", "250ms", "1m30s", 2, 0.5, "1.5h"])
VALUES = st.sampled_from(["output", "output.answer", "output.answer | lower", "output['answer']"])
EXPECTED = st.sampled_from(["expected_output", "expected_output.answer", "metadata.shop", "item.id"])


def table(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A table whose keys come in any order."""
    return st.fixed_dictionaries(
        {name: _strategy(value) for name, value in required.items()},
        optional={name: _strategy(value) for name, value in optional.items()},
    ).flatmap(lambda made: st.permutations(list(made.items())).map(dict))


def _strategy(value: Any) -> st.SearchStrategy[Any]:
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, Any]:
    common = {
        "description": TEXTS,
        "where": st.sampled_from(["item.id != ''", "input == input", "not item.id == 'nobody'"]),
        "sample": table({"size": st.integers(1, 9)}, {"seed": st.integers(0, 99)}),
    }
    if draw(st.booleans()):
        return draw(table({"type": "file", "path": "data/refunds.jsonl"}, common))
    # Derived ids are of the content, so items without one must differ.
    inputs = draw(st.lists(DATA, min_size=1, max_size=4, unique_by=repr))
    items = [
        {
            "id": f"item {number}",
            "input": value,
            **draw(table({}, {"expected_output": DATA, "metadata": DATA})),
        }
        for number, value in enumerate(inputs)
    ]
    return draw(table({"type": "inline", "items": items}, common))


TASKS = table(
    {"type": "python", "callable": "parcels.assistant:answer"},
    {
        "description": TEXTS,
        "timeout": DURATIONS,
        "repeats": st.integers(1, 5),
        "files": ["prompts/*.txt"],
        "env": ["SHOP"],
    },
) | table(
    {"type": "recorded", "path": "outputs/recorded.jsonl"}, {"description": TEXTS, "timeout": DURATIONS}
)


@st.composite
def scores(draw: st.DrawFn, data_type: str) -> dict[str, Any]:
    common: dict[str, Any] = {"description": TEXTS, "direction": st.sampled_from(["higher", "lower"])}
    if data_type == "BOOLEAN":
        common |= {"margin": st.floats(0, 1), "on_task_failure": st.sampled_from(["missing", "worst", False])}
    elif data_type == "NUMERIC":
        common |= {"on_task_failure": st.sampled_from(["missing", "worst", 0.25])}
        return draw(
            table({"data_type": "NUMERIC", "min": 0, "max": 1}, {**common, "margin": st.floats(0, 1)})
        )
    elif data_type == "CATEGORICAL":
        lists = st.just(["curt", "polite"]) | st.just({"curt": -1, "polite": 2.5})
        common |= {"on_task_failure": st.sampled_from(["missing", "curt"]), "good": ["polite"]}
        return draw(table({"data_type": "CATEGORICAL", "categories": lists}, common))
    return draw(table({"data_type": data_type}, common))


def evaluators(data_type: str, score: str) -> st.SearchStrategy[dict[str, Any]]:
    """An evaluator that gives this score."""
    common: dict[str, Any] = {"description": TEXTS, "value": VALUES}
    if data_type == "NUMERIC":
        more = {**common, "expected": EXPECTED, "ignore_case": st.booleans()}
        return table({"type": "levenshtein", "score": score}, more)
    if data_type == "CATEGORICAL":
        return table(
            {"type": "python", "callable": "parcels.judging:tone", "score": score}, {"env": ["SHOP"]}
        )
    if data_type == "TEXT":
        return table(
            {"type": "python", "callable": "parcels.judging:several", "scores": {"remark": score}},
            {"files": ["prompts"]},
        )
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    return st.one_of(
        table({"type": "exact_match", "score": score}, {**common, "expected": EXPECTED}),
        table({"type": "contains", "score": score}, {**common, "text": st.just("refund") | st.just(["no"])}),
        table({"type": "regex", "score": score, "pattern": "^(?:no )?refund$"}, common),
        table({"type": "json_schema", "score": score, "schema": schema}, common),
        table({"type": "numeric_close", "score": score, "absolute": st.floats(0, 9)}, common),
    )


FUNCTIONS = {
    "BOOLEAN": ["mean", "rate", "count", "median", "stdev", "min", "max"],
    "NUMERIC": ["mean", "count", "median", "stdev", "min", "max", "percentile"],
    "CATEGORICAL": ["mean", "count"],
    "TEXT": ["count"],
}


@st.composite
def aggregates(draw: st.DrawFn, data_type: str, score: str) -> dict[str, Any]:
    function = draw(st.sampled_from(FUNCTIONS[data_type]))
    more: dict[str, Any] = {"percentile": st.integers(0, 100)} if function == "percentile" else {}
    return draw(table({"function": function, "score": score, **more}, {"description": TEXTS}))


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """A whole spec in which nothing is wrong."""
    types = st.sampled_from(["BOOLEAN", "NUMERIC", "CATEGORICAL", "TEXT"])
    chosen = draw(st.dictionaries(NAMES, types, min_size=1, max_size=4))
    measured = {draw(NAMES) + str(n): name for n, name in enumerate(chosen)}
    summarised = {
        draw(NAMES) + str(n): draw(aggregates(chosen[name], name))
        for n, name in enumerate(draw(st.lists(st.sampled_from(sorted(chosen)), max_size=3)))
    }
    gates = {
        f"gate {n}".replace(" ", "-"): draw(
            table({"aggregate": name}, {"min_coverage": st.floats(0, 1)}).map(lambda gate: {"min": 0, **gate})
        )
        for n, name in enumerate(summarised)
    }
    required: dict[str, Any] = {
        "evalspec": 1,
        "name": NAMES,
        "dataset": datasets(),
        "task": TASKS,
        "scores": {name: draw(scores(data_type)) for name, data_type in chosen.items()},
        "evaluators": {name: draw(evaluators(chosen[score], score)) for name, score in measured.items()},
    }
    optional: dict[str, Any] = {
        "$schema": TEXTS,
        "description": TEXTS,
        "tags": st.lists(TEXTS, max_size=3),
        "aggregates": summarised,
        "limits": table(
            {}, {"concurrency": st.integers(1, 99), "retries": st.integers(0, 9), "deadline": DURATIONS}
        ),
        "run": table(
            {}, {"name": "{{ spec }} {{ branch }}", "metadata": st.dictionaries(TEXTS, DATA, max_size=3)}
        ),
    }
    tree = draw(table(required, optional))
    return {**tree, "gates": gates} if gates and "aggregates" in tree else tree
