"""Spreadsheets for the tests, and how far an import is taken before a test begins."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile

from tests.conftest import Cast
from tuntas import work
from tuntas.imports.excerpts import excerpt_of
from tuntas.models import Import

COLUMNS = ["Tanggal", *(f"q{n}" for n in range(1, 10)), "Nama", "Saran", "Nomor"]


def rows_of(n: int, *, bad: int = 0, start: int = 0) -> list[list[Any]]:
    """`n` rows that all differ, `bad` of them spread among them and wrong; the header first."""
    step = n // bad if bad else 0
    wrong = {step * k + step // 2 for k in range(bad)}
    rows: list[list[Any]] = [list(COLUMNS)]
    for number in range(start, start + n):
        scores: list[Any] = [1 + (number * 7 + q) % 4 for q in range(9)]
        if number - start in wrong:
            scores[number % 9] = 9
        suggestion = f"Tambah kursi di loket {number}" if number % 50 == 0 else ""
        rows.append([f"2026-0{1 + number % 3}-15", *scores, "Ani", suggestion, number])
    return rows


def csv_of(n: int, *, bad: int = 0, start: int = 0) -> bytes:
    rows = rows_of(n, bad=bad, start=start)
    return "\n".join(";".join(map(str, row)) for row in rows).encode() + b"\n"


def uploaded(
    cast: Cast, content: bytes, *, name: str = "isian.csv", mapped: bool = False, **said: Any
) -> Import:
    """An import of the pensiun service, its columns as recognised when `mapped`."""
    team = cast.people["team"]
    found = Import.add(cast.service, ContentFile(content), name, by=team)
    excerpt = excerpt_of(found.path, name, cast.service.edition)
    found.accept(excerpt.data(), by=team)
    if mapped:
        header = excerpt.header(cast.service.edition)
        mapping = {
            "sheet": excerpt.sheet,
            "line": header.line,
            "names": list(header.names),
            "columns": list(header.meanings),
            "order": "regulation",
            "zone": "Asia/Makassar",
            "dates": excerpt.dates,
            "month": "",
            "batch": "",
        }
        found.map(mapping | said, "header")
    return Import.objects.get(pk=found.pk)


def checked(cast: Cast, content: bytes, **said: Any) -> Import:
    """An import whose rows were all read."""
    found = uploaded(cast, content, mapped=True, **said)
    work.run_until_empty()
    return Import.objects.get(pk=found.pk)


def stored(cast: Cast, content: bytes, **said: Any) -> Import:
    """An import that was confirmed and done."""
    found = checked(cast, content, **said)
    found.confirm(found.digest, by=cast.people["team"])
    work.run_until_empty()
    return Import.objects.get(pk=found.pk)
