"""How similar two texts are. Called in a worker where they are long, so nothing more is imported here."""

__all__ = ["levenshtein_similarity", "string_similarity"]


def levenshtein_similarity(value: str, expected: str, ignore_case: bool) -> float:
    """1 minus the Levenshtein distance over the length of the longer text; 1 for two empty texts."""
    from rapidfuzz.distance import Levenshtein

    if ignore_case:
        value, expected = value.casefold(), expected.casefold()
    return Levenshtein.normalized_similarity(value, expected)


def string_similarity(value: str, expected: str, metric: str, ignore_case: bool) -> float:
    """The similarity of two texts by a metric of `string_similarity`, from 0 to 1; equal texts have 1."""
    from rapidfuzz import distance, fuzz

    if ignore_case:
        value, expected = value.casefold(), expected.casefold()
    if value == expected:
        return 1.0
    if metric.endswith("ratio"):
        return float(getattr(fuzz, metric)(value, expected)) / 100
    classes = {
        "levenshtein": distance.Levenshtein,
        "damerau_levenshtein": distance.DamerauLevenshtein,
        "indel": distance.Indel,
        "jaro": distance.Jaro,
        "jaro_winkler": distance.JaroWinkler,
        "lcs": distance.LCSseq,
        "hamming": distance.Hamming,
    }
    return float(classes[metric].normalized_similarity(value, expected))
