"""Feedback without its citizen, and action plans: for the office's own dashboards."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from tuntas.api.access import REFUSALS, Bearer, Problem
from tuntas.api.paging import Paged, Paging, month_field, turn
from tuntas.api.results import find_unit, month_of
from tuntas.law.months import Month
from tuntas.models import ActionPlan, ApiToken, Feedback, FeedbackKind, Scope
from tuntas.models.feedback import NEEDS_NO_REPLY

router = Router()
WAITING, ANSWERED, NEEDS_NONE = "waiting", "answered", "no-reply"
Kind = Literal["", "suggestion", "criticism", "complaint", "praise", "courtesy", "spam"]
Stage = Literal["", "draft", "agreed", "running", "proposed", "accepted", "sent_back", "reopened"]


class Listed(Paging):
    """What narrows both lists."""

    unit: str = Field("", max_length=40, description="code of a unit", examples=["pensiun"])
    first: str = month_field("from", "first survey month")
    last: str = month_field("to", "last survey month")


class FeedbackAsked(Listed):
    state: Literal["", "waiting", "answered", "no-reply"] = Field(
        "", description="only those in this state", examples=["waiting"]
    )
    kind: Kind = Field("", description="only those of this class", examples=["complaint"])


class FeedbackOut(Schema):
    """One feedback. Nothing here leads to who wrote it, or to how that person rated."""

    id: int
    unit: str
    service: str
    kind: str = Field(description="suggestion, criticism, complaint, praise, courtesy or spam")
    state: str = Field(
        description="waiting (for the office), answered, or no-reply (courtesy and spam)"
    )
    received_on: str = Field(description="day in the office's time zone")
    due_on: str
    answered_on: str | None = Field(description="day of the first answer")
    answered_as: str | None = Field(
        description="individual, template, referral, not_actionable or merged"
    )
    text: str | None = Field(description="null without the permission feedback.text")


class FeedbackPage(Paged):
    results: list[FeedbackOut]


class PlansAsked(Listed):
    stage: Stage = Field("", description="only those at this stage", examples=["running"])


class PlanOut(Schema):
    """One action plan and where it stands."""

    id: int
    unit: str
    survey_month: str
    element: str | None
    action: str
    stage: str = Field(
        description="draft, agreed, running, proposed, accepted, sent_back or reopened"
    )
    is_finished: bool
    due_on: str | None
    start_month: str | None
    end_month: str | None
    lead_time_months: int | None = Field(description="kecepatan tindak lanjut")


class PlansPage(Paged):
    results: list[PlanOut]


@router.get(
    "/feedback",
    auth=Bearer(Scope.FEEDBACK),
    response={200: FeedbackPage, REFUSALS | {404}: Problem},
    summary="Feedback of the office, newest first, without identity",
    tags=["feedback"],
)
def feedback(request: HttpRequest, asked: Query[FeedbackAsked]) -> dict[str, Any]:
    """Who wrote it, contacts and tracking codes are never told. The citizen's words come only with
    the permission `feedback.text`."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    rows = narrowed(Feedback.objects.filter(office=token.office), token, asked, "month")
    rows = rows.filter(kind=asked.kind) if asked.kind else rows
    rows = in_state(rows, asked.state).select_related("unit", "service", "office")
    with_text = Scope.FEEDBACK_TEXT in token.scopes
    ordered = rows.order_by("-received_at", "-id")
    return turn(request, asked, ordered, lambda row: feedback_told(row, with_text))


def in_state(rows: QuerySet[Any], state: str) -> QuerySet[Any]:
    if state == WAITING:
        return rows.filter(waits=True)
    if state == NEEDS_NONE:
        return rows.filter(kind__in=NEEDS_NO_REPLY, waits=False)
    if state == ANSWERED:
        return rows.filter(waits=False).exclude(kind__in=NEEDS_NO_REPLY)
    return rows


def feedback_told(row: Feedback, with_text: bool) -> dict[str, Any]:
    zone = row.office.zone
    needs_none = NEEDS_NONE if row.kind in NEEDS_NO_REPLY else ANSWERED
    return {
        "id": row.pk,
        "unit": row.unit.code,
        "service": row.service.code,
        "kind": FeedbackKind(row.kind).value,
        "state": WAITING if row.waits else needs_none,
        "received_on": str(row.received_at.astimezone(zone).date()),
        "due_on": str(row.due_on),
        "answered_on": str(row.answered_at.astimezone(zone).date()) if row.answered_at else None,
        "answered_as": row.answered_as or None,
        "text": row.text if with_text else None,
    }


@router.get(
    "/plans",
    auth=Bearer(Scope.PLANS),
    response={200: PlansPage, REFUSALS | {404}: Problem},
    summary="Action plans of the office with the stage they are at",
    tags=["plans"],
)
def plans(request: HttpRequest, asked: Query[PlansAsked]) -> dict[str, Any]:
    """Newest survey month first. Names of people are not told."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    rows = narrowed(ActionPlan.objects.filter(office=token.office), token, asked, "survey_month")
    if asked.stage:
        rows = rows.at_stage(asked.stage)
    rows = rows.select_related("unit").prefetch_related("stages")
    return turn(request, asked, rows.order_by("-survey_month", "-id"), plan_told)


def plan_told(row: ActionPlan) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit": row.unit.code,
        "survey_month": str(Month.of(row.survey_month)),
        "element": row.element or None,
        "action": row.action,
        "stage": row.stage,
        "is_finished": row.is_finished,
        "due_on": str(row.due_on) if row.due_on else None,
        "start_month": str(Month.of(row.start_month)) if row.start_month else None,
        "end_month": str(Month.of(row.end_month)) if row.end_month else None,
        "lead_time_months": row.lead_time_months,
    }


def narrowed(rows: Any, token: ApiToken, asked: Listed, month: str) -> Any:
    """The rows of the unit and the months asked for. Raises Refused."""
    unit = find_unit(token.office, asked.unit)
    first, last = month_of("from", asked.first), month_of("to", asked.last)
    rows = rows.filter(unit=unit) if unit else rows
    rows = rows.filter(**{f"{month}__gte": first.first_day}) if first else rows
    return rows.filter(**{f"{month}__lte": last.first_day}) if last else rows
