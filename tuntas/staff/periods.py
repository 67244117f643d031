"""Periods: what each month is worth, closing it, and opening it again with a reason."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.instruments import INSTRUMENTS, LEAST_MONTHS, InstrumentResult
from tuntas.law.months import Month, Span
from tuntas.models import Closure, Period, PeriodClosed, PeriodNotOver, Service
from tuntas.models.adequacy import OfficeAdequacy, adequacies, together
from tuntas.models.closures import AlreadyReopened
from tuntas.models.proofs import Altered, NotClosed, WithoutProof, standing_closure, write_pack
from tuntas.models.results import (
    MonthResult,
    counts,
    first_month,
    index_of,
    latest_instruments,
    latest_months,
    month_results,
    service_ids,
)
from tuntas.report.open_data import month_url
from tuntas.staff.access import (
    OFFICE_READERS,
    TEAM,
    TEAM_AND_HEAD,
    StaffRequest,
    staff,
)
from tuntas.staff.home import element_chart, month_facts, own_unit, seen, seen_counts

PER_PAGE = 12


class ReopeningForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Alasan membuka kembali"),
        min_length=10,
        max_length=1000,
        help_text=gettext_lazy("Paling sedikit 10 huruf. Alasan ini tersimpan selamanya."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@staff()
def period_list(request: StaffRequest) -> HttpResponse:
    today = request.office.today
    first, last = first_month(request.office), Month.of(today)
    months = [last + -step for step in range(last - first + 1)] if first else []
    page = Paginator(months, PER_PAGE).get_page(request.GET.get("page"))
    results = seen(
        request, month_results(request.office, list(page.object_list), unit=own_unit(request))
    )
    context = {
        "page": page,
        "results": results,
        "may_close": bool(request.roles & TEAM_AND_HEAD),
        "this_month": last,
    }
    return render(request, "staff/period_list.html", context)


def parse(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise Http404 from None


@staff()
def period_page(request: StaffRequest, month: str) -> HttpResponse:
    return show(request, parse(month), ReopeningForm())


def show(
    request: StaffRequest, month: Month, form: ReopeningForm, status: int = 200
) -> HttpResponse:
    unit = own_unit(request)
    counted = counts(request.office, latest_months(month), services=service_ids(unit=unit))
    row = seen(request, month_results(request.office, [month], unit=unit, counted=counted))[0]
    counted = seen_counts(request, counted)
    today = request.office.today
    period = Period.objects.filter(office=request.office, month=month.first_day).first()
    context: dict[str, Any] = {
        "month": month,
        "row": row,
        "unit": unit,
        "facts": month_facts(request.office, row, unit),
        "chart": element_chart(row),
        "is_hidden": not row.closure and bool(row.n) and row.converted is None,
        "services": services_of(request, month),
        "instruments": instrument_rows(
            row, latest_instruments(request.office, month, counted=counted)
        ),
        "latest_months": Span(month + (1 - LEAST_MONTHS), month),
        "adequacy": adequacy_of(request, month),
        "is_over": today > month.last_day,
        "may_close": bool(request.roles & TEAM_AND_HEAD) and row.closure is None,
        "may_reopen": bool(request.roles & TEAM) and row.closure is not None,
        "closures": period.closures.select_related("by", "reopening__by") if period else [],
        "form": form,
        "row_closure": row.closure,
        "may_pack": bool(request.roles & OFFICE_READERS),
        "reads_office": bool(request.roles & OFFICE_READERS),
        "may_record": may_record(request, row),
    }
    return render(request, "staff/period.html", context, status=status)


def may_record(request: StaffRequest, row: MonthResult) -> bool:
    """Whether the page of this closed month still waits to be entered as a publication."""
    if not request.roles & TEAM or row.closure is None or not row.n:
        return False
    url = month_url(request.office, row.month)
    return not request.office.publications.standing().filter(url=url).exists()


def instrument_rows(row: MonthResult, latest: Sequence[InstrumentResult]) -> list[dict[str, Any]]:
    """IPKP and IPAK: of this month, when there are any, beside the last three months together."""
    this_month = {result.code: result for result in row.instruments}
    return [
        {
            "instrument": INSTRUMENTS[result.code],
            "now": this_month.get(result.code),
            "latest": result,
        }
        for result in latest
    ]


def adequacy_of(request: StaffRequest, month: Month) -> OfficeAdequacy | None:
    """The year's population and wanted respondents of what the person sees; None while unknown."""
    services = Service.objects.visible_to(request.user).filter(office=request.office)
    rows = adequacies(request.office, month.year, services, request.office.today)
    total = together(rows)
    return total if total.wanted else None


