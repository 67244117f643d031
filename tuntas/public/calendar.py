"""A person's due dates for the calendar of a phone; the address is the key."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.models import CalendarFeed
from tuntas.public.door import problem, public
from tuntas.report.ics import feed


@public
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    found = CalendarFeed.by_key(key)
    if found is None or not found.user.is_active:
        return problem(
            request,
            404,
            _("Alamat kalender tidak dikenal"),
            _(
                "Alamat ini sudah dicabut atau tidak lengkap. Buat yang baru pada halaman Pengingat."
            ),
        )
    response = HttpResponse(
        feed(found.user, timezone.now()), content_type="text/calendar; charset=utf-8"
    )
    response["Cache-Control"] = "private, no-store"
    return response
