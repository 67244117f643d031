"""Channels of the office: what it prints and embeds, an officer's help, sheets typed twice."""

from __future__ import annotations

import html as markup
import io
import re
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.conftest import Cast, answer, moment
from tests.public.test_form import filled
from tests.report.test_documents import pdf_text
from tuntas.law.months import Month
from tuntas.models import (
    Closure,
    Edition,
    Event,
    Feedback,
    PaperBatch,
    PaperSheet,
    PaperTyping,
    Period,
    Response,
)
from tuntas.models.papers import SheetValues, profile_text
from tuntas.report.questionnaires import questionnaire

NOW = moment("2026-02-10 03:00")
DAY = date(2026, 2, 5)
VALUES = SheetValues("343444333", "P35a", DAY)


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with patch("django.utils.timezone.now", return_value=NOW):
        yield


# -- posters, web site, WhatsApp -----------------------------------------------------------------


def test_posters_are_downloaded_from_the_service_and_the_list(cast: Cast) -> None:
    client = cast.client("officer")
    page = client.get(reverse("service", args=[cast.service.pk])).content.decode()
    links = re.findall(r'href="(/services/\d+/poster-[^"]+)"', page)
    assert len(set(links)) == 6
    for link in links:
        response = client.get(link)
        assert response["Content-Type"] in ("application/pdf", "image/png")
        assert "attachment" in response["Content-Disposition"]
    page = client.get(reverse("service-list")).content.decode()
    offices = set(re.findall(r'href="(/channels/poster-[^"]+)"', page))
    assert len(offices) == 6
    assert client.get(sorted(offices)[0]).status_code == 200
    assert client.get("/channels/poster-a3.pdf").status_code == 404
    assert client.get("/channels/poster-a4.docx").status_code == 404


def test_the_snippet_is_a_plain_link_around_a_picture_with_words(cast: Cast) -> None:
    cast.service.change(by=None, name='Layanan "A" & <B>')
    client = cast.client("team")
    page = client.get(reverse("service", args=[cast.service.pk])).content.decode()
    snippet = markup.unescape(re.search(r'<textarea id="snippet".*?>(.*?)</textarea>', page)[1])  # type: ignore[index]
    found = re.fullmatch(
        r'<a href="(\S+)"><img src="(\S+)" alt="([^"<>]+)" height="28"></a>', snippet
    )
    assert found
    assert found[1].endswith(f"/s/{cast.service.token}/?c=web")
    assert client.get("/s/" + found[2].split("/s/")[1]).status_code == 200
    assert '"A" & <B>' in markup.unescape(found[3])
    page = client.get(reverse("channels")).content.decode()
    assert "/o/pusat.kanreg/badge.svg" in page
    assert "/o/pusat.kanreg/services/?c=web" in page


def test_the_whatsapp_message_carries_its_own_channel(cast: Cast) -> None:
    page = cast.client("team").get(reverse("service", args=[cast.service.pk])).content.decode()
    message = re.search(r'<textarea id="share-text".*?>(.*?)</textarea>', page, re.S)[1]  # type: ignore[index]
    link = re.search(r'href="https://wa\.me/\?text=([^"]+)"', page)[1]  # type: ignore[index]
    assert unquote(link) == markup.unescape(message)
    assert f"/s/{cast.service.token}/?c=whatsapp" in message
    assert 'data-copy="share-text"' in page


# -- assisted entry ------------------------------------------------------------------------------


def help_citizen(cast: Cast, who: str = "officer", **changes: Any) -> Any:
    url = reverse("assisted", args=[cast.service.pk])
    return cast.client(who).post(url, filled(cast.service, **changes))


def test_an_officer_enters_for_a_citizen_and_the_next_form_is_ready(cast: Cast) -> None:
    response = help_citizen(cast, channel="qr", suggestion="Tambah kursi.")
    assert response.status_code == 303
    page = cast.client("officer").get(response["Location"]).content.decode()
    stored = Response.objects.get()
    assert (stored.channel, stored.answers, stored.profile) == ("assisted", "3" * 9, "P3--")
    code = re.search(r'id="tracking-code">([^<]+)<', page)[1]  # type: ignore[index]
    assert Feedback.by_code(code) is not None
    assert stored.id.hex.upper() in page
    assert 'type="radio"' in page
    assert " checked" not in page
    assert f'name="id" value="{stored.id}"' not in page  # the next form has an id of its own


