"""Reading a CSV or XLSX row by row, whatever clerks' programs make of them.

A file is judged before it is opened: its size, what it unpacks to and how far its cells reach, so
that a small file cannot fill the memory. Rows are handed out one after the other.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import python_calamine

MOST_BYTES = 30 * 1024 * 1024
MOST_UNPACKED = 400 * 1024 * 1024
MOST_ROWS = 200_000
MOST_CELLS = 8_000_000  # the reader keeps one place for each cell of the rectangle
MOST_FIELD = 32_768  # characters of one cell, Excel's own limit
ENCODINGS = ("utf-8-sig", "cp1252")
CHUNK = 1024 * 1024


class BadFile(Exception):
    """The file as a whole cannot be used; the message says why and what to do."""


class OrderUnclear(BadFile):
    """Numbered columns of nine elements: only a person knows what 8 and 9 stand for."""


@dataclass(frozen=True)
class Table:
    """A spreadsheet that was found readable. `sheets` is empty for a CSV."""

    path: Path
    name: str  # as the clerk calls the file
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ","

    def rows(self) -> Iterator[list[Any]]:
        """Every row from the first line on, empty ones included. Raises BadFile."""
        found = self._xlsx_rows() if self.sheets else self._csv_rows()
        for number, row in enumerate(found, start=1):
            if number > MOST_ROWS:
                raise BadFile(
                    f"{self.name} berisi lebih dari {MOST_ROWS} baris. Bagi menjadi beberapa."
                )
            yield row

    def head(self, rows: int) -> list[list[Any]]:
        """The first rows."""
        return list(islice(self.rows(), rows))

    def lines(self) -> int:
        """About how many rows there are, for a progress bar."""
        if self.sheets:
            with opened(self.path, self.name) as book:
                return int(book.get_sheet_by_name(self.sheet).total_height)
        with self.path.open("rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(CHUNK), b"")) + 1

    def _xlsx_rows(self) -> Iterator[list[Any]]:
        with opened(self.path, self.name) as book:
            sheet = book.get_sheet_by_name(self.sheet)
            indent = [""] * (sheet.start or (0, 0))[1]  # it leaves out empty columns at the left
            for row in sheet.iter_rows():
                yield indent + row

    def _csv_rows(self) -> Iterator[list[Any]]:
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            yield from csv_rows(file, self.delimiter, self.name)


def open_table(path: Path, *, sheet: str = "", name: str = "") -> Table:
    """Look at a file and say how it is read. `sheet` chooses one of an XLSX, else the first.

    Raises BadFile.
    """
    name = name or path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise BadFile(f"Berkas {name} tidak dapat dibaca: {error.strerror}.") from error
    if size > MOST_BYTES:
        raise BadFile(
            f"{name} berukuran lebih dari {MOST_BYTES // 1024**2} MB. Bagi menjadi beberapa berkas."
        )
    if not head.strip():
        raise BadFile(f"Berkas {name} kosong.")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(
            f"{name} berformat Excel lama (.xls) atau bersandi. Simpan ulang sebagai .xlsx "
            "tanpa sandi atau sebagai CSV, lalu coba lagi."
        )
    if head.startswith(b"PK"):
        return open_xlsx(path, name, sheet)
    if sheet:
        raise BadFile(f"{name} adalah CSV dan tidak memiliki lembar; hilangkan pilihan lembarnya.")
    return open_csv(path, name, head)


# -- XLSX ----------------------------------------------------------------------------------------


def open_xlsx(path: Path, name: str, sheet: str) -> Table:
    check_archive(path, name)
    with opened(path, name) as book:
        sheets = tuple(book.sheet_names)
    if not sheets:
        raise BadFile(f"{name} tidak berisi satu lembar pun.")
    if sheet and sheet not in sheets:
        raise BadFile(f"Lembar {sheet!r} tidak ada di {name}. Yang ada: {', '.join(sheets)}.")
    return Table(path, name, sheets, sheet or sheets[0])


def not_a_workbook(name: str, why: str) -> BadFile:
    return BadFile(
        f"{name} bukan lembar kerja yang dapat dibuka ({why}). Simpan ulang sebagai .xlsx atau CSV."
    )


@contextmanager
def opened(path: Path, name: str) -> Iterator[Any]:
    """The workbook of a file; whatever its reader raises becomes a BadFile."""
    try:
        with path.open("rb") as file:
            yield python_calamine.CalamineWorkbook.from_filelike(file)
    except (BadFile, GeneratorExit):
        raise
    except BaseException as error:  # calamine raises several kinds, a panic of Rust among them
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise not_a_workbook(name, type(error).__name__) from error


def check_archive(path: Path, name: str) -> None:
    """Unpack without keeping: how much comes out, and how far the cells reach. Raises BadFile.

    What the archive says about its own sizes is not believed.
    """
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            entries = archive.infolist()
            if not any(entry.filename == "xl/workbook.xml" for entry in entries):
                raise not_a_workbook(name, "bukan .xlsx")
            for entry in entries:
                reach = Reach(name)
                for piece in unpack(file, entry):
                    unpacked += len(piece)
                    if unpacked > MOST_UNPACKED:
                        raise BadFile(
                            f"Isi {name} melebihi {MOST_UNPACKED // 1024**2} MB setelah dibuka. "
                            "Hapus gambar dan lembar lain, atau simpan sebagai CSV."
                        )
                    if entry.filename.startswith("xl/worksheets/"):
                        reach.see(piece)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        OSError,
        ValueError,
        RuntimeError,
    ) as error:
        # RuntimeError: a version or an encryption of the archive that nobody can read.
        raise not_a_workbook(name, type(error).__name__) from error


def unpack(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What one entry holds, in pieces of bounded size. Raises ValueError for unknown packing."""
    file.seek(entry.header_offset + 26)
    names, extra = struct.unpack("<HH", file.read(4))
    file.seek(names + extra, io.SEEK_CUR)
    left = entry.compress_size
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("unknown packing")
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := file.read(min(left, 65536))):
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        yield inflate.decompress(packed, CHUNK)
        while inflate.unconsumed_tail:
            yield inflate.decompress(inflate.unconsumed_tail, CHUNK)


