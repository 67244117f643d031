"""Gabungan: the index of all offices below, which of them have closed, and each one's closed months.

The office above sees closures and nothing else of the others (docs/decisions/0012): the pages find an
office in the tree of the current one, and never open its inbox, plans or answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.law.elements import ELEMENTS
from tuntas.law.index import IndexResult
from tuntas.law.months import Month, Span
from tuntas.models import Office, OutsideKey, OutsideOffice
from tuntas.models.results import CLOSED, EMPTY, MonthResult
from tuntas.models.rollups import Line, Rollup, by_month, roll_up
from tuntas.report import numbers, sheets, svg
from tuntas.report.trend import trend_chart
from tuntas.staff.access import OFFICE_READERS, StaffRequest, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import PeriodForm

PER_PAGE, MONTHS_PER_PAGE = 25, 24
TREND_MONTHS = 12
LONGEST = 60  # months of one roll-up
MISSING_SHOWN = 100
STATES = {
    "all": gettext_lazy("Semua"),
    "missing": gettext_lazy("Ada bulan belum ditutup"),
    "complete": gettext_lazy("Semua bulan ditutup"),
    "indicative": gettext_lazy("Kurang dari 30 jawaban"),
    "outside": gettext_lazy("Dari luar"),
}
SORTS = {
    "tree": gettext_lazy("Susunan kantor"),
    "index": gettext_lazy("IKM tertinggi"),
    "lowest": gettext_lazy("IKM terendah"),
    "n": gettext_lazy("Jawaban terbanyak"),
    "name": gettext_lazy("Nama"),
}
ELEMENT_CODES = [row.code for row in ELEMENTS]


@dataclass(frozen=True)
class Choice:
    """What the person asked for; `problem` says why a period was not understood."""

    span: Span
    state: str
    sort: str
    words: str
    problem: str = ""


def chosen(request: StaffRequest) -> Choice:
    query = request.GET
    last = Month.of(request.office.today) + -1
    usual, problem = Span(Month(last.year, 1), Month(last.year, 12)), ""
    try:
        span = Span.parse(query["period"]) if query.get("period") else usual
        if len(span.months) > LONGEST:
            raise ValueError(_("periode paling lama 60 bulan"))
    except ValueError as error:
        span, problem = usual, str(error)
    state, sort = query.get("state", "all"), query.get("sort", "tree")
    return Choice(
        span=span,
        state=state if state in STATES else "all",
        sort=sort if sort in SORTS else "tree",
        words=query.get("q", "").strip(),
        problem=problem,
    )


@staff(may=OFFICE_READERS)
def rollup_page(request: StaffRequest) -> HttpResponse:
    choice = chosen(request)
    found = roll_up(request.office, choice.span).with_ranks()
    page = Paginator(selected(found, choice), PER_PAGE).get_page(request.GET.get("page"))
    months = trend_months(choice.span)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "choice": choice,
        "form": PeriodForm(initial={"period": str(choice.span)}, office=request.office),
        "found": found,
        "whole": found.whole,
        "page": page,
        "rows": rows_of(found, list(page.object_list), months),
        "states": STATES.items(),
        "sorts": SORTS.items(),
        "query": query,
        "missing": found.missing[:MISSING_SHOWN],
        "unnamed": max(len(found.missing) - MISSING_SHOWN, 0),
        "trend": trend_chart(
            month_rows(by_month(request.office, months, found.weights), "", months)
        ),
        "trend_months": months,
        "elements": element_chart(found.result),
        "below": len(found.lines) - 1,
    }
    return render(request, "staff/rollup.html", context, status=422 if choice.problem else 200)


def trend_months(span: Span) -> Span:
    """The months drawn: those of the span, and as many before as make a year."""
    short = TREND_MONTHS - len(span.months)
    return Span(span.first + -short, span.last) if short > 0 else span


def month_rows(
    results: dict[str, dict[Month, IndexResult]], key: str, months: Span
) -> list[MonthResult]:
    known = results.get(key, {})
    return [
        MonthResult(month, CLOSED, known[month].n, known[month].converted, known[month])
        if month in known
        else MonthResult(month, EMPTY, None, None, None)
        for month in months.months
    ]


def element_chart(result: IndexResult | None) -> str:
    rows = result.elements if result else ()
    bars = [
        svg.Bar(row.name, row.mean, numbers.number(row.mean, 3))
        for row in rows
        if row.mean is not None
    ]
    told = "; ".join(f"{bar.label} {bar.shown}" for bar in bars)
    return svg.bars(bars, _("Nilai rata-rata per unsur"), told) if bars else ""


def selected(found: Rollup, choice: Choice) -> list[Line]:
    """The lines below the office (with its own, when it has closures itself) that were asked for."""
    tests: dict[str, Callable[[Line], bool]] = {
        "all": lambda _line: True,
        "missing": lambda line: bool(line.missing),
        "complete": lambda line: bool(line.due) and line.is_complete,
        "indicative": lambda line: line.is_indicative,
        "outside": lambda line: line.place.is_outside,
    }
    words = choice.words.casefold()
    lines = [
        line
        for line in found.lines
        if tests[choice.state](line)
        and (words in line.place.name.casefold() or words in line.place.address)
    ]
    return in_order(lines, choice.sort)


def in_order(lines: list[Line], sort: str) -> list[Line]:
    """By value only offices at the end of a branch: a region is no rival of its own offices."""
    if sort in ("index", "lowest"):
        rated = [line for line in lines if not line.has_below and line.converted is not None]
        return sorted(rated, key=lambda line: line.converted or 0, reverse=sort == "index")
    if sort == "n":
        return sorted(lines, key=lambda line: -line.n)
    if sort == "name":
        return sorted(lines, key=lambda line: line.place.name.casefold())
    return lines


@dataclass(frozen=True)
class Row:
    line: Line
    rank: str
    spark: SafeString | str
    depth: int


def rows_of(found: Rollup, lines: Sequence[Line], months: Span) -> list[Row]:
    """The lines of one page with their words and small trends, in one more query or two."""
    keys = [line.place.key for line in lines if not line.has_below]
    trends = by_month(found.office, months, found.weights, keys) if keys else {}
    return [
        Row(
            line=line,
            rank=rank_words(line),
            spark=spark_of(month_rows(trends, line.place.key, months)),
            depth=min(line.place.depth, 4),
        )
        for line in lines
    ]


def spark_of(rows: Iterable[MonthResult]) -> SafeString | str:
    values = list(rows)
    told = "; ".join(
        f"{numbers.month(row.month)} {numbers.number(row.converted)}"
        for row in values
        if row.converted is not None
    )
    return svg.sparkline([row.converted for row in values], told)


def rank_words(line: Line) -> str:
    """A place, or the places between which the office cannot be told apart from others."""
    if line.rank is None:
        return _("indikatif, tanpa peringkat") if line.is_indicative else ""
    best, worst = line.rank
    if best == worst:
        return _("peringkat %(best)s") % {"best": best}
    return _("peringkat %(best)s–%(worst)s, tidak dapat dibedakan") % {
        "best": best,
        "worst": worst,
    }


@staff(may=OFFICE_READERS)
def rollup_export(request: StaffRequest, format: str) -> HttpResponse:
    """The list as it is filtered and sorted, all pages of it."""
    if format not in sheets.TYPES:
        raise Http404
    choice = chosen(request)
    found = roll_up(request.office, choice.span).with_ranks()
    heads = [
        _("Kantor"), _("Alamat"), _("Asal"), _("Jawaban"), _("IKM"), _("Mutu"),
        _("Selang 95% bawah"), _("Selang 95% atas"), _("Peringkat"), _("Bulan ditutup"),
        _("Bulan seharusnya"), _("Belum ditutup"), *(row.short_name for row in ELEMENTS),
    ]  # fmt: skip
    rows = (sheet_row(line) for line in selected(found, choice))
    content = sheets.write(format, _("Gabungan"), heads, rows)
    return download(content, sheets.TYPES[format], f"gabungan-{choice.span}.{format}")


def sheet_row(line: Line) -> list[Any]:
    result, place = line.result, line.place
    ends = result.interval95 if result and result.interval95 else (None, None)
    means = {row.code: row.mean for row in result.elements} if result else {}
    return [
        place.name,
        place.address,
        _("dari luar") if place.is_outside else _("di sini"),
        line.n,
        numbers.number(line.converted),
        result.grade.letter if result else "",
        *(numbers.number(end) for end in ends),
        rank_words(line),
        line.closed,
        line.due,
        ", ".join(str(month) for month in line.missing),
        *(numbers.number(means.get(code), 3) for code in ELEMENT_CODES),
    ]


@staff(may=OFFICE_READERS)
def rollup_office(request: StaffRequest, pk: int) -> HttpResponse:
    """The closed months of one office below; of a region together with everything below it."""
    below = Office.objects.filter(path__startswith=request.office.path)
    office = get_object_or_404(below, pk=pk)
    is_region = office.children.exists() or office.outside_offices.exists()
    context = {"place": office, "address": office.address, "is_region": is_region}
    return months_page(request, office, "" if is_region else str(office.pk), context)


@staff(may=OFFICE_READERS)
def rollup_outside(request: StaffRequest, uid: Any) -> HttpResponse:
    """The closed months of an office of another installation, and who vouched for its key."""
    offices = OutsideOffice.objects.filter(parent__path__startswith=request.office.path, uid=uid)
    office = offices.select_related("parent", "brought_by__confirmed_by").order_by("pk").first()
    if office is None:
        raise Http404
    keys = OutsideKey.objects.filter(parent=office.parent, brought_by__offices=office)
    context = {
        "place": office,
        "address": office.path,
        "outside": office,
        "key": keys.select_related("by").first(),
    }
    return months_page(request, office.parent, str(office.uid), context)


def months_page(
    request: StaffRequest, office: Office, key: str, context: dict[str, Any]
) -> HttpResponse:
    last = Month.of(request.office.today)
    everything = Span(Month(2017, 1), last)
    results = by_month(office, everything, request.office.weights, [key] if key else None)
    known = results.get(key, {})
    shown = [
        MonthResult(month, CLOSED, result.n, result.converted, result)
        for month, result in reversed(known.items())
    ]
    recent = Span(last + (1 - TREND_MONTHS), last)
    newest = shown[0] if shown else None
    context |= {
        "page": Paginator(shown, MONTHS_PER_PAGE).get_page(request.GET.get("page")),
        "trend": trend_chart(month_rows(results, key, recent)),
        "trend_months": recent,
        "newest": newest,
        "elements": element_chart(newest.result if newest else None),
    }
    return render(request, "staff/rollup_office.html", context)


urlpatterns = [
    path("", rollup_page, name="rollup"),
    path("export/<str:format>", rollup_export, name="rollup-export"),
    path("offices/<int:pk>/", rollup_office, name="rollup-office"),
    path("outside/<uuid:uid>/", rollup_outside, name="rollup-outside"),
]
