"""The register of publications, and the PEKPPP self-score that reads it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month
from tuntas.law.pekppp import FIRST_YEAR
from tuntas.models import Publication
from tuntas.models.evaluations import Indicator, evaluate
from tuntas.models.publications import Medium
from tuntas.staff.access import OFFICE_READERS, TEAM, StaffRequest, find, staff
from tuntas.staff.downloads import kept_file
from tuntas.staff.forms import DayField, SpanField, SpanForm, place_errors
from tuntas.typed import whole

PER_PAGE = 25


class PublicationForm(SpanForm):
    span = SpanField()
    kind = forms.ChoiceField(label=gettext_lazy("Jenis media"), choices=Medium.choices)
    name = forms.CharField(
        label=gettext_lazy("Nama media"),
        max_length=200,
        help_text=gettext_lazy("Misalnya papan pengumuman loket, Instagram kantor, situs resmi."),
    )
    on = DayField(label=gettext_lazy("Tanggal terbit"))
    url = forms.URLField(
        label=gettext_lazy("Tautan bukti"), required=False, assume_scheme="https", max_length=500
    )
    file = forms.FileField(
        label=gettext_lazy("Berkas bukti"),
        required=False,
        help_text=gettext_lazy("Foto atau tangkapan layar."),
    )

    def clean_file(self) -> Any:
        """Refused by its size before anything of it is read."""
        upload = self.cleaned_data["file"]
        if upload and upload.size > settings.EVIDENCE_MAX_BYTES:
            most = settings.EVIDENCE_MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(
                _("Berkas terlalu besar; paling banyak %(most)s MB.") % {"most": most}
            )
        return upload


@staff(may=OFFICE_READERS)
def publication_list(request: StaffRequest) -> HttpResponse:
    """Where each result was published; POST registers one."""
    may_write = bool(request.roles & TEAM)
    form = PublicationForm(request.POST or None, request.FILES or None, office=request.office)
    if request.method == "POST" and not may_write:
        return render(request, "403.html", status=403)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        upload = data.pop("file")
        file = (upload.name, upload.read()) if upload else None
        try:
            Publication.register(request.office, by=request.user, file=file, **data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Publikasi tercatat."))
            return redirect("publication-list")
    rows = Publication.objects.visible_to(request.user).filter(office=request.office)
    context = {
        "page": Paginator(rows.select_related("by", "withdrawn_by"), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "form": form,
        "may_write": may_write,
    }
    status = 422 if form.errors else 200
    return render(request, "staff/publication_list.html", context, status=status)


@require_POST
@staff(may=TEAM)
def publication_withdrawal(request: StaffRequest, pk: int) -> HttpResponse:
    row: Publication = find(Publication.objects.all(), request, pk=pk)
    try:
        row.withdraw(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Catatan ditarik; tidak dihitung lagi."))
    return redirect("publication-list")


@staff(may=OFFICE_READERS)
def publication_proof(request: StaffRequest, pk: int) -> FileResponse:
    """The kept proof, always as a download."""
    row: Publication = find(Publication.objects.exclude(sha256=""), request, pk=pk)
    return kept_file(row)


@staff(may=OFFICE_READERS)
def pekppp_page(request: StaffRequest) -> HttpResponse:
    """The self-score of one survey year, each number with what supports it."""
    this_year = Month.of(request.office.today).year
    asked = request.GET.get("year", "")
    year = whole(asked) or this_year
    year = min(max(year, FIRST_YEAR), this_year)
    found = evaluate(request.office, year)
    context = {
        "evaluation": found,
        "year": year,
        "next_year": year + 1,
        "years": range(this_year, FIRST_YEAR - 1, -1),
        "rows": [{"indicator": row, "proofs": linked(row)} for row in found.indicators],
    }
    return render(request, "staff/pekppp.html", context)


def linked(indicator: Indicator) -> list[dict[str, Any]]:
    addresses = {
        "plan": lambda key: reverse("plan", args=[key]),
        "period": lambda key: reverse("period", args=[key]),
        "publication": lambda key: f"{reverse('publication-list')}#terbit-{key}",
    }
    return [
        {"url": addresses[proof.kind](proof.key), "words": proof.words}
        for proof in indicator.proofs
    ]


urlpatterns = [
    path("register/", publication_list, name="publication-list"),
    path("pekppp/", pekppp_page, name="pekppp"),
    path("<int:pk>/withdrawal", publication_withdrawal, name="publication-withdrawal"),
    path("<int:pk>/proof", publication_proof, name="publication-proof"),
]
