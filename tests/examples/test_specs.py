"""Each example in `specs/` does what its README says: it runs without a key and without a network, everything
that should be scored is, and the values are those that its data and outputs give.
"""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalspec.cli import main
from tests.examples.running import EXAMPLES, ROOT, Run, carried_out, copied, spec_path

# The items that a yes-or-no score, or one from 0 to 1, is below 1 for. Read off data and outputs by a person.
BELOW: dict[str, dict[str, set[str]]] = {
    "agent": {
        "right_path": {"status-two", "by-email-status"},
        "right_order": {"status-lower-case", "status-two", "by-email-status"},
        "no_needless_refund": {"refund-too-late", "refund-not-wanted"},
        "well_called": {"status-lower-case"},
        "said": {"status-lower-case", "status-two", "by-email-status", "refund-not-wanted"},
        "solved": {
            "status-lower-case",
            "status-two",
            "by-email-status",
            "refund-too-late",
            "refund-not-wanted",
        },
    },
    "classification": {
        "is_label": {"en-11"},
        "correct": {"en-11", "de-06", "de-08", "de-09", "de-10", "fr-02", "fr-06", "fr-11"},
    },
    "command": {
        "amount_right": {"range", "after", "dozen"},
        "unit_right": {"range", "after", "can"},
        "name_alike": {"range", "after", "can", "dozen"},
    },
    "conversation": {
        "got_it": {"breath", "unsure"},
        "ended": {"unsure"},
    },
    "conversation-scripted": {"got_it": {"unsure"}, "asks": set()},
    "extraction": {
        "well_formed": {*(f"german-0{n}" for n in range(1, 5)), *(f"letter-0{n}" for n in range(1, 5))},
        "head_right": {"letter-02"},
        "date_right": {"form-05"},
        "total_right": {"form-04", "german-04"},
        "items_found": {"form-02", "form-06", "german-03", "letter-04"},
    },
    "http": {
        "plain_json": {"painting", "keys", "noise"},
        "holds_ticket": {"call-back", "mail-back", "painting", "noise"},
        "complete": {"noise"},
        "right_priority": {"door"},
    },
    "pairwise": {
        "consistency": {"renew-online", "renew-reserved", "interlibrary", "ebooks", "print", "quiet"},
        "names_source": {"card-lost", "fee-late", "fee-waive", "interlibrary", "donate"},
    },
    "rag": {
        "found": {"portugal"},
        "recall": {"portugal", "leave-carry"},
        "declined": {"shares"},
        "fast_enough": set(),
    },
    "translation": {"in_english": {"manual-05"}, "usable": {"daily-05", "manual-05", "letter-04"}},
}
FAILS_A_GATE = {"command": {"quality"}}
LICENCE = re.compile(r"\bCC0 1\.0\b.*creativecommons\.org/publicdomain/zero/1\.0", re.DOTALL)


def macro_f1_and_kappa(run: Run) -> None:
    from sklearn.metrics import cohen_kappa_score, f1_score

    labels = ["billing", "delivery", "returns", "account", "product"]
    given = list(run.outputs().values())
    expected = [result["expected_output"] for result in run.results.values()]
    f1 = f1_score(expected, given, labels=labels, average="macro", zero_division=0)
    assert run.aggregate("macro_f1") == pytest.approx(f1)
    assert run.aggregate("kappa") == pytest.approx(cohen_kappa_score(expected, given))
    assert run.aggregate("accuracy") == pytest.approx(28 / 36)


def set_overlap_of_items(run: Run) -> None:
    f1 = []
    for result in run.results.values():
        found, expected = set(result["output"]["items"]), set(result["expected_output"]["items"])
        f1.append(2 * len(found & expected) / (len(found) + len(expected)))
    assert run.aggregate("items") == pytest.approx(math.fsum(f1) / len(f1))


def gain_of_rankings(run: Run) -> None:
    values = {}
    for item, result in run.results.items():
        gains = result["expected_output"]["passages"]
        ideal = sorted(gains.values(), reverse=True)[:3]
        if ideal:
            ranked = [gains.get(name, 0) for name in result["output"]["sources"][:3]]
            values[item] = discounted(ranked) / discounted(ideal)
    assert run.values("ranking") == pytest.approx(values)
    assert run.aggregate("hit_rate") == pytest.approx(15 / 16)
    requests = {model["name"]: (model["use"], model["requests"]) for model in run.summary["models"]}
    # Two items expect the same words, which are embedded once if the second comes late enough.
    assert requests.pop("embedding") in (("judge", 17), ("judge", 18))
    assert requests == {"answering": ("subject", 18), "judge": ("judge", 36)}


