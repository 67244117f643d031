"""One address for a whole office: choose the service to rate. And the badges for other sites."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tuntas.models import Office, Service, Unit
from tuntas.models.results import MonthResult, last_closed
from tuntas.public.door import kept, page, problem, public, source
from tuntas.public.survey import find_service, link_channel
from tuntas.replica import may_be_old
from tuntas.report.badge import POLICY, badge

BADGE_SECONDS = 3600


@public
def service_chooser(request: HttpRequest, address: str) -> HttpResponse:
    """The open services of an office by unit; `c` is carried along, `u` narrows to a unit."""
    offices = Office.at(address)
    if len(offices) != 1:
        return no_office(request, offices)
    office = offices[0]
    asked = request.GET.get("q", "").strip()[:80]
    units = office.units.all()
    unit = units.filter(code=request.GET.get("u", "")).first()
    context = {
        "office": office,
        "unit": unit,
        "groups": grouped(office, [unit] if unit else list(units), asked),
        "channel": link_channel(request.GET.get("c", "")),
        "asked": asked,
        "script": source("chooser.js"),
    }
    return page(request, "chooser", context)


def grouped(office: Office, units: list[Unit], asked: str = "") -> list[tuple[Unit, list[Service]]]:
    """The open services of each unit; with `asked` only those in whose name or unit it stands."""
    services: dict[int, list[Service]] = {unit.pk: [] for unit in units}
    for service in office.services.open().filter(unit__in=services).select_related("unit"):
        if asked.lower() in f"{service.name} {service.unit.name}".lower():
            services[service.unit_id].append(service)
    return [(unit, services[unit.pk]) for unit in units if services[unit.pk]]


def no_office(
    request: HttpRequest, offices: list[Office], name: str = "service-chooser"
) -> HttpResponse:
    """Nobody is led to the wrong office: where several could be meant, the citizen chooses.

    `name` of the address that the choice leads to."""
    if not offices:
        return problem(
            request,
            404,
            _("Kantor tidak ditemukan"),
            _("Periksa alamatnya, atau pindai kode QR di kantor."),
        )
    context = {
        "offices": [(office, reverse(name, args=[office.address])) for office in offices],
        "channel": link_channel(request.GET.get("c", "")) if name == "service-chooser" else "",
    }
    return page(request, "office_choice", context, 300)


@public
@may_be_old
def service_badge(request: HttpRequest, token: str) -> HttpResponse:
    service = find_service(token)
    if service is None:
        return problem(request, 404, _("Layanan tidak ditemukan"), _("Tautan ini tidak lengkap."))
    name = f"{service.name}, {service.office.name}"
    return picture(request, name, last_closed(service.office, service=service))


@public
@may_be_old
def office_badge(request: HttpRequest, address: str) -> HttpResponse:
    offices = Office.at(address)
    if len(offices) != 1:
        return problem(
            request, 404, _("Kantor tidak ditemukan"), _("Periksa alamat dalam kode pasangnya.")
        )
    return picture(request, offices[0].name, last_closed(offices[0]))


def picture(request: HttpRequest, name: str, result: MonthResult | None) -> HttpResponse:
    """The badge for an `<img>` of any site: kept an hour, then asked for again by its tag."""
    svg = badge(name, result).encode()
    full = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")
    response = kept(request, full, BADGE_SECONDS)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Content-Security-Policy"] = POLICY
    return response
