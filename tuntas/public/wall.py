"""The screen in the lobby: closed months and counts fit for everyone's eyes, renewed by itself.

The address is the key (`WallScreen.by_key`), so a television needs no sign-in.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    AnsweredShare,
    Feedback,
    HistoricalResult,
    Office,
    Response,
    WallScreen,
)
from tuntas.models.monitoring import change_between, reply_times
from tuntas.models.results import month_results, standing
from tuntas.public.door import page, problem, public, source
from tuntas.report.trend import trend_chart

MONTHS = 13
REFRESH_SECONDS = 300


@public
def wall(request: HttpRequest, key: str) -> HttpResponse:
    screen = WallScreen.by_key(key)
    if screen is None:
        return problem(
            request,
            404,
            _("Alamat layar tidak dikenal"),
            _("Alamat ini sudah dicabut atau tidak lengkap. Minta alamat baru kepada tim survei."),
        )
    context = {"css": source("wall.css"), **figures(screen.office)}
    response = page(request, "wall", context)
    # A header, so that it works without script and in every television.
    response["Refresh"] = str(REFRESH_SECONDS)
    return response


def figures(office: Office) -> dict[str, Any]:
    """Closed months only; of the current one nothing but how many answers came."""
    now = timezone.now()
    today = now.astimezone(office.zone).date()
    this_month = Month.of(today)
    results = month_results(office, closed_months(office, this_month))
    valued = [row for row in results if row.converted is not None]
    last = valued[-1] if valued else None
    before = next((row for row in valued if last and row.month == last.month + -1), None)
    since = (this_month + -5).first_day
    feedback = Feedback.objects.filter(office=office, month__gte=since)
    return {
        "office": office,
        "last": last,
        "change": change_between(before, last),
        "trend": trend_chart(results) if len(valued) > 1 else "",
        "answers": Response.objects.counted(office).filter(month=this_month.first_day).count(),
        "month": this_month,
        "share": AnsweredShare.of(feedback),
        "times": reply_times(feedback.needing_reply()),
        "plans": ActionPlan.objects.filter(office=office).share(),
        "shown_at": now.astimezone(office.zone),
    }


def closed_months(office: Office, this_month: Month) -> list[Month]:
    """Those of the last year that are closed or have a published value."""
    months = [this_month + step for step in range(-MONTHS, 0)]
    days: set[date] = {closure.period.month for closure in standing(office, months)}
    days |= set(
        HistoricalResult.objects.filter(
            office=office, unit=None, service=None, month__gte=months[0].first_day
        ).values_list("month", flat=True)
    )
    return [month for month in months if month.first_day in days]
