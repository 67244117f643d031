"""Turning rows into submissions, or into sentences on what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from tuntas.imports.columns import Columns
from tuntas.imports.dates import EARLIEST, BadDate, Calendar
from tuntas.imports.words import Options, profile_mark
from tuntas.law.months import Month
from tuntas.law.profile import PROFILE, UNKNOWN, BadProfile
from tuntas.models import Channel, Service, Submission
from tuntas.models.feedback import TEXT_LIMIT

SHOWN = 60  # characters of a wrong value that are told
# Neither database keeps a NUL in a text, and no clerk wants the others.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class BadRow:
    """One row that cannot be stored. `line` is its line in the file, from 1."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class GoodRow:
    """One row as it will be stored."""

    line: int
    submission: Submission


class RowProblem(Exception):
    """A cell that cannot be used."""

    def __init__(self, column: int | None, value: object, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)


def cell(row: list[Any], place: int | None) -> str:
    """Text of a cell; empty for None, for a missing one and for one of spaces."""
    if place is None or place >= len(row) or row[place] is None:
        return ""
    value = row[place]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return CONTROLS.sub("", str(value)).strip()


@dataclass
class Reader:
    """Reads the rows of one file into one service's submissions.

    `month` is where rows without a day count; without it such rows are bad when the file has a
    column of dates, and count for the current month when it has none. `batch` tells apart the
    rows of files that happen to be the same. `today` is the last possible day.
    """

    service: Service
    columns: Columns
    calendar: Calendar
    today: date
    month: Month | None = None
    batch: str = ""
    seen: Counter[bytes] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.options = [
            (self.columns.questions[question.position], Options(question))
            for question in self.service.edition.question_list
        ]
        self.counted = [bool(q.element) for q in self.service.edition.question_list]

    def read(self, rows: Iterable[list[Any]]) -> Iterator[GoodRow | BadRow]:
        """Every row below the header that holds anything. `rows` is the whole file."""
        for line, row in enumerate(rows, start=1):
            if line <= self.columns.header_line + 1 or not any(map(holds, row)):
                continue
            try:
                yield GoodRow(line, self.submission(row))
            except RowProblem as problem:
                yield self.bad_row(line, problem)

    def bad_row(self, line: int, problem: RowProblem) -> BadRow:
        """What is wrong with a row; never what a citizen wrote."""
        place = problem.column
        name = self.columns.names[place] if place is not None else ""
        value = "" if place is not None and place == self.columns.text else str(problem.value)
        short = value[: SHOWN - 1] + "…" if len(value) > SHOWN else value
        return BadRow(line, CONTROLS.sub("", name)[:200], short, problem.reason)

    def submission(self, row: list[Any]) -> Submission:
        """The row as it will be stored. Raises RowProblem."""
        answers = self.scores(row)
        day = self.day(row)
        profile = self.profile(row)
        suggestion = cell(row, self.columns.text)
        if len(suggestion) > TEXT_LIMIT:
            raise RowProblem(self.columns.text, "", f"saran lebih dari {TEXT_LIMIT} huruf")
        rest = tuple(cell(row, place) for place in self.columns.ignored)
        key = (self.batch, str(day or ""), answers, profile, suggestion, *rest)
        return Submission(
            id=self.row_id(key),
            edition_id=self.service.edition_id,
            answers=answers,
            channel=Channel.IMPORT,
            profile=profile,
            suggestion=suggestion,
            answered_on=day,
        )

    def scores(self, row: list[Any]) -> str:
        scores = []
        for place, options in self.options:
            text = cell(row, place)
            try:
                scores.append(str(options.score(text)))
            except ValueError as error:
                raise RowProblem(place, text, str(error)) from error
        if not any(
            score != "0" and counts for score, counts in zip(scores, self.counted, strict=True)
        ):
            raise RowProblem(None, "", "tidak ada satu pun nilai yang terisi")
        return "".join(scores)

    def day(self, row: list[Any]) -> date | None:
        place = self.columns.day
        text = cell(row, place)
        if place is None or text == "":
            if place is not None and self.month is None:
                raise RowProblem(place, "", "tanggal kosong; isi, atau pilih bulan untuk baris ini")
            return self.month.first_day if self.month else None
        try:
            day = self.calendar.day(row[place] if not isinstance(row[place], str) else text)
        except BadDate as error:
            reason = "tanggal tidak dikenal; tulis 2023-05-31 atau 31/05/2023"
            raise RowProblem(place, text, reason) from error
        if not EARLIEST <= day <= self.today:
            raise RowProblem(place, text, "tanggal di luar 2000-01-01 sampai hari ini")
        return day

    def profile(self, row: list[Any]) -> str:
        """Profile text; a word we do not know counts as not filled in, an impossible age is an error."""
        found: dict[str, str] = {}
        for code, place in self.columns.profile.items():
            text = cell(row, place)
            try:
                found[code] = profile_mark(code, text) if text else UNKNOWN
            except BadProfile as error:
                raise RowProblem(place, text, str(error)) from error
        return "".join(found.get(question.code, UNKNOWN) for question in PROFILE)

    def row_id(self, key: tuple[str, ...]) -> UUID:
        """The same row of the same service is the same response, however often it is imported.

        Identical rows of one file are different people: they are told apart by counting.
        """
        content = "\x1f".join(key)
        short = blake2b(content.encode(), digest_size=16).digest()
        self.seen[short] += 1
        place = f"{self.service.office.code}/{self.service.token}"
        text = "\x1f".join((place, content, str(self.seen[short])))
        return uuid5(NAMESPACE_URL, f"tuntas:import:{text}")


def holds(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))
