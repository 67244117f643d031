"""Results as data: the one shape in which the page, the files, the API and the command tell them.

Numbers are texts with their exact decimal, at least six places; `converted_2` is rounded half up.
Only released results become open data (`models/releases.py`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.conf import settings

from tuntas.law.elements import ELEMENTS, element
from tuntas.law.index import IndexResult
from tuntas.law.instruments import InstrumentResult
from tuntas.law.months import Month
from tuntas.law.rounding import exact_decimal, half_up
from tuntas.models import Office, Unit
from tuntas.models.offices import Licence
from tuntas.models.releases import LEAST_RELEASED, released, too_few
from tuntas.models.results import CLOSED, MonthResult
from tuntas.report.sheets import plain

FORMAT = "1"
# -- results -------------------------------------------------------------------------------------


def of_result(result: IndexResult) -> dict[str, Any]:
    return {
        "n": result.n,
        "elements": [
            {
                "code": row.code,
                "name": row.name,
                "n": row.n,
                "mean": exact(row.mean),
                "weight": str(row.weight),
                "weighted": exact(row.weighted),
                "grade": row.grade.letter if row.grade else None,
            }
            for row in result.elements
        ],
        "index_value": exact(result.index_value),
        "converted": exact(result.converted),
        "converted_2": str(half_up(result.converted, 2)),
        "grade": result.grade.letter,
        "performance": result.grade.performance,
        "weights": result.weights,
        "interval95": [exact(end) for end in result.interval95] if result.interval95 else None,
        "flags": list(result.flags),
    }


def of_instrument(result: InstrumentResult) -> dict[str, Any]:
    """IPKP or IPAK: means on the scale of 6, `index_value` on the scale of 4."""
    return {
        "code": result.code,
        "name": result.name,
        "n": result.n,
        "mean": exact(result.mean),
        "index_value": exact(result.index_value),
        "index_value_2": str(half_up(result.index_value, 2)),
        "statements": [
            {
                "code": row.code,
                "name": row.name,
                "n": row.n,
                "mean": exact(row.mean),
                "index_value": exact(row.index_value),
            }
            for row in result.statements
        ],
    }


def exact(value: Fraction | None) -> str | None:
    return None if value is None else exact_decimal(value)


# -- open data of an office ----------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column of a file: its name, its Frictionless type, and what it says."""

    name: str
    type: str
    says: str
    required: bool = False


RESULT_COLUMNS = (
    Column("office", "string", "Alamat kantor di sistem ini, dari induk ke bawah.", True),
    Column("unit", "string", "Kode unit kerja; kosong berarti seluruh kantor."),
    Column("month", "yearmonth", "Bulan survei, misalnya 2023-01.", True),
    Column(
        "state",
        "string",
        "closed: dihitung dari jawaban dan dibekukan; historical: nilai yang sudah terbit sebelum "
        "kantor memakai sistem ini, tanpa jawaban asli.",
        True,
    ),
    Column("n", "integer", "Jumlah responden; kosong bila tidak diketahui."),
    Column("index_value", "number", "Nilai indeks tepat, 1 sampai 4."),
    Column("converted", "number", "Nilai konversi tepat (indeks × 25), 25 sampai 100."),
    Column("converted_2", "number", "Nilai konversi dibulatkan ke dua desimal, setengah ke atas."),
    Column("grade", "string", "Mutu pelayanan: A, B, C, atau D."),
    Column("interval95_low", "number", "Batas bawah selang kepercayaan 95% nilai konversi."),
    Column("interval95_high", "number", "Batas atas selang kepercayaan 95% nilai konversi."),
    Column("weights", "string", "Bobot unsur: exact (1/jumlah unsur), 0.111, 0.11, atau own."),
    Column(
        "flags",
        "string",
        "Catatan, dipisah spasi: indicative (kurang dari 30 jawaban), element-unanswered, "
        "fees-omitted, weights-extended, "
        f"withheld (bagian kantor dengan kurang dari {LEAST_RELEASED} jawaban: nilainya ditahan).",
    ),
    Column("source", "string", "Asal nilai historis."),
    Column("closed_at", "datetime", "Saat bulan ditutup."),
    Column("closure_sha256", "string", "Sidik SHA-256 isi penutupan, untuk pemeriksaan."),
)
ELEMENT_COLUMNS = (
    *RESULT_COLUMNS[:3],
    Column("element", "string", "Kode unsur pelayanan; daftarnya di bawah.", True),
    Column("name", "string", "Nama unsur menurut PermenPANRB 14/2017.", True),
    Column("n", "integer", "Responden yang mengisi unsur ini.", True),
    Column("mean", "number", "Nilai rata-rata (NRR) tepat, 1 sampai 4."),
    Column("weight", "string", "Bobot unsur, sebagai pecahan."),
    Column("weighted", "number", "NRR tertimbang tepat."),
    Column("grade", "string", "Mutu unsur."),
)
FILES = {"results.csv": RESULT_COLUMNS, "elements.csv": ELEMENT_COLUMNS}


