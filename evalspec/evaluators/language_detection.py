"""The most probable languages of a text. Called in a worker, which holds the models from then on.

They are loaded when the module is imported: that takes a second and about 130 MB, and belongs neither to
the time nor to the memory of the first call.
"""

from functools import lru_cache
from typing import Final

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

from evalspec.evaluators.unicode_text import without_surrogates
from evalspec.kinds.bounded import Refused

__all__ = ["rank_languages"]

_ALL: Final = (
    LanguageDetectorBuilder.from_all_languages()
    .with_low_accuracy_mode()
    .with_preloaded_language_models()
    .build()
)


def rank_languages(text: str, codes: list[str], accuracy: str) -> list[tuple[str, str, float]]:
    """Code, English name and confidence of each candidate, the most probable first.

    No codes mean all languages. Refuses with `undetermined` where the text does not favour one.
    """
    detector = _detector(tuple(codes), accuracy)
    values = detector.compute_language_confidence_values(without_surrogates(text))
    best, second = values[0].value, values[1].value
    if best == second:
        raise Refused("undetermined", "the text does not say what language it is in")
    return [
        (found.language.iso_code_639_1.name.lower(), found.language.name.title(), found.value)
        for found in values
    ]


@lru_cache(maxsize=32)
def _detector(codes: tuple[str, ...], accuracy: str) -> LanguageDetector:
    if not codes and accuracy == "low":
        return _ALL
    languages = [Language.from_iso_code_639_1(IsoCode639_1.from_str(code)) for code in codes]
    builder = LanguageDetectorBuilder.from_languages(*languages or Language.all())
    return (builder.with_low_accuracy_mode() if accuracy == "low" else builder).build()
