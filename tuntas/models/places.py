"""Place: an office in the tree of a roll-up, made here or brought by a file from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tuntas.models.offices import Office
from tuntas.models.outside import OutsideOffice


@dataclass(frozen=True)
class Place:
    """An office in the tree. `key` is its primary key, or for one from outside its uid."""

    key: str
    pk: int
    code: str
    name: str
    address: str
    depth: int
    above: str | None  # key of the office above it
    is_outside: bool = False


def places_below(office: Office) -> list[Place]:
    """The office and everything below it, in the order of the tree, offices from outside with it."""
    found = Office.objects.filter(path__startswith=office.path).order_by("name", "pk")
    names = {pk: (code, name, path) for pk, code, name, path in found.values_list(
        "pk", "code", "name", "path"
    )}  # fmt: skip
    children: dict[str, list[Place]] = defaultdict(list)
    top = office.path.count("/")
    for pk, (code, name, path) in names.items():
        keys = [int(key) for key in path.strip("/").split("/")]
        address = ".".join(names[key][0] for key in keys if key in names)
        above = None if pk == office.pk else str(keys[-2])
        place = Place(str(pk), pk, code, name, address, path.count("/") - top, above)
        children[above or ""].append(place)
    for place in outside_below(office, names):
        children[place.above or ""].append(place)
    return list(walk(children, ""))


def walk(children: Mapping[str, list[Place]], above: str) -> Iterator[Place]:
    for place in children.get(above, []):
        yield place
        yield from walk(children, place.key)


def outside_below(office: Office, names: Mapping[int, tuple[str, str, str]]) -> Iterator[Place]:
    """Offices from outside, each once, below the one of their own installation they belong to."""
    rows = OutsideOffice.objects.filter(parent__path__startswith=office.path).order_by("path", "pk")
    known: dict[tuple[int, str], Place] = {}
    seen = set(
        Office.objects.filter(path__startswith=office.path, identity__isnull=False).values_list(
            "identity__uid", flat=True
        )
    )
    top = office.path.count("/")
    for row in rows:
        if row.uid in seen:
            continue
        seen.add(row.uid)
        over = nearest(known, row.parent_id, row.path)
        depth = names[row.parent_id][2].count("/") - top + 1 if over is None else over.depth + 1
        place = Place(
            key=str(row.uid),
            pk=row.pk,
            code=row.code,
            name=row.name,
            address=row.path,
            depth=depth,
            above=over.key if over else str(row.parent_id),
            is_outside=True,
        )
        known[row.parent_id, row.path] = place
        yield place


def nearest(known: Mapping[tuple[int, str], Place], parent: int, path: str) -> Place | None:
    """The office from the same place whose codes begin this path, the longest of them."""
    while "." in path:
        path = path.rpartition(".")[0]
        if (parent, path) in known:
            return known[parent, path]
    return None
