"""Mail: sends the notices that wait, each at most once, through the office's mail server.

Rows are the queue of `tuntas.work`. Before the text goes to the server, `handed_at` is on disk.
A worker that dies between the server's "250" and our commit leaves exactly that mark; the next one
settles the row as perhaps sent and does not send it again. SMTP allows no better: never twice, and
every doubt is shown.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tuntas import work
from tuntas.law.months import Month
from tuntas.models import Closure, Lease, Notice, NoticeKind
from tuntas.models.notices import MOST_ATTEMPTS
from tuntas.models.reminders import days_off, next_open
from tuntas.report import numbers

# Minutes to wait after the first, second … failed attempt.
BACKOFF = (1, 5, 15, 60, 120, 240, 480)


@dataclass(frozen=True)
class NotSent(Exception):
    """The server did not take the mail, for certain. `is_final`: it never will."""

    reason: str
    is_final: bool = False


class PerhapsSent(Exception):
    """The text was handed over and no answer came."""


def is_set_up() -> bool:
    """Whether there is a mail server; without one nothing is planned and nothing waits."""
    return bool(settings.EMAIL_HOST)


def waiting() -> Any:
    now = timezone.now()
    rows = Notice.objects.to_send(now)
    return rows if is_set_up() else rows.none()


def send(notice: Notice, lease: Lease) -> None:
    """Send one notice, or settle why not. The outcome is written under the lease."""
    now = timezone.now()
    if notice.handed_at is not None:
        settle(notice, lease, perhaps_sent_at=now, last_error="perhaps")
        return
    items = [item for item in notice.items.select_related("person") if item.still_holds()]
    if not (items if notice.kind == NoticeKind.DIGEST else notice.still_holds()):
        settle(notice, lease, withdrawn_at=now)
        return
    release = next_open(now, notice.office.zone, days_off(notice.office_id))
    if release > now:
        lease.renew(not_before=release)
        return
    try:
        transfer(letter(notice, items), lease)
    except NotSent as refusal:
        refuse(notice, lease, refusal)
    except PerhapsSent:
        settle(notice, lease, perhaps_sent_at=timezone.now(), last_error="perhaps")
    else:
        settle(notice, lease, sent_at=timezone.now(), last_error="")


def settle(notice: Notice, lease: Lease, **outcome: Any) -> None:
    """Write the outcome of a mail, and of what its digest holds."""
    lease.renew(**outcome)
    notice.items.update(**{name: at for name, at in outcome.items() if name.endswith("_at")})


def refuse(notice: Notice, lease: Lease, refusal: NotSent) -> None:
    """Not sent: again later, each time after a longer pause, outside the quiet hours; or dead."""
    notice.refresh_from_db(fields=["attempts"])
    now, attempts = timezone.now(), notice.attempts + 1
    changes: dict[str, Any] = {
        "attempts": attempts,
        "last_error": refusal.reason[:120],
        "handed_at": None,
    }
    if refusal.is_final or attempts >= MOST_ATTEMPTS:
        changes["given_up_at"] = now
    else:
        changes["not_before"] = next_time(notice, attempts, now)
    lease.renew(**changes)


def next_time(notice: Notice, attempts: int, now: datetime) -> datetime:
    pause = timedelta(minutes=BACKOFF[min(attempts, len(BACKOFF)) - 1])
    return next_open(now + pause, notice.office.zone, days_off(notice.office_id))


def transfer(message: EmailMultiAlternatives, lease: Lease) -> None:
    """Give the message to the server. Raises NotSent or PerhapsSent; the doubtful part is one step."""
    backend = EmailBackend()
    try:
        smtp = connected(backend)
        try:
            envelope(smtp, parseaddr(message.from_email)[1], message.to[0])
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"envelope: {type(error).__name__}") from error
        # From here on the mail may arrive, whatever happens to us.
        lease.renew(handed_at=timezone.now())
        content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
        hand_over(smtp, content)
    finally:
        close(backend)


def connected(backend: EmailBackend) -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the settings say. Raises NotSent."""
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"connect: {type(error).__name__}") from error
    smtp: smtplib.SMTP = backend.connection  # type: ignore[assignment]
    return smtp


