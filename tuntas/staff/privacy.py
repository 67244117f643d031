"""Protection of personal data: the notice, rules of retention, erasing words, and the record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas import processing
from tuntas.models import Cause, Feedback, PrivacyNotice, RetentionChoice, TextErasure
from tuntas.models.erased import Erased
from tuntas.models.erasures import has_words
from tuntas.models.privacy import NOTICE_LIMIT, notice_at
from tuntas.models.retention import overview
from tuntas.report.sheets import as_csv
from tuntas.staff.access import OFFICE_READERS, TEAM, StaffRequest, find, staff
from tuntas.staff.downloads import download
from tuntas.staff.forms import DayField, place_errors
from tuntas.typed import whole

SHOWN = 50

MOST_KEPT = 99_999  # days or months; who wants more wants for ever


class NoticeForm(forms.Form):
    """A text for every language of the public pages; Indonesian has to be there."""

    from_on = DayField(
        label=gettext_lazy("Berlaku sejak"),
        required=False,
        help_text=gettext_lazy("Kosongkan untuk berlaku sekarang."),
    )

    def __init__(self, data: Any = None, *, texts: dict[str, str]) -> None:
        super().__init__(data)
        for code, name in settings.PUBLIC_LANGUAGES.items():
            self.fields[code] = forms.CharField(
                label=name,
                required=code == "id",
                max_length=NOTICE_LIMIT,
                initial=texts.get(code, ""),
                help_text=_("Baris yang diawali # menjadi judul.") if code == "id" else "",
                widget=forms.Textarea(attrs={"rows": 14, "lang": code}),
            )
        self.order_fields([*settings.PUBLIC_LANGUAGES, "from_on"])


class ErasureForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Alasan, tanpa mengulang tulisan itu"), max_length=300
    )


@staff(may=TEAM)
def notice_edit(request: StaffRequest) -> HttpResponse:
    """The notice that holds, and those before; POST publishes the next version."""
    office, now = request.office, timezone.now()
    standing = notice_at(office, now)
    form = NoticeForm(request.POST or None, texts=standing.texts)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            row = PrivacyNotice.publish(
                office, from_on=data.pop("from_on"), texts=data, by=request.user
            )
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Versi %(n)s tersimpan.") % {"n": row.version})
            return redirect("privacy-settings")
    context = {
        "form": form,
        "standing": standing,
        "address": office.address,
        "rows": office.privacy_notices.select_related("by"),
        "now": now,
    }
    status = 422 if form.errors else 200
    return render(request, "staff/privacy_notice.html", context, status=status)


@staff(may=OFFICE_READERS)
def retention_page(request: StaffRequest) -> HttpResponse:
    """Each rule, what is due, and what was erased when: numbers only."""
    return show_retention(request)


def show_retention(
    request: StaffRequest, *, refused: str = "", kind: str = "", status: int = 200
) -> HttpResponse:
    office = request.office
    causes = dict(Cause.choices)
    counts = {cause: office_erasures(request, cause) for cause in causes}
    context = {
        "rows": overview(office, timezone.now()),
        "history": Erased.objects.filter(office=office)[:SHOWN],
        "causes": [(causes[cause], n) for cause, n in counts.items() if n],
        "may_choose": bool(request.roles & TEAM),
        "refused": refused,
        "refused_kind": kind,
    }
    return render(request, "staff/retention.html", context, status=status)


def office_erasures(request: StaffRequest, cause: str) -> int:
    return TextErasure.objects.filter(feedback__office=request.office, cause=cause).count()


@require_POST
@staff(may=TEAM)
def retention_choice(request: StaffRequest, kind: str) -> HttpResponse:
    """Keep a kind for so long, or for ever."""
    text = request.POST.get("amount", "").strip()
    try:
        for_ever = request.POST.get("act") == "keep"
        amount = None if for_ever else whole(text)
        if not for_ever and (amount is None or amount > MOST_KEPT):
            raise ValidationError(_("Isi lamanya dengan bilangan bulat."))
        RetentionChoice.choose(request.office, kind, amount, by=request.user)
    except ValidationError as error:
        return show_retention(request, refused=" ".join(error.messages), kind=kind, status=422)
    messages.success(request, _("Aturan retensi tersimpan."))
    return redirect("retention")


@staff(may=TEAM)
def feedback_erasure(request: StaffRequest, pk: int) -> HttpResponse:
    """Erase what a citizen wrote, with a reason; the page first says what stays."""
    row = find(Feedback.objects.select_related("office", "split_from"), request, pk=pk)
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            TextErasure.make(row, Cause.OFFICE, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Tulisan dihapus. Hitungan dan bukti tidak berubah."))
            return redirect("feedback", pk)
    main = row.split_from or row
    context = {"form": form, "feedback": row, "has_words": has_words(main)}
    status = 422 if form.errors else 200
    return render(request, "staff/feedback_erasure.html", context, status=status)


@staff(may=OFFICE_READERS)
def processing_record(request: StaffRequest) -> HttpResponse:
    """The record of processing activities (UU 27/2022 Article 31)."""
    context = {"rows": processing.record_of(request.office)}
    return render(request, "staff/processing.html", context)


@staff(may=OFFICE_READERS)
def processing_file(request: StaffRequest) -> HttpResponse:
    """The same as CSV, for the office's own register."""
    heads = [
        _("Kegiatan"), _("Tujuan"), _("Dasar"), _("Subjek data"), _("Penerima"),
        _("Data pribadi"), _("Mungkin memuat data pribadi"), _("Retensi"),
    ]  # fmt: skip
    rows = [
        [
            str(each.activity.name), str(each.activity.purpose), str(each.activity.basis),
            str(each.activity.subjects), str(each.activity.recipients), ", ".join(each.personal),
            ", ".join(each.perhaps), "; ".join(map(retention_words, each.rules)),
        ]
        for each in processing.record_of(request.office)
    ]  # fmt: skip
    name = f"catatan-pemrosesan-{request.office.code}.csv"
    return download(as_csv(heads, rows), "text/csv; charset=utf-8", name)


def retention_words(rule: Any) -> str:
    amount = _("disimpan") if rule.amount is None else f"{rule.amount} {rule.unit}"
    return f"{rule.name}: {amount}, {rule.since}"


urlpatterns = [
    path("settings/privacy/", notice_edit, name="privacy-settings"),
    path("settings/privacy/retention/", retention_page, name="retention"),
    path("settings/privacy/retention/<slug:kind>", retention_choice, name="retention-choice"),
    path("settings/privacy/processing/", processing_record, name="processing"),
    path("settings/privacy/processing.csv", processing_file, name="processing-file"),
    path("feedback/<int:pk>/erasure/", feedback_erasure, name="feedback-erasure"),
]
