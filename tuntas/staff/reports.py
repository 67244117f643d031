"""Reports: make or order, list, download; and the signed file that comes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas import orders
from tuntas import report as reports
from tuntas.law.months import Month, Span
from tuntas.models import (
    Office,
    Paper,
    Report,
    ReportKind,
    ReportOrder,
    Service,
    SignedFile,
    Stationery,
    Unit,
)
from tuntas.models.results import unclosed
from tuntas.report import MissingFont, NothingToProcess, outlines
from tuntas.staff.access import OFFICE_READERS, TEAM, TEAM_AND_HEAD, StaffRequest, find, staff
from tuntas.staff.downloads import download, kept_file
from tuntas.staff.forms import DayField, SpanField, SpanForm, place_errors

PER_PAGE = 20


class ReportForm(SpanForm):
    kind = forms.ChoiceField(label=gettext_lazy("Jenis laporan"), choices=ReportKind.choices)
    span = SpanField()
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("Seluruh kantor"),
        help_text=gettext_lazy("Hanya untuk laporan hasil."),
    )
    outline = forms.ChoiceField(
        label=gettext_lazy("Sistematika"),
        choices=outlines.CHOICES,
        required=False,
        help_text=gettext_lazy("Hanya untuk laporan hasil."),
    )
    service = forms.ModelChoiceField(
        label=gettext_lazy("Layanan"),
        queryset=Service.objects.none(),
        required=False,
        empty_label=gettext_lazy("Semua layanan"),
        help_text=gettext_lazy("Hanya untuk pengolahan data."),
    )
    paper = forms.ChoiceField(label=gettext_lazy("Kertas"), choices=Paper.choices, required=False)
    cut_off = DayField(
        label=gettext_lazy("Keadaan per tanggal"),
        required=False,
        help_text=gettext_lazy("Tanggal laporan. Kosongkan untuk tanggal yang wajar."),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, office=office, **kwargs)
        self.fields["service"].queryset = office.services.all()  # type: ignore[attr-defined]
        self.fields["unit"].queryset = office.units.all()  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """What to make; a unit and an outline matter to the result report only."""
        data = self.cleaned_data
        is_result = data["kind"] == ReportKind.MONTHLY
        return {
            "cut_off": data["cut_off"],
            "service": data["service"] if data["kind"] == ReportKind.PROCESSING else None,
            "unit": data["unit"] if is_result else None,
            "outline": data["outline"] if is_result else "",
            "paper": data["paper"],
        }


class SignedForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Berkas PDF yang sudah ditandatangani"))

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > settings.EVIDENCE_MAX_BYTES:
            most = settings.EVIDENCE_MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(
                _("Berkas terlalu besar; paling banyak %(most)s MB.") % {"most": most}
            )
        return upload


@staff(may=OFFICE_READERS)
def report_list(request: StaffRequest) -> HttpResponse:
    """The made reports and those on order; POST makes or orders one."""
    may_make = bool(request.roles & TEAM_AND_HEAD)
    form = form_of(request)
    if request.method == "POST" and not may_make:
        return render(request, "403.html", status=403)
    if request.method == "POST" and form.is_valid():
        span = form.cleaned_data["span"]
        if orders.takes_long(request.office.pk, span):
            order = ReportOrder.put(
                request.office,
                by=request.user,
                kind=form.cleaned_data["kind"],
                span=str(span),
                **form.wanted(),
            )
            return redirect("report-order", order.pk)
        made = make(request, form)
        if made is not None:
            messages.success(request, _("Laporan siap diunduh."))
            return redirect("report", made.code)
    rows = Report.objects.visible_to(request.user).filter(office=request.office)
    rows = rows.select_related("made_by").prefetch_related(
        Prefetch("signed_files", SignedFile.objects.select_related("by"))
    )
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "waiting": request.office.report_orders.waiting(),
        "form": form,
        "may_make": may_make,
        "may_write": bool(request.roles & TEAM),
    }
    return render(request, "staff/report_list.html", context, status=422 if form.errors else 200)


def form_of(request: StaffRequest) -> ReportForm:
    month = Month.of(request.office.today) + -1
    semester = f"{month.year}-S{1 if month.month <= 6 else 2}"
    initial = {
        "span": request.GET.get("span", semester),
        "kind": request.GET.get("kind", ""),
        "paper": Stationery.of(request.office).paper,
    }
    return ReportForm(request.POST or None, initial=initial, office=request.office)


def make(request: StaffRequest, form: ReportForm) -> Report | None:
    data = form.cleaned_data
    try:
        return reports.make(
            request.office, data["kind"], data["span"], by=request.user, **form.wanted()
        )
    except NothingToProcess as error:
        form.add_error("span", str(error))
        return None


@staff(may=OFFICE_READERS)
def report_order(request: StaffRequest, pk: int) -> HttpResponse:
    """How far an order is; once it is made, its report."""
    order = get_object_or_404(request.office.report_orders.select_related("by", "report"), pk=pk)
    if order.report is not None:
        return redirect("report", order.report.code)
    context = {"order": order, "state": state_of(order), "done": STEPS[state_of(order)]}
    return render(request, "staff/report_order.html", context)


STEPS = {"waiting": 0, "making": 1, "ready": 2, "refused": 2}


def state_of(order: ReportOrder) -> str:
    if order.report_id:
        return "ready"
    if order.refusal or order.given_up_at:
        return "refused"
    return "making" if order.lease_holder else "waiting"


@staff(may=OFFICE_READERS)
def report_progress(request: StaffRequest, pk: int) -> JsonResponse:
    """The state of an order, for the page's script."""
    order = get_object_or_404(request.office.report_orders, pk=pk)
    state = state_of(order)
    answer = JsonResponse({"state": state, "done": STEPS[state], "total": 2})
    answer["Cache-Control"] = "no-store"
    return answer


