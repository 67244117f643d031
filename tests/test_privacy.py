"""Notices by version, rules of retention, erasing on request, and what is held under a code."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas import chores, processing
from tuntas.cli import main
from tuntas.dictionary import MARKS, NONE, markdown, tables
from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    AnsweredShare,
    Contact,
    Erased,
    Event,
    Evidence,
    Feedback,
    Invitation,
    InvitationBatch,
    Period,
    PrivacyNotice,
    Reopened,
    RetentionChoice,
    TextErasure,
    Vote,
)
from tuntas.models.closures import Closure
from tuntas.models.privacy import notice_at, notice_of
from tuntas.models.proofs import findings
from tuntas.models.retention import due, erase_due, rule_of

DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")
SECRET = "Bu Wayan di loket dua galak sekali"


def start(cast: Cast, text: str = SECRET, **fields: Any) -> tuple[str, Feedback]:
    code = answer(cast.service, suggestion=text, **fields).tracking_code
    found = Feedback.by_code(code)
    assert found
    return f"/t/{code}/", found


# -- the notice ----------------------------------------------------------------------------------


def test_the_form_links_to_a_notice_in_every_language(cast: Cast) -> None:
    path = f"/o/{cast.office.address}/privacy/"
    way = reverse("survey-privacy", args=[cast.service.token])
    assert f'href="{way}"' in Client().get(cast.service.get_absolute_url()).content.decode()
    for language, words in (("id", "Siapa yang"), ("en", "Who is"), ("ban", "Sira sane")):
        html = Client().get(f"{path}?l={language}").content.decode()
        assert words in html
        assert "Kantor Regional Contoh" in html
        assert not Client().get(path).cookies


def test_a_version_never_changes_and_the_time_tells_which_one_was_shown(cast: Cast) -> None:
    team = cast.people["team"]
    first = moment("2026-01-10 02:00")
    PrivacyNotice.publish(cast.office, {"id": "# Satu\nIsi satu"}, by=team, at=first)
    later = first.date() + timedelta(days=5)
    PrivacyNotice.publish(cast.office, {"id": "Dua"}, by=team, at=first, from_on=later)
    assert notice_at(cast.office, first - timedelta(seconds=1)).version == 0
    assert notice_at(cast.office, first).version == 1
    assert notice_at(cast.office, first + timedelta(days=4)).version == 1
    assert notice_at(cast.office, first + timedelta(days=6)).version == 2
    assert notice_of(cast.office, 2, first) is None  # still to come
    with pytest.raises(Error), transaction.atomic():
        PrivacyNotice.objects.update(texts={"id": "lain"})
    past = first.date() - timedelta(days=1)
    with pytest.raises(ValidationError, match="lewat"):
        PrivacyNotice.publish(cast.office, {"id": "x"}, by=team, at=first, from_on=past)
    with pytest.raises(ValidationError, match="Indonesia"):
        PrivacyNotice.publish(cast.office, {"en": "x"}, by=team)
    html = Client().get(f"/o/{cast.office.address}/privacy/1/").content.decode()
    assert "<h2>Satu</h2>" in html
    assert "tidak berlaku lagi" in html
    assert Client().get(f"/o/{cast.office.address}/privacy/9/").status_code == 404
    assert notice_at(cast.other, timezone.now()).version == 0


def test_what_an_office_writes_is_shown_as_text(cast: Cast) -> None:
    PrivacyNotice.publish(cast.office, {"id": "<script>alert(1)</script>"}, by=None)
    html = Client().get(f"/o/{cast.office.address}/privacy/").content.decode()
    assert "&lt;script&gt;alert(1)" in html


def test_the_team_publishes_a_version_and_a_consent_names_it(cast: Cast, settings: Any) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    client = cast.client("team")
    url = reverse("privacy-settings")
    assert "Sira sane" in client.get(url).content.decode()
    assert client.post(url, {"id": ""}).status_code == 422
    assert client.post(url, {"id": "Baru", "from_on": "2020-01-01"}).status_code == 422
    assert client.post(url, {"id": "Baru", "en": "New"}).status_code == 302
    page, row = start(cast)
    Client().post(page, {"act": "contact", "email": "warga@contoh.id", "consent": "1"})
    assert Contact.objects.get(feedback=row).notice_version == 1
    assert Event.objects.filter(action="privacy-notice.published").count() == 1


# -- erasing -------------------------------------------------------------------------------------


def test_a_citizen_erases_the_words_and_what_was_counted_stays(cast: Cast) -> None:
    url, row = start(cast)
    reply = row.reply("Kami perbaiki.", by=cast.people["officer"])
    Vote.cast(row, reply.pk, "no", f"{SECRET} lagi")
    Reopened.make(row, f"{SECRET} masih")
    Contact.give(row, "warga@contoh.id")
    row.split("loket dua", by=cast.people["team"])
    before = AnsweredShare.of(Feedback.objects.all(), until=timezone.now(), today=cast.office.today)
    html = Client().get(url).content.decode()
    assert "Hapus tulisan saya" in html
    assert "Yang tetap" in html
    assert Client().post(url, {"act": "erasure"}).status_code == 422  # not sure yet
    assert Feedback.objects.get(pk=row.pk).text == SECRET
    assert Client().post(url, {"act": "erasure", "sure": "1"}).status_code == 302
    html = Client().get(url).content.decode()
    assert "[tulisan dihapus]" in html
    assert "Kami perbaiki." in html
    assert "loket" not in html
    after = AnsweredShare.of(Feedback.objects.all(), until=timezone.now(), today=cast.office.today)
    assert before == after
    assert not Contact.objects.exists()
    assert "loket" not in everything_stored()
    assert Event.objects.get(action="feedback.erased").details == {"cause": "citizen"}
    assert Client().post(url, {"act": "erasure", "sure": "1"}).status_code == 422  # nothing left
    with pytest.raises(Error), transaction.atomic():
        TextErasure.objects.all().delete()


def everything_stored() -> str:
    """Every cell of the database as text."""
    found = []
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            found.append(str(cursor.fetchall()))
    return "".join(found)


@pytest.mark.parametrize("when", ["before", "after"])
def test_proofs_hold_after_an_erasure(cast: Cast, when: str) -> None:
    january = Month(2026, 1)
    _url, row = start(cast, at=DURING)
    start(cast, "Tambah kursi.", at=DURING)
    if when == "before":
        TextErasure.make(row, "citizen")
    closure = Closure.seal(Period.of(cast.office, january), by=None, at=AFTER)
    if when == "after":
        TextErasure.make(row, "office", by=cast.people["team"], reason="Memuat nama orang lain")
    assert list(findings(cast.office, january)) == []
    assert closure.content["proof"]["texts"]["n"] == 2
    # The check is not blind: other words instead of none are found.
    Feedback.objects.filter(pk=row.pk).update(text="lain")
    assert [found.file for found in findings(cast.office, january)] == [f"masukan #{row.pk}"]


def test_the_command_verifies_after_an_erasure(cast: Cast, tmp_path: Path) -> None:
    _url, row = start(cast, at=DURING)
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=AFTER)
    TextErasure.make(row, "citizen")
    file = tmp_path / "bukti.zip"
    run = CliRunner()
    packed = run.invoke(main, ["pack", cast.office.code, "2026-01", "--out", str(file)])
    assert packed.exit_code == 0, packed.output
    for arguments in ([str(file)], ["--database", cast.office.code, "2026-01"]):
        verified = run.invoke(main, ["verify", *arguments])
        assert verified.exit_code == 0, verified.output


def test_the_team_erases_with_a_reason_and_staff_see_that_it_was(cast: Cast) -> None:
    _url, row = start(cast)
    client = cast.client("team")
    url = reverse("feedback-erasure", args=[row.pk])
    assert "Yang tetap" in client.get(url).content.decode()
    assert client.post(url, {"reason": "x"}).status_code == 422
    assert client.post(url, {"reason": "Memuat nama petugas"}).status_code == 302
    html = client.get(reverse("feedback", args=[row.pk])).content.decode()
    assert "Memuat nama petugas" in html
    assert "[tulisan dihapus]" in html
    assert "[tulisan dihapus]" in client.get(reverse("feedback-list")).content.decode()
    assert "sudah dihapus" in client.get(url).content.decode()
    # It can still be sorted and answered, so that nothing stays open for ever.
    sorting = reverse("feedback-sorting", args=[row.pk])
    assert client.post(sorting, {"kind": "complaint"}).status_code == 302
    assert Feedback.objects.get().kind == "complaint"


# -- what is held --------------------------------------------------------------------------------


def test_the_citizen_downloads_everything_held_under_the_code(cast: Cast) -> None:
    url, row = start(cast)
    reply = row.reply("Kami perbaiki.", by=cast.people["officer"])
    Vote.cast(row, reply.pk, "partly", "lumayan")
    Contact.give(row, "warga@contoh.id")
    response = Client().get(f"{url}data.json")
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response["Cache-Control"] == "no-store"
    data = json.loads(response.content)
    (matter,) = data["matters"]
    assert matter["text"] == SECRET
    assert matter["messages"][0]["text"] == "Kami perbaiki."
    assert matter["votes"][0]["words"] == "lumayan"
    assert data["contact"]["email"] == "warga@contoh.id"
    html = Client().get(f"{url}data/").content.decode()
    for words in (SECRET, "Kami perbaiki.", "lumayan", "warga@contoh.id"):
        assert words in html
    for told in (response.content.decode(), html):
        assert "Officer" not in told  # who of the staff answered is no data of the citizen
    for name in ("data/", "data.json"):
        assert Client().get(f"/t/ABCD-EFGH-JKMN-PQRST/{name}").status_code == 404
    TextErasure.make(row, "citizen")
    assert json.loads(Client().get(f"{url}data.json").content)["erased"][0]["cause"] == "citizen"


# -- retention -----------------------------------------------------------------------------------


def test_an_office_chooses_only_within_the_limits(cast: Cast) -> None:
    client = cast.client("team")
    for kind, amount, status in (
        ("text", "5", 302), ("text", "0", 422), ("text", "31", 422), ("text", "dua", 422),
        ("contact", "90", 422), ("audit", "1", 422), ("response", "1", 422), ("lain", "1", 422),
        ("invitation", "365", 422), ("invitation", "400", 302), ("evidence", "2", 302),
    ):  # fmt: skip
        url = reverse("retention-choice", args=[kind])
        response = client.post(url, {"amount": amount, "act": "erase"})
        assert response.status_code == status, (kind, amount)
    assert rule_of(cast.office, "text").amount == 5
    client.post(reverse("retention-choice", args=["text"]), {"act": "keep"})
    assert rule_of(cast.office, "text").amount is None
    assert rule_of(cast.other, "evidence").amount is None
    assert RetentionChoice.objects.filter(kind="text").count() == 2


def test_old_words_go_by_the_rule_and_open_ones_stay(cast: Cast) -> None:
    old, now = moment("2020-03-01 03:00"), timezone.now()
    _url, answered = start(cast, at=old)
    answered.reply("Sudah.", by=cast.people["team"], at=old)
    _url, waiting = start(cast, "Belum dijawab.", at=old)
    _url, young = start(cast, "Baru.")
    young.reply("Sudah.", by=cast.people["team"])
    chores.purge(now, None)
    assert not Erased.objects.filter(kind="text").exists()  # kept unless the office chooses
    RetentionChoice.choose(cast.office, "text", 3, by=cast.people["team"])
    html = cast.client("auditor").get(reverse("retention")).content.decode()
    assert "Pasal 16 ayat (2) huruf g" in html
    rows = due(rule_of(cast.office, "text"), cast.office, now)
    assert rows is not None
    assert list(rows) == [answered]
    chores.purge(now, None)
    chores.purge(now, None)
    texts = {row.pk: row.text for row in Feedback.objects.all()}
    assert texts == {answered.pk: "", waiting.pk: "Belum dijawab.", young.pk: "Baru."}
    assert Erased.objects.get(kind="text").n == 1
    assert TextErasure.objects.get().cause == "rule"
    page = cast.client("auditor").get(reverse("retention"))
    (row,) = [each for each in page.context["rows"] if each.standing.kind == "text"]
    assert (row.due, row.erased) == (0, 1)
    assert SECRET not in page.content.decode()


def test_an_evidence_file_goes_when_nothing_else_holds_it(cast: Cast) -> None:
    plan = ActionPlan.add(
        cast.pensiun, by=None, survey_month=DURING.date().replace(day=1), action="Menambah kursi."
    )
    old = plan.add_file("lama.pdf", b"%PDF-1.7 sama", by=None)
    young = plan.add_file("baru.pdf", b"%PDF-1.7 sama", by=None)
    Evidence.objects.filter(pk=old.pk).update(at=moment("2020-01-01 00:00"))
    RetentionChoice.choose(cast.office, "evidence", 2, by=None)
    now = timezone.now()
    assert erase_due(cast.office, now)["evidence"] == 1
    assert default_storage.exists(young.storage_path)
    client = cast.client("team")
    assert client.get(reverse("evidence-file", args=[plan.pk, old.pk])).status_code == 404
    assert (
        "berkas dihapus menurut aturan"
        in client.get(reverse("plan", args=[plan.pk])).content.decode()
    )
    Evidence.objects.filter(pk=young.pk).update(at=moment("2020-01-01 00:00"))
    assert erase_due(cast.office, now)["evidence"] == 1
    assert not default_storage.exists(young.storage_path)
    assert Evidence.objects.get(pk=old.pk).sha256 == old.sha256


def test_codes_long_expired_go_and_their_numbers_stay(cast: Cast) -> None:
    cast.service.change(by=None, codes="optional")
    last = cast.office.today
    batch, _codes = InvitationBatch.make(cast.service, "slip", 5, expires_on=last, by=None)
    now = timezone.now()
    assert erase_due(cast.office, now + timedelta(days=360))["invitation"] == 0
    assert erase_due(cast.office, now + timedelta(days=370))["invitation"] == 5
    assert not Invitation.objects.exists()
    assert InvitationBatch.objects.get(pk=batch.pk).n == 5
    assert Erased.objects.get(kind="invitation").n == 5


# -- the dictionary and the record ---------------------------------------------------------------


def test_the_data_dictionary_misses_no_table_and_no_column(cast: Cast) -> None:
    stored = {}
    with connection.cursor() as cursor:
        parts = parts_of_indexes(cursor)
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)} LIMIT 0")
            if name not in parts:
                stored[name] = {column[0] for column in cursor.description}
            if f"{name}_data" in parts:
                stored[name].add("rowid")
    written = {name: {word.rstrip("!~") for word in words.split()} for name, words in MARKS.items()}
    assert written == stored


def parts_of_indexes(cursor: Any) -> set[str]:
    """The tables in which FTS5 stores an index."""
    if connection.vendor != "sqlite":
        return set()
    cursor.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
    return {row[0] for row in cursor.fetchall()}


def test_the_document_is_the_dictionary() -> None:
    file = Path(__file__).parents[1] / "docs" / "data-dictionary.md"
    assert file.read_text(encoding="utf-8") == markdown(), (
        "tuntas dictionary > docs/data-dictionary.md"
    )


def test_every_column_that_may_hold_a_person_is_in_the_record(cast: Cast) -> None:
    marked = {
        f"{table.name}.{column.name}"
        for table in tables()
        for column in table.columns
        if column.mark != NONE
    }
    told = {
        processing.full_name(column)
        for row in processing.record_of(cast.office)
        for column in (*row.personal, *row.perhaps)
    }
    assert told == marked
    page = cast.client("auditor").get(reverse("processing")).content.decode()
    assert "contact.email" in page
    file = cast.client("auditor").get(reverse("processing-file")).content.decode("utf-8-sig")
    assert "Saran dan tanggapan" in file


def test_the_form_leads_to_the_notice_of_its_office(cast: Cast) -> None:
    shown = Client().get(f"{cast.service.get_absolute_url()}?l=en").content.decode()
    address = reverse("survey-privacy", args=[cast.service.token])
    assert f'href="{address}?l=en"' in shown
    answer = Client().get(f"{address}?l=en")
    assert (answer.status_code, answer["Location"]) == (302, "/o/pusat.kanreg/privacy/?l=en")
    assert Client().get(reverse("survey-privacy", args=["tidakada"])).status_code == 404
