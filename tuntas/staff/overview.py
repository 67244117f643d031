"""Monitoring by leadership: one page with what goes well, what is late, and who waits for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Min
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from tuntas.law.months import Month
from tuntas.models import ActionPlan, Feedback, Office, Role, Service
from tuntas.models.monitoring import (
    answers_by_channel,
    answers_by_service,
    change_between,
    dependencies,
    office_lines,
    plan_states,
    reply_times,
    unit_lines,
)
from tuntas.models.results import CLOSED, EMPTY, HISTORICAL, MonthResult, counts, month_results
from tuntas.report.trend import trend_chart
from tuntas.staff.access import OFFICE_READERS, StaffRequest, staff

MONTHS = 13
# Times of answering are told of suggestions received in these months, the current one included.
REPLY_MONTHS = 6


@staff(may=OFFICE_READERS)
def overview(request: StaffRequest) -> HttpResponse:
    office, today = request.office, request.office.today
    this_month = Month.of(today)
    months = [this_month + step for step in range(1 - MONTHS, 1)]
    found = counts(office, months)
    results = month_results(office, months, counted=found)
    last = last_valued(results[:-1])
    feedback = Feedback.objects.filter(office=office)
    plans = ActionPlan.objects.filter(office=office)
    recent = feedback.filter(month__gte=(this_month + (1 - REPLY_MONTHS)).first_day)
    services = Service.objects.filter(office=office).open().select_related("unit")
    by_service = answers_by_service(services, found, this_month)
    context = {
        **index_context(results, last),
        "today": today,
        "units": unit_lines(office, today, last.month if last else None, found),
        "times": reply_times(recent.needing_reply()),
        "oldest": feedback.unanswered().aggregate(at=Min("received_at"))["at"],
        "waiting": feedback.unanswered().count(),
        "overdue": feedback.overdue(today).count(),
        "plans": plan_states(plans, today),
        "dependencies": dependencies(plans),
        "channels": answers_by_channel(office, this_month),
        "has_services": bool(by_service),
        "silent": [service for service, n in by_service if not n],
        "below": below(request, today),
    }
    return render(request, "staff/overview.html", context)


def last_valued(results: list[MonthResult]) -> MonthResult | None:
    """The latest closed month with a value; a published value of before counts too."""
    known = [row for row in results if row.state in (CLOSED, HISTORICAL)]
    return next((row for row in reversed(known) if row.converted is not None), None)


def index_context(results: list[MonthResult], last: MonthResult | None) -> dict[str, Any]:
    """The index now and at the last closing, each against the month right before it."""
    by_month = {row.month: row for row in results}
    current = results[-1]
    return {
        "current": current,
        "current_change": change_between(by_month.get(current.month + -1), current),
        "last": last,
        "last_change": change_between(by_month.get(last.month + -1), last) if last else None,
        "trend": trend_chart(results),
        "results": [row for row in reversed(results) if row.state != EMPTY],
    }


def below(request: StaffRequest, today: Any) -> list[Any]:
    """For a ministry, the offices below side by side."""
    if Role.MINISTRY not in request.roles:
        return []
    offices = list(
        Office.objects.filter(path__startswith=request.office.path).exclude(pk=request.office.pk)
    )
    return office_lines(offices, today)


urlpatterns = [path("", overview, name="overview")]
