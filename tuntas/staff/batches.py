"""One act on several feedback: a preview with its count, the act itself, and its undoing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tuntas.models import Batch, BatchAct, Feedback, FeedbackKind, ReplyTemplate, Unit
from tuntas.models.batches import MOST, fit_for, ready
from tuntas.staff.access import TEAM_AND_OFFICERS, StaffRequest, staff
from tuntas.typed import whole


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def feedback_batch(request: StaffRequest) -> HttpResponse:
    """First the preview; with `confirm` the act."""
    rows = chosen(request)
    act = request.POST.get("act", "")
    try:
        ready(rows)
        target = target_of(request, act)
        fitting = fit_for(act, rows)
        ready(fitting)
        if not request.POST.get("confirm"):
            return preview(request, act, target, rows, fitting)
        batch = carry_out(request, act, target, fitting)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("feedback-list")
    messages.success(
        request, _("Selesai untuk %(n)s masukan.") % {"n": len({item[0] for item in batch.items})}
    )
    return redirect("batch", batch.pk)


def chosen(request: StaffRequest) -> list[Feedback]:
    keys = [key for text in request.POST.getlist("feedback") if (key := whole(text))]
    return list(
        Feedback.objects.visible_to(request.user)
        .filter(office=request.office, pk__in=keys[: MOST + 1])
        .select_related("service", "unit", "office", "assignee")
        .order_by("due_on", "id")
    )


def target_of(request: StaffRequest, act: str) -> Any:
    """What the act needs: a template, a class, a unit or nothing. Raises ValidationError."""
    key = request.POST.get({"reply": "template", "classify": "kind", "hand-over": "unit"}.get(act, ""), "")  # fmt: skip
    number = whole(key) or 0
    if act == BatchAct.REPLY:
        found: Any = ReplyTemplate.objects.filter(
            office=request.office, retired_at=None, pk=number
        ).first()
        problem = _("Pilih templat jawaban dahulu.")
    elif act == BatchAct.CLASSIFY:
        found = FeedbackKind(key) if key in FeedbackKind.values else None
        problem = _("Pilih jenis dahulu.")
    elif act == BatchAct.HAND_OVER:
        found = Unit.objects.filter(office=request.office, pk=number).first()
        problem = _("Pilih unit dahulu.")
    else:
        found = act == BatchAct.MERGE
        problem = _("Pilih tindakan dahulu.")
    if not found:
        raise ValidationError(problem)
    return found


def preview(
    request: StaffRequest,
    act: str,
    target: Any,
    rows: Sequence[Feedback],
    fitting: Sequence[Feedback],
) -> HttpResponse:
    """What will happen to which, and which are left out."""
    fit = {row.pk for row in fitting}
    first = min(fitting, key=lambda row: (row.received_at, row.pk))
    context = {
        "act": act,
        "label": BatchAct(act).label,
        "target": target,
        "target_label": getattr(target, "label", "") or (str(target) if act != "merge" else ""),
        "target_value": getattr(target, "pk", target),
        "main": first if act == BatchAct.MERGE else None,
        "rows": [(row, target.fill(row.words) if act == BatchAct.REPLY else "") for row in fitting],
        "left_out": [row for row in rows if row.pk not in fit],
        "is_final": act == BatchAct.REPLY,
        "n": len(fitting),
    }
    return render(request, "staff/batch_preview.html", context)


def carry_out(request: StaffRequest, act: str, target: Any, rows: Sequence[Feedback]) -> Batch:
    office, by = request.office, request.user
    if act == BatchAct.REPLY:
        return Batch.reply(office, rows, target, by=by)
    if act == BatchAct.CLASSIFY:
        return Batch.classify(office, rows, target, by=by)
    if act == BatchAct.HAND_OVER:
        return Batch.hand_over(office, rows, target, by=by)
    return Batch.merge(office, rows, by=by)


def own_batch(request: StaffRequest, pk: int) -> Batch:
    """A batch of this person, or any of the office for its survey team."""
    batches = Batch.objects.select_related("by", "undone_by", "office").filter(
        office=request.office
    )
    if "survey_team" not in request.roles:
        batches = batches.filter(by=request.user)
    return get_object_or_404(batches, pk=pk)


@staff(may=TEAM_AND_OFFICERS)
def batch_page(request: StaffRequest, pk: int) -> HttpResponse:
    batch = own_batch(request, pk)
    keys = {item[0] for item in batch.items}
    rows = Feedback.objects.visible_to(request.user).filter(office=request.office, pk__in=keys)
    return render(request, "staff/batch.html", {"batch": batch, "rows": rows, "n": len(keys)})


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def batch_undoing(request: StaffRequest, pk: int) -> HttpResponse:
    batch = own_batch(request, pk)
    try:
        n = batch.undo(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Dibatalkan untuk %(n)s masukan.") % {"n": n})
    return redirect("batch", pk)


urlpatterns = [
    path("batch", feedback_batch, name="feedback-batch"),
    path("batches/<int:pk>/", batch_page, name="batch"),
    path("batches/<int:pk>/undoing", batch_undoing, name="batch-undoing"),
]
