"""The trend of an office's months as one picture, the same on every page that shows it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tuntas.models.results import MonthResult
from tuntas.report import numbers, svg


def trend_chart(results: list[MonthResult]) -> str:
    """The chart from the first month that has a value; months before it would only be blank."""
    first = next((at for at, row in enumerate(results) if row.converted is not None), 0)
    points = [
        svg.Point(
            label=numbers.month(row.month),
            value=row.converted,
            shown=numbers.number(row.converted),
            state=row.state,
            interval=row.result.interval95 if row.result else None,
        )
        for row in results[first:]
    ]
    told = [f"{point.label} {point.shown}" for point in points if point.value is not None]
    return svg.trend(points, _("Tren nilai IKM per bulan"), "; ".join(told))
