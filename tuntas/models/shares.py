"""AnsweredShare: how many suggestions were answered, with every class in sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Count, Q
from django.utils import timezone

from tuntas.models.feedback import MERGED, NEEDS_NO_REPLY, FeedbackKind, FeedbackQuerySet, Way


@dataclass(frozen=True)
class AnsweredShare:
    """Every feedback of a set stands in exactly one class; the classes add up to `received`.

    A feedback counts by the first answer its citizen could read. `percent` is answered / needing an
    answer; None when there was nothing to answer.
    """

    received: int
    courtesy: int
    spam: int
    individual: int
    template: int
    merged: int
    referred: int
    not_actionable: int
    waiting_in_time: int
    waiting_late: int

    @property
    def answered(self) -> int:
        return self.individual + self.template + self.merged + self.referred + self.not_actionable

    @property
    def needing_reply(self) -> int:
        return self.received - self.courtesy - self.spam

    @property
    def waiting(self) -> int:
        return self.waiting_in_time + self.waiting_late

    @property
    def percent(self) -> Fraction | None:
        return Fraction(100 * self.answered, self.needing_reply) if self.needing_reply else None

    @property
    def is_complete(self) -> bool:
        """Whether "100 %" may be said: there was something to answer, and all of it was."""
        return bool(self.needing_reply) and self.answered == self.needing_reply

    @classmethod
    def of(
        cls,
        feedback: FeedbackQuerySet,
        *,
        until: datetime | None = None,
        today: date | None = None,
    ) -> AnsweredShare:
        """Count a set of feedback in one scan, for example of an office and a span of months.

        With `until`, only answers given before it count; `today` says which waiting ones are late.
        """
        needing = ~Q(kind__in=NEEDS_NO_REPLY)
        told = Q(answered_at__lt=until) if until else Q(answered_at__isnull=False)
        late = Q(due_on__lt=today or timezone.localdate())

        def answered_as(way: str) -> Count:
            return Count("pk", filter=needing & told & Q(answered_as=way))

        waiting = needing & (Q(answered_at__isnull=True) | ~told)
        counts = feedback.order_by().aggregate(
            received=Count("pk"),
            courtesy=Count("pk", filter=Q(kind=FeedbackKind.COURTESY)),
            spam=Count("pk", filter=Q(kind=FeedbackKind.SPAM)),
            individual=answered_as(Way.INDIVIDUAL),
            template=answered_as(Way.TEMPLATE),
            merged=answered_as(MERGED),
            referred=answered_as(Way.REFERRAL),
            not_actionable=answered_as(Way.NOT_ACTIONABLE),
            waiting_in_time=Count("pk", filter=waiting & ~late),
            waiting_late=Count("pk", filter=waiting & late),
        )
        return cls(**counts)
