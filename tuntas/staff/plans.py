"""Action plans: the list, its exports, new plans and where they come from."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.law.elements import ELEMENTS, element
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Evidence, Feedback, Period, Unit, search
from tuntas.models.plans import ActionPlanQuerySet, semester_of
from tuntas.models.results import month_results
from tuntas.report import numbers, sheets
from tuntas.report.followup import default_cut_off
from tuntas.report.monitoring import annex_of
from tuntas.staff.access import OFFICE_READERS, TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import DayField, MonthField, SpanField, SpanForm, place_errors
from tuntas.staff.paging import Part, counted, parted_page
from tuntas.typed import whole

PER_PAGE = 25
STATES = {
    "running": gettext_lazy("Belum selesai"),
    "overdue": gettext_lazy("Melewati tenggat"),
    "under-way": gettext_lazy("Sedang ditindaklanjuti"),
    "untouched": gettext_lazy("Belum ditindaklanjuti"),
    "review": gettext_lazy("Menunggu tinjauan"),
    "carried": gettext_lazy("Lanjutan semester lalu"),
    "bad-links": gettext_lazy("Tautan bukti tidak dapat dibuka"),
    "finished": gettext_lazy("Selesai"),
    "all": gettext_lazy("Semua"),
}
SORTS = {
    "unit": gettext_lazy("Unit"),
    "due": gettext_lazy("Tenggat terdekat"),
    "survey": gettext_lazy("Survei terbaru"),
    "changed": gettext_lazy("Terakhir dibuat"),
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


def chosen(request: StaffRequest) -> tuple[ActionPlanQuerySet, ActionPlanQuerySet, str, str]:
    """Plans this person sees, those the filters leave, and the state and sort that were used."""
    mine = ActionPlan.objects.visible_to(request.user).filter(office=request.office)
    state = request.GET.get("state", "running")
    sort = request.GET.get("sort", "unit")
    sort = sort if sort in SORTS else "unit"
    # Not joined: the engine would rather begin with the few units, and sort all of their rows.
    rows = filtered(mine, request, state).prefetch_related("unit", "stages")
    return mine, rows, state, sort


def parts_of(request: StaffRequest, sort: str) -> list[Part]:
    """The list in the order chosen: unit after unit, or plans without a due date last."""
    if sort == "unit":
        of_unit = ("-survey_month", "id")
        return [Part(unit.code, Q(unit=unit), of_unit) for unit in units_of(request)]
    if sort == "due":
        dated, undated = Q(due_on__isnull=False), Q(due_on__isnull=True)
        return [Part("dated", dated, ("due_on", "id")), Part("undated", undated, ("id",))]
    order = {"survey": ("-survey_month", "-id"), "changed": ("-created_at", "-id")}[sort]
    return [Part("", Q(), order)]


@staff()
def plan_list(request: StaffRequest) -> HttpResponse:
    mine, rows, state, sort = chosen(request)
    semester = semester_of(Month.of(request.office.today))
    page = parted_page(rows, parts_of(request, sort), request.GET, PER_PAGE)
    shown = [plan.pk for plan in page]
    context = {
        "page": page,
        "n": counted(rows),
        "rows": [{"plan": plan, "carried": carried_words(plan, semester)} for plan in page],
        "share": mine.share(),
        "followed_ids": set(mine.filter(pk__in=shown).followed_up().values_list("pk", flat=True)),
        "state": state,
        "states": STATES.items(),
        "sort": sort,
        "sorts": SORTS.items(),
        "units": units_of(request),
        "elements": ELEMENTS,
        "query": request.GET,
        "may_add": bool(request.roles & TEAM_AND_OFFICERS),
        "reads_office": bool(request.roles & OFFICE_READERS),
        "today": request.office.today,
    }
    return render(request, "staff/plan_list.html", context)


def units_of(request: StaffRequest) -> QuerySet[Unit]:
    """Those whose plans this person sees, in their order."""
    return Unit.objects.visible_to(request.user).filter(office=request.office)


def carried_words(plan: ActionPlan, span: Span) -> str:
    """`SMT I 2023` for an unfinished plan of an earlier semester, else nothing."""
    began = plan.carried_from(span)
    return numbers.span_title(began) if began and not plan.is_finished else ""


def filtered(rows: ActionPlanQuerySet, request: StaffRequest, state: str) -> ActionPlanQuerySet:
    today = request.office.today
    by_state = {
        "running": lambda: rows.unfinished(),
        "overdue": lambda: rows.overdue(today),
        "finished": lambda: rows.finished(),
        "review": lambda: rows.waiting_for_review(),
        "bad-links": lambda: rows.filter(pk__in=Evidence.objects.bad_links().values("plan")),
        "carried": lambda: rows.unfinished().surveyed_before(semester_of(Month.of(today)).first),
        "under-way": lambda: rows.unfinished().followed_up(),
        "untouched": lambda: rows.untouched(),
    }
    found = by_state[state]() if state in by_state else rows
    text, unit, code = (request.GET.get(key, "").strip() for key in ("q", "unit", "element"))
    if text:
        found = search.among(found, request.office.pk, text)
    if unit:
        found = found.filter(unit__code=unit[:40])
    if code:
        found = found.filter(element=code[:40])
    waits_for = request.GET.get("depends", "").strip()
    if waits_for:
        found = found.filter(
            obstacles__depends_on__iexact=waits_for[:200], obstacles__resolved_at=None
        ).distinct()
    return found


@staff()
def plan_export(request: StaffRequest, format: str) -> HttpResponse:
    """The filtered list as CSV or XLSX; nothing in it is ever read as a formula."""
    if format not in sheets.TYPES:
        raise Http404
    _mine, rows, _state, sort = chosen(request)
    followed = set(rows.followed_up().values_list("pk", flat=True))
    table = [
        (
            plan.pk,
            plan.unit.label,
            plan.survey_month,
            element(plan.element).name if plan.element else "",
            plan.action,
            plan.cause,
            plan.get_horizon_display(),
            plan.person_in_charge,
            plan.due_on,
            plan.start_month,
            plan.end_month,
            plan.lead_time_months,
            _("ya") if plan.pk in followed else _("belum"),
            str(plan.stage_label),
        )
        for part in parts_of(request, sort)
        for plan in rows.filter(part.condition).order_by(*part.order)
    ]
    heads = (
        _("Nomor"), _("Unit"), _("Waktu survei"), _("Unsur"), _("Rencana aksi"), _("Penyebab"),
        _("Jangka waktu"), _("Penanggung jawab"), _("Tenggat"), _("Mulai ditindaklanjuti"),
        _("Sampai dengan"), _("Kecepatan (bulan)"), _("Ditindaklanjuti"), _("Keadaan"),
    )  # fmt: skip
    content = sheets.write(format, _("Rencana aksi"), heads, table)
    name = f"rencana-aksi-{request.office.code}-{request.office.today}.{format}"
    return download(content, sheets.TYPES[format], name)


def own_units(request: StaffRequest) -> Any:
    return Unit.objects.visible_to(request.user).filter(office=request.office)


@staff(may=TEAM_AND_OFFICERS)
def plan_add(request: StaffRequest) -> HttpResponse:
    """A new plan; a suggestion or an element may be given by the link that led here."""
    source = Feedback.objects.visible_to(request.user).filter(
        office=request.office,
        pk__in=[pk for text in request.GET.getlist("feedback") if (pk := whole(text))],
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
        "unit": whole(unit),
    }
    with suppress(ValueError):
        initial["survey_month"] = Month.parse(request.GET.get("month", "")).first_day
    if first:
        texts = "\n".join(f"- {row.text}" for row in source) if len(source) > 1 else first.text
        initial |= {"survey_month": first.month, "unit": first.unit_id, "cause": texts[:2000]}
    return initial


@staff(may=TEAM_AND_OFFICERS)
def plan_edit(request: StaffRequest, pk: int) -> HttpResponse:
    plan: ActionPlan = find(ActionPlan.objects.select_related("unit", "office"), request, pk=pk)
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


@staff()
def plan_proposals(request: StaffRequest) -> HttpResponse:
    """The three weakest elements of the newest closed month, and unanswered wishes to pick from."""
    months = [
        Month.of(day)
        for day in Period.objects.closed()
        .filter(office=request.office)
        .order_by("-month")
        .values_list("month", flat=True)[:1]
    ]
    proposals = []
    for month in months:
        for unit in own_units(request):
            result = month_results(request.office, [month], unit=unit)[0].result
            if result:
                proposals.append({"unit": unit, "result": result, "lowest": ranked(result)})
    wishes = (
        Feedback.objects.visible_to(request.user)
        .filter(office=request.office, plans__isnull=True)
        .needing_reply()
        .select_related("unit")
        .order_by("-received_at")[:PER_PAGE]
    )
    context = {
        "month": months[0] if months else None,
        "proposals": proposals,
        "wishes": wishes,
        "may_add": bool(request.roles & TEAM_AND_OFFICERS),
    }
    return render(request, "staff/plan_proposals.html", context)


def ranked(result: Any) -> list[dict[str, Any]]:
    """The lowest three; `tied` when the same mean stands beside, so the regulation's order ruled."""
    means = [row.mean for row in result.elements]
    return [{"row": row, "tied": means.count(row.mean) > 1} for row in result.lowest(3)]


class TableForm(SpanForm):
    span = SpanField()


@staff()
def plan_table(request: StaffRequest) -> HttpResponse:
    """The nine-column monitoring table of a semester, as the report prints it."""
    today = request.office.today
    try:
        span = Span.parse(request.GET.get("span", str(semester_of(Month.of(today)))))
    except ValueError as error:
        messages.error(request, str(error))
        span = semester_of(Month.of(today))
    cut_off = default_cut_off(request.office, span, today)
    context = {
        "annex": annex_of(request.office, span, cut_off, units=own_units(request)),
        "form": TableForm(initial={"span": str(span)}, office=request.office),
        "span_words": numbers.span_title(span),
        "cut_off": cut_off,
    }
    return render(request, "staff/plan_table.html", context)


urlpatterns = [
    path("", plan_list, name="plan-list"),
    path("add/", plan_add, name="plan-add"),
    path("proposals/", plan_proposals, name="plan-proposals"),
    path("table/", plan_table, name="plan-table"),
    path("export.<str:format>", plan_export, name="plan-export"),
    path("<int:pk>/edit/", plan_edit, name="plan-edit"),
]
