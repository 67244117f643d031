"""Action plans: from a weak element or a suggestion to a finished plan with evidence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.elements import ELEMENTS, element
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Evidence, Feedback, Obstacle, Period, Progress, Unit
from tuntas.models.plans import ActionPlanQuerySet
from tuntas.models.results import month_results
from tuntas.report import numbers
from tuntas.report.followup import annex_of, default_cut_off
from tuntas.staff.access import TEAM, TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.forms import DayField, DayInput, MonthField, place_errors

PER_PAGE = 25
STATES = {
    "running": gettext_lazy("Belum selesai"),
    "overdue": gettext_lazy("Melewati tenggat"),
    "untouched": gettext_lazy("Belum ditindaklanjuti"),
    "finished": gettext_lazy("Selesai"),
    "all": gettext_lazy("Semua"),
}


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    survey_month = MonthField(label=gettext_lazy("Waktu survei"))
    start_month = MonthField(label=gettext_lazy("Mulai ditindaklanjuti"), required=False)
    end_month = MonthField(
        label=gettext_lazy("Sampai dengan"),
        required=False,
        help_text=gettext_lazy("Kosongkan bila masih berjalan."),
    )
    due_on = DayField(label=gettext_lazy("Tenggat"), required=False)
    element = forms.ChoiceField(label=gettext_lazy("Unsur"), required=False)

    class Meta:
        model = ActionPlan
        fields = (
            "unit",
            "survey_month",
            "element",
            "cause",
            "action",
            "horizon",
            "person_in_charge",
            "due_on",
            "start_month",
            "end_month",
        )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["unit"].empty_label = None  # type: ignore[attr-defined]
        choices = [("", _("Tidak terkait satu unsur"))]
        choices += [(row.code, f"{row.number}. {row.name}") for row in ELEMENTS]
        if self.instance.element and self.instance.element not in dict(choices):
            choices.append((self.instance.element, element(self.instance.element).name))
        self.fields["element"].choices = choices  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The plan's own verbs check and save; the form only gathers the words."""


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
    url = forms.URLField(label=gettext_lazy("Tautan"), required=False, assume_scheme="https")
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


class NoteForm(forms.Form):
    """A note when finishing, a reason when reopening."""

    note = forms.CharField(label=gettext_lazy("Catatan"), required=False, max_length=1000)


@staff()
def plan_list(request: StaffRequest) -> HttpResponse:
    mine = ActionPlan.objects.visible_to(request.user).filter(office=request.office)
    state = request.GET.get("state", "running")
    rows = filtered(mine, request, state)
    context = {
        "page": Paginator(
            rows.select_related("unit", "completion").order_by(
                "unit__position", "-survey_month", "id"
            ),
            PER_PAGE,
        ).get_page(request.GET.get("page")),
        "share": mine.share(),
        "followed_ids": set(mine.followed_up().values_list("pk", flat=True)),
        "state": state,
        "states": STATES.items(),
        "units": Unit.objects.visible_to(request.user).filter(office=request.office),
        "query": request.GET,
        "may_add": bool(request.roles & TEAM_AND_OFFICERS),
        "today": request.office.today,
        "this_semester": semester_of(Month.of(request.office.today)),
    }
    return render(request, "staff/plan_list.html", context)


def semester_of(month: Month) -> str:
    return f"{month.year}-S{1 if month.month <= 6 else 2}"


def filtered(rows: ActionPlanQuerySet, request: HttpRequest, state: str) -> ActionPlanQuerySet:
    if state == "running":
        rows = rows.unfinished()
    elif state == "overdue":
        rows = rows.overdue(request.office.today)  # type: ignore[attr-defined]
    elif state == "finished":
        rows = rows.finished()
    elif state == "untouched":
        rows = rows.unfinished().exclude(pk__in=rows.followed_up().values("pk"))
    words, unit = (request.GET.get(key, "").strip() for key in ("q", "unit"))
    if words:
        rows = rows.filter(action__icontains=words[:100])
    if unit:
        rows = rows.filter(unit__code=unit[:40])
    return rows


