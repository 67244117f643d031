"""PEKPPP indicators 6 to 9 of one survey year as a self-score: computed live, with its evidence.

Nothing is kept: the score is what the register, the closures and the plans say at this moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from textwrap import shorten
from typing import Any

from django.utils.translation import gettext as _

from tuntas.law import pekppp
from tuntas.law.citation import in_force_on
from tuntas.law.months import Month, Span
from tuntas.models.closures import HistoricalResult
from tuntas.models.offices import Office
from tuntas.models.periods import Period
from tuntas.models.plans import ActionPlan
from tuntas.models.publications import PRINTED_KINDS, Publication, first_published
from tuntas.models.results import span_result


@dataclass(frozen=True)
class Proof:
    """Something in the system that supports a score: `kind` is period, publication or plan."""

    kind: str
    key: str
    words: str


@dataclass(frozen=True)
class Indicator:
    """One indicator: 0–5, how it came about, what supports it, and what would raise it."""

    number: int
    title: str
    score: int
    how: str
    proofs: tuple[Proof, ...]
    raise_by: tuple[str, ...]
    most: int = pekppp.MOST


@dataclass(frozen=True)
class Evaluation:
    office: str
    year: int
    instrument: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Facts:
    """What the four indicators are read from."""

    on: date
    closed: tuple[Month, ...]
    historical: int
    flags: tuple[str, ...]
    counted_elements: int
    publications: tuple[Publication, ...]
    plans: tuple[ActionPlan, ...]
    followed: frozenset[int]
    clock: dict[int, int | None]  # plan key: months from publication (or survey) to the start


def evaluate(office: Office, year: int) -> Evaluation:
    """The self-score of the surveys of `year`, by the instrument in force at its end.

    Raises LookupError for a year before the first instrument (`pekppp.FIRST_YEAR`)."""
    facts = facts_of(office, Span(Month(year, 1), Month(year, 12)))
    return Evaluation(
        office=office.code,
        year=year,
        instrument=f"{pekppp.INSTRUMENT_2022.instrument}, {pekppp.INSTRUMENT_2022.place}",
        indicators=(indicator_6(facts), indicator_7(facts), indicator_8(facts), indicator_9(facts)),
    )


def as_data(evaluation: Evaluation) -> dict[str, Any]:
    return asdict(evaluation)


def facts_of(office: Office, span: Span) -> Facts:
    days = [month.first_day for month in span.months]
    closed = Period.objects.closed().filter(office=office, month__in=days).order_by("month")
    result = span_result(office, span.months)
    rows = ActionPlan.objects.filter(office=office).surveyed_in(span.months)
    plans = tuple(rows.select_related("unit", "office"))
    published = first_published(office, span.months)
    return Facts(
        on=span.last.last_day,
        closed=tuple(Month.of(day) for day in closed.values_list("month", flat=True)),
        historical=HistoricalResult.objects.filter(office=office, month__in=days)
        .values("month")
        .distinct()
        .count(),
        flags=result.flags if result else (),
        counted_elements=sum(row.mean is not None for row in result.elements) if result else 0,
        publications=tuple(office.publications.standing().touching(span.months)),
        plans=plans,
        followed=frozenset(rows.followed_up().values_list("pk", flat=True)),
        clock={plan.pk: clock_of(plan, published) for plan in plans},
    )


def clock_of(plan: ActionPlan, published: dict[Month, date]) -> int | None:
    """Months from publication; without a registered one, from the survey as the seed counts."""
    day = published.get(Month.of(plan.survey_month))
    return plan.audit_months(day) if day else plan.lead_time_months


def publication_proofs(rows: Sequence[Publication]) -> tuple[Proof, ...]:
    return tuple(
        Proof("publication", str(row.pk), f"{row.name} ({row.get_kind_display()}), {row.span}")
        for row in rows
    )


def plan_proofs(rows: Sequence[ActionPlan]) -> tuple[Proof, ...]:
    return tuple(
        Proof("plan", str(row.pk), f"{row.unit.label}: {shorten(row.action, 90, placeholder='…')}")
        for row in rows
    )


def indicator_6(facts: Facts) -> Indicator:
    exists = bool(facts.closed) or facts.historical > 0
    # A value published before the system does not show which elements were asked.
    regular = bool(facts.closed) and facts.counted_elements >= 9
    printed = [row for row in facts.publications if row.kind in PRINTED_KINDS]
    electronic = [row for row in facts.publications if row.kind not in PRINTED_KINDS]
    steps = (
        (exists, _("Tutup paling sedikit satu bulan survei.")),
        (regular, _("Tanyakan kesembilan unsur dan tutup bulannya.")),
        (bool(printed), _("Terbitkan hasil secara cetak/nonelektronik dan catat buktinya.")),
        (bool(electronic), _("Terbitkan hasil secara elektronik dan catat buktinya.")),
        (bool(facts.followed), _("Tindak lanjuti paling sedikit satu rencana aksi.")),
    )
    score = pekppp.score_6(
        exists=exists,
        by_regulation=regular,
        printed=bool(printed),
        electronic=bool(electronic),
        followed_up=bool(facts.followed),
    )
    how = _(
        "Setiap anak tangga memerlukan yang sebelumnya: ada SKM; sesuai peraturan (sembilan unsur "
        "terhitung: %(elements)s); terbit cetak (%(printed)s); terbit elektronik (%(electronic)s); "
        "ada tindak lanjut (%(followed)s). Bulan ditutup: %(closed)s; nilai terbitan lama: %(old)s."
    ) % {
        "elements": facts.counted_elements,
        "printed": len(printed),
        "electronic": len(electronic),
        "followed": len(facts.followed),
        "closed": len(facts.closed),
        "old": facts.historical,
    }
    months = tuple(Proof("period", str(month), str(month)) for month in facts.closed)
    return Indicator(
        6,
        pekppp.TITLES[6],
        score,
        how,
        (*months, *publication_proofs(facts.publications)),
        tuple(words for held, words in steps if not held),
    )


def indicator_7(facts: Facts) -> Indicator:
    media = sorted({str(row.get_kind_display()) for row in facts.publications})
    full = in_force_on(pekppp.FULL_MEDIA, facts.on)
    missing = full - len(media)
    how = _("Jenis media berbeda yang tercatat: %(count)s (%(names)s).") % {
        "count": len(media),
        "names": ", ".join(media) or _("belum ada"),
    }
    more = _("Terbitkan di %(count)s jenis media lagi dan catat buktinya.") % {"count": missing}
    return Indicator(
        7,
        pekppp.TITLES[7],
        pekppp.score_7(len(media)),
        how,
        publication_proofs(facts.publications),
        (more,) if missing > 0 else (),
    )


def indicator_8(facts: Facts) -> Indicator:
    total = len(facts.plans)
    finished = [plan for plan in facts.plans if plan.is_finished]
    started = bool(facts.followed)
    score = pekppp.score_8(total, len(finished), facts.on, started=started)
    how = _("%(finished)s dari %(total)s rencana aksi diterima selesai.") % {
        "finished": len(finished),
        "total": total,
    }
    return Indicator(
        8,
        pekppp.TITLES[8],
        score,
        how,
        plan_proofs(finished),
        raise_8(total, len(finished), score, facts.on),
    )


def raise_8(total: int, finished: int, score: int, on: date) -> tuple[str, ...]:
    """How many more finished plans lead to the next score."""
    if total == 0:
        return (_("Susun rencana aksi dari unsur yang paling rendah."),)
    for more in range(1, total - finished + 1):
        reached = pekppp.score_8(total, finished + more, on)
        if reached > score:
            words = {"more": more, "score": reached}
            return (_("Selesaikan %(more)s rencana lagi untuk nilai %(score)s.") % words,)
    return ()


def indicator_9(facts: Facts) -> Indicator:
    clocks = [facts.clock[plan.pk] for plan in facts.plans]
    score = pekppp.score_9(clocks, facts.on)
    unbegun = [plan for plan in facts.plans if facts.clock[plan.pk] is None]
    known = [months for months in clocks if months is not None]
    slowest = [plan for plan in facts.plans if known and facts.clock[plan.pk] == max(known)]
    if not facts.plans:
        how = _("Tidak ada rencana aksi.")
    elif unbegun:
        how = _("%(count)s rencana belum mulai; yang paling lambat menentukan.") % {
            "count": len(unbegun)
        }
    else:
        how = _(
            "Yang paling lambat %(months)s bulan sejak hasil terbit (tanpa catatan publikasi: "
            "sejak bulan survei); yang paling lambat menentukan."
        ) % {"months": max(known)}
    steps = [_("Mulai: %(plan)s") % {"plan": proof.words} for proof in plan_proofs(unbegun)]
    if facts.plans and not unbegun and score < pekppp.MOST:
        steps = [
            _("Yang menentukan: %(plan)s. Tahun berikutnya mulailah dalam bulan yang sama.")
            % {"plan": proof.words}
            for proof in plan_proofs(slowest)
        ]
    return Indicator(9, pekppp.TITLES[9], score, how, plan_proofs(unbegun or slowest), tuple(steps))
