"""Analysis of a period: who answered, what, through which channel, and what is noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from tuntas.law.elements import element
from tuntas.law.months import Month, Span
from tuntas.law.profile import PROFILE
from tuntas.models import Period, Service, Unit
from tuntas.models.analyses import Analysis, analysis_of
from tuntas.models.breakdowns import BY_CHANNEL
from tuntas.models.results import OPEN, first_month, month_results
from tuntas.report import numbers, sheets
from tuntas.report.analysis import chapter_of, cross_table, group_title, table_of
from tuntas.report.control_chart import control_picture
from tuntas.report.tables import Table
from tuntas.staff.access import OFFICE_READERS, StaffRequest, staff
from tuntas.staff.downloads import download
from tuntas.staff.home import own_unit
from tuntas.typed import whole

# Longer spans are not asked for by anything, and one scan of them could take long.
MOST_MONTHS = 60
CROSS = "cross"


@dataclass(frozen=True)
class Asked:
    """What the person looks at. `scope` is `unit-3`, `service-5` or empty for all one may see."""

    span: Span
    scope: str
    unit: Unit | None
    service: Service | None


@staff()
def analysis_page(request: StaffRequest) -> HttpResponse:
    asked = asked_of(request)
    found = analysis_of(request.office, asked.span, unit=asked.unit, service=asked.service)
    chapter = chapter_of(found, running=sees_running(request))
    row, column = crossing(request, found)
    query = {"span": str(asked.span), "scope": asked.scope, "row": row, "column": column}
    context: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "chapter": chapter,
        "grade": found.result.grade if found.result else None,
        "chart": control_picture(chapter.months, _("Peta kendali IKM per bulan")),
        "cross": cross_table(found, row, column) if column else None,
        "row": row,
        "column": column,
        "row_choices": row_choices(found),
        "column_choices": [(code, element(code).name) for code in found.elements],
        "query": urlencode({key: value for key, value in query.items() if value}),
        "periods": periods(asked),
        "months": months(request),
        **scopes(request),
    }
    return render(request, "staff/analysis.html", context)


@staff()
def analysis_table(request: StaffRequest, code: str, format: str) -> HttpResponse:
    """One table of the page as CSV or XLSX; small groups stay hidden there as well."""
    if format not in sheets.TYPES:
        raise Http404
    asked = asked_of(request)
    found = analysis_of(request.office, asked.span, unit=asked.unit, service=asked.service)
    table: Table | None
    if code == CROSS:
        row, column = crossing(request, found)
        table = cross_table(found, row, column) if column else None
    else:
        table = table_of(chapter_of(found, running=sees_running(request)), code)
    if table is None:
        raise Http404
    rows = [*table.rows, *([(table.note,)] if table.note else [])]
    content = sheets.write(format, _("Analisis"), table.heads, rows)
    name = f"analisis-{request.office.code}-{asked.span}-{code}.{format}"
    return download(content, sheets.TYPES[format], name)


def asked_of(request: StaffRequest) -> Asked:
    """The span and the scope of the address. Raises Http404 for a scope one may not see."""
    span, unit, service = span_of(request), own_unit(request), None
    scope = request.GET.get("scope", "")
    kind, _dash, key = scope.partition("-")
    if scope:
        number = whole(key)
        if number is None or kind not in ("unit", "service"):
            raise Http404
        rows = {"unit": units_of(request), "service": services_of(request)}[kind]
        found = rows.filter(pk=number).first()
        if found is None:
            raise Http404
        unit, service = (found, None) if kind == "unit" else (None, found)
    return Asked(span, scope, unit, service)


def span_of(request: StaffRequest) -> Span:
    """`span`, or `from` and `to`; without them the last closed month, else the running one.

    What cannot be read is said, and the default shown instead.
    """
    text, first = request.GET.get("span", ""), request.GET.get("from", "")
    try:
        if first:
            ends = sorted([Month.parse(first), Month.parse(request.GET.get("to") or first)])
            found = Span(ends[0], ends[1])
        elif text:
            found = Span.parse(text)
        else:
            return default_span(request)
    except ValueError as error:
        messages.error(request, str(error))
        return default_span(request)
    if len(found.months) > MOST_MONTHS:
        messages.error(
            request, _("Paling lama %(most)s bulan; perpendek rentangnya.") % {"most": MOST_MONTHS}
        )
        return default_span(request)
    running = running_month(request, found)
    if running is not None:
        messages.error(
            request,
            _("Petugas unit melihat nilai %(month)s sesudah bulan itu ditutup.")
            % {"month": numbers.month(running)},
        )
        return default_span(request)
    return found


def sees_running(request: StaffRequest) -> bool:
    return bool(request.roles & OFFICE_READERS)


def running_month(request: StaffRequest, span: Span) -> Month | None:
    """A month of the span whose score this person may not see yet."""
    if sees_running(request):
        return None
    rows = month_results(request.office, span.months)
    return next((row.month for row in rows if row.state == OPEN), None)


def default_span(request: StaffRequest) -> Span:
    last = Period.objects.closed().filter(office=request.office).order_by("-month").first()
    month = last.as_month if last else Month.of(request.office.today)
    if last is None and running_month(request, Span(month, month)):
        month = (
            first_month(request.office) or month
        ) + -1  # nothing is closed: a month nobody answered in
    return Span(month, month)


def units_of(request: StaffRequest) -> Any:
    return Unit.objects.visible_to(request.user).filter(office=request.office)


def services_of(request: StaffRequest) -> Any:
    rows = Service.objects.visible_to(request.user).filter(office=request.office)
    return rows.select_related("unit")


def scopes(request: StaffRequest) -> dict[str, Any]:
    """What the person may choose: everything (office readers), units and services."""
    return {
        "may_all": own_unit(request) is None,
        "units": units_of(request),
        "services": services_of(request),
    }


def months(request: StaffRequest) -> list[Month]:
    """Months to choose from, the latest first."""
    last = Month.of(request.office.today)
    first = first_month(request.office) or last
    return [last + -step for step in range(last - first + 1)]


def periods(asked: Asked) -> list[tuple[str, str, bool]]:
    """The calendar periods around the end of the span: (address, words, whether shown now)."""
    last = asked.span.last
    found = [
        Span(last, last),
        Span.parse(f"{last.year}-Q{(last.month + 2) // 3}"),
        Span.parse(f"{last.year}-S{(last.month + 5) // 6}"),
        Span.parse(str(last.year)),
    ]
    return [
        (
            urlencode({"span": str(span), **({"scope": asked.scope} if asked.scope else {})}),
            numbers.span_title(span),
            span == asked.span,
        )
        for span in found
    ]


def row_choices(found: Analysis) -> list[tuple[str, str]]:
    """What a cross table can have down the side: the elements, the profile and the channel."""
    names = [question.code for question in PROFILE] + [BY_CHANNEL]
    return [
        *[(code, element(code).name) for code in found.elements],
        *[(code, group_title(code)) for code in names],
    ]


def crossing(request: StaffRequest, found: Analysis) -> tuple[str, str]:
    """The two variables of the cross table; the first two elements unless chosen. Empty without
    answers."""
    if not found.elements:
        return "", ""
    row, column = request.GET.get("row", ""), request.GET.get("column", "")
    if row not in dict(row_choices(found)):
        row = found.elements[0]
    if column not in found.elements or column == row:
        column = next((code for code in found.elements if code != row), "")
    return row, column


urlpatterns = [
    path("", analysis_page, name="analysis"),
    path("<slug:code>.<str:format>", analysis_table, name="analysis-table"),
]
