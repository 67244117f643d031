"""Jejak audit: who did what to which thing of the office, in words; filter, page, export."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.law.months import Month
from tuntas.models import Event, Office, User
from tuntas.report import numbers, sheets
from tuntas.staff.access import OFFICE_READERS, StaffRequest, staff
from tuntas.staff.downloads import listed
from tuntas.staff.forms import DayField
from tuntas.staff.happened import GROUPS, KINDS, WORDS
from tuntas.staff.paging import KeyPage, key_page

PER_PAGE = 50
NEWEST_FIRST = ("-at", "-id")

# Days whose midnight, and that of the next day, every clock can tell.
IN_REACH = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class AuditFilter(forms.Form):
    """What the list is narrowed to; all may stay empty."""

    group = forms.ChoiceField(label=gettext_lazy("Jenis"), required=False)
    by = forms.ChoiceField(label=gettext_lazy("Oleh"), required=False)
    since = DayField(label=gettext_lazy("Sejak"), required=False, validators=IN_REACH)
    until = DayField(label=gettext_lazy("Sampai"), required=False, validators=IN_REACH)
    action = forms.CharField(required=False, max_length=60)
    about = forms.CharField(required=False, max_length=100)

    def __init__(self, query: Any, office: Office) -> None:
        super().__init__(query)
        self.zone = office.zone
        people = who_acted(office)
        self.fields["group"].choices = [  # type: ignore[attr-defined]
            ("", _("Semua")),
            *((name, label) for name, (label, _starts) in GROUPS.items()),
        ]
        self.fields["by"].choices = [  # type: ignore[attr-defined]
            ("", _("Semua")),
            ("system", _("sistem")),
            *((str(person.pk), person.name) for person in people),
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("since") and found.get("until") and found["since"] > found["until"]:
            self.add_error("until", _("Tanggal akhir lebih awal daripada tanggal awal."))
        return found

    def narrow(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        """The rows it asks for; days are those of the office's own clock."""
        chosen = self.cleaned_data
        if chosen["group"]:
            starts = GROUPS[chosen["group"]][1]
            rows = rows.filter(reduce(or_, (Q(action__startswith=start) for start in starts)))
        if chosen["by"]:
            rows = rows.filter(by=None if chosen["by"] == "system" else chosen["by"])
        if chosen["since"]:
            rows = rows.filter(at__gte=self.midnight(chosen["since"]))
        if chosen["until"]:
            rows = rows.filter(at__lt=self.midnight(chosen["until"] + timedelta(days=1)))
        if chosen["action"]:
            rows = rows.filter(action__startswith=chosen["action"])
        if chosen["about"]:
            rows = rows.filter(about=chosen["about"])
        return rows

    def midnight(self, day: Any) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)


def who_acted(office: Office) -> QuerySet[User]:
    """People with at least one event in this office; asked person by person, not event by event."""
    acted = Event.objects.filter(by=OuterRef("pk"), office=office)
    return User.objects.filter(Exists(acted)).order_by("name", "pk")


@dataclass(frozen=True)
class Line:
    """One event in words."""

    at: datetime
    who: str
    words: str
    action: str
    noun: str
    thing: str
    about: str
    page: str  # its address, empty where there is none
    details: dict[str, Any]


def lines(rows: Iterable[Event], office: Office) -> list[Line]:
    """Events in words; the names of the things are read with one query for each kind."""
    events = list(rows)
    known = things({event.about for event in events}, office)
    names = names_of(events)
    found = []
    for event in events:
        model, _sign, key = event.about.partition(":")
        kind = KINDS.get(model)
        name, page = known.get(event.about, (f"#{key}", ""))
        found.append(
            Line(
                event.at,
                who(event, names),
                str(WORDS.get(event.action, event.action)),
                event.action,
                str(kind.noun) if kind else model,
                name,
                event.about,
                page,
                event.details,
            )
        )
    return found


def names_of(events: list[Event]) -> dict[int, str]:
    """Names of the people on leave for whom somebody acted."""
    keys = {key for event in events for key in event.details.get("stands_in_for", ())}
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}


def who(event: Event, names: dict[int, str]) -> str:
    """Who did it, and whose roles that person held at the moment beside the own ones."""
    if event.by is None:
        return _("sistem")
    lenders = [names[key] for key in event.details.get("stands_in_for", ()) if key in names]
    if not lenders:
        return event.by.name
    return _("%(name)s (saat itu pengganti %(lenders)s)") % {
        "name": event.by.name,
        "lenders": ", ".join(lenders),
    }


