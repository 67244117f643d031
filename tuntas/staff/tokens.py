"""API tokens: made, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import ApiToken, Scope
from tuntas.staff.access import TEAM, StaffRequest, find, staff
from tuntas.staff.forms import DayField, place_errors

USUAL_DAYS = 365


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nama sistem"),
        max_length=80,
        help_text=gettext_lazy("Misalnya “Helpdesk Pensiun”. Satu token untuk satu sistem."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Boleh"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_on = DayField(
        label=gettext_lazy("Berlaku sampai"), help_text=gettext_lazy("Paling lama dua tahun.")
    )


@staff(may=TEAM, own=True)
def token_list(request: StaffRequest) -> HttpResponse:
    """The office's tokens; POST makes one and shows its secret on the answer to this very request."""
    usual = request.office.today + timedelta(days=USUAL_DAYS)
    form = TokenForm(request.POST or None, initial={"expires_on": usual})
    if request.method == "POST" and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        try:
            token, key = ApiToken.add(
                request.office,
                data["name"],
                data["scopes"],
                expires_on=data["expires_on"],
                by=request.user,
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            response = render(request, "staff/token.html", {"token": token, "key": key})
            response["Cache-Control"] = "no-store"
            return response
    tokens = ApiToken.objects.filter(office=request.office)
    context = {
        "form": form,
        "tokens": tokens.select_related("office", "made_by", "revoked_by"),
    }
    return render(request, "staff/token_list.html", context, status=422 if form.errors else 200)


@require_POST
@staff(may=TEAM, own=True)
def token_revocation(request: StaffRequest, pk: int) -> HttpResponse:
    token = find(ApiToken.objects.select_related("office"), request, pk=pk)
    try:
        token.revoke(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Token dicabut; sistem itu tidak dapat lagi memanggil."))
    return redirect("token-list")


urlpatterns = [
    path("settings/tokens/", token_list, name="token-list"),
    path("settings/tokens/<int:pk>/revocation", token_revocation, name="token-revocation"),
]
