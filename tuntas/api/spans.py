"""The index of a span of closed months: pooled the way the office's documents pool it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from tuntas.api.access import REFUSALS, Bearer, Problem, Refused
from tuntas.api.results import ElementOut, InstrumentOut, find_unit
from tuntas.api.rollups import IndexOut, SpanAsked, span_of
from tuntas.figures import empty
from tuntas.models import ApiToken, Office, Scope, Service, Unit
from tuntas.models.releases import span_released, too_few, unreleased
from tuntas.report.open_data import of_instrument, of_result

router = Router(tags=["results"])


class IndexAsked(SpanAsked):
    unit: str = Field("", max_length=40, description="code of a unit", examples=["pensiun"])
    service: str = Field("", max_length=40, description="code of a service", examples=["pensiun"])


class HistoricalOut(Schema):
    """A value published before the office used the system: shown beside, never pooled."""

    month: str
    converted_2: str
    n: int | None


class SpanOut(IndexOut):
    """An index with what it was pooled from."""

    office: str
    unit: str | None
    service: str | None
    first: str = Field(serialization_alias="from")
    to: str
    months: list[str] = Field(description="closed months that hold answers: those pooled here")
    open: list[str] = Field(description="months that are not closed, and so not counted")
    elements: list[ElementOut]
    instruments: list[InstrumentOut]
    historical: list[HistoricalOut]


@router.get(
    "/index",
    auth=Bearer(Scope.INDEX),
    response={200: SpanOut, REFUSALS | {404}: Problem},
    by_alias=True,
    summary="Index of a span of closed months, of the office, a unit or a service",
)
def index(request: HttpRequest, asked: Query[IndexAsked]) -> dict[str, Any]:
    """Months that are still open are named and not counted. Of a unit or a service with fewer than
    five answers no value is told (flag `withheld`)."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    office, span = token.office, span_of(asked.first, asked.last)
    unit = find_unit(office, asked.unit)
    service = service_of(office, unit, asked.service)
    found = span_released(office, span, unit=unit, service=service)
    data = empty(office.weights) if found.result is None else of_result(found.result)
    if found.result is None and found.n:
        data = {**data, "n": found.n, "flags": ["withheld"] if too_few(found.n) else data["flags"]}
    return {
        **data,
        "office": office.address,
        "unit": unit.code if unit else None,
        "service": service.code if service else None,
        "first": str(span.first),
        "to": str(span.last),
        "months": [str(month) for month in found.months],
        "open": [str(month) for month in unreleased(office, span)],
        "instruments": [of_instrument(row) for row in found.instruments],
        "historical": [
            {"month": str(row.month), "converted_2": str(row.converted), "n": row.n}
            for row in found.historical
        ],
    }


def service_of(office: Office, unit: Unit | None, code: str) -> Service | None:
    """The service of a code, inside the unit where one is named. Raises Refused."""
    if not code:
        return None
    rows = Service.objects.filter(office=office, code=code)
    found = list((rows.filter(unit=unit) if unit else rows)[:2])
    if not found:
        raise Refused(404, "unknown-service", _("Layanan itu tidak ada di kantor token ini."))
    if len(found) > 1:
        text = _("Dua unit memiliki layanan dengan kode itu; sebutkan unitnya.")
        raise Refused(422, "ambiguous-service", text, {"unit": [text]})
    return found[0]
