"""Reports that take too long for a page, made in the background."""

from __future__ import annotations

from tuntas import report as reports
from tuntas import work
from tuntas.law.months import Span
from tuntas.models import ReportKind, ReportOrder, Response
from tuntas.models.leases import Lease
from tuntas.report import NothingToProcess

# With more responses than this in its span, a report is ordered rather than made while one waits.
LONG = 2000


def takes_long(office_id: int, span: Span) -> bool:
    days = [month.first_day for month in span.months]
    return Response.objects.filter(office=office_id, month__in=days)[: LONG + 1].count() > LONG


def make(order: ReportOrder, lease: Lease) -> None:
    """Make what was ordered, or say why it cannot be made. Repeatable: the same content again is
    the same report."""
    lease.renew()
    try:
        made = reports.make(
            order.office,
            order.kind,
            Span.parse(order.span),
            cut_off=order.cut_off,
            service=order.service if order.kind == ReportKind.PROCESSING else None,
            unit=order.unit if order.kind == ReportKind.MONTHLY else None,
            outline=order.outline,
            paper=order.paper,
            by=order.by,
        )
    except (NothingToProcess, ValueError) as error:
        lease.renew(refusal=str(error)[:500])
    else:
        lease.renew(report=made)


def waiting() -> object:
    """Orders in turn, with what making them reads."""
    return ReportOrder.objects.waiting().select_related("office", "unit", "service", "by")


work.register("report-order", waiting, make)