def records(office: Office, units: Sequence[Unit | None] | None = None) -> list[dict[str, Any]]:
    """Every released month of the whole office and of each unit, newest first."""
    if units is None:
        units = [None, *office.units.all()]
    address = office.address
    rows = [
        of_month(address, row, unit)
        for unit in units
        for row in released(office, unit=unit)
        if unit is None or row.n
    ]
    return sorted(rows, key=lambda row: row["month"], reverse=True)  # stable: the office first


def of_month(address: str, row: MonthResult, unit: Unit | None = None) -> dict[str, Any]:
    """One released month; what is not known is None, never 0."""
    is_withheld = unit is not None and row.state == CLOSED and too_few(row.n)
    data: dict[str, Any] = {
        "office": address,
        "unit": unit.code if unit else None,
        "month": str(row.month),
        "state": row.state,
        "n": row.n,
        "index_value": None,
        "converted": exact(row.converted),
        "converted_2": str(half_up(row.converted, 2)) if row.converted is not None else None,
        "grade": row.grade.letter if row.grade else None,
        "performance": row.grade.performance if row.grade else None,
        "weights": None,
        "interval95": None,
        "flags": ["withheld"] if is_withheld else [],
        "elements": [],
        "source": row.source or None,
        "closed_at": row.closure.at.isoformat(timespec="seconds") if row.closure else None,
        "closure_sha256": row.closure.sha256 if row.closure else None,
        "url": f"{settings.PUBLIC_URL}{page_path(address, row.month, unit)}",
        "instruments": [of_instrument(each) for each in row.instruments],
    }
    return data | (of_result(row.result) if row.result else {})


def page_path(address: str, month: Any = None, unit: Unit | None = None) -> str:
    """Where people read it: `/o/pusat.kanreg/unit/inka/2023-01/`."""
    part = f"unit/{unit.code}/" if unit else ""
    return f"/o/{address}/{part}" + (f"{month}/" if month else "")


def month_url(office: Office, month: Month) -> str:
    """The whole address of a month's page, as it stands on posters and in the register."""
    return settings.PUBLIC_URL + page_path(office.address, month)


def results_csv(rows: Iterable[dict[str, Any]]) -> str:
    return as_csv(RESULT_COLUMNS, [flat(row) for row in rows])


def elements_csv(rows: Iterable[dict[str, Any]]) -> str:
    keys = ("office", "unit", "month")
    return as_csv(
        ELEMENT_COLUMNS,
        [
            {**{key: row[key] for key in keys}, **each, "element": each["code"]}
            for row in rows
            for each in row["elements"]
        ],
    )


def flat(row: dict[str, Any]) -> dict[str, Any]:
    low, high = row["interval95"] or (None, None)
    return row | {
        "interval95_low": low,
        "interval95_high": high,
        "flags": " ".join(row["flags"]),
    }


def as_csv(columns: Sequence[Column], rows: Iterable[dict[str, Any]]) -> str:
    """RFC 4180 with commas and decimal points, for programs; `report/sheets.py` is for people."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for row in rows:
        values = [row[column.name] for column in columns]
        writer.writerow([plain(value) for value in values])
    return out.getvalue()


def document(office: Office, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON file: who says it, under which licence, and the records."""
    return {
        "format": FORMAT,
        "office": {"address": office.address, "name": office.name},
        "licence": licence_of(office),
        "results": rows,
    }


def licence_of(office: Office) -> dict[str, str]:
    licence = Licence(office.licence)
    return {"name": licence.value, "title": str(licence.label), "path": licence.url}


def data_package(office: Office) -> dict[str, Any]:
    """The description of the two files for programs (Frictionless Data Package, version 1)."""
    return {
        "profile": "tabular-data-package",
        "name": f"skm-{office.address.lower()}",
        "title": f"Hasil Survei Kepuasan Masyarakat {office.name}",
        "description": "Hasil bulanan yang sudah ditutup, dan nilai yang terbit sebelumnya.",
        "homepage": f"{settings.PUBLIC_URL}/o/{office.address}/data/",
        "licenses": [licence_of(office)],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": name.removesuffix(".csv"),
                "path": name,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"'},
                "schema": schema_of(columns),
            }
            for name, columns in FILES.items()
        ],
    }


def schema_of(columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "fields": [
            {
                "name": column.name,
                "type": column.type,
                "description": column.says,
                **({"constraints": {"required": True}} if column.required else {}),
            }
            for column in columns
        ],
        "missingValues": [""],
    }


def element_codes() -> list[tuple[str, str]]:
    """Code and name of the nine elements, for the dictionary."""
    return [(row.code, element(row.code).name) for row in ELEMENTS]