def test_a_double_click_counts_once_and_shows_the_same_receipt(cast: Cast) -> None:
    key = str(uuid4())
    places = [help_citizen(cast, id=key, suggestion="AC mati.")["Location"] for _twice in range(2)]
    codes = [
        re.findall(
            r'class="big-code[^>]*>([^<]+)<', cast.client("officer").get(place).content.decode()
        )
        for place in places
    ]
    assert codes[0] == codes[1]
    assert len(codes[0]) == 2
    assert Response.objects.count() == Feedback.objects.count() == 1
    assert help_citizen(cast, id=key, q1="1")["Location"] == reverse(
        "assisted", args=[cast.service.pk]
    )
    assert Response.objects.get().answers[0] == "3"


def test_what_an_officer_forgot_is_said_and_nothing_is_lost(cast: Cast) -> None:
    response = help_citizen(cast, q3="", suggestion="Saran warga")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Pilih jawaban untuk pertanyaan 3." in page
    assert page.count(" checked") == 10
    assert "Saran warga" in page
    assert not Response.objects.exists()


def test_closed_services_are_not_offered_and_take_nothing(cast: Cast) -> None:
    cast.service.change(by=None, closed_at=NOW)
    page = cast.client("officer").get(reverse("assisted-list")).content.decode()
    assert "Layanan Pensiun" not in page
    assert help_citizen(cast)["Location"] == reverse("assisted-list")
    assert not Response.objects.exists()


def test_an_officer_helps_only_with_the_own_unit(cast: Cast) -> None:
    page = cast.client("officer").get(reverse("assisted-list")).content.decode()
    assert "Layanan Pensiun" in page
    assert "Layanan Data" not in page
    assert help_citizen(cast, who="other_officer").status_code == 404


# -- paper ---------------------------------------------------------------------------------------


@pytest.fixture
def batch(cast: Cast) -> PaperBatch:
    return PaperBatch.add(cast.service, "Loket Februari", 120, by=cast.people["team"])


def both(batch: PaperBatch, number: int, cast: Cast, **second: Any) -> PaperSheet:
    batch.type_first(number, VALUES, by=cast.people["officer"])
    again = SheetValues(**({**VALUES.__dict__, **second}))
    return batch.type_again(number, again, by=cast.people["team"])


def progress(batch: PaperBatch) -> tuple[int, int, int]:
    row = PaperBatch.objects.with_progress().get(pk=batch.pk)
    return row.typed, row.verified, row.different  # type: ignore[attr-defined]


def test_only_a_sheet_typed_the_same_twice_counts(cast: Cast, batch: PaperBatch) -> None:
    batch.type_first(1, VALUES, by=cast.people["officer"])
    assert not Response.objects.exists()
    sheet = batch.type_again(1, VALUES, by=cast.people["team"])
    stored = Response.objects.get()
    assert (stored.channel, stored.answers, stored.profile) == ("paper", "343444333", "P35a")
    assert (stored.answered_on, stored.month) == (DAY, date(2026, 2, 1))
    assert (sheet.verified_at, sheet.verified_by) == (NOW, cast.people["team"])
    event = Event.objects.get(action="sheet.counted")
    assert event.details["typed_by"] == [cast.people["officer"].pk, cast.people["team"].pk]


def test_the_progress_is_counted_from_the_sheets(cast: Cast, batch: PaperBatch) -> None:
    for number in (1, 2):
        both(batch, number, cast)
    both(batch, 3, cast, answers="143444333", profile="L35a")
    batch.type_first(4, VALUES, by=cast.people["team"])
    assert progress(batch) == (4, 2, 1)
    assert (batch.next_number(1), batch.next_number(2)) == (5, 4)
    page = cast.client("officer").get(reverse("paper-batch", args=[batch.pk])).content.decode()
    assert "4 dari 120 diketik, 2 dihitung, 1 berbeda" in page


def test_what_differs_waits_until_somebody_decides(cast: Cast, batch: PaperBatch) -> None:
    other_day = DAY - timedelta(days=1)
    sheet = both(batch, 1, cast, answers="143444330", profile="P3-a", day=other_day)
    assert not Response.objects.exists()
    assert sheet.differences() == {
        "day": ("2026-02-05", "2026-02-04"),
        "q1": ("3", "1"),
        "q9": ("3", "0"),
        "p_education": ("5", "-"),
    }
    with pytest.raises(ValidationError, match="setiap perbedaan"):
        sheet.resolve({"day": 1, "q1": 1, "q9": 2}, "", by=cast.people["team"])
    assert not Response.objects.exists()
    choices = {"day": 2, "q1": 1, "q9": 2, "p_education": 1}
    sheet.resolve(choices, "Kursi rusak.", by=cast.people["team"])
    stored = Response.objects.get()
    assert (stored.answers, stored.profile, stored.answered_on) == ("343444330", "P35a", other_day)
    assert Feedback.objects.get().text == "Kursi rusak."
    assert progress(batch) == (1, 1, 0)


