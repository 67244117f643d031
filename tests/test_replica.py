"""Pages that may be a moment old are read from a replica; everything else, and every write, is not.

Here a copy of SQLite with a changed name plays the replica. A real standby that stops, dies and comes
back does in tests/faults/test_replica.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection, connections
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast, answer, moment
from tests.report.test_analysis import close
from tests.test_permissions import patterns
from tuntas import doctor, replica
from tuntas import settings as product
from tuntas.models import Closure, Office, Unit
from tuntas.replica import ALIAS, NotAStandby, Watch, reading_from

OLD, NEW = "Kantor Sebelum", "Kantor Sesudah"


@pytest.fixture
def copied(
    cast: Cast, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cast]:
    """A closed January; the copy knows the office by its old name, the database by its new one."""
    if connection.vendor != "sqlite":
        pytest.skip("the fault tests have a real replica")
    for _each in range(6):
        answer(cast.service, at=moment("2026-01-15 03:00"))
    close(cast, 1)
    Office.objects.filter(pk=cast.office.pk).update(name=OLD)
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(connection.connection.serialize())
    Office.objects.filter(pk=cast.office.pk).update(name=NEW)
    settings.DATABASE_ROUTERS = ["tuntas.replica.Router"]
    monkeypatch.setattr(replica, "WATCH", Watch(lambda: 0.0))
    with second_database(NAME=str(copy)):
        yield cast


@contextmanager
def second_database(**entry: object) -> Iterator[None]:
    """The database beside the test's own. Django's guard lets nobody connect to one it did not make, but
    one that is not among the settings: so it is connected before it stands there."""
    connections.settings[ALIAS] = {**connection.settings_dict, **entry}
    made = connections[ALIAS]
    known = connections.settings.pop(ALIAS)
    made.ensure_connection()
    connections.settings[ALIAS] = known
    try:
        yield
    finally:
        made.close()
        del connections[ALIAS], connections.settings[ALIAS]


def shown(path: str, client: Client | None = None) -> str:
    response = (client or Client()).get(path)
    assert response.status_code == 200
    return response.content.decode()


def fingerprint() -> str:
    return str(Closure.objects.get().sha256)


OLD_PAGES = {
    "office-results": lambda: "/o/kanreg/",
    "office-month": lambda: "/o/kanreg/2026-01/",
    "unit-results": lambda: "/o/kanreg/unit/pensiun/",
    "unit-month": lambda: "/o/kanreg/unit/pensiun/2026-01/",
    "office-card": lambda: "/o/kanreg/card/",
    "office-feed": lambda: "/o/kanreg/feed.atom",
    "office-data": lambda: "/o/kanreg/data/",
    "office-data-file": lambda: "/o/kanreg/data/datapackage.json",
    "office-badge": lambda: "/o/kanreg/badge.svg",
    "office-answers": lambda: "/o/kanreg/answers/",
    "verify": lambda: f"/v/{fingerprint()}/",
    "results": lambda: "/api/v1/offices/kanreg/results",
}
# These say nothing of the office's name, or need what has no address of its own here.
OTHER_OLD_PAGES = {"service-badge", "result"}


@pytest.mark.parametrize("path", OLD_PAGES.values(), ids=OLD_PAGES)
def test_a_page_that_may_be_old_is_read_from_the_replica_while_it_is_near(
    copied: Cast, path: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OLD in shown(path())
    monkeypatch.setattr(replica, "WATCH", Watch(lambda: 11.0))
    html = shown(path())
    assert NEW in html
    assert OLD not in html


def test_no_other_page_is() -> None:
    marked = {
        pattern.name for pattern in patterns() if getattr(pattern.callback, "may_be_old", False)
    }
    assert marked == OLD_PAGES.keys() | OTHER_OLD_PAGES


def test_form_and_staff_see_the_newest_while_the_replica_is_near(copied: Cast) -> None:
    assert NEW in shown(f"/s/{copied.service.token}/")
    assert NEW in shown("/o/kanreg/services/")
    assert NEW in shown(reverse("office-settings"), copied.client("team"))


def test_what_the_replica_does_not_know_yet_is_asked_of_the_primary(copied: Cast) -> None:
    answer(copied.service, at=moment("2026-02-15 03:00"))
    assert Client().get("/o/kanreg/2026-02/").status_code == 404
    close(copied, 2)
    assert NEW in shown("/o/kanreg/2026-02/")
    receipt = answer(copied.service, at=moment("2026-03-15 03:00"))
    assert NEW in shown(f"/v/{copied.office.pk}-{receipt.response_id.hex}/")


def test_a_replica_that_fails_is_left_alone_for_a_while(
    copied: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OLD in shown("/o/kanreg/")
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("ALTER TABLE tuntas_office RENAME TO gone")
    assert NEW in shown("/o/kanreg/")
    assert replica.WATCH.lag() is None
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("ALTER TABLE gone RENAME TO tuntas_office")
    assert NEW in shown("/o/kanreg/")
    monkeypatch.setattr(replica.WATCH, "look_at", 0.0)
    assert OLD in shown("/o/kanreg/")


def test_whatever_is_read_from_the_replica_is_written_to_the_primary(copied: Cast) -> None:
    before = reading_from.set(ALIAS)
    office = Office.objects.get(pk=copied.office.pk)
    unit = office.units.get(code="inka")
    office.units.filter(code="pensiun").update(name="Bidang Lain")
    reading_from.reset(before)
    assert (office.name, office._state.db, unit._state.db) == (OLD, ALIAS, ALIAS)
    office.city = "Singaraja"
    office.save()
    made = Unit.objects.create(office=office, code="baru", name="Baru")
    assert made._state.db == "default"
    assert office.units.count() == 3  # read after the page: from the primary again
    there = Office.objects.using(ALIAS).get(pk=office.pk)
    assert (there.city, there.units.using(ALIAS).count()) == ("Denpasar", 2)
    assert not Unit.objects.using(ALIAS).filter(name="Bidang Lain").exists()
    assert Unit.objects.filter(office=office, name="Bidang Lain").exists()


# -- how near it is --------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of a clock that only the test moves."""
    now = [1000.0]
    monkeypatch.setattr(replica.time, "monotonic", lambda: now[0])
    return now


