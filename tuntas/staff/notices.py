"""Reminders: how I want them, my calendar address, the office's rules, and letters that failed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas import mail, work
from tuntas.models import CalendarFeed, MailMode, MailPreference, Notice, ReminderRules, Role
from tuntas.staff.access import TEAM, StaffRequest, staff
from tuntas.staff.forms import place_errors

SHOWN = 50


class PreferenceForm(forms.Form):
    mode = forms.ChoiceField(label=gettext_lazy("Pengingat lewat surel"), choices=MailMode.choices)


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ReminderRules
        fields = ReminderRules.FIELDS
        help_texts = {
            "feedback_before": gettext_lazy("0: tidak diingatkan sebelum tenggat."),
            "plan_before": gettext_lazy("0: tidak diingatkan sebelum tenggat."),
        }

    def _post_clean(self) -> None:
        """Checked by the rules' verb."""


@staff()
def notices(request: StaffRequest) -> HttpResponse:
    """My reminders; POST keeps how I want them."""
    form = PreferenceForm(
        request.POST or None, initial={"mode": MailPreference.mode_of(request.user)}
    )
    if request.method == "POST" and form.is_valid():
        MailPreference.choose(request.user, form.cleaned_data["mode"])
        messages.success(request, _("Pilihan pengingat tersimpan."))
        return redirect("notices")
    return page(request, form, status=422 if form.errors else 200)


def page(
    request: StaffRequest, form: forms.Form, *, address: str = "", status: int = 200
) -> HttpResponse:
    mine = Notice.objects.filter(person=request.user).exclude(kind="digest")
    context: dict[str, Any] = {
        "form": form,
        "rows": mine.order_by("-made_at", "-id")[:SHOWN],
        "feed": CalendarFeed.working_of(request.user).first(),
        "address": address,
        "is_set_up": mail.is_set_up(),
        "is_head": Role.HEAD in request.roles,
        "may_rule": bool(request.roles & TEAM),
    }
    response = render(request, "staff/notices.html", context, status=status)
    if address:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@staff()
def calendar_address(request: StaffRequest) -> HttpResponse:
    """Make a new calendar address; it is shown once, and the old one works no longer."""
    key = CalendarFeed.renew(request.user)
    form = PreferenceForm(initial={"mode": MailPreference.mode_of(request.user)})
    address = f"{settings.PUBLIC_URL}{reverse('calendar', args=[key])}"
    return page(request, form, address=address)


@require_POST
@staff()
def calendar_revocation(request: StaffRequest) -> HttpResponse:
    CalendarFeed.revoke_all(request.user)
    messages.success(request, _("Alamat kalender dicabut."))
    return redirect("notices")


@staff(may=TEAM)
def reminder_rules(request: StaffRequest) -> HttpResponse:
    rules = ReminderRules.of(request.office)
    form = RulesForm(request.POST or None, instance=rules)
    if request.method == "POST" and form.is_valid():
        try:
            rules.change(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Aturan pengingat tersimpan."))
            return redirect("reminder-rules")
    status = 422 if form.errors else 200
    return render(request, "staff/reminder_rules.html", {"form": form}, status=status)


@staff(may=TEAM)
def letters(request: StaffRequest) -> HttpResponse:
    """What could not be sent, what was perhaps sent, and whether the background loop lives."""
    rows = Notice.objects.filter(office=request.office).select_related("person")
    silence = work.health().silence
    context = {
        "dead": rows.dead().order_by("-given_up_at")[:SHOWN],
        "perhaps": rows.perhaps_sent().order_by("-perhaps_sent_at")[:SHOWN],
        "waiting": rows.to_send(timezone.now()).filter(given_up_at=None).count(),
        "is_silent": silence is None or silence > work.SILENT,
        "is_set_up": mail.is_set_up(),
    }
    return render(request, "staff/letters.html", context)


@require_POST
@staff(may=TEAM)
def letter_retry(request: StaffRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(Notice, office=request.office, pk=pk)
    notice.try_again(by=request.user)
    messages.success(request, _("Surel masuk antrean lagi."))
    return redirect("letters")


urlpatterns = [
    path("", notices, name="notices"),
    path("calendar", calendar_address, name="calendar-address"),
    path("calendar/revocation", calendar_revocation, name="calendar-revocation"),
    path("rules/", reminder_rules, name="reminder-rules"),
    path("letters/", letters, name="letters"),
    path("letters/<int:pk>/retry", letter_retry, name="letter-retry"),
]
