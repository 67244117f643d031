"""Asking a person in: by mail, or by a link to copy; the person accepts and sets a password."""

from __future__ import annotations

import smtplib
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tuntas import mail
from tuntas.models import Office, StaffInvitation, User
from tuntas.models.staff_invitations import InvitationForOther, InvitationOver, Post
from tuntas.staff.access import TEAM, StaffRequest, staff
from tuntas.staff.accounts import NewPasswordForm
from tuntas.staff.forms import place_errors
from tuntas.staff.posts import post_choices, post_of


class InvitationForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("Alamat surel"))
    name = forms.CharField(label=gettext_lazy("Nama"), max_length=120)
    posts = forms.MultipleChoiceField(
        label=gettext_lazy("Peran"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office
        self.fields["posts"].choices = post_choices(office)  # type: ignore[attr-defined]

    def clean_posts(self) -> list[Post]:
        return [post_of(self.office, choice) for choice in self.cleaned_data["posts"]]


class WelcomeForm(NewPasswordForm):
    """Name and password of a person who is new; the address stands in the invitation."""

    name = forms.CharField(label=gettext_lazy("Nama"), max_length=120)
    field_order = ("name", "password1", "password2")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    @property
    def person(self) -> User:
        return User(email=self.email, name=self.cleaned_data.get("name", ""))


# -- the office asks ------------------------------------------------------------------------------


def invite(request: StaffRequest, form: InvitationForm) -> HttpResponse | None:
    """Ask the person of this form in; None when the form has errors now."""
    data = form.cleaned_data
    try:
        row, key = StaffInvitation.invite(
            request.office, data["email"], data["name"], data["posts"], by=request.user
        )
    except ValidationError as error:
        place_errors(form, error)
        return None
    return hand_over(request, row, key)


@require_POST
@staff(may=TEAM, own=True)
def invitation_renewal(request: StaffRequest, pk: int) -> HttpResponse:
    """A new link for seven more days; the one of before ends."""
    row = find_invitation(request, pk)
    try:
        key = row.renew(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("people")
    return hand_over(request, row, key)


@require_POST
@staff(may=TEAM, own=True)
def invitation_withdrawal(request: StaffRequest, pk: int) -> HttpResponse:
    row = find_invitation(request, pk)
    try:
        row.withdraw(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Undangan ditarik; tautannya tidak berlaku lagi."))
    return redirect("people")


def find_invitation(request: StaffRequest, pk: int) -> StaffInvitation:
    rows = StaffInvitation.objects.select_related("office", "made_by")
    return get_object_or_404(rows, pk=pk, office=request.office)


def hand_over(request: StaffRequest, row: StaffInvitation, key: str) -> HttpResponse:
    """Send the link, or show it once: without a mail server, and when that does not take it."""
    url = settings.PUBLIC_URL + reverse("invitation-acceptance", args=[key])
    reason = ""
    if mail.is_set_up():
        try:
            letter(row, url).send()
        except (OSError, smtplib.SMTPException):
            reason = _("Server surel tidak menerima undangan ini. Sampaikan tautannya sendiri.")
        else:
            row.note_sent()
            messages.success(request, _("Undangan dikirim ke %(email)s.") % {"email": row.email})
            return redirect("people")
    context = {"invitation": row, "url": url, "reason": reason}
    response = render(request, "staff/invitation.html", context)
    response["Cache-Control"] = "no-store"
    return response


def letter(row: StaffInvitation, url: str) -> EmailMessage:
    """The mail with the link, in Indonesian."""
    with translation.override("id"):
        subject = _("Undangan ke Tuntas, %(office)s") % {"office": row.office.name}
        context = {"invitation": row, "url": url, "posts": row.posts.select_related("unit")}
        body = render_to_string("mail/invitation.txt", context)
    return EmailMessage(
        subject=" ".join(f"[Tuntas] {subject}".split()),
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[row.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


# -- the person answers ---------------------------------------------------------------------------


@never_cache
def invitation_acceptance(request: HttpRequest, key: str) -> HttpResponse:
    """What the link of an invitation opens: a first password, or a button for who has an account."""
    row = StaffInvitation.by_key(key)
    if row is None or not row.is_open:
        return render(request, "account/invitation_over.html", status=410)
    owner = User.objects.filter(email=row.email).first()
    form = WelcomeForm(request.POST or None, email=row.email, initial={"name": row.name})
    if request.method == "POST" and (owner is not None or form.is_valid()):
        return accepted(request, row, form)
    context = {
        "invitation": row,
        "posts": row.posts.select_related("unit"),
        "form": None if owner else form,
        "is_owner": owner is not None and owner == request.user,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "account/invitation.html", context, status=status)


invitation_acceptance.is_public = True  # type: ignore[attr-defined]  # guarded by the key


def accepted(request: HttpRequest, row: StaffInvitation, form: WelcomeForm) -> HttpResponse:
    """Take the invitation, then sign in (a new person) or go on."""
    person = request.user if isinstance(request.user, User) else None
    data = form.cleaned_data if form.is_valid() else {}
    try:
        row.accept(person=person, name=data.get("name", ""), password=data.get("password1"))
    except InvitationOver:
        return render(request, "account/invitation_over.html", status=410)
    except InvitationForOther:
        messages.error(request, _("Masuklah dahulu dengan alamat yang diundang."))
        return redirect(request.path)
    if person is not None and person.email == row.email:
        messages.success(request, _("Peran Anda di kantor ini sudah berlaku."))
        return redirect("office-choice")
    messages.success(request, _("Sandi tersimpan. Masuklah dengan alamat surel dan sandi Anda."))
    return redirect("account_login")


urlpatterns = [
    path(
        "settings/invitations/<int:pk>/renewal", invitation_renewal, name="staff-invitation-renewal"
    ),
    path(
        "settings/invitations/<int:pk>/withdrawal",
        invitation_withdrawal,
        name="staff-invitation-withdrawal",
    ),
    path("accounts/invitation/<str:key>/", invitation_acceptance, name="invitation-acceptance"),
]
