"""The pages of action plans: review by a second person, pasting, corrections, exports, PEKPPP."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer, moment
from tests.things import ONE_PIXEL
from tuntas import report
from tuntas.cli import main
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Feedback, Period, Publication
from tuntas.models.closures import Closure


@pytest.fixture
def plan(cast: Cast) -> ActionPlan:
    return ActionPlan.add(
        cast.pensiun, by=cast.people["officer"], at=moment("2026-02-02 03:00"),
        survey_month=date(2026, 1, 1), element="facilities", action="Menambah kursi tunggu.",
    )  # fmt: skip


def at(name: str, plan: ActionPlan, *more: int) -> str:
    return reverse(name, args=[plan.pk, *more])


def test_a_plan_is_sent_back_with_a_reason_and_accepted_by_another(
    cast: Cast, plan: ActionPlan
) -> None:
    officer, head, team = (cast.client(who) for who in ("officer", "head", "team"))
    assert head.post(at("plan-agreement", plan), {"note-note": "Rapat."}).status_code == 302
    officer.post(at("plan-progress", plan), {"progress-kind": "note", "progress-text": "Dibeli."})
    officer.post(at("plan-evidence", plan), {"evidence-url": "contoh.go.id/a\nhttps://b.go.id/"})
    assert [row.url for row in plan.evidence.all()] == [
        "https://contoh.go.id/a",
        "https://b.go.id/",
    ]
    assert officer.post(at("plan-completion", plan), {}).status_code == 302
    assert "Menunggu tinjauan orang lain" in officer.get(at("plan", plan)).content.decode()
    without = team.post(at("plan-review", plan), {"act": "return", "note-note": " "})
    assert without.status_code == 422
    assert "Tulis alasan" in without.content.decode()
    team.post(at("plan-review", plan), {"act": "return", "note-note": "Foto kurang."})
    assert "Foto kurang." in officer.get(at("plan", plan)).content.decode()
    team.post(at("plan-completion", plan), {})
    own = team.post(at("plan-review", plan), {"act": "accept"})
    assert "orang lain" in own.content.decode()
    head.post(at("plan-review", plan), {"act": "accept"})
    assert ActionPlan.objects.get().is_finished
    queue = team.get(reverse("plan-list"), {"state": "finished"}).content.decode()
    assert "Menambah kursi tunggu." in queue


def test_a_bad_link_among_good_ones_keeps_none(cast: Cast, plan: ActionPlan) -> None:
    url = at("plan-evidence", plan)
    data = {"evidence-url": "https://a.go.id/\njavascript:alert(1)"}
    refused = cast.client("officer").post(url, data)
    assert refused.status_code == 422
    assert "javascript:alert(1)" in refused.content.decode()  # what was typed is not lost
    assert not plan.evidence.exists()


def test_a_list_is_pasted_seen_and_kept(cast: Cast, plan: ActionPlan) -> None:
    client, url = cast.client("officer"), at("plan-activities", plan)
    lines = "1. Bimtek KP tanggal 9 Februari 2026;\nRencana:\n2. Sosialisasi bulan Maret 2026"
    seen = client.post(url, {"paste-lines": lines}).content.decode()
    assert "Kegiatan terlaksana" in seen
    assert "Maret 2026" in seen
    assert not plan.progress.exists()
    assert client.post(url, {"paste-lines": lines, "keep": "1"}).status_code == 302
    assert [(row.kind, row.text) for row in plan.progress.all()] == [
        ("done", "Bimtek KP"), ("note", "Rencana:"), ("planned", "Sosialisasi"),
    ]  # fmt: skip
    waiting = plan.progress.get(kind="planned")
    client.post(at("progress-done", plan, waiting.pk), {"on": "2026-03-20"})
    waiting.refresh_from_db()
    assert (waiting.on, waiting.done_on) == (date(2026, 3, 1), date(2026, 3, 20))


def test_entries_are_taken_back_corrected_and_remembered(cast: Cast, plan: ActionPlan) -> None:
    client = cast.client("officer")
    for text in ("Salah tulis.", "Keliru."):
        data = {"progress-kind": "note", "progress-text": text}
        client.post(at("plan-progress", plan), data)
    first, second = plan.progress.all()
    assert client.post(at("progress-withdrawal", plan, first.pk)).status_code == 302
    page = at("progress-correction", plan, second.pk)
    assert "Keliru." in client.get(page).content.decode()
    client.post(page, {"progress-kind": "note", "progress-text": "Tepat."})
    assert [row.text for row in plan.progress.current()] == ["Tepat."]
    html = client.get(at("plan", plan)).content.decode()
    assert "Riwayat perubahan" in html
    assert "Salah tulis." in html
    elsewhere = cast.client("other_officer").post(at("progress-withdrawal", plan, second.pk))
    assert elsewhere.status_code == 404


def test_an_obstacle_is_resolved_on_the_page(cast: Cast, plan: ActionPlan) -> None:
    row = plan.add_obstacle(by=None, text="Menunggu akses.", depends_on="BKN Pusat")
    client = cast.client("officer")
    assert "menunggu BKN Pusat" in client.get(at("plan", plan)).content.decode()
    client.post(at("obstacle-resolution", plan, row.pk), {"on": "2026-02-03", "how": "Diberi."})
    assert "teratasi 3 Februari 2026" in client.get(at("plan", plan)).content.decode()


def test_pictures_are_drawn_anew_and_everything_else_is_only_downloaded(
    cast: Cast, plan: ActionPlan
) -> None:
    made = report.make(cast.office, "plan", Span.parse("2020-S1"))
    client, url = cast.client("officer"), at("plan-evidence", plan)
    for name, content in (
        ("a.png", ONE_PIXEL),
        ("b.pdf", report.render(made, "pdf")),
        ("c.pdf", b"%PDF-1.7 rusak"),
        ("d.docx", report.render(made, "docx")),
    ):
        client.post(url, {"evidence-file": SimpleUploadedFile(name, content)})
    statuses = []
    for row in plan.evidence.all():
        shown = client.get(at("evidence-preview", plan, row.pk))
        statuses.append(shown.status_code)
        if shown.status_code == 200:
            assert shown.content.startswith(b"\x89PNG")
            assert shown["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in shown["Content-Security-Policy"]
    assert statuses == [200, 200, 404, 404]


def test_the_list_filters_sorts_and_exports_what_it_shows(cast: Cast, plan: ActionPlan) -> None:
    ActionPlan.add(
        cast.inka, by=None, survey_month=date(2099, 1, 1), element="fees", action="=1+1",
    )  # fmt: skip
    client, url = cast.client("team"), reverse("plan-list")
    assert "lanjutan dari SMT I 2026" in client.get(url).content.decode()

    def found(**query: str) -> list[str]:
        return [row.action for row in client.get(url, query).context["page"]]

    assert found(element="fees") == ["=1+1"]
    assert found(state="carried") == ["Menambah kursi tunggu."]
    assert found(state="review") == []
    assert found(sort="survey") == ["=1+1", "Menambah kursi tunggu."]
    csv = client.get(reverse("plan-export", args=["csv"]), {"unit": "inka"})
    assert "'=1+1" in csv.content.decode("utf-8-sig")
    assert "Menambah kursi" not in csv.content.decode("utf-8-sig")
    xlsx = client.get(reverse("plan-export", args=["xlsx"]))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(xlsx.content)).get_sheet_by_index(0)
    assert date(2026, 1, 1) in [row[2] for row in rows.to_python()]
    assert client.get(reverse("plan-export", args=["exe"])).status_code == 404
    assert "=1+1" not in cast.client("officer").get(
        reverse("plan-export", args=["csv"])
    ).content.decode("utf-8-sig")


def test_proposals_say_why_and_suggestions_are_grouped_into_a_plan(cast: Cast) -> None:
    during, after = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")
    for text in ("Kursi kurang.", "Tempat duduk penuh."):
        answer(cast.service, "333333313", suggestion=text, at=during)
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=after)
    client = cast.client("team")
    html = client.get(reverse("plan-proposals")).content.decode()
    assert html.index("Sarana dan Prasarana") < html.index("Persyaratan")
    assert "urutan menurut peraturan" in html
    keys = list(Feedback.objects.order_by("pk").values_list("pk", flat=True))
    form = client.get(reverse("plan-add"), {"feedback": keys}).context["form"]
    assert set(form.initial["cause"].splitlines()) == {"- Kursi kurang.", "- Tempat duduk penuh."}


def test_publications_are_registered_withdrawn_and_scored(cast: Cast) -> None:
    client, url = cast.client("team"), reverse("publication-list")
    data: dict[str, Any] = {
        "span": "2026-01", "kind": "printed", "name": "Papan loket", "on": "2026-02-03",
    }  # fmt: skip
    assert client.post(url, data).status_code == 422
    proof = SimpleUploadedFile("foto.png", ONE_PIXEL)
    assert client.post(url, data | {"file": proof}).status_code == 302
    row = Publication.objects.get()
    assert "Papan loket" in client.get(url).content.decode()
    html = client.get(reverse("pekppp"), {"year": "2026"}).content.decode()
    assert "Jenis media berbeda yang tercatat: 1" in html
    client.post(reverse("publication-withdrawal", args=[row.pk]))
    html = client.get(reverse("pekppp"), {"year": "2026"}).content.decode()
    assert "Jenis media berbeda yang tercatat: 0" in html
    assert cast.client("auditor").post(url, data).status_code == 403
    assert client.get(reverse("pekppp"), {"year": "tahun"}).status_code == 200


def test_the_self_score_is_printed_by_the_command_too(cast: Cast, plan: ActionPlan) -> None:
    made = CliRunner().invoke(main, ["pekppp", "kanreg", "2026", "--json"])
    assert made.exit_code == 0, made.output
    data = json.loads(made.output)
    assert [row["number"] for row in data["indicators"]] == [6, 7, 8, 9]
    assert data["indicators"][2]["score"] == 1
    assert "→" in CliRunner().invoke(main, ["pekppp", "kanreg", "2026"]).output


def test_the_report_pages_offer_the_spreadsheet_where_there_is_one(
    cast: Cast, plan: ActionPlan
) -> None:
    client = cast.client("team")
    for kind, offered in (("monev", True), ("plan", True), ("follow-up", False)):
        page = client.post(reverse("report-list"), {"kind": kind, "span": "2026-S1"}, follow=True)
        assert ("Excel (XLSX)" in page.content.decode()) is offered
        code = page.context["report"].code
        file = client.get(reverse("report-file", args=[code, "xlsx"]))
        assert file.status_code == (200 if offered else 404)
