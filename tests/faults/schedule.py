"""Which kills a campaign makes, and the table of what came of them."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faults.kills import OUTSIDE, PHASES, Backend, Campaign, Death, Final, Outcome
from tests.faults.traps import PLACES, Place, Trap

PUBLISHED = (Backend("langfuse", "4.16"), Backend("langfuse", "5"))
LOCAL = Backend("local")
BACKENDS = (*PUBLISHED, LOCAL)
PHASES_LOCAL = ("running", "committing", "running", "closing")
LOCAL_RUNS = 4
MOST_RUNS = 120
SHARE_OF_CALLS = 5
"""A session that resumes has less to do: its traps are set within this fraction of the calls of a run."""


@dataclass(frozen=True)
class Scenario:
    """One run and its kills, in order."""

    backend: Backend
    deaths: tuple[Death, ...]


def traps(backend: Backend) -> list[tuple[Place, int]]:
    """Every place and moment there is for a backend."""
    return [
        (place, number)
        for place in PLACES
        if backend.name == "langfuse" or not place.published
        for number in range(len(place.moments))
    ]


def scenarios(seed: int) -> Iterator[Scenario]:
    """Every place and every moment of it once, and a kill at a random time in every run; then some runs
    that are not published.
    """
    draw = random.Random(seed)
    by_phase: dict[str, list[Death]] = {phase: [] for phase in PHASES}
    for place, moment in traps(PUBLISHED[0]):
        by_phase[place.phase].append(_death(draw, place, moment, first=place.phase == "beginning"))
    for deaths in by_phase.values():
        draw.shuffle(deaths)
    for number in range(max(len(deaths) for deaths in by_phase.values())):
        deaths = [by_phase[phase][number] for phase in PHASES if len(by_phase[phase]) > number]
        deaths.insert(draw.randrange(len(deaths) + 1), Death(seconds=round(draw.uniform(0.5, 5), 2)))
        yield Scenario(PUBLISHED[number % len(PUBLISHED)], tuple(deaths))
    for _ in range(LOCAL_RUNS):
        chosen = [
            draw.choice([trap for trap in traps(LOCAL) if trap[0].phase == phase]) for phase in PHASES_LOCAL
        ]
        yield Scenario(LOCAL, tuple(_death(draw, place, moment, first=False) for place, moment in chosen))


def single_scenarios(seed: int, phases: Sequence[str]) -> Iterator[Scenario]:
    """Runs with one kill each, without end, in these phases in turn."""
    draw = random.Random(seed + 1)
    while True:
        for phase in phases:
            backend = draw.choice(BACKENDS)
            if phase == OUTSIDE:
                yield Scenario(backend, (Death(seconds=round(draw.uniform(0.5, 6), 2)),))
                continue
            if phase == "publishing":
                backend = draw.choice(PUBLISHED)
            place, number = draw.choice([trap for trap in traps(backend) if trap[0].phase == phase])
            yield Scenario(backend, (_death(draw, place, number, first=True),))


def _death(draw: random.Random, place: Place, moment: int, *, first: bool) -> Death:
    most = place.calls if first else max(1, place.calls // SHARE_OF_CALLS)
    return Death(Trap(place, draw.randint(1, most), place.moments[moment]))


@dataclass
class Results:
    """What came of a campaign."""

    outcomes: list[Outcome]

    def kills(self) -> Counter[str]:
        """Kills that happened, by phase."""
        return Counter(death.phase for outcome in self.outcomes for death in outcome.kills)

    @property
    def fine(self) -> bool:
        return not any(outcome.remarks for outcome in self.outcomes)

    def table(self) -> list[str]:
        """Markdown. A run's problems count in every phase in which it was killed."""
        lines = [
            "| killed while | kills | runs resumed to the end | lost | twice | differing |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        kills = self.kills()
        for phase in (*PHASES, OUTSIDE):
            runs = [run for run in self.outcomes if any(death.phase == phase for death in run.kills)]
            lines.append(_row(phase, kills[phase], runs))
        lines.append(_row("**all**", kills.total(), [run for run in self.outcomes if run.kills]))
        return lines

    def remarks(self) -> list[str]:
        """What is wrong, with the kills before it."""
        return [
            f"- {', then '.join(f'{death.phase}: {death.label}' for death in outcome.kills)}: {remark}"
            for outcome in self.outcomes
            for remark in outcome.remarks
        ]


def _row(name: str, kills: int, runs: Sequence[Outcome]) -> str:
    lost, twice, differing = (
        sum(getattr(run, key) for run in runs) for key in ("lost", "twice", "differing")
    )
    return f"| {name} | {kills} | {len(runs)} | {lost} | {twice} | {differing} |"


def run_campaign(folder: Path, *, items: int, delay: float, seed: int, jobs: int, least: int) -> Results:
    """All scenarios, and then single kills until each phase has had `least`."""
    campaign = Campaign(folder, items, delay)
    with ThreadPoolExecutor(jobs) as pool:
        expected = dict(zip(BACKENDS, pool.map(campaign.undisturbed, BACKENDS), strict=True))
        results = Results([])

        def carry_out(numbered: tuple[int, Scenario]) -> Outcome:
            number, scenario = numbered
            return _carry_out(campaign, number, scenario, expected)

        results.outcomes += pool.map(carry_out, enumerate(scenarios(seed)))
        number = len(results.outcomes)
        wanting = _wanting(results, least)
        while wanting and number < MOST_RUNS:
            several = [
                next(single_scenarios(seed + number + k, [wanting[k % len(wanting)]])) for k in range(jobs)
            ]
            results.outcomes += pool.map(carry_out, enumerate(several, number))
            number += len(several)
            wanting = _wanting(results, least)
    return results


def _wanting(results: Results, least: int) -> list[str]:
    kills = results.kills()
    return [phase for phase in (*PHASES, OUTSIDE) if kills[phase] < least]


def _carry_out(
    campaign: Campaign, number: int, scenario: Scenario, expected: dict[Backend, Final]
) -> Outcome:
    outcome = campaign.disturbed(
        f"run-{number:03}", scenario.backend, scenario.deaths, expected[scenario.backend]
    )
    told = ", then ".join(death.label for death in outcome.kills) or "not killed"
    verdict = "; ".join(outcome.remarks) or "as undisturbed"
    print(
        f"run {number:3} {scenario.backend.name} {scenario.backend.contract}: {told}: {verdict}", flush=True
    )
    return outcome