def things(abouts: set[str], office: Office) -> dict[str, tuple[str, str]]:
    """Name and page by `model:key`, of things that are still there and belong to the office."""
    keys: dict[str, list[str]] = defaultdict(list)
    for about in abouts:
        model, _sign, key = about.partition(":")
        if model in KINDS and key.isdecimal() and len(key) < 19:
            keys[model].append(key)
    found = {}
    for model, wanted in keys.items():
        kind, of_model = KINDS[model], apps.get_model("tuntas", model)
        rows = of_model._default_manager.filter(pk__in=wanted)
        if any(field.name == "office" for field in of_model._meta.fields):
            rows = rows.filter(office=office)
        for key, value, place in rows.values_list("pk", kind.name or "pk", kind.key):
            name = called(value) if kind.name else f"#{key}"
            page = reverse(kind.page, args=[as_month(place)]) if kind.page else ""
            found[f"{model}:{key}"] = (name, page)
    return found


def called(value: Any) -> str:
    """A name short enough for a line of a list; a month by its name."""
    if isinstance(value, date):
        return numbers.month(Month.of(value))
    return Truncator(str(value)).chars(80)


def as_month(value: Any) -> Any:
    """What stands in an address: a month as `2026-09`, all else as it is."""
    return str(Month.of(value)) if isinstance(value, date) else value


# -- views -----------------------------------------------------------------------------------------


@staff(may=OFFICE_READERS)
def audit(request: StaffRequest) -> HttpResponse:
    form = AuditFilter(request.GET, request.office)
    page: KeyPage[Event] = KeyPage([], "", "")
    if form.is_valid():
        page = key_page(form.narrow(events(request)), NEWEST_FIRST, request.GET, PER_PAGE)
    shown = lines(page, request.office)
    kept = request.GET.copy()
    for name in ("before", "after"):
        kept.pop(name, None)
    context = {
        "form": form,
        "lines": shown,
        "page": page,
        "kept": kept.urlencode(),
        "is_narrowed": any(kept.values()),
        "about": shown[:1] if request.GET.get("about") else [],
        "most": sheets.MOST_IN_XLSX,
    }
    return render(request, "staff/audit.html", context, status=200 if form.is_valid() else 422)


@staff(may=OFFICE_READERS)
def audit_file(request: StaffRequest, format: str) -> HttpResponseBase:
    """The narrowed list as a file. Who takes it stands in the list from now on."""
    if format not in sheets.TYPES:
        raise Http404
    form = AuditFilter(request.GET, request.office)
    if not form.is_valid():
        return audit(request)
    rows = form.narrow(events(request)).order_by(*NEWEST_FIRST)
    if format == "xlsx" and rows[: sheets.MOST_IN_XLSX + 1].count() > sheets.MOST_IN_XLSX:
        form.add_error(None, _("Terlalu banyak baris untuk XLSX; persempit atau unduh CSV."))
        context = {"form": form, "kept": request.GET.urlencode(), "is_narrowed": True}
        return render(request, "staff/audit.html", context, status=422)
    chosen = {name: str(value) for name, value in form.cleaned_data.items() if value}
    taken = Event.record(
        "audit.exported",
        by=request.user,
        about=request.office,
        office=request.office,
        format=format,
        filter=chosen,
    )
    rows = rows.filter(pk__lt=taken.pk)  # the export itself is not in it
    heads = [_("Waktu"), _("Oleh"), _("Tindakan"), _("Kode tindakan"), _("Tentang"), _("Nama")]
    heads += [_("Kunci"), _("Rincian")]
    name = f"jejak-audit-{request.office.code}.{format}"
    table = cells(rows, request.office, form.zone)
    return listed(format, _("Jejak audit"), heads, table, name)


def events(request: StaffRequest) -> QuerySet[Event]:
    return Event.objects.filter(office=request.office).select_related("by")


def cells(rows: QuerySet[Event], office: Office, zone: ZoneInfo) -> Iterator[list[str]]:
    """Lines of the file, a few hundred events at a time."""
    batch: list[Event] = []
    for event in rows.iterator(chunk_size=500):
        batch.append(event)
        if len(batch) == 500:
            yield from rows_of(batch, office, zone)
            batch = []
    yield from rows_of(batch, office, zone)


def rows_of(batch: list[Event], office: Office, zone: ZoneInfo) -> Iterator[list[str]]:
    for line in lines(batch, office):
        details = json.dumps(line.details, ensure_ascii=False) if line.details else ""
        at = line.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
        yield [at, line.who, line.words, line.action, line.noun, line.thing, line.about, details]


urlpatterns = [
    path("settings/audit/", audit, name="audit"),
    path("settings/audit.<str:format>", audit_file, name="audit-file"),
]
