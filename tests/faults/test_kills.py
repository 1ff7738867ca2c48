"""A small campaign of kills; `make faults` makes a large one."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.faults.contents import recorded
from tests.faults.kills import Backend, Campaign, Death, Outcome, _compare, _repeated
from tests.faults.traps import PLACES, Moment, Trap

ITEMS = 12


def death(name: str, call: int, moment: Moment) -> Death:
    [place] = [place for place in PLACES if place.name == name]
    return Death(Trap(place, call, moment))


def test_a_run_killed_in_every_phase_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, ITEMS, delay=0.01)
    backend = Backend("langfuse")
    deaths = (
        death("Trials.carry_out", 9, "after"),
        death("Writer._commit", 2, "on the way"),
        death("Delivery._persist", 1, "after"),
        death("Journal.close", 1, "before"),
    )
    expected = campaign.undisturbed(backend)
    outcome = campaign.disturbed("disturbed", backend, deaths, expected)

    assert [kill.phase for kill in outcome.kills] == ["running", "committing", "publishing", "closing"]
    assert (outcome.lost, outcome.twice, outcome.differing) == (0, 0, 0), outcome.remarks

    # The same comparison notices what is missing, doubled and changed.
    text = next(iter(expected.rows.plain))
    for change in (Counter(), Counter({text: 2}), Counter({text + "?": 1})):
        rows = replace(expected.rows, plain=expected.rows.plain - Counter([text]) + change)
        tampered = Outcome()
        _compare(replace(expected, rows=rows), expected, tampered)
        assert tampered.lost + tampered.twice + tampered.differing == 1
    [folder] = (tmp_path / "disturbed" / ".evalspec" / "runs").iterdir()
    rows_now = recorded(folder)
    assert rows_now is not None
    assert _repeated(Counter({"task 1": 1}), rows_now) == 1
