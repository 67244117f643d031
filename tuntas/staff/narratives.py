"""The office's own wording of its reports: read, write, preview, and go back to the default."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.law.months import Month, Span
from tuntas.models import NarrativeTemplate, Office, ReportKind
from tuntas.models.results import last_closed
from tuntas.report import followup, monthly, narrative, numbers
from tuntas.report.content import Block, blocks
from tuntas.report.findings import gather
from tuntas.report.narrative import WORDINGS, Wording
from tuntas.staff.access import TEAM, StaffRequest, staff


@staff(may=TEAM)
def narrative_list(request: StaffRequest) -> HttpResponse:
    """Every section's wording: the default, or the office's own."""
    kinds = []
    for kind, wording in WORDINGS.items():
        own = NarrativeTemplate.current(request.office, kind)
        sections = [
            {
                "name": name,
                "title": title,
                "text": own.get(name, wording.defaults[name]),
                "is_own": own.get(name, wording.defaults[name]) != wording.defaults[name],
            }
            for name, title in wording.sections.items()
        ]
        kinds.append({"kind": kind, "label": ReportKind(kind).label, "sections": sections})
    return render(request, "staff/narrative_list.html", {"kinds": kinds})


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
    kind = ReportKind.FOLLOW_UP.value

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()
        problems = narrative.check(text, self.kind)
        if problems:
            raise forms.ValidationError(problems)
        return text


@staff(may=TEAM)
def narrative_page(request: StaffRequest, kind: str, section: str) -> HttpResponse:
    """One section: POST saves a new version, shows a preview, or goes back to the default."""
    wording = WORDINGS.get(kind)
    if wording is None or section not in wording.sections:
        raise Http404
    own = NarrativeTemplate.current(request.office, kind)
    current = own.get(section, wording.defaults[section])
    form = NarrativeForm(request.POST or None, initial={"text": current})
    form.kind = kind
    if request.method == "POST" and "default" in request.POST:
        return save(request, kind, section, wording.defaults[section], current)
    shown: tuple[Block, ...] = ()
    span = preview_span(request.office)
    if request.method == "POST" and form.is_valid():
        if "preview" not in request.POST:
            return save(request, kind, section, form.cleaned_data["text"], current)
        words = words_for(kind, request.office, span)
        shown = blocks(narrative.fill(form.cleaned_data["text"], words))
    context = page_context(request.office, kind, section, wording)
    context |= {
        "form": form,
        "is_default": current == wording.defaults[section],
        "preview": shown,
        "preview_span": numbers.span(span),
    }
    return render(request, "staff/narrative.html", context, status=422 if form.errors else 200)


def page_context(office: Office, kind: str, section: str, wording: Wording) -> dict[str, object]:
    versions = NarrativeTemplate.objects.filter(office=office, kind=kind, section=section)
    return {
        "title": wording.sections[section],
        "kind": ReportKind(kind).label,
        "placeholders": wording.placeholders.items(),
        "default": wording.defaults[section],
        "versions": versions.select_related("by")[:20],
    }


def save(request: StaffRequest, kind: str, section: str, text: str, current: str) -> HttpResponse:
    if text != current:
        NarrativeTemplate.write(request.office, kind, section, text, by=request.user)
    messages.success(request, _("Teks tersimpan; laporan berikutnya memakainya."))
    return redirect("narrative-list")


def preview_span(office: Office) -> Span:
    """The last closed month; before the first closure the month that is over."""
    closed = last_closed(office)
    month = closed.month if closed else Month.of(office.today) + -1
    return Span(month, month)


def words_for(kind: str, office: Office, span: Span) -> dict[str, str]:
    """What the places stand for in a preview: the office's own figures of the span."""
    if kind == ReportKind.MONTHLY:
        return monthly.words_of(gather(office, span, office.today))
    return followup.words_of(office, span, office.today)


urlpatterns = [
    path("narrative/", narrative_list, name="narrative-list"),
    path("narrative/<str:kind>/<str:section>/", narrative_page, name="narrative"),
]
