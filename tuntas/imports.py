"""Spreadsheets in: responses and published values, from CSV and XLSX.

Columns are found by name. Every bad row is told with its line and reason; nothing is stored when
there is one, unless the caller asked to skip them. The same file again stores nothing twice.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import python_calamine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tuntas.law.elements import ELEMENTS, QUESTIONNAIRE_ORDER, REGULATION_ORDER
from tuntas.law.months import Month
from tuntas.law.profile import EDUCATION, OCCUPATION, PROFILE, SEX, UNKNOWN, BadProfile, age_band
from tuntas.models import (
    Channel,
    HistoricalResult,
    Office,
    PeriodClosed,
    Response,
    Service,
    Submission,
    User,
)
from tuntas.models.audit import Event
from tuntas.models.feedback import TEXT_LIMIT
from tuntas.models.responses import BadSubmission

ORDERS = {"regulation": REGULATION_ORDER, "questionnaire": QUESTIONNAIRE_ORDER}
HEADER_WITHIN = 15
MOST_ROWS = 1_000_000
# Columns that identify a person: read past, never stored, and named in the result.
IDENTITY = frozenset(
    [
        "nama",
        "name",
        "namaresponden",
        "nohp",
        "nomorhp",
        "hp",
        "telepon",
        "telp",
        "notelp",
        "alamat",
        "address",
        "nik",
        "email",
        "surel",
        "emailaddress",
        "nip",
        "ktp",
        "noktp",
        "whatsapp",
    ]
)
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%Y")
DATE_NAMES = {
    "tanggal",
    "tanggalsurvei",
    "tanggalsurvey",
    "timestamp",
    "capwaktu",
    "date",
    "tgl",
    "waktu",
}
TEXT_NAMES = {
    "saranmasukan",
    "saran",
    "sarandanmasukan",
    "masukan",
    "kritiksaran",
    "kritikdansaran",
}
PROFILE_NAMES = {
    "jeniskelamin": "sex",
    "sex": "sex",
    "gender": "sex",
    "usia": "age",
    "umur": "age",
    "pendidikan": "education",
    "pendidikanterakhir": "education",
    "pekerjaan": "occupation",
    "pekerjaanutama": "occupation",
}


class BadFile(Exception):
    """The file as a whole cannot be used; the message says why and what to do."""


class OrderUnclear(BadFile):
    """Numbered columns of nine elements: only a person knows what 8 and 9 stand for."""


@dataclass(frozen=True)
class BadRow:
    """One row that cannot be stored. `line` is its line in the file, from 1."""

    line: int
    column: str
    value: str
    reason: str


@dataclass
class Outcome:
    """What an import did, or would do."""

    rows: int = 0
    stored: int = 0
    known: int = 0
    bad: list[BadRow] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    identity: list[str] = field(default_factory=list)
    months: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    dry_run: bool = False


# -- reading -------------------------------------------------------------------------------------


def read_table(path: Path) -> list[list[Any]]:
    """Rows of a CSV or of the first sheet of an XLSX. Raises BadFile."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadFile(f"Berkas {path.name} tidak dapat dibaca: {error.strerror}.") from error
    if not raw.strip():
        raise BadFile(f"Berkas {path.name} kosong.")
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(
            f"{path.name} berformat Excel lama (.xls) atau bersandi. Simpan ulang sebagai .xlsx "
            "tanpa sandi atau sebagai CSV, lalu coba lagi."
        )
    rows = read_xlsx(path) if raw.startswith(b"PK") else read_csv(path, raw)
    if len(rows) > MOST_ROWS:
        raise BadFile(f"{path.name} berisi lebih dari {MOST_ROWS} baris. Bagi menjadi beberapa.")
    return rows


def read_xlsx(path: Path) -> list[list[Any]]:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        return [list(row) for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]
    except Exception as error:  # calamine raises several kinds; each means the same to a clerk
        raise BadFile(
            f"{path.name} bukan lembar kerja yang dapat dibuka ({type(error).__name__}). "
            "Simpan ulang sebagai .xlsx atau CSV."
        ) from error


def read_csv(path: Path, raw: bytes) -> list[list[Any]]:
    if b"\x00" in raw[:4096]:
        raise BadFile(f"{path.name} bukan berkas CSV atau XLSX.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text[:4096]
    delimiter = max(",;\t", key=head.count)
    return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]


