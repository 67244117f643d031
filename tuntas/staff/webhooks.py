"""Addresses of other systems that are told what happens: added, tested, switched, taken up again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import Delivery, HookEvent, Webhook
from tuntas.staff.access import TEAM, StaffRequest, find, staff
from tuntas.staff.forms import place_errors

SHOWN = 50


class WebhookForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nama sistem"),
        max_length=80,
        help_text=gettext_lazy("Misalnya “Dasbor pimpinan”."),
    )
    url = forms.CharField(
        label=gettext_lazy("Alamat"),
        max_length=500,
        help_text=gettext_lazy("Alamat https:// milik sistem itu yang menerima kiriman."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Peristiwa"),
        choices=HookEvent.choices,
        widget=forms.CheckboxSelectMultiple,
    )


@staff(may=TEAM)
def webhook_list(request: StaffRequest) -> HttpResponse:
    """The office's addresses; POST adds one and shows its secret on the answer to this request."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        try:
            hook = Webhook.add(
                request.office, data["name"], data["url"], data["events"], by=request.user
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            return secret_page(request, hook)
    hooks = Webhook.objects.visible_to(request.user).filter(office=request.office)
    context = {"hooks": hooks, "form": form}
    return render(request, "staff/webhook_list.html", context, status=422 if form.errors else 200)


def secret_page(request: StaffRequest, hook: Webhook) -> HttpResponse:
    """The secret, this once."""
    response = render(request, "staff/webhook_secret.html", {"hook": hook})
    response["Cache-Control"] = "no-store"
    return response


@staff(may=TEAM)
def webhook(request: StaffRequest, pk: int) -> HttpResponse:
    hook = find(Webhook.objects.select_related("office", "made_by", "off_by"), request, pk=pk)
    rows = hook.deliveries.all()
    context = {
        "hook": hook,
        "dead": rows.dead()[:SHOWN],
        "dead_n": rows.dead().count(),
        "recent": rows.exclude(pk__in=rows.dead())[:SHOWN],
        "waiting_n": rows.unsettled().count(),
    }
    return render(request, "staff/webhook.html", context)


@require_POST
@staff(may=TEAM)
def webhook_test(request: StaffRequest, pk: int) -> HttpResponse:
    hook = find(Webhook.objects.all(), request, pk=pk)
    try:
        hook.test(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(
            request, _("Percobaan masuk antrean; muat ulang halaman ini sebentar lagi.")
        )
    return redirect("webhook", hook.pk)


@require_POST
@staff(may=TEAM)
def webhook_secret(request: StaffRequest, pk: int) -> HttpResponse:
    """A new secret, shown on the answer to this very request."""
    hook = find(Webhook.objects.all(), request, pk=pk)
    hook.rotate(by=request.user)
    return secret_page(request, hook)


@require_POST
@staff(may=TEAM)
def webhook_switch(request: StaffRequest, pk: int) -> HttpResponse:
    hook = find(Webhook.objects.all(), request, pk=pk)
    is_on = request.POST.get("state") == "on"
    try:
        hook.switch(on=is_on, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        done = _("Alamat dinyalakan.") if is_on else _("Alamat dimatikan; tidak ada yang dikirim.")
        messages.success(request, done)
    return redirect("webhook", hook.pk)


@require_POST
@staff(may=TEAM)
def delivery_retry(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    hook = find(Webhook.objects.all(), request, pk=pk)
    get_object_or_404(Delivery, hook=hook, pk=number).try_again(by=request.user)
    messages.success(request, _("Kiriman masuk antrean lagi."))
    return redirect("webhook", hook.pk)


urlpatterns = [
    path("settings/webhooks/", webhook_list, name="webhook-list"),
    path("settings/webhooks/<int:pk>/", webhook, name="webhook"),
    path("settings/webhooks/<int:pk>/test", webhook_test, name="webhook-test"),
    path("settings/webhooks/<int:pk>/secret", webhook_secret, name="webhook-secret"),
    path("settings/webhooks/<int:pk>/switch", webhook_switch, name="webhook-switch"),
    path(
        "settings/webhooks/<int:pk>/deliveries/<int:number>/retry",
        delivery_retry,
        name="delivery-retry",
    ),
]
