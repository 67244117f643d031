"""What answering rests on, kept by the survey team: reply templates, holidays, published answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.holidays import FIRST_YEAR, LAST_YEAR
from tuntas.models import HolidayChange, PublishedAnswer, ReplyTemplate
from tuntas.models.holidays import calendar_of, read_lines
from tuntas.staff.access import TEAM, StaffRequest, staff
from tuntas.staff.forms import place_errors
from tuntas.typed import whole


class TemplateForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Nama templat"), max_length=80)
    text = forms.CharField(
        label=gettext_lazy("Isi"),
        max_length=1500,
        help_text=gettext_lazy("Tempat isian: {layanan}, {unit}, {bulan}."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )


@staff(may=TEAM)
def template_list(request: StaffRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ReplyTemplate.add(request.office, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Templat tersimpan."))
            return redirect("template-list")
    rows = request.office.reply_templates.filter(retired_at=None)
    status = 422 if form.errors else 200
    return render(request, "staff/template_list.html", {"form": form, "rows": rows}, status=status)


@staff(may=TEAM)
def template_edit(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ReplyTemplate, office=request.office, retired_at=None, pk=pk)
    form = TemplateForm(request.POST or None, initial={"name": row.name, "text": row.text})
    if request.method == "POST" and form.is_valid():
        try:
            row.change(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Templat tersimpan."))
            return redirect("template-list")
    status = 422 if form.errors else 200
    return render(request, "staff/template.html", {"form": form, "row": row}, status=status)


@require_POST
@staff(may=TEAM)
def template_retirement(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ReplyTemplate, office=request.office, pk=pk)
    try:
        row.retire(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("Templat tidak dipakai lagi. Jawaban yang sudah dikirim tetap.")
        )
    return redirect("template-list")


class HolidayForm(forms.Form):
    """Lines of days to add; days to remove come as ticks."""

    lines = forms.CharField(
        label=gettext_lazy("Tambah hari libur"),
        required=False,
        help_text=gettext_lazy("Satu hari per baris, misalnya 2026-12-25 Hari Natal."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@staff(may=TEAM)
def holiday_list(request: StaffRequest) -> HttpResponse:
    """The office's calendar of a year; POST first counts what would move, then changes it."""
    form = HolidayForm(request.POST if request.method == "POST" else None)
    change = None
    if request.method == "POST" and form.is_valid():
        try:
            change = wanted_change(request, form.cleaned_data["lines"])
        except ValidationError as error:
            for sentence in error.messages:
                form.add_error("lines", sentence)
    if change and request.POST.get("confirm"):
        moved = change.apply(by=request.user)
        messages.success(
            request, _("Kalender tersimpan; %(n)s tenggat masukan disesuaikan.") % {"n": moved}
        )
        return redirect("holiday-list")
    asked = request.GET.get("year", "")
    year = (whole(asked) if len(asked) == 4 else None) or request.office.today.year
    context = {
        "form": form,
        "change": change,
        "moved": len(change.moved) if change else 0,
        "year": year,
        "years": range(FIRST_YEAR, max(LAST_YEAR, year) + 2),
        "days": calendar_of(request.office, year),
        "is_known": FIRST_YEAR <= year <= LAST_YEAR,
    }
    status = 422 if form.errors else 200
    return render(request, "staff/holiday_list.html", context, status=status)


def wanted_change(request: StaffRequest, lines: str) -> HolidayChange:
    """What was typed and ticked. Raises ValidationError."""
    removed = tuple(day for day in map(day_of, request.POST.getlist("remove")) if day)
    added = list(read_lines(lines)) if lines.strip() else []
    added += [(day, "") for day in map(day_of, request.POST.getlist("restore")) if day]
    if not added and not removed:
        raise ValidationError(_("Tulis hari yang ditambah, atau centang hari yang diubah."))
    return HolidayChange(request.office, tuple(added), removed)


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@staff(may=TEAM)
def published_list(request: StaffRequest) -> HttpResponse:
    rows: Any = request.office.published_answers.select_related(
        "written_by", "published_by", "unpublished_by"
    )
    return render(request, "staff/published_list.html", {"rows": rows})


@require_POST
@staff(may=TEAM)
def published_turn(request: StaffRequest, pk: int) -> HttpResponse:
    """Publish an entry, or take it off."""
    row = get_object_or_404(PublishedAnswer.objects.select_related("office"), office=request.office, pk=pk)  # fmt: skip
    try:
        if request.POST.get("act") == "publish":
            row.publish(by=request.user)
        else:
            row.unpublish(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Tersimpan."))
    return redirect("published-list")


urlpatterns = [
    path("templates/", template_list, name="template-list"),
    path("templates/<int:pk>/", template_edit, name="template-edit"),
    path("templates/<int:pk>/retirement", template_retirement, name="template-retirement"),
    path("holidays/", holiday_list, name="holiday-list"),
    path("published/", published_list, name="published-list"),
    path("published/<int:pk>/turn", published_turn, name="published-turn"),
]