def own_units(request: StaffRequest) -> Any:
    return Unit.objects.visible_to(request.user).filter(office=request.office)


@staff(may=TEAM_AND_OFFICERS)
def plan_add(request: StaffRequest) -> HttpResponse:
    """A new plan; a suggestion or an element may be given by the link that led here."""
    source = Feedback.objects.visible_to(request.user).filter(
        office=request.office, pk__in=[pk for pk in request.GET.getlist("feedback") if pk.isdigit()]
    )
    if request.method == "POST":
        form = PlanForm(request.POST, units=own_units(request))
        if form.is_valid():
            data = dict(form.cleaned_data)
            try:
                plan = ActionPlan.add(
                    data.pop("unit"), by=request.user, source_feedback=source, **data
                )
            except ValidationError as error:
                place_errors(form, error)
            else:
                messages.success(request, _("Rencana aksi tersimpan."))
                return redirect("plan", plan.pk)
        return render(request, "staff/plan_form.html", {"form": form, "source": source}, status=422)
    form = PlanForm(initial=initial_of(request, source), units=own_units(request))
    return render(request, "staff/plan_form.html", {"form": form, "source": source})


def initial_of(request: StaffRequest, source: Any) -> dict[str, Any]:
    first = source.first()
    unit = request.GET.get("unit", "")
    initial: dict[str, Any] = {
        "survey_month": Month.of(request.office.today).first_day,
        "element": request.GET.get("element", ""),
        "unit": int(unit) if unit.isdigit() else None,
    }
    with suppress(ValueError):
        initial["survey_month"] = Month.parse(request.GET.get("month", "")).first_day
    if first:
        initial |= {"survey_month": first.month, "unit": first.unit_id, "cause": first.text}
    return initial


@staff(may=TEAM_AND_OFFICERS)
def plan_edit(request: StaffRequest, pk: int) -> HttpResponse:
    plan = find_plan(request, pk)
    form = PlanForm(request.POST or None, instance=plan, units=own_units(request))
    if request.method == "POST" and form.is_valid():
        try:
            plan.change(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Perubahan tersimpan."))
            return redirect("plan", pk)
    status = 422 if form.errors else 200
    return render(request, "staff/plan_form.html", {"form": form, "plan": plan}, status=status)


def find_plan(request: StaffRequest, pk: int) -> ActionPlan:
    plan: ActionPlan = find(
        ActionPlan.objects.select_related("unit", "office", "completion"), request, pk=pk
    )
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
    }
    for name, empty in forms_by_name.items():
        if isinstance(form, type(empty)):
            forms_by_name[name] = form
    context = {
        "plan": plan,
        "progress": plan.progress.select_related("by"),
        "obstacles": plan.obstacles.select_related("by"),
        "evidence": plan.evidence.select_related("by"),
        "source": plan.source_feedback.visible_to(request.user),
        "may_write": bool(request.roles & TEAM_AND_OFFICERS) and not plan.is_finished,
        "may_reopen": bool(request.roles & TEAM) and plan.is_finished,
        "form": form,
        "survey": Month.of(plan.survey_month),
        **forms_by_name,
    }
    return render(request, "staff/plan.html", context, status=status)


def entry(
    request: StaffRequest, pk: int, form: Any, write: Callable[[ActionPlan, dict[str, Any]], Any]
) -> HttpResponse:
    """Add one entry to a plan that is not finished, or show what was wrong with it."""
    plan = find_plan(request, pk)
    if form.is_valid():
        try:
            if plan.is_finished:
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


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_obstacle(request: StaffRequest, pk: int) -> HttpResponse:
    form = ObstacleForm(request.POST, prefix="obstacle")
    return entry(request, pk, form, lambda plan, data: plan.add_obstacle(by=request.user, **data))


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_evidence(request: StaffRequest, pk: int) -> HttpResponse:
    form = EvidenceForm(request.POST, request.FILES, prefix="evidence")

    def write(plan: ActionPlan, data: dict[str, Any]) -> None:
        if data["file"]:
            upload = data["file"]
            plan.add_file(upload.name, upload.read(), by=request.user, label=data["label"])
        else:
            plan.add_link(data["url"], by=request.user, label=data["label"])

    return entry(request, pk, form, write)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def plan_completion(request: StaffRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST, prefix="note")
    return entry(
        request, pk, form, lambda plan, data: plan.finish(by=request.user, note=data["note"])
    )


