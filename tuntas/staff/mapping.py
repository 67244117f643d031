"""What the columns of an uploaded spreadsheet mean: recognised, shown, changed, remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.imports.columns import (
    DATE,
    IDENTITY,
    IGNORED,
    ORDERS,
    TEXT,
    Header,
    is_numbered,
    needs_order,
    resolve,
)
from tuntas.imports.dates import DAY_FIRST, MONTH_FIRST
from tuntas.imports.excerpts import Excerpt, excerpt_of, fingerprint
from tuntas.imports.table import BadFile
from tuntas.law.elements import ELEMENTS, element
from tuntas.law.months import Month
from tuntas.law.profile import PROFILE
from tuntas.models import Import, ImportState, TooLate
from tuntas.models.surveys import Edition
from tuntas.staff.access import TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.forms import MonthField

ZONES = (
    ("Asia/Jakarta", "WIB (Asia/Jakarta)"),
    ("Asia/Makassar", "WITA (Asia/Makassar)"),
    ("Asia/Jayapura", "WIT (Asia/Jayapura)"),
)
MAPPABLE = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
LABEL = 70
ORDER_MISSING = gettext_lazy("Pilih urutannya: unsur 8 dan 9 berbeda di kedua daftar.")


class MappingForm(forms.Form):
    """One select for each column that has a name or values, and what the columns do not tell."""

    use_required_attribute = False  # the page's own words say what is missing and why
    order = forms.ChoiceField(
        label=gettext_lazy("Nomor unsur pada nama kolom mengikuti urutan yang mana?"),
        choices=[("", gettext_lazy("– pilih –"))],
        error_messages={"required": ORDER_MISSING},
    )
    dates = forms.ChoiceField(
        label=gettext_lazy("Urutan pada tanggal berangka"),
        choices=[
            (DAY_FIRST, gettext_lazy("hari/bulan/tahun (31/05/2023)")),
            (MONTH_FIRST, gettext_lazy("bulan/hari/tahun (05/31/2023)")),
        ],
        help_text=gettext_lazy("Tanggal yang tidak cocok dengan urutan ini menjadi baris salah."),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Zona waktu cap waktu"),
        help_text=gettext_lazy("Menentukan hari dan bulan jawaban menjelang tengah malam."),
    )
    month = MonthField(
        label=gettext_lazy("Bulan untuk baris tanpa tanggal"),
        required=False,
        help_text=gettext_lazy("Wajib bila berkas tidak memiliki kolom tanggal."),
    )
    batch = forms.CharField(
        label=gettext_lazy("Pembeda berkas"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "Biasanya kosong. Isi (misalnya “Loket 2”) hanya bila berkas lain untuk layanan ini "
            "kebetulan memuat baris yang sama persis dari orang yang berbeda."
        ),
    )

    def __init__(
        self, *args: Any, header: Header, edition: Edition, zone: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.header, self.edition = header, edition
        zones = ZONES if zone in dict(ZONES) else (*ZONES, (zone, zone))
        self.fields["zone"].choices = zones  # type: ignore[attr-defined]
        self.fields["order"].choices += order_choices()  # type: ignore[attr-defined]
        said = self.data if self.is_bound else self.initial
        self.fields["order"].required = needs_order(str(value) for value in said.values())
        choices = meaning_choices(edition)
        for place, name in enumerate(header.names):
            if name:
                label = _("Arti kolom %(name)s") % {"name": name[:LABEL]}
                self.fields[f"c{place}"] = forms.ChoiceField(
                    label=label, choices=choices, required=False
                )

    @property
    def meanings(self) -> list[str]:
        """Meaning of every column, in the file's order."""
        given = self.cleaned_data if hasattr(self, "cleaned_data") else self.initial
        return [str(given.get(f"c{place}", IGNORED)) for place in range(len(self.header.names))]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            resolve(self.header, self.meanings, self.edition, data.get("order"))
        except BadFile as error:
            self.add_error(None, str(error))
        if DATE not in self.meanings and not data.get("month"):
            self.add_error("month", _("Berkas tanpa kolom tanggal memerlukan bulan."))
        return data

    def mapping(self, sheet: str) -> dict[str, Any]:
        """JSON-ready, as the import keeps it."""
        data = self.cleaned_data
        return {
            "sheet": sheet,
            "line": self.header.line,
            "names": list(self.header.names),
            "columns": self.meanings,
            "order": data["order"] if needs_order(self.meanings) else "",
            "zone": data["zone"],
            "dates": data["dates"],
            "month": str(Month.of(data["month"])) if data["month"] else "",
            "batch": data["batch"].strip(),
        }


def order_choices() -> list[tuple[str, str]]:
    regulation = _("daftar unsur PermenPANRB 14/2017: 8 = pengaduan, 9 = sarana dan prasarana")
    questionnaire = _("kuesioner Lampiran III: 8 = sarana dan prasarana, 9 = pengaduan")
    return [("regulation", regulation), ("questionnaire", questionnaire)]


