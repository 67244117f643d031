"""Finding the columns of a spreadsheet by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuntas.imports.table import BadFile, OrderUnclear
from tuntas.imports.words import plain
from tuntas.law.elements import ELEMENTS, QUESTIONNAIRE_ORDER, REGULATION_ORDER
from tuntas.models import Service

ORDERS = {"regulation": REGULATION_ORDER, "questionnaire": QUESTIONNAIRE_ORDER}
HEADER_WITHIN = 15
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
