"""The result of a span as a sheet for the wall or a picture for social media.

    png = poster(office, Span.parse("2023-S1"), style="square", format="png")

`regulation` is the format of PermenPANRB 14/2017, Lampiran IV, field by field; the others say the
same in the look of today. Only released results are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone, translation

from tuntas.law.grades import Grade, grade_of
from tuntas.law.months import Span
from tuntas.law.profile import PUBLISHED_EDUCATION
from tuntas.models import Office, Service, Unit
from tuntas.models.releases import (
    NotReleased,
    SpanResult,
    profile_counts,
    span_released,
    unreleased,
)
from tuntas.models.results import service_ids
from tuntas.report import numbers
from tuntas.report.open_data import page_path
from tuntas.report.pdf import PRINT_PPI, typeset
from tuntas.report.posters import FORMATS, qr_svg, typed

# Style to what it is called, and its size: millimetres of paper or pixels of a screen.
STYLES = {
    "regulation": "Poster menurut Lampiran IV (A4 mendatar)",
    "modern": "Poster modern (A4)",
    "square": "Media sosial persegi 1080 × 1080",
    "portrait": "Media sosial tegak 1080 × 1350",
    "link": "Pratinjau tautan 1200 × 630",
}
PIXELS = {"square": (1080, 1080), "portrait": (1080, 1350), "link": (1200, 630)}
EDUCATION = ("SD", "SMP", "SMA", "DIII", "S1", "S2")
UNKNOWN = "–"


class NothingToPublish(Exception):
    """No poster can be made; the message says why and what to do."""


@dataclass(frozen=True)
class Shown:
    """The value of a span, pooled here or published before."""

    converted: Fraction
    grade: Grade
    n: int | None
    result: SpanResult
    source: str = ""

    @property
    def is_historical(self) -> bool:
        return bool(self.source)


@translation.override("id")  # what hangs on the wall speaks Indonesian, whatever the officer reads
def poster(
    office: Office,
    span: Span,
    *,
    style: str = "regulation",
    format: str = "pdf",
    unit: Unit | None = None,
    service: Service | None = None,
) -> bytes:
    """The file. Raises NothingToPublish and MissingFont."""
    if style not in STYLES:
        raise NothingToPublish(f"Gaya {style!r} tidak dikenal; pilih {', '.join(STYLES)}.")
    if format not in FORMATS:
        raise NothingToPublish(f"Format {format!r} tidak tersedia; pilih {', '.join(FORMATS)}.")
    kind: Literal["pdf", "png"] = "png" if format == "png" else "pdf"
    data = content(office, span, unit=unit, service=service)
    data |= {"style": style, "size": PIXELS.get(style, ())}
    ppi = 72.0 if style in PIXELS else PRINT_PPI
    return typeset(
        "result-poster", data, made_at=timezone.now(), format=kind, ppi=ppi if kind == "png" else 72
    )


def content(
    office: Office, span: Span, *, unit: Unit | None = None, service: Service | None = None
) -> dict[str, Any]:
    """Every word and number of the posters. Raises NothingToPublish."""
    found = value_of(office, span, unit=unit, service=service)
    unit_of = service.unit if service else unit
    url = settings.PUBLIC_URL + page_path(
        office.address, span.first if span.kind == "month" else None, unit_of
    )
    interval = found.result.result.interval95 if found.result.result else None
    return {
        "title": f"Indeks Kepuasan Masyarakat {numbers.span(span)} – {office.name}",
        "content": {"office": office.name},
        "is_demo": office.is_demo,
        "heading": heading(office, span, unit_of),
        "office": office.name,
        "unit": unit_of.name if unit_of else "",
        "service": service.name if service else "Seluruh layanan",
        "has_service": service is not None,
        "value": numbers.number(found.converted),
        "letter": found.grade.letter,
        "performance": found.grade.performance,
        "n": numbers.number(found.n, 0),
        "interval": f"{numbers.number(interval[0])}–{numbers.number(interval[1])}"
        if interval
        else "",
        "period": numbers.span(span),
        "days": f"{span.first.first_day:%d-%m-%Y} s/d {span.last.last_day:%d-%m-%Y}",
        **respondents(office, found, unit=unit, service=service),
        **elements(found.result),
        "notes": notes(found),
        "url": url,
        "typed": typed(url),
        "qr": qr_svg(url, "m", border=2),
    }


def value_of(office: Office, span: Span, *, unit: Unit | None, service: Service | None) -> Shown:
    """What may be announced of the span. Raises NothingToPublish."""
    where = service or unit or office
    try:
        check_released(office, span)
    except NotReleased as open_months:
        names = numbers.listing([numbers.month(month) for month in open_months.months])
        raise NothingToPublish(
            f"{names} belum ditutup. Nilai yang masih berjalan tidak diumumkan; tutup bulannya dahulu."
        ) from open_months
    found = span_released(office, span, unit=unit, service=service)
    if found.result is not None:
        return Shown(found.result.converted, found.result.grade, found.result.n, found)
    if len(found.historical) == 1 and span.kind == "month":
        row = found.historical[0]
        if row.converted is not None:
            return Shown(row.converted, grade_of(row.converted), row.n, found, row.source)
    if found.historical:
        raise NothingToPublish(
            f"{numbers.span(span)} hanya memuat nilai terbitan lama per bulan, yang tidak dapat "
            "digabungkan. Buat poster untuk satu bulan."
        )
    raise NothingToPublish(
        f"Tidak ada nilai {where.name} yang dapat diumumkan pada {numbers.span(span)}: tidak ada "
        "jawaban, atau terlalu sedikit untuk satu bagian kantor."
    )


def check_released(office: Office, span: Span) -> None:
    """Raise NotReleased with the months that still run."""
    months = unreleased(office, span)
    if months:
        raise NotReleased(months)


def heading(office: Office, span: Span, unit: Unit | None) -> list[str]:
    """The four title lines of Lampiran IV; the third is left out where no parent is known."""
    names = [unit.name, office.name] if unit else [office.name]
    if office.parent is not None:
        names.append(office.parent.name)
    lines = ["Indeks Kepuasan Masyarakat (IKM)", names[0], ", ".join(names[1:]), span_line(span)]
    return [line.upper() for line in lines if line]


def span_line(span: Span) -> str:
    """`BULAN JANUARI TAHUN 2023`, `SEMESTER I TAHUN 2023`, `TAHUN 2023`."""
    roman, year = numbers.ROMAN[span.ordinal] if span.ordinal < 5 else "", span.first.year
    match span.kind:
        case "month":
            return f"Bulan {numbers.month_name(span.first)} Tahun {year}"
        case "quarter":
            return f"Triwulan {roman} Tahun {year}"
        case "half_year":
            return f"Semester {roman} Tahun {year}"
        case "year":
            return f"Tahun {year}"
    return numbers.span(span)


def respondents(
    office: Office, found: Shown, *, unit: Unit | None, service: Service | None
) -> dict[str, Any]:
    """L and P, and education as Lampiran IV lists it; who did not say stands apart.

    Dashes where the answers themselves are not kept, or no longer.
    """
    services = service_ids(unit=unit, service=service)
    counted = profile_counts(office, found.result.months, services)
    sex = counted["sex"]
    if found.is_historical or sum(sex.values()) != found.n:
        dashes = [[name, UNKNOWN] for name in EDUCATION]
        return {"sex": [["L", UNKNOWN], ["P", UNKNOWN]], "education": dashes, "has_profile": False}
    school = dict.fromkeys(EDUCATION, 0)
    others = 0
    for character, n in counted["education"].items():
        name = PUBLISHED_EDUCATION.get(character)
        if name:
            school[name] += n
        else:
            others += n
    rows = [[name, numbers.number(n, 0)] for name, n in school.items()]
    if others:
        rows.append(["Lainnya/tidak diisi", numbers.number(others, 0)])
    sexes = [[each, numbers.number(sex[each], 0)] for each in ("L", "P")]
    if sex["-"]:
        sexes.append(["tidak diisi", numbers.number(sex["-"], 0)])
    return {"sex": sexes, "education": rows, "has_profile": True}


def elements(found: SpanResult) -> dict[str, Any]:
    """Each element with its mean, and the share of the scale 1 to 4 its bar fills."""
    if found.result is None:
        return {"elements": [], "low": [], "high": []}
    rows = [
        {
            "name": row.name,
            "mean": numbers.number(row.mean, 3),
            "letter": row.grade.letter if row.grade else UNKNOWN,
            "part": float((row.mean - 1) / 3) if row.mean is not None else 0,
        }
        for row in found.result.elements
    ]
    return {
        "elements": rows,
        "low": [row.name for row in found.result.lowest()],
        "high": [row.name for row in found.result.highest()],
    }


def notes(found: Shown) -> list[str]:
    """What a reader must know of this very value."""
    words = []
    if found.is_historical:
        words.append(f"Nilai terbitan lama ({found.source}); jawaban aslinya tidak tersimpan.")
    result = found.result.result
    if result and "indicative" in result.flags:
        words.append("Kurang dari 30 jawaban: nilai bersifat indikatif.")
    if found.result.result and found.result.historical:
        months = [numbers.month(row.month) for row in found.result.historical]
        words.append(f"Tanpa nilai terbitan lama {numbers.listing(months)}.")
    return words


def caption(office: Office, span: Span, data: dict[str, Any]) -> str:
    """The sentence beside a picture, also for those who cannot see it."""
    where = f"{data['unit']}, {office.name}" if data["unit"] else office.name
    respondents = "" if data["n"] == UNKNOWN else f" dari {data['n']} responden"
    remarks = "".join(f" {note}" for note in data["notes"])
    return (
        f"Indeks Kepuasan Masyarakat {where} {numbers.span(span)}: {data['value']} "
        f"(mutu {data['letter']}, {data['performance'].lower()}){respondents}.{remarks} "
        f"Selengkapnya: {data['url']}"
    )


def poster_name(
    office: Office, span: Span, style: str, format: str, unit: Unit | None = None
) -> str:
    """`ikm-kanreg10-2023-01-square.png`."""
    codes = [office.code, *([unit.code] if unit else []), str(span).replace("..", "-sd-"), style]
    return f"ikm-{'-'.join(codes)}.{format}"
