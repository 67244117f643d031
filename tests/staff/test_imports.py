"""The pages of an import: mapping, preview, decision, result; and what must not be kept."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tests.imports.sheets import checked, csv_of, stored, uploaded
from tuntas import work
from tuntas.law.months import Month
from tuntas.models import (
    Closure,
    Event,
    Feedback,
    Import,
    ImportState,
    Period,
    Response,
    TooLate,
    Upload,
)
from tuntas.report.sheets import harmless

TEMPLATE = (
    "Stempel waktu,Nama,No HP,Unsur 1,Unsur 2,Unsur 3,Unsur 4,Unsur 5,Unsur 6,Unsur 7,Unsur 8,Unsur 9,Saran,Warna\n"
    "2026/01/15 9:05:12 AM GMT+8,Ani,081234567890,4,3,4,3,4,3,4,1,2,Tambah kursi,merah\n"
    "2026/02/28 11:30:00 PM GMT+7,Budi,0813,4,3,4,3,4,3,4,1,9,=HYPERLINK(1),biru\n"
)


def send(
    client: Client, cast: Cast, content: bytes | str = TEMPLATE, name: str = "isian.csv"
) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    data = {"service": cast.service.pk, "file": SimpleUploadedFile(name, raw)}
    return client.post(reverse("import-add"), data)


def the_import() -> Import:
    return Import.objects.get()


def mapping_data(client: Client, found: Import, **changed: str) -> dict[str, str]:
    """What the browser would send back from the page of the columns, with changes."""
    page = client.get(reverse("import-mapping", args=[found.pk]))
    assert page.status_code == 200
    form = page.context["form"]
    data = {
        name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()
    }
    return {"sheet": page.context["sheet"], "line": str(page.context["line"])} | data | changed


def files_kept(cast: Cast) -> list[Path]:
    return list((Path(settings.MEDIA_ROOT) / "imports" / str(cast.office.pk)).glob("*"))


@pytest.fixture
def team(cast: Cast) -> Client:
    for path in files_kept(cast):
        path.unlink()
    return cast.client("team")


def test_from_upload_to_result(cast: Cast, team: Client) -> None:
    assert send(team, cast).status_code == 302
    found = the_import()
    page = team.get(reverse("import-mapping", args=[found.pk])).content.decode()
    assert "Urutan unsur" in page
    assert "8 = pengaduan, 9 = sarana" in page
    assert "081234567890" not in page  # identity is not even shown
    assert "Ani" not in json.dumps(found.upload.excerpt)

    url = reverse("import-mapping", args=[found.pk])
    refused = team.post(url, mapping_data(team, found))
    assert refused.status_code == 422
    assert "unsur 8 dan 9 berbeda" in refused.content.decode()
    assert team.post(url, mapping_data(team, found, order="regulation")).status_code == 302
    assert the_import().state == ImportState.CHECKING
    waiting = team.get(reverse("import", args=[found.pk])).content.decode()
    assert '<noscript><meta http-equiv="refresh"' in waiting

    work.run_until_empty()
    found = the_import()
    page = team.get(reverse("import", args=[found.pk])).content.decode()
    for words in (
        "1 baris salah",
        "Baris 3",
        "Unsur 9",
        "nilai harus 1–4",
        "Nama, No HP",
        "Warna",
        "Tambah kursi",
    ):
        assert words in page, words
    assert not Response.objects.exists()
    done = team.post(reverse("import-confirmation", args=[found.pk]), {"digest": found.digest})
    assert done.status_code == 302
    work.run_until_empty()

    found = the_import()
    assert (found.state, found.stored, found.months) == (ImportState.FINISHED, 1, {"2026-01": 1})
    response = Response.objects.get()
    # Element 8 of the list is complaint handling, which the form asks last.
    assert (response.answers, str(response.answered_on)) == ("434343421", "2026-01-15")
    assert Feedback.objects.get().text == "Tambah kursi"
    page = team.get(reverse("import", args=[found.pk])).content.decode()
    assert "Sudah dihapus dari server." in page
    assert found.sha256 in page
    assert "Tambah kursi" not in page
    assert files_kept(cast) == []
    assert not Upload.objects.exists()
    actions = list(
        Event.objects.filter(office=cast.office).order_by("pk").values_list("action", flat=True)
    )
    assert [a for a in actions if "import" in a] == [
        "import.added",
        "import.confirmed",
        "responses.imported",
    ]
    everything = json.dumps(list(Import.objects.values()), default=str) + json.dumps(
        list(Event.objects.values()), default=str
    )
    assert "Ani" not in everything
    assert "081234567890" not in everything


def test_the_same_file_again_stores_nothing_and_says_so(cast: Cast, team: Client) -> None:
    stored(cast, csv_of(20))
    again = checked(cast, csv_of(20))
    page = team.get(reverse("import", args=[again.pk])).content.decode()
    assert "Berkas yang sama sudah diimpor" in page
    assert "20 di antaranya sudah tersimpan" in page
    again.confirm(again.digest, by=cast.people["team"])
    work.run_until_empty()
    again.refresh_from_db()
    assert (again.stored, again.known, Response.objects.count()) == (0, 20, 20)


def test_the_same_file_read_differently_needs_a_second_thought(cast: Cast, team: Client) -> None:
    stored(cast, csv_of(5))
    other = checked(cast, csv_of(5), batch="loket 2")
    url = reverse("import-confirmation", args=[other.pk])
    team.post(url, {"digest": other.digest})
    other.refresh_from_db()
    assert other.state == ImportState.CHECKED
    team.post(url, {"digest": other.digest, "again": "on"})
    work.run_until_empty()
    assert Response.objects.count() == 10


def test_the_mapping_is_remembered_for_the_same_header(cast: Cast, team: Client) -> None:
    send(team, cast)
    first = the_import()
    data = mapping_data(team, first, order="questionnaire", zone="Asia/Jayapura", c13="identity")
    team.post(reverse("import-mapping", args=[first.pk]), data)
    send(team, cast, TEMPLATE.replace("Ani", "Citra"))
    second = Import.objects.exclude(pk=first.pk).get()
    page = team.get(reverse("import-mapping", args=[second.pk]))
    assert "pilihan terakhir kantor ini" in page.content.decode()
    remembered = mapping_data(team, second)
    assert (remembered["order"], remembered["zone"], remembered["c13"]) == ("questionnaire", "Asia/Jayapura", "identity")  # fmt: skip
    send(team, cast, TEMPLATE.replace("Warna", "Kota"))
    assert mapping_data(team, Import.objects.latest("pk"))["order"] == ""


def test_the_time_zone_decides_the_month(cast: Cast, team: Client) -> None:
    text = "Tanggal,q1,q2,q3,q4,q5,q6,q7,q8,q9\n31/01/2026 23:30:00,3,3,3,3,3,3,3,3,3\n"
    months = []
    for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"):
        months.append(checked(cast, text.encode(), zone=zone).summary["months"])
    assert months == [{"2026-02": 1}, {"2026-01": 1}, {"2026-01": 1}]  # the office is in Makassar


def test_without_a_date_the_month_is_asked_for(cast: Cast, team: Client) -> None:
    send(team, cast, "q1,q2,q3,q4,q5,q6,q7,q8,q9\n3,3,3,3,3,3,3,3,3\n")
    url = reverse("import-mapping", args=[the_import().pk])
    refused = team.post(url, mapping_data(team, the_import()))
    assert "memerlukan bulan" in refused.content.decode()
    team.post(url, mapping_data(team, the_import(), month="2026-01"))
    work.run_until_empty()
    assert the_import().summary["months"] == {"2026-01": 1}


def test_closed_months_are_named_with_where_the_rows_go(cast: Cast, team: Client) -> None:
    answer(cast.service, at=moment("2026-01-10 03:00"))
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-03 03:00"))
    found = checked(cast, csv_of(30))
    page = team.get(reverse("import", args=[found.pk])).content.decode()
    assert "sudah ditutup" in page
    found.confirm(found.digest, by=cast.people["team"])
    work.run_until_empty()
    found.refresh_from_db()
    assert (found.moved, found.months) == (10, {"2026-02": 20, "2026-03": 10})


def test_all_bad_rows_are_listed_and_downloaded_without_formulas(cast: Cast, team: Client) -> None:
    rows = "".join(f"2026-01-01,=1+{n},3,3,3,3,3,3,3,3,saran rahasia\n" for n in range(120))
    head = "Tanggal,q1,q2,q3,q4,q5,q6,q7,q8,q9,Saran\n"
    long = "2026-01-01,3,3,3,3,3,3,3,3,3," + "x" * 5001 + "\n"
    found = checked(cast, (head + rows + long).encode())
    url = reverse("import", args=[found.pk])
    assert "Halaman 1 dari 3" in team.get(url).content.decode()
    last = team.get(url + "?page=3").content.decode()
    assert "Baris 122" in last
    answer_ = team.get(reverse("import-problems", args=[found.pk]))
    text = b"".join(answer_.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(lines) == 122
    assert lines[1] == [
        "2",
        "q1",
        "'=1+0",
        "nilai harus 1–4, salah satu kata pilihannya, atau kosong",
    ]
    assert lines[-1][2] == ""  # never what a citizen wrote
    assert "rahasia" not in text + last


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=1", "'=1"), ("+1", "'+1"), ("@x", "'@x"), ("  -1", "'  -1"), ("\t1", "'\t1"), ("31", "31"), ("", "")],
)  # fmt: skip
def test_formulas_are_neutralised(text: str, safe: str) -> None:
    assert harmless(text) == safe


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "x.csv", "kosong"),
        (b"PK\x03\x04rubbish", "x.xlsx", "bukan lembar kerja"),
        (b"\xd0\xcf\x11\xe0rest", "x.xls", "Excel lama"),
        (b"\x00\x01" * 9, "x.csv", "bukan berkas CSV"),
        (b"\n\n,,\n", "x.csv", "tidak berisi apa pun"),
    ],
)
def test_a_file_that_is_no_spreadsheet_leaves_nothing_behind(
    cast: Cast, team: Client, content: bytes, name: str, words: str
) -> None:
    refused = send(team, cast, content, name)
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert not Import.objects.exists()
    assert files_kept(cast) == []


def test_a_sheet_without_known_columns_can_be_mapped_by_hand(cast: Cast, team: Client) -> None:
    send(team, cast, "Judul\n" + ",".join("abcdefghi") + "\n3,3,3,3,3,3,3,3,3\n")
    found = the_import()
    page = team.get(reverse("import-mapping", args=[found.pk]) + "?line=2")
    assert page.context["line"] == 2
    data = {"sheet": "", "line": "2", "zone": "Asia/Makassar", "dates": "dmy", "month": "2026-01"}
    wrong = team.post(
        reverse("import-mapping", args=[found.pk]), data | {f"c{n}": "q1" for n in range(9)}
    )
    assert "Dua kolom mendapat arti yang sama" in wrong.content.decode()
    team.post(
        reverse("import-mapping", args=[found.pk]), data | {f"c{n}": f"q{n + 1}" for n in range(9)}
    )
    work.run_until_empty()
    assert the_import().summary["good"] == 1


def test_cancelling_is_possible_until_storing_begins(cast: Cast, team: Client) -> None:
    found = checked(cast, csv_of(5))
    found.confirm(found.digest, by=cast.people["team"])
    team.post(reverse("import-cancellation", args=[found.pk]))
    assert the_import().state == ImportState.CANCELLED
    work.run_until_empty()
    assert not Response.objects.exists()
    assert files_kept(cast) == []
    assert team.get(reverse("import", args=[found.pk])).status_code == 200
    later = stored(cast, csv_of(5))
    with pytest.raises(TooLate):
        later.cancel(by=cast.people["team"])


def test_only_what_was_announced_is_confirmed(cast: Cast, team: Client) -> None:
    found = checked(cast, csv_of(5))
    team.post(reverse("import-confirmation", args=[found.pk]), {"digest": "an older preview"})
    assert the_import().state == ImportState.CHECKED
    found.confirm(found.digest, by=cast.people["team"])
    found.path.write_bytes(csv_of(6))  # somebody put another file there
    work.run_until_empty()
    assert the_import().state == ImportState.UNREADABLE
    assert (
        "berubah sejak diperiksa" in team.get(reverse("import", args=[found.pk])).content.decode()
    )
    assert not Response.objects.exists()


def test_a_service_closed_meanwhile_is_told(cast: Cast, team: Client) -> None:
    found = checked(cast, csv_of(5))
    found.confirm(found.digest, by=cast.people["team"])
    cast.service.change(by=None, closed_at=timezone.now())
    work.run_until_empty()
    assert "sudah ditutup dan tidak menerima" in the_import().problem


def test_a_file_is_forgotten_after_seven_days(cast: Cast, team: Client) -> None:
    found = checked(cast, csv_of(5))
    Import.objects.update(uploaded_at=timezone.now() - timedelta(days=6))
    work.run_until_empty()
    assert len(files_kept(cast)) == 1
    Import.objects.update(uploaded_at=timezone.now() - timedelta(days=8))
    work.run_until_empty()
    assert files_kept(cast) == []
    assert the_import().state == ImportState.EXPIRED
    page = team.get(reverse("import", args=[found.pk])).content.decode()
    assert "tujuh hari" in page
    with pytest.raises(TooLate):
        found.confirm(found.digest, by=cast.people["team"])


def test_an_officer_imports_into_the_own_unit_only(cast: Cast, team: Client) -> None:
    officer, other = cast.client("officer"), cast.client("other_officer")
    assert send(officer, cast).status_code == 302
    assert send(other, cast).status_code == 422
    assert Import.objects.count() == 1
    assert other.get(reverse("import", args=[the_import().pk])).status_code == 404


def test_readers_see_the_account_but_no_citizens_words(cast: Cast, team: Client) -> None:
    found = checked(cast, csv_of(60))
    page = cast.client("auditor").get(reverse("import", args=[found.pk])).content.decode()
    assert "60" in page
    assert "Tambah kursi" not in page
    assert "Jangan impor apa pun" not in page


def test_progress_is_told_as_numbers(cast: Cast, team: Client) -> None:
    found = uploaded(cast, csv_of(5), mapped=True)
    told = team.get(reverse("import-progress", args=[found.pk])).json()
    assert told["state"] == "checking"
    assert told["total"] >= 5
