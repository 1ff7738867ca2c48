"""Spec trees of sound structure that together use every field of the language."""

from collections.abc import Mapping
from typing import Any

from tests.support.evaluator_cases import FOLDER, cases

Json = dict[str, Any]


def _spec(**sections: Any) -> Json:
    return {
        "evalspec": 1,
        "name": "capitals",
        "dataset": {"type": "file", "path": "data/capitals.jsonl"},
        "task": {"type": "python", "callable": "assistant.answers:capital_of"},
        "scores": {"correct": {"data_type": "BOOLEAN"}},
        "evaluators": {"exact": {"type": "exact_match", "score": "correct"}},
        **sections,
    }


BASE = _spec()
"""Nothing but what a spec must have."""

_HEAD = _spec(description="Does the assistant know its capitals?", tags=["geography", "demo"])

_INLINE = _spec(
    dataset={
        "type": "inline",
        "description": "Three of them.",
        "where": "metadata.continent != 'Antarctica'",
        "sample": {"size": 2, "seed": 7},
        "push_to": "capitals/small",
        "items": [
            {"id": "france", "input": "France?", "expected_output": "Paris", "metadata": {"easy": True}},
            {"id": 7, "input": {"country": "Chad"}, "expected_output": ["N'Djamena"]},
            {"input": 3.5, "metadata": [{"deep": {"er": [{"still": 1}]}}]},
        ],
    }
)

_TABLES = _spec(
    dataset={
        "type": "file",
        "path": "data/questions.csv",
        "format": "csv",
        "columns": {
            "id": "row",
            "input": ["question", "context"],
            "expected_output": "answer",
            "metadata": ["source"],
        },
        "json_columns": ["source"],
        "delimiter": ";",
        "push_to": "questions",
        "sample": {"rate": 0.1},
    },
    task={
        "type": "python",
        "description": "The assistant.",
        "callable": "assistant.answers:capital_of",
        "files": ["assistant/prompts/*.txt"],
        "env": ["REGION"],
        "timeout": "1m30s",
        "repeats": 3,
    },
)

_HOSTED = _spec(
    dataset={"type": "langfuse", "name": "support/questions", "version": "2026-11-01T12:00:00Z"},
    task={"type": "recorded", "path": "outputs/candidate.jsonl", "timeout": 30},
)

_EARLIER = _spec(task={"type": "recorded", "run": "20261123-190501-k3f9qa", "timeout": 2.5})

_SCORES = _spec(
    scores={
        "correct": {"data_type": "BOOLEAN", "direction": "higher", "on_task_failure": False, "margin": 0},
        "similarity": {
            "data_type": "NUMERIC",
            "description": "How alike they are.",
            "min": 0,
            "max": 1.0,
            "direction": "lower",
            "margin": 0.02,
            "on_task_failure": 0.5,
        },
        "grade": {
            "data_type": "CATEGORICAL",
            "categories": ["poor", "fair", "good"],
            "good": ["good"],
            "on_task_failure": "worst",
        },
        "level": {
            "data_type": "CATEGORICAL",
            "categories": {"low": 0, "high": 2.5},
            "direction": "none",
            "on_task_failure": "low",
        },
        "remark": {"data_type": "TEXT", "on_task_failure": "missing"},
    }
)

