"""Home: the index so far, the trend, and what waits for me."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from tuntas.law.instruments import LEAST_MONTHS
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    AnsweredShare,
    Feedback,
    Office,
    Role,
    Service,
    Unit,
)
from tuntas.models.adequacy import OfficeAdequacy, adequacies, together
from tuntas.models.breakdowns import breakdown_of
from tuntas.models.releases import closed_months, hidden_while_open
from tuntas.models.results import (
    CLOSED,
    EMPTY,
    HISTORICAL,
    Counted,
    MonthResult,
    answered_months,
    counts,
    first_month,
    latest_instruments,
    month_results,
    service_ids,
)
from tuntas.report import numbers, svg
from tuntas.report.facts import IndexFacts, index_facts
from tuntas.report.trend import trend_chart
from tuntas.staff.access import OFFICE_READERS, StaffRequest, staff

TREND_MONTHS = 13


@staff()
def home(request: StaffRequest) -> HttpResponse:
    office, today = request.office, request.office.today
    unit = own_unit(request)
    this_month = Month.of(today)
    months = [this_month + step for step in range(1 - TREND_MONTHS, 1)]
    counted = counts(office, months, services=service_ids(unit=unit))
    results = seen(request, month_results(office, months, unit=unit, counted=counted))
    current = results[-1]
    closed = [row for row in results if row.state in (CLOSED, HISTORICAL) and row.converted]
    feedback = Feedback.objects.visible_to(request.user).filter(office=office)
    plans = ActionPlan.objects.visible_to(request.user).filter(office=office)
    basis = current if current.result else (closed[-1] if closed else None)
    context = {
        "unit": unit,
        "current": current,
        "previous": closed[-1] if closed else None,
        "current_facts": month_facts(office, current, unit),
        "previous_facts": month_facts(office, closed[-1], unit) if closed else None,
        "trend": trend_chart(results),
        "results": [row for row in reversed(results) if row.state != EMPTY],
        "elements": element_chart(basis),
        "basis": basis,
        "share": AnsweredShare.of(feedback.filter(month__gte=months[-6].first_day)),
        "plan_share": plans.share(),
        "todo": todo(request, feedback, plans, today),
        "instruments": latest_instruments(
            office, this_month, counted=seen_counts(request, counted)
        ),
        "latest_months": Span(this_month + (1 - LEAST_MONTHS), this_month),
        "adequacy": adequacy(request, today),
        "below": offices_below(request, this_month),
        "is_running_hidden": not request.roles & OFFICE_READERS,
    }
    return render(request, "staff/home.html", context)


def adequacy(request: StaffRequest, today: date) -> OfficeAdequacy:
    """How far this year's respondents are, for what the person sees."""
    services = Service.objects.visible_to(request.user).filter(office=request.office).open()
    return together(adequacies(request.office, today.year, services, today))


def month_facts(office: Office, row: MonthResult, unit: Unit | None) -> IndexFacts | None:
    """What stands beside the index of a month; None for a published value of before, and without
    answers."""
    if row.result is None:
        return None
    return index_facts(breakdown_of(office, row.month, unit=unit))


def own_unit(request: StaffRequest) -> Unit | None:
    """The unit whose figures an officer sees; None for people who see the whole office."""
    if request.roles & OFFICE_READERS:
        return None
    key = request.user.reach.unit_in(request.office)
    return None if key is None else Unit.objects.get(pk=key)


def seen(request: StaffRequest, rows: list[MonthResult]) -> list[MonthResult]:
    """The months as this person may see them: an officer no running score, so that nobody is pushed
    to fetch friendly answers before the month is closed."""
    return rows if request.roles & OFFICE_READERS else hidden_while_open(rows)


def seen_counts(request: StaffRequest, counted: list[Counted]) -> list[Counted]:
    """The tallies of the months whose scores this person may see."""
    if request.roles & OFFICE_READERS:
        return counted
    closed = closed_months(request.office)
    return [row for row in counted if row.month in closed]


def element_chart(basis: MonthResult | None) -> str:
    if basis is None or basis.result is None:
        return ""
    rows = [
        svg.Bar(row.name, row.mean, numbers.number(row.mean, 3))
        for row in basis.result.elements
        if row.mean is not None
    ]
    told = "; ".join(f"{row.label} {row.shown}" for row in rows)
    return svg.bars(rows, _("Nilai rata-rata per unsur"), told)


def todo(request: StaffRequest, feedback: Any, plans: Any, today: date) -> list[dict[str, Any]]:
    """What waits for this person, most urgent first; nothing that does not.

    A number is that of the rows of the list it leads to, so what is late stands in two of them.
    """
    rows = [
        (
            feedback.overdue(today).count(),
            _("Masukan melewati tenggat jawaban"),
            reverse("feedback-list") + "?state=overdue",
        ),
        (
            feedback.unanswered().count(),
            _("Masukan menunggu jawaban"),
            reverse("feedback-list") + "?state=waiting",
        ),
        (
            plans.overdue(today).count(),
            _("Rencana aksi melewati tenggat"),
            reverse("plan-list") + "?state=overdue",
        ),
        (
            plans.untouched().count(),
            _("Rencana aksi belum ditindaklanjuti"),
            reverse("plan-list") + "?state=untouched",
        ),
    ]
    if request.roles & {Role.SURVEY_TEAM, Role.HEAD}:
        over = months_to_close(request.office, today)
        rows.append((over, _("Bulan yang dapat ditutup"), reverse("period-list")))
    return [{"count": count, "label": label, "url": url} for count, label, url in rows if count]


def months_to_close(office: Office, today: date) -> int:
    """Months that are over, have answers, and are still open. Closed ones are not looked at: an office
    of many years has millions of answers in them."""
    over = office.responses.filter(month__lt=Month.of(today).first_day)
    first = over.order_by("month").values_list("month", flat=True).first()
    if first is None:
        return 0
    closed = closed_months(office)
    months = Span(Month.of(first), Month.of(today) + -1).months
    return len(answered_months(office, (month for month in months if month not in closed)))


def offices_below(request: StaffRequest, this_month: Month) -> list[dict[str, Any]]:
    """For a ministry: each office below with its last known value."""
    if Role.MINISTRY not in request.roles:
        return []
    rows = []
    for office in request.office.children.all():
        first = first_month(office)
        months = [this_month + step for step in range(-TREND_MONTHS, 0)] if first else []
        known = [row for row in month_results(office, months) if row.converted is not None]
        rows.append({"office": office, "last": known[-1] if known else None})
    return rows


urlpatterns = [path("", home, name="home")]
