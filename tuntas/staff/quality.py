"""Quality of a month's answers: signs of doubt, what difference they make, exclusions by two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month
from tuntas.law.quality import Sign, bursts
from tuntas.models import Channel, Exclusion, Office, PeriodClosed, Response, Service
from tuntas.models.exclusions import AlreadyDecided, SamePerson, left_out
from tuntas.models.periods import is_closed
from tuntas.models.responses import ResponseQuerySet
from tuntas.models.results import Counted, index_of
from tuntas.staff.access import OFFICE_READERS, TEAM, TEAM_AND_HEAD, StaffRequest, staff
from tuntas.staff.periods import parse
from tuntas.typed import whole

PER_PAGE = 50
SIGN_WORDS = {
    Sign.FAST: gettext_lazy("Terlalu cepat (kurang dari 1 detik per pertanyaan)"),
    Sign.STRAIGHT: gettext_lazy("Semua jawaban sama"),
    Sign.REPEAT: gettext_lazy("Perangkat yang sama pada hari yang sama"),
    Sign.UNPROVEN: gettext_lazy("Datang dalam lonjakan tanpa bukti kerja peramban"),
}
# These arrive together by their nature, so that a burst means nothing.
ARRIVING_TOGETHER = (Channel.IMPORT, Channel.PAPER, Channel.OUTREACH)


@dataclass(frozen=True)
class Burst:
    service: Service
    first: datetime
    last: datetime
    n: int


@staff(may=OFFICE_READERS)
def quality_page(request: StaffRequest, month: str) -> HttpResponse:
    wanted = parse(month)
    responses = chosen(request.office, wanted, request.GET)
    page = Paginator(responses.order_by("-received_at", "id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    services = {service.pk: service for service in request.office.services.select_related("unit")}
    whole = Response.objects.filter(office=request.office, month=wanted.first_day)
    excluded = set(left_out(request.office.pk))
    context: dict[str, Any] = {
        "month": wanted,
        "n": whole.count(),
        "signed": whole.exclude(signs=0).count(),
        "signs": [
            (int(sign), words, whole.carrying(sign).count()) for sign, words in SIGN_WORDS.items()
        ],
        "shares": Response.objects.shares(request.office, wanted),
        "bursts": bursts_of(request.office, wanted, services),
        "with_signs": result_of(request.office, wanted, only_unsigned=False),
        "without_signs": result_of(request.office, wanted, only_unsigned=True),
        "page": page,
        "rows": [row_of(response, services, response.id in excluded) for response in page],
        "chosen_n": page.paginator.count,
        "chosen": {key: request.GET.get(key, "") for key in FILTERS},
        "exclusions": Exclusion.objects.filter(
            office=request.office, month=wanted.first_day
        ).select_related("proposed_by", "decided_by"),
        "is_closed": is_closed(request.office.pk, wanted),
        "may_propose": bool(request.roles & TEAM),
        "may_decide": bool(request.roles & TEAM_AND_HEAD),
    }
    return render(request, "staff/quality.html", context)


FILTERS = ("sign", "service", "from", "to")


def chosen(office: Office, month: Month, data: Any) -> ResponseQuerySet:
    """The responses a filter leaves: by sign, by service, by time of arrival."""
    found = Response.objects.filter(office=office, month=month.first_day)
    sign, service = whole(data.get("sign")), whole(data.get("service"))
    first, last = moment_of(data.get("from", "")), moment_of(data.get("to", ""))
    if sign in list(SIGN_WORDS):
        found = found.carrying(Sign(sign))
    elif not (service or first):
        found = found.exclude(signs=0)
    if service is not None:
        found = found.filter(service=service)
    if first and last:
        found = found.filter(received_at__range=(first, last))
    return found


def moment_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def row_of(response: Response, services: dict[int, Service], is_excluded: bool) -> dict[str, Any]:
    return {
        "id": response.id,
        "at": response.received_at,
        "service": services[response.service_id].name,
        "channel": Channel(response.channel).label,
        "seconds": response.seconds,
        "signs": [words for sign, words in SIGN_WORDS.items() if response.signs & sign],
        "is_excluded": is_excluded,
    }


def bursts_of(office: Office, month: Month, services: dict[int, Service]) -> list[Burst]:
    times: dict[int, list[datetime]] = {}
    arrivals = (
        Response.objects.filter(office=office, month=month.first_day)
        .exclude(channel__in=ARRIVING_TOGETHER)
        .values_list("service", "received_at")
    )
    for service, at in arrivals.iterator():
        times.setdefault(service, []).append(at)
    return [
        Burst(services[service], first, last, n)
        for service, moments in sorted(times.items())
        for first, last, n in bursts(moments)
    ]


def result_of(office: Office, month: Month, *, only_unsigned: bool) -> Any:
    """Index of the month from its rows, with or without those that carry a sign."""
    rows = Response.objects.count_by_service(office, [month], only_unsigned=only_unsigned)
    counted = [Counted(month, row.service.pk, row.edition.pk, row.tally) for row in rows]
    return index_of(counted, office.weights)


@require_POST
@staff(may=TEAM)
def exclusion_add(request: StaffRequest, month: str) -> HttpResponse:
    """Propose to leave out what was ticked, or all that the filter shows."""
    wanted = parse(month)
    if request.POST.get("all"):
        ids = set(chosen(request.office, wanted, request.POST).values_list("id", flat=True))
    else:
        ticked = {key for text in request.POST.getlist("response") if (key := uuid_of(text))}
        ids = set(
            Response.objects.filter(
                office=request.office, month=wanted.first_day, id__in=ticked
            ).values_list("id", flat=True)
        )
    try:
        made = Exclusion.propose(
            request.office, wanted, ids, request.POST.get("reason", ""), by=request.user
        )
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    except PeriodClosed:
        messages.error(request, _("Bulan ini sudah ditutup; jawabannya tidak dapat dikeluarkan."))
    else:
        messages.success(
            request,
            _("Usulan mengeluarkan %(n)s jawaban disimpan. Orang lain harus menyetujuinya.")
            % {"n": made.n},
        )
    return redirect("quality", month)


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_POST
@staff(may=TEAM_AND_HEAD)
def exclusion_decision(request: StaffRequest, month: str, pk: int) -> HttpResponse:
    wanted = parse(month)
    exclusion = get_object_or_404(
        Exclusion.objects.select_related("office"),
        office=request.office,
        month=wanted.first_day,
        pk=pk,
    )
    accept = request.POST.get("act") == "accept"
    try:
        exclusion.decide(accept=accept, by=request.user)
    except SamePerson:
        messages.error(request, _("Yang mengusulkan tidak boleh memutuskan. Minta orang lain."))
    except AlreadyDecided:
        messages.error(request, _("Usulan ini sudah diputuskan."))
    except PeriodClosed:
        messages.error(request, _("Bulan ini sudah ditutup; jawabannya tidak dapat dikeluarkan."))
    else:
        messages.success(
            request,
            _("Jawaban dikeluarkan dari indeks; alasannya dicetak dalam laporan.")
            if accept
            else _("Usulan ditolak; jawaban tetap dihitung."),
        )
    return redirect("quality", month)


urlpatterns = [
    path("<str:month>/quality/", quality_page, name="quality"),
    path("<str:month>/exclusions", exclusion_add, name="exclusion-add"),
    path("<str:month>/exclusions/<int:pk>", exclusion_decision, name="exclusion-decision"),
]