_EVALUATORS = _spec(
    evaluators={
        "exact": {
            "type": "exact_match",
            "description": "Letter by letter.",
            "value": "output.answer",
            "expected": "expected_output.answer",
            "score": "correct",
        },
        "polite": {
            "type": "contains",
            "value": "output",
            "text": ["please", "thank you"],
            "match": "any",
            "ignore_case": True,
            "score": "polite",
        },
        "named": {"type": "contains", "expected": "metadata.keywords", "score": "named"},
        "once": {"type": "contains", "text": "please", "score": "once"},
        "date": {
            "type": "regex",
            "value": "output.date",
            "pattern": "\\d{4}",
            "ignore_case": False,
            "multi_line": True,
            "dot_all": True,
            "full_match": True,
            "score": "date",
        },
        "shape": {
            "type": "json_schema",
            "value": "output",
            "schema": {"type": "object", "required": ["answer"]},
            "score": "shape",
        },
        "file.shape": {"type": "json_schema", "path": "schemas/answer.schema.json", "score": "filed"},
        "total": {
            "type": "numeric_close",
            "value": "output.total",
            "expected": "expected_output.total",
            "absolute": 0.01,
            "relative": 0,
            "parse_text": True,
            "score": "total",
        },
        "close": {
            "type": "levenshtein",
            "value": "output",
            "expected": "expected_output",
            "ignore_case": True,
            "score": "similarity",
        },
        "tone-2": {
            "type": "python",
            "description": "Politeness and length.",
            "callable": "metrics.tone:judge",
            "scores": {"politeness": "polite", "length": "length"},
            "files": ["metrics/*.txt"],
            "env": ["REGION"],
        },
        "factual": {
            "type": "autoevals",
            "scorer": "Factuality",
            "inputs": {"output": "output.answer"},
            "arguments": {"use_cot": False},
            "model": "answering",
            "embeddings": "embedding",
            "score": "factual",
        },
        "faithful": {
            "type": "ragas",
            "metric": "AnswerCorrectness",
            "inputs": {"response": "output.answer"},
            "arguments": {"beta": 2},
            "model": "answering",
            "embeddings": "embedding",
            "score": "faithful",
        },
        "grounded": {
            "type": "deepeval",
            "metric": "FaithfulnessMetric",
            "inputs": {"retrieval_context": "output.passages"},
            "arguments": {"strict_mode": True},
            "model": "answering",
            "score": "grounded",
        },
        "one": {"type": "python", "callable": "metrics.tone:one", "score": "one"},
    }
)

_AGGREGATES = _spec(
    aggregates={
        **{
            function: {"function": function, "score": "similarity"}
            for function in ("mean", "rate", "min", "max", "median", "count", "stdev")
        },
        "slow": {"function": "percentile", "score": "latency", "percentile": 95, "description": "The tail."},
        "low": {"function": "percentile", "score": "similarity", "percentile": 2.5},
        "fair": {"function": "count", "score": "grade", "label": "fair"},
        "by": {"function": "mean", "score": "similarity", "by": "metadata.continent"},
        "pass_at_k": {"function": "pass_at_k", "score": "correct", "k": 1},
        "pass_hat_k": {"function": "pass_hat_k", "score": "correct", "k": 1},
        "right": {"function": "accuracy"},
        "matrix": {"function": "confusion_matrix", "value": "output.label", "expected": "metadata.label"},
        "precision": {"function": "precision", "positive": True},
        "recall": {"function": "recall", "positive": "x"},
        "macro": {"function": "f1", "average": "macro", "labels": ["low", 2, True]},
        "agreement": {"function": "cohen_kappa", "labels": ["low", "high"], "weights": "linear"},
        "auc": {"function": "roc_auc", "value": "scores.similarity", "expected": "scores.correct"},
        "sure": {"function": "calibration", "bins": 5},
        "brier": {"function": "brier"},
        "f1": {
            "function": "python",
            "callable": "metrics.summary:macro_f1",
            "data_type": "NUMERIC",
            "files": ["metrics/*.txt"],
            "env": ["REGION"],
        },
    },
    gates={
        "good": {"aggregate": "mean", "min": 0.8, "max": 1, "min_coverage": 0.95, "description": "Enough."},
        "any": {"aggregate": "count", "min": 1},
    },
)

_WORK = _spec(
    limits={
        "concurrency": 16,
        "timeout": 0.5,
        "retries": 2,
        "deadline": "2h",
        "max_errors": 20,
    },
    run={"name": "{{ spec }} {{ branch }}", "metadata": {"purpose": "demo", "depth": {"of": [1, "two"]}}},
)


def _of_kind(kind: str) -> Json:
    """Few of the evaluators that a kind's cases need, which together use all of its fields."""
    tables = sorted(cases(kind), key=lambda case: -len(case.fields))
    chosen: dict[str, Json] = {}
    used: set[str] = set()
    for case in tables:
        if not used >= case.fields.keys():
            used |= case.fields.keys()
            chosen[f"case-{case.number}"] = case.fields
    return _spec(evaluators=chosen)


_COMMON = _spec(
    evaluators={
        "attached": {
            "type": "exact_match",
            "score": "correct",
            "when": "metadata.easy",
            "attach": {
                "to": "observation",
                "name": "search",
                "type": "tool",
                "match": "each",
                "on_none": "skip",
            },
        }
    }
)

_FACTORIES = _spec(
    task={"type": "python", "callable": "assistant:Assistant", "arguments": {"style": "short"}},
    evaluators={
        "made": {"type": "python", "callable": "judge:longer", "arguments": {"than": 3}, "score": "correct"}
    },
)

