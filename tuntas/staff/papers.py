"""Paper: sheets to print, piles to type twice by keyboard, differences to decide."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month
from tuntas.law.profile import PROFILE, UNKNOWN
from tuntas.models import PaperBatch, PaperSheet, Service
from tuntas.models.feedback import TEXT_LIMIT
from tuntas.models.papers import FIRST, MOST_SHEETS, SECOND, SheetValues, profile_text
from tuntas.models.periods import is_closed
from tuntas.report import numbers
from tuntas.report.questionnaires import MOST_COPIES, questionnaire
from tuntas.staff.access import TEAM_AND_OFFICERS, StaffRequest, find, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import place_errors
from tuntas.typed import whole

DAY_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d%m%Y", "%Y-%m-%d"]


class BatchForm(forms.Form):
    service = forms.ModelChoiceField(
        label=gettext_lazy("Layanan"), queryset=Service.objects.none(), empty_label=None
    )
    name = forms.CharField(
        label=gettext_lazy("Nama tumpukan"),
        max_length=80,
        help_text=gettext_lazy("Misalnya “Loket Oktober 2026”."),
    )
    size = forms.IntegerField(
        label=gettext_lazy("Jumlah lembar"), min_value=1, max_value=MOST_SHEETS
    )

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]


class SizeForm(forms.Form):
    size = forms.IntegerField(
        label=gettext_lazy("Jumlah lembar"), min_value=1, max_value=MOST_SHEETS
    )


class TypingForm(forms.Form):
    """One sheet as digits; everything is reached by Tab and sent by Enter."""

    number = forms.IntegerField(label=gettext_lazy("Nomor lembar"), min_value=1)
    day = forms.DateField(
        label=gettext_lazy("Tanggal lembar"),
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy("Misalnya 05/10/2026 atau 05102026."),
    )
    answers = forms.CharField(label=gettext_lazy("Jawaban"), strip=True)
    profile = forms.CharField(
        label=gettext_lazy("Profil"),
        required=False,
        help_text=gettext_lazy(
            "Empat tanda dalam kurung pada lembar: kelamin, usia, pendidikan, pekerjaan. "
            "Tanda - bila tidak diisi; kosongkan bila semuanya tidak diisi."
        ),
    )
    suggestion = forms.CharField(
        label=gettext_lazy("Saran"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, batch: PaperBatch, place: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        n = len(batch.edition.question_list)
        self.fields["answers"].help_text = _("%(n)s angka berurutan, 0 bila tidak diisi.") % {
            "n": n
        }
        self.fields["answers"].widget.attrs |= {
            "inputmode": "numeric",
            "data-full": str(n),
            "autocomplete": "off",
        }
        self.fields["profile"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        for name in ("number", "day"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        if place == SECOND:
            self.fields["number"].widget = forms.HiddenInput()
            self.fields["suggestion"].help_text = _(
                "Dari ketikan pertama: cocokkan dengan lembar, perbaiki bila perlu."
            )

    def clean_answers(self) -> str:
        answers = "".join(self.cleaned_data["answers"].split())
        wanted = int(self.fields["answers"].widget.attrs["data-full"])
        if len(answers) != wanted:
            raise ValidationError(
                _("%(given)s angka diketik, kuesioner ini %(wanted)s pertanyaan.")
                % {"given": len(answers), "wanted": wanted}
            )
        return answers

    def clean_suggestion(self) -> str:
        return str(self.cleaned_data["suggestion"]).replace("\r\n", "\n").strip()

    def values(self) -> SheetValues:
        data = self.cleaned_data
        return SheetValues(
            data["answers"], profile_text(data["profile"]), data["day"], data["suggestion"]
        )


@staff(may=TEAM_AND_OFFICERS)
def paper_list(request: StaffRequest) -> HttpResponse:
    """The piles with their progress, and a form for a new one."""
    services = Service.objects.visible_to(request.user).filter(office=request.office).open()
    form = BatchForm(
        request.POST or None, services=services, initial={"service": request.GET.get("service")}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            batch = PaperBatch.add(data["service"], data["name"], data["size"], by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Tumpukan dibuat. Beri nomor pada lembarnya, lalu ketik."))
            return redirect("paper-batch", batch.pk)
    batches = PaperBatch.objects.visible_to(request.user).filter(office=request.office)
    context = {
        "batches": batches.select_related("service").with_progress(),
        "form": form,
    }
    return render(request, "staff/paper_list.html", context, status=422 if form.errors else 200)


def find_batch(request: StaffRequest, pk: int) -> PaperBatch:
    batches = PaperBatch.objects.select_related("office", "service__office", "edition")
    batch: PaperBatch = find(batches.with_progress(), request, pk=pk)
    return batch


@staff(may=TEAM_AND_OFFICERS)
def paper_batch(request: StaffRequest, pk: int) -> HttpResponse:
    batch = find_batch(request, pk)
    form = SizeForm(request.POST or None, initial={"size": batch.size})
    if request.method == "POST" and form.is_valid():
        try:
            batch.resize(form.cleaned_data["size"], by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Jumlah lembar disimpan."))
            return redirect("paper-batch", pk)
    sheets = batch.sheets.filter(verified_at__isnull=True).prefetch_related("typings__by")
    context = {
        "batch": batch,
        "form": form,
        "waiting": [
            {"sheet": sheet, "first": sheet.typing(FIRST), "second": sheet.typing(SECOND)}
            for sheet in sheets
        ],
        "next_first": batch.next_number(FIRST),
        "next_second": batch.next_number(SECOND),
        "copies": [
            (first, min(first + MOST_COPIES - 1, batch.size))
            for first in range(1, batch.size + 1, MOST_COPIES)
        ],
    }
    return render(request, "staff/paper_batch.html", context, status=422 if form.errors else 200)


@staff(may=TEAM_AND_OFFICERS)
def paper_typing(request: StaffRequest, pk: int, place: int) -> HttpResponse:
    """Type the next sheet, first or second pass; the values of the first are not shown again."""
    if place not in (FIRST, SECOND):
        raise Http404
    batch = find_batch(request, pk)
    if request.method == "POST":
        form = TypingForm(request.POST, batch=batch, place=place)
        if form.is_valid():
            try:
                sheet = keep(batch, place, form, request)
            except ValidationError as error:
                place_errors(form, error)
            else:
                return after_typing(request, batch, place, sheet, form.values())
        return show_typing(request, batch, place, form, 422)
    asked = request.GET.get("sheet", "")
    number = whole(asked) or batch.next_number(place)
    if number is None:
        messages.success(request, NOTHING_LEFT[place])
        return redirect("paper-batch", pk)
    initial = {
        "number": number,
        "day": request.GET.get("day"),
        **typed_before(batch, place, number),
    }
    form = TypingForm(initial=initial, batch=batch, place=place)
    return show_typing(request, batch, place, form)


NOTHING_LEFT = {
    FIRST: gettext_lazy("Semua lembar tumpukan ini sudah diketik pertama kali."),
    SECOND: gettext_lazy("Tidak ada lembar yang menunggu ketikan kedua."),
}


def typed_before(batch: PaperBatch, place: int, number: int) -> dict[str, Any]:
    """Of the first pass: all of it to correct it, but for the second pass the suggestion only."""
    sheet = batch.sheets.filter(number=number, verified_at__isnull=True).first()
    first = sheet.typing(FIRST) if sheet else None
    if first is None:
        return {}
    if place == SECOND:
        return {"suggestion": first.suggestion}
    fields = ("answers", "profile", "day", "suggestion")
    return {name: getattr(first, name) for name in fields}


def keep(batch: PaperBatch, place: int, form: TypingForm, request: StaffRequest) -> PaperSheet:
    act = batch.type_first if place == FIRST else batch.type_again
    return act(form.cleaned_data["number"], form.values(), by=request.user)


def after_typing(
    request: StaffRequest, batch: PaperBatch, place: int, sheet: PaperSheet, values: SheetValues
) -> HttpResponse:
    """On to the next sheet; to the differences first when there are some."""
    if place == SECOND and sheet.verified_at is None:
        return redirect("paper-sheet", batch.pk, sheet.number)
    if place == FIRST:
        messages.success(request, _("Lembar %(number)s diketik.") % {"number": sheet.number})
        month = Month.of(values.day)
        if is_closed(batch.office_id, month):
            messages.warning(request, closed_words(month))
    else:
        tell_counted(request, sheet, values)
    address = reverse("paper-typing", args=[batch.pk, place])
    return redirect(f"{address}?day={values.day:%d/%m/%Y}")


def closed_words(month: Month) -> str:
    return _(
        "%(month)s sudah ditutup: lembar ini akan dihitung pada bulan terbuka berikutnya, dengan "
        "tanggalnya sendiri tetap dicatat."
    ) % {"month": numbers.month(month)}


def tell_counted(request: StaffRequest, sheet: PaperSheet, values: SheetValues) -> None:
    own = sheet.moved_from(values.day)
    told = {"number": sheet.number, "month": numbers.month(Month.of(sheet.month))}  # type: ignore[arg-type]
    if own is None:
        messages.success(request, _("Lembar %(number)s dihitung pada %(month)s.") % told)
    else:
        messages.warning(
            request,
            _("Lembar %(number)s dihitung pada %(month)s, karena %(own)s sudah ditutup.")
            % {**told, "own": numbers.month(own)},
        )


def show_typing(
    request: StaffRequest, batch: PaperBatch, place: int, form: TypingForm, status: int = 200
) -> HttpResponse:
    context = {
        "batch": batch,
        "place": place,
        "form": form,
        "number": form["number"].value(),
        "is_first": place == FIRST,
        "profile": PROFILE,
    }
    return render(request, "staff/paper_typing.html", context, status=status)


def find_sheet(request: StaffRequest, pk: int, number: int) -> PaperSheet:
    batch = find_batch(request, pk)
    sheet: PaperSheet = get_object_or_404(batch.sheets.select_related("verified_by"), number=number)
    sheet.batch = batch
    return sheet


@staff(may=TEAM_AND_OFFICERS)
def paper_sheet(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """The two readings side by side; one is chosen for each field that differs."""
    sheet = find_sheet(request, pk, number)
    status, chosen, suggestion = 200, {}, ""
    if request.method == "POST":
        chosen = {name: int(value) for name, value in request.POST.items() if value in ("1", "2")}
        suggestion = request.POST.get("suggestion", "")
        try:
            values = sheet.resolve(chosen, suggestion, by=request.user)
        except ValidationError as error:
            status = 422
            messages.error(request, " ".join(error.messages))
        else:
            tell_counted(request, sheet, values)
            return redirect("paper-typing", pk, SECOND)
    second = sheet.typing(SECOND)
    context = {
        "sheet": sheet,
        "batch": sheet.batch,
        "rows": difference_rows(sheet, chosen),
        "first": sheet.typing(FIRST),
        "second": second,
        "suggestion": suggestion if status != 200 else (second.suggestion if second else ""),
        "limit": TEXT_LIMIT,
    }
    return render(request, "staff/paper_sheet.html", context, status=status)


def difference_rows(sheet: PaperSheet, chosen: dict[str, int]) -> list[dict[str, Any]]:
    """Fields that differ, each with its label, both readings in words, and what was chosen."""
    if not sheet.is_different:
        return []
    return [
        {
            "name": name,
            "label": label_of(sheet, name),
            "readings": [
                (place, shown(sheet, name, value), chosen.get(name) == place)
                for place, value in enumerate(both, start=1)
            ],
        }
        for name, both in sheet.differences().items()
    ]


def label_of(sheet: PaperSheet, name: str) -> str:
    if name == "day":
        return _("Tanggal lembar")
    if name.startswith("p_"):
        return next(question.label for question in PROFILE if question.code == name[2:])
    question = sheet.batch.edition.question_list[int(name[1:]) - 1]
    return f"{question.position}. {question.text}"


def shown(sheet: PaperSheet, name: str, value: str) -> str:
    """A reading in words: `3 – Cepat`, `P – Perempuan`, `5 Oktober 2026`."""
    if name == "day":
        return numbers.day(date.fromisoformat(value))
    if name.startswith("p_"):
        question = next(question for question in PROFILE if question.code == name[2:])
        told = dict(question.choices).get(value, "")
        return f"{value} – {told}" if value != UNKNOWN else _("tidak diisi")
    options = sheet.batch.edition.question_list[int(name[1:]) - 1].options
    return f"{value} – {options[int(value) - 1]}" if value != "0" else _("0 – tidak diisi")


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def paper_clearing(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Take back what was typed of a sheet that is not counted yet."""
    sheet = find_sheet(request, pk, number)
    try:
        sheet.clear(by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(
            request,
            _("Ketikan lembar %(number)s dihapus; ketiklah kembali.") % {"number": number},
        )
    return redirect("paper-batch", pk)


@staff(may=TEAM_AND_OFFICERS)
def paper_forms(request: StaffRequest, pk: int, first: int, last: int) -> HttpResponse:
    """Numbered sheets of a pile to print."""
    batch = find_batch(request, pk)
    if not 1 <= first <= last <= batch.size or last - first >= MOST_COPIES:
        raise Http404
    made = questionnaire(
        batch.service, edition=batch.edition, batch=batch, numbers=range(first, last + 1)
    )
    name = f"lembar-{batch.service.code}-{batch.pk}-{first}-{last}.pdf"
    return download(made, "application/pdf", name)


@staff()
def service_questionnaire(request: StaffRequest, pk: int) -> HttpResponse:
    """One blank sheet to copy."""
    service = find(Service.objects.with_editions(), request, pk=pk)
    name = f"kuesioner-{service.unit.code}-{service.code}.pdf"
    return download(questionnaire(service), "application/pdf", name)


urlpatterns = [
    path("", paper_list, name="paper-list"),
    path("<int:pk>/", paper_batch, name="paper-batch"),
    path("<int:pk>/typing/<int:place>/", paper_typing, name="paper-typing"),
    path("<int:pk>/sheets/<int:number>/", paper_sheet, name="paper-sheet"),
    path("<int:pk>/sheets/<int:number>/clearing", paper_clearing, name="paper-clearing"),
    path("<int:pk>/forms-<int:first>-<int:last>.pdf", paper_forms, name="paper-forms"),
    path("questionnaires/<int:pk>.pdf", service_questionnaire, name="service-questionnaire"),
]