def test_between_two_looks_the_lag_grows(clock: list[float], settings: Any) -> None:
    settings.REPLICA_SECONDS = 3
    found = iter([0.5, 2.5])
    watch = Watch(lambda: next(found))
    assert (watch.lag(), watch.is_near()) == (0.5, True)
    clock[0] += replica.LOOK_EVERY - 0.5
    assert watch.lag() == replica.LOOK_EVERY
    clock[0] += 0.5
    assert (watch.lag(), watch.is_near()) == (2.5, True)
    clock[0] += 1
    assert (watch.lag(), watch.is_near()) == (3.5, False)


@pytest.mark.parametrize("error", [NotAStandby(), OperationalError("gone")])
def test_a_look_in_vain_is_not_repeated_at_once(clock: list[float], error: Exception) -> None:
    looks = []

    def measure() -> float:
        looks.append(clock[0])
        if len(looks) == 1:
            raise error
        return 0.0

    watch = Watch(measure)
    assert not watch.is_near()
    clock[0] += replica.LOOK_AFTER_FAILURE - 1
    assert not watch.is_near()
    clock[0] += 1
    assert watch.is_near()
    assert len(looks) == 2


def test_while_the_primary_is_silent_what_was_known_serves_until_it_is_too_old(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[str, Any] = {"default": (500, 90.0), ALIAS: (True, 500, 90.0)}

    def ask(alias: str, _statement: str) -> Any:
        if known[alias] is None:
            raise OperationalError("gone")
        return known[alias]

    monkeypatch.setattr(replica, "ask", ask)
    watch = Watch()
    assert watch.lag() == 0.0
    known["default"] = None
    clock[0] += 9
    assert (watch.lag(), watch.is_near()) == (9.0, True)
    clock[0] += 2
    assert (watch.lag(), watch.is_near()) == (11.0, False)
    known["default"] = (501, 92.0)
    clock[0] += replica.LOOK_AFTER_FAILURE
    assert watch.lag() == 2.0


@pytest.mark.parametrize(
    ("primary", "standby", "lag"),
    [
        ((500, 90.0), (True, 500, 10.0), 0.0),  # nobody wrote for a long time
        ((500, 90.0), (True, 501, 89.9), 0.0),  # more came between the two questions
        ((500, 90.0), (True, 499, 86.5), 3.5),
        ((500, 90.0), (True, 499, 90.2), 0.0),  # committed after the primary was asked
        ((500, 90.0), (True, 499, None), None),
        ((500, 90.0), (True, None, None), None),
        ((500, 90.0), (False, 500, 90.0), None),  # promoted
    ],
)
def test_the_lag_of_a_standby(
    monkeypatch: pytest.MonkeyPatch,
    primary: tuple[int, float],
    standby: tuple[bool, int | None, float | None],
    lag: float | None,
) -> None:
    said = {"default": primary, ALIAS: standby}
    monkeypatch.setattr(replica, "ask", lambda alias, _statement: said[alias])
    if lag is None:
        with pytest.raises(NotAStandby):
            replica.measured_lag()
    else:
        assert replica.measured_lag() == pytest.approx(lag)


@pytest.mark.parametrize("lag", [0.2, 11.0, NotAStandby(), OperationalError("connection refused")])
def test_doctor_tells_of_the_replica(
    monkeypatch: pytest.MonkeyPatch, lag: float | Exception
) -> None:
    def measured() -> float:
        if isinstance(lag, Exception):
            raise lag
        return lag

    monkeypatch.setattr(replica, "measured_lag", measured)
    level, told, hint = doctor.replica_state()
    expected = {0.2: "baik", 11.0: "awas"}.get(lag, "galat") if isinstance(lag, float) else "galat"
    assert (level, bool(hint)) == (expected, expected != "baik")
    assert isinstance(lag, Exception) or f"{lag:.1f} detik" in told


def test_machines_are_told_whether_it_is_near(
    copied: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuntas.public import health

    monkeypatch.setattr(health, "OWN", health.Own())
    assert Client().get("/readyz").json()["replica"] == "near"
    text = Client().get("/metrics").content.decode()
    assert "tuntas_replica_near 1.0" in text
    assert "tuntas_replica_lag_seconds" in text
    monkeypatch.setattr(replica, "WATCH", Watch(lambda: 60.0))
    monkeypatch.setattr(health, "OWN", health.Own())
    assert Client().get("/readyz").json()["replica"] == "away"
    assert "tuntas_replica_near 0.0" in Client().get("/metrics").content.decode()


def test_without_a_replica_nothing_is_said_of_one(cast: Cast) -> None:
    assert "replica" not in Client().get("/readyz").json()
    assert not [told for _level, told, _hint in doctor.findings() if "eplika" in told]


# -- the setting -----------------------------------------------------------------------------------


def test_its_connection_cannot_write(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where TUNTAS_REPLICA_URL names a database that could."""
    if connection.vendor != "postgresql":
        pytest.skip("a property of PostgreSQL's connections")
    known = connection.settings_dict
    url = f"postgresql://{known['USER']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    monkeypatch.setattr(product, "DATABASES", {"default": {"ENGINE": known["ENGINE"]}})
    with second_database(**product.replica(url)):
        with (
            pytest.raises(DatabaseError, match="read-only"),
            connections[ALIAS].cursor() as cursor,
        ):
            cursor.execute("UPDATE tuntas_office SET name = 'x'")
        with pytest.raises(NotAStandby):
            replica.measured_lag()


def test_a_replica_needs_postgresql_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = {"default": product.database("postgresql://t@db1/tuntas")}
    monkeypatch.setattr(product, "DATABASES", postgres)
    entry = product.replica("postgresql://t:x@db2:5433/tuntas?sslmode=require")
    assert (entry["HOST"], entry["PORT"]) == ("db2", "5433")
    options: Any = entry["OPTIONS"]
    assert options["options"] == "-c default_transaction_read_only=on"
    assert (options["sslmode"], options["connect_timeout"]) == ("require", "2")
    with pytest.raises(ImproperlyConfigured):
        product.replica("sqlite:///copy.sqlite3")
    monkeypatch.setattr(product, "DATABASES", {"default": product.database("sqlite:///")})
    with pytest.raises(ImproperlyConfigured):
        product.replica("postgresql://t@db2/tuntas")