def meaning_choices(edition: Edition) -> list[Any]:
    """Everything a column can mean, grouped."""
    questions = [
        (f"q{question.position}", question_label(question)) for question in edition.question_list
    ]
    groups: list[Any] = [
        (IGNORED, _("tidak dipakai")),
        (IDENTITY, _("identitas – tidak pernah disimpan")),
        (DATE, _("tanggal atau cap waktu")),
        (TEXT, _("saran dan masukan")),
        (_("Profil"), [(question.code, question.label) for question in PROFILE]),
        (_("Pertanyaan"), questions),
    ]
    if {question.element for question in edition.question_list} >= {row.code for row in ELEMENTS}:
        numbers = [(f"u{n}", _("unsur nomor %(n)s") % {"n": n}) for n in range(1, 10)]
        groups.append((_("Unsur bernomor, menurut urutan yang dipilih di bawah"), numbers))
    return groups


def question_label(question: Any) -> str:
    name = element(question.element).short_name if question.element else _("di luar indeks")
    text = question.text if len(question.text) <= LABEL else question.text[: LABEL - 1] + "…"
    return f"{question.position}. {name}: {text}"


@dataclass(frozen=True)
class ColumnLine:
    """One column on the page. `likeness` in percent when the wording only resembles a question."""

    name: str
    samples: list[str]
    likeness: int | None
    is_identity: bool
    field: Any


@staff(may=TEAM_AND_OFFICERS)
def import_mapping(request: StaffRequest, pk: int) -> HttpResponse:
    found: Import = find(
        Import.objects.select_related(
            "service__standing_edition", "service__coming_edition", "office", "upload"
        ),
        request,
        pk=pk,
    )
    if found.state not in MAPPABLE:
        messages.error(request, _("Impor ini sudah berjalan atau selesai; arti kolomnya tetap."))
        return redirect("import", pk)
    edition = found.service.edition
    asked = request.POST or request.GET
    try:
        excerpt = chosen_excerpt(found, asked.get("sheet", ""))
        header = excerpt.header(edition, chosen_line(found, excerpt, asked))
    except BadFile as error:
        messages.error(request, str(error))
        return redirect("import-list")
    form = MappingForm(
        request.POST or None,
        header=header,
        edition=edition,
        zone=found.office.time_zone,
        initial=initial_of(found, header, excerpt),
    )
    if request.method == "POST" and form.is_valid():
        try:
            found.map(form.mapping(excerpt.sheet), fingerprint(header, edition))
        except TooLate:
            messages.error(
                request, _("Impor ini sudah berjalan atau selesai; arti kolomnya tetap.")
            )
        return redirect("import", pk)
    context = page_context(request, found, excerpt, header, form)
    return render(request, "staff/import_mapping.html", context, status=422 if form.errors else 200)


def chosen_excerpt(found: Import, sheet: str) -> Excerpt:
    """The excerpt kept with the file, or that of another sheet. Raises BadFile, Http404."""
    kept = Excerpt(**found.upload.excerpt)
    sheet = sheet or found.mapping.get("sheet", "") or kept.sheet
    if sheet == kept.sheet:
        return kept
    if sheet not in kept.sheets:
        raise Http404
    return excerpt_of(found.path, found.file_name, found.service.edition, sheet)


def chosen_line(found: Import, excerpt: Excerpt, asked: Any) -> int | None:
    """The row of names (from 0) that was asked for, else the one confirmed before."""
    text = asked.get("line", "")
    if text.isascii() and text.isdigit() and len(text) < 4:
        return min(max(int(text) - 1, 0), len(excerpt.rows) - 1)
    if found.mapping and found.mapping["sheet"] == excerpt.sheet and not asked.get("sheet"):
        return int(found.mapping["line"])
    return None


def initial_of(found: Import, header: Header, excerpt: Excerpt) -> dict[str, Any]:
    """What was said of this file, else of one with the same header, else what was recognised."""
    edition = found.service.edition
    print_ = fingerprint(header, edition)
    own = found.mapping if found.header_sha256 == print_ else {}
    told = own or found.mapping_before(print_)
    meanings = told.get("columns") or header.meanings
    month = own.get("month")
    return {
        **{f"c{place}": meaning for place, meaning in enumerate(meanings)},
        "order": told.get("order", ""),
        "dates": own.get("dates") or excerpt.dates,
        "zone": told.get("zone") or found.office.time_zone,
        "month": Month.parse(month).first_day if month else None,
        "batch": own.get("batch", ""),
        "is_remembered": bool(told) and not own,
    }


def page_context(
    request: StaffRequest, found: Import, excerpt: Excerpt, header: Header, form: MappingForm
) -> dict[str, Any]:
    initial = form.initial
    columns = [
        ColumnLine(
            name=name,
            samples=excerpt.samples(header, place),
            likeness=None if initial["is_remembered"] else header.similar.get(place),
            is_identity=initial.get(f"c{place}") == IDENTITY,
            field=form[f"c{place}"],
        )
        for place, name in enumerate(header.names)
        if name
    ]
    numbered = any(is_numbered(meaning) for meaning in header.meanings) or "order" in form.errors
    return {
        "found": found,
        "form": form,
        "columns": columns,
        "sheets": excerpt.sheets,
        "sheet": excerpt.sheet,
        "line": header.line + 1,
        "lines": range(1, len(excerpt.rows) + 1),
        "numbered": numbered or any(map(is_numbered, map(str, initial.values()))),
        "orders": [
            (label, [element(code).name for code in ORDERS[code_]])
            for code_, label in order_choices()
        ],
        "is_remembered": initial["is_remembered"],
        "today": request.office.today,
    }


urlpatterns = [path("<int:pk>/mapping/", import_mapping, name="import-mapping")]
