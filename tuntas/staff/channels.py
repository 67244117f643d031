"""Channels: every way an office can ask, what to print, and what to put on its web site."""

from __future__ import annotations

from html import escape

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from tuntas.models import Channel, Office, Service
from tuntas.models.results import last_closed
from tuntas.report import posters
from tuntas.report.badge import badge
from tuntas.staff.access import TEAM, TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.downloads import download


@staff()
def channel_page(request: StaffRequest) -> HttpResponse:
    """What leads to the whole office, and the ways that need an officer."""
    office = request.office
    context = {
        "may_enter": bool(request.roles & TEAM_AND_OFFICERS),
        "may_write": bool(request.roles & TEAM),
        "chooser": posters.address(office, Channel.WEB),
        **website(office),
    }
    return render(request, "staff/channels.html", context)


@translation.override("id")  # the office's site speaks Indonesian, whatever the officer reads
def website(office: Office, service: Service | None = None) -> dict[str, str]:
    """The snippet for a web site: a plain link around the badge; and the badge as it looks now."""
    name = f"{service.name}, {office.name}" if service else office.name
    picture = (
        reverse("service-badge", args=[service.token])
        if service
        else reverse("office-badge", args=[office.address])
    )
    link = posters.address(office, Channel.WEB, service=service)
    words = _("Indeks Kepuasan Masyarakat %(name)s bulan terakhir yang ditutup. Beri penilaian.")
    return {
        "snippet": (
            f'<a href="{escape(link)}"><img src="{escape(settings.PUBLIC_URL + picture)}"'
            f' alt="{escape(words % {"name": name})}" height="28"></a>'
        ),
        "badge": badge(name, last_closed(office, service=service)),
    }


@staff()
def office_poster(request: StaffRequest, size: str, format: str) -> HttpResponse:
    return poster_file(request.office, size, format)


@staff()
def service_poster(request: StaffRequest, pk: int, size: str, format: str) -> HttpResponse:
    service = find(Service.objects.with_editions(), request, pk=pk)
    return poster_file(request.office, size, format, service)


def poster_file(
    office: Office, size: str, format: str, service: Service | None = None
) -> HttpResponse:
    """The file to download, named after what it is for."""
    try:
        made = posters.poster(office, size=size, format=format, service=service)
    except posters.NotAPoster as error:
        raise Http404 from error
    name = posters.poster_name(office, size, format, service=service)
    return download(made, posters.FORMATS[format], name)


urlpatterns = [
    path("channels/", channel_page, name="channels"),
    path("channels/poster-<slug:size>.<slug:format>", office_poster, name="office-poster"),
    path(
        "services/<int:pk>/poster-<slug:size>.<slug:format>", service_poster, name="service-poster"
    ),
]
