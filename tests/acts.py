"""Acts on what belongs to others: sent, looked at for what they wrote, and taken back."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client

from tests.planted import NAMES, Planted, owners_of
from tests.test_permissions import GETS, NAMED, POSTS, address, addresses
from tests.walking import Walk
from tuntas.models import Response

WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
# Written by every request of a signed-in person.
OF_THE_SESSION = {"django_session", "tuntas_signin"}
UNIT_THINGS = {"feedback", "plan", "service", "tablet", "batch", "paper", "import"}
FILLED = {
    **dict.fromkeys(
        ("text", "reason", "note", "said", "did", "action", "cause", "label", "words", "how"),
        "Uji coba yang cukup panjang",
    ),
    **dict.fromkeys(("on", "day", "from_on", "until"), "2026-02-10"),
    **dict.fromkeys(("name", "addressee", "number", "source"), "Uji"),
    "month": "2026-01",
    "period": "2026-01",
    "span": "2026-01",
    "kind": "complaint",
    "survey_month": "2026-01",
    "horizon": "short",
    "expires_on": "2027-01-31",
    "size": "100",
    "year": "2026",
    "n": "5",
    "confirm": "1",
    "destination": "office",
}


class Acts:
    """One person sends; what belongs to `unit` or its office must neither change nor show."""

    def __init__(self, planted: Planted, client: Client, unit: str) -> None:
        self.planted, self.client = planted, client
        self.others = {f"unit{unit}"} | (
            {f"kantor{unit[0]}", "unitb2"} if unit[0] == "b" else set()
        )
        self.before: dict[str, set[Any]] = {}
        self.written: set[str] = set()
        self.touched: set[str] = set()
        self.n = 0
        self.walk = Walk(client)

    @property
    def read(self) -> dict[Any, str]:
        """Words of the others that came back."""
        seen = self.walk.seen.items()
        return {said: url for said, url in seen if said[0] in self.others and said[1] not in NAMES}

    def post(self, url: str, data: dict[str, Any]) -> int:
        """Status; `written` holds the tables, `touched` those where the others have other rows."""
        self.n += 1
        self.written = set()
        with transaction.atomic():
            with connection.execute_wrapper(self.watch):
                answer = self.client.post(url, data)
            status = int(answer.status_code)
            self.walk.take(url, answer)
            if status == 302 and answer["Location"].startswith("/"):
                self.walk.take(url, self.client.get(answer["Location"]))
            after = {table: self.rows(table) for table in self.written}
            transaction.set_rollback(True)
        for table in self.written - self.before.keys():
            self.before[table] = self.rows(table)
        self.touched = {table for table, rows in after.items() if rows != self.before[table]}
        return status

    def watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (found := WRITE.match(sql)) and found[1] not in OF_THE_SESSION:
            self.written.add(found[1])
        return execute(sql, params, many, context)

    def rows(self, table: str) -> set[Any]:
        """What of a table belongs to the others or points to something of theirs."""
        model = next((each for each in every_model() if each._meta.db_table == table), None)
        if model is None:
            return set()
        return {
            repr([getattr(row, field.attname) for field in model._meta.concrete_fields])
            for row in model._base_manager.all()
            if owners_of(self.planted, row) & self.others
        }


def every_model() -> list[type[models.Model]]:
    return list(apps.get_app_config("tuntas").get_models(include_auto_created=True))


def foreign_things(planted: Planted, unit: str) -> Iterator[tuple[str, str]]:
    """Every address that names a thing, with those of this unit and its office."""
    named = NAMED if unit[0] == "b" else UNIT_THINGS
    for name, (arguments, _who) in (GETS | POSTS).items():
        if named & set(arguments):
            yield name, address(planted.worlds[unit], name, arguments)


def own_with_foreign_keys(
    planted: Planted, own: str, unit: str
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Name, field, address and form: all is one's own but the key in this field."""
    mine, theirs = keys_of(planted, own), keys_of(planted, unit)
    if own[0] == unit[0]:
        theirs.pop("unit")  # handing over to another unit of the office is an officer's right
    modules = modules_by_name()
    for name, (arguments, _who) in (GETS | POSTS).items():
        url = address(planted.worlds[own], name, arguments)
        for field, key in theirs.items():
            if re.search(rf'"{field}"|^    {field} = \w+', modules[name], re.M):
                yield name, field, url, {**FILLED, **mine, field: key}


def keys_of(planted: Planted, unit: str) -> dict[str, Any]:
    """By the names of the fields in which a form takes the key of a thing."""
    world, cast = planted.worlds[unit], planted.casts[unit]
    return {
        "unit": world["unit"],
        "service": world["service"],
        "feedback": world["feedback"],
        "into": world["feedback"],
        "assignee": cast.people["officer"].pk,
        "template": world["template"],
        "edition": world["edition"],
        "response": str(Response.objects.filter(service=cast.service).values_list("id")[0][0]),
        "office": cast.office.pk,
    }


def modules_by_name() -> dict[str, str]:
    """The text of the module in which each address is answered."""
    return {
        str(pattern.name): Path(inspect.getfile(inspect.unwrap(pattern.callback))).read_text()
        for _text, pattern in addresses()
        if hasattr(pattern.callback, "staff_roles")
    }
