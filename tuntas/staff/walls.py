"""Screens in the lobby: their addresses, made and revoked."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import WallScreen
from tuntas.staff.access import OFFICE_READERS, TEAM, StaffRequest, staff
from tuntas.staff.forms import place_errors


class ScreenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nama layar"),
        max_length=80,
        help_text=gettext_lazy("Misalnya “Ruang tunggu lantai 1”."),
    )


@staff(may=OFFICE_READERS)
def wall_list(request: StaffRequest) -> HttpResponse:
    return listed(request, ScreenForm())


def listed(request: StaffRequest, form: ScreenForm, status: int = 200) -> HttpResponse:
    screens = request.office.wall_screens.select_related("made_by", "revoked_by")
    context: dict[str, Any] = {
        "screens": screens,
        "form": form,
        "may_add": bool(request.roles & TEAM),
    }
    return render(request, "staff/wall_list.html", context, status=status)


@require_POST
@staff(may=TEAM)
def wall_add(request: StaffRequest) -> HttpResponse:
    """Make a screen; its address is shown once, on the answer to this very request."""
    form = ScreenForm(request.POST)
    if not form.is_valid():
        return listed(request, form, 422)
    try:
        screen, key = WallScreen.add(request.office, form.cleaned_data["name"], by=request.user)
    except ValidationError as error:
        place_errors(form, error)
        return listed(request, form, 422)
    address = f"{settings.PUBLIC_URL}{reverse('wall', args=[key])}"
    context = {
        "screen": screen,
        "address": address,
        "qr": segno.make(address, error="m").svg_data_uri(scale=6, border=2),
    }
    response = render(request, "staff/wall.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@staff(may=TEAM)
def wall_revocation(request: StaffRequest, pk: int) -> HttpResponse:
    screen = get_object_or_404(WallScreen, office=request.office, pk=pk)
    try:
        screen.revoke(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(
            request, _("Alamat layar dicabut; layar itu tidak lagi menampilkan apa pun.")
        )
    return redirect("wall-list")


urlpatterns = [
    path("", wall_list, name="wall-list"),
    path("add", wall_add, name="wall-add"),
    path("<int:pk>/revocation", wall_revocation, name="wall-revocation"),
]
