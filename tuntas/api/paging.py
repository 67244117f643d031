"""Pages of a list: asked for with `page` and `per_page`, left with `next`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema

PER_PAGE, MOST_PER_PAGE, MOST_PAGES = 24, 120, 1000
# How a month is described; it is read, and refused in Indonesian, by `results.month_of`.
MONTH = "(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])"
MonthText = Annotated[
    str,
    Field(max_length=7, examples=["2023-01"], json_schema_extra={"pattern": f"^({MONTH})?$"}),
]
NeededMonth = Annotated[MonthText, Field(json_schema_extra={"pattern": f"^{MONTH}$"})]


class Paging(Schema):
    """The part of a query that every list shares."""

    page: int = Field(1, ge=1, le=MOST_PAGES, description="which page, from 1", examples=[1])
    per_page: int = Field(
        PER_PAGE, ge=1, le=MOST_PER_PAGE, description="rows on a page", examples=[24]
    )


class Paged(Schema):
    """The part of an answer that every list shares."""

    count: int = Field(description="rows in all")
    page: int
    pages: int
    next: str | None = Field(None, description="path of the next page; null on the last")


def turn(
    request: HttpRequest,
    asked: Paging,
    rows: Sequence[Any] | QuerySet[Any],
    told: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """One page of the rows, each as `told` tells it, under `results`."""
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    pages = max(1, -(-count // asked.per_page))
    begin = (asked.page - 1) * asked.per_page
    query = request.GET.copy()
    query["page"] = str(asked.page + 1)
    return {
        "count": count,
        "page": asked.page,
        "pages": pages,
        "next": f"{request.path}?{query.urlencode()}" if asked.page < pages else None,
        "results": [told(row) for row in rows[begin : begin + asked.per_page]],
    }