_MODELS = _spec(
    models={
        "answering": {
            "model": "openai:gpt-5-mini",
            "description": "Answers.",
            "parameters": {"temperature": 0},
            "base_url": "http://127.0.0.1:11434/v1",
            "api_key_env": "GATEWAY_KEY",
            "requests_per_minute": 60,
            "tokens_per_minute": 100000,
            "concurrency": 4,
            "timeout": "90s",
            "price": {"input": 0.25, "output": 2.0, "cached_input": 0.1},
        },
        "ruled": {
            "model": "embedded:rules",
            "rules": [
                {"pattern": "France", "answer": "Paris"},
                {"pattern": "Chad", "answer": {"city": "N'Djamena"}},
                {"pattern": "x", "tool": "look", "arguments": {"at": "x"}, "skip_after_tool": False},
            ],
        },
    },
    prompts={
        "one": {"type": "inline", "description": "Asks.", "text": "{{ input }}"},
        "several": {
            "type": "inline",
            "messages": [
                {"role": "system", "content": "Be short."},
                {"placeholder": "history"},
                {
                    "role": "user",
                    "parts": [
                        {"type": "text", "text": "What is it?"},
                        {"type": "image", "source": "input.photo"},
                    ],
                },
            ],
        },
        "filed": {"type": "file", "path": "prompts/ask.jinja"},
        "all-filed": {"type": "file", "messages": [{"role": "user", "path": "prompts/ask.jinja"}]},
        "hosted": {"type": "langfuse", "name": "ask", "version": 3},
        "labelled": {"type": "langfuse", "name": "ask", "label": "production"},
    },
    task={
        "type": "prompt",
        "prompt": "one",
        "model": "answering",
        "variables": {"question": "input.question"},
        "parameters": {"temperature": 1},
        "schema": {"type": "object"},
        "tools": [
            {
                "name": "look",
                "description": "Looks.",
                "parameters": {"type": "object"},
                "callable": "assistant.tools:look",
            }
        ],
        "max_steps": 3,
        "stream": True,
        "returns": "message",
    },
    limits={"subject": {"cost": 1.5, "tokens": 1000, "requests": 10}, "judges": {"cost": 1.0}},
)

_RUBRICS = _spec(
    rubrics={
        "polite": {"description": "Manners.", "criteria": "Is <output> polite?", "inputs": ["output"]},
        "filed": {"path": "rubrics/polite.txt", "steps": ["Read."], "categories": ["no", "yes"]},
        "graded": {"extends": "correctness@1", "scale": {"min": 1, "max": 5, "integer": True}},
        "valued": {"extends": "tone", "categories": {"no": 0, "yes": 1.5}, "direction": "lower"},
    }
)
_REQUEST: Json = {
    "method": "PUT",
    "url": "https://assistant.example/{{ metadata.lang }}",
    "query": {"lang": "{{ metadata.lang }}"},
    "headers": {"accept": "application/json"},
    "headers_env": {"authorization": {"env": "TOKEN", "prefix": "Bearer "}},
    "json": {"question": "{{ input }}", "deep": [{"er": 1}]},
    "extract": "response.json.answer",
    "expect_status": [200, "202-204"],
    "follow_redirects": True,
}
_ASKED = _spec(
    task={
        "type": "http",
        **_REQUEST,
        "version": {"url": "/version", "extract": "response.text"},
    },
    evaluators={
        "judged": {"type": "http", **_REQUEST, "score": "correct"},
        "texts": {
            "type": "http",
            "url": "https://judges.example/",
            "body": "{{ output }}",
            "content_type": "text/plain",
            "scores": {"tone": "tone"},
        },
        "form": {"type": "http", "url": "https://judges.example/", "form": {"q": "x"}, "score": "form"},
    },
)
_STREAMED = _spec(
    task={
        "type": "http",
        "url": "https://assistant.example/",
        "body": "{{ input }}",
        "content_type": "text/plain",
        "stream": "sse",
        "until": "[DONE]",
    }
)
_FORM = _spec(task={"type": "http", "url": "https://assistant.example/", "form": {"q": "{{ input }}"}})

_PROGRAM: Json = {
    "type": "command",
    "argv": ["./bin/answer", "{{ input }}"],
    "stdin": "text",
    "stdin_template": "{{ input }}",
    "stdout": "text",
    "env": ["TOKEN"],
    "env_set": {"REGION": "eu"},
    "cwd": "bin",
    "files": ["prompts/*.txt"],
}
_COMMANDS = _spec(
    task={**_PROGRAM, "with_expected": True},
    evaluators={
        "one": {**_PROGRAM, "score": "correct"},
        "several": {"type": "command", "argv": ["judge"], "scores": {"tone": "tone"}},
    },
)

