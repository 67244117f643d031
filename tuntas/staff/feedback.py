"""Inbox: suggestions to answer, with their deadline, class and unit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.models import AnsweredShare, Feedback, FeedbackKind, Unit
from tuntas.models.feedback import TEXT_LIMIT, FeedbackQuerySet
from tuntas.staff.access import TEAM_AND_HEAD, TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.forms import place_errors

PER_PAGE = 25
STATES = {
    "waiting": gettext_lazy("Menunggu jawaban"),
    "overdue": gettext_lazy("Melewati tenggat"),
    "answered": gettext_lazy("Sudah dijawab"),
    "all": gettext_lazy("Semua"),
}
MAY_REPLY = TEAM_AND_OFFICERS | TEAM_AND_HEAD


class ReplyForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Jawaban"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"data-key": "r", "rows": 6}),
    )


class SortForm(forms.Form):
    """Class and unit of a suggestion."""

    kind = forms.ChoiceField(label=gettext_lazy("Jenis"), choices=FeedbackKind.choices)
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=None
    )

    def __init__(self, data: Any = None, *, feedback: Feedback) -> None:
        initial = {"kind": feedback.kind, "unit": feedback.unit}
        super().__init__(data, initial=initial)
        self.fields["unit"].queryset = feedback.office.units.all()  # type: ignore[attr-defined]


@staff()
def feedback_list(request: StaffRequest) -> HttpResponse:
    office = request.office
    mine = Feedback.objects.visible_to(request.user).filter(office=office)
    state = request.GET.get("state", "waiting")
    rows = filtered(mine, request, state).select_related("service", "unit")
    order = ["due_on", "id"] if state in ("waiting", "overdue") else ["-received_at", "-id"]
    context = {
        "page": Paginator(rows.order_by(*order), PER_PAGE).get_page(request.GET.get("page")),
        "share": AnsweredShare.of(mine),
        "state": state,
        "states": STATES.items(),
        "kinds": FeedbackKind.choices,
        "units": Unit.objects.visible_to(request.user).filter(office=office),
        "query": request.GET,
        "today": office.today,
        "answered_ids": set(mine.answered().values_list("pk", flat=True))
        if state in ("all", "answered")
        else set(),
    }
    return render(request, "staff/feedback_list.html", context)


def filtered(rows: FeedbackQuerySet, request: HttpRequest, state: str) -> FeedbackQuerySet:
    if state == "waiting":
        rows = rows.unanswered()
    elif state == "overdue":
        rows = rows.overdue(request.office.today)  # type: ignore[attr-defined]
    elif state == "answered":
        rows = rows.answered()
    words, kind, unit = (request.GET.get(key, "").strip() for key in ("q", "kind", "unit"))
    if words:
        rows = rows.filter(text__icontains=words[:100])
    if kind in FeedbackKind.values:
        rows = rows.filter(kind=kind)
    if unit:
        rows = rows.filter(unit__code=unit[:40])
    return rows


@staff()
def feedback_page(request: StaffRequest, pk: int) -> HttpResponse:
    row = find(Feedback.objects.select_related("service", "unit", "office"), request, pk=pk)
    return show(request, row, ReplyForm())


def show(request: StaffRequest, row: Feedback, form: ReplyForm, status: int = 200) -> HttpResponse:
    waiting = Feedback.objects.visible_to(request.user).filter(office=request.office).unanswered()
    order = [
        pk for pk in waiting.order_by("due_on", "id").values_list("pk", flat=True) if pk != row.pk
    ]
    context = {
        "feedback": row,
        "replies": row.replies.select_related("by"),
        "plans": row.plans.visible_to(request.user),
        "form": form,
        "sort_form": SortForm(feedback=row),
        "next_pk": order[0] if order else None,
        "may_reply": bool(request.roles & MAY_REPLY),
        "may_sort": bool(request.roles & TEAM_AND_OFFICERS),
        "events": None,
    }
    return render(request, "staff/feedback.html", context, status=status)


@require_POST
@staff(may=MAY_REPLY)
def feedback_reply(request: StaffRequest, pk: int) -> HttpResponse:
    row = find(Feedback.objects.select_related("service", "unit", "office"), request, pk=pk)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return show(request, row, form, status=422)
    try:
        row.reply(form.cleaned_data["text"], by=request.user)
    except ValidationError as error:
        place_errors(form, error)
        return show(request, row, form, status=422)
    messages.success(
        request, _("Jawaban terkirim. Pengirim dapat membacanya dengan kode pelacakan.")
    )
    waiting = Feedback.objects.visible_to(request.user).filter(office=request.office).unanswered()
    following = waiting.order_by("due_on", "id").first()
    return redirect("feedback", following.pk) if following else redirect("feedback-list")


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def feedback_sorting(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the class, or hand the suggestion to another unit."""
    row = find(Feedback.objects.select_related("unit", "office", "service"), request, pk=pk)
    form = SortForm(request.POST, feedback=row)
    if not form.is_valid():
        messages.error(request, _("Pilihan tidak dikenal; tidak ada yang diubah."))
        return redirect("feedback", pk)
    if form.cleaned_data["kind"] != row.kind:
        row.classify(form.cleaned_data["kind"], by=request.user)
    if form.cleaned_data["unit"] != row.unit:
        row.hand_over(form.cleaned_data["unit"], by=request.user)
    messages.success(request, _("Jenis dan unit disimpan."))
    still_mine = Feedback.objects.visible_to(request.user).filter(pk=pk).exists()
    return redirect("feedback", pk) if still_mine else redirect("feedback-list")


urlpatterns = [
    path("", feedback_list, name="feedback-list"),
    path("<int:pk>/", feedback_page, name="feedback"),
    path("<int:pk>/reply", feedback_reply, name="feedback-reply"),
    path("<int:pk>/sorting", feedback_sorting, name="feedback-sorting"),
]
