"""AnsweredShare: how many suggestions were answered, with every class in sight."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Count, Q
from django.utils import timezone

from tuntas.models.feedback import MERGED, NEEDS_NO_REPLY, FeedbackQuerySet, Way

CLASS_OF = {
    Way.INDIVIDUAL: "individual",
    Way.TEMPLATE: "template",
    Way.REFERRAL: "referred",
    Way.NOT_ACTIONABLE: "not_actionable",
    MERGED: "merged",
}


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
        told = Q(answered_at__lt=until) if until else ~Q(answered_as="")
        late = Q(due_on__lt=today or timezone.localdate())
        groups = (
            feedback.order_by()
            .values_list("kind", "answered_as")
            .annotate(
                n=Count("pk"),
                n_told=Count("pk", filter=told),
                n_late=Count("pk", filter=~told & late),
            )
        )
        counts = dict.fromkeys((field.name for field in fields(cls)), 0)
        for kind, answered_as, n, answered, n_late in groups:
            counts["received"] += n
            if kind in NEEDS_NO_REPLY:
                counts[str(kind)] += n
                continue
            if answered:
                counts[CLASS_OF[answered_as]] += answered
            counts["waiting_late"] += n_late
            counts["waiting_in_time"] += n - answered - n_late
        return cls(**counts)
