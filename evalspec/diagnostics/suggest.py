"""The name that was probably meant."""

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None when nothing is like it; the first of several that are equally
    like it.

    A name that differs only in case, or in `-` for `_`, wins outright. Otherwise the number of slips (a
    letter added, lost, changed, or two swapped: Damerau-Levenshtein) may be a third of the longer name, and
    at least one.
    """
    wanted = _folded(name)
    best: str | None = None
    fewest = 0
    for candidate in candidates:
        if candidate == name:
            continue
        folded = _folded(candidate)
        if folded == wanted:
            return candidate
        longer = max(len(wanted), len(folded))
        allowed = max(1, longer // 3)
        if best is not None:
            allowed = min(allowed, fewest - 1)
        if longer < 2 or allowed < 1 or longer > 200 or abs(len(wanted) - len(folded)) > allowed:
            continue
        slips = _distance(wanted, folded)
        if slips <= allowed and slips < min(len(wanted), len(folded)):
            best, fewest = candidate, slips
    return best


def _folded(name: str) -> str:
    lowered = name.lower()
    # A letter that becomes several would count as several slips.
    return (lowered if len(lowered) == len(name) else name).replace("-", "_").replace(" ", "_")


def _distance(left: str, right: str) -> int:
    """Optimal string alignment: the restricted Damerau-Levenshtein distance."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
