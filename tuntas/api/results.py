"""Released results of an office, for anyone: the same numbers as its page and its files."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, P, PathEx, Query, QueryEx, Router, Schema

from tuntas.api.access import Problem, Refused
from tuntas.api.paging import Paged, Paging, month_field, turn
from tuntas.law.months import Month
from tuntas.models import Office, Unit
from tuntas.models.releases import released
from tuntas.report.open_data import licence_of, of_month

NUMBER = "exact decimal as text, at least six places"
router = Router(tags=["results"])


class ElementOut(Schema):
    code: str
    name: str
    n: int
    mean: str | None = Field(None, description=f"1-4, {NUMBER}")
    weight: str = Field(description="a fraction")
    weighted: str | None = Field(None, description=NUMBER)
    grade: str | None = None


class StatementOut(Schema):
    code: str
    name: str
    n: int
    mean: str | None = None
    index_value: str | None = None


class InstrumentOut(Schema):
    """IPKP or IPAK: means on the scale of 6, the index on the scale of 4."""

    code: str
    name: str
    n: int
    mean: str
    index_value: str
    index_value_2: str
    statements: list[StatementOut]


class ResultOut(Schema):
    """One released month. What is not known is null, never 0."""

    office: str
    unit: str | None = Field(None, description="null: the whole office")
    month: str
    state: str = Field(
        description="closed, or historical: a value published before, without answers"
    )
    n: int | None = None
    index_value: str | None = Field(None, description=f"1-4, {NUMBER}")
    converted: str | None = Field(None, description=f"25-100, {NUMBER}")
    converted_2: str | None = Field(None, description="rounded half up to two places")
    grade: str | None = Field(None, description="A, B, C or D")
    performance: str | None = None
    weights: str | None = Field(None, description="exact, 0.111, 0.11 or own")
    interval95: list[str] | None = None
    flags: list[str] = Field(
        description="indicative, element-unanswered, fees-omitted, withheld, …"
    )
    elements: list[ElementOut]
    instruments: list[InstrumentOut]
    source: str | None = None
    closed_at: str | None = None
    closure_sha256: str | None = None
    url: str


class LicenceOut(Schema):
    name: str
    title: str
    path: str


class ResultsOut(Paged):
    """A page of months, newest first."""

    office: str
    name: str
    licence: LicenceOut
    results: list[ResultOut]


class Asked(Paging):
    unit: str = Field(
        "",
        max_length=40,
        description="code of a unit; without it the whole office",
        examples=["pensiun"],
    )
    first: str = month_field("from", "first month")
    last: str = month_field("to", "last month")


OfficeAddress = PathEx[
    str, P(description="the office, as in its public address", examples=["bkn.kanreg10"])
]


@router.get(
    "/offices/{address}/results",
    auth=None,
    response={200: ResultsOut, frozenset({404, 422, 503}): Problem},
    summary="Released results of an office, month by month",
)
def results(request: HttpRequest, address: OfficeAddress, asked: Query[Asked]) -> Any:
    """Closed months and historical values; never a running score. No token."""
    office = find_office(address)
    unit = find_unit(office, asked.unit)
    first, last = month_of("from", asked.first), month_of("to", asked.last)
    rows = [
        row
        for row in reversed(released(office, unit=unit))
        if (first is None or row.month >= first) and (last is None or row.month <= last)
    ]
    name = office.address
    return {
        "office": name,
        "name": office.name,
        "licence": licence_of(office),
        **turn(request, asked, rows, lambda row: of_month(name, row, unit)),
    }


@router.get(
    "/offices/{address}/results/{month}",
    auth=None,
    response={200: ResultOut, frozenset({404, 422, 503}): Problem},
    summary="One released month",
)
def result(
    request: HttpRequest,  # noqa: ARG001
    address: OfficeAddress,
    month: PathEx[str, P(max_length=7, description="the month", examples=["2026-09"])],
    unit: QueryEx[str, P(max_length=40, description="code of a unit", examples=["pensiun"])] = "",
) -> Any:
    """404 while the month is not closed. No token."""
    office = find_office(address)
    part, wanted = find_unit(office, unit), month_of("month", month)
    rows = released(office, [wanted] if wanted else [], unit=part)
    if not rows:
        raise Refused(
            404, "not-released", _("Hasil bulan itu belum terbit; bulannya belum ditutup.")
        )
    return of_month(office.address, rows[0], part)


def find_office(address: str) -> Office:
    offices = Office.at(address)
    if len(offices) > 1:
        names = ", ".join(office.address for office in offices)
        raise Refused(
            404,
            "ambiguous-office",
            _("Beberapa kantor memakai alamat itu: %(names)s.") % {"names": names},
        )
    if not offices:
        raise Refused(404, "unknown-office", _("Kantor itu tidak ada."))
    return offices[0]


def find_unit(office: Office, code: str) -> Unit | None:
    if not code:
        return None
    unit = office.units.filter(code=code).first()
    if unit is None:
        raise Refused(404, "unknown-unit", _("Unit itu tidak ada di kantor ini."))
    return unit


def month_of(field: str, text: str) -> Month | None:
    """The month written in a field; None when it is empty."""
    if not text:
        return None
    try:
        return Month.parse(text)
    except ValueError as found:
        raise Refused(
            422, "invalid", _("Ada isian yang tidak sesuai."), {field: [str(found)]}
        ) from found