def envelope(smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
    """Sender and recipient. A wrong recipient is final; a refused sender is ours to correct."""
    smtp.ehlo_or_helo_if_needed()
    code, _text = smtp.mail(sender)
    if code != 250:
        raise NotSent(f"MAIL {code}")
    code, _text = smtp.rcpt(recipient)
    if code not in (250, 251):
        raise NotSent(f"RCPT {code}", is_final=code >= 500)


def hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    """The text itself. An answer decides; silence after it was begun leaves the doubt."""
    try:
        code, _text = smtp.data(content)
    except smtplib.SMTPDataError as error:
        raise NotSent(f"DATA {error.smtp_code}", is_final=error.smtp_code >= 500) from error
    except (OSError, smtplib.SMTPException) as error:
        raise PerhapsSent from error
    if code != 250:
        raise NotSent(f"DATA {code}", is_final=code >= 500)


def close(backend: EmailBackend) -> None:
    """Say goodbye; what goes wrong there no longer matters."""
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        backend.connection = None


# -- what it says --------------------------------------------------------------------------------


def letter(notice: Notice, items: list[Notice]) -> EmailMultiAlternatives:
    """The mail of a notice: Indonesian, no citizen's words, no score, no code; only where to look."""
    with translation.override("id"):
        rows = [line(item) for item in (items or [notice])]
        subject = rows[0]["text"] if not items else digest_subject(notice, len(items))
        context = {
            "subject": subject,
            "rows": rows,
            "name": notice.person.name,
            "office": notice.office.name,
            "settings_url": settings.PUBLIC_URL + reverse("notices"),
        }
        message = EmailMultiAlternatives(
            subject=f"[Tuntas] {subject}",
            body=plain(context),
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[notice.person.email],
            headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string("mail/notice.html", context), "text/html")
    return message


def digest_subject(notice: Notice, n: int) -> str:
    return _("%(n)s hal menunggu Anda, %(day)s") % {"n": n, "day": numbers.day(notice.due_on)}


def line(notice: Notice) -> dict[str, str]:
    """One sentence and the address of the exact place."""
    about = notice.about
    if notice.month:
        about = numbers.month(Month.of(notice.month))
    if notice.closure:
        about += f". {closed_words(notice.closure)}"
    text = f"{notice.get_kind_display()}: {about}" if about else str(notice.get_kind_display())
    shows_due = notice.due_on is not None and notice.kind != NoticeKind.DIGEST
    due = _("tenggat %(day)s") % {"day": numbers.day(notice.due_on)} if shows_due else ""
    return {"text": text, "due": due, "url": notice.url}


def closed_words(closure: Closure) -> str:
    """What was closed, so that a later change of it would be seen in the mail box too."""
    told = _("%(n)s jawaban dihitung, %(left_out)s dikecualikan") % {
        "n": numbers.number(closure.n, 0),
        "left_out": numbers.number(closure.left_out, 0),
    }
    root = _("akar bukti %(root)s") % {"root": closure.root} if closure.root else ""
    digest = _("sidik penutupan %(sha256)s") % {"sha256": closure.sha256}
    return "; ".join(part for part in (told, root, digest) if part)


def plain(context: dict[str, Any]) -> str:
    parts = [_("Yth. %(name)s,") % context, ""]
    for row in context["rows"]:
        due = f" ({row['due']})" if row["due"] else ""
        parts += [f"- {row['text']}{due}", f"  {row['url']}"]
    parts += ["", _("%(office)s – surel ini dikirim otomatis oleh Tuntas.") % context]
    parts += [_("Mengatur pengingat: %(settings_url)s") % context, ""]
    return "\n".join(parts)


work.register("mail", waiting, send)
