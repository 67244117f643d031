"""The questions in other languages: complete, with as many answers, and never half translated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tuntas.law.profile import PROFILE
from tuntas.law.questionnaires import BUILTIN
from tuntas.law.translations import FOLDER, BadWording, read, read_file, translated

LANGUAGES = ("en", "ban")
SOURCES = [
    (question.text, question.options)
    for questionnaire in BUILTIN.values()
    for question in questionnaire.questions
] + [(question.label, tuple(label for _value, label in question.choices)) for question in PROFILE]
# The questionnaires of integrity zones are others with the same statements added.
FILES = (set(BUILTIN) - {"skm9-zi", "skm16-zi"}) | {"profile", "integrity-zone"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_and_answer_is_translated(language: str) -> None:
    for text, options in SOURCES:
        wording = translated(language, text, options)
        assert wording, text
        assert wording.text != text
        assert len(set(wording.options)) == len(options), f"two answers of {text} read alike"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_holds_no_question_that_nobody_asks(language: str) -> None:
    for name in FILES:
        for text, (_text, labels) in read_file(FOLDER / f"{name}.{language}.json").items():
            assert (text, tuple(labels)) in SOURCES, "answers in the order of the regulation"
    assert {path.name.split(".")[0] for path in FOLDER.glob(f"*.{language}.json")} == FILES


def test_a_changed_answer_makes_the_whole_question_indonesian() -> None:
    text, options = SOURCES[0]
    assert translated("en", text, options)
    assert translated("en", text, (*options[:3], "Luar biasa sesuai")) is None
    assert translated("en", text + " Sungguh?", options) is None
    assert translated("jv", text, options) is None


def test_an_office_adds_a_language_and_mends_a_translation(tmp_path: Path) -> None:
    text, options = SOURCES[0]
    entry = {text: {"text": "Kepriye?", "options": {option: option[::-1] for option in options}}}
    for name in ("kantor.jv.json", "kantor.en.json"):
        (tmp_path / name).write_text(json.dumps(entry), encoding="utf-8")
    for language in ("jv", "en"):
        wording = translated(language, text, options, (FOLDER, tmp_path))
        assert wording
        assert wording.text == "Kepriye?"
        assert wording.options[0] == options[0][::-1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "bukan berkas JSON"),
        ("[]", "harus berisi"),
        ('{"Apa?": "What?"}', '"Apa?" belum punya terjemahan'),
        ('{"Apa?": {"text": " "}}', '"Apa?" belum punya terjemahan'),
        ('{"Apa?": {"text": "What?"}}', '"Apa?" memerlukan "options"'),
        ('{"Apa?": {"text": "What?", "options": {"Ya": ""}}}', '"Apa?" memerlukan "options"'),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "skm9.xx.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadWording) as caught:
        read("xx", (tmp_path,))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
