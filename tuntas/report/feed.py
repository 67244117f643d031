"""An Atom feed (RFC 4287) of the released months: one entry a month, whose id never changes."""

from __future__ import annotations

from datetime import UTC, datetime, time
from xml.etree import ElementTree

from django.conf import settings

from tuntas.models import Office
from tuntas.models.results import MonthResult
from tuntas.report import numbers
from tuntas.report.badge import badge_words
from tuntas.report.open_data import page_path

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 60
# A feed without any entry must bear a moment too.
BEGINNING = datetime(2017, 5, 9, tzinfo=UTC)


def atom(office: Office, rows: list[MonthResult]) -> bytes:
    """`rows`: the released months, oldest first; those without any answer are no news."""
    ElementTree.register_namespace("", NAMESPACE)
    address, news = office.address, [row for row in rows if row.converted is not None]
    home = f"{settings.PUBLIC_URL}{page_path(address)}"
    feed = ElementTree.Element(f"{{{NAMESPACE}}}feed", {"xml:lang": "id"})
    add(feed, "id", home)
    add(feed, "title", f"Hasil Survei Kepuasan Masyarakat {office.name}")
    add(feed, "updated", stamp(max((moment_of(row) for row in news), default=BEGINNING)))
    add(add(feed, "author"), "name", office.name)
    add(feed, "link", rel="alternate", type="text/html", href=home)
    add(feed, "link", rel="self", type="application/atom+xml", href=f"{home}feed.atom")
    add(feed, "generator", "Tuntas")
    for row in reversed(news[-MOST_ENTRIES:]):
        url = f"{settings.PUBLIC_URL}{page_path(address, row.month)}"
        entry = add(feed, "entry")
        add(entry, "id", url)
        add(entry, "title", f"IKM {numbers.month(row.month)}: {numbers.number(row.converted)}")
        add(entry, "updated", stamp(moment_of(row)))
        add(entry, "link", rel="alternate", type="text/html", href=url)
        add(entry, "summary", f"{summary(row)}.", type="text")
    text: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text


def add(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    found = ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        found.text = text
    return found


def moment_of(row: MonthResult) -> datetime:
    """When the value was fixed; of a value published elsewhere only its month is known."""
    if row.closure is not None:
        return row.closure.at
    return datetime.combine(row.month.last_day, time(), tzinfo=UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def summary(row: MonthResult) -> str:
    words = f"Indeks Kepuasan Masyarakat {badge_words(row)}"
    if row.grade:
        words += f"; kinerja {row.grade.performance.lower()}"
    if row.result and row.result.interval95:
        low, high = row.result.interval95
        words += f"; selang kepercayaan 95% {numbers.number(low)}–{numbers.number(high)}"
    return words