def plain(name: object) -> str:
    """A column name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


# -- columns -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Columns:
    """Where what stands: question position -> column, and the other columns by meaning."""

    header_line: int
    names: tuple[str, ...]
    questions: Mapping[int, int]
    profile: Mapping[str, int]
    day: int | None
    text: int | None
    identity: tuple[int, ...]
    ignored: tuple[int, ...]


def find_columns(
    rows: list[list[Any]], service: Service, order: str | None, names: Mapping[str, str]
) -> Columns:
    """Find the header and its columns. `names` maps a file's names to ours.

    Raises OrderUnclear when the elements are only numbered, BadFile when there are none.
    """
    for line, row in enumerate(rows[:HEADER_WITHIN]):
        header = [plain(names.get(str(cell).strip(), cell)) for cell in row]
        questions = question_columns(header, service, order)
        if questions:
            return columns_of(line, row, header, questions)
    raise BadFile(
        "Kolom nilai tidak ditemukan. Beri nama kolom u1–u9, Unsur 1–9, nama unsur, atau q1–q16 "
        f"pada salah satu dari {HEADER_WITHIN} baris pertama."
    )


def question_columns(header: list[str], service: Service, order: str | None) -> dict[int, int]:
    """Column of each question, by element name or by number; empty when it is no header."""
    questions = service.edition.question_list
    by_name = {
        plain(name): row.code for row in ELEMENTS for name in (row.code, row.name, row.short_name)
    }
    numbered = {
        int(found[2]): place
        for place, name in enumerate(header)
        if (found := re.fullmatch(r"(u|unsur|q|p|pertanyaan)(\d{1,2})", name))
    }
    is_question = any(re.fullmatch(r"(q|p|pertanyaan)\d{1,2}", name) for name in header)
    if is_question or (numbered and len(questions) > 9):
        return complete({n: place for n, place in numbered.items()}, len(questions))
    elements = {by_name[name]: place for place, name in enumerate(header) if name in by_name}
    if not numbered and len(elements) < 2:
        return {}
    if numbered:
        if order is None:
            raise OrderUnclear(
                "Kolom bernomor 1–9: urutan unsur 8 dan 9 tidak jelas. Dalam daftar unsur "
                "PermenPANRB 14/2017 unsur 8 adalah pengaduan dan 9 sarana; dalam kuesionernya "
                "pertanyaan 8 adalah sarana dan 9 pengaduan. Ulangi dengan --order regulation "
                "(8 = pengaduan) atau --order questionnaire (8 = sarana)."
            )
        elements = {
            code: numbered[n] for n, code in enumerate(ORDERS[order], start=1) if n in numbered
        }
    places = {
        question.position: elements[question.element]
        for question in questions
        if question.element in elements
    }
    return complete(places, len(questions))


def complete(places: dict[int, int], wanted: int) -> dict[int, int]:
    missing = [str(number) for number in range(1, wanted + 1) if number not in places]
    if missing:
        raise BadFile(
            f"Kolom nilai tidak lengkap untuk kuesioner {wanted} pertanyaan layanan ini: "
            f"pertanyaan {', '.join(missing)} tidak ada."
        )
    return {number: places[number] for number in range(1, wanted + 1)}


def columns_of(line: int, row: list[Any], header: list[str], questions: dict[int, int]) -> Columns:
    profile: dict[str, int] = {}
    day = text = None
    identity, ignored = [], []
    taken = set(questions.values())
    for place, name in enumerate(header):
        if place in taken or not name:
            continue
        if name in IDENTITY:
            identity.append(place)
        elif name in PROFILE_NAMES and PROFILE_NAMES[name] not in profile:
            profile[PROFILE_NAMES[name]] = place
        elif name in DATE_NAMES and day is None:
            day = place
        elif name in TEXT_NAMES and text is None:
            text = place
        else:
            ignored.append(place)
    names = tuple(str(cell).strip() for cell in row)
    return Columns(line, names, questions, profile, day, text, tuple(identity), tuple(ignored))


# -- rows ----------------------------------------------------------------------------------------


class RowProblem(Exception):
    """A cell that cannot be used."""

    def __init__(self, column: int | None, value: object, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)


def cell(row: list[Any], place: int | None) -> str:
    if place is None or place >= len(row) or row[place] is None:
        return ""
    value = row[place]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def read_scores(row: list[Any], columns: Columns, service: Service) -> str:
    scores = []
    for question in service.edition.question_list:
        place = columns.questions[question.position]
        text = cell(row, place)
        if text in ("", "-"):
            scores.append("0")
        elif text in {str(score) for score, _label in question.scored_options}:
            scores.append(text)
        else:
            by_word = {plain(label): score for score, label in question.scored_options}
            if plain(text) not in by_word:
                raise RowProblem(place, text, f"nilai harus 1–{len(question.options)} atau kosong")
            scores.append(str(by_word[plain(text)]))
    if set(scores) == {"0"}:
        raise RowProblem(None, "", "tidak ada satu pun nilai yang terisi")
    return "".join(scores)


def read_day(row: list[Any], columns: Columns, today: date) -> date | None:
    place = columns.day
    if place is None or place >= len(row) or cell(row, place) == "":
        return None
    value = row[place]
    day = value.date() if isinstance(value, datetime) else value
    if not isinstance(day, date):
        text = cell(row, place).split(" ")[0].split("T")[0]
        day = next((found for form in DATE_FORMATS if (found := parse_day(text, form))), None)
    if not isinstance(day, date):
        raise RowProblem(
            place, cell(row, place), "tanggal tidak dikenal; tulis 2023-05-31 atau 31/05/2023"
        )
    if not date(2000, 1, 1) <= day <= today:
        raise RowProblem(place, cell(row, place), "tanggal di luar 2000-01-01 sampai hari ini")
    return day


def parse_day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no time zone
    except ValueError:
        return None


def read_profile(row: list[Any], columns: Columns) -> str:
    """Profile text; a word we do not know counts as not filled in, an impossible age is an error."""
    found: dict[str, str] = {}
    for code, place in columns.profile.items():
        text = cell(row, place)
        if not text:
            continue
        if code == "age" and text.isdigit():
            try:
                found["age"] = age_band(int(text))
            except BadProfile as error:
                raise RowProblem(place, text, str(error)) from error
        else:
            found[code] = PROFILE_WORDS.get((code, plain(text)), UNKNOWN)
    return "".join(found.get(question.code, UNKNOWN) for question in PROFILE)


def profile_words() -> dict[tuple[str, str], str]:
    words = {
        (question.code, plain(label)): character
        for question in PROFILE
        for character, label in question.choices
    }
    extra = {
        SEX.code: {
            "l": "L",
            "lakilaki": "L",
            "pria": "L",
            "p": "P",
            "perempuan": "P",
            "wanita": "P",
        },
        EDUCATION.code: {
            "sd": "1",
            "sdsederajat": "1",
            "smp": "2",
            "smpsederajat": "2",
            "sma": "3",
            "smk": "3",
            "smasederajat": "3",
            "slta": "3",
            "d1": "4",
            "d2": "4",
            "d3": "4",
            "diii": "4",
            "d1d2d3": "4",
            "d4": "5",
            "s1": "5",
            "s1setara": "5",
            "d4s1": "5",
            "s2": "6",
            "s2setara": "6",
            "s3": "7",
        },
        OCCUPATION.code: {
            "pns": "a",
            "asn": "a",
            "pppk": "a",
            "tni": "b",
            "polri": "c",
            "swasta": "d",
            "karyawanswasta": "d",
            "wirausaha": "e",
            "wiraswasta": "e",
            "pelajar": "g",
            "mahasiswa": "g",
            "petani": "h",
            "nelayan": "h",
            "pensiunan": "j",
            "lainnya": "z",
        },
    }
    return words | {(code, word): mark for code, row in extra.items() for word, mark in row.items()}


PROFILE_WORDS = profile_words()


def read_rows(
    rows: list[list[Any]],
    columns: Columns,
    service: Service,
    *,
    month: Month | None,
    batch: str,
    today: date,
) -> tuple[list[Submission], list[BadRow]]:
    """Submissions of the good rows and the bad ones. Identical rows are told apart by counting."""
    good, bad, seen = [], [], Counter[tuple[str, ...]]()
    for line, row in enumerate(rows[columns.header_line + 1 :], start=columns.header_line + 2):
        if not any(str(value).strip() for value in row if value is not None):
            continue
        try:
            answers = read_scores(row, columns, service)
            day = read_day(row, columns, today)
            profile = read_profile(row, columns)
            suggestion = cell(row, columns.text)
            if len(suggestion) > TEXT_LIMIT:
                raise RowProblem(
                    columns.text, suggestion[:40] + "…", f"saran lebih dari {TEXT_LIMIT} huruf"
                )
        except RowProblem as problem:
            name = columns.names[problem.column] if problem.column is not None else ""
            bad.append(BadRow(line, name, str(problem.value), problem.reason))
            continue
        day = day or (month.first_day if month else None)
        rest = tuple(cell(row, place) for place in columns.ignored)
        key = (batch, str(day or ""), answers, profile, suggestion, *rest)
        seen[key] += 1
        good.append(
            Submission(
                id=row_id(service, key, seen[key]),
                edition_id=service.edition_id,
                answers=answers,
                channel=Channel.IMPORT,
                profile=profile,
                suggestion=suggestion,
                answered_on=day,
            )
        )
    return good, bad


def row_id(service: Service, key: tuple[str, ...], occurrence: int) -> UUID:
    """The same row of the same service is the same response, however often it is imported."""
    text = "\x1f".join((f"{service.office.code}/{service.token}", *key, str(occurrence)))
    return uuid5(NAMESPACE_URL, f"tuntas:import:{text}")


# -- the two imports -----------------------------------------------------------------------------


def import_responses(
    path: Path,
    service: Service,
    *,
    order: str | None = None,
    names: Mapping[str, str] | None = None,
    month: Month | None = None,
    batch: str = "",
    dry_run: bool = False,
    skip_bad: bool = False,
    by: User | None = None,
    progress: Callable[[Iterable[Submission]], Iterable[Submission]] = iter,
) -> Outcome:
    """Import a file of answers into a service. All or nothing, unless `skip_bad`.

    Raises BadFile or OrderUnclear before anything is stored.
    """
    rows = read_table(path)
    columns = find_columns(rows, service, order, names or {})
    now = timezone.now()
    today = now.astimezone(service.office.zone).date()
    good, bad = read_rows(rows, columns, service, month=month, batch=batch, today=today)
    outcome = Outcome(rows=len(good) + len(bad), bad=bad, dry_run=dry_run)
    outcome.identity = [columns.names[place] for place in columns.identity]
    outcome.ignored = [columns.names[place] for place in columns.ignored]
    if not good and not bad:
        raise BadFile(f"{path.name} tidak berisi satu baris pun di bawah nama kolom.")
    if (bad and not skip_bad) or dry_run:
        return outcome
    with transaction.atomic():
        for submission in progress(good):
            store(service, submission, outcome, now)
        Event.record(
            "responses.imported",
            by=by,
            about=service,
            office=service.office,
            stored=outcome.stored,
            known=outcome.known,
            bad=len(bad),
        )
    return outcome


def store(service: Service, submission: Submission, outcome: Outcome, now: datetime) -> None:
    try:
        receipt = Response.receive(service, submission, at=now)
    except BadSubmission as error:
        raise BadFile(f"Baris tidak dapat disimpan: {error}") from error
    if not receipt.is_new:
        outcome.known += 1
        return
    outcome.stored += 1
    outcome.months[str(receipt.month)] += 1
    if submission.answered_on and receipt.month != Month.of(submission.answered_on):
        outcome.moved += 1


def import_results(path: Path, office: Office, *, source: str, by: User | None) -> Outcome:
    """Import published values: columns `bulan` (2023-01), `nilai` and, if known, `n`. All or nothing."""
    rows = read_table(path)
    header = [plain(value) for value in rows[0]]
    if "bulan" not in header or "nilai" not in header:
        raise BadFile("Kolom bulan dan nilai tidak ditemukan pada baris pertama.")
    outcome = Outcome()
    values: list[tuple[Month, Decimal, int | None]] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(str(value).strip() for value in row if value is not None):
            continue
        outcome.rows += 1
        try:
            values.append(read_result(row, header))
        except RowProblem as problem:
            name = str(rows[0][problem.column]) if problem.column is not None else ""
            outcome.bad.append(BadRow(line, name, str(problem.value), problem.reason))
    if outcome.bad:
        return outcome
    with transaction.atomic():
        for month, value, n in values:
            try:
                HistoricalResult.record(office, month, value, source=source, n=n, by=by)
            except PeriodClosed as error:
                raise BadFile(
                    f"Bulan {month} sudah dihitung di sistem ini; tidak ada yang diimpor."
                ) from error
            outcome.stored += 1
            outcome.months[str(month)] += 1
    return outcome


def read_result(row: list[Any], header: list[str]) -> tuple[Month, Decimal, int | None]:
    at_month, at_value = header.index("bulan"), header.index("nilai")
    try:
        month = Month.parse(cell(row, at_month)[:7])
    except ValueError as error:
        raise RowProblem(at_month, cell(row, at_month), str(error)) from error
    text = cell(row, at_value).replace(",", ".")
    try:
        value = Decimal(text)
        HistoricalResult._meta.get_field("converted").clean(value, None)
    except (InvalidOperation, ValidationError) as error:
        raise RowProblem(
            at_value, text, "nilai harus 25–100 dengan paling banyak dua desimal"
        ) from error
    n = cell(row, header.index("n")) if "n" in header else ""
    return month, value, int(n) if n.isdigit() else None
