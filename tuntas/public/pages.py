"""Landing, conversations by tracking code, verification of documents and receipts, health."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tuntas.languages import is_switch, query
from tuntas.law.months import Month
from tuntas.models import Feedback, Report, Response
from tuntas.models.feedback import TEXT_LIMIT
from tuntas.models.periods import is_closed
from tuntas.public.door import page, problem, public
from tuntas.public.traffic import address_of

# A code has 83 bits; the brake is against hammering, not against guessing.
WRONG_CODES, WRONG_SECONDS = 30, 600
RECEIPT = re.compile(r"(\d{1,9})-([0-9A-Fa-f]{32})")


@public
def landing(request: HttpRequest) -> HttpResponse:
    return page(request, "landing", {})


@public
def conversation_find(request: HttpRequest) -> HttpResponse:
    """A box for the tracking code."""
    code = request.POST.get("code", "").strip()
    if request.method == "POST" and code:
        code = code.replace(" ", "-")[:40]
        return redirect(reverse("conversation", args=[code]) + query())
    return page(request, "find", {"is_conversation": True})


@public
def conversation(request: HttpRequest, code: str) -> HttpResponse:
    """The citizen's side of a conversation: read the answers, write back."""
    brake = brake_key(request)
    if cache.get(brake, 0) >= WRONG_CODES:
        return problem(
            request,
            429,
            _("Terlalu banyak kode yang salah"),
            _("Tunggu sepuluh menit, lalu coba lagi."),
        )
    feedback = Feedback.by_code(code)
    if feedback is None:
        cache.set(brake, cache.get(brake, 0) + 1, WRONG_SECONDS)
        return problem(
            request,
            404,
            _("Kode pelacakan tidak dikenal"),
            _("Periksa kembali kodenya: huruf dan angka tanpa 0, 1, I, L, O, dan U."),
        )
    error = ""
    if request.method == "POST" and not is_switch(request):
        try:
            feedback.answer_back(request.POST.get("text", ""))
        except ValidationError:
            error = _("Tulis pesan, paling banyak %(most)s huruf.") % {"most": TEXT_LIMIT}
        else:
            return redirect(reverse("conversation", args=[code]) + query())
    context = {
        "form_id": "message",
        "feedback": feedback,
        "replies": feedback.replies.all(),
        "code": code,
        "error": error,
        "text": request.POST.get("text", ""),
        "limit": TEXT_LIMIT,
    }
    return page(request, "conversation", context, 422 if error else 200)


def brake_key(request: HttpRequest) -> str:
    """Counts wrong codes per network address without keeping the address."""
    text = f"{settings.SECRET_KEY}:{address_of(request) or ''}"
    return "wrong-code:" + hashlib.sha256(text.encode()).hexdigest()[:24]


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
        return page(request, "verify", {"report": report, "facts": report.content["facts"]})
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
