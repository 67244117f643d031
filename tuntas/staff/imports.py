"""Imports: a spreadsheet from upload to result, each step a page of its own address."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.imports.excerpts import excerpt_of
from tuntas.imports.table import MOST_BYTES, BadFile
from tuntas.law.elements import element
from tuntas.law.index import IndexResult, NoResponses, compute
from tuntas.law.months import Month
from tuntas.law.profile import PROFILE
from tuntas.law.tally import Tally
from tuntas.models import Import, ImportState, Service, TooLate
from tuntas.models.periods import first_open_month
from tuntas.report import sheets
from tuntas.staff.access import TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.downloads import streamed
from tuntas.typed import words

PER_PAGE, BAD_PER_PAGE = 25, 50
RUNNING = (ImportState.CHECKING, ImportState.STORING)
MOST_MB = MOST_BYTES // 1024**2


class ServiceChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, service: Any) -> str:
        return f"{service.unit.label} – {service.name}"


class UploadForm(forms.Form):
    service = ServiceChoice(
        label=gettext_lazy("Layanan"), queryset=Service.objects.none(), empty_label=None
    )
    file = forms.FileField(
        label=gettext_lazy("Berkas CSV atau XLSX"),
        allow_empty_file=True,  # told in our own words
        widget=forms.FileInput({"accept": ".csv,.txt,.tsv,.xlsx"}),
        help_text=gettext_lazy("Misalnya unduhan Google Formulir. Paling besar 30 MB."),
    )

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("Berkas lebih dari %(most)s MB. Bagi menjadi beberapa berkas, lalu ulangi.")
                % {"most": MOST_MB}
            )
        return file


@staff()
def import_list(request: StaffRequest) -> HttpResponse:
    return listed(request, new_form(request))


def new_form(request: StaffRequest, *data: Any) -> UploadForm:
    services = Service.objects.visible_to(request.user).filter(office=request.office).open()
    return UploadForm(
        *data,
        services=services.select_related("unit"),
        initial={"service": request.GET.get("service")},
    )


def listed(request: StaffRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    rows = (
        Import.objects.visible_to(request.user)
        .filter(office=request.office)
        .select_related("service", "uploaded_by", "upload")
    )
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "may_write": bool(request.roles & TEAM_AND_OFFICERS),
    }
    return render(request, "staff/import_list.html", context, status=status)


@staff(may=TEAM_AND_OFFICERS)
def import_add(request: StaffRequest) -> HttpResponse:
    """Take a file and look into it; then its columns are asked for."""
    if request.method != "POST":
        return listed(request, new_form(request))
    form = new_form(request, request.POST, request.FILES)
    if not form.is_valid():
        return listed(request, form, 422)
    file, service = form.cleaned_data["file"], form.cleaned_data["service"]
    found = Import.add(service, file, file.name, by=request.user)
    try:
        excerpt = excerpt_of(found.path, found.file_name, service.edition)
        excerpt.header(service.edition)
    except BadFile as error:
        found.refuse()
        form.add_error("file", str(error))
        return listed(request, form, 422)
    found.accept(excerpt.data(), by=request.user)
    return redirect("import-mapping", found.pk)


@staff()
def import_page(request: StaffRequest, pk: int) -> HttpResponse:
    """The one page of an import: progress, preview or result, whatever it has come to."""
    found = find_import(request, pk)
    state = found.state
    may_write = bool(request.roles & TEAM_AND_OFFICERS)
    context: dict[str, Any] = {
        "found": found,
        "state": state,
        "is_running": state in RUNNING,
        "may_write": may_write,
        "may_map": may_write and state in (ImportState.UPLOADED, ImportState.CHECKED),
        "may_cancel": may_write and may_cancel(found),
        "total": total_of(found),
        "problems": Paginator(found.refused.all(), BAD_PER_PAGE).get_page(request.GET.get("page")),
    }
    if found.checked_at:
        context |= checked_context(found)
    if state == ImportState.CHECKED and may_write:
        context |= preview_context(found)
    if state == ImportState.FINISHED:
        context["months"] = [(Month.parse(m), n) for m, n in sorted(found.months.items())]
    return render(request, "staff/import.html", context)


def find_import(request: StaffRequest, pk: int) -> Import:
    found: Import = find(
        Import.objects.select_related(
            "service__standing_edition", "service__coming_edition", "service__unit", "office", "upload", "uploaded_by",
            "confirmed_by", "cancelled_by",
        ),
        request,
        pk=pk,
    )  # fmt: skip
    return found


def may_cancel(found: Import) -> bool:
    """Before rows are being stored."""
    if found.state == ImportState.STORING:
        return not found.lease_holder and not found.done
    return found.state in (ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)


def total_of(found: Import) -> int:
    """Rows of the step that runs; about how many while they are not counted yet."""
    if found.checked_at:
        return int(found.summary["good"])
    return int(found.upload.excerpt.get("lines", 0)) if hasattr(found, "upload") else 0


def checked_context(found: Import) -> dict[str, Any]:
    """What the check announced: months and where they go today, and the index of these rows."""
    rows = []
    for text, n in found.summary["months"].items():
        month = Month.parse(text)
        goes_to = first_open_month(found.office_id, month)
        rows.append((month, n, goes_to if goes_to != month else None))
    return {"summary": found.summary, "by_month": rows, "index": index_of(found)}


def index_of(found: Import) -> IndexResult | None:
    edition = found.service.edition
    try:
        return compute(
            Tally.from_json(found.summary["tally"]),
            found.office.weights,
            edition.weights,
            list(edition.element_codes),
        )
    except NoResponses:
        return None


def preview_context(found: Import) -> dict[str, Any]:
    """The first rows as they will be stored, and what speaks against importing them."""
    questions = found.service.edition.question_list
    names = [element(q.element).short_name if q.element else q.text for q in questions]
    before = found.same_file_before()
    return {
        "questions": [(q.position, name) for q, name in zip(questions, names, strict=True)],
        "profile": [question.label for question in PROFILE],
        "first": [first_row(row) for row in found.upload.first],
        "before": before,
        "is_other_mapping": before is not None and before.mapping != found.mapping,
    }


def first_row(row: dict[str, Any]) -> dict[str, Any]:
    profile = [
        dict(question.choices).get(mark, "–")
        for question, mark in zip(PROFILE, row["profile"], strict=True)
    ]
    return {
        "day": date.fromisoformat(row["day"]) if row["day"] else None,
        "answers": ["–" if score == "0" else score for score in row["answers"]],
        "profile": profile,
        "suggestion": row["suggestion"],
    }


@staff()
def import_progress(request: StaffRequest, pk: int) -> JsonResponse:
    """How far the running step is, for the page's script."""
    found = find_import(request, pk)
    answer = JsonResponse({"state": str(found.state), "done": found.done, "total": total_of(found)})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def import_confirmation(request: StaffRequest, pk: int) -> HttpResponse:
    """Import the good rows, exactly those that were announced."""
    found = find_import(request, pk)
    before = found.same_file_before()
    if before and before.mapping != found.mapping and "again" not in request.POST:
        messages.error(
            request,
            _("Centang dahulu bahwa jawaban dari impor sebelumnya sudah dikeluarkan."),
        )
        return redirect("import", pk)
    try:
        found.confirm(words(request.POST.get("digest")), by=request.user)
    except TooLate:
        messages.error(request, _("Keadaan impor ini sudah berubah; periksa kembali halaman ini."))
    else:
        messages.success(request, _("Disetujui; baris yang baik sedang disimpan."))
    return redirect("import", pk)


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def import_cancellation(request: StaffRequest, pk: int) -> HttpResponse:
    """Import nothing."""
    found = find_import(request, pk)
    try:
        found.cancel(by=request.user)
    except TooLate:
        messages.error(request, _("Penyimpanan sudah mulai dan tidak dapat dibatalkan lagi."))
    else:
        messages.success(request, _("Dibatalkan; tidak ada yang diimpor dan berkasnya dihapus."))
    return redirect("import", pk)


@staff()
def import_problems(request: StaffRequest, pk: int) -> HttpResponseBase:
    """All bad rows as a CSV that Excel opens."""
    found = find_import(request, pk)
    heading = (_("baris"), _("kolom"), _("nilai"), _("alasan"))
    rows = found.refused.values_list("line", "column", "value", "reason").iterator()
    lines = sheets.csv_lines(heading, rows)
    return streamed(lines, sheets.TYPES["csv"], f"baris-salah-{found.pk}.csv")


urlpatterns = [
    path("", import_list, name="import-list"),
    path("add/", import_add, name="import-add"),
    path("<int:pk>/", import_page, name="import"),
    path("<int:pk>/progress", import_progress, name="import-progress"),
    path("<int:pk>/confirmation", import_confirmation, name="import-confirmation"),
    path("<int:pk>/cancellation", import_cancellation, name="import-cancellation"),
    path("<int:pk>/problems.csv", import_problems, name="import-problems"),
]
