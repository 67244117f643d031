"""The published results of an office: what its citizens said, month by month, and what became of it.

Only released months stand here (`models/releases.py`). The pages say the same to everyone, so a
browser may keep them for a few minutes and ask again by their tag.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.clickjacking import xframe_options_exempt

from tuntas.law.elements import element
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    AnsweredShare,
    Feedback,
    Office,
    PublishedAnswer,
    Report,
    ReportKind,
    Unit,
)
from tuntas.models.monitoring import change_between
from tuntas.models.progress import Stage
from tuntas.models.releases import latest_valued, released
from tuntas.models.releases import unit_results as results_of_units
from tuntas.models.results import EMPTY, HISTORICAL, MonthResult
from tuntas.public.chooser import no_office
from tuntas.public.door import POLICY, kept, page, problem, public, sha256_of, source
from tuntas.replica import may_be_old
from tuntas.report import numbers
from tuntas.report.open_data import page_path
from tuntas.report.processing import weight_words
from tuntas.report.trend import trend_chart

KEPT_SECONDS = 300
MOST_MONTHS, MOST_PLANS, MOST_ANSWERS, MOST_REPORTS = 60, 12, 5, 6
FEEDBACK_MONTHS = 6
LONGEST_ACTION = 280
# Of a processing form every respondent's row is in the document; it is not for everyone.
PUBLIC_REPORTS = tuple(kind for kind in ReportKind if kind != ReportKind.PROCESSING)
ANYWHERE = {
    **POLICY,
    "style-src": [sha256_of("card.css"), sha256_of("page.css")],
    "frame-ancestors": ["*"],
}

# What the law names, in the languages of the citizens' pages.
NAMES = (
    gettext_noop("Persyaratan"),
    gettext_noop("Sistem, Mekanisme, dan Prosedur"),
    gettext_noop("Waktu Penyelesaian"),
    gettext_noop("Biaya/Tarif"),
    gettext_noop("Produk Spesifikasi Jenis Pelayanan"),
    gettext_noop("Kompetensi Pelaksana"),
    gettext_noop("Perilaku Pelaksana"),
    gettext_noop("Penanganan Pengaduan, Saran, dan Masukan"),
    gettext_noop("Sarana dan Prasarana"),
    gettext_noop("Sangat baik"),
    gettext_noop("Baik"),
    gettext_noop("Kurang baik"),
    gettext_noop("Tidak baik"),
)
PLAN_WORDS = {
    Stage.AGREED.value: gettext_noop("Disepakati, belum dimulai"),
    Stage.ACCEPTED.value: gettext_noop("Selesai"),
}
RUNNING = gettext_noop("Sedang dikerjakan")


@public
@may_be_old
def office_results(request: HttpRequest, address: str, month: Month | None = None) -> HttpResponse:
    """The newest month, or an earlier one by its address."""
    offices = Office.at(address)
    if len(offices) != 1:
        return no_office(request, offices, "office-results")
    return shown(request, offices[0], None, month)


@public
@may_be_old
def unit_results(
    request: HttpRequest, address: str, code: str, month: Month | None = None
) -> HttpResponse:
    """The same of one unit."""
    offices = Office.at(address)
    if len(offices) != 1:
        return no_office(request, offices, "office-results")
    unit = offices[0].units.filter(code=code).first()
    if unit is None:
        return problem(
            request,
            404,
            _("Unit tidak ditemukan"),
            _("Periksa alamatnya, atau buka halaman kantor."),
        )
    return shown(request, offices[0], unit, month)


def shown(
    request: HttpRequest, office: Office, unit: Unit | None, month: Month | None
) -> HttpResponse:
    rows = [row for row in released(office, unit=unit) if row.n != 0 or row.converted is not None]
    row = (
        latest_valued(rows) if month is None else next((r for r in rows if r.month == month), None)
    )
    if month is not None and row is None:
        return problem(
            request,
            404,
            _("Hasil bulan ini belum terbit"),
            _("Hasil tampil sesudah bulannya berakhir dan ditutup. Buka halaman hasil kantor."),
        )
    address = office.address
    context = {
        "office": office,
        "unit": unit,
        "address": address,
        "css_results": source("results.css"),
        "row": row,
        "is_month": month is not None,
        "canonical": settings.PUBLIC_URL + page_path(address, month, unit),
        **series_of(address, rows, row, unit),
        **elements_of(row),
        "units": units_of(office, row, unit),
        "plans": plans_of(office, unit, month),
        **feedback_of(office, unit, month),
        "reports": [] if unit else reports_of(office, rows),
    }
    return kept(request, page(request, "results", context), KEPT_SECONDS)


def series_of(
    address: str, rows: list[MonthResult], row: MonthResult | None, unit: Unit | None
) -> dict[str, Any]:
    """The months as a picture and as a table, newest first, and what stands before this one."""
    latest = rows[-MOST_MONTHS:]
    valued = [each for each in latest if each.converted is not None]
    before = next((each for each in rows if row and each.month == row.month + -1), None)
    return {
        "trend": trend_chart(with_gaps(latest)) if len(valued) > 1 else "",
        "months": [(each, page_path(address, each.month, unit)) for each in reversed(latest)],
        "change": change_between(before, row),
    }


def with_gaps(rows: list[MonthResult]) -> list[MonthResult]:
    """The rows with an empty month wherever months are missing, so that the line breaks there."""
    found: list[MonthResult] = []
    for row in rows:
        if found and row.month - found[-1].month > 1:
            found.append(MonthResult(found[-1].month + 1, EMPTY, 0, None, None))
        found.append(row)
    return found


def elements_of(row: MonthResult | None) -> dict[str, Any]:
    """Each element with the length of its bar in per cent; the three lowest and highest marked."""
    if row is None or row.result is None:
        return {"elements": []}
    result = row.result
    lowest = {each.code for each in result.lowest()}
    highest = {each.code for each in result.highest()} - lowest
    return {
        "weights": weight_words(result),
        "elements": [
            {
                "row": each,
                "name": named(each.code),
                "bar": round((each.mean - 1) * Fraction(100, 3)) if each.mean is not None else 0,
                "is_low": each.code in lowest,
                "is_high": each.code in highest,
            }
            for each in result.elements
        ],
        "low": [(named(each.code), each.mean) for each in result.lowest()],
        "high": [(named(each.code), each.mean) for each in result.highest()],
    }


def named(code: str) -> str:
    return _(element(code).name)


def units_of(office: Office, row: MonthResult | None, unit: Unit | None) -> list[dict[str, Any]]:
    """The units of the month beside each other; only on the page of the whole office."""
    if unit is not None or row is None or row.state == HISTORICAL:
        return []
    address = office.address
    return [
        {"part": part, "path": page_path(address, row.month, part.part)}  # type: ignore[arg-type]
        for part in results_of_units(office, row)
    ]


def plans_of(office: Office, unit: Unit | None, month: Month | None) -> dict[str, Any]:
    """What was agreed upon, unfinished first, then the newest; drafts are nobody's promise yet."""
    plans = ActionPlan.objects.filter(office=office, stages__isnull=False).distinct()
    if unit is not None:
        plans = plans.filter(unit=unit)
    if month is not None:
        plans = plans.surveyed_in([month])
    rows: list[dict[str, Any]] = [
        {
            "plan": plan,
            "action": numbers.shortened(plan.action, LONGEST_ACTION),
            "state": _(PLAN_WORDS.get(plan.stage, RUNNING)),
            "is_finished": plan.is_finished,
            "survey": Month.of(plan.survey_month),
            "element": named(plan.element) if plan.element else "",
        }
        for plan in plans.select_related("unit").prefetch_related("stages")
        if plan.stage != Stage.DRAFT
    ]
    rows.sort(key=lambda row: (row["is_finished"], -row["survey"].number))
    finished = sum(row["is_finished"] for row in rows)
    return {
        "rows": rows[:MOST_PLANS],
        "total": len(rows),
        "finished": finished,
        "percent": Fraction(100 * finished, len(rows)) if rows else None,
        "more": max(0, len(rows) - MOST_PLANS),
    }


