"""What a form sends, turned into a Submission: read, checked, told back with what is wrong.

Citizens fill the form in themselves (`public`), or an officer does it for them (`staff`): the same
fields, the same checks, the same receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import segno
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.languages import Shown, query, shown
from tuntas.law.profile import PROFILE, UNKNOWN, ProfileQuestion
from tuntas.models import Edition, Question, Receipt, Service, Submission
from tuntas.models.codes import plain
from tuntas.models.feedback import REPLY_WORKING_DAYS, TEXT_LIMIT, secret_code
from tuntas.models.form_ids import new_form_id, seconds_since_opened
from tuntas.typed import whole

# The codes stand behind their address only this long: a shared computer forgets them.
RECEIPT_SECONDS = 30 * 60
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


def fresh_id() -> str:
    return str(new_form_id(timezone.now()))


def read(data: Mapping[str, str], service: Service, channel: str) -> FilledForm:
    """The sent form with every problem named. Nothing that was typed is thrown away."""
    key = whole(data.get("edition"))
    asked = service.edition_taken(key, service.office.today) if key else None
    form = FilledForm(
        id=data.get("id", ""),
        channel=channel,
        edition=asked or service.edition,
        suggestion=data.get("suggestion", "").replace("\r\n", "\n").strip(),
        code=plain(data.get("u", "")),
    )
    try:
        UUID(form.id)
    except ValueError:
        form.id = fresh_id()
        form.errors.append(("form", _("Nomor formulir rusak. Periksa isian, lalu kirim lagi.")))
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


def read_answers(data: Mapping[str, str], form: FilledForm) -> None:
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
    }


def shown_profile(question: ProfileQuestion) -> Shown:
    return shown(question.label, [label for _value, label in question.choices])


def submission_of(
    form: FilledForm, *, is_repeat: bool = False, is_unproven: bool = False
) -> Submission:
    """The submission of a form that `read` found no fault with."""
    form_id = UUID(form.id)
    return Submission(
        id=form_id,
        edition_id=form.edition.pk,
        answers="".join(form.answers[question.position] for question in form.edition.question_list),
        channel=form.channel,
        profile="".join(form.profile.get(question.code) or UNKNOWN for question in PROFILE),
        suggestion=form.suggestion,
        seconds=seconds_since_opened(form_id, timezone.now()),
        is_repeat=is_repeat,
        code=form.code,
        is_unproven=is_unproven,
    )


def seal(receipt: Receipt) -> str:
    """What an address may carry of a receipt: no code stands in it, and it ends by itself."""
    return signer.sign(f"{receipt.response_id}:{int(bool(receipt.tracking_code))}")


def receipt_context(request: HttpRequest, service: Service, sealed: str) -> dict[str, Any]:
    """What a receipt shows; nothing when the seal is false or older than half an hour."""
    try:
        response_id, wrote = signer.unsign(sealed, max_age=RECEIPT_SECONDS).split(":")
    except BadSignature:
        return {}
    key = UUID(response_id)
    context: dict[str, Any] = {"receipt": f"{service.office_id}-{key.hex.upper()}"}
    if wrote == "1":
        context["tracking_code"] = secret_code("track", key)
        context["tracking_url"] = request.build_absolute_uri(
            reverse("conversation", args=[context["tracking_code"]]) + query()
        )
        context["tracking_qr"] = segno.make(context["tracking_url"], error="m").svg_data_uri(
            scale=4, border=2, dark="#000", light="#fff"
        )
        context["reply_days"] = REPLY_WORKING_DAYS
    return context
