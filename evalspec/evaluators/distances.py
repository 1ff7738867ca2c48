"""How similar two texts are. Called in a worker where they are long, so nothing more is imported here."""

__all__ = ["levenshtein_similarity"]


def levenshtein_similarity(value: str, expected: str, ignore_case: bool) -> float:
    """1 minus the Levenshtein distance over the length of the longer text; 1 for two empty texts."""
    from rapidfuzz.distance import Levenshtein

    if ignore_case:
        value, expected = value.casefold(), expected.casefold()
    return Levenshtein.normalized_similarity(value, expected)
