"""Reading a CSV or XLSX into rows, whatever clerks' programs make of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import python_calamine

MOST_ROWS = 1_000_000


class BadFile(Exception):
    """The file as a whole cannot be used; the message says why and what to do."""


class OrderUnclear(BadFile):
    """Numbered columns of nine elements: only a person knows what 8 and 9 stand for."""


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
