"""Assisted entry: an officer reads the questions aloud and taps what the citizen answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from tuntas.answers import (
    FilledForm,
    form_context,
    fresh_id,
    read,
    receipt_context,
    seal,
    submission_of,
)
from tuntas.models import Channel, Response, Service
from tuntas.models.responses import BadSubmission, IdUsedElsewhere, ServiceClosed
from tuntas.staff.access import TEAM_AND_OFFICERS, StaffRequest, find, staff


@staff(may=TEAM_AND_OFFICERS)
def assisted_list(request: StaffRequest) -> HttpResponse:
    services = Service.objects.visible_to(request.user).filter(office=request.office).open()
    context = {"services": services.select_related("unit")}
    return render(request, "staff/assisted_list.html", context)


@staff(may=TEAM_AND_OFFICERS)
def assisted(request: StaffRequest, pk: int) -> HttpResponse:
    """One citizen after the other: the receipt of the last one stands above the next form."""
    services = Service.objects.with_editions()
    service = find(services, request, pk=pk)
    if service.closed_at is not None:
        return refused(request)
    if request.method == "POST":
        return take(request, service)
    return show(
        request,
        service,
        FilledForm(id=fresh_id(), channel=Channel.ASSISTED, edition=service.edition),
    )


def take(request: StaffRequest, service: Service) -> HttpResponse:
    """Store what was sent; the same form again gives the same receipt and counts nothing twice."""
    form = read(request.POST, service, Channel.ASSISTED)
    if form.errors:
        return show(request, service, form, status=422)
    try:
        receipt = Response.receive(service, submission_of(form))
    except ServiceClosed:
        return refused(request)
    except IdUsedElsewhere:
        messages.error(
            request,
            _(
                "Formulir ini sudah terkirim dengan jawaban lain, dan yang pertama tetap berlaku. "
                "Isi formulir baru di bawah ini untuk warga berikutnya."
            ),
        )
        return redirect("assisted", service.pk)
    except BadSubmission as error:
        form.id = fresh_id()
        form.errors.append(("form", str(error)))
        return show(request, service, form, status=422)
    response = redirect("assisted", service.pk)
    response.status_code = 303
    response["Location"] += f"?receipt={seal(receipt)}"
    return response


def show(
    request: StaffRequest, service: Service, form: FilledForm, status: int = 200
) -> HttpResponse:
    sealed = request.GET.get("receipt", "") if request.method == "GET" else ""
    context = form_context(service, form)
    # `form` is what the staff pages call a Django form, whose errors they list by themselves.
    context["filled"] = context["form"]
    context["form"] = {"suggestion": form.suggestion}
    context |= receipt_context(request, service, sealed) if sealed else {}
    response = render(request, "staff/assisted.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refused(request: StaffRequest) -> HttpResponse:
    messages.error(request, _("Survei layanan ini sudah ditutup; tidak ada yang disimpan."))
    return redirect("assisted-list")


urlpatterns = [
    path("", assisted_list, name="assisted-list"),
    path("<int:pk>/", assisted, name="assisted"),
]
