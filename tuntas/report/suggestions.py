"""What the follow-up report says of suggestions: the share answered, and every class beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from tuntas.law.months import Span
from tuntas.models.feedback import NEEDS_NO_REPLY, Feedback, feedback_of
from tuntas.models.offices import Office, Unit
from tuntas.models.shares import AnsweredShare
from tuntas.report import numbers

# What would lead to a person: mail addresses, and long numbers (telephone, NIK, NIP, account).
IDENTITY = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+?\d(?:[ .()-]?\d){7,}")
HIDDEN = "[disamarkan]"
ERASED = "[tulisan dihapus]"
# A longer name of a unit would make its narrow column taller than the words beside it.
MOST_UNIT = 40
# A thousand take a hundred pages and as many MB to typeset; the whole list is a file of the inbox.
MOST_SUGGESTIONS = 1000
CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # no document can hold them


def anonymous(text: str) -> str:
    """A citizen's or officer's words without mail addresses and long numbers, on one line."""
    return " ".join(CONTROL.sub(" ", IDENTITY.sub(HIDDEN, text)).split())


def suggestion_rows(
    office: Office, span: Span, until: datetime, *, unit: Unit | None = None
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """No., unit, the words and the office's answers, oldest first; no name, no contact, no score. And how
    many there are: of more than `MOST_SUGGESTIONS` only the last received are printed.

    Polite phrases and spam are left out: they are counted, not printed.
    """
    rows = (
        feedback_of(office, span.months)
        .filter(received_at__lt=until)
        .exclude(kind__in=NEEDS_NO_REPLY)
        .select_related("unit")
        .prefetch_related("replies", "merges__main__replies")
        .order_by("-received_at", "-id")
    )
    if unit is not None:
        rows = rows.filter(unit=unit)
    n, last = rows.count(), list(rows[:MOST_SUGGESTIONS])
    printed = tuple(
        (
            f"{place}.",
            numbers.shortened(row.unit.label, MOST_UNIT),
            anonymous(row.text) or ERASED,
            answer_words(row, until),
        )
        for place, row in enumerate(reversed(last), start=n - len(last) + 1)
    )
    return printed, n


def answer_words(row: Feedback, until: datetime) -> str:
    """What the office answered by `until`: its own words, or those given to a similar one."""
    given = texts_of(row, until)
    if given:
        return "\n".join(given)
    for merge in row.merges.all():
        if merge.undone_at is None and merge.at < until:
            told = texts_of(merge.main, until)
            if told:
                return "Digabungkan dengan masukan serupa: " + "\n".join(told)
    return f"Belum dijawab; tenggat {numbers.day(row.due_on)}."


def texts_of(row: Feedback, until: datetime) -> list[str]:
    standing: Sequence[str] = [
        reply.text
        for reply in row.replies.all()
        if reply.by_id and reply.withdrawn_at is None and reply.at < until
    ]
    return [anonymous(text) for text in standing]


def answered_share(
    office: Office, span: Span, until: datetime, *, unit: Unit | None = None
) -> AnsweredShare:
    """Suggestions of the span and how many had an answer by `until`, the end of the report's day."""
    received = feedback_of(office, span.months).filter(received_at__lt=until)
    if unit is not None:
        received = received.filter(unit=unit)
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
