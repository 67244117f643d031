"""Filters that turn numbers, dates and months into the text people read, and the staff menu."""

from __future__ import annotations

import base64
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tuntas.law.change import DOWN, NOISE, UNKNOWN, UP, Change
from tuntas.law.elements import element
from tuntas.law.months import Month, Span
from tuntas.models import Role
from tuntas.report import numbers

register = template.Library()


def known(value: Any) -> Any:
    """None for what a template did not find, which it passes on as an empty text."""
    return None if value == "" else value


@register.filter
def number(value: Any, places: int = 2) -> str:
    return numbers.number(known(value), places)


@register.filter
def whole(value: int | None) -> str:
    return numbers.number(known(value), 0)


@register.filter
def percent(value: Fraction | None) -> str:
    return numbers.percent(known(value))


@register.filter
def weight(value: str) -> str:
    """The weight of an element as an office knows it: `1/n`, `0,111`, `0,11` or its own."""
    if value == "own":
        return _("sendiri")
    return "1/n" if value == "exact" else numbers.number(Fraction(value), len(value) - 2)


@register.filter
def day(value: date | datetime | None) -> str:
    """`21 Agustus 2023`, in the current time zone when it has a time."""
    return numbers.day(timezone.localtime(value).date() if isinstance(value, datetime) else value)


@register.filter
def moment(value: datetime | None) -> str:
    """`21 Agustus 2023 14.05`."""
    return f"{day(value)} {timezone.localtime(value):%H.%M}" if value else "–"


@register.filter
def month(value: Any) -> str:
    """`Januari 2023` of a Month, a date or None."""
    if not value:
        return "–"
    return numbers.month(value if isinstance(value, Month) else Month.of(value))


@register.filter
def span_words(value: Span) -> str:
    """`Januari–Maret 2023`."""
    return numbers.span(value)


@register.filter
def element_name(code: str) -> str:
    return element(code).name if code else "–"


@register.filter
def interval(value: tuple[Fraction, Fraction] | None) -> str:
    """`86,10–90,20`."""
    return f"{numbers.number(value[0])}–{numbers.number(value[1])}" if value else "–"


@register.filter
def due(value: date | None) -> str:
    """`hari ini`, `3 hari lagi`, `terlambat 2 hari`."""
    if value is None:
        return "–"
    days = (value - timezone.localdate()).days
    if days == 0:
        return _("hari ini")
    if days > 0:
        return ngettext("%(days)s hari lagi", "%(days)s hari lagi", days) % {"days": days}
    return ngettext("terlambat %(days)s hari", "terlambat %(days)s hari", -days) % {"days": -days}


@register.filter
def flag_words(flags: tuple[str, ...] | None) -> list[str]:
    """Sentences for the flags of an index."""
    words = {
        "indicative": _("Kurang dari 30 jawaban: nilai bersifat indikatif."),
        "element-unanswered": _("Ada unsur tanpa jawaban; bobotnya dibagi ke unsur lain."),
        "fees-omitted": _("Unsur biaya/tarif tidak ditanyakan; ini menyimpang dari peraturan."),
        "weights-extended": _("Bobot 0,111/0,11 dipakai untuk jumlah unsur selain sembilan."),
    }
    return [words[flag] for flag in flags or () if flag in words]


@register.filter
def in_days(value: Fraction | None) -> str:
    """`2,5 hari` of exact days; an en dash for None."""
    if known(value) is None:
        return "–"
    return _("%(days)s hari") % {"days": numbers.number(value, 1)}


@register.filter
def change_words(change: Change | None) -> str:
    """`+1,25 terhadap bulan sebelumnya: dalam batas derau`."""
    if not change:
        return "–"
    verdicts = {
        NOISE: _("dalam batas derau, belum dapat disebut naik atau turun"),
        UP: _("naik, di luar batas derau"),
        DOWN: _("turun, di luar batas derau"),
        UNKNOWN: _("tidak dapat dinilai, karena salah satu bulan tanpa selang"),
    }
    sign = "+" if change.difference > 0 else "−" if change.difference < 0 else ""
    shown = f"{sign}{numbers.number(abs(change.difference))}"
    return _("%(difference)s terhadap bulan sebelumnya: %(verdict)s") % {
        "difference": shown,
        "verdict": verdicts[change.verdict],
    }


@register.filter
def citizen_text(value: str) -> str:
    """What a citizen wrote, or that it was erased."""
    return value or _("[tulisan dihapus]")


@register.filter
def data_url(svg: str) -> SafeString:
    """An SVG picture as the address of an image, so that no markup enters the page."""
    encoded = base64.b64encode(svg.encode()).decode()
    return mark_safe(f"data:image/svg+xml;base64,{encoded}")  # noqa: S308  # base64 only


MENU = (
    ("home", _("Beranda")),
    ("overview", _("Pemantauan")),
    ("rollup", _("Gabungan")),
    ("feedback-list", _("Masukan")),
    ("plan-list", _("Rencana aksi")),
    ("period-list", _("Periode")),
    ("analysis", _("Analisis")),
    ("publication-materials", _("Publikasi")),
    ("report-list", _("Laporan")),
    ("service-list", _("Layanan")),
    ("office-settings", _("Pengaturan")),
    ("audit", _("Jejak audit")),
    ("office-choice", _("Pilih kantor")),
)
# What somebody who sees one unit only may not open.
FOR_READERS = {"overview", "publication-materials", "report-list", "audit"}


@register.inclusion_tag("parts/menu.html", takes_context=True)
def menu(context: template.Context) -> dict[str, Any]:
    """The entries this person may open; the current one is marked."""
    request = context["request"]
    roles: set[str] = getattr(request, "roles", set())
    entries = []
    for name, label in MENU:
        if not is_offered(request, name, roles):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        entries.append({"url": url, "label": _(label), "is_current": is_inside(request, url)})
    return {"entries": entries}


def is_offered(request: Any, name: str, roles: set[str]) -> bool:
    """Whether the menu of somebody in these roles has this entry."""
    if name == "office-settings":
        return Role.SURVEY_TEAM in roles
    if name == "rollup":
        return is_above_others(request, roles)
    if name == "office-choice":
        return sees_others(request, roles)
    if name == "audit" and Role.SURVEY_TEAM in roles:  # has it under the settings
        return False
    return name not in FOR_READERS or bool(roles - {Role.UNIT_OFFICER})


def sees_others(request: Any, roles: set[str]) -> bool:
    """Whether this person may see an office beside the current one, and so must find the way to it
    and back."""
    if not roles:
        return False
    elsewhere = request.user.reach.member - {request.office.pk}
    return Role.MINISTRY in roles or bool(elsewhere)


def is_above_others(request: Any, roles: set[str]) -> bool:
    """Whether this person reads the whole office and it has others below."""
    reads = bool(roles - {Role.UNIT_OFFICER})
    return reads and bool(
        request.office.children.exists() or request.office.outside_offices.exists()
    )


def is_inside(request: Any, url: str) -> bool:
    return bool(request.path == url or (url != "/" and request.path.startswith(url)))


@register.inclusion_tag("parts/field.html")
def field(bound: Any, hint: str = "") -> dict[str, Any]:
    """A form field with its label, hint and error; every form of the staff pages uses it."""
    return {"field": bound, "hint": hint or bound.help_text}


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, number: int) -> str:
    """The current address with another page number."""
    query = context["request"].GET.copy()
    query["page"] = number
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def mark_url(context: template.Context, way: str, mark: str) -> str:
    """The current address with the page after (or before) a mark."""
    query = context["request"].GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    query[way] = mark
    return f"?{query.urlencode()}"
