"""What the command line prints: an index as data and as lines, adequacy, roll-up."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tuntas.law.months import Month, Span
from tuntas.law.rounding import half_up
from tuntas.law.sampling import sample_size
from tuntas.models import HistoricalResult, Office, Service, Unit
from tuntas.models.adequacy import adequacies
from tuntas.models.analyses import Analysis, analysis_of
from tuntas.models.breakdowns import BY_CHANNEL, Group
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
