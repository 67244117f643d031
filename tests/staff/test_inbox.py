"""The inbox by its pages: filters, acts on one and on several, templates, holidays, volume."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer, moment
from tuntas.models import (
    Batch,
    Event,
    Feedback,
    Holiday,
    Merge,
    PublishedAnswer,
    Reopened,
    Reply,
    ReplyTemplate,
)
from tuntas.report import sheets


def write(cast: Cast, *texts: str) -> list[Feedback]:
    codes = [answer(cast.service, suggestion=text).tracking_code for text in texts]
    return [row for code in codes if (row := Feedback.by_code(code))]


def found(cast: Cast, **query: object) -> list[str]:
    page = cast.client("team").get(reverse("feedback-list"), query).context["page"]
    return sorted(row.text for row in page)


def test_every_filter_leaves_the_right_ones(cast: Cast) -> None:
    team = cast.people["team"]
    chairs, lamp, queue, parking = write(cast, "Kursi rusak", "Lampu mati", "Antre lama", "Parkir")
    ReplyTemplate.add(cast.office, "Umum", "Terima kasih, segera kami perbaiki.", by=None)
    lamp.reply("Terima kasih, segera kami perbaiki.", by=team)
    queue.reply("Loket ketiga dibuka mulai Senin depan.", by=team)
    Reopened.make(Feedback.objects.get(pk=queue.pk), "Masih lama sekali.")
    chairs.assign(team, by=team)
    chairs.hand_over(cast.inka, by=team)
    parking.classify("complaint", by=team)
    assert found(cast) == ["Antre lama", "Kursi rusak", "Parkir"]
    assert found(cast, state="answered") == ["Antre lama", "Lampu mati"]
    assert found(cast, mark="reopened") == ["Antre lama"]
    assert found(cast, state="all", mark="template") == ["Lampu mati"]
    assert found(cast, state="all", mark="plan") == []
    assert found(cast, kind="complaint") == ["Parkir"]
    assert found(cast, unit="inka") == ["Kursi rusak"]
    assert found(cast, assignee="me") == ["Kursi rusak"]
    assert found(cast, assignee=team.pk) == ["Kursi rusak"]
    assert found(cast, assignee="none") == ["Antre lama", "Parkir"]
    assert found(cast, q="SEKALI antre") == ["Antre lama"]  # one word in the text, one in a message
    assert found(cast, state="all", q="lampu senin") == []
    assert found(cast, month="2020-01") == found(cast, month="x") == []
    assert found(cast, state="overdue") == []
    first = cast.client("team").get(reverse("feedback-list"), {"state": "all", "sort": "oldest"})
    assert first.context["page"][0].text == "Kursi rusak"


def exported(cast: Cast, who: str = "team", **query: str) -> list[dict[str, str]]:
    response = cast.client(who).get(reverse("feedback-export", args=["csv"]), query)
    lines = b"".join(response).decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    return list(csv.DictReader(lines, delimiter=";"))


def test_the_list_is_a_file_of_what_was_asked_for(cast: Cast) -> None:
    team = cast.people["team"]
    chairs, lamp, _queue = write(
        cast, "Kursi rusak, hubungi 0812 3456 7890", "Lampu mati", "=Antre lama"
    )
    lamp.reply("Lampu diganti kemarin sore.", by=team)
    chairs.hand_over(cast.inka, by=team)
    rows = {row["Masukan"]: row for row in exported(cast, state="all")}
    assert set(rows) == {"Kursi rusak, hubungi [disamarkan]", "Lampu mati", "'=Antre lama"}
    answered = rows["Lampu mati"]
    assert answered["Jawaban kantor"] == "Lampu diganti kemarin sore."
    assert (answered["Keadaan"], answered["Dijawab pada"]) == (
        "Dijawab perorangan",
        cast.office.today.isoformat(),
    )
    waiting = rows["'=Antre lama"]
    assert (waiting["Keadaan"], waiting["Jawaban kantor"]) == ("Menunggu jawaban", "")
    assert [row["Masukan"] for row in exported(cast, state="all", q="lampu")] == ["Lampu mati"]
    assert [row["Nomor"] for row in exported(cast, "other_officer", state="all")] == [
        str(chairs.pk)
    ]
    event = Event.objects.filter(action="feedback.exported").order_by("pk").first()
    assert event is not None
    assert event.details == {"format": "csv", "filter": {"state": "all"}}
    assert "lampu" not in str(Event.objects.values_list("details"))
    html = cast.client("team").get(reverse("feedback-list"), {"q": "kursi"}).content.decode()
    assert f"{reverse('feedback-export', args=['xlsx'])}?q=kursi" in html
    assert cast.client("team").get(reverse("feedback-export", args=["exe"])).status_code == 404


def test_too_many_rows_for_a_workbook_are_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    write(cast, "Kursi rusak", "Lampu mati")
    page = reverse("feedback-export", args=["xlsx"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(cast.client("team").get(page).content))
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[6] for row in rows] == ["Masukan", "Kursi rusak", "Lampu mati"]
    monkeypatch.setattr(sheets, "MOST_IN_XLSX", 1)
    response = cast.client("team").get(page, {"state": "all"}, follow=True)
    assert "Terlalu banyak baris untuk XLSX" in response.content.decode()
    assert response.context["state"] == "all"
    assert len(exported(cast)) == 2


def test_an_empty_list_says_whether_nothing_waits_or_nothing_fits(cast: Cast) -> None:
    client, url = cast.client("team"), reverse("feedback-list")
    assert "Tidak ada masukan yang menunggu jawaban." in client.get(url).content.decode()
    (row,) = write(cast, "Kursi tunggu kurang.")
    row.reply("Kursi ditambah.", by=cast.people["team"])
    html = client.get(url, {"q": "kursi"}).content.decode()
    assert "Tidak ada masukan yang cocok dengan saringan." in html
    (everywhere,) = re.findall(r'href="([^"]*)">Cari di semua masukan', html)
    assert "Kursi tunggu kurang." in client.get(url + unescape(everywhere)).content.decode()
    html = client.get(url, {"q": "parkir", "state": "all"}).content.decode()
    assert 'href="?state=all">Lihat semua masukan' in html


def test_a_template_fills_the_answer_without_a_script_and_keeps_what_was_typed(cast: Cast) -> None:
    (row,) = write(cast, "Kursi rusak")
    template = ReplyTemplate.add(cast.office, "Umum", "Terima kasih, {layanan}.", by=None)
    data = {"act": "fill", "template": template.pk, "text": "Halo."}
    html = cast.client("officer").post(reverse("feedback-reply", args=[row.pk]), data)
    assert html.context["form"].initial["text"] == "Halo.\n\nTerima kasih, Layanan Pensiun."
    assert not Reply.objects.exists()


def test_several_are_answered_after_a_preview_and_each_is_marked(cast: Cast) -> None:
    rows = write(cast, "Kursi rusak", "Kursi patah", "Kursi hilang")
    rows[2].reply("Sudah ada.", by=cast.people["team"])
    template = ReplyTemplate.add(cast.office, "Umum", "Terima kasih atas masukannya.", by=None)
    client, url = cast.client("officer"), reverse("feedback-batch")
    data = {"feedback": [row.pk for row in rows], "act": "reply", "template": template.pk}
    preview = client.post(url, data).content.decode()
    assert "Kirim 2 jawaban" in preview
    assert "1 dilewati" in preview
    assert Reply.objects.count() == 1
    response = client.post(url, data | {"confirm": "1"})
    assert response["Location"] == reverse("batch", args=[Batch.objects.get().pk])
    assert Reply.objects.filter(template=template).count() == 2
    client.post(url, data | {"confirm": "1"})
    assert Reply.objects.count() == 3  # sent again, nothing is left to answer


def test_several_are_classified_and_put_back(cast: Cast) -> None:
    rows = write(cast, "Kursi rusak", "Kursi patah")
    client = cast.client("team")
    data = {"feedback": [row.pk for row in rows], "act": "classify", "kind": "criticism"}
    client.post(reverse("feedback-batch"), data | {"confirm": "1"})
    assert {row.kind for row in Feedback.objects.all()} == {"criticism"}
    html = client.post(reverse("batch-undoing", args=[Batch.objects.get().pk]), follow=True)
    assert "Dibatalkan untuk 2 masukan." in html.content.decode()
    assert {row.kind for row in Feedback.objects.all()} == {"suggestion"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "merge"}, "Pilih paling sedikit satu"),
        ({"act": "reply", "feedback": "all"}, "Pilih templat"),
        ({"act": "classify", "feedback": "all", "kind": "x"}, "Pilih jenis"),
        ({"act": "hand-over", "feedback": "all"}, "Pilih unit"),
        ({"act": "x", "feedback": "all"}, "Pilih tindakan"),
    ],
)
def test_a_batch_without_what_it_needs_says_so(
    cast: Cast, data: dict[str, str], words: str
) -> None:
    rows = write(cast, "Kursi rusak", "Kursi patah")
    keys = [row.pk for row in rows] if data.get("feedback") else []
    sent = {**data, "feedback": keys}
    html = cast.client("team").post(reverse("feedback-batch"), sent, follow=True)
    assert words in html.content.decode()
    assert not Batch.objects.exists()


def test_a_batch_never_reaches_what_one_may_not_see(cast: Cast) -> None:
    rows = write(cast, "Kursi rusak", "Kursi patah")
    data = {"feedback": [row.pk for row in rows], "act": "merge", "confirm": "1"}
    cast.client("other_officer").post(reverse("feedback-batch"), data)
    cast.client("stranger").post(reverse("feedback-batch"), data)
    assert not Merge.objects.exists()


def test_each_outcome_is_kept_shown_and_taken_back(cast: Cast) -> None:
    main, row = write(cast, "Kursi rusak", "Kursi patah dan lampu mati")
    client = cast.client("officer")

    def send(act: str, **data: object) -> str:
        url = reverse("feedback-outcome", args=[row.pk, act])
        fields = {f"{act}-{name}": value for name, value in data.items()}
        return client.post(url, fields, follow=True).content.decode()

    assert "lampu mati" in send("split", passage="lampu mati")
    assert "Digabungkan ke" in send("merge", into=main.pk)
    url = reverse("feedback-undoing", args=[row.pk])
    client.post(url, {"what": "merge", "key": Merge.objects.get().pk})
    assert Feedback.objects.get(pk=row.pk).waits
    assert "Ditandai spam" in send("spam", reason="Iklan pinjaman daring")
    client.post(url, {"what": "spam", "key": row.spam_marks.get().pk})
    html = send(
        "referral", destination="lapor", addressee="Admin LAPOR!", number="7712345",
        on="2026-07-01", text="Kami teruskan.",
    )  # fmt: skip
    assert "7712345" in html
    client.post(url, {"what": "reply", "key": Reply.objects.get().pk})
    assert "Anggaran tahun depan." in send("refusal", text="Anggaran tahun depan.")
    assert "Officer" in send("assignment", assignee=cast.people["officer"].pk)
    assert client.post(url, {"what": "x"}, follow=True).status_code == 200
    html = client.get(reverse("feedback", args=[row.pk])).content.decode()
    for words in ("memecah", "menggabungkan", "membatalkan tanda spam", "meneruskan", "menetapkan"):
        assert words in html


def test_a_refused_outcome_keeps_what_was_typed(cast: Cast) -> None:
    (row,) = write(cast, "Kursi rusak")
    url = reverse("feedback-outcome", args=[row.pk, "referral"])
    far = timezone.now().date() + timedelta(days=9)
    data = {
        "destination": "lapor",
        "addressee": "Dinas",
        "number": "",
        "on": far,
        "text": "Panjang.",
    }
    response = cast.client("team").post(url, {f"referral-{key}": v for key, v in data.items()})
    assert response.status_code == 422
    assert "Panjang." in response.content.decode()
    merge = reverse("feedback-outcome", args=[row.pk, "merge"])
    assert cast.client("team").post(merge, {"merge-into": row.pk}).status_code == 422
    assert cast.client("team").post(merge.replace("merge", "fly"), {}).status_code == 404


def test_holidays_are_counted_before_they_are_kept(cast: Cast) -> None:
    answer(cast.service, suggestion="Kursi rusak", at=moment("2026-07-01 02:00"))
    client, url = cast.client("team"), reverse("holiday-list")
    html = client.post(url, {"lines": "2026-07-03 Galungan"}).content.decode()
    assert "Tenggat 1 masukan" in html
    assert not Holiday.objects.exists()
    client.post(url, {"lines": "2026-07-03 Galungan", "confirm": "1"})
    assert Holiday.objects.get().name == "Galungan"
    assert Feedback.objects.get().due_on == date(2026, 7, 9)
    assert "Galungan" in client.get(url, {"year": "2026"}).content.decode()
    response = client.post(url, {"lines": "3 Juli Galungan"})
    assert response.status_code == 422
    assert "Baris 1" in response.content.decode()
    assert "3 Juli Galungan" in response.content.decode()
    assert client.post(url, {}).status_code == 422
    client.post(url, {"remove": ["2026-07-03", "2026-12-24"], "confirm": "1"})
    assert "kantor bekerja" in client.get(url, {"year": "2026"}).content.decode()
    assert "belum termuat" in client.get(url, {"year": "2029"}).content.decode()


def test_templates_are_kept_changed_and_retired(cast: Cast) -> None:
    client, url = cast.client("team"), reverse("template-list")
    assert client.post(url, {"name": "A", "text": "{salah}"}).status_code == 422
    client.post(url, {"name": "Umum", "text": "Terima kasih {unit}."})
    row = ReplyTemplate.objects.get()
    edit = reverse("template-edit", args=[row.pk])
    assert client.post(edit, {"name": "Umum", "text": "{"}).status_code == 422
    client.post(edit, {"name": "Umum", "text": "Terima kasih."})
    client.post(reverse("template-retirement", args=[row.pk]))
    assert "Belum ada templat" in client.get(url).content.decode()
    assert client.get(edit).status_code == 404


def test_an_entry_is_prepared_published_and_taken_off(cast: Cast) -> None:
    (row,) = write(cast, "Kursi rusak sekali, kata Bu Wayan")
    client = cast.client("team")
    url = reverse("feedback-publication", args=[row.pk])
    assert client.post(url, {"publication-said": "Kursi"}).status_code == 422
    client.post(url, {"publication-said": "Kursi rusak", "publication-did": "Kursi diganti."})
    entry, public = PublishedAnswer.objects.get(), reverse("office-answers", args=["kanreg"])
    turn = reverse("published-turn", args=[entry.pk])
    assert "Kursi diganti." not in client.get(public).content.decode()
    client.post(turn, {"act": "publish"})
    html = client.get(public).content.decode()
    assert "Kursi diganti." in html
    assert "Wayan" not in html
    assert "Team" not in html
    client.post(turn, {"act": "unpublish"})
    assert "Kursi diganti." not in client.get(public).content.decode()


def test_similar_feedback_is_shown_with_the_reason(cast: Cast) -> None:
    rows = write(cast, "Kursi ruang tunggu rusak", "Ruang tunggu kurang kursi", "Aplikasi lambat")
    client = cast.client("team")
    html = client.get(reverse("feedback-groups")).content.decode()
    assert "kursi" in html.split("Kata (dasar) yang sama")[1][:80]
    assert "Aplikasi lambat" not in html
    html = client.get(reverse("feedback", args=[rows[0].pk])).content.decode()
    assert "Ruang tunggu kurang kursi" in html


@pytest.mark.slow
def test_pages_of_a_hundred_thousand_cost_less_than_reading_them(cast: Cast) -> None:
    at = timezone.now()
    Feedback.objects.bulk_create(
        (
            Feedback(
                office=cast.office, unit=cast.pensiun, service=cast.service, month=date(2026, 7, 1),
                received_at=at - timedelta(minutes=number), text=f"Kursi nomor {number} rusak.",
                due_on=date(2026, 1, 1) + timedelta(days=number % 900), code_sha256=f"{number:064d}",
                waits=number % 10 == 0, answered_as="" if number % 10 == 0 else "individual",
                answered_at=None if number % 10 == 0 else at,
            )
            for number in range(100_000)
        ),
        batch_size=500,
    )  # fmt: skip
    client = cast.client("officer")
    waiting = Feedback.objects.unanswered()
    pages = [
        reverse("feedback", args=[waiting.order_by("due_on", "id")[5000].pk]),
        reverse("feedback-list"),
        reverse("feedback-list") + "?state=all&page=3000",
        reverse("feedback-list") + "?state=all&q=nomor+99",
    ]
    # Beside what a page would cost that reads every row; the lesser of two, for a busy machine.
    whole = seconds_of(lambda: len(list(Feedback.objects.all())) == 100_000)
    for url in pages:
        took = seconds_of(lambda url=url: client.get(url).status_code == 200)
        assert took < whole, (url, took, whole)


def seconds_of(act: Callable[[], bool]) -> float:
    """The lesser time of two goes at something that says whether it went well."""
    times = []
    for _go in range(2):
        begun = time.monotonic()
        assert act()
        times.append(time.monotonic() - begun)
    return min(times)