_CHAIN = _spec(
    task={
        "type": "chain",
        "description": "Looks it up, then answers.",
        "timeout": "30s",
        "repeats": 2,
        "steps": [
            {
                "name": "retrieve",
                "type": "python",
                "description": "Searches.",
                "callable": "assistant.search:documents",
                "arguments": {"most": 3},
                "input": "input.question",
                "files": ["assistant/index.json"],
                "env": ["REGION"],
            },
            {
                "name": "talk",
                "type": "conversation",
                "callable": "assistant.chat:answer",
                "files": ["assistant/prompts/*.txt"],
                "env": ["REGION"],
                "turns": "input.turns",
            },
            {
                "name": "talk_again",
                "type": "conversation",
                "model": "answering",
                "prompt": "support",
                "variables": {"place": "input.country"},
                "parameters": {"temperature": 0},
                "tools": [{"name": "look", "callable": "assistant.tools:look"}],
                "max_steps": 4,
                "user": {"model": "customer", "persona": "A customer.", "goal": "{{ steps.talk.turns }}"},
                "stop_when": "turns > 2",
            },
            {"name": "ask", "type": "http", **_REQUEST, "version": {"url": "/version"}},
            {
                "name": "stream",
                "type": "http",
                "url": "https://assistant.example/",
                "body": "{{ previous }}",
                "content_type": "text/plain",
                "stream": "sse",
                "until": "[DONE]",
            },
            {"name": "form", "type": "http", "url": "https://assistant.example/", "form": {"q": "x"}},
            {**_PROGRAM, "name": "program", "input": "previous", "with_expected": True},
            {"name": "earlier", "type": "recorded", "path": "outputs/candidate.jsonl"},
            {"name": "then", "type": "recorded", "run": "20261123-190501-k3f9qa"},
            {
                "name": "answer",
                "type": "prompt",
                "prompt": "answer",
                "model": "answering",
                "variables": {"documents": "steps.retrieve"},
                "parameters": {"temperature": 0},
                "schema": {"type": "object"},
                "tools": [{"name": "look"}],
                "max_steps": 2,
                "stream": False,
                "returns": "answer",
            },
        ],
        "output": "steps.answer",
    }
)

_CONVERSATION = _spec(
    task={
        "type": "conversation",
        "description": "Support, turn by turn.",
        "timeout": "5m",
        "repeats": 3,
        "model": "answering",
        "prompt": "support",
        "variables": {"place": "input.country"},
        "parameters": {"temperature": 0},
        "tools": [{"name": "look", "callable": "assistant.tools:look"}],
        "max_steps": 4,
        "user": {
            "model": "customer",
            "persona": "A customer.",
            "goal": "{{ input.goal }}",
            "opening": "Hello!",
            "stop": "<end>",
            "max_turns": 5,
            "parameters": {"temperature": 1},
        },
        "stop_when": "'goodbye' in last",
    }
)

_SCRIPTED = _spec(
    task={
        "type": "conversation",
        "callable": "assistant.chat:answer",
        "files": ["assistant/prompts/*.txt"],
        "env": ["REGION"],
        "turns": ["Hello!", "{{ last }}?"],
    }
)

_SCRIPTS_IN_DATA = _spec(task={"type": "conversation", "model": "answering", "turns": "input.turns"})

VALID: Mapping[str, Json] = {
    "asked": _ASKED,
    "streamed": _STREAMED,
    "form": _FORM,
    "commands": _COMMANDS,
    "factories": _FACTORIES,
    "models": _MODELS,
    "chain": _CHAIN,
    "conversation": _CONVERSATION,
    "scripted": _SCRIPTED,
    "scripts in data": _SCRIPTS_IN_DATA,
    "rubrics": _RUBRICS,
    "common": _COMMON,
    **{path.stem: _of_kind(path.stem) for path in sorted(FOLDER.glob("*.toml"))},
    "head": _HEAD,
    "inline": _INLINE,
    "tables": _TABLES,
    "hosted": _HOSTED,
    "earlier run": _EARLIER,
    "scores": _SCORES,
    "evaluators": _EVALUATORS,
    "aggregates": _AGGREGATES,
    "work": _WORK,
}
"""By what they show; sections that show nothing are those of `BASE`. Names refer to nothing: only the
structure is right.
"""
