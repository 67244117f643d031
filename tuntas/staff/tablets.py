"""Tablets: devices that ask at the counter or on a visit; their addresses, state and backups."""

from __future__ import annotations

import json
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import Service, Tablet, TabletKind
from tuntas.models.tablets import BadItem, hand_over
from tuntas.staff.access import TEAM, TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.forms import place_errors


class TabletForm(forms.Form):
    service = forms.ModelChoiceField(
        label=gettext_lazy("Layanan"), queryset=Service.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label=gettext_lazy("Dipakai untuk"), choices=TabletKind.choices)
    name = forms.CharField(
        label=gettext_lazy("Nama tablet"),
        max_length=80,
        help_text=gettext_lazy("Misalnya “Loket 2” atau “Kunjungan Nusa Penida”."),
    )

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]


@staff()
def tablet_list(request: StaffRequest) -> HttpResponse:
    return listed(request, new_form(request))


def new_form(request: StaffRequest, data: Any = None) -> TabletForm:
    services = Service.objects.visible_to(request.user).filter(office=request.office).open()
    return TabletForm(data, services=services, initial={"service": request.GET.get("service")})


def listed(request: StaffRequest, form: TabletForm, status: int = 200) -> HttpResponse:
    tablets = Tablet.objects.visible_to(request.user).filter(office=request.office)
    context = {
        "tablets": tablets.select_related("service", "made_by"),
        "form": form,
        "may_add": bool(request.roles & TEAM),
        "may_upload": bool(request.roles & TEAM_AND_OFFICERS),
    }
    return render(request, "staff/tablet_list.html", context, status=status)


@staff(may=TEAM)
def tablet_add(request: StaffRequest) -> HttpResponse:
    """Make a tablet; its address is shown once, on the answer to this very request."""
    form = new_form(request, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return listed(request, form, 422 if request.method == "POST" else 200)
    data = form.cleaned_data
    try:
        tablet, key = Tablet.add(data["service"], data["name"], data["kind"], by=request.user)
    except ValidationError as error:
        place_errors(form, error)
        return listed(request, form, 422)
    address = f"{settings.PUBLIC_URL}{reverse('tablet', args=[key])}"
    context = {
        "tablet": tablet,
        "address": address,
        "qr": segno.make(address, error="m").svg_data_uri(scale=6, border=2),
    }
    response = render(request, "staff/tablet.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@staff(may=TEAM)
def tablet_revocation(request: StaffRequest, pk: int) -> HttpResponse:
    tablet = find(Tablet.objects.select_related("office"), request, pk=pk)
    try:
        tablet.revoke(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(
            request,
            _("Alamat tablet dicabut. Yang masih tersimpan di tablet dapat diunggah di sini."),
        )
    return redirect("tablet-list")


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def tablet_backup(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the file a tablet wrote as a last resort; what is already here is not counted again."""
    tablet = find(
        Tablet.objects.with_service(),
        request,
        pk=pk,
    )
    upload = request.FILES.get("file")
    try:
        told = json.loads(upload.read() if upload else b"")
        if told["format"] != "tuntas-tablet-1":
            raise BadItem
        clock, items = int(told["now"]), list(told["items"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, BadItem):
        messages.error(
            request,
            _("Berkas ini bukan cadangan tablet Tuntas. Unduh cadangan di tablet, lalu ulangi."),
        )
        return redirect("tablet-list")
    results = [hand_over(tablet, item, clock, timezone.now()) for item in items]
    count = {state: sum(row.state == state for row in results) for state in STATES}
    messages.success(
        request,
        _("Cadangan dibaca: %(stored)s tersimpan, %(known)s sudah ada, %(refused)s ditolak.")
        % count,
    )
    for row in results:
        if row.state == "refused":
            messages.error(
                request, _("%(id)s ditolak: %(reason)s") % {"id": row.id, "reason": row.reason}
            )
    return redirect("tablet-list")


STATES = ("stored", "known", "refused")

urlpatterns = [
    path("", tablet_list, name="tablet-list"),
    path("add/", tablet_add, name="tablet-add"),
    path("<int:pk>/revocation", tablet_revocation, name="tablet-revocation"),
    path("<int:pk>/backup", tablet_backup, name="tablet-backup"),
]
