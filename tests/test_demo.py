"""The demo office looks like one at work on whichever day of a month it is tried."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tuntas import demo
from tuntas.law.months import Month
from tuntas.models import Feedback, Office, Response

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MAKASSAR = ZoneInfo("Asia/Makassar")


@pytest.mark.parametrize(
    ("now", "fewest", "most"),
    [
        (datetime(2026, 3, 1, 0, 20, tzinfo=MAKASSAR), 12, 12),
        (datetime(2026, 3, 16, 7, 10, tzinfo=MAKASSAR), 24, 66),
        (datetime(2026, 3, 31, 23, 50, tzinfo=MAKASSAR), 48, 132),
    ],
    ids=["first morning", "middle", "last evening"],
)
def test_the_running_month_has_as_many_answers_as_its_days_allow(
    now: datetime, fewest: int, most: int
) -> None:
    demo.load(now=now)
    office = Office.objects.get(code="kanreg10")
    rows = Response.objects.filter(service__office=office)
    running = rows.filter(month=Month(2026, 3).first_day)
    assert fewest <= running.count() <= most
    assert set(running.values_list("service__code").distinct()) == set(
        office.services.values_list("code")
    )
    moments = list(rows.values_list("received_at", flat=True))
    assert max(moments) <= now
    assert len(set(moments)) > 0.95 * len(moments)  # nobody answers all at once
    for at in moments:
        there = at.astimezone(MAKASSAR)
        assert 8 <= there.hour < 16 or now - at < timedelta(days=1), there

    waiting = Feedback.objects.filter(office=office).unanswered()
    assert waiting.count() >= 4
    assert max(waiting.values_list("received_at", flat=True)) <= now
