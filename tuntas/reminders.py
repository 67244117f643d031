"""Planning of notices: from the rows and the time, who is to be told what.

Running it again creates nothing new: every fact has one key per person, and the database refuses
the second. So it may run every few minutes, be killed anywhere, and catch up after a pause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse

from tuntas.law.months import Month
from tuntas.law.workdays import add_working_days, subtract_working_days
from tuntas.models import (
    ActionPlan,
    Closure,
    Deputy,
    Feedback,
    MailMode,
    MailPreference,
    Membership,
    Notice,
    NoticeKind,
    Office,
    ReminderRules,
    Role,
    User,
    Webhook,
)
from tuntas.models.notices import ESCALATIONS, PROMPT
from tuntas.models.releases import closed_months
from tuntas.models.reminders import closing_due, days_off, is_digest_time, next_open
from tuntas.models.results import answered_months
from tuntas.report import numbers

# How far back a step is still told: an office that turns mail on late is not flooded with old news,
# and nothing is lost over a long holiday.
REACH = timedelta(days=30)
BATCH = 500


@dataclass(frozen=True)
class Occasion:
    """One fact that some people are to be told. `key` names the fact, whoever is told."""

    kind: NoticeKind
    key: str
    path: str
    about: str
    audience: tuple[User, ...]
    due_on: date | None = None
    feedback_id: int | None = None
    plan_id: int | None = None
    month: date | None = None
    closure_id: int | None = None


@dataclass
class Staff:
    """Who holds which role in one office."""

    team: list[User] = field(default_factory=list)
    heads: list[User] = field(default_factory=list)
    officers: dict[int, list[User]] = field(default_factory=lambda: defaultdict(list))

    def of_unit(self, unit_id: int) -> tuple[User, ...]:
        """The unit's officers; the survey team where it has none, so that nobody is not told."""
        return tuple(self.officers.get(unit_id) or self.team)

    @classmethod
    def of(cls, office: Office) -> Staff:
        found = cls()
        for row, person in Membership.objects.filter(office=office).held_now():
            if row.role == Role.SURVEY_TEAM:
                found.team.append(person)
            elif row.role == Role.HEAD:
                found.heads.append(person)
            elif row.unit_id:
                found.officers[row.unit_id].append(person)
        return found


@dataclass(frozen=True)
class Desk:
    """What the rules of one office need to know: the people, the days and today."""

    office: Office
    rules: ReminderRules
    staff: Staff
    off: frozenset[date]
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.office.zone).date()

    @classmethod
    def of(cls, office: Office, now: datetime) -> Desk:
        return cls(office, ReminderRules.of(office), Staff.of(office), days_off(office.pk), now)


def plan(now: datetime, *, silent_since: datetime | None = None) -> int:
    """Write the notices that are due and the digests; returns how many rows are new.

    `silent_since`: when the background loop was last alive, if it was silent for long.
    """
    made = 0
    for office in Office.objects.filter(memberships__isnull=False).distinct().order_by("path"):
        desk = Desk.of(office, now)
        found = [*feedback_occasions(desk), *plan_occasions(desk), *month_occasions(desk)]
        found += [*closure_occasions(desk), *system_occasions(desk, silent_since)]
        found += deputy_occasions(desk)
        made += write(desk, found)
    return made + write_digests(now)


def feedback_occasions(desk: Desk) -> Iterator[Occasion]:
    """Before the deadline, on the day, and the two steps after it; each only while it is recent."""
    rows = Feedback.objects.filter(office=desk.office, due_on__gte=desk.today - 2 * REACH)
    for row in rows.unanswered().select_related("unit").order_by("due_on", "id"):
        for kind, audience in feedback_steps(desk, row):
            yield Occasion(
                kind=kind,
                key=f"{kind}:{row.pk}:{row.due_on}",
                path=reverse("feedback", args=[row.pk]),
                about=f"#{row.pk} – {row.unit.label}"[:120],
                audience=tuple(audience),
                due_on=row.due_on,
                feedback_id=row.pk,
            )


