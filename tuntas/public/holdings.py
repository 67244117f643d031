"""What is held under a tracking code: all of it, for the citizen who has the code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tuntas.models import Contact, Feedback, Reply, SpamMark
from tuntas.models.codes import plain

FORMAT = 1
# Of the history of a conversation only what was done and when: who did it is no data of the citizen.
LABELS = {
    "office": gettext_noop("Kantor"),
    "unit": gettext_noop("Unit"),
    "service": gettext_noop("Layanan"),
    "survey_month": gettext_noop("Bulan survei"),
    "received_at": gettext_noop("Diterima"),
    "text": gettext_noop("Tulisan Anda"),
    "kind": gettext_noop("Jenis"),
    "due_on": gettext_noop("Tenggat jawaban"),
    "waits_for_answer": gettext_noop("Menunggu jawaban kantor"),
    "answered_at": gettext_noop("Pertama kali dijawab"),
    "merged_at": gettext_noop("Digabungkan dengan masukan serupa"),
}


def held(feedback: Feedback) -> dict[str, Any]:
    """JSON-ready; times in ISO 8601 with their zone. The response to the questionnaire is not in it:
    nothing joins the two."""
    rows = [feedback, *feedback.parts.select_related("office", "service", "unit").order_by("id")]
    contact = Contact.objects.filter(feedback=feedback).first()
    return {
        "format": FORMAT,
        "matters": [matter_of(row) for row in rows],
        "erased": [{"at": iso(row.at), "cause": row.cause} for row in feedback.erasures.all()],
        "contact": contact_of(contact) if contact else None,
    }


def matter_of(row: Feedback) -> dict[str, Any]:
    merge = row.merge
    return {
        "office": row.office.name,
        "unit": row.unit.name,
        "service": row.service.name,
        "survey_month": f"{row.month:%Y-%m}",
        "received_at": iso(row.received_at),
        "text": row.text,
        "kind": row.kind,
        "due_on": row.due_on.isoformat(),
        "waits_for_answer": row.waits,
        "answered_at": iso(row.answered_at),
        "merged_at": iso(merge.at) if merge else None,
        "messages": [message_of(each) for each in messages_of(row)],
        "votes": [
            {
                "message": vote.reply_id,
                "helped": vote.helped,
                "words": vote.words,
                "at": iso(vote.at),
            }
            for vote in row.votes.all()
        ],
        "reopened_at": [iso(each.at) for each in row.reopenings.all()],
        "marked_as_spam": [
            {"at": iso(mark.at), "reason": mark.reason, "undone_at": iso(mark.undone_at)}
            for mark in SpamMark.objects.filter(feedback=row)
        ],
    }


def messages_of(row: Feedback) -> Any:
    """The messages of the conversation itself, and those its citizen reads of the main one."""
    found = Reply.objects.filter(feedback=row)
    merge = row.merge
    if merge:
        found = found | Reply.objects.filter(feedback=merge.main, by__isnull=False)
    return found.select_related("referral").order_by("at", "id")


def message_of(reply: Reply) -> dict[str, Any]:
    referral = getattr(reply, "referral", None)
    return {
        "id": reply.pk,
        "at": iso(reply.at),
        "from": "office" if reply.by_id else "citizen",
        "text": reply.text,
        "withdrawn_at": iso(reply.withdrawn_at),
        "referred_to": referral and {
            "addressee": referral.addressee,
            "number": referral.number,
            "on": referral.on.isoformat(),
        },
    }  # fmt: skip


def contact_of(contact: Contact) -> dict[str, Any]:
    return {
        "email": contact.email,
        "given_at": iso(contact.given_at),
        "privacy_notice_version": contact.notice_version,
        "told_at": iso(contact.told_at),
    }


def iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def file_name(code: str) -> str:
    """Named by a few signs of the code: the whole of it opens the conversation."""
    return f"tuntas-{plain(code)[:4].lower()}.json"


def readable(feedback: Feedback) -> list[dict[str, Any]]:
    """For the page: of each matter its facts by their label, and its messages."""
    rows = [feedback, *feedback.parts.select_related("office", "service", "unit").order_by("id")]
    return [
        {
            "facts": [(_(label), words_of(row, name)) for name, label in LABELS.items()],
            "messages": messages_of(row),
            "votes": row.votes.all(),
            "row": row,
        }
        for row in rows
    ]


def words_of(row: Feedback, name: str) -> Any:
    """A fact as the page shows it: text, date or None."""
    merge = row.merge if name == "merged_at" else None
    values = {
        "office": row.office.name,
        "unit": row.unit.name,
        "service": row.service.name,
        "survey_month": row.month,
        "text": row.text or _("[tulisan dihapus]"),
        "kind": row.get_kind_display(),
        "waits_for_answer": _("ya") if row.waits else _("tidak"),
        "merged_at": merge.at if merge else None,
    }
    return values[name] if name in values else getattr(row, name)
