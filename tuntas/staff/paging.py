"""Pages of a long list by where they begin, not by their number: the last of a million rows costs what the
first one does, and a row that comes or goes meanwhile makes nobody skip one or see one twice.

A mark says after (or before) which row a page lies: the values of that row by which the list is ordered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
COUNTED = 1000  # more rows than this are "more than"


@dataclass(frozen=True)
class KeyPage(Generic[M]):
    """One page. `before` and `after` are the marks of the pages beside it, '' where there is none."""

    object_list: list[M]
    before: str
    after: str

    def __iter__(self) -> Iterator[M]:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    def __getitem__(self, place: int) -> M:
        return self.object_list[place]


def key_page(rows: QuerySet[M], order: Sequence[str], query: Any, size: int) -> KeyPage[M]:
    """The page that `after` or `before` in the query names, else the first.

    `order`: fields of the model itself without NULL, the last one unique, all in one direction. Each
    mark that is none of ours leads to the first page.
    """
    after, before = (
        read_mark(rows.model, order, query.get(way, "")) for way in ("after", "before")
    )
    if before is not None and after is None:
        backward = tuple(turned(name) for name in order)
        found = list(beyond(rows, backward, before).order_by(*backward)[: size + 1])
        page, has_before, has_after = found[:size][::-1], len(found) > size, True
    else:
        if after is not None:
            rows = beyond(rows, order, after)
        found = list(rows.order_by(*order)[: size + 1])
        page, has_before, has_after = found[:size], after is not None, len(found) > size
    return KeyPage(
        page,
        mark(page[0], order) if page and has_before else "",
        mark(page[-1], order) if page and has_after else "",
    )


def turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def beyond(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    """The rows that come after one with these values, in this order."""
    way = "lt" if order[0].startswith("-") else "gt"
    names = [name.lstrip("-") for name in order]
    condition = Q()
    for place, name in enumerate(names):
        same = dict(zip(names[:place], values[:place], strict=True))
        condition |= Q(**same, **{f"{name}__{way}": values[place]})
    # Said once more in a form that an index can begin with.
    return rows.filter(condition, **{f"{names[0]}__{way}e": values[0]})


def mark(row: Model, order: Sequence[str]) -> str:
    fields = [row._meta.get_field(name.lstrip("-")) for name in order]
    return json.dumps([field.value_to_string(row) for field in fields])  # type: ignore[union-attr]


def read_mark(model: type[Model], order: Sequence[str], text: str) -> list[Any] | None:
    """The values of a mark, or None."""
    try:
        told = json.loads(text) if text else None
        if not isinstance(told, list) or len(told) != len(order):
            return None
        fields = [model._meta.get_field(name.lstrip("-")) for name in order]
        values = [field.to_python(each) for field, each in zip(fields, told, strict=True)]  # type: ignore[union-attr]
        for field, value in zip(fields, values, strict=True):
            field.run_validators(value)  # type: ignore[union-attr]  # a number that no column holds
    except (ValueError, TypeError, OverflowError, ValidationError):
        return None
    return None if None in values else values


def counted(rows: QuerySet[Any]) -> int | None:
    """How many rows, or None for more than `COUNTED`."""
    n = rows.order_by()[: COUNTED + 1].count()
    return None if n > COUNTED else n
