"""What stands in an archive's files, written row by row and read back strictly. PURE."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from tuntas.proof import archive
from tuntas.proof.records import AnswerRow, DayRoot, answer_leaf, canonical

DAYS_HEAD = b"number,day,n,root"
RECEIPTS_HEAD = b"day,leaf,check"
ANSWERS_HEAD = b"leaf,salt,service,edition,status,answers"
DAY_LINE = re.compile(rb"([1-9][0-9]*),([0-9]{4}-[0-9]{2}-[0-9]{2}),([1-9][0-9]*),([0-9a-f]{64})")
RECEIPT_LINE = re.compile(rb"([1-9][0-9]*),([0-9a-f]{64}),([0-9a-f]{8})")
ANSWER_LINE = re.compile(
    rb"([0-9a-f]{64}),([0-9a-f]{32}),([1-9][0-9]*),([1-9][0-9]*),"
    rb"(counted|left-out-[1-9][0-9]*),([0-9]{1,60})"
)
ROWS_AT_ONCE = 2000

README = """\
Bukti penutupan survei kepuasan masyarakat
Proof of a closed month of a public satisfaction survey

Kantor / office          {office}
Bulan / month            {month}
Penutupan / closure      {closure}
Sidik / SHA-256 of closure.json
{sha256}

Periksa: cocokkan sidik di atas dengan yang tercetak pada laporan atau halaman verifikasi kantor,
lalu jalankan `tuntas verify BERKAS`, atau buka halaman /v/ kantor mana pun yang memakai Tuntas dan
jatuhkan berkas ini di sana. Pemeriksaan tidak memerlukan jaringan maupun basis data.

To check: compare the SHA-256 above with the one printed on the report or shown on the office's
verification page, then run `tuntas verify FILE`, or drop this file on the page /v/ of any
installation of Tuntas. Neither a network nor a database is needed.

closure.json   what the office closed: counts, method, exclusions, result, root of the proof
editions.json  the questionnaires: which character of the answers rates which element
days.csv       for each sealed day how many receipts there are, and their root
receipts.csv   a hash for every receipt that a citizen got; it shows neither receipt nor answers
answers.csv    the answers of every respondent, in an order that says nothing, with a salt each;
               status "left-out-N" names the N-th exclusion of closure.json
SHA256SUMS     SHA-256 of the files above

No name, no contact, no time, no profile and no free text stands in this archive, and nothing that
joins a receipt to its answers. docs/proof.md of Tuntas specifies every byte.
"""


@dataclass(frozen=True)
class DaySeal:
    """A sealed day with the hashes of its receipts, in the order in which they were sealed."""

    day: date
    leaves: tuple[bytes, ...]
    root: str


def write(
    file: BinaryIO,
    closure: dict[str, Any],
    editions: list[dict[str, Any]],
    days: Callable[[], Iterable[DaySeal]],
    answers: Iterable[bytes],
    *,
    number: int,
    step: Callable[[int], None] = lambda _rows: None,
) -> str:
    """Write the archive of a closure; returns the SHA-256 of closure.json.

    `answers` are lines (`answer_line`) in their order, which is that of the leaves. `step` is told how many rows were written.
    """
    content = canonical(closure)
    sha256 = hashlib.sha256(content).hexdigest()
    readme = README.format(
        office=closure["office"], month=closure["month"], closure=number, sha256=sha256
    )
    parts: list[tuple[str, Iterable[bytes]]] = [
        ("README.txt", [readme.encode()]),
        ("closure.json", [content]),
        ("editions.json", [canonical(editions)]),
        ("days.csv", lines(DAYS_HEAD, day_lines(days()))),
        ("receipts.csv", lines(RECEIPTS_HEAD, receipt_lines(days()), step)),
        ("answers.csv", lines(ANSWERS_HEAD, answers, step)),
    ]
    sums: list[str] = []
    summed = [(name, summing(name, chunks, sums)) for name, chunks in parts]
    archive.write(file, [*summed, ("SHA256SUMS", (text.encode() for text in sums))])
    return sha256


def summing(name: str, chunks: Iterable[bytes], sums: list[str]) -> Iterator[bytes]:
    """The chunks, whose SHA-256 is added to `sums` after the last one."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    sums.append(f"{digest.hexdigest()}  {name}\n")


def lines(
    head: bytes, rows: Iterable[bytes], step: Callable[[int], None] = lambda _rows: None
) -> Iterator[bytes]:
    waiting = [head]
    for row in rows:
        waiting.append(row)
        if len(waiting) >= ROWS_AT_ONCE:
            step(len(waiting))
            yield b"\n".join(waiting) + b"\n"
            waiting = []
    if waiting:
        step(len(waiting))
        yield b"\n".join(waiting) + b"\n"


def day_lines(days: Iterable[DaySeal]) -> Iterator[bytes]:
    for number, seal in enumerate(days, start=1):
        yield f"{number},{seal.day},{len(seal.leaves)},{seal.root}".encode()


def receipt_lines(days: Iterable[DaySeal]) -> Iterator[bytes]:
    for number, seal in enumerate(days, start=1):
        for leaf in seal.leaves:
            yield f"{number},{leaf.hex()},{check_of(leaf)}".encode()


def answer_line(row: AnswerRow) -> bytes:
    leaf = answer_leaf(row).hex()
    return f"{leaf},{row.salt},{row.service},{row.edition},{row.status},{row.answers}".encode()


def check_of(leaf: bytes) -> str:
    """Eight digits by which a damaged line of receipts.csv names itself."""
    return hashlib.sha256(leaf).hexdigest()[:8]


def parse_day(line: bytes) -> tuple[int, DayRoot] | None:
    """Number and day of a line; None when it is not one."""
    found = DAY_LINE.fullmatch(line)
    if not found:
        return None
    number, day, n, root = (text.decode() for text in found.groups())
    return int(number), DayRoot(day, int(n), root)


def parse_answer(line: bytes) -> tuple[bytes, AnswerRow] | None:
    """Leaf and row of a line; None when it is not one."""
    found = ANSWER_LINE.fullmatch(line)
    if not found:
        return None
    leaf, *values = (text.decode() for text in found.groups())
    return bytes.fromhex(leaf), AnswerRow(*values)