def test_a_counted_sheet_never_changes_and_leaves_nothing_typed(
    cast: Cast, batch: PaperBatch
) -> None:
    batch.type_first(1, SheetValues("343444333", "P35a", DAY, "AC mati."), by=cast.people["team"])
    sheet = batch.type_again(
        1, SheetValues("343444333", "P35a", DAY, "AC mati!"), by=cast.people["team"]
    )
    assert not PaperTyping.objects.exists()
    assert Feedback.objects.get().text == "AC mati!"
    for act in (
        lambda: batch.type_first(1, VALUES, by=cast.people["team"]),
        lambda: batch.type_again(1, VALUES, by=cast.people["team"]),
        lambda: sheet.clear(by=cast.people["team"]),
        lambda: sheet.resolve({}, "", by=cast.people["team"]),
    ):
        with pytest.raises(ValidationError, match="sudah dihitung"):
            act()
    assert Response.objects.count() == Feedback.objects.count() == 1


def test_a_first_typing_is_corrected_or_taken_back_before_it_counts(
    cast: Cast, batch: PaperBatch
) -> None:
    team = cast.people["team"]
    batch.type_first(1, SheetValues("111111111", "----", DAY), by=team)
    batch.type_first(1, VALUES, by=team)
    assert PaperTyping.objects.get().answers == "343444333"
    sheet = both(batch, 2, cast, answers="444444444")
    with pytest.raises(ValidationError, match="diketik dua kali"):
        batch.type_first(2, VALUES, by=team)
    sheet.clear(by=team)
    assert progress(batch) == (1, 0, 0)
    assert both(batch, 2, cast).verified_at
    assert Response.objects.count() == 1


def test_two_people_at_the_second_pass_of_one_sheet_count_it_once(
    cast: Cast, batch: PaperBatch
) -> None:
    both(batch, 1, cast, answers="444444444")
    with pytest.raises(ValidationError, match="orang lain"):
        batch.type_again(1, VALUES, by=cast.people["team"])
    with pytest.raises(ValidationError, match="belum diketik pertama"):
        batch.type_again(2, VALUES, by=cast.people["team"])


def test_a_sheet_of_a_closed_month_counts_in_the_next_one_and_it_is_said(
    cast: Cast, batch: PaperBatch
) -> None:
    answer(cast.service, at=moment("2026-01-15 03:00"))
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-02 03:00"))
    client = cast.client("officer")
    data = {"number": 1, "day": "15/01/2026", "answers": "343444333", "profile": "p35A"}
    page = client.post(typing(batch, 1), data, follow=True).content.decode()
    assert "Januari 2026 sudah ditutup" in page
    page = client.post(typing(batch, 2), data, follow=True).content.decode()
    assert "Lembar 1 dihitung pada Februari 2026, karena Januari 2026 sudah ditutup." in page
    stored = Response.objects.get(channel="paper")
    assert (stored.month, stored.answered_on) == (date(2026, 2, 1), date(2026, 1, 15))


def typing(batch: PaperBatch, place: int) -> str:
    return reverse("paper-typing", args=[batch.pk, place])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"answers": "34344433"}, "8 angka diketik, kuesioner ini 9 pertanyaan."),
        ({"answers": "343444335"}, "Pertanyaan 9: nilai 5 di luar 1–4."),
        ({"answers": "34344433x"}, "Pertanyaan 9: nilai x di luar 1–4."),
        ({"answers": "000000000"}, "Belum ada satu pun pertanyaan yang dijawab."),
        ({"profile": "P3"}, "profil harus 4 huruf"),
        ({"profile": "P95a"}, "Usia: pilihan &#x27;9&#x27; tidak dikenal"),
        ({"day": "11/02/2026"}, "Tanggal lembar belum terjadi."),
        ({"day": "05/02/2024"}, "lebih dari setahun lalu"),
        ({"day": "32/02/2026"}, "tanggal"),
        ({"number": "121"}, "Tumpukan ini berisi lembar 1–120."),
        ({"suggestion": "a" * 2001}, "2000"),
    ],
)
def test_what_cannot_stand_on_a_sheet_is_refused_where_it_stands(
    cast: Cast, batch: PaperBatch, changes: dict[str, str], words: str
) -> None:
    data = {"number": "1", "day": "05022026", "answers": "343444333", "profile": ""}
    response = cast.client("team").post(typing(batch, 1), data | changes)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert (data | changes)["answers"] in page
    assert not PaperSheet.objects.exists()


