"""Publication: where the results stand for everyone, and what to print, post and embed of them."""

from __future__ import annotations

from html import escape
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month, Span
from tuntas.models import Medium, Office, Publication, Unit
from tuntas.models.releases import latest_valued, released
from tuntas.models.results import MonthResult
from tuntas.report import MissingFont, poster_results
from tuntas.report.open_data import month_url, page_path
from tuntas.report.poster_results import PIXELS, STYLES, NothingToPublish
from tuntas.report.posters import FORMATS
from tuntas.staff.access import OFFICE_READERS, TEAM, StaffRequest, staff
from tuntas.staff.channels import website
from tuntas.staff.downloads import download
from tuntas.staff.forms import PeriodForm

# Width to height of each picture, so that the page does not jump while it loads.
PREVIEWS = {"regulation": (297, 210), "modern": (210, 297)} | PIXELS


class MaterialForm(PeriodForm):
    """Of which period and which part the posters speak."""

    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        to_field_name="code",
        empty_label=gettext_lazy("Seluruh kantor"),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, office=office, **kwargs)
        self.fields["unit"].queryset = office.units.all()  # type: ignore[attr-defined]


@staff(may=OFFICE_READERS)
def publication_materials(request: StaffRequest) -> HttpResponse:
    """Addresses, data, snippets, and the posters of a period with their previews."""
    office = request.office
    newest = latest_valued(released(office))
    form = asked(request, newest)
    context = {
        "form": form,
        "newest": newest,
        "may_write": bool(request.roles & TEAM),
        "address": office.address,
        "page": settings.PUBLIC_URL + page_path(office.address),
        "feed": settings.PUBLIC_URL + reverse("office-feed", args=[office.address]),
        "data": settings.PUBLIC_URL + reverse("office-data", args=[office.address]),
        "card": card_snippet(office),
        **website(office),
    }
    if form.is_bound and form.is_valid():
        context |= drawn(office, form.cleaned_data["period"], form.cleaned_data["unit"])
    status = 422 if form.errors else 200
    return render(request, "staff/materials.html", context, status=status)


def asked(request: StaffRequest, newest: MonthResult | None) -> MaterialForm:
    """The form as it was sent, else of the newest month; unbound while there is none."""
    period = request.GET.get("period") or (str(newest.month) if newest else "")
    data = {"period": period, "unit": request.GET.get("unit", "")}
    return MaterialForm(data if period else None, office=request.office)


def drawn(office: Office, span: Span, unit: Unit | None) -> dict[str, Any]:
    """The posters of the period, or the sentence why there are none."""
    try:
        with translation.override("id"):
            data = poster_results.content(office, span, unit=unit)
    except NothingToPublish as refusal:
        return {"refusal": str(refusal)}
    query = f"?period={span}" + (f"&unit={unit.code}" if unit else "")
    return {
        "span": span,
        "query": query,
        "caption": poster_results.caption(office, span, data),
        "posters": [
            {
                "style": style,
                "name": name,
                "is_picture": style in PIXELS,
                "width": PREVIEWS[style][0],
                "height": PREVIEWS[style][1],
            }
            for style, name in STYLES.items()
        ],
    }


def card_snippet(office: Office) -> str:
    """The frame for another site: a page of its own that may stand inside others."""
    url = settings.PUBLIC_URL + reverse("office-card", args=[office.address])
    return (
        f'<iframe src="{escape(url)}" title="IKM {escape(office.name)}" width="360" height="250"'
        ' loading="lazy"></iframe>'
    )


@staff(may=OFFICE_READERS)
def publication_material(request: StaffRequest, style: str, format: str) -> HttpResponse:
    """One poster or picture as a file."""
    form = asked(request, latest_valued(released(request.office)))
    if style not in STYLES or format not in FORMATS:
        raise Http404
    if not form.is_valid():
        return redirect("publication-materials")
    span, unit = form.cleaned_data["period"], form.cleaned_data["unit"]
    try:
        made = poster_results.poster(request.office, span, style=style, format=format, unit=unit)
    except (NothingToPublish, MissingFont) as error:
        messages.error(request, str(error))
        return redirect("publication-materials")
    name = poster_results.poster_name(request.office, span, style, format, unit)
    return download(made, FORMATS[format], name)


@require_POST
@staff(may=TEAM)
def publication_page(request: StaffRequest, month: str) -> HttpResponse:
    """Enter the page of a closed month in the register, as published today.

    The page stood there since the closing; today is what the office can vouch for.
    """
    try:
        wanted = Month.parse(month)
    except ValueError:
        raise Http404 from None
    rows = [row for row in released(request.office, [wanted]) if row.closure is not None]
    url = month_url(request.office, wanted)
    if not rows:
        messages.error(request, _("Bulan ini belum ditutup; hasilnya belum terbit."))
    elif request.office.publications.standing().filter(url=url).exists():
        messages.error(request, _("Halaman bulan ini sudah dicatat sebagai publikasi."))
    else:
        record(request, wanted, url)
    return redirect("period", month)


def record(request: StaffRequest, month: Month, url: str) -> None:
    try:
        Publication.register(
            request.office,
            Span(month, month),
            Medium.WEBSITE,
            _("Halaman hasil SKM"),
            request.office.today,
            by=request.user,
            url=url,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Publikasi tercatat."))


urlpatterns = [
    path("", publication_materials, name="publication-materials"),
    path("material-<slug:style>.<slug:format>", publication_material, name="publication-material"),
    path("<str:month>/page", publication_page, name="publication-page"),
]
