"""The office's pages: answering, planning, closing, reporting; and the refusals on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import PASSWORD, Cast, answer, moment
from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    Event,
    Feedback,
    Membership,
    Office,
    Period,
    Report,
    Role,
    Service,
)
from tuntas.models.closures import Closure

DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


def plan_data(cast: Cast, **changes: Any) -> dict[str, Any]:
    data = {
        "unit": cast.pensiun.pk,
        "survey_month": "2026-01",
        "element": "facilities",
        "cause": "Kursi kurang.",
        "action": "Menambah kursi tunggu.",
        "horizon": "short",
        "person_in_charge": "Kepala Bidang",
        "due_on": "2026-03-31",
        "start_month": "2026-02",
        "end_month": "",
    }
    return data | changes


def test_people_sign_in_with_their_address_and_are_locked_out_after_wrong_passwords(
    cast: Cast,
) -> None:
    client = Client()
    data = {"login": "TEAM@contoh.go.id", "password": PASSWORD}
    assert client.post(reverse("account_login"), data)["Location"] == reverse("home")
    stranger = Client()
    for _each in range(6):
        wrong = stranger.post(reverse("account_login"), data | {"password": "salah"})
    assert "Terlalu banyak" in wrong.content.decode()
    assert stranger.post(reverse("account_login"), data).status_code == 200


def test_a_forgotten_password_is_replaced_by_mail(cast: Cast) -> None:
    client = Client()
    client.post(reverse("account_reset_password"), {"email": "team@contoh.go.id"})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    path = client.get(link.split("testserver", 1)[-1] if "testserver" in link else link)["Location"]
    done = client.post(path, {"password1": "sandi-baru-2026", "password2": "sandi-baru-2026"})
    assert done.status_code == 302
    assert client.login(email="team@contoh.go.id", password="sandi-baru-2026")


def test_a_forgotten_password_tells_nobody_who_has_an_account(cast: Cast) -> None:
    known, unknown = (
        Client().post(reverse("account_reset_password"), {"email": f"{name}@contoh.go.id"})
        for name in ("team", "tidak-ada")
    )
    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])
    assert [letter.to for letter in mail.outbox] == [["team@contoh.go.id"]]


def test_home_says_what_waits_and_only_that(cast: Cast) -> None:
    answer(cast.service, suggestion="Antrean lama.")
    answer(cast.service, suggestion="AC mati.", at=DURING)
    html = cast.client("team").get(reverse("home")).content.decode()
    assert "Masukan melewati tenggat jawaban" in html
    assert "Bulan yang dapat ditutup" in html
    html = cast.client("other_officer").get(reverse("home")).content.decode()
    assert "Semua sudah ditangani" in html
    html = cast.client("ministry").get(reverse("home")).content.decode()
    assert "Kantor Regional Contoh" in html


def test_an_officer_answers_and_is_led_to_the_next_one(cast: Cast) -> None:
    for text in ("Antrean lama.", "AC mati.", "baik"):
        answer(cast.service, suggestion=text)
    first, second = Feedback.objects.needing_reply().order_by("due_on", "id")
    client = cast.client("officer")
    url = reverse("feedback-reply", args=[first.pk])
    assert client.post(url, {"text": "  "}).status_code == 422
    assert client.post(url, {"text": "x" * 2001}).status_code == 422
    response = client.post(url, {"text": "Kami tambah petugas."})
    assert response["Location"] == reverse("feedback", args=[second.pk])
    html = client.get(reverse("feedback-list")).content.decode()
    assert "1 dari 2" in html
    assert "1 basa-basi" in html
    assert Event.objects.filter(action="feedback.replied", by=cast.people["officer"]).exists()


def test_the_inbox_filters_searches_and_pages(cast: Cast) -> None:
    for number in range(30):
        answer(cast.service, suggestion=f"Kursi nomor {number} rusak.")
    client = cast.client("team")
    first = client.get(reverse("feedback-list")).context["page"]
    second = client.get(reverse("feedback-list"), {"after": first.after}).context["page"]
    assert (len(first), len(second)) == (25, 5)
    found = client.get(reverse("feedback-list"), {"q": "nomor 17"}).context["page"].object_list
    assert [row.text for row in found] == ["Kursi nomor 17 rusak."]
    assert not client.get(reverse("feedback-list"), {"state": "answered"}).context["page"]
    assert not client.get(reverse("feedback-list"), {"unit": "inka"}).context["page"].object_list


def test_a_suggestion_handed_to_another_unit_leaves_my_inbox(cast: Cast) -> None:
    answer(cast.service, suggestion="Data salah.")
    row = Feedback.objects.get()
    client = cast.client("officer")
    data = {"kind": "complaint", "unit": cast.inka.pk}
    response = client.post(reverse("feedback-sorting", args=[row.pk]), data)
    assert response["Location"] == reverse("feedback-list")
    assert client.get(reverse("feedback", args=[row.pk])).status_code == 404
    assert cast.client("other_officer").get(reverse("feedback", args=[row.pk])).status_code == 200


def test_a_plan_from_a_suggestion_to_its_end(cast: Cast) -> None:
    answer(cast.service, suggestion="Kursi kurang.", at=DURING)
    source = Feedback.objects.get()
    client = cast.client("officer")
    url = f"{reverse('plan-add')}?feedback={source.pk}"
    assert "Kursi kurang." in client.get(url).content.decode()
    response = client.post(url, plan_data(cast))
    plan = ActionPlan.objects.get()
    assert response["Location"] == reverse("plan", args=[plan.pk])
    assert list(plan.source_feedback.all()) == [source]
    assert plan.lead_time_months == 1
    done = reverse("plan-completion", args=[plan.pk])
    assert "Catat dahulu" in client.post(done, {}).content.decode()
    client.post(
        reverse("plan-progress", args=[plan.pk]),
        {
            "progress-kind": "done",
            "progress-text": "20 kursi dipasang",
            "progress-on": "2026-02-10",
        },
    )
    client.post(
        reverse("plan-obstacle", args=[plan.pk]),
        {"obstacle-text": "Menunggu lelang.", "obstacle-depends_on": "BKN Pusat"},
    )
    assert "data dukung" in client.post(done, {}).content.decode()
    client.post(
        reverse("plan-evidence", args=[plan.pk]), {"evidence-url": "https://contoh.go.id/foto"}
    )
    assert client.post(done, {"note-note": "Selesai dipasang."}).status_code == 302
    review = reverse("plan-review", args=[plan.pk])
    assert client.post(review, {"act": "accept"}).status_code == 403
    assert cast.client("head").post(review, {"act": "accept"}).status_code == 302
    plan = ActionPlan.objects.get()
    assert plan.is_finished
    late = {"obstacle-text": "Terlambat.", "obstacle-depends_on": ""}
    assert client.post(reverse("plan-obstacle", args=[plan.pk]), late).status_code == 422
    assert cast.client("team").post(
        reverse("plan-reopening", args=[plan.pk]), {"note-note": "Kursi rusak lagi."}
    )
    assert not ActionPlan.objects.get().is_finished


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"action": ""}, "Rencana aksi"),
        ({"survey_month": "kapan-kapan"}, "Waktu survei"),
        ({"start_month": "2026-05", "end_month": "2026-03"}, "mendahului"),
        ({"unit": "999"}, "Unit"),
    ],
)
def test_a_bad_plan_is_refused_in_words(cast: Cast, changes: dict[str, str], words: str) -> None:
    response = cast.client("team").post(reverse("plan-add"), plan_data(cast, **changes))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ActionPlan.objects.exists()


def test_an_officer_cannot_plan_for_another_unit(cast: Cast) -> None:
    response = cast.client("officer").post(reverse("plan-add"), plan_data(cast, unit=cast.inka.pk))
    assert response.status_code == 422
    assert not ActionPlan.objects.exists()


def test_evidence_is_checked_by_its_bytes_and_only_ever_downloaded(cast: Cast) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    plan = ActionPlan.add(
        cast.pensiun, by=None, survey_month=DURING.date().replace(day=1), action="Menambah kursi."
    )
    client, url = cast.client("officer"), reverse("plan-evidence", args=[plan.pk])
    html = SimpleUploadedFile("foto.png", b"<html><script>alert(1)</script>")
    refused = client.post(url, {"evidence-file": html})
    assert refused.status_code == 422
    assert "tidak diterima" in refused.content.decode()
    assert client.post(url, {}).status_code == 422
    pdf = SimpleUploadedFile("../../bukti.pdf", b"%PDF-1.7 isi")
    assert client.post(url, {"evidence-file": pdf}).status_code == 302
    row = plan.evidence.get()
    assert row.file_name == "bukti.pdf"
    sent = client.get(reverse("evidence-file", args=[plan.pk, row.pk]))
    assert sent["Content-Disposition"].startswith("attachment")
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert b"".join(sent.streaming_content) == b"%PDF-1.7 isi"  # type: ignore[attr-defined]
    for close in sent._resource_closers:
        close()


def test_a_month_is_closed_and_opened_again_by_the_pages(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    client, url = cast.client("head"), reverse("period-closure", args=["2026-01"])
    assert "1 jawaban" in client.get(url).content.decode()
    assert "1 jawaban dihitung" in client.post(url, follow=True).content.decode()
    assert "sudah ditutup" in client.post(url, follow=True).content.decode()
    team = cast.client("team")
    opening = reverse("period-reopening", args=["2026-01"])
    assert team.post(opening, {"reason": "salah"}).status_code == 422
    done = team.post(opening, {"reason": "Berkas kertas terlambat masuk."}, follow=True)
    assert "Berkas kertas terlambat masuk." in done.content.decode()
    running = reverse("period-closure", args=[str(Month.of(moment("2099-01-01 00:00").date()))])
    assert "belum berakhir" in client.post(running, follow=True).content.decode()
    assert client.get("/periods/kapan/").status_code == 404


def test_reports_are_made_listed_and_downloaded(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=AFTER)
    client, url = cast.client("team"), reverse("report-list")
    for kind in ("follow-up", "processing"):
        assert client.post(url, {"kind": kind, "span": "2026-01"}).status_code == 302
    report = Report.objects.filter(kind="processing").get()
    for format, start in (("pdf", b"%PDF"), ("docx", b"PK")):
        response = client.get(reverse("report-file", args=[report.code, format]))
        assert response.content.startswith(start)
        assert f"processing-kanreg-2026-01.{format}" in response["Content-Disposition"]
    assert client.get(reverse("report-file", args=[report.code, "exe"])).status_code == 404
    nothing = client.post(url, {"kind": "processing", "span": "2020-01"})
    assert "Tidak ada jawaban" in nothing.content.decode()
    wrong = client.post(url, {"kind": "follow-up", "span": "semester lalu"})
    assert "periode harus berbentuk" in wrong.content.decode()
    assert (
        cast.client("auditor").post(url, {"kind": "follow-up", "span": "2026"}).status_code == 403
    )


def test_the_office_writes_its_own_text_but_not_its_own_claims(cast: Cast) -> None:
    client, url = cast.client("team"), reverse("narrative", args=["follow-up", "penutup"])
    bad = client.post(url, {"text": "Nilai {selalu_baik}."})
    assert "{selalu_baik} tidak dikenal" in bad.content.decode()
    assert client.post(url, {"text": "Penutup kami. {kalimat_mutu}"}).status_code == 302
    client.post(reverse("report-list"), {"kind": "follow-up", "span": "2026-01"})
    words = str(Report.objects.get().content["chapters"])
    assert "Penutup kami. Belum ada nilai survei" in words


def test_services_get_links_and_codes_and_can_be_closed(cast: Cast) -> None:
    client = cast.client("team")
    data = {"unit": cast.inka.pk, "code": "Salah Kode", "name": "X", "questionnaire": "skm9"}
    assert client.post(reverse("service-add"), data).status_code == 422
    response = client.post(reverse("service-add"), data | {"code": "baru"}, follow=True)
    service = Service.objects.get(code="baru")
    assert f"/s/{service.token}/?c=whatsapp" in response.content.decode()
    svg = client.get(reverse("service-qr", args=[service.pk, "svg"]))
    assert svg["Content-Type"] == "image/svg+xml"
    client.post(reverse("service-edit", args=[service.pk]), {"act": "close"})
    assert Client().get(f"/s/{service.token}/").status_code == 410
    client.post(reverse("service-edit", args=[service.pk]), {"act": "open"})
    assert Client().get(f"/s/{service.token}/").status_code == 200


def test_the_ministry_reads_the_offices_below_it_and_no_other(cast: Cast) -> None:
    client = cast.client("ministry")
    client.post(reverse("office-choice"), {"office": cast.office.pk})
    assert client.get(reverse("home")).context["request"].office == cast.office
    elsewhere = Office.add("asing", "Kantor Asing", by=None)
    refused = client.post(reverse("office-choice"), {"office": elsewhere.pk})
    assert refused.status_code == 404


def test_the_language_is_remembered_and_never_leads_away(cast: Cast) -> None:
    client = cast.client("team")
    response = client.post(
        reverse("language"), {"language": "en", "next": "https://jahat.example/"}
    )
    assert response["Location"] == "/"
    assert 'lang="en"' in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize("name", ["home", "feedback-list", "plan-list", "period-list"])
def test_pages_ask_the_database_the_same_number_of_times_however_much_there_is(
    cast: Cast, name: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        answer(cast.service, suggestion=f"Kursi {number}.", at=DURING)
        ActionPlan.add(
            cast.pensiun,
            by=None,
            survey_month=DURING.date().replace(day=1),
            action=f"Kursi {number}.",
        )
    client = cast.client("team")
    with django_assert_max_num_queries(60):
        assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("who", ["team", "officer", "head", "auditor", "ministry"])
def test_every_entry_of_the_menu_opens_for_whoever_sees_it(cast: Cast, who: str) -> None:
    client = cast.client(who)
    html = client.get(reverse("home")).content.decode()
    menu = html[html.index('class="menu"') : html.index("<main")]
    entries = re.findall(r'<a href="([^"]+)"', menu)
    assert len(entries) >= 6
    assert {at: client.get(at).status_code for at in entries} == dict.fromkeys(entries, 200)
    # The survey team has the audit log under the settings.
    reaches_log = bool({reverse("audit"), reverse("office-settings")} & set(entries))
    assert reaches_log == (who != "officer")


def test_who_sees_several_offices_finds_the_way_there_and_back(cast: Cast) -> None:
    choice = f'href="{reverse("office-choice")}"'
    ministry = cast.client("ministry")
    ministry.post(reverse("office-choice"), {"office": cast.office.pk})
    below = ministry.get(reverse("home")).content.decode()
    assert cast.office.name in below
    assert choice in below[below.index('class="menu"') : below.index("<main")]
    assert choice not in cast.client("head").get(reverse("home")).content.decode()
    Membership.grant(cast.people["head"], cast.other, Role.HEAD, by=None)
    assert choice in cast.client("head").get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    ("weights", "words"), [("exact", "bobot 1/n"), ("0.111", "bobot 0,111"), ("0.11", "bobot 0,11")]
)
def test_a_month_names_its_weights_as_the_office_knows_them(
    cast: Cast, weights: str, words: str
) -> None:
    Office.objects.filter(pk=cast.office.pk).update(weights=weights)
    answer(cast.service, at=DURING)
    html = cast.client("team").get(reverse("period", args=["2026-01"])).content.decode()
    assert f"{words}</p>" in html


@pytest.mark.parametrize("who", ["team", "officer", "ministry"])
@pytest.mark.parametrize("page", ["home", "feedback-list", "plan-list", "period-list"])
def test_a_page_asks_once_what_the_person_may_see(cast: Cast, who: str, page: str) -> None:
    client = cast.client(who)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(page)).status_code == 200
    asked = [row["sql"] for row in queries if '"tuntas_deputy"' in row["sql"]]
    assert len(asked) == 1, "\n".join(asked)


def test_a_role_taken_away_ends_with_the_next_page(cast: Cast) -> None:
    client = cast.client("officer")
    assert client.get(reverse("feedback-list")).status_code == 200
    cast.people["officer"].memberships.get().revoke(by=cast.people["team"])
    assert client.get(reverse("feedback-list")).status_code == 404
