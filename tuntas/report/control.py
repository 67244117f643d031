"""The control chart of an office's months: the values to draw, the table behind it, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from tuntas.law.change import DOWN, NOISE, UP, Change
from tuntas.law.control import BEYOND, LEAST_POINTS, LONG_RUN, NEAR_LIMIT, ControlChart
from tuntas.law.control import control_chart as chart_of
from tuntas.law.months import Month
from tuntas.models.results import MonthResult
from tuntas.report import numbers

MONTHS = 24


@dataclass(frozen=True)
class ChartMonth:
    """One month of the chart; exact numbers for drawing, `signals` already in words."""

    month: Month
    value: Fraction | None
    moved: Fraction | None
    state: str
    n: int | None
    signals: tuple[str, ...]


@dataclass(frozen=True)
class ControlSeries:
    """The chart: months in order from the first with a value; `sentence` says what it means."""

    months: tuple[ChartMonth, ...]
    chart: ControlChart
    sentence: str


def series(results: Sequence[MonthResult]) -> ControlSeries:
    """The chart of months in order, without blank months at the beginning and the end."""
    known = [at for at, row in enumerate(results) if row.converted is not None]
    rows = results[known[0] : known[-1] + 1] if known else []
    chart = chart_of([row.converted for row in rows])
    months = tuple(
        ChartMonth(
            row.month,
            row.converted,
            point.moved,
            row.state,
            row.n,
            tuple(signal_words(signal) for signal in point.signals),
        )
        for row, point in zip(rows, chart.points, strict=True)
    )
    return ControlSeries(months, chart, sentence(chart, months))


def signal_words(signal: str) -> str:
    return {
        BEYOND: _("di luar batas wajar"),
        LONG_RUN: _("delapan bulan berturut-turut di satu sisi garis tengah"),
        NEAR_LIMIT: _("tiga dari empat bulan lebih dekat ke batas daripada ke garis tengah"),
    }[signal]


def sentence(chart: ControlChart, months: Sequence[ChartMonth]) -> str:
    """What the chart says, in one or two plain sentences."""
    if chart.limits is None:
        return _(
            "Kisaran biasa belum dapat dihitung: perlu paling sedikit %(least)s bulan bernilai, "
            "baru ada %(n)s."
        ) % {"least": LEAST_POINTS, "n": chart.n}
    low, high = chart.limits
    ends = {"low": numbers.number(low), "high": numbers.number(high)}
    outside = [row for row in months if row.signals]
    if not outside:
        return (
            _(
                "Semua bulan ada dalam kisaran biasa %(low)s–%(high)s: naik turunnya adalah derau, "
                "bukan perubahan mutu layanan."
            )
            % ends
        )
    names = numbers.listing([numbers.month(row.month) for row in outside])
    return _(
        "Kisaran biasa %(low)s–%(high)s. Yang menonjol: %(months)s; cari apa yang terjadi waktu itu."
    ) % {**ends, "months": names}


def change_sentence(
    change: Change | None, label: str, drawn: ControlSeries, last: Month | None
) -> str:
    """`Naik 0,80 dari Mei 2023, tetapi masih dalam kisaran biasa.` Empty without a comparison.

    `last` is the month itself when one month is looked at: then the control chart decides, where it
    has limits; else the intervals of the two values do.
    """
    if change is None:
        return ""
    moved = {"size": numbers.number(abs(change.difference)), "label": label}
    if change.difference > 0:
        first = _("Naik %(size)s dari %(label)s") % moved
    elif change.difference < 0:
        first = _("Turun %(size)s dari %(label)s") % moved
    else:
        return _("Sama dengan %(label)s.") % moved
    point = next((row for row in drawn.months if row.month == last), None)
    if point is not None and drawn.chart.limits is not None:
        if not point.signals:
            return _("%(change)s, tetapi masih dalam kisaran biasa.") % {"change": first}
        return _("%(change)s, di luar kisaran biasa: cari sebabnya.") % {"change": first}
    if change.verdict == NOISE:
        return _("%(change)s, tetapi masih dalam batas derau penyampelan.") % {"change": first}
    if change.verdict in (UP, DOWN):
        return _("%(change)s, lebih besar daripada derau penyampelan.") % {"change": first}
    return _("%(change)s; belum dapat dinilai karena salah satunya tanpa selang.") % {
        "change": first
    }