def discounted(gains: list[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def tools_that_raised(run: Run) -> None:
    raised = {item for item, value in run.values("failed_tools").items() if value}
    assert raised == {"status-unknown", "status-lower-case", "refund-too-late"}
    # Of two calls one was right, where one was needed; of one call one, where two were.
    two_of_three = {"status-two", "by-email-status", "refund-too-late", "refund-not-wanted"}
    assert run.values("calls_f1") == {item: 2 / 3 if item in two_of_three else 1 for item in run.results}


def agreement_with_people(run: Run) -> None:
    from sklearn.metrics import cohen_kappa_score

    found = run.values("against_baseline")
    lost = {item for item, verdict in found.items() if verdict == "loss"}
    assert lost == {"card-lost", "fee-late", "fee-waive", "donate"}
    verdicts = [found[item] for item in run.results]
    people = [result["metadata"]["people"] for result in run.results.values()]
    order = ["loss", "tie", "win"]
    kappa = cohen_kappa_score(verdicts, people, labels=order, weights="linear")
    assert run.aggregate("agreement_with_people") == pytest.approx(kappa)
    assert run.summary["models"][0]["requests"] == 2 * 15  # the two answers to `reserve` are equal


def sentence_bleu(run: Run) -> None:
    from sacrebleu.metrics.bleu import BLEU

    bleu = BLEU(effective_order=True)
    for item, result in run.results.items():
        score = bleu.sentence_score(result["output"], result["expected_output"]["translations"]).score
        assert run.values("bleu")[item] == pytest.approx(score / 100)


def who_paid_for_whom(run: Run) -> None:
    uses = {model["name"]: model["use"] for model in run.summary["models"]}
    assert uses == {"reception": "subject", "caller": "judge", "judge": "judge"}
    not_all = {item: label for item, label in run.values("goals").items() if label != "all"}
    assert not_all == {"wednesday": "some", "wednesday-too": "some", "unsure": "none"}
    assert run.outputs()["unsure"]["stopped_by"] == "max_turns"
    turns = {item: len(output["messages"]) / 2 for item, output in run.outputs().items()}
    assert run.values("turns") == turns


def hung_up_early(run: Run) -> None:
    ends = {item: (output["turns"], output["stopped_by"]) for item, output in run.outputs().items()}
    early = {"chest-pain", "breath"}
    assert ends == {item: (2, "condition") if item in early else (3, "script") for item in run.results}


def asked_again(run: Run) -> None:
    assert {item for item, result in run.results.items() if result["attempts"] > 1} == {"alarm"}
    leaks = {item for item, value in run.values("gives_away").items() if value}
    assert leaks == {"call-back", "deposit"}


def imputed_as_worst(run: Run) -> None:
    assert run.summary["trials"]["failed"] == 2
    assert run.summary["scores"]["quality"]["imputed"] == 2
    assert run.values("quality")["can"] == pytest.approx((3 + 0 + 0.5) / 6)
    assert run.values("quality")["range"] == 0


PROOFS: dict[str, Callable[[Run], None]] = {
    "agent": tools_that_raised,
    "classification": macro_f1_and_kappa,
    "command": imputed_as_worst,
    "conversation": who_paid_for_whom,
    "conversation-scripted": hung_up_early,
    "extraction": set_overlap_of_items,
    "http": asked_again,
    "pairwise": agreement_with_people,
    "rag": gain_of_rankings,
    "translation": sentence_bleu,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_does_what_it_says(name: str, tmp_path: Path) -> None:
    run = carried_out(name, copied(tmp_path))
    assert run.connections == ""
    failing = FAILS_A_GATE.get(name, set())
    assert run.exit_code == run.summary["exit_code"] == (1 if failing else 0)
    assert {gate for gate, found in run.summary["gates"].items() if not found["passed"]} == failing
    assert run.summary["gates"]
    assert len(run.results) == run.summary["items"]["expected"] >= 12
    for score, found in run.summary["scores"].items():
        assert (found["coverage"], found["failed"], found["pending"]) == (1, 0, 0), score
    for score, items in BELOW[name].items():
        assert run.below(score) == items, score
    PROOFS[name](run)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("examples"))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_check_has_nothing_to_say(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    specs = sorted(str(path.relative_to(project)) for path in project.glob("specs/*/*.evalspec.*"))
    assert {spec_path(name) for name in EXAMPLES} < set(specs)
    assert printed(capsys, "check", *specs)["diagnostics"] == []


def test_both_spellings_are_one_plan(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    plans = [printed(capsys, "plan", spec_path("extraction", spelling)) for spelling in ("toml", "json")]
    assert plans[0]["digest"] == plans[1]["digest"]


@pytest.mark.parametrize("folder", sorted(set(EXAMPLES.values())))
def test_a_readme_says_how_and_from_where(folder: str) -> None:
    text = (ROOT / "specs" / folder / "README.md").read_text(encoding="utf-8")
    assert "## What you see" in text
    _, heading, origin = text.partition("## Where the data comes from\n")
    assert heading
    assert "by hand for this example" in origin
    assert LICENCE.search(origin)
    files = {path.name for path in (ROOT / "specs" / folder).rglob("*.*") if "__pycache__" not in path.parts}
    assert {name for name in files - {"README.md"} if name not in text} == set()
    specs = (ROOT / "specs" / folder).glob("*.evalspec.toml")
    commands = re.findall(r"^\$ evalspec run (\S+?);?(?= |$)", text, re.MULTILINE)
    assert set(commands) == {spec.relative_to(ROOT).as_posix() for spec in specs}


def test_every_spec_names_its_schema_first() -> None:
    for path in ROOT.glob("specs/*/*.evalspec.toml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "#:schema ../../schemas/evalspec.v1.schema.json", path.name


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "specs/README.md"])
def test_every_example_is_listed(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    folders = {path.parent.name for path in ROOT.glob("specs/*/*.evalspec.toml")}
    if page == "README.md":
        folders.remove("langfuse")  # needs a server
    where = "" if page == "specs/README.md" else "specs/"
    assert {name for name in folders if not re.search(rf"[(`]{where}{name}[/`]", text)} == set()
