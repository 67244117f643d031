"""The questionnaire of a service: shown, checked, stored once, thanked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from tuntas.law.profile import PROFILE, UNKNOWN, ProfileQuestion
from tuntas.models import (
    Channel,
    CodeRefused,
    CodeRule,
    Edition,
    Office,
    Question,
    Response,
    Service,
    Submission,
)
from tuntas.models.feedback import REPLY_WORKING_DAYS, TEXT_LIMIT, secret_code
from tuntas.models.invitations import plain
from tuntas.models.responses import (
    BY_LINK,
    BadSubmission,
    IdUsedElsewhere,
    ServiceClosed,
    new_form_id,
    seconds_since_opened,
)
from tuntas.public import codes, proof, traffic
from tuntas.public.door import POLICY, page, problem, public, source
from tuntas.public.languages import Shown, is_switch, query, shown
from tuntas.report import card

# The links a citizen follows say how they came; the rest of the channels are not for a link.
LINK_CHANNELS = BY_LINK
# The codes stand behind their address only this long: a shared computer forgets them.
RECEIPT_SECONDS = 30 * 60
CARD_SECONDS = 24 * 3600
signer = TimestampSigner(salt="tuntas.receipt")


@dataclass
class FilledForm:
    """What was sent, as it was sent, with what is wrong about it: (field id, sentence) pairs."""

    id: str
    channel: str
    edition: Edition
    answers: dict[int, str] = field(default_factory=dict)
    profile: dict[str, str] = field(default_factory=dict)
    suggestion: str = ""
    code: str = ""  # the one-time code that opened the form
    errors: list[tuple[str, str]] = field(default_factory=list)
    # Shown again in another language: what stands in it is newer than any draft on the device.
    is_reshown: bool = False

    def error_of(self, name: str) -> str:
        return next((text for place, text in self.errors if place == name), "")


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
    channel = door.channel or request.GET.get("c", "")
    channel = channel if channel in LINK_CHANNELS else Channel.WEB
    form = FilledForm(id=fresh_id(), channel=channel, edition=service.edition, code=door.code)
    return show(request, service, form)


def show_again(request: HttpRequest, service: Service) -> HttpResponse:
    """The same form in another language. Nothing is stored, and nothing filled in is lost."""
    form = read(request.POST, service)
    # What is still open is no mistake yet; a broken or outdated form stays one.
    form.errors = [error for error in form.errors if error[0] == "form"]
    form.is_reshown = True
    return show(request, service, form)


def fresh_id() -> str:
    return str(new_form_id(timezone.now()))


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
    form = read(request.POST, service)
    braked = codes.brake(request, service, form.code)
    if braked is not None:
        return braked
    if form.errors:
        return show(request, service, form, status=422)
    submission = submission_of(request, service, form)
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
    kept = f"{submission.id}:{int(bool(receipt.tracking_code))}"
    receipt_url = reverse("survey-receipt", args=[service.token, signer.sign(kept)])
    response = redirect(receipt_url + query())
    response.status_code = 303
    return response


def submission_of(request: HttpRequest, service: Service, form: FilledForm) -> Submission:
    """A form without errors as what is stored of it."""
    form_id = UUID(form.id)
    return Submission(
        id=form_id,
        edition_id=form.edition.pk,
        answers="".join(form.answers[question.position] for question in form.edition.question_list),
        channel=form.channel,
        profile="".join(form.profile.get(question.code) or UNKNOWN for question in PROFILE),
        suggestion=form.suggestion,
        seconds=seconds_since_opened(form_id, timezone.now()),
        is_repeat=request.POST.get("again") == "1",
        code=form.code,
        is_unproven=codes.is_unproven(service, form_id, form.code, request.POST.get("proof", "")),
    )


def read(data: QueryDict, service: Service) -> FilledForm:
    """The sent form with every problem named. Nothing that was typed is thrown away."""
    sent = data.get("edition", "")
    asked = service.edition_taken(int(sent), service.today) if sent.isdecimal() else None
    form = FilledForm(
        id=data.get("id", ""),
        channel=data.get("channel", ""),
        edition=asked or service.edition,
        suggestion=data.get("suggestion", "").replace("\r\n", "\n").strip(),
        code=plain(data.get("u", "")),
    )
    try:
        UUID(form.id)
    except ValueError:
        form.id = fresh_id()
        form.errors.append(("form", _("Nomor formulir rusak. Periksa isian, lalu kirim lagi.")))
    if form.channel not in LINK_CHANNELS:
        form.channel = Channel.WEB
    if asked is None:
        form.errors.append(
            ("form", _("Kuesioner baru saja diperbarui. Periksa isian, lalu kirim lagi."))
        )
    read_answers(data, form)
    for question in PROFILE:
        given = data.get(f"p_{question.code}", "")
        if given and given not in dict(question.choices):
            form.errors.append(
                (
                    f"p_{question.code}",
                    _("Pilihan %(label)s tidak dikenal.") % {"label": shown_profile(question).text},
                )
            )
        elif given:
            form.profile[question.code] = given
    if len(form.suggestion) > TEXT_LIMIT:
        form.errors.append(
            (
                "suggestion",
                _(
                    "Saran terlalu panjang: %(length)s huruf, paling banyak %(most)s. Persingkat dahulu."
                )
                % {"length": len(form.suggestion), "most": TEXT_LIMIT},
            )
        )
    return form


def read_answers(data: QueryDict, form: FilledForm) -> None:
    questions = form.edition.question_list
    for question in questions:
        name = f"q{question.position}"
        given = data.get(name, "")
        form.answers[question.position] = given
        if not given:
            form.errors.append(
                (
                    name,
                    _("Pilih jawaban untuk pertanyaan %(number)s.") % {"number": question.position},
                )
            )
        elif given not in {str(score) for score, _label in question.scored_options}:
            form.answers[question.position] = ""
            form.errors.append(
                (
                    name,
                    _("Pertanyaan %(number)s: jawaban di luar pilihan yang ada.")
                    % {"number": question.position},
                )
            )
    known = {f"q{question.position}" for question in questions}
    strange = sorted(name for name in data if name.startswith("q") and name not in known)
    if strange:
        form.errors.append(
            (
                "form",
                _("Ada jawaban untuk pertanyaan yang tidak ada (%(names)s). Muat ulang halaman.")
                % {"names": ", ".join(strange)[:80]},
            )
        )


def show(
    request: HttpRequest, service: Service, form: FilledForm, status: int = 200
) -> HttpResponse:
    picture = reverse("survey-card", args=[service.token])
    context = {
        **form_context(service, form),
        "form_id": "survey",
        "script": source("form.js"),
        "form_url": f"{settings.PUBLIC_URL}{service.get_absolute_url()}{query()}",
        "card_url": f"{settings.PUBLIC_URL}{picture}{query()}",
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
    return page(request, "form", context, status)


def form_context(service: Service, form: FilledForm) -> dict[str, Any]:
    """What the fields of the form need, with what was filled in and what is wrong about it."""
    return {
        "service": service,
        "form": form,
        "questions": [question_context(each, form) for each in form.edition.question_list],
        "profile": [profile_context(each, form) for each in PROFILE],
        "limit": TEXT_LIMIT,
        "suggestion_error": form.error_of("suggestion"),
    }


def question_context(question: Question, form: FilledForm) -> dict[str, Any]:
    wording = shown(question.text, question.options)
    name = f"q{question.position}"
    return {
        "name": name,
        "position": question.position,
        "text": wording.text,
        "language": wording.language,
        "options": [(str(score), label) for score, label in enumerate(wording.options, start=1)],
        "given": form.answers.get(question.position, ""),
        "error": form.error_of(name),
    }


def profile_context(question: ProfileQuestion, form: FilledForm) -> dict[str, Any]:
    wording = shown_profile(question)
    values = [value for value, _label in question.choices]
    return {
        "code": question.code,
        "name": f"p_{question.code}",
        "label": wording.text,
        "language": wording.language,
        "choices": list(zip(values, wording.options, strict=True)),
        "given": form.profile.get(question.code, ""),
        "is_short": len(values) <= 2,
    }


def shown_profile(question: ProfileQuestion) -> Shown:
    return shown(question.label, [label for _value, label in question.choices])


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
    context: dict[str, Any] = {"service": service, "script": source("sent.js")}
    try:
        response_id, wrote = signer.unsign(signed, max_age=RECEIPT_SECONDS).split(":")
    except BadSignature:
        return page(request, "receipt", context)
    key = UUID(response_id)
    context["receipt"] = f"{service.office_id}-{key.hex.upper()}"
    if wrote == "1":
        context["tracking_code"] = secret_code("track", key)
        context["tracking_url"] = request.build_absolute_uri(
            reverse("conversation", args=[context["tracking_code"]]) + query()
        )
        context["reply_days"] = REPLY_WORKING_DAYS
    return page(request, "receipt", context)
