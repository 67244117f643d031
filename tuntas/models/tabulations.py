"""Reading the answers of some months for tabulation: one scan, joined by the database.

Beside each answer come the profile, one letter for the channel, and "1" for a sign of doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tuntas.law.months import Month
from tuntas.law.profile import PROFILE, UNKNOWN
from tuntas.models.exclusions import left_out
from tuntas.models.offices import Office
from tuntas.models.responses import Channel, Response

LETTERS = {channel: chr(ord("a") + place) for place, channel in enumerate(Channel.values)}


@dataclass(frozen=True)
class Record:
    """The counted answers of one service to one edition in one month, one after the other; profile,
    letter of the channel and "0" or "1" for a sign of doubt in the same order."""

    month: Month
    service: int
    edition: int
    answers: str
    profiles: str
    channels: str
    signs: str


def records(
    office: Office, months: Sequence[Month], services: Collection[int] | None
) -> Iterator[Record]:
    """All that is counted, in the order of month, service and edition.

    The index gives months and services in order, so that the rows are read once without sorting.
    Only services that were asked two editions in a month are read again, edition by edition.
    """
    wanted = None if services is None else list(services)
    if not months or wanted == []:
        return
    mixed: list[tuple[Any, int]] = []
    for row in joined(office, months, wanted):
        if row[2] == row[3]:
            yield Record(Month.parse(str(row[0])[:7]), row[1], row[2], *row[4:])
        else:
            mixed.append((row[0], row[1]))
    for day, service in mixed:
        month = Month.parse(str(day)[:7])
        for row in joined(office, [month], [service], by_edition=True):
            yield Record(month, service, row[2], *row[4:])


def joined(
    office: Office,
    months: Sequence[Month],
    services: Sequence[int] | None,
    *,
    by_edition: bool = False,
) -> list[Any]:
    """Month, service, lowest and highest edition, and four joined texts of each group.

    As in `ResponseQuerySet.count_by_service` the database only joins texts. It feeds all of them in
    the same order of rows; joining them one by one is faster than one long text per row.
    """
    join = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    cases = " ".join(f"WHEN '{name}' THEN '{letter}'" for name, letter in LETTERS.items())
    table, keys = Response._meta.db_table, "month, service_id"
    sql = (
        f"SELECT {keys}, min(edition_id), max(edition_id), {join}(answers, ''), "
        f"{join}(substr(profile || '{UNKNOWN * len(PROFILE)}', 1, {len(PROFILE)}), ''), "
        f"{join}(CASE channel {cases} ELSE '?' END, ''), "
        f"{join}(CASE signs WHEN 0 THEN '0' ELSE '1' END, '') FROM {table} "
        f"WHERE office_id = %s AND month IN ({', '.join(['%s'] * len(months))})"
    )
    parameters: list[Any] = [office.pk, *[month.first_day for month in months]]
    excluded = left_out(office.pk)
    if excluded.exists():
        part, values = excluded.query.sql_with_params()
        sql += f" AND id NOT IN ({part})"
        parameters += values
    if services is not None:
        sql += f" AND service_id IN ({', '.join(['%s'] * len(services))})"
        parameters += services
    keys += ", edition_id" if by_edition else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} GROUP BY {keys} ORDER BY {keys}", parameters)
        return list(cursor.fetchall())
