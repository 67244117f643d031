"""What an office tells of the data it keeps, and the data itself for who holds a tracking code."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.languages import current
from tuntas.models import Contact, Office
from tuntas.models.erasures import has_words
from tuntas.models.privacy import blocks_of, notice_at, notice_of
from tuntas.models.retention import rules_of
from tuntas.public.chooser import no_office
from tuntas.public.conversation import found_by
from tuntas.public.door import page, problem, public
from tuntas.public.holdings import file_name, held, readable


@public
def privacy_notice(request: HttpRequest, address: str, version: int | None = None) -> HttpResponse:
    """The notice that holds now, or an earlier version by its number."""
    offices = Office.at(address)
    if len(offices) != 1:
        return no_office(request, offices, "privacy-notice")
    office, now = offices[0], timezone.now()
    standing = notice_at(office, now)
    shown = standing if version is None else notice_of(office, version, now)
    if shown is None:
        return problem(
            request,
            404,
            _("Versi pemberitahuan ini tidak ada"),
            _("Buka pemberitahuan privasi kantor yang berlaku sekarang."),
        )
    text, language = shown.text(current())
    earlier = office.privacy_notices.filter(from_at__lte=now).values_list("version", flat=True)
    context: dict[str, Any] = {
        "office": office,
        "address": office.address,
        "notice": shown,
        "is_standing": shown == standing,
        "blocks": blocks_of(text),
        "notice_language": "" if language == current() else language,
        "rules": rules_of(office),
        "others": sorted({0, *earlier} - {shown.version}),
    }
    return page(request, "privacy", context)


@public
def holdings(request: HttpRequest, code: str) -> HttpResponse:
    """Everything held under a tracking code, to read."""
    feedback, refused = found_by(request, code)
    if feedback is None:
        return refused
    context = {
        "feedback": feedback,
        "code": code,
        "matters": readable(feedback),
        "contact": Contact.objects.filter(feedback=feedback).first(),
        "erasures": feedback.erasures.all(),
        "has_words": has_words(feedback),
    }
    return page(request, "holdings", context)


@public
def holdings_file(request: HttpRequest, code: str) -> HttpResponse:
    """The same as JSON, to keep."""
    feedback, refused = found_by(request, code)
    if feedback is None:
        return refused
    text = json.dumps(held(feedback), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name(code)}"'
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
