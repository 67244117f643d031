"""The questionnaire of a service: shown, checked, stored once, thanked for."""

from __future__ import annotations

from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from tuntas.answers import (
    FilledForm,
    form_context,
    fresh_id,
    read,
    receipt_context,
    seal,
    submission_of,
)
from tuntas.languages import is_switch, query
from tuntas.models import Channel, CodeRefused, CodeRule, Edition, Office, Response, Service
from tuntas.models.responses import BY_LINK, BadSubmission, IdUsedElsewhere, ServiceClosed
from tuntas.public import codes, proof, traffic
from tuntas.public.door import POLICY, page, problem, public, source
from tuntas.report import card

# The links a citizen follows say how they came; the rest of the channels are not for a link.
LINK_CHANNELS = BY_LINK
CARD_SECONDS = 24 * 3600


@public
def survey_form(request: HttpRequest, token: str) -> HttpResponse:
    service = find_service(token)
    if service is None:
        return problem(
            request,
            404,
            _("Layanan tidak ditemukan"),
            _("Tautan ini tidak lengkap atau sudah tidak dipakai. Pindai ulang kode QR di kantor."),
        )
    if service.closed_at is not None:
        return closed_page(request, service)
    if request.method == "POST":
        return show_again(request, service) if is_switch(request) else take(request, service)
    door = codes.door(request, service)
    if door.page is not None:
        return door.page
    channel = link_channel(door.channel or request.GET.get("c", ""))
    form = FilledForm(id=fresh_id(), channel=channel, edition=service.edition, code=door.code)
    return show(request, service, form)


def link_channel(given: str) -> str:
    """The channel a link names; the web for one that no link may name."""
    return given if given in LINK_CHANNELS else Channel.WEB


def read_post(request: HttpRequest, service: Service) -> FilledForm:
    return read(request.POST, service, link_channel(request.POST.get("channel", "")))


def show_again(request: HttpRequest, service: Service) -> HttpResponse:
    """The same form in another language. Nothing is stored, and nothing filled in is lost."""
    form = read_post(request, service)
    # What is still open is no mistake yet; a broken or outdated form stays one.
    form.errors = [error for error in form.errors if error[0] == "form"]
    form.is_reshown = True
    return show(request, service, form)


@csp_replace({**POLICY, "frame-ancestors": [SELF]})  # inside the office's preview page
@xframe_options_sameorigin
@public
def survey_preview(request: HttpRequest, key: str) -> HttpResponse:
    """The form of an edition, drafts too, for who holds the address; nothing is stored."""
    edition = Edition.by_preview_key(key)
    if edition is None:
        return problem(
            request,
            404,
            _("Pratinjau tidak ditemukan"),
            _("Alamat pratinjau berlaku setengah hari. Buka lagi dari halaman kuesioner."),
        )
    if request.method == "POST":
        return problem(
            request,
            200,
            _("Ini pratinjau"),
            _("Sampai di sini warga mengirim penilaiannya. Di pratinjau tidak ada yang disimpan."),
        )
    office = edition.office or Office(name=_("Nama kantor"))
    service = Service(name=_("Nama layanan (pratinjau)"), office=office, token=key)
    form = FilledForm(id=fresh_id(), channel=Channel.WEB, edition=edition)
    return show(request, service, form)


def find_service(token: str) -> Service | None:
    return Service.objects.with_editions().filter(token=token).first()


def closed_page(request: HttpRequest, service: Service) -> HttpResponse:
    return problem(
        request,
        410,
        _("Survei layanan ini sudah ditutup"),
        _("%(service)s di %(office)s tidak lagi menerima penilaian. Tanyakan kepada petugas.")
        % {"service": service.name, "office": service.office.name},
    )