def feedback_steps(desk: Desk, row: Feedback) -> Iterator[tuple[NoticeKind, Iterable[User]]]:
    rules, today, due = desk.rules, desk.today, row.due_on
    officers = desk.staff.of_unit(row.unit_id)
    if due == today:
        yield NoticeKind.FEEDBACK_TODAY, officers
    elif today < due:
        if rules.feedback_before and today >= subtract_working_days(
            due, rules.feedback_before, desk.off
        ):
            yield NoticeKind.FEEDBACK_SOON, officers
    else:
        steps = (
            (NoticeKind.FEEDBACK_LATE, rules.feedback_team, desk.staff.team),
            (NoticeKind.FEEDBACK_ESCALATED, rules.feedback_head, desk.staff.heads),
        )
        for kind, after, audience in steps:
            if is_recent(add_working_days(due, after, desk.off), today):
                yield kind, audience


def is_recent(day: date, today: date) -> bool:
    """The day has come, and not long ago."""
    return day <= today < day + REACH


def plan_occasions(desk: Desk) -> Iterator[Occasion]:
    """Before the due date, then again and again while it is overdue."""
    rules, today = desk.rules, desk.today
    rows = ActionPlan.objects.filter(office=desk.office).unfinished()
    rows = rows.filter(due_on__lte=today + timedelta(days=rules.plan_before))
    for row in rows.select_related("unit").order_by("due_on", "id"):
        if row.due_on is None:
            continue
        late = (today - row.due_on).days
        kind = NoticeKind.PLAN_LATE if late > 0 else NoticeKind.PLAN_SOON
        if kind == NoticeKind.PLAN_SOON and not rules.plan_before:
            continue
        # Each round of an overdue plan is a fact of its own; the first begins on the day after.
        turn = f":{(late - 1) // rules.plan_every}" if late > 0 else ""
        yield Occasion(
            kind=kind,
            key=f"{kind}:{row.pk}:{row.due_on}{turn}",
            path=reverse("plan", args=[row.pk]),
            about=f"#{row.pk} – {row.unit.label}"[:120],
            audience=desk.staff.of_unit(row.unit_id),
            due_on=row.due_on,
            plan_id=row.pk,
        )


def month_occasions(desk: Desk) -> Iterator[Occasion]:
    """Months that are over, have answers and are still open some working days later."""
    office, this_month = desk.office, Month.of(desk.today)
    before = answered_months(office, [this_month + step for step in (-3, -2, -1)])
    for month in sorted(before - closed_months(office)):
        due = closing_due(month, desk.rules, desk.off)
        if is_recent(due, desk.today):
            yield Occasion(
                kind=NoticeKind.MONTH_OPEN,
                key=f"{NoticeKind.MONTH_OPEN}:{office.pk}:{month}",
                path=reverse("period", args=[month]),
                about=str(month),
                audience=tuple(desk.staff.team),
                due_on=due,
                month=month.first_day,
            )


def closure_occasions(desk: Desk) -> Iterator[Occasion]:
    """Months that were closed of late: those who answer for the figures get their root and counts."""
    recent = Closure.objects.standing().filter(
        period__office=desk.office, at__gt=desk.now - REACH, at__lte=desk.now
    )
    for closure in recent.select_related("period").order_by("at"):
        month = closure.period.as_month
        yield Occasion(
            kind=NoticeKind.MONTH_CLOSED,
            key=f"{NoticeKind.MONTH_CLOSED}:{closure.pk}",
            path=reverse("period", args=[month]),
            about=str(month),
            audience=tuple(desk.staff.heads),
            month=closure.period.month,
            closure_id=closure.pk,
        )


def deputy_occasions(desk: Desk) -> Iterator[Occasion]:
    """Whoever is to stand in for somebody hears of it, and from when to when."""
    rows = Deputy.objects.unended().filter(office=desk.office, at__gt=desk.now - REACH)
    for row in rows.select_related("office", "person", "deputy"):
        days = numbers.days(row.first_day, row.last_day)
        yield Occasion(
            kind=NoticeKind.DEPUTY,
            key=f"{NoticeKind.DEPUTY}:{row.pk}",
            path=reverse("deputies"),
            about=f"{row.person.name[:70]}, {days}",
            audience=(row.deputy,),
        )


