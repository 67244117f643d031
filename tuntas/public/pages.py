"""Landing, verification of documents and receipts, health."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tuntas.languages import query
from tuntas.law.months import Month
from tuntas.models import Report, Response
from tuntas.models.periods import is_closed
from tuntas.public.door import page, problem, public

RECEIPT = re.compile(r"(\d{1,9})-([0-9A-Fa-f]{32})")


@public
def landing(request: HttpRequest) -> HttpResponse:
    return page(request, "landing", {})


@public
def verify_find(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("code", "").strip()
    if request.method == "POST" and code:
        code = code.replace(" ", "")[:60]
        return redirect(reverse("verify", args=[code]) + query())
    return page(request, "find", {"is_conversation": False})


@public
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What this system knows of a document or of a receipt with this code."""
    report = Report.objects.select_related("office").filter(code=code.upper()).first()
    if report is not None:
        context = {"report": report, "facts": report.content["facts"], "signed": report.signed}
        return page(request, "verify", context)
    found = RECEIPT.fullmatch(code)
    response = (
        Response.objects.select_related("service", "office")
        .filter(office_id=int(found[1]), id=UUID(found[2]))
        .first()
        if found
        else None
    )
    if response is None:
        return problem(
            request,
            404,
            _("Kode tidak dikenal"),
            _("Tidak ada dokumen atau tanda terima dengan kode ini dalam sistem."),
        )
    month = Month.of(response.month)
    context = {"response": response, "month": month, "closed": is_closed(response.office_id, month)}
    return page(request, "verify", context)


@public
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers; the page for a silent database is 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok"})
