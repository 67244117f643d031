"""Aggregate files: written and signed here, taken in from other installations after a look at the key."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import AggregateImport, Event
from tuntas.models.aggregate_file import MOST_BYTES, AggregateRefused, build
from tuntas.models.aggregates import confirm, preview_of, receive
from tuntas.models.signing import KeyUnreadable, fingerprint_words, key_path, public_key
from tuntas.staff.access import OFFICE_READERS, TEAM_AND_HEAD, StaffRequest, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import PeriodForm, place_errors

PER_PAGE = 25
CHANGES_SHOWN = 200


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Berkas agregat"),
        help_text=gettext_lazy("Berkas .json dari pemasangan lain, paling besar 32 MB."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("Berkas lebih dari 32 MB; minta rentang lebih pendek."))
        return file


class ConfirmationForm(forms.Form):
    compared = forms.BooleanField(
        label=gettext_lazy("Saya sudah membandingkan sidik jari ini dengan pengirim, dan sama"),
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Alasan kunci berubah"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Paling sedikit 10 huruf. Alasan ini tersimpan selamanya."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@staff(may=OFFICE_READERS)
def aggregate_list(request: StaffRequest) -> HttpResponse:
    return listed(request)


def listed(request: StaffRequest, form: forms.Form | None = None) -> HttpResponse:
    """The page of both directions; `form` is the one of them that was filled in wrongly."""
    rows = request.office.aggregate_imports.select_related("by", "confirmed_by", "cancelled_by")
    key = own_key()
    context: dict[str, Any] = {
        "form": form,
        "export": form if isinstance(form, PeriodForm) else PeriodForm(office=request.office),
        "upload": form if isinstance(form, FileForm) else FileForm(),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_write": bool(request.roles & TEAM_AND_HEAD),
        "key": key,
        "words": fingerprint_words(key) if key else "",
        "qr": qr(key) if key else "",
    }
    return render(request, "staff/aggregate_list.html", context, status=422 if form else 200)


def own_key() -> str:
    """The public key, once there is one: looking at a page makes none."""
    try:
        return public_key() if key_path().exists() else ""
    except KeyUnreadable:
        return ""


def qr(key: str) -> str:
    return segno.make(key, error="m").svg_data_uri(scale=5, border=2)


@require_POST
@staff(may=TEAM_AND_HEAD)
def aggregate_export(request: StaffRequest) -> HttpResponse:
    """Write and sign the file. A POST, because the first one makes the key."""
    form = PeriodForm(request.POST, office=request.office)
    if not form.is_valid():
        return listed(request, form)
    span = form.cleaned_data["period"]
    try:
        content = build(request.office, span)
    except KeyUnreadable as error:
        form.add_error(None, str(error))
        return listed(request, form)
    Event.record(
        "aggregate.exported",
        by=request.user,
        about=request.office,
        office=request.office,
        span=str(span),
    )
    return download(content, "application/json", f"agregat-{request.office.code}-{span}.json")


@require_POST
@staff(may=TEAM_AND_HEAD)
def aggregate_add(request: StaffRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return listed(request, form)
    file = form.cleaned_data["file"]
    try:
        row = receive(request.office, file.name, file.read(), by=request.user)
    except AggregateRefused as error:
        form.add_error("file", str(error))
        return listed(request, form)
    return redirect("aggregate", row.pk)


def find_import(request: StaffRequest, pk: int) -> AggregateImport:
    rows = AggregateImport.objects.select_related("office", "by", "confirmed_by", "cancelled_by")
    return get_object_or_404(rows, office=request.office, pk=pk)


@staff(may=OFFICE_READERS)
def aggregate_page(request: StaffRequest, pk: int) -> HttpResponse:
    """What a file would change, while it waits; what it did, afterwards."""
    return shown(request, find_import(request, pk), ConfirmationForm())


def shown(
    request: StaffRequest, row: AggregateImport, form: ConfirmationForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"row": row, "form": form}
    if row.text:
        try:
            found = preview_of(row)
        except AggregateRefused as error:
            context["refusal"] = str(error)
        else:
            context |= {
                "found": found,
                "result": found.file.result,
                "changes": found.changes[:CHANGES_SHOWN],
                "more": max(len(found.changes) - CHANGES_SHOWN, 0),
                "qr": qr(found.file.key),
                "asks_key": found.key_is_new or found.key_has_changed,
            }
    context["may_write"] = row.is_waiting and bool(request.roles & TEAM_AND_HEAD)
    return render(request, "staff/aggregate.html", context, status=status)


@require_POST
@staff(may=TEAM_AND_HEAD)
def aggregate_confirmation(request: StaffRequest, pk: int) -> HttpResponse:
    row, form = find_import(request, pk), ConfirmationForm(request.POST)
    if not form.is_valid():
        return shown(request, row, form, 422)
    data = form.cleaned_data
    try:
        found = confirm(row, by=request.user, key_compared=data["compared"], reason=data["reason"])
    except AggregateRefused as error:
        form.add_error(None, str(error))
        return shown(request, row, form, 422)
    except ValidationError as error:
        place_errors(form, error)
        return shown(request, find_import(request, pk), form, 422)
    counts = found.counts
    messages.success(
        request,
        _("Tersimpan: %(new)s penutupan baru, %(replaces)s pengganti; %(same)s sudah ada.")
        % counts,
    )
    return redirect("aggregate", pk)


@require_POST
@staff(may=TEAM_AND_HEAD)
def aggregate_cancellation(request: StaffRequest, pk: int) -> HttpResponse:
    try:
        find_import(request, pk).cancel(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Impor dibatalkan; isi berkas dihapus."))
    return redirect("aggregate-list")


urlpatterns = [
    path("aggregates/", aggregate_list, name="aggregate-list"),
    path("aggregates/export", aggregate_export, name="aggregate-export"),
    path("aggregates/add", aggregate_add, name="aggregate-add"),
    path("aggregates/<int:pk>/", aggregate_page, name="aggregate"),
    path("aggregates/<int:pk>/confirmation", aggregate_confirmation, name="aggregate-confirmation"),
    path("aggregates/<int:pk>/cancellation", aggregate_cancellation, name="aggregate-cancellation"),
]
