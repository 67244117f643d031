"""Audiences: how many people each service has, how many have answered, and whom to ask more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.models import Audience, Service
from tuntas.models.adequacy import adequacies, together
from tuntas.models.audiences import FIRST_YEAR, LAST_YEAR
from tuntas.report import numbers
from tuntas.staff.access import TEAM, StaffRequest, find, staff
from tuntas.staff.forms import place_errors
from tuntas.typed import whole


class AudienceForm(forms.Form):
    size = forms.IntegerField(
        label=gettext_lazy("Jumlah penerima layanan dalam setahun"),
        min_value=1,
        max_value=2**31 - 1,
        help_text=gettext_lazy("Perkirakan dari tahun sebelumnya bila tahun ini belum berakhir."),
    )
    source = forms.CharField(
        label=gettext_lazy("Sumber angka"),
        max_length=200,
        help_text=gettext_lazy("Misalnya “Register layanan 2025”; dicetak bersama angkanya."),
    )


def year_of(text: str) -> int:
    """Raises Http404 for what is no year."""
    year = whole(text)
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    return year


@staff()
def audience_list(request: StaffRequest) -> HttpResponse:
    """Every service of the year, furthest behind first. An officer sees the own unit's."""
    today = request.office.today
    year = year_of(request.GET.get("year") or str(today.year))
    services = Service.objects.visible_to(request.user).filter(office=request.office)
    rows = adequacies(request.office, year, services.select_related("unit"), today)
    context = {
        "year": year,
        "previous": year - 1 if year > FIRST_YEAR else None,
        "next": year + 1 if year <= today.year else None,
        "rows": rows,
        "total": together(rows),
        "may_write": bool(request.roles & TEAM),
    }
    return render(request, "staff/audience_list.html", context)


@staff(may=TEAM)
def audience(request: StaffRequest, pk: int, year: int) -> HttpResponse:
    """Say how many people the service has in the year, and where the number comes from."""
    service = find(Service.objects.select_related("office", "unit"), request, pk=pk)
    year = year_of(str(year))
    known = Audience.objects.filter(service=service, year=year).first()
    initial: dict[str, Any] = {"size": known.size, "source": known.source} if known else {}
    form = AudienceForm(request.POST or None, initial=initial)
    back = f"{reverse('audience-list')}?year={year}"
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = Audience.record(
                service, year, data["size"], source=data["source"], by=request.user
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(
                request,
                _("%(name)s: dari %(size)s penerima diperlukan %(wanted)s responden.")
                % {
                    "name": service.name,
                    "size": numbers.number(row.size, 0),
                    "wanted": numbers.number(row.wanted, 0),
                },
            )
            return redirect(back)
    context = {"form": form, "service": service, "year": year, "back": back}
    status = 422 if form.errors else 200
    return render(request, "staff/audience.html", context, status=status)


urlpatterns = [
    path("", audience_list, name="audience-list"),
    path("<int:pk>/<int:year>/", audience, name="audience"),
]
