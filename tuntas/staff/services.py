"""Services: units, what they offer, and the links and QR codes that lead to the forms."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month
from tuntas.models import Channel, Response, Service, Unit
from tuntas.models.results import month_results
from tuntas.staff.access import (
    OFFICE_READERS,
    TEAM,
    TEAM_AND_OFFICERS,
    StaffRequest,
    find,
    staff,
)
from tuntas.staff.channels import website
from tuntas.staff.downloads import download
from tuntas.staff.editions import chosen_edition, edition_choices
from tuntas.staff.forms import place_errors
from tuntas.staff.home import seen

LINKS = (Channel.WEB, Channel.WHATSAPP, Channel.HELPDESK, Channel.QR)


class UnitForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Unit
        fields = ("code", "name", "short_name", "position")

    def _post_clean(self) -> None:
        """Checked by the unit's verbs."""


class ServiceForm(forms.Form):
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=None
    )
    code = forms.CharField(
        label=gettext_lazy("Kode"),
        max_length=40,
        help_text=gettext_lazy("Huruf kecil, angka, dan tanda hubung; dipakai di berkas impor."),
    )
    name = forms.CharField(label=gettext_lazy("Nama layanan"), max_length=200)
    questionnaire = forms.ChoiceField(label=gettext_lazy("Kuesioner"))

    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = Unit.objects.filter(office=request.office)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["questionnaire"].choices = edition_choices(request)  # type: ignore[attr-defined]


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Nama layanan"), max_length=200)


@staff()
def service_list(request: StaffRequest) -> HttpResponse:
    services = Service.objects.visible_to(request.user).filter(office=request.office)
    month = Month.of(request.office.today)
    counted = dict(
        Response.objects.filter(office=request.office, month=month.first_day)
        .values_list("service")
        .annotate(n=Count("id"))
    )
    units = Unit.objects.visible_to(request.user).filter(office=request.office)
    by_unit: dict[int, list[tuple[Service, int]]] = {unit.pk: [] for unit in units}
    for service in services.with_editions():
        by_unit.setdefault(service.unit_id, []).append((service, counted.get(service.pk, 0)))
    context = {
        "units": [(unit, by_unit[unit.pk]) for unit in units],
        "month": month,
        "may_write": bool(request.roles & TEAM),
    }
    return render(request, "staff/service_list.html", context)


@staff()
def service_page(request: StaffRequest, pk: int) -> HttpResponse:
    service = find_service(request, pk)
    month = Month.of(request.office.today)
    channels = dict(
        Response.objects.filter(office=request.office, month=month.first_day, service=service)
        .values_list("channel")
        .annotate(n=Count("id"))
    )
    months = [month + -step for step in range(6)]
    context = {
        "service": service,
        "links": [(Channel(channel).label, channel, link(service, channel)) for channel in LINKS],
        "share_text": share_text(service),
        "whatsapp": f"https://wa.me/?text={quote(share_text(service))}",
        "qr": segno.make(link(service, Channel.QR), error="m").svg_data_uri(scale=6, border=2),
        "channels": [(Channel(channel).label, n) for channel, n in channels.items()],
        "results": seen(request, month_results(request.office, months, service=service)),
        "is_running_hidden": not request.roles & OFFICE_READERS,
        "month": month,
        "may_write": bool(request.roles & TEAM),
        "starts": service.edition_starts.holding().select_related(
            "edition__questionnaire", "made_by"
        ),
        "form": NameForm(initial={"name": service.name}),
        "may_enter": bool(request.roles & TEAM_AND_OFFICERS),
        **website(service.office, service),
    }
    return render(request, "staff/service.html", context)


def find_service(request: StaffRequest, pk: int) -> Service:
    service: Service = find(Service.objects.with_editions(), request, pk=pk)
    return service


def link(service: Service, channel: str) -> str:
    return f"{settings.PUBLIC_URL}{service.get_absolute_url()}?c={channel}"


def share_text(service: Service) -> str:
    return _(
        "Terima kasih telah menggunakan %(service)s di %(office)s. Mohon nilai pelayanan kami "
        "(1–2 menit, tanpa nama): %(link)s"
    ) % {
        "service": service.name,
        "office": service.office.name,
        "link": link(service, Channel.WHATSAPP),
    }


@staff()
def service_qr(request: StaffRequest, pk: int, format: str) -> HttpResponse:
    """The QR code as a file: svg for print, png for screens."""
    if format not in ("svg", "png"):
        raise Http404
    service, out = find_service(request, pk), io.BytesIO()
    code = segno.make(link(service, Channel.QR), error="m")
    code.save(out, kind=format, scale=12, border=4)
    types = {"svg": "image/svg+xml", "png": "image/png"}
    return download(out.getvalue(), types[format], f"qr-{service.code}.{format}")


@staff(may=TEAM)
def unit_add(request: StaffRequest) -> HttpResponse:
    form = UnitForm(request.POST or None, initial={"position": request.office.units.count() + 1})
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            Unit.add(request.office, data.pop("code"), data.pop("name"), by=request.user, **data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Unit tersimpan."))
            return redirect("service-list")
    return form_page(request, form, _("Tambah unit"))


@staff(may=TEAM)
def unit_edit(request: StaffRequest, pk: int) -> HttpResponse:
    unit = find(Unit.objects.select_related("office"), request, pk=pk)
    form = UnitForm(request.POST or None, instance=unit)
    if request.method == "POST" and form.is_valid():
        try:
            unit.change(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Unit tersimpan."))
            return redirect("service-list")
    return form_page(request, form, _("Ubah unit"))


@staff(may=TEAM)
def service_add(request: StaffRequest) -> HttpResponse:
    initial = {"unit": request.GET.get("unit")}
    form = ServiceForm(request.POST or None, initial=initial, request=request)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            service = Service.add(
                data["unit"],
                data["code"],
                data["name"],
                edition=chosen_edition(request, data["questionnaire"]),
                by=request.user,
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Layanan tersimpan; tautan dan kode QR-nya siap dipakai."))
            return redirect("service", service.pk)
    return form_page(request, form, _("Tambah layanan"))


def form_page(request: StaffRequest, form: Any, title: str) -> HttpResponse:
    context = {"form": form, "title": title}
    status = 422 if form.errors else 200
    return render(request, "staff/service_form.html", context, status=status)


@require_POST
@staff(may=TEAM)
def service_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Rename the service, close it, or open it again."""
    service = find_service(request, pk)
    act, form = request.POST.get("act"), NameForm(request.POST)
    if act == "close" and service.closed_at is None:
        service.change(by=request.user, closed_at=timezone.now())
        messages.success(request, _("Layanan ditutup; formulirnya tidak lagi menerima penilaian."))
    elif act == "open" and service.closed_at is not None:
        service.change(by=request.user, closed_at=None)
        messages.success(request, _("Layanan dibuka kembali."))
    elif act == "rename" and form.is_valid():
        service.change(by=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("Nama layanan disimpan."))
    else:
        messages.error(request, _("Tidak ada yang diubah: isi nama layanan."))
    return redirect("service", pk)


urlpatterns = [
    path("", service_list, name="service-list"),
    path("add/", service_add, name="service-add"),
    path("units/add/", unit_add, name="unit-add"),
    path("units/<int:pk>/", unit_edit, name="unit-edit"),
    path("<int:pk>/", service_page, name="service"),
    path("<int:pk>/edit", service_edit, name="service-edit"),
    path("<int:pk>/qr.<str:format>", service_qr, name="service-qr"),
]
