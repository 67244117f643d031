"""What the command line prints: an index as data and as lines, and the health of the installation."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.core import checks
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tuntas import work
from tuntas.law.index import IndexResult
from tuntas.law.instruments import InstrumentResult
from tuntas.law.months import Month, Span
from tuntas.law.rounding import exact_decimal, half_up
from tuntas.models import HistoricalResult, Notice, Office, Service, Unit
from tuntas.models.adequacy import adequacies
from tuntas.models.results import (
    counts,
    first_month,
    index_of,
    instruments_of,
    service_ids,
)
from tuntas.report import numbers

LEVELS = {checks.ERROR: "galat", checks.WARNING: "awas", checks.INFO: "info"}
# A mail that may go out and is still here after this long stands still; night is not counted.
LATE_MAIL = timedelta(hours=14)
TRIGGERED = {
    "tuntas_response",
    "tuntas_closure",
    "tuntas_reopening",
    "tuntas_event",
    "tuntas_planstage",
    "tuntas_planrevision",
    "tuntas_reportnumber",
    "tuntas_signedfile",
}


def index_data(
    office: Office,
    first: Month | None,
    last: Month | None,
    *,
    unit: Unit | None,
    service: Service | None,
    weights: str | None,
) -> dict[str, Any]:
    """The index of a range as JSON-ready data; numbers are strings with their exact decimal.

    Without `first` it begins with the earliest month known, without `last` it ends today.
    Raises ValueError when the range is upside down.
    """
    this_month = Month.of(office.today)
    start = first or first_month(office) or last or this_month
    end = last or max(this_month, start)
    span = Span(start, end)
    counted = counts(office, span.months, services=service_ids(unit=unit, service=service))
    result = index_of(counted, weights or office.weights)
    data = empty(weights or office.weights) if result is None else of_result(result)
    data["office"], data["from"], data["to"] = office.code, str(start), str(end)
    data["instruments"] = [of_instrument(row) for row in instruments_of(counted)]
    data["historical"] = [
        {
            "month": str(Month.of(row.month)),
            "converted_2": str(row.converted),
            "n": row.n,
            "source": row.source,
        }
        for row in HistoricalResult.objects.filter(
            office=office,
            unit=unit,
            service=service,
            month__gte=start.first_day,
            month__lte=end.first_day,
        )
    ]
    return data


def empty(weights: str) -> dict[str, Any]:
    return {
        "n": 0,
        "elements": [],
        "index_value": None,
        "converted": None,
        "converted_2": None,
        "grade": None,
        "performance": None,
        "weights": weights,
        "interval95": None,
        "flags": ["no-responses"],
    }


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


def index_lines(data: dict[str, Any]) -> list[str]:
    """The same for people: a table of elements and the index below it."""
    lines = []
    if data["n"]:
        lines.append(f"{'Unsur':44} {'n':>7} {'NRR':>7} {'Tertimbang':>11}  Mutu")
        for row in data["elements"]:
            mean, weighted = shown(row["mean"], 3), shown(row["weighted"], 3)
            lines.append(
                f"{row['name'][:44]:44} {row['n']:>7} {mean:>7} {weighted:>11}  {row['grade'] or '–'}"
            )
        ends = data["interval95"]
        interval = f", selang 95% {shown(ends[0])}–{shown(ends[1])}" if ends else ""
        lines.append(
            f"IKM {data['from']} s.d. {data['to']}: {shown(data['converted'])} "
            f"({data['grade']}, {data['performance']}), n = {data['n']}, "
            f"bobot {data['weights']}{interval}"
        )
    lines += [
        f"{row['name']} {data['from']} s.d. {data['to']}: {shown(row['index_value'])} dari 4, "
        f"n = {row['n']}"
        for row in data["instruments"]
    ]
    lines += [
        f"Nilai terbitan lama {row['month']}: {row['converted_2'].replace('.', ',')} ({row['source']})"
        for row in data["historical"]
    ]
    return lines


def shown(text: str | None, places: int = 2) -> str:
    return numbers.number(Fraction(text), places) if text is not None else "–"


# -- respondents ---------------------------------------------------------------------------------


def adequacy_data(office: Office, year: int | None) -> list[dict[str, Any]]:
    """Each service of the year (default: this one), furthest behind first."""
    today = office.today
    services = office.services.select_related("unit")
    return [
        {
            "unit": row.service.unit.code,
            "service": row.service.code,
            "name": row.service.name,
            "population": row.audience.size if row.audience else None,
            "source": row.audience.source if row.audience else "",
            "wanted": row.wanted,
            "answered": row.answered,
            "missing": row.missing,
            "per_month": row.per_month,
        }
        for row in adequacies(office, year or today.year, services, today)
    ]


# -- health --------------------------------------------------------------------------------------


def health() -> list[tuple[str, str, str]]:
    """(level, finding, hint) of everything that can be looked at; level: baik, info, awas, galat."""
    findings = [
        (LEVELS.get(found.level, "galat"), found.msg, found.hint or "")
        for found in checks.run_checks(include_deployment_checks=False, databases=["default"])
    ]
    plan = MigrationExecutor(connection)
    waiting = plan.migration_plan(plan.loader.graph.leaf_nodes())
    if waiting:
        hint = "Jalankan: tuntas manage migrate"
        return [*findings, ("galat", f"{len(waiting)} migrasi belum dijalankan.", hint)]
    findings.append(("baik", f"Basis data {connection.vendor}, semua migrasi terpasang.", ""))
    missing = TRIGGERED - guarded_tables()
    if missing:
        findings.append(
            (
                "galat",
                f"Pemicu pelindung hilang pada {', '.join(sorted(missing))}.",
                "Pulihkan basis data dari cadangan; pemicu itu mencegah data lama diubah.",
            )
        )
    else:
        findings.append(("baik", "Jawaban, penutupan, dan jejak audit dilindungi pemicu.", ""))
    findings.append(write_probe())
    findings.append(background_work())
    findings.append(mail_queue())
    return findings


def mail_queue() -> tuple[str, str, str]:
    """What waits to be mailed since when, and what could not be."""
    now = timezone.now()
    waiting = Notice.objects.to_send(now).filter(given_up_at=None)
    dead, n = Notice.objects.dead().count(), waiting.count()
    oldest = waiting.order_by("made_at").values_list("made_at", flat=True).first()
    since = f", tertua {timezone.localtime(oldest):%d.%m.%Y %H.%M}" if oldest else ""
    told = f"Surel: {n} menunggu{since}, {dead} tidak dapat dikirim."
    if dead:
        return (
            "awas",
            told,
            "Buka Pengingat saya → Surel tertahan: perbaiki sebabnya, kirim lagi.",
        )
    if oldest and now - oldest > LATE_MAIL:
        return ("awas", told, "Periksa TUNTAS_SMTP_HOST dan apakah pekerja latar berjalan.")
    return ("baik", told, "")


def background_work() -> tuple[str, str, str]:
    """Whether the loop lives, what waits for it and what it gave up."""
    found = work.health()
    waiting, failed = sum(found.waiting.values()), sum(found.failed.values())
    told = f"{waiting} menunggu, {failed} gagal"
    if failed:
        names = ", ".join(name for name, n in found.failed.items() if n)
        return ("awas", f"Pekerjaan latar: {told} ({names}).", "Lihat log, lalu ulangi impornya.")
    if found.silence is None or found.silence > work.SILENT:
        level = "awas" if waiting else "info"
        return (level, f"Pekerjaan latar tidak berjalan; {told}.", "Jalankan: tuntas serve")
    return (
        "baik",
        f"Pekerjaan latar berjalan, terakhir {found.silence:.0f} detik lalu; {told}.",
        "",
    )


def guarded_tables() -> set[str]:
    """Tables that have a trigger."""
    if connection.vendor == "sqlite":
        sql = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        sql = "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


def write_probe() -> tuple[str, str, str]:
    """Whether a transaction can really be written; nothing of it stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE tuntas_probe (n integer)")
        cursor.execute("INSERT INTO tuntas_probe VALUES (1)")
        cursor.execute("DROP TABLE tuntas_probe")
    return ("baik", "Basis data dapat ditulisi.", "")
