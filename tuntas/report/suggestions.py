"""What the follow-up report says of suggestions: the share answered, and every class beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

from tuntas.law.months import Span
from tuntas.models.feedback import feedback_of
from tuntas.models.offices import Office
from tuntas.models.shares import AnsweredShare
from tuntas.report import numbers


def answered_share(office: Office, span: Span, until: datetime) -> AnsweredShare:
    """Suggestions of the span and how many had an answer by `until`, the end of the report's day."""
    received = feedback_of(office, span.months).filter(received_at__lt=until)
    day = (until - timedelta(seconds=1)).astimezone(office.zone).date()
    return AnsweredShare.of(received, until=until, today=day)


def suggestions_sentence(share: AnsweredShare) -> str:
    """ "100%" stands here only when it was computed; every class that is not empty is named."""
    if share.received == 0:
        return (
            "Tidak ada saran dan masukan periode ini yang tercatat dalam sistem, sehingga "
            "persentase jawaban tidak dihitung."
        )
    if share.needing_reply == 0:
        return (
            f"Diterima {share.received} saran dan masukan; semuanya berupa ungkapan singkat atau "
            "spam yang tidak memerlukan jawaban."
        )
    apart = (
        f" ({share.courtesy} ungkapan singkat dan {share.spam} spam dicatat tersendiri)"
        if share.courtesy or share.spam
        else ""
    )
    head = (
        f"Diterima {share.received} saran dan masukan; {share.needing_reply} memerlukan "
        f"jawaban{apart}. "
    )
    ways = ways_of(share)
    if share.is_complete:
        return head + (
            f"Seluruhnya telah dijawab (100%), yaitu {ways}, dan dapat dibaca oleh pengirimnya "
            "melalui kode pelacakan."
        )
    answered = (
        f"Sebanyak {share.answered} dari {share.needing_reply} telah dijawab "
        f"({numbers.percent(share.percent)}), yaitu {ways}; "
        if share.answered
        else "Belum ada yang dijawab; "
    )
    return head + answered + waiting_of(share)


def ways_of(share: AnsweredShare) -> str:
    counts = (
        (share.individual, "dijawab perorangan"),
        (share.template, "dijawab dengan templat"),
        (share.merged, "digabungkan dengan masukan serupa yang dijawab"),
        (share.referred, "diteruskan kepada instansi yang berwenang"),
        (share.not_actionable, "tidak dapat ditindaklanjuti dengan alasan yang disampaikan"),
    )
    return numbers.listing([f"{count} {words}" for count, words in counts if count])


def waiting_of(share: AnsweredShare) -> str:
    return (
        f"{share.waiting} belum ({share.waiting_in_time} dalam tenggat dan {share.waiting_late} "
        "melewati tenggat)."
    )
