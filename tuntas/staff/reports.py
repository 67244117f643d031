"""Reports: make, list, download; and the office's own wording of the follow-up report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas import report as reports
from tuntas.law.months import Month, Span
from tuntas.models import NarrativeTemplate, Report, ReportKind, Service
from tuntas.report import MissingFont, NothingToProcess, narrative
from tuntas.staff.access import OFFICE_READERS, TEAM, TEAM_AND_HEAD, StaffRequest, find, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import DayField

PER_PAGE = 20


class ReportForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Jenis laporan"), choices=ReportKind.choices)
    span = forms.CharField(
        label=gettext_lazy("Periode"),
        max_length=20,
        help_text=gettext_lazy("2023-S1 (semester), 2023-Q2 (triwulan), 2023-01 (bulan), 2023."),
    )
    service = forms.ModelChoiceField(
        label=gettext_lazy("Layanan"),
        queryset=Service.objects.none(),
        required=False,
        empty_label=gettext_lazy("Semua layanan"),
        help_text=gettext_lazy("Hanya untuk pengolahan data."),
    )
    cut_off = DayField(
        label=gettext_lazy("Keadaan per tanggal"),
        required=False,
        help_text=gettext_lazy("Tanggal laporan. Kosongkan untuk tanggal yang wajar."),
    )

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]

    def clean_span(self) -> Span:
        try:
            return Span.parse(self.cleaned_data["span"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


@staff(may=OFFICE_READERS)
def report_list(request: StaffRequest) -> HttpResponse:
    """The made reports; POST makes one."""
    services = Service.objects.filter(office=request.office)
    may_make = bool(request.roles & TEAM_AND_HEAD)
    month = Month.of(request.office.today) + -1
    semester = f"{month.year}-S{1 if month.month <= 6 else 2}"
    initial = {"span": request.GET.get("span", semester), "kind": request.GET.get("kind", "")}
    form = ReportForm(request.POST or None, initial=initial, services=services)
    if request.method == "POST" and not may_make:
        return render(request, "403.html", status=403)
    if request.method == "POST" and form.is_valid():
        made = make(request, form)
        if made is not None:
            messages.success(request, _("Laporan siap diunduh."))
            return redirect("report", made.code)
    rows = Report.objects.visible_to(request.user).filter(office=request.office)
    context = {
        "page": Paginator(rows.select_related("made_by"), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "form": form,
        "may_make": may_make,
        "may_write": bool(request.roles & TEAM),
    }
    return render(request, "staff/report_list.html", context, status=422 if form.errors else 200)


def make(request: StaffRequest, form: ReportForm) -> Report | None:
    data = form.cleaned_data
    try:
        return reports.make(
            request.office,
            data["kind"],
            data["span"],
            cut_off=data["cut_off"],
            service=data["service"] if data["kind"] == ReportKind.PROCESSING else None,
            by=request.user,
        )
    except NothingToProcess as error:
        form.add_error("span", str(error))
        return None


@staff(may=OFFICE_READERS)
def report_page(request: StaffRequest, code: str) -> HttpResponse:
    report = find(Report.objects.select_related("made_by", "office"), request, code=code)
    context = {
        "report": report,
        "facts": report.content["facts"],
        "has_sheet": "xlsx" in reports.formats_of(report.kind),
    }
    return render(request, "staff/report.html", context)


@staff(may=OFFICE_READERS)
def report_file(request: StaffRequest, code: str, format: str) -> HttpResponse:
    """The report as a file, made from its kept content."""
    report = find(Report.objects.select_related("office"), request, code=code)
    if format not in reports.formats_of(report.kind):
        raise Http404
    try:
        content = reports.render(report, format)
    except MissingFont as error:
        messages.error(request, str(error))
        return redirect("report", code)
    return download(content, reports.FORMATS[format], reports.file_name(report, format))


@staff(may=TEAM)
def narrative_list(request: StaffRequest) -> HttpResponse:
    """Every section's wording: the default, or the office's own."""
    own = NarrativeTemplate.current(request.office, ReportKind.FOLLOW_UP)
    sections = [
        {
            "name": name,
            "title": title,
            "is_own": name in own,
            "text": own.get(name) or narrative.DEFAULTS[name],
        }
        for name, title in narrative.SECTIONS.items()
    ]
    return render(request, "staff/narrative_list.html", {"sections": sections})


class NarrativeForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Teks"),
        max_length=8000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=gettext_lazy(
            "Baris kosong memisahkan paragraf; “1. ” dan “- ” di awal baris membuat daftar; "
            "*kata* dicetak miring."
        ),
    )

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()
        problems = narrative.check(text)
        if problems:
            raise forms.ValidationError(problems)
        return text


@staff(may=TEAM)
def narrative_page(request: StaffRequest, section: str) -> HttpResponse:
    if section not in narrative.SECTIONS:
        raise Http404
    own = NarrativeTemplate.current(request.office, ReportKind.FOLLOW_UP)
    current = own.get(section) or narrative.DEFAULTS[section]
    form = NarrativeForm(request.POST or None, initial={"text": current})
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        if text != current:
            NarrativeTemplate.write(
                request.office, ReportKind.FOLLOW_UP, section, text, by=request.user
            )
        messages.success(request, _("Teks tersimpan; laporan berikutnya memakainya."))
        return redirect("narrative-list")
    versions = NarrativeTemplate.objects.filter(
        office=request.office, kind=ReportKind.FOLLOW_UP, section=section
    ).select_related("by")
    context = {
        "form": form,
        "title": narrative.SECTIONS[section],
        "placeholders": narrative.PLACEHOLDERS.items(),
        "default": narrative.DEFAULTS[section],
        "versions": versions[:20],
    }
    return render(request, "staff/narrative.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("", report_list, name="report-list"),
    path("narrative/", narrative_list, name="narrative-list"),
    path("narrative/<str:section>/", narrative_page, name="narrative"),
    path("<str:code>/", report_page, name="report"),
    path("<str:code>/<str:format>", report_file, name="report-file"),
]
