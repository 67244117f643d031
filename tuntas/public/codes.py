"""Before the form: does a one-time code admit, and does somebody hammer at this door."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.models import BatchKind, Channel, CodeRule, Invitation, Service
from tuntas.models.codes import plain
from tuntas.public import traffic
from tuntas.public.door import page, problem
from tuntas.public.proof import is_proven

STATUS = {"unknown": 404, "used": 409, "expired": 410, "revoked": 410, "missing": 200}


@dataclass(frozen=True)
class Door:
    """What the link brought: a code that admits, the channel it stands for, or a page instead."""

    code: str = ""
    channel: str = ""
    page: HttpResponse | None = None


def door(request: HttpRequest, service: Service) -> Door:
    """Look at the code of the link (`?u=`) without spending it."""
    code = plain(request.GET.get("u", ""))
    if service.codes == CodeRule.NONE:
        return Door()
    if not code:
        is_shut = service.codes == CodeRule.REQUIRED
        return Door(page=refused(request, service, "missing") if is_shut else None)
    wait = traffic.wrong_codes.look(traffic.key_of(request, service.pk))
    if wait:
        return Door(page=too_many(request, service, wait, _("Terlalu banyak kode yang salah")))
    invitation = Invitation.find(service, code)
    state = invitation.state(service.office.today) if invitation else "unknown"
    if invitation is None or state != "open":
        return Door(page=refused(request, service, state))
    is_link = invitation.batch.kind == BatchKind.LINK
    return Door(code, Channel.HELPDESK if is_link else "")


def refused(request: HttpRequest, service: Service, state: str) -> HttpResponse:
    """The page that says why the code admits nobody, with a box for another one."""
    if state == "unknown":
        traffic.wrong_codes.take(traffic.key_of(request, service.pk))
    title, text = words(state)
    context = {
        "service": service,
        "title": title,
        "text": text,
        "is_error": state != "missing",
        "may_go_without": service.codes == CodeRule.OPTIONAL,
        "channel": request.POST.get("channel") or request.GET.get("c", ""),
    }
    return page(request, "code", context, STATUS[state])


def words(state: str) -> tuple[str, str]:
    return {
        "missing": (
            _("Masukkan kode dari petugas"),
            _("Layanan ini dinilai dengan kode sekali pakai. Kodenya ada pada slip atau pesan."),
        ),
        "unknown": (
            _("Kode tidak dikenal"),
            _("Periksa kembali kodenya: huruf dan angka tanpa 0, 1, I, L, O, dan U."),
        ),
        "used": (
            _("Kode ini sudah dipakai"),
            _("Satu kode hanya untuk satu penilaian, dan penilaian itu sudah tersimpan."),
        ),
        "expired": (
            _("Masa berlaku kode ini sudah lewat"),
            _("Minta kode baru kepada petugas. Jawaban yang sudah diisi masih ada di perangkat."),
        ),
        "revoked": (
            _("Kode ini sudah dicabut kantor"),
            _("Minta kode baru kepada petugas. Jawaban yang sudah diisi masih ada di perangkat."),
        ),
    }[state]


def brake(request: HttpRequest, service: Service, code: str) -> HttpResponse | None:
    """A page for an address that sends more than any office full of citizens could. Who holds a
    code that admits is never stopped; tablets and staff come through other doors."""
    if service.takes(code):
        invitation = Invitation.find(service, code)
        if invitation is not None and invitation.state(service.office.today) == "open":
            return None
    wait = traffic.answers.take(traffic.key_of(request, service.pk))
    return too_many(request, service, wait, _("Terlalu banyak kiriman")) if wait else None


def too_many(request: HttpRequest, service: Service, wait: float, title: str) -> HttpResponse:
    seconds = max(60, math.ceil(wait))
    at = (timezone.now() + timedelta(seconds=seconds + 60)).astimezone(service.office.zone)
    response = problem(
        request,
        429,
        title,
        _(
            "Jawaban Anda masih ada di perangkat ini. Tunggu sampai pukul %(time)s, lalu muat ulang "
            "halaman ini. Yang dikirim dua kali tetap dihitung satu kali."
        )
        % {"time": f"{at:%H.%M}"},
    )
    response["Retry-After"] = str(seconds)
    return response


def is_unproven(service: Service, form_id: UUID, code: str, given: str) -> bool:
    """Whether a proof was asked for, because of a burst, and is not there. A code is proof enough."""
    if service.takes(code) or not traffic.bursts.is_on(service.pk):
        return False
    return not is_proven(form_id, given)
