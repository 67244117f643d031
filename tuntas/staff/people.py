"""The people of the office: who works here in which roles, who is out, who was asked in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.models import Deputy, Membership, Office, SignIn, StaffInvitation, User
from tuntas.models.staff_invitations import Post
from tuntas.staff.access import TEAM, StaffRequest, staff
from tuntas.staff.forms import place_errors
from tuntas.staff.invitations import InvitationForm, invite
from tuntas.staff.posts import post_choices, post_of


class PostForm(forms.Form):
    post = forms.ChoiceField(label=gettext_lazy("Peran"))

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office
        self.fields["post"].choices = post_choices(office)  # type: ignore[attr-defined]

    def clean_post(self) -> Post:
        return post_of(self.office, self.cleaned_data["post"])


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Alasan"),
        max_length=300,
        help_text=gettext_lazy("Misalnya: pindah tugas mulai 1 Maret 2026."),
    )


@staff(may=TEAM, own=True)
def people(request: StaffRequest) -> HttpResponse:
    """Who works here in which role, and who was asked in; POST asks one more person in."""
    form = InvitationForm(request.POST or None, office=request.office)
    if request.method == "POST" and form.is_valid():
        response = invite(request, form)
        if response is not None:
            return response
    rows = request.office.memberships.select_related("user", "unit")
    context = {
        "form": form,
        "memberships": rows.order_by("user__name", "user_id", "role"),
        "invitations": StaffInvitation.objects.pending()
        .filter(office=request.office)
        .select_related("made_by")
        .prefetch_related("posts__unit"),
    }
    return render(request, "staff/people.html", context, status=422 if form.errors else 200)


@staff(may=TEAM, own=True)
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """One person: roles in this office, when last here, periods of being out. POST gives a role."""
    found = find_person(request, pk)
    form = PostForm(request.POST or None, office=request.office)
    if request.method == "POST" and form.is_valid():
        role, unit = form.cleaned_data["post"]
        Membership.grant(found, request.office, role, by=request.user, unit=unit)
        messages.success(request, _("Peran diberikan."))
        return redirect("person", found.pk)
    context = {
        "form": form,
        "person": found,
        "memberships": request.office.memberships.filter(user=found).select_related("unit"),
        "last": SignIn.objects.filter(person=found).order_by("-seen_at").first(),
        "away": Deputy.objects.in_effect()
        .filter(person=found, office=request.office)
        .select_related("office", "deputy"),
        "deactivations": found.deactivations.select_related("by", "ended_by"),
        "is_self": found.pk == request.user.pk,
    }
    return render(request, "staff/person.html", context, status=422 if form.errors else 200)


@staff(may=TEAM, own=True)
def membership_removal(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then take one role away."""
    rows = request.office.memberships.select_related("user", "office", "unit")
    membership = get_object_or_404(rows, pk=pk)
    if request.method != "POST":
        return render(request, "staff/membership_removal.html", {"membership": membership})
    if membership.user_id == request.user.pk:
        messages.error(request, _("Peran Anda sendiri tidak dapat Anda cabut."))
        return redirect("people")
    try:
        membership.revoke(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Peran dicabut."))
    return redirect("people")


@staff(may=TEAM, own=True)
def person_deactivation(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then let the person in no more."""
    found = find_person(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found.deactivate(
                by=request.user, office=request.office, reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Orang ini dinonaktifkan. Semua sesinya sudah diakhiri."))
            return redirect("person", found.pk)
    context = {"form": form, "person": found}
    status = 422 if form.errors else 200
    return render(request, "staff/person_deactivation.html", context, status=status)


@staff(may=TEAM, own=True)
def person_reactivation(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, then let the person in again, with the roles of before."""
    found = find_person(request, pk)
    if request.method != "POST":
        return render(request, "staff/person_reactivation.html", {"person": found})
    try:
        found.reactivate(by=request.user, office=request.office)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Orang ini aktif kembali, dengan peran yang sama."))
    return redirect("person", found.pk)


def find_person(request: StaffRequest, pk: int) -> User:
    """A person with a role in this office. Raises Http404 for anybody else."""
    rows = User.objects.filter(pk=pk, memberships__office=request.office).distinct()
    found = rows.first()
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("settings/people/", people, name="people"),
    path("settings/people/<int:pk>/", person, name="person"),
    path("settings/people/<int:pk>/deactivation", person_deactivation, name="person-deactivation"),
    path("settings/people/<int:pk>/reactivation", person_reactivation, name="person-reactivation"),
    path("settings/roles/<int:pk>/removal", membership_removal, name="membership-removal"),
]
