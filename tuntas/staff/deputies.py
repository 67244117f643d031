"""Who stands in for whom: one's own leave under My account, anybody's for the survey team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import Deputy, Office, User
from tuntas.models.people import LENT_ROLES
from tuntas.staff.access import TEAM, StaffRequest, has_own_role, staff
from tuntas.staff.forms import DayField, place_errors
from tuntas.staff.people import find_person


class DeputyForm(forms.Form):
    deputy = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Pengganti"),
        empty_label=gettext_lazy("Pilih orang"),
        help_text=gettext_lazy("Orang yang bekerja di kantor ini."),
    )
    first = DayField(label=gettext_lazy("Hari pertama"))
    last = DayField(label=gettext_lazy("Hari terakhir"))

    def __init__(self, *args: Any, person: User, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = User.objects.filter(is_active=True, memberships__office=office).distinct()
        field: Any = self.fields["deputy"]
        field.queryset = here.exclude(pk=person.pk).order_by("name", "pk")


@staff()
def deputies(request: StaffRequest) -> HttpResponse:
    """Who stands in for me and for whom I stand in. POST appoints somebody."""
    return leave(request, request.user, "deputies")


@staff(may=TEAM, own=True)
def person_deputies(request: StaffRequest, pk: int) -> HttpResponse:
    """The same for somebody who cannot do it any more, for example after an accident."""
    return leave(request, find_person(request, pk), "person-deputies", pk)


def leave(request: StaffRequest, person: User, page: str, *key: int) -> HttpResponse:
    form = DeputyForm(request.POST or None, person=person, office=request.office)
    if request.method == "POST" and form.is_valid():
        try:
            Deputy.appoint(
                person,
                request.office,
                form.cleaned_data["deputy"],
                form.cleaned_data["first"],
                form.cleaned_data["last"],
                by=request.user,
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Pengganti ditunjuk. Ia diberi tahu lewat surel."))
            return redirect(page, *key)
    here = Deputy.objects.filter(office=request.office).select_related("office", "person", "deputy")
    roles = person.memberships.filter(office=request.office, role__in=LENT_ROLES)
    context = {
        "form": form,
        "person": person,
        "is_self": person.pk == request.user.pk,
        "lent_roles": roles.select_related("unit"),
        "rows": here.unended().filter(person=person),
        "past": here.exclude(pk__in=here.unended().values("pk"))
        .filter(person=person)
        .order_by("-begins")[:20],
        "stands_in": here.unended().filter(deputy=person),
    }
    return render(request, "staff/deputies.html", context, status=422 if form.errors else 200)


@require_POST
@staff()
def deputy_ending(request: StaffRequest, pk: int) -> HttpResponse:
    """End it now: by the one who comes back, by the deputy, or by the survey team."""
    row = get_object_or_404(Deputy, pk=pk, office=request.office)
    is_theirs = request.user.pk in (row.person_id, row.deputy_id)
    if not is_theirs and not has_own_role(request, TEAM):
        raise PermissionDenied
    row.end(by=request.user)
    messages.success(request, _("Penggantian diakhiri."))
    return redirect("deputies") if is_theirs else redirect("person-deputies", row.person_id)


urlpatterns = [
    path("accounts/deputies/", deputies, name="deputies"),
    path("accounts/deputies/<int:pk>/ending", deputy_ending, name="deputy-ending"),
    path("settings/people/<int:pk>/deputies/", person_deputies, name="person-deputies"),
]
