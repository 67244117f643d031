"""Files as clerks and forms make them: separators, encodings, dates, words, header texts, bombs."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from tests.conftest import Cast
from tuntas.imports import table as tables
from tuntas.imports.columns import recognise, resolve
from tuntas.imports.dates import MONTH_FIRST, BadDate, Calendar, date_order
from tuntas.imports.table import BadFile, open_table
from tuntas.imports.words import Options, profile_mark
from tuntas.law.profile import BadProfile
from tuntas.models import Edition, Question

JAKARTA, MAKASSAR = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar")
ROWS = [["Unsur 1", "Saran"], ["4", "Bagus, cepat; “ramah”"], ["3", "Café é\tü"]]


# -- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_csv_is_read_whatever_program_wrote_it(
    tmp_path: Path, delimiter: str, encoding: str, newline: str
) -> None:
    path = tmp_path / "x.csv"
    text = newline.join(delimiter.join(f'"{cell}"' for cell in row) for row in ROWS) + newline
    path.write_bytes(text.encode(encoding))
    assert list(open_table(path).rows()) == ROWS


def test_commas_in_questions_and_numbers_do_not_mislead(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a, b, c;d, e;f\n1,5;2,5;3\n4,5;5,5;6\n", encoding="utf-8")
    assert open_table(path).head(1) == [["a, b, c", "d, e", "f"]]


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return path


def test_the_sheet_can_be_chosen_and_empty_columns_keep_their_place(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Kosong")
        book.add_worksheet("Isi").write_row(2, 1, ["a", 4])
    table = open_table(path)
    assert (table.sheets, list(table.rows())) == (("Kosong", "Isi"), [])
    assert list(open_table(path, sheet="Isi").rows())[2] == ["", "a", 4.0]
    with pytest.raises(BadFile, match="Yang ada: Kosong, Isi"):
        open_table(path, sheet="Lain")


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "x.xlsx", {"A": [["x"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.bin", b"\0" * 5_000_000)
    raw = path.read_bytes()
    # The archive says of itself that it is small; nobody believes it.
    path.write_bytes(raw.replace((5_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    monkeypatch.setattr(tables, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(BadFile, match="setelah dibuka"):
        open_table(path)


def test_two_cells_far_apart_are_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")
    with pytest.raises(BadFile, match="berjauhan"):
        open_table(tmp_path / "x.xlsx")


def test_too_large_and_too_long_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n" * 50, encoding="utf-8")
    monkeypatch.setattr(tables, "MOST_ROWS", 49)
    with pytest.raises(BadFile, match="lebih dari 49 baris"):
        list(open_table(path).rows())
    monkeypatch.setattr(tables, "MOST_BYTES", 10)
    with pytest.raises(BadFile, match="lebih dari 0 MB"):
        open_table(path)


def test_an_ods_is_no_workbook_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    with pytest.raises(BadFile, match="bukan lembar kerja"):
        open_table(path)


# -- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2023/05/31 9:05:12 AM GMT+8", date(2023, 5, 31)),
        ("2023/05/31 11:05:12 PM GMT+7", date(2023, 6, 1)),  # 00:05 in Makassar
        ("2023/05/31 12:05:12 AM GMT+8", date(2023, 5, 31)),
        ("2023/06/01 12:05:12 AM GMT+9", date(2023, 5, 31)),
        ("31/05/2023 9:05:12", date(2023, 5, 31)),
        ("31/05/2023 23:30:00", date(2023, 6, 1)),  # of Jakarta, as chosen
        ("31/05/2023 23.30", date(2023, 6, 1)),
        ("2023-05-31T16:30:00Z", date(2023, 6, 1)),
        ("2023-05-31T15:30:00.123+00:00", date(2023, 5, 31)),
        ("31/05/2023 23:30 WITA", date(2023, 5, 31)),
        ("2023-05-31", date(2023, 5, 31)),
        ("31.05.23", date(2023, 5, 31)),
        ("31-5-2023", date(2023, 5, 31)),
        ("31 Mei 2023", date(2023, 5, 31)),
        ("1 Agustus 2023 08:00", date(2023, 8, 1)),
        ("5-Des-2023", date(2023, 12, 5)),
        (datetime(2023, 5, 31, 23, 30), date(2023, 6, 1)),  # noqa: DTZ001
        (datetime(2023, 5, 31), date(2023, 5, 31)),  # noqa: DTZ001  # midnight: no time
        (datetime(2023, 5, 31, 16, 0, tzinfo=UTC), date(2023, 6, 1)),
        (date(2023, 5, 31), date(2023, 5, 31)),
        (45077, date(2023, 5, 31)),
        (45077.99, date(2023, 6, 1)),
    ],
)
def test_a_moment_belongs_to_the_day_in_the_office(value: object, day: date) -> None:
    assert Calendar(JAKARTA, MAKASSAR).day(value) == day


@pytest.mark.parametrize(
    "value",
    ["kemarin", "31/31/2023", "2023-02-30", "12", "", "2023/05/31 13:00:00 PM", "31/05/2023 25:00",
     "2023-05-31 10:00 +99:99", "0001-01-01 00:00 +14", 3.5, True, "١/٢/٢٠٢٣", "5 Foo 2023"],
)  # fmt: skip
def test_what_is_no_date_is_refused(value: object) -> None:
    with pytest.raises(BadDate):
        Calendar(JAKARTA, MAKASSAR).day(value)


def test_day_or_month_first_is_decided_once_for_the_column() -> None:
    assert date_order(["5/6/2023", "7/8/2023 9:00:00"]) == "dmy"
    assert date_order(["5/6/2023", "5/31/2023 9:05:12"]) == MONTH_FIRST
    assert date_order(["5/31/2023", "31/5/2023"]) == "dmy"
    american = Calendar(JAKARTA, JAKARTA, MONTH_FIRST)
    assert american.day("5/6/2023 9:05:12") == date(2023, 5, 6)
    with pytest.raises(BadDate):
        american.day("31/5/2023")


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", 0), ("-", 0), ("4", 4), ("4.0", 4), ("4,0", 4), ("Sangat sesuai", 4), ("SANGAT SESUAI", 4),
        (" sangat  sesuai. ".strip(), 4), ("4 - Sangat sesuai", 4), ("Sangat Sesuai (4)", 4),
        ("4. Sangat sesuai", 4), ("d. Sangat sesuai", 4), ("d", 4), ("A", 1), ("3 – Sesuai", 3),
        ("Tidak sesuai [1]", 1), ("Kurang baik", 2),
    ],
)  # fmt: skip
def test_answers_in_words(text: str, score: int) -> None:
    question = Question(position=1, options=["Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"])  # fmt: skip
    assert Options(question).score(text) == score


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5", "1–4"), ("0", "1–4"), ("3.5", "1–4"), ("puas", "salah satu kata"),
        ("4 - Sesuai", "tidak cocok"), ("Sesuai (4)", "tidak cocok"), ("4 - Puas", "bukan pilihan"),
        ("²", "1–4"), ("٤", "1–4"), ("9" * 6000, "1–4"),
    ],
)  # fmt: skip
def test_answers_that_contradict_themselves(text: str, why: str) -> None:
    question = Question(position=1, options=["Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"])  # fmt: skip
    with pytest.raises(ValueError, match=why):
        Options(question).score(text)


def test_profiles_in_words() -> None:
    assert [profile_mark("age", text) for text in ("31", "31 tahun", "26–34 tahun", "muda")] == list("333-")  # fmt: skip
    assert profile_mark("sex", "Laki - laki") == "L"
    with pytest.raises(BadProfile):
        profile_mark("age", "231")


# -- header texts --------------------------------------------------------------------------------

GOOGLE = [
    "Stempel waktu", "Nama (boleh inisial)", "Jenis Kelamin Anda", "Usia", "Pendidikan terakhir",
    "1. Bagaimana pendapat Saudara tentang kesesuaian persyaratan pelayanan dengan jenis pelayanannya.",
    "2. Bagaimana pemahaman Saudara tentang kemudahan prosedur pelayanan di unit ini",
    "Bagaimana pendapat Anda tentang kecepatan waktu dalam memberikan pelayanan?",
    "Bagaimana pendapat Saudara tentang kewajaran biaya/tarif dalam pelayanan",
    "Bagaimana pendapat Saudara tentang kesesuaian produk pelayanan antara yang tercantum dalam standar pelayanan dengan hasil yang diberikan.",
    "Bagaimana pendapat Saudara tentang kompetensi/ kemampuan petugas dalam pelayanan.",
    "Bagamana pendapat saudara perilaku petugas dalam pelayanan terkait kesopanan dan keramahan",
    "Bagaimana pendapat Saudara tentang kualitas sarana dan prasarana",
    "Bagaimana pendapat Saudara tentang penanganan pengaduan pengguna layanan",
    "Saran untuk kami", "Warna kesukaan",
]  # fmt: skip


def test_a_google_form_is_recognised_by_its_wording_and_the_doubtful_is_marked(cast: Cast) -> None:
    header = recognise([["Hasil"], GOOGLE], cast.service.edition)
    assert header is not None
    assert header.line == 1
    assert header.meanings == (
        "date", "identity", "sex", "age", "education", *(f"q{n}" for n in range(1, 10)), "suggestion", "",
    )  # fmt: skip
    assert set(header.similar) == {7, 11}  # reworded; the others word for word, numbers aside
    assert resolve(header, header.meanings, cast.service.edition, None).questions[9] == 13


def test_a_grid_of_google_is_recognised_by_its_rows(cast: Cast) -> None:
    names = [
        f"Bagaimana penilaian Anda? [{q.text}]" for q in Edition.builtin("skm16").question_list
    ]
    header = recognise([names], cast.service16.edition)
    assert header is not None
    assert header.meanings == tuple(f"q{n}" for n in range(1, 17))


def test_questions_that_merely_share_words_are_not_taken_for_each_other(cast: Cast) -> None:
    names = [
        "Bagaimana pendapat Saudara tentang parkir dalam pelayanan?",
        "Kota asal",
        "Tanggal lahir",
    ]
    header = recognise([names], cast.service.edition)
    assert header is not None
    assert header.meanings == ("", "", "identity")


def test_a_double_and_a_gap_are_told_by_name(cast: Cast) -> None:
    header = recognise([[f"u{n}" for n in range(1, 10)]], cast.service.edition)
    assert header is not None
    questions = [f"q{n}" for n in range(1, 10)]
    with pytest.raises(BadFile, match="'u1' dan 'u9'"):
        resolve(header, [*questions[:8], "q1"], cast.service.edition, None)
    with pytest.raises(BadFile, match="pertanyaan 9 tidak ada"):
        resolve(header, [*questions[:8], ""], cast.service.edition, None)
    orders = {
        order: resolve(header, header.meanings, cast.service.edition, order).questions
        for order in ("regulation", "questionnaire")
    }
    # Question 8 of the form asks for the facilities: element 9 of the regulation's list.
    assert (orders["regulation"][8], orders["questionnaire"][8]) == (8, 7)
