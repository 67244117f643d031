"""The form speaks the language that was asked for, and changing it loses and stores nothing."""

from __future__ import annotations

import html as markup
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import translation

from tests.conftest import Cast
from tests.public.test_form import filled, send
from tuntas.law import translations
from tuntas.models import Edition, Feedback, Question, Response, Service
from tuntas.settings import public_languages

WORDS = {  # heading, first question, first answer, profile, button
    "id": ("Bagaimana pelayanan kami?", "Bagaimana pendapat Saudara", "Tidak sesuai", "Pekerjaan utama", "Kirim penilaian"),
    "en": ("How was our service?", "How well do the requirements", "They do not fit", "Main occupation", "Send"),
    "ban": ("Sapunapi palayanan", "Sapunapi pikayun Ragane", "Nenten cocok", "Pakaryan utama", "Kirim nilai"),
}  # fmt: skip


def get(path: str, **options: Any) -> str:
    return markup.unescape(Client().get(path, **options).content.decode())


@pytest.mark.parametrize("language", WORDS)
def test_the_whole_form_is_in_the_chosen_language(cast: Cast, language: str) -> None:
    html = get(f"/s/{cast.service.token}/?l={language}")
    assert f'<html lang="{language}">' in html
    for word in WORDS[language]:
        assert word in html
    others = {word for code, words in WORDS.items() for word in words[:4] if code != language}
    assert not [word for word in others if word in html]
    assert f'name="l" value="{language}"' in html
    assert f'value="{language}" lang="{language}" formnovalidate aria-current="true"' in html


def test_the_language_of_the_browser_or_of_a_cookie_decides_nothing(cast: Cast) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.cookies["django_language"] = "en"
    for query in ("", "?l=fr", "?l=../en", "?l="):
        html = client.get(f"/s/{cast.service.token}/{query}").content.decode()
        assert '<html lang="id">' in html
        assert WORDS["id"][0] in html
    assert translation.get_language() == "id"


@pytest.mark.parametrize("language", ["en", "ban"])
def test_changing_the_language_keeps_everything_and_stores_nothing(
    cast: Cast, language: str
) -> None:
    data = filled(cast.service, q4="", q5="1", suggestion="Tambah <kursi>.", l="id", to=language)
    response = Client().post(f"/s/{cast.service.token}/?c=qr", data)
    html = response.content.decode()
    assert response.status_code == 200
    assert not response.cookies
    assert f'<html lang="{language}">' in html
    assert 'data-survey="kept"' in html
    assert f'name="id" value="{data["id"]}"' in html
    assert 'name="channel" value="qr"' in html
    checked = re.findall(r'name="(q\d|p_sex)" value="(\w)"[^>]* checked', html)
    assert checked == [
        (name, data[name]) for name in ("q1", "q2", "q3", "q5", "q6", "q7", "q8", "q9", "p_sex")
    ]
    assert re.search(r'name="p_age" value="3" checked', html)
    assert "Tambah &lt;kursi&gt;." in html
    assert 'class="error"' not in html
    assert not Response.objects.exists()
    assert not Feedback.objects.exists()


def test_an_outdated_form_says_so_in_the_other_language_too(cast: Cast) -> None:
    response = Client().post(
        f"/s/{cast.service.token}/", filled(cast.service, edition="999", to="ban")
    )
    assert "Kuesioner wawu kaanyarin." in response.content.decode()


@pytest.mark.parametrize(
    ("language", "thanks"),
    [("id", "Terima kasih"), ("en", "Thank you"), ("ban", "Matur suksma")],
)
def test_receipt_conversation_and_errors_follow_the_language(
    cast: Cast, language: str, thanks: str
) -> None:
    query = "" if language == "id" else f"?l={language}"
    wrong = send(cast.service, l=language, q3="")
    assert f'<html lang="{language}">' in wrong.content.decode()
    location = send(cast.service, l=language, suggestion="Tambah kursi.")["Location"]
    assert location.endswith("/" + query)
    html = get(location)
    assert thanks in html
    assert f'<html lang="{language}">' in html
    code = re.search(r'class="code">([^<]+)<', html)[1]  # type: ignore[index]
    assert f"/t/{code}/{query}" in html
    assert re.search(rf'href="/v/[^"]+/{re.escape(query)}"', html)
    html = get(f"/t/{code}/{query}")
    assert f'<html lang="{language}">' in html
    answer = Client().post(f"/t/{code}/{query}", {"l": language, "text": "Sudah?"})
    assert answer["Location"] == f"/t/{code}/{query}"


def test_changing_the_language_of_a_conversation_sends_nothing(cast: Cast) -> None:
    send(cast.service, suggestion="Tambah kursi.")
    feedback = Feedback.objects.get()
    code = re.search(
        r'class="code">([^<]+)<', get(send(cast.service, suggestion="Lagi.")["Location"])
    )[1]  # type: ignore[index]
    response = Client().post(f"/t/{code}/", {"text": "Masih rusak", "to": "en"})
    assert response.status_code == 200
    assert "Masih rusak</textarea>" in response.content.decode()
    assert '<html lang="en">' in response.content.decode()
    assert not feedback.replies.exists()
    assert not any(each.replies.exists() for each in Feedback.objects.all())


def own_service(cast: Cast) -> Service:
    """A questionnaire of the regulation's first question and one of the office's own."""
    builtin = Edition.builtin("skm9")
    edition = Edition.objects.create(questionnaire=builtin.questionnaire, number=2, name="Sendiri")
    first = builtin.question_list[0]
    rows = [
        (first.text, first.options),
        ("Apakah toilet bersih?", ["Kotor", "Kurang", "Ya", "Sangat"]),
    ]
    for position, (text, options) in enumerate(rows, start=1):
        Question.objects.create(
            edition=edition, position=position, element="facilities", text=text, options=options
        )
    return Service.add(cast.pensiun, "sendiri", "Layanan Sendiri", edition=edition, by=None)


def test_an_own_question_stays_indonesian_and_says_so(cast: Cast) -> None:
    path = f"/s/{own_service(cast).token}/"
    html = get(f"{path}?l=en")
    assert re.search(r'<legend lang="id">.*Apakah toilet bersih\?', html)
    assert re.search(r'<div class="options" lang="id">\s*<label[^>]*><input[^>]*>Kotor', html)
    assert re.search(r"<legend><small[^>]*>1\.</small>How well do the requirements", html)
    assert "<legend lang" not in get(path)


def test_an_office_adds_its_own_language(cast: Cast, tmp_path: Path, settings: Any) -> None:
    text = Edition.builtin("skm9").question_list[0].text
    labels = {o: f"jv {o}" for o in Edition.builtin("skm9").question_list[0].options}
    folder = Path(settings.LANGUAGES_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kantor.jv.json"
    path.write_text(json.dumps({text: {"text": "Kepriye?", "options": labels}}), encoding="utf-8")
    translations.read.cache_clear()
    settings.PUBLIC_LANGUAGES = public_languages("id,jv=Basa Jawa")
    try:
        html = get(f"/s/{cast.service.token}/?l=jv")
        found = {error.id for error in checks.run_checks() if error.is_serious()}
    finally:
        path.unlink()
        translations.read.cache_clear()
    assert "Kepriye?" in html
    assert "jv Sangat sesuai" in html
    assert ">Basa Jawa<" in html
    assert ">English<" not in html
    assert found == {"tuntas.E020"}, "the interface texts of this language are missing"


@pytest.mark.parametrize("text", ["", "en", "id,fr", "id,x", "id,../=a", "id,,en"])
def test_languages_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TUNTAS_LANGUAGES"):
        public_languages(text)
