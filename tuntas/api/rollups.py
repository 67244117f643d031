"""The index of a region or ministry, with its offices: what *Gabungan* shows, for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from tuntas import figures
from tuntas.api.access import REFUSALS, Bearer, Problem, Refused
from tuntas.api.paging import NeededMonth
from tuntas.law.months import Month, Span
from tuntas.law.weights import CONVENTIONS
from tuntas.models import ApiToken, Scope

LONGEST = 60  # months
router = Router(tags=["results"])


class SpanAsked(Schema):
    first: NeededMonth = Field(alias="from", description="first month")
    last: NeededMonth = Field(alias="to", description="last month, at most 60 in all")


class RollupAsked(SpanAsked):
    weights: str = Field("", max_length=5, description="exact, 0.111 or 0.11", examples=["exact"])


class ElementOut(Schema):
    """Numbers are text with the exact decimal; null when nobody answered."""

    code: str
    name: str
    n: int
    mean: str | None
    weight: str
    weighted: str | None
    grade: str | None


class IndexOut(Schema):
    n: int
    index_value: str | None
    converted: str | None
    converted_2: str | None
    grade: str | None
    performance: str | None
    weights: str
    interval95: list[str] | None
    flags: list[str] = Field(description="“indicative”: fewer than 30 answers")


class OfficeOut(IndexOut):
    """One office together with everything below it."""

    office: str = Field(description="codes from the token's office down, for example pusat.kanreg")
    code: str
    name: str
    depth: int
    from_outside: bool = Field(description="came as an aggregate file of another installation")
    has_below: bool
    months_closed: int
    months_due: int
    rank: list[int] | None = Field(description="best and worst place it may have")


class MissingOut(Schema):
    office: str
    name: str
    months: list[str]


class PublishedOut(Schema):
    """A published value of before, without counts: never pooled."""

    office: str
    month: str
    converted_2: str
    n: int | None
    source: str


class RollupOut(IndexOut):
    office: str
    first: str = Field(serialization_alias="from")
    to: str
    elements: list[ElementOut]
    instruments: list[dict[str, Any]] = Field(description="IPKP and IPAK, where they were asked")
    offices: list[OfficeOut]
    missing: list[MissingOut] = Field(description="offices with months over and not closed")
    historical: list[PublishedOut]


@router.get(
    "/rollup",
    auth=Bearer(Scope.ROLLUP),
    response={200: RollupOut, REFUSALS: Problem},
    by_alias=True,
    summary="Index of the office and all offices below it, from closed months",
)
def rollup(
    request: HttpRequest,
    asked: Query[RollupAsked],
) -> dict[str, Any]:
    """The same numbers as the page *Gabungan* and `tuntas rollup`; no running score."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    span = span_of(asked.first, asked.last)
    if asked.weights and asked.weights not in CONVENTIONS:
        text = _("Pilih exact, 0.111, atau 0.11.")
        raise Refused(422, "invalid", text, {"weights": [text]})
    data = figures.rollup_data(token.office, span, weights=asked.weights or None)
    return {**data, "first": data["from"]}


def span_of(first: str, last: str) -> Span:
    """The months asked for, at most five years. Raises Refused."""
    found: dict[str, Month] = {}
    for name, text in (("from", first), ("to", last)):
        try:
            found[name] = Month.parse(text)
        except ValueError as error:
            raise Refused(422, "invalid", str(error), {name: [str(error)]}) from error
    if not 0 <= found["to"] - found["from"] < LONGEST:
        text = _("Paling lama 60 bulan, dan bulan akhir tidak mendahului bulan awal.")
        raise Refused(422, "invalid", text, {"to": [text]})
    return Span(found["from"], found["to"])