def test_the_second_pass_shows_the_suggestion_but_not_the_digits(
    cast: Cast, batch: PaperBatch
) -> None:
    values = SheetValues("343444333", "P35a", DAY, "Tambah petugas.")
    batch.type_first(7, values, by=cast.people["officer"])
    page = cast.client("team").get(typing(batch, 2)).content.decode()
    assert "lembar 7" in page
    assert "Tambah petugas." in page
    assert "343444333" not in page
    assert "P35a" not in page
    assert "05/02/2026" not in page


def test_the_differences_stand_side_by_side_in_words(cast: Cast, batch: PaperBatch) -> None:
    client = cast.client("officer")
    data = {"number": 1, "day": "5-2-2026", "answers": "343444333", "profile": "P35a"}
    client.post(typing(batch, 1), data)
    response = client.post(typing(batch, 2), data | {"answers": "342444333", "profile": "L35a"})
    url = reverse("paper-sheet", args=[batch.pk, 1])
    assert response["Location"] == url
    page = client.get(url).content.decode()
    assert "3 – Cepat" in page
    assert "2 – Kurang cepat" in page
    assert "P – Perempuan" in page
    assert page.count("<tr>") == 3
    page = client.post(url, {"q3": "2"}).content.decode()
    assert "Pilih satu bacaan" in page
    assert page.count(" checked") == 1
    page = client.post(url, {"q3": "2", "p_sex": "1"}, follow=True).content.decode()
    assert "Lembar 1 dihitung pada Februari 2026." in page
    assert "tidak dapat diubah" in client.get(url).content.decode()
    stored = Response.objects.get()
    assert (stored.answers, stored.profile) == ("342444333", "P35a")


def test_a_pile_keeps_the_edition_it_was_printed_with(cast: Cast, batch: PaperBatch) -> None:
    cast.service.change(by=None, standing_edition=Edition.builtin("skm16"))
    batch.refresh_from_db()
    both(batch, 1, cast)
    assert Response.objects.get().edition == Edition.builtin("skm9")


def test_a_closed_service_keeps_its_pile_until_it_is_opened(cast: Cast, batch: PaperBatch) -> None:
    batch.type_first(1, VALUES, by=cast.people["team"])
    cast.service.change(by=None, closed_at=timezone.now())
    batch = PaperBatch.objects.get()
    with pytest.raises(ValidationError, match="ditutup"):
        batch.type_again(1, VALUES, by=cast.people["team"])
    assert PaperTyping.objects.count() == 1


def test_the_size_of_a_pile_can_be_corrected_but_not_below_what_was_typed(
    cast: Cast, batch: PaperBatch
) -> None:
    batch.type_first(37, VALUES, by=cast.people["team"])
    client, url = cast.client("team"), reverse("paper-batch", args=[batch.pk])
    assert client.post(url, {"size": 36}).status_code == 422
    assert client.post(url, {"size": 37}).status_code == 302
    assert PaperBatch.objects.get().size == 37


@pytest.mark.parametrize(
    ("given", "kept"), [("", "----"), ("p35A", "P35a"), ("l---", "L---"), ("P3", "P3")]
)
def test_a_profile_is_kept_in_its_own_letters(given: str, kept: str) -> None:
    assert profile_text(given) == kept


@pytest.mark.parametrize(("name", "questions"), [("service", 9), ("service16", 16)])
def test_the_paper_questionnaire_is_one_sheet_with_all_questions(
    cast: Cast, name: str, questions: int
) -> None:
    service = getattr(cast, name)
    made = questionnaire(service)
    assert len(PdfReader(io.BytesIO(made)).pages) <= 2
    assert b"pdfaid" in made
    text = pdf_text(made)
    assert "KUESIONER SURVEI KEPUASAN MASYARAKAT (SKM)" in text
    for question in service.edition.question_list:
        assert question.text in text
    for words in ("Tanggal survei", "Jam survei", "Jenis kelamin", "Pelajar/mahasiswa", "SARAN"):
        assert words in text
    assert len(re.findall(r"\ba\. ", text)) == questions


def test_numbered_sheets_of_a_pile_are_printed(cast: Cast, batch: PaperBatch) -> None:
    client = cast.client("officer")
    response = client.get(reverse("paper-forms", args=[batch.pk, 3, 5]))
    pages = PdfReader(io.BytesIO(response.content)).pages
    assert len(pages) == 3
    assert "No. lembar 4" in pages[1].extract_text()
    assert client.get(reverse("paper-forms", args=[batch.pk, 3, 121])).status_code == 404
