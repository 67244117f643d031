"""The office's stationery: letterhead, logo, paper, numbering and rank of the signatory."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.models import Office, Stationery
from tuntas.models.evidence import sniff
from tuntas.models.reports import SHORT_NAMES, ReportKind
from tuntas.models.stationery import NUMBER_PLACES
from tuntas.report import preview
from tuntas.staff.access import TEAM, StaffRequest, staff
from tuntas.staff.forms import place_errors

UPLOAD_MAX_MB = 2
PICTURES = ("image/png", "image/jpeg")
FIELDS = ("letterhead", "number_pattern", "signatory_rank", "paper")


class StationeryForm(forms.ModelForm):  # type: ignore[type-arg]
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG atau JPEG, paling besar 2 MB; gambar digambar ulang."),
    )
    without_logo = forms.BooleanField(label=gettext_lazy("Hapus logo"), required=False)

    class Meta:
        model = Stationery
        fields = FIELDS
        widgets = {"letterhead": forms.Textarea({"rows": 5})}
        help_texts = {
            "letterhead": gettext_lazy(
                "Paling banyak enam baris; baris pertama dicetak besar. Kosongkan bila tanpa kop."
            ),
            "number_pattern": gettext_lazy(
                "Misalnya {urut}/SKM/{kode}/{romawi}/{tahun}. Kosongkan bila nomor diberikan di luar "
                "sistem. Draf tidak diberi nomor."
            ),
            "signatory_rank": gettext_lazy("Dicetak di bawah nama penanda tangan."),
        }

    def clean_logo_file(self) -> bytes:
        """The logo drawn anew; what was uploaded is never kept."""
        upload = self.cleaned_data["logo_file"]
        if not upload:
            return b""
        if upload.size > UPLOAD_MAX_MB * 1024 * 1024:
            raise forms.ValidationError(
                _("Berkas terlalu besar; paling banyak %(most)s MB.") % {"most": UPLOAD_MAX_MB}
            )
        content = upload.read()
        try:
            kind = sniff(content)
        except ValidationError:
            kind = ""
        drawn = preview.picture(content, kind) if kind in PICTURES else None
        if drawn is None:
            raise forms.ValidationError(
                _("Logo tidak dapat dibaca. Unggah gambar PNG atau JPEG (SVG tidak diterima).")
            )
        return drawn

    def _post_clean(self) -> None:
        """Checked by the stationery's verb."""


@staff(may=TEAM)
def stationery_page(request: StaffRequest) -> HttpResponse:
    rules = Stationery.of(request.office)
    form = StationeryForm(request.POST or None, request.FILES or None, instance=rules)
    if request.method == "POST" and form.is_valid():
        try:
            save(rules, form.cleaned_data, by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(
                request, _("Pengaturan dokumen tersimpan; laporan berikutnya memakainya.")
            )
            return redirect("stationery")
    kept = Stationery.of(request.office)
    context = {
        "form": form,
        "logo": kept.logo_text,
        "places": NUMBER_PLACES.items(),
        "example": example_of(kept, request.office),
    }
    return render(request, "staff/stationery.html", context, status=422 if form.errors else 200)


def save(rules: Stationery, data: dict[str, Any], *, by: Any) -> None:
    """Raises ValidationError; then nothing of it is kept."""
    rules.change(by=by, **{name: data[name] for name in FIELDS})
    if data["without_logo"]:
        rules.put_logo(b"", by=by)
    elif data["logo_file"]:
        rules.put_logo(data["logo_file"], by=by)


def example_of(rules: Stationery, office: Office) -> str:
    """The number the first report of the year would bear."""
    if not rules.number_pattern:
        return ""
    return rules.number(1, SHORT_NAMES[ReportKind.MONTHLY], office.today)


urlpatterns = [path("settings/stationery/", stationery_page, name="stationery")]