def system_occasions(desk: Desk, silent_since: datetime | None) -> Iterator[Occasion]:
    """What the system must tell of itself: a loop that stood still, mail that cannot be sent,
    an address that takes nothing."""
    office, team = desk.office, tuple(desk.staff.team)
    path = reverse("letters")
    if silent_since is not None:
        local = silent_since.astimezone(office.zone)
        yield Occasion(
            kind=NoticeKind.WORK_SILENT,
            key=f"{NoticeKind.WORK_SILENT}:{office.pk}:{silent_since:%Y%m%d%H%M%S}",
            path=path,
            about=f"{local:%d.%m.%Y %H.%M}",
            audience=team,
        )
    dead = Notice.objects.dead().filter(office=office).order_by("-given_up_at").first()
    if dead is not None and dead.given_up_at and desk.now - dead.given_up_at < REACH:
        yield Occasion(
            kind=NoticeKind.MAIL_DEAD,
            key=f"{NoticeKind.MAIL_DEAD}:{office.pk}:{dead.given_up_at.date()}",
            path=path,
            about="",
            audience=team,
        )
    for hook in Webhook.objects.paused().filter(office=office, paused_at__gt=desk.now - REACH):
        yield Occasion(
            kind=NoticeKind.WEBHOOK_PAUSED,
            key=f"{NoticeKind.WEBHOOK_PAUSED}:{hook.pk}:{hook.paused_at:%Y%m%d%H%M%S}",
            path=reverse("webhook", args=[hook.pk]),
            about=hook.name,
            audience=team,
        )


def write(desk: Desk, occasions: list[Occasion]) -> int:
    """One row per fact and person, unless it is there or the person wants no mail."""
    people = {user.pk for occasion in occasions for user in occasion.audience}
    modes = dict(MailPreference.objects.filter(user__in=people).values_list("user_id", "mode"))
    wanted: dict[str, Notice] = {}
    for occasion in occasions:
        for user in occasion.audience:
            notice = notice_for(desk, occasion, user, modes.get(user.pk, MailMode.DIGEST))
            if notice is not None:
                wanted.setdefault(notice.key, notice)
    return sum(store(list(wanted.values())[at : at + BATCH]) for at in range(0, len(wanted), BATCH))


def notice_for(desk: Desk, occasion: Occasion, user: User, mode: str) -> Notice | None:
    """The row for one person; None when it is switched off."""
    is_escalation = occasion.kind in ESCALATIONS
    if mode == MailMode.OFF and not is_escalation:
        return None
    return Notice(
        person=user,
        office=desk.office,
        kind=occasion.kind,
        about=occasion.about,
        path=occasion.path,
        due_on=occasion.due_on,
        key=f"{occasion.key}:{user.pk}",
        feedback_id=occasion.feedback_id,
        plan_id=occasion.plan_id,
        month=occasion.month,
        closure_id=occasion.closure_id,
        is_item=(mode == MailMode.DIGEST and occasion.kind not in PROMPT) or is_escalation,
        made_at=desk.now,
        not_before=next_open(desk.now, desk.office.zone, desk.off),
    )


def store(rows: list[Notice]) -> int:
    """Insert those whose key is new; another planner at the same time does no harm."""
    keys = [row.key for row in rows]
    known = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    new = [row for row in rows if row.key not in known]
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def write_digests(now: datetime) -> int:
    """One digest a day for each person with items, from 07.30 office time on working days."""
    made = 0
    waiting = Notice.objects.for_digest().select_related("office", "person")
    by_person: dict[int, list[Notice]] = defaultdict(list)
    for item in waiting.order_by("person_id", "id"):
        by_person[item.person_id].append(item)
    for items in by_person.values():
        office = items[0].office
        if is_digest_time(now, office.zone, days_off(office.pk)):
            made += write_digest(items, office, now)
    return made


def write_digest(items: list[Notice], office: Office, now: datetime) -> int:
    """Bind the items into today's digest; 0 when today's was made already."""
    person, day = items[0].person, now.astimezone(office.zone).date()
    with transaction.atomic():
        digest, is_new = Notice.objects.get_or_create(
            key=f"{NoticeKind.DIGEST}:{person.pk}:{day}",
            defaults={
                "person": person,
                "office": office,
                "kind": NoticeKind.DIGEST,
                "about": "",
                "path": reverse("home"),
                "due_on": day,
                "made_at": now,
                "not_before": now,
            },
        )
        if is_new:
            keys = [item.pk for item in items]
            Notice.objects.for_digest().filter(pk__in=keys).update(within=digest)
    return int(is_new)
