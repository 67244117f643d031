"""Reading the answers of some months: one scan, in which the database only joins texts.

What is joined, `law.tally` and `law.tabulation` take apart again at C speed, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from tuntas.law.months import Month
from tuntas.models.exclusions import left_out
from tuntas.models.offices import Office

TABLE = "tuntas_response"
ANSWERS = ("answers", "")


def scan(
    office: Office,
    months: Sequence[Month],
    services: Iterable[int] | None,
    *texts: tuple[str, str],
    only_unsigned: bool = False,
) -> Iterator[tuple[Month, int, int, list[str]]]:
    """Of each month, service and edition the joined texts of all that is counted, each in the same order
    of rows: `texts` are pairs of SQL over a row and what to put between. In the order of month, service
    and edition, except that services that were asked two editions in a month come last.

    The index gives months and services in order, so that the rows are read once without sorting. Only
    those services with two editions are read again, edition by edition. `only_unsigned` leaves out what
    carries a sign of doubt too.
    """
    wanted = None if services is None else list(services)
    if not months or wanted == []:
        return
    mixed: list[tuple[Any, int]] = []
    for day, service, lowest, highest, *joined in grouped(
        office, months, wanted, texts, only_unsigned=only_unsigned
    ):
        if lowest == highest:
            yield month_of(day), service, lowest, joined
        else:
            mixed.append((day, service))
    for day, service in mixed:
        month = month_of(day)
        for _day, _service, edition, _highest, *joined in grouped(
            office, [month], [service], texts, only_unsigned=only_unsigned, by_edition=True
        ):
            yield month, service, edition, joined


def month_of(day: Any) -> Month:
    """SQLite gives a text, PostgreSQL a date."""
    return Month.parse(str(day)[:7])


def grouped(
    office: Office,
    months: Sequence[Month],
    services: Sequence[int] | None,
    texts: Sequence[tuple[str, str]],
    *,
    only_unsigned: bool,
    by_edition: bool = False,
) -> list[Any]:
    """Month, service, lowest and highest edition, and the joined texts of each group.

    Joining texts one by one is faster than one long text per row.
    """
    join = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    keys = "month, service_id" + (", edition_id" if by_edition else "")
    joins = ", ".join(f"{join}({text}, '{separator}')" for text, separator in texts)
    # Names of our own tables and placeholders only; every value is a parameter.
    sql = (
        f"SELECT month, service_id, min(edition_id), max(edition_id), {joins} FROM {TABLE} "
        f"WHERE office_id = %s AND month IN ({', '.join(['%s'] * len(months))})"
    )
    parameters: list[Any] = [office.pk, *[month.first_day for month in months]]
    excluded = left_out(office.pk)
    if excluded.exists():
        part, values = excluded.query.sql_with_params()
        sql += f" AND id NOT IN ({part})"
        parameters += values
    if only_unsigned:
        sql += " AND signs = 0"
    if services is not None:
        sql += f" AND service_id IN ({', '.join(['%s'] * len(services))})"
        parameters += services
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} GROUP BY {keys} ORDER BY {keys}", parameters)
        return list(cursor.fetchall())