def services_of(request: StaffRequest, month: Month) -> list[dict[str, Any]]:
    """Index of each service. An officer sees the own unit's; nobody another unit's running one."""
    visible = {
        service.pk: service
        for service in Service.objects.visible_to(request.user)
        .filter(office=request.office)
        .select_related("unit")
    }
    rows = []
    for service in visible.values():
        found = seen_counts(request, counts(request.office, [month], services={service.pk}))
        result = index_of(found, request.office.weights)
        if result:
            rows.append({"service": service, "result": result})
    return rows


@staff(may=TEAM_AND_HEAD)
def period_closure(request: StaffRequest, month: str) -> HttpResponse:
    """Ask first (GET), then close (POST)."""
    wanted = parse(month)
    if request.method != "POST":
        row: MonthResult = month_results(request.office, [wanted])[0]
        is_over = request.office.today > wanted.last_day
        context = {"month": wanted, "row": row, "is_over": is_over}
        return render(request, "staff/period_closure.html", context)
    try:
        closure = Closure.seal(Period.of(request.office, wanted), by=request.user)
    except PeriodNotOver:
        messages.error(
            request, _("Bulan ini belum berakhir; tutuplah setelah tanggal terakhirnya.")
        )
    except PeriodClosed:
        messages.error(request, _("Bulan ini sudah ditutup."))
    else:
        messages.success(
            request, _("Bulan ditutup: %(n)s jawaban dihitung dan dibekukan.") % {"n": closure.n}
        )
    return redirect("period", month)


@require_POST
@staff(may=TEAM)
def period_reopening(request: StaffRequest, month: str) -> HttpResponse:
    wanted, form = parse(month), ReopeningForm(request.POST)
    period = Period.objects.filter(office=request.office, month=wanted.first_day).first()
    closure = period.closures.standing().first() if period else None
    if closure is None:
        messages.error(request, _("Bulan ini tidak sedang ditutup."))
        return redirect("period", month)
    if not form.is_valid():
        return show(request, wanted, form, status=422)
    try:
        closure.reopen(by=request.user, reason=form.cleaned_data["reason"])
    except AlreadyReopened:
        messages.error(request, _("Bulan ini sudah dibuka kembali oleh orang lain."))
    else:
        messages.success(request, _("Bulan dibuka kembali. Penutupan lama tetap tersimpan."))
    return redirect("period", month)


@staff(may=OFFICE_READERS)
def period_pack(request: StaffRequest, month: str) -> HttpResponseBase:
    """The archive that proves the closed month, for anyone the office gives it to."""
    wanted = parse(month)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the response
    try:
        write_pack(standing_closure(request.office, wanted), file)
    except (NotClosed, WithoutProof):
        file.close()
        messages.error(request, _("Bulan ini belum ditutup dengan akar bukti."))
        return redirect("period", month)
    except Altered:
        file.close()
        messages.error(
            request,
            _(
                "Jawaban yang tersimpan bukan lagi jawaban yang ditutup. Minta pengelola server "
                "menjalankan tuntas verify --database."
            ),
        )
        return redirect("period", month)
    file.seek(0)
    name = f"bukti-{request.office.code}-{wanted}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


urlpatterns = [
    path("", period_list, name="period-list"),
    path("<str:month>/", period_page, name="period"),
    path("<str:month>/closure", period_closure, name="period-closure"),
    path("<str:month>/bukti.zip", period_pack, name="period-pack"),
    path("<str:month>/reopening", period_reopening, name="period-reopening"),
]
