"""From what happened to deliveries: which facts the addresses of the offices are to be told.

It reads the audit and the feedback after a mark. Two transactions may end in the other order than
they took their keys, so the mark stays behind by at least an hour: whatever ended within it is
found, and what is found again has a key already. No answer, no words and no name leaves here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from tuntas.law.months import Month
from tuntas.models.audit import Event
from tuntas.models.feedback import MERGED, Feedback
from tuntas.models.outcomes import Merge
from tuntas.models.plans import ActionPlan
from tuntas.models.reports import Report
from tuntas.models.webhooks import Delivery, Fact, HookEvent, Webhook, newest

BEHIND = timedelta(hours=1)
BATCH = 500
ANSWERS = ("feedback.replied", "feedback.declined", "feedback.referred")
TOLD = ("period.closed", "plan.accepted", "report.made", "feedback.merged", *ANSWERS)


class HookMark(models.Model):
    """Up to where a table was read; `upcoming` becomes `low` when it is old enough."""

    table = models.CharField(max_length=20, unique=True)
    low = models.BigIntegerField(default=0)
    upcoming = models.BigIntegerField(default=0)
    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.table} {self.low}"

    @classmethod
    def of(cls, model: type[models.Model], now: datetime) -> HookMark:
        """The mark of a table, moved on when its hour is over."""
        table = model._meta.model_name or ""
        mark, is_new = cls.objects.get_or_create(table=table, defaults={"marked_at": now})
        if is_new or now - mark.marked_at >= BEHIND:
            mark.low, mark.upcoming, mark.marked_at = mark.upcoming, newest(model), now
            mark.save()
        return mark


def gather(now: datetime) -> int:
    """Write a delivery for each fact and each address that wants it; returns how many are new.

    Running it again, or twice at once, creates nothing new.
    """
    hooks: dict[int, list[Webhook]] = defaultdict(list)
    for hook in Webhook.objects.live().select_related("office").order_by("id"):
        hooks[hook.office_id].append(hook)
    if not hooks:
        return 0
    return sum(
        store(deliveries(rows, hooks))
        for found in (events_of(hooks, now), feedback_of(hooks, now))
        for rows in in_batches(found)
    )


def events_of(hooks: dict[int, list[Webhook]], now: datetime) -> Iterator[tuple[Any, Fact]]:
    after = min(hook.after_event for rows in hooks.values() for hook in rows)
    low = max(HookMark.of(Event, now).low, after)
    events = Event.objects.filter(pk__gt=low, action__in=TOLD, office__in=hooks).order_by("pk")
    for event in events.iterator():
        for fact in facts_of(event):
            yield event, fact


def feedback_of(hooks: dict[int, list[Webhook]], now: datetime) -> Iterator[tuple[Any, Fact]]:
    after = min(hook.after_feedback for rows in hooks.values() for hook in rows)
    low = max(HookMark.of(Feedback, now).low, after)
    rows = Feedback.objects.filter(pk__gt=low, office__in=hooks).select_related("unit")
    for row in rows.order_by("pk").iterator():
        data = {"id": row.pk, "unit": row.unit.code, "kind": row.kind, "due_on": str(row.due_on)}
        key = f"{HookEvent.FEEDBACK_RECEIVED}:{row.pk}"
        yield row, Fact(HookEvent.FEEDBACK_RECEIVED, key, row.received_at, data)


def in_batches(
    found: Iterable[tuple[Any, Fact]],
) -> Iterator[list[tuple[Any, Fact]]]:
    batch: list[tuple[Any, Fact]] = []
    for row in found:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def deliveries(
    rows: Iterable[tuple[Any, Fact]], hooks: dict[int, list[Webhook]]
) -> Iterator[Delivery]:
    """One for each address that wants the event and was there before the fact."""
    for source, fact in rows:
        for hook in hooks[source.office_id]:
            after = hook.after_event if isinstance(source, Event) else hook.after_feedback
            if fact.event in hook.events and source.pk > after:
                yield Delivery.of(hook, fact)


def store(rows: Iterable[Delivery]) -> int:
    """Insert those whose key is new; somebody else doing the same at the same time does no harm."""
    found = list(rows)
    keys = {row.key for row in found}
    known = set(Delivery.objects.filter(key__in=keys).values_list("hook_id", "key"))
    new = [row for row in found if (row.hook_id, row.key) not in known]
    Delivery.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


# -- what each event says ------------------------------------------------------------------------


def facts_of(event: Event) -> Iterator[Fact]:
    pk = int(event.about.partition(":")[2])
    if event.action == "period.closed":
        yield fact_of(event, HookEvent.MONTH_CLOSED, month_data(event))
    elif event.action == "plan.accepted":
        plan = ActionPlan.objects.select_related("unit").get(pk=pk)
        yield fact_of(event, HookEvent.PLAN_FINISHED, plan_data(plan))
    elif event.action == "report.made":
        yield fact_of(event, HookEvent.REPORT_READY, report_data(Report.objects.get(pk=pk)))
    else:
        for row in answered_by(event, pk):
            data = {
                "id": row.pk,
                "unit": row.unit.code,
                "kind": row.kind,
                "due_on": str(row.due_on),
                "answered_as": row.answered_as,
            }
            yield fact_of(event, HookEvent.FEEDBACK_ANSWERED, data, row.pk)


def fact_of(event: Event, kind: HookEvent, data: dict[str, Any], part: int = 0) -> Fact:
    return Fact(kind, f"{kind}:{event.pk}:{part}", event.at, data)


def answered_by(event: Event, pk: int) -> list[Feedback]:
    """The feedback an answer of the office reaches: itself, and what was merged into it."""
    rows = Feedback.objects.select_related("unit").order_by("pk")
    if event.action == "feedback.merged":
        answered = Merge.objects.filter(
            merged=pk, undone_at__isnull=True, main__answered_at__lte=event.at
        )
        return list(rows.filter(pk__in=answered.values("merged"), answered_as=MERGED))
    merged = Merge.objects.filter(main=pk, undone_at__isnull=True, at__lte=event.at)
    return list(rows.filter(models.Q(pk=pk) | models.Q(pk__in=merged.values("merged"))))


def month_data(event: Event) -> dict[str, Any]:
    month = event.details["month"]
    path = f"/api/v1/offices/{event.office.address}/results/{month}" if event.office else ""
    return {"month": month, "n": event.details["n"], "results": settings.PUBLIC_URL + path}


def plan_data(plan: ActionPlan) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "unit": plan.unit.code,
        "survey_month": str(Month.of(plan.survey_month)),
        "element": plan.element,
    }


def report_data(report: Report) -> dict[str, Any]:
    """The page of the report needs a person who has signed in."""
    return {
        "kind": report.kind,
        "period": report.span,
        "is_draft": report.is_draft,
        "page": settings.PUBLIC_URL + reverse("report", args=[report.code]),
    }
