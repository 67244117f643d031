"""The citizen's conversation by tracking code, and what an office did with suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas import mail
from tuntas.languages import is_switch, query
from tuntas.models import (
    Cause,
    Contact,
    Feedback,
    Helped,
    Office,
    PublishedAnswer,
    Reopened,
    Reply,
    TextErasure,
    Vote,
)
from tuntas.models.conversations import may_reopen, reopen_until
from tuntas.models.erasures import has_words
from tuntas.models.feedback import TEXT_LIMIT
from tuntas.public.brake import is_braked, note_wrong
from tuntas.public.door import page, problem, public
from tuntas.replica import may_be_old
from tuntas.report import numbers
from tuntas.typed import typed_code, whole

MOST_SHOWN = 100


@dataclass
class Matter:
    """One matter of the citizen's text: its messages, its state, and what may be done about it."""

    feedback: Feedback
    messages: list[dict[str, Any]]
    status: str
    may_reopen: bool
    offers_reopening: bool


@public
def conversation_find(request: HttpRequest) -> HttpResponse:
    """A box for the tracking code."""
    code = typed_code(request.POST.get("code", ""), between="-")[:40]
    if request.method == "POST" and code:
        return redirect(reverse("conversation", args=[code]) + query())
    return page(request, "find", {"is_conversation": True})


@public
def conversation(request: HttpRequest, code: str) -> HttpResponse:
    """Read the answers, say whether they helped, write back, ask again, be told by mail."""
    feedback, refused = found_by(request, code)
    if feedback is None:
        return refused
    error, place = "", "text"
    if request.method == "POST" and not is_switch(request):
        act = request.POST.get("act", "message")
        try:
            take(request, feedback, act)
        except ValidationError as refused:
            place = {"contact": "email", "vote": "matters", "erasure": "erasure"}.get(act, "text")
            error = sentence_of(refused, act)
        else:
            return redirect(reverse("conversation", args=[code]) + query())
    return show(request, feedback, code, error=error, place=place)


def found_by(request: HttpRequest, code: str) -> tuple[Feedback | None, HttpResponse]:
    """The conversation of a code, or None and the page that says why there is none."""
    if is_braked(request):
        return None, problem(
            request,
            429,
            _("Terlalu banyak kode yang salah"),
            _("Tunggu sepuluh menit, lalu coba lagi."),
        )
    feedback = Feedback.by_code(code)
    if feedback is not None:
        return feedback, HttpResponse()
    note_wrong(request)
    return None, problem(
        request,
        404,
        _("Kode pelacakan tidak dikenal"),
        _("Periksa kembali kodenya: huruf dan angka tanpa 0, 1, I, L, O, dan U."),
    )


def sentence_of(error: ValidationError, act: str) -> str:
    if act == "contact":
        return _("Alamat surel tidak lengkap, atau persetujuan belum dicentang.")
    if hasattr(error, "error_dict"):
        return _("Tulis pesan, paling banyak %(most)s huruf.") % {"most": TEXT_LIMIT}
    return " ".join(error.messages)


def take(request: HttpRequest, feedback: Feedback, act: str) -> None:
    """Do what the citizen asked for. Raises ValidationError."""
    data = request.POST
    row = matter_of(feedback, data.get("about", ""))
    if act == "vote":
        reply = data.get("reply", "")
        number = whole(reply) or 0
        Vote.cast(row, number, data.get("helped", ""), data.get("words", ""))
    elif act == "reopen":
        Reopened.make(row, data.get("text", ""))
    elif act == "contact":
        if data.get("consent") != "1" or not mail.is_set_up():
            raise ValidationError("consent")
        Contact.give(feedback, data.get("email", ""))
    elif act == "contact-removal":
        contact = Contact.objects.select_related("feedback__office").filter(feedback=feedback)
        for each in contact:
            each.erase()
    elif act == "erasure":
        if data.get("sure") != "1":
            raise ValidationError(_("Centang dahulu bahwa Anda yakin."))
        TextErasure.make(feedback, Cause.CITIZEN)
    else:
        row.answer_back(data.get("text", ""))


def matter_of(feedback: Feedback, about: str) -> Feedback:
    """The matter a message is about: the feedback itself or a part of it."""
    parts = feedback.parts.select_related("office", "service", "unit")
    found = parts.filter(pk=whole(about) or 0).first()
    return found or feedback