class Reach:
    """How far the cells of a sheet reach: two cells far apart would take gigabytes to hold."""

    CELL = re.compile(rb"""\br\s?=\s?["']([A-Za-z]{0,4})(\d{1,9})""")
    KEPT = 24

    def __init__(self, name: str) -> None:
        self.name, self.tail = name, b""
        self.columns = self.rows = 1

    def see(self, piece: bytes) -> None:
        """Look through the next piece. Raises BadFile."""
        text, self.tail = self.tail + piece, piece[-self.KEPT :]
        found = self.CELL.findall(text)
        if not found:
            return
        self.rows = max(self.rows, max(int(row) for _letters, row in found))
        self.columns = max(self.columns, *map(column_number, {letters for letters, _row in found}))
        if self.rows > MOST_ROWS or self.rows * self.columns > MOST_CELLS:
            raise BadFile(
                f"Sel {self.name} terlalu berjauhan (sampai baris {self.rows}, kolom "
                f"{self.columns}). Salin datanya saja ke lembar baru, atau simpan sebagai CSV."
            )


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA; 0 for none."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


# -- CSV -----------------------------------------------------------------------------------------


def open_csv(path: Path, name: str, head: bytes) -> Table:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in head:
        raise BadFile(f"{name} bukan berkas CSV atau XLSX.")
    else:
        encoding = next(form for form in ENCODINGS if decodes(path, form))
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        start = file.read(65536)
    return Table(path, name, encoding=encoding, delimiter=delimiter_of(start))


def decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file is text of this encoding; the last one takes everything."""
    if encoding == ENCODINGS[-1]:
        return True
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(start: str) -> str:
    """The sign that cuts the most of the first lines into the most columns of one number.

    Counting signs would be misled by the commas inside questions, suggestions and numbers.
    """
    return max(",;\t", key=lambda sign: evenness(start, sign))


def evenness(start: str, delimiter: str) -> int:
    """Lines of the usual width, times the signs in each."""
    widths: Counter[int] = Counter()
    try:
        for row in islice(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), 50):
            widths[len(row)] += bool(row)
    except csv.Error:
        pass  # what came before counts
    return max(((width - 1) * lines for width, lines in widths.items()), default=0)


def csv_rows(lines: Iterable[str], delimiter: str, name: str) -> Iterator[list[Any]]:
    csv.field_size_limit(MOST_FIELD)
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            yield list(row)
    except (csv.Error, UnicodeError) as error:
        raise BadFile(
            f"{name} tidak dapat dibaca sebagai CSV ({error}). Simpan ulang dari program lembar kerja."
        ) from error