def feedback_of(office: Office, unit: Unit | None, month: Month | None) -> dict[str, Any]:
    """How many suggestions of the month, or of half a year, were answered; and what was done."""
    last = month or Month.of(office.today)
    span = Span(last, last) if month else Span(last + (1 - FEEDBACK_MONTHS), last)
    rows = Feedback.objects.filter(
        office=office, month__in=[each.first_day for each in span.months]
    )
    answers = PublishedAnswer.objects.public().filter(office=office)
    if unit is not None:
        rows = rows.filter(unit=unit)
        answers = answers.filter(feedback__office=office, feedback__unit=unit)
    if month is not None:
        answers = answers.filter(feedback__office=office, feedback__month=month.first_day)
    return {
        "share": AnsweredShare.of(rows, today=office.today),
        "share_span": span,
        "answers": list(answers[:MOST_ANSWERS]),
    }


def reports_of(office: Office, rows: list[MonthResult]) -> list[Report]:
    """Documents made after every month they speak of was closed; others may hold a running score."""
    closed_at = {row.month: row.closure.at if row.closure else None for row in rows}
    found = []
    for report in Report.objects.filter(office=office, kind__in=PUBLIC_REPORTS)[:50]:
        months = Span.parse(report.span).months
        ends = [closed_at[month] for month in months if month in closed_at]
        is_whole = len(ends) == len(months)
        if is_whole and all(end is None or end <= report.made_at for end in ends):
            found.append(report)
    return found[:MOST_REPORTS]


@public
@may_be_old
def office_card(request: HttpRequest, address: str) -> HttpResponse:
    """A small page for a frame on any other site: the newest month and the way to the rest."""
    offices = Office.at(address)
    if len(offices) != 1:
        return no_office(request, offices, "office-results")
    office = offices[0]
    context = {
        "office": office,
        "css": source("card.css"),
        "row": latest_valued(released(office)),
        "url": settings.PUBLIC_URL + reverse("office-results", args=[office.address]),
    }
    return kept(request, page(request, "card", context), KEPT_SECONDS)


# The one page that other sites may frame: it has no form, no script and nothing of its reader.
office_card = xframe_options_exempt(csp_replace(ANYWHERE)(office_card))  # type: ignore[assignment]
