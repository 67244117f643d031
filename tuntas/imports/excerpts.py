"""The first rows of a file, for the page that asks what its columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from tuntas.imports.columns import (
    DATE,
    HEADER_WITHIN,
    IDENTITY,
    Header,
    read_header,
    recognise,
    with_similar,
)
from tuntas.imports.dates import DAY_FIRST, date_order
from tuntas.imports.rows import cell
from tuntas.imports.table import BadFile, Table, open_table
from tuntas.models.surveys import Edition

BELOW = 5  # rows kept below the last possible header
LONGEST = 400  # characters kept of a cell: a question fits
LOOKED_THROUGH = 5000  # rows that may show whether days or months come first


@dataclass(frozen=True)
class Excerpt:
    """What a page needs of a file, JSON-ready by `data()`. `lines` is about how many it has."""

    sheets: list[str]
    sheet: str
    rows: list[list[str]]
    lines: int
    dates: str = DAY_FIRST

    def data(self) -> dict[str, Any]:
        return dict(vars(self))

    def header(self, edition: Edition, line: int | None = None) -> Header:
        """The header that is recognised, or the row a person pointed at. Raises BadFile."""
        if line is not None and 0 <= line < len(self.rows):
            return with_similar(read_header(line, list(self.rows[line]), edition, {}), edition)
        found = recognise([list(row) for row in self.rows], edition)
        if found is None:
            raise BadFile("Lembar ini kosong: tidak ada nama kolom pada baris-baris pertama.")
        return found

    def samples(self, header: Header, place: int) -> list[str]:
        """The first values below a name."""
        below = (row[place] for row in self.rows[header.line + 1 :] if place < len(row))
        return list(islice((value for value in below if value), 3))


def excerpt_of(path: Path, name: str, edition: Edition, sheet: str = "") -> Excerpt:
    """Look into a file. Without `sheet` the first one that has questions. Raises BadFile."""
    table = open_table(path, sheet=sheet, name=name)
    if not sheet:
        for other in table.sheets:
            candidate = Table(path, name, table.sheets, other)
            header = recognise(candidate.head(HEADER_WITHIN), edition)
            if header is not None and header.questions:
                table = candidate
                break
    return read_excerpt(table, edition)


def read_excerpt(table: Table, edition: Edition) -> Excerpt:
    rows = table.head(HEADER_WITHIN + BELOW)
    if not any(any(cell(row, place) for place in range(len(row))) for row in rows):
        raise BadFile(f"{table.name} tidak berisi apa pun pada baris-baris pertama.")
    header = recognise(rows, edition)
    hidden = set[int]()
    dates = DAY_FIRST
    if header is not None:
        hidden = {place for place, meaning in enumerate(header.meanings) if meaning == IDENTITY}
        dates = order_of(table, header)
    kept = [
        [
            ""
            if place in hidden and header is not None and line > header.line
            else shown(row, place)
            for place in range(len(row))
        ]
        for line, row in enumerate(rows)
    ]
    return Excerpt(list(table.sheets), table.sheet, kept, table.lines(), dates)


def order_of(table: Table, header: Header) -> str:
    if DATE not in header.meanings:
        return DAY_FIRST
    place = header.meanings.index(DATE)
    below = islice(table.rows(), header.line + 1, LOOKED_THROUGH)
    return date_order(row[place] for row in below if place < len(row))


def shown(row: list[Any], place: int) -> str:
    value = row[place]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return cell(row, place)[:LONGEST]


def fingerprint(header: Header, edition: Edition) -> str:
    """The same for every file with these column names and this questionnaire."""
    return sha256("\x1f".join((str(edition.pk), *header.names)).encode()).hexdigest()
