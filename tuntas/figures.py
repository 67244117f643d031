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
from tuntas.law.months import Month, Span
from tuntas.law.rounding import half_up
from tuntas.law.sampling import sample_size
from tuntas.models import HistoricalResult, Notice, Office, Service, Unit
from tuntas.models.adequacy import adequacies
from tuntas.models.analyses import BY_CHANNEL, Analysis, Group, analysis_of
from tuntas.models.results import (
    counts,
    first_month,
    index_of,
    instruments_of,
    service_ids,
)
from tuntas.models.rollups import Line, Published, roll_up
from tuntas.models.rollups import instruments_of as pooled_instruments_of
from tuntas.report import numbers
from tuntas.report.facts import index_facts
from tuntas.report.open_data import exact, of_instrument, of_result

LEVELS = {checks.ERROR: "galat", checks.WARNING: "awas", checks.INFO: "info"}
# A mail that may go out and is still here after this long stands still; night is not counted.
LATE_MAIL = timedelta(hours=14)
TRIGGERED = {
    "tuntas_response",
    "tuntas_closure",
    "tuntas_reopening",
    "tuntas_dayseal",
    "tuntas_closureproof",
    "tuntas_event",
    "tuntas_planstage",
    "tuntas_planrevision",
    "tuntas_closurecount",
    "tuntas_officeidentity",
    "tuntas_outsideoffice",
    "tuntas_outsidekey",
    "tuntas_outsideclosure",
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
    found = analysis_of(office, span, unit=unit, service=service)
    result = index_of(counted, weights or office.weights)
    data = empty(weights or office.weights) if result is None else of_result(result)
    data["office"], data["from"], data["to"] = office.code, str(start), str(end)
    data["honesty"] = of_analysis(found)
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


def of_analysis(found: Analysis) -> dict[str, Any]:
    """What stands beside the index: population, signs of doubt, channels, and the words for them.

    `interval95_finite` has the finite population correction, or is None where it was not applied; a
    channel whose answers may not be shown has no values.
    """
    facts = index_facts(found)
    finite, without = found.finite_result, found.unsigned_result
    ends = finite.interval95 if finite else None
    return {
        "population": found.population,
        "interval95_finite": [exact(end) for end in ends] if ends else None,
        "wanted": sample_size(found.population) if found.population else None,
        "indicative": facts.is_indicative,
        "signed": found.signed,
        "converted_without_signed": exact(without.converted) if without else None,
        "channels": [of_group(group) for group in found.groups(BY_CHANNEL)],
        "words": list(facts.lines),
    }


def of_group(group: Group) -> dict[str, Any]:
    ends = group.result.interval95 if group.result else None
    apart = group.difference95
    return {
        "code": group.code,
        "n": group.n,
        "converted": exact(group.result.converted) if group.result else None,
        "interval95": [exact(end) for end in ends] if ends else None,
        "difference": exact(group.difference),
        "difference95": [exact(end) for end in apart] if apart else None,
    }


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
        lines += data.get("honesty", {}).get("words", [])
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


# -- roll-up -------------------------------------------------------------------------------------


def rollup_data(office: Office, span: Span, *, weights: str | None = None) -> dict[str, Any]:
    """The keys of an index (`index_data`), and the offices with their own."""
    found = roll_up(office, span, weights=weights).with_ranks()
    result = found.result
    data = empty(found.weights) if result is None else of_result(result)
    return {
        **data,
        "office": office.code,
        "from": str(span.first),
        "to": str(span.last),
        "instruments": [of_instrument(row) for row in pooled_instruments_of(office, span)],
        "historical": [of_published(row) for row in found.historical],
        "offices": [of_line(line) for line in found.lines],
        "missing": [
            {
                "office": line.place.address,
                "name": line.place.name,
                "months": [str(month) for month in line.missing],
            }
            for line in found.missing
        ],
    }


def of_line(line: Line) -> dict[str, Any]:
    """One office with everything below it; `rank` is [best, worst] or None."""
    result = line.result
    data = empty(line.weights) if result is None else of_result(result)
    return {
        "office": line.place.address,
        "code": line.place.code,
        "name": line.place.name,
        "depth": line.place.depth,
        "from_outside": line.place.is_outside,
        "has_below": line.has_below,
        "months_closed": line.closed,
        "months_due": line.due,
        "rank": list(line.rank) if line.rank else None,
        **{key: value for key, value in data.items() if key != "elements"},
    }


def of_published(row: Published) -> dict[str, Any]:
    return {
        "office": row.place.address,
        "month": str(row.month),
        "converted_2": str(half_up(row.converted, 2)),
        "n": row.n,
        "source": row.source,
    }


def rollup_lines(data: dict[str, Any]) -> list[str]:
    lines = ["", "Kantor:"]
    for row in data["offices"]:
        mark = " (dari luar)" if row["from_outside"] else ""
        value = f"{shown(row['converted'])} {row['grade']}" if row["n"] else "–"
        few = ", indikatif" if "indicative" in row["flags"] else ""
        lines.append(
            f"{'  ' * row['depth']}{row['name']}{mark}: {value}, {row['n']} jawaban{few}, "
            f"{row['months_closed']} dari {row['months_due']} bulan ditutup"
        )
    if data["missing"]:
        lines += ["", "Belum ditutup:"]
        lines += [f"{row['name']}: {', '.join(row['months'])}" for row in data["missing"]]
    return lines
