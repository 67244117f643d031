"""Landing, verification of documents and receipts, health."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tuntas.languages import query
from tuntas.law.months import Month
from tuntas.models import Closure, Exclusion, Report, Response, SetupCode
from tuntas.models.proofs import inclusion_of
from tuntas.public.door import page, problem, public, source
from tuntas.replica import may_be_old
from tuntas.typed import typed_code

RECEIPT = re.compile(r"(\d{1,9})-([0-9A-Fa-f]{32})")
FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}")
# What the script of the verifier says. Data, so that translation and script stay apart.
WORDS = {
    "good": _("Arsip ini utuh dan angkanya cocok"),
    "bad": _("Arsip ini tidak cocok"),
    "line": _("baris"),
    "frame": _("bukan kerangka zip yang semestinya"),
    "row": _("baris tidak sah atau berubah"),
    "leaf": _("isi baris berubah: tidak memberi sidiknya"),
    "order": _("tidak menurut urutan, atau dua kali"),
    "root": _("tidak memberi akar yang disimpan penutupan"),
    "tally": _("tidak sama dengan hitungan ulang"),
    "shape": _("isinya tidak dapat dibaca"),
    "unread": _("berkas tidak dapat dibaca"),
    "compare": _(
        "Cocokkan sidik penutupan ini dengan yang tercetak pada laporan, atau ketikkan di atas."
    ),
}
FACTS = {
    "office": _("Kantor"),
    "month": _("Bulan"),
    "n": _("Jawaban dihitung"),
    "value": _("IKM"),
    "root": _("Akar bukti"),
    "sha256": _("Sidik penutupan (SHA-256)"),
}


@public
def landing(request: HttpRequest) -> HttpResponse:
    """The way in for everyone; an empty installation leads to its first-run page."""
    if SetupCode.is_wanted():
        return redirect("setup")
    return page(request, "landing", {})


@public
def verify_find(request: HttpRequest) -> HttpResponse:
    code = typed_code(request.POST.get("code", ""))[:80]
    if request.method == "POST" and code:
        return redirect(reverse("verify", args=[code]) + query())
    said = {name: str(text) for name, text in WORDS.items()}
    facts = {name: str(text) for name, text in FACTS.items()}
    context = {
        "is_conversation": False,
        "words": {**said, "facts": facts},
        "script": source("verify.js"),
    }
    return page(request, "find", context)


@public
@may_be_old
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What this system knows of a document, a closure or a receipt with this code."""
    report = Report.objects.select_related("office").filter(code=code.upper()).first()
    if report is not None:
        facts = report.content["facts"]
        told = {"report": report, "facts": facts, "signed": report.signed}
        return page(request, "verify", told)
    context = closure_context(code) or receipt_context(code)
    if context is None:
        return problem(
            request,
            404,
            gettext("Kode tidak dikenal"),
            gettext("Tidak ada dokumen atau tanda terima dengan kode ini dalam sistem."),
        )
    return page(request, "verify", context)


def closure_context(code: str) -> dict[str, Any] | None:
    """A closure by its fingerprint, as it is printed on documents and in archives."""
    if not FINGERPRINT.fullmatch(code):
        return None
    rows = Closure.objects.select_related("period__office", "reopening")
    closure = rows.filter(sha256=code.lower()).first()
    if closure is None:
        return None
    return {
        "closure": closure,
        "month": closure.period.as_month,
        "result": closure.content["result"],
        "converted": Decimal(closure.content["result"]["converted_2"])
        if closure.content["result"]
        else None,
        "reopening": getattr(closure, "reopening", None),
    }


def receipt_context(code: str) -> dict[str, Any] | None:
    """A response by its receipt: where it is counted and, once closed, the proof. No answer."""
    found = RECEIPT.fullmatch(code)
    rows = Response.objects.select_related("service", "office")
    response = rows.filter(office_id=int(found[1]), id=UUID(found[2])).first() if found else None
    if response is None:
        return None
    month = Month.of(response.month)
    standing = Closure.objects.standing().filter(
        period__office=response.office_id, period__month=response.month
    )
    closure = standing.select_related("period__office").first()
    inclusion = inclusion_of(response, closure) if closure and closure.root else None
    return {
        "response": response,
        "month": month,
        "closed_by": closure,
        "inclusion": inclusion,
        "proof": json.dumps(inclusion.as_data(), indent=1) if inclusion else "",
        "left_out": Exclusion.objects.filter(
            office=response.office_id, responses__response_id=response.id, accepted=True
        ).first(),
    }