@staff(may=OFFICE_READERS)
def report_page(request: StaffRequest, code: str) -> HttpResponse:
    return page_of(request, find_report(request, code), SignedForm())


def find_report(request: StaffRequest, code: str) -> Report:
    found: Report = find(Report.objects.select_related("made_by", "office"), request, code=code)
    return found


def page_of(
    request: StaffRequest, report: Report, form: SignedForm, status: int = 200
) -> HttpResponse:
    span = Span.parse(report.span)
    context = {
        "report": report,
        "facts": report.content["facts"],
        "has_sheet": "xlsx" in reports.formats_of(report.kind),
        "open_months": unclosed(report.office, span.months) if report.is_draft else [],
        "signed_files": report.signed_files.select_related("by"),
        "form": form,
        "may_sign": bool(request.roles & TEAM_AND_HEAD) and not report.is_draft,
        "paper": Paper(report.content.get("paper", Paper.A4)).label,
    }
    return render(request, "staff/report.html", context, status=status)


@staff(may=OFFICE_READERS)
def report_file(request: StaffRequest, code: str, format: str) -> HttpResponse:
    """The report as a file, made from its kept content."""
    report = find_report(request, code)
    if format not in reports.formats_of(report.kind):
        raise Http404
    try:
        content = reports.render(report, format)
    except MissingFont as error:
        messages.error(request, str(error))
        return redirect("report", code)
    return download(content, reports.FORMATS[format], reports.file_name(report, format))


@require_POST
@staff(may=TEAM_AND_HEAD)
def report_signature(request: StaffRequest, code: str) -> HttpResponse:
    """Keep the file that came back signed; earlier ones stay."""
    report = find_report(request, code)
    form = SignedForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            report.add_signed(upload.name, upload.read(), by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Berkas bertanda tangan tersimpan."))
            return redirect("report", code)
    return page_of(request, report, form, 422)


@staff(may=OFFICE_READERS)
def report_signed(request: StaffRequest, code: str, sha256: str) -> FileResponse:
    """A signed file, always as a download."""
    return kept_file(get_object_or_404(find_report(request, code).signed_files, sha256=sha256))


urlpatterns = [
    path("", report_list, name="report-list"),
    path("orders/<int:pk>/", report_order, name="report-order"),
    path("orders/<int:pk>/progress", report_progress, name="report-progress"),
    path("<str:code>/", report_page, name="report"),
    path("<str:code>/signature", report_signature, name="report-signature"),
    path("<str:code>/signed/<str:sha256>.pdf", report_signed, name="report-signed"),
    path("<str:code>/<str:format>", report_file, name="report-file"),
]
