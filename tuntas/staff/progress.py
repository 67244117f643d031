"""One plan: its page, its entries, its stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.imports import activities
from tuntas.law.months import Month
from tuntas.models import ActionPlan, Evidence, Obstacle, Progress, Stage
from tuntas.models.effects import effect_of
from tuntas.models.plans import semester_of
from tuntas.models.publications import first_published
from tuntas.report import monev, preview
from tuntas.staff.access import (
    TEAM,
    TEAM_AND_HEAD,
    TEAM_AND_OFFICERS,
    StaffRequest,
    find,
    staff,
)
from tuntas.staff.downloads import DOWNLOAD_ONLY, kept_file
from tuntas.staff.forms import DayField, DayInput, place_errors
from tuntas.staff.plans import carried_words


class ProgressForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Progress
        fields = ("kind", "text", "on", "until", "month_only")
        widgets = {"on": DayInput(), "until": DayInput(), "text": forms.Textarea({"rows": 3})}

    def _post_clean(self) -> None:
        """Checked by the plan's verb."""


class ObstacleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Obstacle
        fields = ("text", "depends_on")
        widgets = {"text": forms.Textarea({"rows": 3})}
        help_texts = {"depends_on": gettext_lazy("Instansi atau pihak lain yang ditunggu.")}

    def _post_clean(self) -> None:
        """Checked by the plan's verb."""


class EvidenceForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Tautan"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Satu tautan per baris."),
    )
    file = forms.FileField(label=gettext_lazy("Berkas"), required=False)
    label = forms.CharField(label=gettext_lazy("Keterangan"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("url")) == bool(data.get("file")) and not self.errors:
            raise ValidationError(_("Isi tautan atau pilih berkas, salah satu."))
        upload = data.get("file")
        if upload and upload.size > settings.EVIDENCE_MAX_BYTES:
            most = settings.EVIDENCE_MAX_BYTES // 1024 // 1024
            self.add_error(
                "file", _("Berkas terlalu besar; paling banyak %(most)s MB.") % {"most": most}
            )
        return data

    def links(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["url"].splitlines() if line.strip()]


class NoteForm(forms.Form):
    """A note when agreeing or proposing, a reason when sending back or reopening."""

    note = forms.CharField(label=gettext_lazy("Catatan"), required=False, max_length=1000)


class DayForm(forms.Form):
    """When a planned activity was carried out, or an obstacle overcome."""

    on = DayField(label=gettext_lazy("Tanggal"))
    how = forms.CharField(label=gettext_lazy("Cara mengatasi"), required=False, max_length=500)


class PasteForm(forms.Form):
    lines = forms.CharField(
        label=gettext_lazy("Daftar kegiatan"),
        max_length=20000,
        widget=forms.Textarea({"rows": 8}),
        help_text=gettext_lazy(
            "Satu kegiatan per baris, misalnya “Bimtek KP tanggal 9 Februari 2023”. Baris tanpa "
            "tanggal menjadi uraian; baris “Rencana …:” membuat kegiatan sesudahnya direncanakan."
        ),
    )


def find_plan(request: StaffRequest, pk: int) -> ActionPlan:
    rows = ActionPlan.objects.select_related("unit", "office", "completion")
    plan: ActionPlan = find(rows.prefetch_related("stages__by"), request, pk=pk)
    return plan


@staff()
def plan_page(request: StaffRequest, pk: int) -> HttpResponse:
    return show(request, find_plan(request, pk))


def show(
    request: StaffRequest, plan: ActionPlan, *, form: Any = None, status: int = 200
) -> HttpResponse:
    """The plan with its entries; `form` is the one that was refused, shown with its errors."""
    forms_by_name = {
        "progress_form": ProgressForm(prefix="progress"),
        "obstacle_form": ObstacleForm(prefix="obstacle"),
        "evidence_form": EvidenceForm(prefix="evidence"),
        "note_form": NoteForm(prefix="note"),
        "paste_form": PasteForm(prefix="paste"),
    }
    for name, empty in forms_by_name.items():
        if isinstance(form, type(empty)):
            forms_by_name[name] = form
    context = {
        "plan": plan,
        **entries(request, plan),
        **rights(request, plan),
        **clocks(plan),
        "source": plan.source_feedback.visible_to(request.user),
        "form": form,
        "survey": Month.of(plan.survey_month),
        "today": request.office.today,
        "carried": carried_words(plan, semester_of(Month.of(request.office.today))),
        **forms_by_name,
    }
    return render(request, "staff/plan.html", context, status=status)


def entries(request: StaffRequest, plan: ActionPlan) -> dict[str, Any]:
    rows = list(plan.progress.select_related("by", "done_by", "corrects", "withdrawn_by"))
    now = timezone.now()
    return {
        "progress": [
            {"row": row, "may_take_back": row.may_take_back(request.user, now)}
            for row in rows
            if row.withdrawn_at is None
        ],
        "withdrawn": [row for row in rows if row.withdrawn_at is not None],
        "obstacles": plan.obstacles.select_related("by", "resolved_by"),
        "evidence": plan.evidence.select_related("by"),
        "revisions": [
            {"at": row.at, "by": row.by, "fields": field_words(row.before)}
            for row in plan.revisions.select_related("by")
        ],
    }


def field_words(before: dict[str, str]) -> list[tuple[str, str]]:
    """Names of the changed fields as people read them, with what they said before."""
    fields = ActionPlan._meta
    return [(str(fields.get_field(name).verbose_name), text) for name, text in before.items()]  # type: ignore[union-attr]


def rights(request: StaffRequest, plan: ActionPlan) -> dict[str, bool]:
    """What this person may do with the plan in its present stage."""
    writes = bool(request.roles & TEAM_AND_OFFICERS) and not plan.is_finished
    reviews = bool(request.roles & TEAM_AND_HEAD)
    stage = plan.stage
    proposed = [row for row in plan.stages.all() if row.stage == Stage.PROPOSED]
    own = bool(proposed) and proposed[-1].by_id == request.user.pk
    return {
        "may_write": writes,
        "may_agree": reviews and stage == Stage.DRAFT,
        "may_propose": writes and stage in (Stage.RUNNING, Stage.SENT_BACK, Stage.REOPENED),
        "may_review": reviews and stage == Stage.PROPOSED and not own,
        "waits_for_other": stage == Stage.PROPOSED and own,
        "may_reopen": bool(request.roles & TEAM) and plan.is_finished,
    }


def clocks(plan: ActionPlan) -> dict[str, Any]:
    """The audit's clock, and what became of the element."""
    survey = Month.of(plan.survey_month)
    published = first_published(plan.office, [survey]).get(survey)
    found = effect_of(plan)
    return {
        "published": published,
        "audit_months": plan.audit_months(published),
        "effect": monev.effect_words(plan, found) if found else None,
        "effects_note": monev.EFFECTS_NOTE,
    }


def entry(
    request: StaffRequest,
    pk: int,
    form: Any,
    write: Callable[[ActionPlan, dict[str, Any]], Any],
    *,
    also_finished: bool = False,
) -> HttpResponse:
    """Do one thing to a plan that is not finished, or show what was wrong with it."""
    plan = find_plan(request, pk)
    if form.is_valid():
        try:
            if plan.is_finished and not also_finished:
                raise ValidationError(_("Rencana yang sudah selesai tidak dapat diubah."))
            write(plan, form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Tersimpan."))
            return redirect("plan", pk)
    return show(request, plan, form=form, status=422)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_progress(request: StaffRequest, pk: int) -> HttpResponse:
    form = ProgressForm(request.POST, prefix="progress")
    return entry(request, pk, form, lambda plan, data: plan.add_progress(by=request.user, **data))


@staff(may=TEAM_AND_OFFICERS)
def plan_activities(request: StaffRequest, pk: int) -> HttpResponse:
    """A pasted list: first shown as it was read, then kept when it is sent again."""
    plan = find_plan(request, pk)
    form = PasteForm(request.POST or None, prefix="paste")
    rows: list[activities.Activity] = []
    if form.is_valid():
        try:
            rows = activities.read(form.cleaned_data["lines"], request.office.today)
        except activities.TooManyLines:
            form.add_error(
                "lines", _("Paling banyak %(most)s baris.") % {"most": activities.MOST_LINES}
            )
    if rows and "keep" in request.POST:
        kept = [
            {name: value for name, value in asdict(row).items() if name != "problem"}
            for row in rows
        ]
        return entry(
            request, pk, form, lambda plan, _data: plan.add_activities(kept, by=request.user)
        )
    context = {"plan": plan, "form": form, "rows": rows}
    status = 422 if form.errors else 200
    return render(request, "staff/plan_activities.html", context, status=status)


@staff(may=TEAM_AND_OFFICERS)
def progress_correction(request: StaffRequest, pk: int, row_pk: int) -> HttpResponse:
    """A new entry in the place of a wrong one; the wrong one stays in the history."""
    plan = find_plan(request, pk)
    row = get_object_or_404(plan.progress, pk=row_pk)
    form = ProgressForm(request.POST or None, prefix="progress", initial=forms.model_to_dict(row))
    if request.method == "POST" and form.is_valid():
        try:
            if plan.is_finished:
                raise ValidationError(_("Rencana yang sudah selesai tidak dapat diubah."))
            plan.correct_progress(row, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Koreksi tersimpan; catatan lama tetap ada di riwayat."))
            return redirect("plan", pk)
    context = {"plan": plan, "row": row, "form": form}
    status = 422 if form.errors else 200
    return render(request, "staff/progress_correction.html", context, status=status)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def progress_withdrawal(request: StaffRequest, pk: int, row_pk: int) -> HttpResponse:
    def write(plan: ActionPlan, _data: dict[str, Any]) -> None:
        plan.withdraw_progress(get_object_or_404(plan.progress, pk=row_pk), by=request.user)

    return entry(request, pk, NoteForm(request.POST, prefix="note"), write)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def progress_done(request: StaffRequest, pk: int, row_pk: int) -> HttpResponse:
    def write(plan: ActionPlan, data: dict[str, Any]) -> None:
        row = get_object_or_404(plan.progress, pk=row_pk)
        plan.mark_done(row, data["on"], by=request.user)

    return entry(request, pk, DayForm(request.POST), write)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_obstacle(request: StaffRequest, pk: int) -> HttpResponse:
    form = ObstacleForm(request.POST, prefix="obstacle")
    return entry(request, pk, form, lambda plan, data: plan.add_obstacle(by=request.user, **data))


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def obstacle_resolution(request: StaffRequest, pk: int, row_pk: int) -> HttpResponse:
    def write(plan: ActionPlan, data: dict[str, Any]) -> None:
        row = get_object_or_404(plan.obstacles, pk=row_pk)
        day: date = data["on"]
        row.resolve(day, by=request.user, how=data["how"])

    return entry(request, pk, DayForm(request.POST), write)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_evidence(request: StaffRequest, pk: int) -> HttpResponse:
    form = EvidenceForm(request.POST, request.FILES, prefix="evidence")

    def write(plan: ActionPlan, data: dict[str, Any]) -> None:
        if data["file"]:
            upload = data["file"]
            plan.add_file(upload.name, upload.read(), by=request.user, label=data["label"])
        else:
            plan.add_links(form.links(), by=request.user, label=data["label"])

    return entry(request, pk, form, write)


@require_POST
@staff(may=TEAM_AND_HEAD)
def plan_agreement(request: StaffRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST, prefix="note")
    return entry(
        request, pk, form, lambda plan, data: plan.agree(by=request.user, note=data["note"])
    )


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_completion(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose the plan as finished; a second person reviews it."""
    form = NoteForm(request.POST, prefix="note")
    return entry(
        request, pk, form, lambda plan, data: plan.propose(by=request.user, note=data["note"])
    )


@require_POST
@staff(may=TEAM_AND_HEAD)
def plan_review(request: StaffRequest, pk: int) -> HttpResponse:
    """Accept a proposed plan, or send it back with a reason."""
    form = NoteForm(request.POST, prefix="note")
    accept = request.POST.get("act") == "accept"
    return entry(
        request,
        pk,
        form,
        lambda plan, data: plan.review(accept=accept, by=request.user, note=data["note"]),
    )


@require_POST
@staff(may=TEAM)
def plan_reopening(request: StaffRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST, prefix="note")
    return entry(
        request,
        pk,
        form,
        lambda plan, data: plan.reopen(by=request.user, reason=data["note"]),
        also_finished=True,
    )


def find_file(request: StaffRequest, pk: int, evidence_pk: int) -> Evidence:
    row = (
        find_plan(request, pk)
        .evidence.filter(pk=evidence_pk)
        .exclude(sha256="")
        .filter(erased_at=None)
        .first()
    )
    if row is None or not default_storage.exists(row.storage_path):
        raise Http404
    return row


@staff()
def evidence_file(request: StaffRequest, pk: int, evidence_pk: int) -> FileResponse:
    """The kept file, always as a download: it is never shown inside the site's own pages."""
    return kept_file(find_file(request, pk, evidence_pk))


@staff()
def evidence_preview(request: StaffRequest, pk: int, evidence_pk: int) -> HttpResponse:
    """A picture drawn anew from an image or the first page of a PDF; 404 when there is none."""
    row = find_file(request, pk, evidence_pk)
    if not row.has_picture:
        raise Http404
    with default_storage.open(row.storage_path) as file:
        picture = preview.picture(file.read(), row.content_type)
    if picture is None:
        raise Http404
    response = HttpResponse(picture, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = DOWNLOAD_ONLY
    response["Cache-Control"] = "private, max-age=86400"
    return response


urlpatterns = [
    path("<int:pk>/", plan_page, name="plan"),
    path("<int:pk>/progress", plan_progress, name="plan-progress"),
    path("<int:pk>/activities/", plan_activities, name="plan-activities"),
    path("<int:pk>/progress/<int:row_pk>/", progress_correction, name="progress-correction"),
    path(
        "<int:pk>/progress/<int:row_pk>/withdrawal",
        progress_withdrawal,
        name="progress-withdrawal",
    ),
    path("<int:pk>/progress/<int:row_pk>/done", progress_done, name="progress-done"),
    path("<int:pk>/obstacles", plan_obstacle, name="plan-obstacle"),
    path(
        "<int:pk>/obstacles/<int:row_pk>/resolution",
        obstacle_resolution,
        name="obstacle-resolution",
    ),
    path("<int:pk>/evidence", plan_evidence, name="plan-evidence"),
    path("<int:pk>/evidence/<int:evidence_pk>/file", evidence_file, name="evidence-file"),
    path("<int:pk>/evidence/<int:evidence_pk>/preview", evidence_preview, name="evidence-preview"),
    path("<int:pk>/agreement", plan_agreement, name="plan-agreement"),
    path("<int:pk>/completion", plan_completion, name="plan-completion"),
    path("<int:pk>/review", plan_review, name="plan-review"),
    path("<int:pk>/reopening", plan_reopening, name="plan-reopening"),
]
