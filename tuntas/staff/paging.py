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


@dataclass(frozen=True)
class Start:
    """What a mark says: a page begins after (or ends before) the row with these values in this part."""

    part: str
    values: list[Any]


@dataclass(frozen=True)
class Part:
    """One stretch of a list: rows of which a condition holds, in an order of their own.

    `order`: fields of the model itself, not NULL in any of these rows, the last one unique. All in one
    direction is what an index serves best.
    """

    name: str  # stands in the marks
    condition: Q
    order: Sequence[str]


def key_page(rows: QuerySet[M], order: Sequence[str], query: Any, size: int) -> KeyPage[M]:
    """The page that `after` or `before` in the query names, else the first, of a list in one order
    (`Part.order`). Each mark that is none of ours leads to the first page."""
    return parted_page(rows, [Part("", Q(), order)], query, size)


def parted_page(rows: QuerySet[M], parts: Sequence[Part], query: Any, size: int) -> KeyPage[M]:
    """Like `key_page`, of a list that is one part after the other; each row belongs to one of them.

    So a list may be ordered by what its rows do not hold themselves, or by what some lack: a page reads from
    the part it begins in, and from the next ones only as far as it reaches.
    """
    after, before = (
        read_mark(rows.model, parts, query.get(way, "")) for way in ("after", "before")
    )
    if before is not None and after is None:
        found = stretch(rows, [turned(part) for part in reversed(parts)], before, size + 1)
        page, has_before, has_after = found[:size][::-1], len(found) > size, True
    else:
        found = stretch(rows, parts, after, size + 1)
        page, has_before, has_after = found[:size], after is not None, len(found) > size
    return KeyPage(
        [row for _part, row in page],
        mark(*page[0]) if page and has_before else "",
        mark(*page[-1]) if page and has_after else "",
    )


def stretch(
    rows: QuerySet[M], parts: Sequence[Part], start: Start | None, most: int
) -> list[tuple[Part, M]]:
    """The first rows after the start, each with its part."""
    names = [part.name for part in parts]
    found: list[tuple[Part, M]] = []
    for part in parts[names.index(start.part) if start else 0 :]:
        of_part = rows.filter(part.condition)
        if start and part.name == start.part:
            of_part = beyond(of_part, part.order, start.values)
        found += [(part, row) for row in of_part.order_by(*part.order)[: most - len(found)]]
        if len(found) == most:
            break
    return found


def turned(part: Part) -> Part:
    """The part from its end to its beginning."""
    order = [name[1:] if name.startswith("-") else f"-{name}" for name in part.order]
    return Part(part.name, part.condition, order)


def beyond(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    """The rows that come after one with these values, in this order."""
    ways = ["lt" if name.startswith("-") else "gt" for name in order]
    names = [name.lstrip("-") for name in order]
    condition = Q()
    for place, name in enumerate(names):
        same = dict(zip(names[:place], values[:place], strict=True))
        condition |= Q(**same, **{f"{name}__{ways[place]}": values[place]})
    # Said once more in a form that an index can begin with.
    return rows.filter(condition, **{f"{names[0]}__{ways[0]}e": values[0]})


def mark(part: Part, row: Model) -> str:
    """Where a row stands, for the address of a page: its part, where it has a name, and its values."""
    fields = [row._meta.get_field(name.lstrip("-")) for name in part.order]
    values = [field.value_to_string(row) for field in fields]  # type: ignore[union-attr]
    return json.dumps([part.name, *values] if part.name else values)


def read_mark(model: type[Model], parts: Sequence[Part], text: str) -> Start | None:
    """Where the mark says that a page begins, or None."""
    try:
        told = json.loads(text) if text else None
        if not isinstance(told, list):
            return None
        name = told.pop(0) if parts and parts[0].name else ""
        order = {part.name: part.order for part in parts}[name]
        if len(told) != len(order):
            return None
        fields = [model._meta.get_field(each.lstrip("-")) for each in order]
        values = [field.to_python(each) for field, each in zip(fields, told, strict=True)]  # type: ignore[union-attr]
        for field, value in zip(fields, values, strict=True):
            field.run_validators(value)  # type: ignore[union-attr]  # a number that no column holds
    except (ValueError, TypeError, OverflowError, LookupError, ValidationError):
        return None
    return None if None in values else Start(name, values)


def counted(rows: QuerySet[Any]) -> int | None:
    """How many rows, or None for more than `COUNTED`."""
    n = rows.order_by()[: COUNTED + 1].count()
    return None if n > COUNTED else n