def show(
    request: HttpRequest, feedback: Feedback, code: str, *, error: str, place: str
) -> HttpResponse:
    parts = list(feedback.parts.select_related("office", "service", "unit").order_by("id"))
    for part in parts:
        part.office = feedback.office
    matters = [matter(row) for row in [feedback, *parts]]
    context = {
        "form_id": "message",
        "feedback": feedback,
        "matters": matters,
        "has_parts": bool(parts),
        "code": code,
        "error": error,
        "place": place,
        "text": request.POST.get("text", ""),
        "email": request.POST.get("email", ""),
        "limit": TEXT_LIMIT,
        "choices": Helped.choices,
        # An address is asked for only where a mail could be sent.
        "may_give_contact": mail.is_set_up(),
        "has_contact": Contact.objects.filter(feedback=feedback).exists(),
        "may_erase": has_words(feedback),
        "may_reopen": any(each.may_reopen for each in matters),
    }
    return page(request, "conversation", context, 422 if error else 200)


def matter(row: Feedback) -> Matter:
    standing = row.merge
    replies = Reply.objects.filter(feedback=row)
    if standing:
        replies = replies | Reply.objects.filter(feedback=standing.main, by__isnull=False)
    votes = {vote.reply_id: vote for vote in row.votes.all()}
    messages: list[dict[str, Any]] = [
        {
            "reply": reply,
            "vote": votes.get(reply.pk),
            "may_vote": bool(reply.by_id) and reply.withdrawn_at is None,
        }
        for reply in replies.select_related("referral").order_by("at", "id")
    ]
    now = timezone.now()
    may = may_reopen(row, now)
    last = next((m for m in reversed(messages) if m["may_vote"]), None)
    said_no = bool(last and last["vote"] and last["vote"].helped == Helped.NO)
    return Matter(row, messages, status_of(row), may, may and said_no)


def status_of(row: Feedback) -> str:
    """Where it stands, in plain words."""
    due = numbers.day(row.due_on)
    if row.waits and row.is_answered:
        return _("Anda membuka kembali percakapan ini. Kantor akan menjawab paling lambat %(due)s.") % {"due": due}  # fmt: skip
    if row.waits:
        return _("Belum dijawab. Kantor akan menjawab paling lambat %(due)s.") % {"due": due}
    if row.kind == "spam":
        mark = row.spam_marks.filter(undone_at__isnull=True).first()
        return _("Kantor menandai tulisan ini sebagai spam: %(reason)s. Bila keliru, tulis pesan di bawah.") % {"reason": mark.reason if mark else "–"}  # fmt: skip
    if not row.needs_reply and not row.is_answered:
        return _("Terima kasih. Tulisan ini sudah dicatat dan tidak memerlukan jawaban.")
    if not row.is_answered:
        return _("Digabungkan dengan masukan serupa. Kantor akan menjawab paling lambat %(due)s.") % {"due": due}  # fmt: skip
    until = reopen_until(row)
    words = {
        "referral": _("Sudah diteruskan kepada instansi yang berwenang."),
        "not_actionable": _(
            "Kantor sudah menjelaskan mengapa hal ini tidak dapat ditindaklanjuti."
        ),
        "merged": _("Sudah dijawab bersama masukan serupa."),
    }.get(row.answered_as, _("Sudah dijawab."))
    if until and until >= timezone.now():
        day = numbers.day(until.astimezone(row.office.zone).date())
        words += " " + _("Anda dapat bertanya lagi sampai %(day)s.") % {"day": day}
    return words


@public
@may_be_old
def office_answers(request: HttpRequest, office: str) -> HttpResponse:
    """What people suggested and what the office did, in the office's words."""
    found = Office.at(office)
    if len(found) != 1:
        return problem(
            request,
            404,
            _("Kantor tidak ditemukan"),
            _("Periksa alamatnya, atau tanyakan kepada petugas."),
        )
    rows = published_of(found[0])
    return page(request, "answers", {"office": found[0], "rows": rows})


def published_of(office: Office) -> list[PublishedAnswer]:
    """The latest published entries of an office, for this page and for the office's own."""
    return list(PublishedAnswer.objects.public().filter(office=office)[:MOST_SHOWN])
