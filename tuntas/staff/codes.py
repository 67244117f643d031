"""One-time codes of a service: the rule, batches as slips or as links, how many were used."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import BatchKind, CodeRule, InvitationBatch, Service
from tuntas.models.invitations import (
    LEAST,
    MOST,
    CodesOff,
    address,
    check_references,
    shown,
)
from tuntas.report import MissingFont, slips
from tuntas.report.sheets import plain
from tuntas.staff.access import TEAM, TEAM_AND_OFFICERS, StaffRequest, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import DayField, place_errors
from tuntas.staff.services import find_service

USUAL_DAYS = 60
LONGEST_LIST = 64 * 1024


class RuleForm(forms.Form):
    codes = forms.ChoiceField(
        label=gettext_lazy("Aturan kode"),
        choices=CodeRule.choices,
        help_text=gettext_lazy(
            "Tanpa kode: siapa pun yang memegang tautan dapat menilai. Opsional: dengan dan tanpa "
            "kode diterima. Wajib: formulir publik hanya terbuka dengan kode; tablet, kertas, dan "
            "impor tetap berjalan."
        ),
    )


class BatchForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Dibuat sebagai"),
        choices=[
            (BatchKind.SLIP, gettext_lazy("Slip loket (PDF)")),
            (BatchKind.LINK, gettext_lazy("Tautan helpdesk (CSV)")),
        ],
    )
    n = forms.IntegerField(
        label=gettext_lazy("Jumlah kode"),
        min_value=LEAST,
        max_value=MOST,
        required=False,
        help_text=gettext_lazy("5 sampai 500. Dengan daftar tiket, jumlahnya mengikuti daftar."),
    )
    expires_on = DayField(
        label=gettext_lazy("Berlaku sampai"), help_text=gettext_lazy("Hari terakhir kode berlaku.")
    )
    tickets = forms.FileField(
        label=gettext_lazy("Daftar nomor tiket"),
        required=False,
        help_text=gettext_lazy(
            "Hanya untuk tautan: berkas teks atau CSV satu kolom, satu nomor per baris, tanpa "
            "nama. Nomor hanya disalin ke berkas hasil; sistem tidak menyimpannya."
        ),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload = data.get("tickets")
        data["references"] = []
        if upload and data.get("kind") == BatchKind.LINK:
            try:
                data["references"] = references_of(upload)
            except ValidationError as error:
                place_errors(self, error)
            else:
                data["n"] = len(data["references"])
        elif not data.get("n") and "n" not in self.errors:
            self.add_error("n", _("Isi jumlah kode, atau pilih daftar nomor tiket."))
        return data


def references_of(upload: Any) -> list[str]:
    """Ticket numbers of an uploaded file. Raises ValidationError."""
    if upload.size > LONGEST_LIST:
        raise ValidationError({"tickets": _("Berkas terlalu besar; paling banyak 500 nomor.")})
    try:
        text = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            {"tickets": _("Berkas tidak terbaca. Simpan sebagai teks atau CSV UTF-8.")}
        ) from error
    lines = text.splitlines()
    # The heading of a column is no number.
    if lines and lines[0].strip().strip('"').isalpha():
        lines[0] = ""
    return check_references(lines)


@staff()
def codes_page(request: StaffRequest, pk: int) -> HttpResponse:
    """The rule, the batches made so far, and a form for the next."""
    service = find_service(request, pk)
    may_make = bool(request.roles & TEAM_AND_OFFICERS)
    usual = request.office.today + timedelta(days=USUAL_DAYS)
    form = BatchForm(initial={"n": 50, "expires_on": usual})
    return listed(request, service, form, may_make)


def listed(
    request: StaffRequest, service: Service, form: BatchForm, may_make: bool, status: int = 200
) -> HttpResponse:
    batches = InvitationBatch.objects.filter(service=service).select_related(
        "made_by", "revoked_by", "token", "office"
    )
    context = {
        "service": service,
        "form": form,
        "rule_form": RuleForm(initial={"codes": service.codes}),
        "rule": CodeRule(service.codes).label,
        "is_off": service.codes == CodeRule.NONE,
        "batches": batches,
        "may_make": may_make and service.closed_at is None,
        "may_rule": bool(request.roles & TEAM),
    }
    return render(request, "staff/code_list.html", context, status=status)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def code_batch_add(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a batch. The answer is the file itself: the codes exist nowhere else in the clear."""
    service = find_service(request, pk)
    form = BatchForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():  # without a file there are no codes
                batch, codes = InvitationBatch.make(
                    service,
                    data["kind"],
                    data["n"],
                    expires_on=data["expires_on"],
                    by=request.user,
                )
                return file_of(batch, codes, data["references"])
        except ValidationError as error:
            place_errors(form, error)
        except CodesOff:
            form.add_error(None, _("Layanan ini belum memakai kode. Ubah dahulu aturannya."))
        except MissingFont as error:
            form.add_error(None, str(error))
    return listed(request, service, form, may_make=True, status=422)


def file_of(batch: InvitationBatch, codes: list[str], references: list[str]) -> HttpResponse:
    """The one copy of the codes, to download."""
    name = f"kode-{batch.service.code}-{batch.made_on}-{batch.pk}"
    if batch.kind == BatchKind.SLIP:
        response = download(slips.render(batch, codes), "application/pdf", f"{name}.pdf")
    else:
        rows = merge_list(batch, codes, references)
        response = download(rows, "text/csv; charset=utf-8", f"{name}.csv")
    response["Cache-Control"] = "no-store"
    return response


def merge_list(batch: InvitationBatch, codes: list[str], references: list[str]) -> str:
    """A row per link for a mail merge; with a byte order mark, so that a spreadsheet reads UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    head = ["tautan", "kode", "layanan", "berlaku_sampai"]
    writer.writerow((["tiket"] if references else []) + head)
    for place, code in enumerate(codes):
        row = [
            address(batch.service, code),
            shown(code),
            plain(batch.service.name),
            batch.expires_on,
        ]
        writer.writerow(([references[place]] if references else []) + row)
    return "\ufeff" + out.getvalue()


@require_POST
@staff(may=TEAM)
def code_rule(request: StaffRequest, pk: int) -> HttpResponse:
    """Whether the service takes codes, and whether one must have one."""
    service, form = find_service(request, pk), RuleForm(request.POST)
    if form.is_valid():
        service.change(by=request.user, codes=form.cleaned_data["codes"])
        messages.success(request, _("Aturan kode tersimpan."))
    else:
        messages.error(request, _("Pilih salah satu aturan kode."))
    return redirect("service-codes", pk)


@staff(may=TEAM_AND_OFFICERS)
def code_batch_revocation(request: StaffRequest, pk: int, batch: int) -> HttpResponse:
    """Ask first (GET), then revoke what is left (POST)."""
    service = find_service(request, pk)
    found = get_object_or_404(
        InvitationBatch.objects.select_related("office").filter(service=service), pk=batch
    )
    if request.method != "POST":
        context = {"service": service, "batch": found, "left": found.n - found.used_n}
        return render(request, "staff/code_revocation.html", context)
    try:
        left = found.revoke(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("%(n)s kode yang tersisa dicabut.") % {"n": left})
    return redirect("service-codes", pk)


urlpatterns = [
    path("<int:pk>/codes/", codes_page, name="service-codes"),
    path("<int:pk>/codes/add", code_batch_add, name="code-batch-add"),
    path("<int:pk>/codes/rule", code_rule, name="code-rule"),
    path(
        "<int:pk>/codes/<int:batch>/revocation", code_batch_revocation, name="code-batch-revocation"
    ),
]