@require_POST
@staff(may=TEAM)
def plan_reopening(request: StaffRequest, pk: int) -> HttpResponse:
    plan = find_plan(request, pk)
    form = NoteForm(request.POST, prefix="note")
    if form.is_valid() and plan.is_finished:
        try:
            plan.reopen(by=request.user, reason=form.cleaned_data["note"])
        except ValidationError as error:
            form.add_error("note", error)
            return show(request, plan, form=form, status=422)
        messages.success(request, _("Rencana dibuka kembali."))
    return redirect("plan", pk)


@staff()
def evidence_file(request: StaffRequest, pk: int, evidence_pk: int) -> FileResponse:
    """The kept file, always as a download: it is never shown inside the site's own pages."""
    row = find_plan(request, pk).evidence.filter(pk=evidence_pk).exclude(sha256="").first()
    if row is None or not default_storage.exists(row.storage_path):
        raise Http404
    return send_file(row)


def send_file(row: Evidence) -> FileResponse:
    response = FileResponse(
        default_storage.open(row.storage_path),
        as_attachment=True,
        filename=row.file_name,
        content_type=row.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@staff()
def plan_proposals(request: StaffRequest) -> HttpResponse:
    """The three weakest elements of each closed month's result, as plans to begin with."""
    months = [
        Month.of(day)
        for day in Period.objects.closed()
        .filter(office=request.office)
        .order_by("-month")
        .values_list("month", flat=True)[:6]
    ]
    units = list(own_units(request))
    proposals = []
    for month in months[:1]:
        for unit in units:
            result = month_results(request.office, [month], unit=unit)[0].result
            if result:
                proposals.append({"unit": unit, "result": result, "lowest": result.lowest(3)})
    context = {
        "month": months[0] if months else None,
        "proposals": proposals,
        "may_add": bool(request.roles & TEAM_AND_OFFICERS),
    }
    return render(request, "staff/plan_proposals.html", context)


@staff()
def plan_table(request: StaffRequest) -> HttpResponse:
    """The nine-column monitoring table of a semester, as the report prints it."""
    today = request.office.today
    try:
        span = Span.parse(request.GET.get("span", semester_of(Month.of(today))))
    except ValueError as error:
        messages.error(request, str(error))
        span = Span.parse(semester_of(Month.of(today)))
    cut_off = default_cut_off(request.office, span, today)
    context = {
        "annex": annex_of(request.office, span, cut_off, units=own_units(request)),
        "span": str(span),
        "span_words": numbers.span_title(span),
        "cut_off": cut_off,
    }
    return render(request, "staff/plan_table.html", context)


urlpatterns = [
    path("", plan_list, name="plan-list"),
    path("add/", plan_add, name="plan-add"),
    path("proposals/", plan_proposals, name="plan-proposals"),
    path("table/", plan_table, name="plan-table"),
    path("<int:pk>/", plan_page, name="plan"),
    path("<int:pk>/edit/", plan_edit, name="plan-edit"),
    path("<int:pk>/progress", plan_progress, name="plan-progress"),
    path("<int:pk>/obstacles", plan_obstacle, name="plan-obstacle"),
    path("<int:pk>/evidence", plan_evidence, name="plan-evidence"),
    path("<int:pk>/evidence/<int:evidence_pk>/file", evidence_file, name="evidence-file"),
    path("<int:pk>/completion", plan_completion, name="plan-completion"),
    path("<int:pk>/reopening", plan_reopening, name="plan-reopening"),
]
