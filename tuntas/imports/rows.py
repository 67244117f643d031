"""Turning rows into submissions, or into sentences on what is wrong with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from tuntas.imports.columns import Columns
from tuntas.imports.words import PROFILE_WORDS, plain
from tuntas.law.months import Month
from tuntas.law.profile import PROFILE, UNKNOWN, BadProfile, age_band
from tuntas.models import Channel, Service, Submission
from tuntas.models.feedback import TEXT_LIMIT

DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%Y")


@dataclass(frozen=True)
class BadRow:
    """One row that cannot be stored. `line` is its line in the file, from 1."""

    line: int
    column: str
    value: str
    reason: str


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