def take(request: HttpRequest, service: Service) -> HttpResponse:
    """Check what was sent, store it, and lead to the receipt."""
    form = read_post(request, service)
    braked = codes.brake(request, service, form.code)
    if braked is not None:
        return braked
    if form.errors:
        return show(request, service, form, status=422)
    submission = submission_of(
        form,
        is_repeat=request.POST.get("again") == "1",
        is_unproven=codes.is_unproven(
            service, UUID(form.id), form.code, request.POST.get("proof", "")
        ),
    )
    try:
        receipt = Response.receive(service, submission)
    except ServiceClosed:
        return closed_page(request, service)
    except CodeRefused as refusal:
        return codes.refused(request, service, refusal.state)
    except IdUsedElsewhere:
        return problem(
            request,
            409,
            _("Formulir ini sudah pernah dikirim"),
            _("Penilaian pertama sudah tersimpan. Buka lagi tautan survei untuk penilaian baru."),
        )
    except BadSubmission as error:
        form.id = fresh_id()
        form.errors.append(("form", str(error)))
        return show(request, service, form, status=422)
    if receipt.is_new and not form.code:
        traffic.bursts.arrived(service.pk)
    receipt_url = reverse("survey-receipt", args=[service.token, seal(receipt)])
    response = redirect(receipt_url + query())
    response.status_code = 303
    return response


def show(
    request: HttpRequest, service: Service, form: FilledForm, status: int = 200
) -> HttpResponse:
    context = {
        **form_context(service, form),
        "form_id": "survey",
        "script": source("form.js"),
        "asks_code": service.codes == CodeRule.OPTIONAL and not form.code,
    }
    form_id = UUID(form.id)
    if traffic.bursts.is_on(service.pk) and not form.code:
        context |= {
            "challenge": proof.challenge_of(form_id),
            "tries": proof.MOST_TRIES,
            "proof_script": source("proof.js"),
        }
    else:
        context["mark"] = proof.mark_of(form_id)
    if service.pk:  # a preview has no address to share
        picture = reverse("survey-card", args=[service.token])
        context["form_url"] = f"{settings.PUBLIC_URL}{service.get_absolute_url()}{query()}"
        notice = reverse("survey-privacy", args=[service.token])
        context["privacy_url"] = f"{notice}{query()}"
        context["card_url"] = f"{settings.PUBLIC_URL}{picture}{query()}"
    response = page(request, "form", context, status)
    if request.method == "GET" and service.codes == CodeRule.NONE:
        # Everybody gets this page, each with an id of its own and what follows from it: public.lane.
        response.fillings = {  # type: ignore[attr-defined]
            "id": form.id,
            **{name: context[name] for name in ("mark", "challenge") if name in context},
        }
    return response


@public
def survey_privacy(request: HttpRequest, token: str) -> HttpResponse:
    """On to the office's privacy notice: its address costs a query, the form has none to give."""
    service = find_service(token)
    if service is None:
        return problem(request, 404, _("Layanan tidak ditemukan"), _("Tautan ini tidak lengkap."))
    return redirect(reverse("privacy-notice", args=[service.office.address]) + query())


@public
def survey_card(request: HttpRequest, token: str) -> HttpResponse:
    """The picture that a messenger shows beside a link to the form."""
    service = find_service(token)
    if service is None:
        return problem(request, 404, _("Layanan tidak ditemukan"), _("Tautan ini tidak lengkap."))
    picture = card.draw(
        office=service.office.name,
        service=service.name,
        title=_("Nilai layanan kami"),
        line=_("Pertanyaan singkat, tanpa nama"),
    )
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = f"public, max-age={CARD_SECONDS}"
    return response


@public
def survey_receipt(request: HttpRequest, token: str, signed: str) -> HttpResponse:
    """Thanks and the codes; after half an hour thanks only."""
    service = find_service(token)
    if service is None:
        return problem(request, 404, _("Layanan tidak ditemukan"), _("Tautan ini tidak lengkap."))
    context = {
        "service": service,
        "script": source("sent.js"),
        **receipt_context(request, service, signed),
    }
    return page(request, "receipt", context)
