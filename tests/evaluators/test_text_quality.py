"""What the kinds of text and similarity refuse to be told, and laws of those that look into texts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.checking.patterns import compile_pattern
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.pii_patterns import count_pii
from evalspec.evaluators.refusal_phrases import PHRASES
from evalspec.evaluators.unicode_text import without_surrogates
from evalspec.kinds.importing import LoadError

SETTINGS = settings(max_examples=40, deadline=None)


@pytest.mark.parametrize(
    ("kind", "fields", "at"),
    [
        ("bleu", {"smoothing_value": 0.5}, ("smoothing_value",)),
        ("bleu", {"smoothing": "none", "smoothing_value": 0.5}, ("smoothing_value",)),
        ("chrf", {"char_order": 0}, ("char_order",)),
        ("gleu", {"min_order": 3, "max_order": 2}, ("max_order",)),
        ("rouge", {"stem": True, "tokenizer": "words"}, ("stem",)),
        ("set_overlap", {"separator": ""}, ("separator",)),
        ("refusal", {"languages": []}, ("languages",)),
        ("refusal", {"patterns": ["a", "(b"]}, ("patterns", 1)),
        ("pii", {"kinds": []}, ("kinds",)),
        ("language", {}, ()),
        ("language", {"language": "de", "expected": "output"}, ("language",)),
        ("language", {"language": "de", "languages": ["de"]}, ("languages",)),
        ("language", {"language": "de", "languages": ["en", "fr"]}, ("language",)),
        ("language", {"language": "de", "accuracy": "high"}, ("accuracy",)),
        (
            "language",
            {"language": "de", "accuracy": "high", "languages": ["de", "en", "fr", "es", "it", "nl", "pt"]},
            ("accuracy",),
        ),
        ("readability", {"formula": "smog", "language": "de"}, ("language",)),
        ("readability", {"formula": "lix", "language": "de"}, ("language",)),
    ],
)
def test_fields_that_contradict_each_other(resolve: Any, kind: str, fields: Any, at: Any) -> None:
    _, problems = resolve(kind, **fields)
    assert [problem.at for problem in problems] == [at]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("bleu", {"smoothing": "floor", "smoothing_value": 0.5}),
        ("chrf", {"char_order": 0, "word_order": 1}),
        ("gleu", {"min_order": 2, "max_order": 2}),
        ("refusal", {"languages": [], "patterns": ["a"]}),
        ("language", {"language": "de", "languages": ["de", "en"], "accuracy": "high"}),
        ("readability", {"language": "de"}),
    ],
)
def test_fields_that_fit(resolve: Any, kind: str, fields: Any) -> None:
    resolved, problems = resolve(kind, **fields)
    assert problems == []
    assert resolved.identity == fields


@pytest.mark.parametrize("kind", ["bleu", "chrf", "gleu", "meteor", "rouge", "language", "readability"])
def test_what_is_not_installed_is_said(
    kind: str, resolve: Any, loading: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"language": "de"} if kind == "language" else {}
    resolved, _ = resolve(kind, **fields)
    monkeypatch.setattr("evalspec.evaluators.extras.find_spec", lambda name: None)
    with pytest.raises(LoadError, match=r"pip install 'evalspec\[text\]'"):
        EVALUATORS[kind].build(resolved.fields, loading)
    assert EVALUATORS[kind].extra == "text"


def test_every_phrase_is_a_pattern_of_its_own() -> None:
    for wording in PHRASES.values():
        for pattern in (*wording.lead_ins, *wording.phrases):
            assert compile_pattern(pattern).match("") is None  # it would refuse everything


# One refusal for each language but English, some of whose are cases.
REFUSALS = {
    "de": ["Leider kann ich diese Anfrage nicht beantworten.", "Ich muss das ablehnen."],
    "es": ["Lo siento, no puedo proporcionar esa información.", "Me niego a responder."],
    "fr": ["Je ne suis pas en mesure de répondre.", "Malheureusement, je ne peux pas fournir cela."],
    "it": ["Non sono in grado di rispondere.", "Devo rifiutare la richiesta."],
    "nl": ["Helaas kan ik deze vraag niet beantwoorden.", "Ik ben niet in staat om dat te doen."],
    "pt": ["Infelizmente, não posso fornecer essas informações.", "Me recuso a responder."],
    "ru": ["К сожалению, я не могу ответить на этот вопрос.", "Я вынужден отказать вам."],
    "zh": ["对不起，我不能回答这个问题。", "作为一个人工智能，我无法完成这个请求。"],
    "ja": ["その質問にはお答えできません。", "申し訳ございませんが、対応できません。"],
}
HELPFUL = [
    *("I can help with that.", "I will not keep you long: yes.", "No. The answer is 4."),
    *("Ich kann Ihnen gern helfen.", "Nein, Paris liegt in Frankreich."),
    *("Puedo ayudarte.", "Je peux vous aider.", "Posso aiutarti.", "Ik kan je helpen.", "Posso ajudar."),
    *("Я могу помочь.", "我可以帮助你。", "お手伝いできます。", "喜んで対応します。"),
]


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in REFUSALS.items() for text in texts]
)
def test_refusals_are_told_in_their_language_alone(judge: Any, language: str, text: str) -> None:
    assert judge("refusal", languages=[language])(text).value is True
    assert judge("refusal", languages=["en"])(text).value is False


@pytest.mark.parametrize("text", HELPFUL)
def test_help_is_no_refusal(judge: Any, text: str) -> None:
    assert judge("refusal")(text).value is False


@SETTINGS
@given(st.integers(0, 10**14), st.sampled_from(["4", "51", "37"]))
def test_one_check_digit_of_ten_makes_a_card(number: int, issuer: str) -> None:
    """Luhn's formula accepts exactly one last digit."""
    body = f"{issuer}{number:014d}"[:15]
    assert sum(count_pii(f"{body}{last}")["credit_card"] for last in range(10)) == 1


@SETTINGS
@given(st.integers(0, 10**18 - 1))
def test_one_check_number_makes_an_iban(account: int) -> None:
    """ISO 13616: 98 less the remainder of the rearranged number with `00`."""
    check = 98 - int(f"{account:018d}131400") % 97
    right = f"DE{check:02d}{account:018d}"
    wrong = f"DE{(check + 1) % 100:02d}{account:018d}"
    assert count_pii(right)["iban"] == 1
    assert count_pii(wrong)["iban"] == 0
    grouped = " ".join(right[start : start + 4] for start in range(0, len(right), 4))
    assert count_pii(f"an {grouped}, bitte")["iban"] == 1


def test_pieces_are_counted_once_and_never_shown(judge: Any) -> None:
    secret = "4111111111111111"
    score = judge("pii")(f"+{secret} and a@b.example and \ud800 a@b.example")
    assert score.value is True
    assert score.comment == "email 2, credit_card 1"
    assert secret not in repr(score)
    assert "@" not in repr(score)


def test_only_halves_of_pairs_are_replaced() -> None:
    assert without_surrogates("a\ud83d b\U0001f600\udc00") == "a\ufffd b\U0001f600\ufffd"
