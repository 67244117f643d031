"""The `tuntas` command: what it prints, stores and refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from django.utils import timezone

from scripts.with_postgres import free_port
from tests.conftest import Cast, answer, moment
from tuntas import doctor
from tuntas.cli import main
from tuntas.law.months import Month
from tuntas.models import Event, Feedback, HistoricalResult, Office, Period, Response, Service
from tuntas.models.closures import Closure

DATA = Path(__file__).parents[1] / "data" / "sekadau_2019s1" / "sekadau_skm_2019_s1_first49.csv"
TEMPLATE = (
    "Pilar,Program,Nama,No HP,Alamat,Jenis Kelamin,Usia,Pendidikan,Pekerjaan,"
    "Unsur 1,Unsur 2,Unsur 3,Unsur 4,Unsur 5,Unsur 6,Unsur 7,Unsur 8,Unsur 9,Saran/Masukan\n"
)


def tuntas(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def imported(path: Path, *words: str) -> Result:
    return tuntas(
        "import", "responses", str(path), "--office", "kanreg", "--service", "pensiun", *words
    )


def as_json(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.fixture
def csv_file(tmp_path: Path) -> Any:
    def write(text: str, name: str = "isian.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("weights", "converted"), [("exact", "78.74"), ("0.111", "78.66"), ("0.11", "77.95")]
)
def test_the_sekadau_rows_from_file_to_index(db: None, weights: str, converted: str) -> None:
    tuntas("office", "add", "sekadau", "--name", "Kabupaten Sekadau")
    tuntas("unit", "add", "sekadau", "umum", "--name", "Umum")
    tuntas("service", "add", "sekadau", "umum", "skm", "--name", "Layanan")
    words = ["--office", "sekadau", "--service", "skm", "--order", "regulation"]
    done = tuntas("import", "responses", str(DATA), *words, "--month", "2019-06", "--json")
    assert as_json(done)["stored"] == 49
    again = tuntas("import", "responses", str(DATA), *words, "--month", "2019-06", "--json")
    assert (as_json(again)["stored"], as_json(again)["already_stored"]) == (0, 49)
    result = tuntas("index", "--office", "sekadau", "--weights", weights, "--json")
    data = as_json(result)
    assert data["converted_2"] == converted
    assert data["grade"] == "B"
    assert data["n"] == 49
    assert len(data["converted"].split(".")[1]) >= 6
    assert set(data) >= {
        "n",
        "elements",
        "index_value",
        "converted",
        "grade",
        "weights",
        "interval95",
        "flags",
    }
    assert set(data["elements"][0]) >= {"code", "name", "n", "mean", "weighted", "grade"}
    words = tuntas("index", "--office", "sekadau", "--weights", weights).stdout
    assert converted.replace(".", ",") in words


def test_numbered_columns_need_an_order_because_8_and_9_are_ambiguous(cast: Cast) -> None:
    result = imported(DATA)
    assert result.exit_code == 2
    assert "--order questionnaire" in result.stderr
    assert not Response.objects.exists()
    imported(DATA, "--order", "questionnaire")
    data = as_json(tuntas("index", "--office", "kanreg", "--json"))
    sums = {row["code"]: row["mean"] for row in data["elements"]}
    imported_as_form = sums["facilities"]
    assert imported_as_form == "2.918367346939"  # 143/49: column 8 is the facilities


def test_bad_rows_are_all_named_and_nothing_is_stored(cast: Cast, csv_file: Any) -> None:
    good = "x,y,Ani,0812,Jl. A,Perempuan,31,S1 / Setara,Swasta,4,3,4,3,4,3,4,3,4,Tambah kursi\n"
    bad = good.replace(",4,3,4,3,4,3,4,3,4,", ",5,3,4,3,4,3,4,3,4,")
    old = good.replace(",31,", ",231,")
    path = csv_file(TEMPLATE + good + bad + old)
    result = imported(path, "--order", "regulation")
    assert result.exit_code == 2
    assert "Baris 3, kolom Unsur 1: '5' – nilai harus 1–4" in result.stderr
    assert "Baris 4, kolom Usia: '231'" in result.stderr
    assert "2 dari 3 baris salah; tidak ada yang disimpan" in result.stderr
    assert not Response.objects.exists()
    dry = imported(path, "--order", "regulation", "--skip-bad", "--dry-run")
    assert dry.exit_code == 0
    assert not Response.objects.exists()
    result = imported(path, "--order", "regulation", "--skip-bad", "--json")
    data = as_json(result)
    assert (data["stored"], len(data["bad"])) == (1, 2)
    assert data["identity_columns_not_stored"] == ["Nama", "No HP", "Alamat"]
    stored = Response.objects.get()
    assert (stored.answers, stored.profile, stored.channel) == ("434343443", "P35d", "import")
    assert Feedback.objects.get().text == "Tambah kursi"
    database = " ".join(str(row) for row in Response.objects.values()) + Feedback.objects.get().text
    assert "Ani" not in database
    assert "0812" not in database


def test_identical_rows_are_different_people_but_the_same_file_is_the_same(
    cast: Cast, csv_file: Any
) -> None:
    head = "u1,u2,u3,u4,u5,u6,u7,u8,u9\n"
    path = csv_file(head + "3,3,3,3,3,3,3,3,3\n" * 5)
    imported(path, "--order", "regulation", "--month", "2026-01")
    imported(path, "--order", "regulation", "--month", "2026-01")
    assert Response.objects.count() == 5
    longer = csv_file(head + "3,3,3,3,3,3,3,3,3\n" * 7, "lebih.csv")
    imported(longer, "--order", "regulation", "--month", "2026-01")
    assert Response.objects.count() == 7
    imported(longer, "--order", "regulation", "--month", "2026-01", "--batch", "loket 2")
    assert Response.objects.count() == 14


def test_dates_blanks_and_a_spreadsheet_by_element_names(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "isian.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Rekap SKM"])
        names = ["Tanggal", "Persyaratan", "Prosedur", "Waktu Penyelesaian", "Biaya/Tarif",
                 "Produk layanan", "Kompetensi pelaksana", "Perilaku pelaksana",
                 "Sarana dan Prasarana", "Penanganan Pengaduan, Saran, dan Masukan"]  # fmt: skip
        sheet.write_row(1, 0, names)
        sheet.write_row(2, 0, ["15/01/2026", 4, 4, 4, "", 4, 4, 4, 2, 1])
        sheet.write_row(3, 0, ["2026-02-20 10:00:00", 3, 3, 3, 3, 3, 3, 3, 3, 3])
    result = imported(path, "--json")
    assert as_json(result)["months"] == {"2026-01": 1, "2026-02": 1}
    first = Response.objects.get(month="2026-01-01")
    assert first.answers == "444044421"
    assert str(first.answered_on) == "2026-01-15"


def test_sheet_and_time_zone_can_be_chosen(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "isian.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Sampul").write(0, 0, "Rekap")
        sheet = book.add_worksheet("Isian")
        sheet.write_row(0, 0, ["Stempel waktu", *(f"q{n}" for n in range(1, 10))])
        sheet.write_row(1, 0, ["31/01/2026 23:30:00", *[3] * 9])
    assert "Kolom nilai tidak ditemukan" in imported(path).stderr
    assert "Yang ada: Sampul, Isian" in imported(path, "--sheet", "X").stderr
    assert "tidak dikenal" in imported(path, "--sheet", "Isian", "--time-zone", "Mars").stderr
    result = imported(path, "--sheet", "Isian", "--time-zone", "WIB", "--json")
    assert as_json(result)["months"] == {"2026-02": 1}  # already February in Makassar


def test_wording_that_only_resembles_a_question_must_be_confirmed_by_a_map(
    cast: Cast, csv_file: Any, tmp_path: Path
) -> None:
    texts = [question.text for question in cast.service.edition.question_list]
    texts[6] = "Bagamana pendapat saudara perilaku petugas terkait kesopanan dan keramahan"
    head = ",".join(f'"{text}"' for text in texts)
    path = csv_file(head + "\n4,4 - Sangat mudah,cepat,4,4,4,4,Sangat Baik (4),4\n")
    refused = imported(path, "--month", "2026-01")
    assert refused.exit_code == 2
    assert f'"{texts[6]}": "q7"' in refused.stderr
    names = tmp_path / "arti.json"
    names.write_text(json.dumps({texts[6]: "q7"}), encoding="utf-8")
    assert imported(path, "--month", "2026-01", "--map", str(names)).exit_code == 0
    assert Response.objects.get().answers == "443444444"


def test_rows_of_a_closed_month_count_in_the_next_open_one_and_it_is_said(
    cast: Cast, csv_file: Any
) -> None:
    answer(cast.service, at=moment("2026-01-10 03:00"))
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-03 03:00"))
    path = csv_file("tanggal,u1,u2,u3,u4,u5,u6,u7,u8,u9\n2026-01-20,3,3,3,3,3,3,3,3,3\n")
    result = imported(path, "--order", "regulation")
    assert "2026-02: 1" in result.stdout
    assert "bulan terbuka berikutnya" in result.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "kosong"),
        (b"a,b\n1,2\n", "Kolom nilai tidak ditemukan"),
        (b"\xd0\xcf\x11\xe0rest", "Excel lama"),
        (b"PK\x03\x04rubbish", "bukan lembar kerja"),
        (b"\x00\x01\x02" * 50, "bukan berkas CSV"),
        (b"u1,u2,u3\n1,2,3\n", "pertanyaan 4"),
        (b"u1,u2,u3,u4,u5,u6,u7,u8,u9\n", "tidak berisi satu baris pun"),
    ],
)
def test_a_wrong_spreadsheet_is_refused_in_words(
    cast: Cast, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "salah.csv"
    path.write_bytes(content)
    result = imported(path, "--order", "regulation")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_future_date_and_an_empty_row_are_bad_rows(cast: Cast, csv_file: Any) -> None:
    path = csv_file("tanggal,u1,u2,u3,u4,u5,u6,u7,u8,u9\n2999-01-01,3,3,3,3,3,3,3,3,3\nkemarin,3,3,3,3,3,3,3,3,3\n2026-01-01,,,,,,,,,\n")  # fmt: skip
    result = imported(path, "--order", "regulation")
    for words in ("Baris 2", "Baris 3", "tanggal tidak dikenal", "Baris 4", "tidak ada satu pun"):
        assert words in result.stderr


def test_published_values_are_imported_all_or_none(cast: Cast, csv_file: Any) -> None:
    good = csv_file("bulan;nilai\n2023-01;88,81\n2023-02;89,15\n", "baik.csv")
    bad = csv_file("bulan;nilai\n2023-03;86,48\n2023-04;188\nmaret;80\n", "salah.csv")
    result = tuntas("import", "results", str(bad), "--office", "kanreg")
    assert result.exit_code == 2
    assert "Baris 3" in result.stderr
    assert "Baris 4" in result.stderr
    assert not HistoricalResult.objects.exists()
    tuntas("import", "results", str(good), "--office", "kanreg", "--source", "Laporan lama")
    data = as_json(
        tuntas("index", "--office", "kanreg", "--from", "2023-01", "--to", "2023-06", "--json")
    )
    assert data["n"] == 0
    assert [row["converted_2"] for row in data["historical"]] == ["88.81", "89.15"]


def test_mistakes_are_one_sentence_with_the_next_step(cast: Cast) -> None:
    for words, said in (
        (["index", "--office", "tidakada"], "Kantor yang ada"),
        (["index", "--office", "kanreg", "--unit", "x"], "Unit yang ada: pensiun, inka"),
        (["index", "--office", "kanreg", "--from", "januari"], "bulan harus berbentuk"),
        (["index", "--office", "kanreg", "--from", "2026-02", "--to", "2026-01"], "mendahului"),
        (["close", "kanreg", "2999-01"], "belum berakhir"),
        (["office", "add", "kode salah", "--name", "X"], "Kode hanya boleh"),
        (["office", "add", "pusat", "--name", "X"], "sudah ada"),
        (["report", "follow-up", "--office", "kanreg", "--period", "x", "--format", "pdf", "--out", "x"], "periode harus"),
        (["report", "processing", "--office", "kanreg", "--period", "2020", "--format", "pdf", "--out", "x"], "Tidak ada jawaban"),
        (["user", "add", "a@b.id", "--office", "kanreg", "--role", "unit_officer"], "memerlukan --unit"),
    ):  # fmt: skip
        result = tuntas(*words)
        assert result.exit_code == 2, words
        assert said in result.stderr, words
    assert (
        tuntas("index", "--office", "kanreg", "--from", "2020-01", "--to", "2020-02").exit_code == 3
    )


def test_close_and_report_by_command(cast: Cast, tmp_path: Path) -> None:
    answer(cast.service, at=moment("2026-01-10 03:00"))
    closed = as_json(tuntas("close", "kanreg", "2026-01", "--json"))
    assert (closed["n"], len(closed["sha256"])) == (1, 64)
    assert "sudah ditutup" in tuntas("close", "kanreg", "2026-01").stderr
    out = tmp_path / "x.pdf"
    result = tuntas("report", "follow-up", "--office", "pusat/kanreg", "--period", "2026-S1", "--format", "pdf", "--out", str(out))  # fmt: skip
    assert result.exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")


def test_people_and_places_by_command(db: None) -> None:
    tuntas("office", "add", "a", "--name", "Kantor A")
    tuntas("unit", "add", "a", "u", "--name", "Unit U")
    made = tuntas("service", "add", "a", "u", "s", "--name", "Layanan S", "--edition", "skm16")
    assert f"/s/{Service.objects.get().token}/" in made.stdout
    person = tuntas("user", "add", "x@a.go.id", "--office", "a", "--role", "survey_team")
    assert "Sandi pertama:" in person.stdout
    assert as_json(tuntas("office", "list", "--json")) == [{"code": "a", "name": "Kantor A"}]


@pytest.mark.slow
def test_the_demo_is_loaded_once_and_never_over_a_real_office(db: None) -> None:
    first = as_json(tuntas("demo", "--json"))
    count = Response.objects.count()
    assert as_json(tuntas("demo", "--json")) == first
    assert Response.objects.count() == count > 500
    assert len(first) == 6
    Office.objects.filter(code="kanreg10").update(is_demo=False)
    assert "bukan kantor contoh" in tuntas("demo").stderr


def test_doctor_finds_the_triggers_and_says_when_one_is_gone(cast: Cast) -> None:
    from django.db import connection

    result = tuntas("doctor")
    assert result.exit_code == 0
    assert "dilindungi pemicu" in result.stdout
    drop = (
        "DROP TRIGGER tuntas_event_append_only ON tuntas_event"
        if connection.vendor == "postgresql"
        else "DROP TRIGGER tuntas_event_no_update; DROP TRIGGER tuntas_event_no_delete"
    )
    with connection.cursor() as cursor:
        for statement in drop.split(";"):
            cursor.execute(statement)
    result = tuntas("doctor", "--json")
    assert result.exit_code == 1
    assert any(
        "Pemicu pelindung hilang pada tuntas_event" in row["text"] for row in as_json(result)
    )


def test_doctor_names_what_an_administrator_should_mend(
    cast: Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "secret-key"
    key.write_text("k")
    key.chmod(0o644)
    settings.DATA, settings.BACKUP_MARK = tmp_path, tmp_path / "last-backup"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    Event.objects.create(at=timezone.now() + timedelta(hours=1), action="ahead", about="test")
    settings.BACKUP_MARK.touch()
    os.utime(settings.BACKUP_MARK, (0, time.time() - 30 * 86400))
    monkeypatch.setattr(doctor, "LEAST_SPACE", 2**60)
    result = tuntas("doctor", "--mail", "--json")
    found = {row["text"]: row["level"] for row in as_json(result)}
    for start, level in {
        "Jam server tertinggal 60 menit": "galat",
        "Ruang kosong": "galat",
        "Cadangan terakhir 30 hari": "awas",
        "secret-key dapat dibaca": "awas",
        f"Server surel 127.0.0.1:{settings.EMAIL_PORT} tidak menerima": "galat",
        "Jawaban diakui setelah tersimpan di disk": "baik",
    }.items():
        assert [found[text] for text in found if text.startswith(start)] == [level], start
    assert result.exit_code == 1


def test_help_on_every_level() -> None:
    for words in (
        [],
        ["import"],
        ["import", "responses"],
        ["office", "add"],
        ["report"],
        ["index"],
    ):
        result = tuntas(*words, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.stdout


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TUNTAS_", "DJANGO_"))
    }
    return kept | {"TUNTAS_DATA": str(tmp_path / "data")} | more


def run(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tuntas.cli", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=600,  # only to end at all; how fast it is depends on what else runs
    )


@pytest.mark.slow
def test_serve_sets_everything_up_answers_and_stops_when_told(tmp_path: Path) -> None:
    port = free_port()
    env = environment(tmp_path, PORT=str(port))
    command = [sys.executable, "-m", "tuntas.cli", "serve", "--demo"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            for _each in range(240):
                try:
                    with urllib.request.urlopen(
                        f"http://127.0.0.1:{port}/healthz", timeout=2
                    ) as page:
                        assert json.load(page) == {"status": "ok"}
                    break
                except OSError:
                    time.sleep(0.25)
            for _each in range(20):
                health = run("doctor", env=env).stdout
                if "Pekerjaan latar berjalan" in health:
                    break
            assert "Pekerjaan latar berjalan" in health
            taken = run("serve", env=env)
            assert taken.returncode == 1
            assert "tidak dapat dipakai" in taken.stderr
        finally:
            server.send_signal(signal.SIGTERM)
        # The background loop holds the same output: this returns only when it has ended, too.
        output, _none = server.communicate(timeout=30)
    assert "tim@demo.tuntas.id" in output
    assert server.returncode == 0


@pytest.mark.slow
def test_an_office_is_built_from_nothing_by_real_commands(tmp_path: Path) -> None:
    """Every command in a process of its own, as an administrator types them."""
    env, out = environment(tmp_path), tmp_path / "olah.pdf"
    commands = [
        "manage migrate",
        "office add induk --name Induk",
        "office add sekadau --name Sekadau --parent induk --city Sekadau",
        "unit add sekadau umum --name Umum",
        "service add sekadau umum layanan --name Layanan",
        "user add tim@sekadau.go.id --office sekadau --role survey_team",
        f"import responses {DATA} --office sekadau --service layanan --order regulation "
        "--month 2019-06",
        "index --office sekadau --from 2019-06 --to 2019-06 --json",
        "close sekadau 2019-06",
        f"report processing --office sekadau --period 2019-06 --format pdf --out {out}",
        "doctor",
    ]
    said = {}
    for command in commands:
        result = run(*command.split(), env=env)
        assert result.returncode == 0, f"{command}: {result.stderr}"
        said[command.split()[0]] = result.stdout
    assert json.loads(said["index"])["converted_2"] == "78.74"
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_an_unreachable_database_and_unsafe_settings_are_told_in_one_sentence(
    tmp_path: Path,
) -> None:
    url = f"postgresql://x@127.0.0.1:{free_port()}/x"
    result = run("index", "--office", "a", env=environment(tmp_path, TUNTAS_DATABASE_URL=url))
    assert result.returncode == 2
    assert "Basis data tidak dapat dipakai" in result.stderr
    assert "Traceback" not in result.stderr
    for unsafe, said in (
        ({"TUNTAS_HOSTS": "*"}, "TUNTAS_HOSTS"),
        ({"TUNTAS_DEBUG": "1", "TUNTAS_HOSTS": "skm.go.id"}, "TUNTAS_DEBUG"),
        ({"TUNTAS_SECRET_KEY": "pendek"}, "terlalu pendek"),
        ({"TUNTAS_DATABASE_URL": "mysql://x"}, "skema"),
        ({"TUNTAS_EVIDENCE_MAX_MB": "banyak"}, "bilangan bulat"),
        ({"TUNTAS_HTTPS": "1"}, "https://"),
    ):
        result = run("doctor", env=environment(tmp_path, **unsafe))
        assert result.returncode == 2, unsafe
        assert said in result.stderr
        assert "Traceback" not in result.stderr
