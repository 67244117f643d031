"""The cast: a ministry, two offices with units and services, and one person for every role.

Office A ("kanreg") has the units pensiun and inka; office B ("lain") is there to stay unseen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.test import Client
from hypothesis import settings as hypothesis_settings

from tuntas.models import (
    Edition,
    Membership,
    Office,
    Response,
    Role,
    Service,
    Submission,
    Unit,
    User,
)
from tuntas.public import traffic
from tuntas.server import compile_translations

PASSWORD = "rahasia-sekali-2026"

# Whether something is right must not depend on how busy the machine is.
hypothesis_settings.register_profile("tuntas", deadline=None)
hypothesis_settings.load_profile("tuntas")


def pytest_configure() -> None:
    """Compile the translations into the folder of this process, before it has read (and kept) a
    missing one."""
    compile_translations()


@dataclass
class Cast:
    ministry: Office
    office: Office
    other: Office
    pensiun: Unit
    inka: Unit
    other_unit: Unit
    service: Service  # of pensiun, 9 questions
    service16: Service  # of inka, 16 questions
    other_service: Service
    people: dict[str, User]

    def client(self, who: str) -> Client:
        """A browser in which `who` is signed in."""
        return signed_in(self.people[who])


def signed_in(user: User) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture(autouse=True)
def quiet_doors() -> None:
    """Every test begins without a burst and without a limit half used up."""
    for counter in (traffic.bursts, traffic.answers, traffic.wrong_codes):
        counter.forget()


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def make_cast() -> Cast:
    ministry = Office.add("pusat", "Badan Contoh", by=None)
    office = Office.add(
        "kanreg",
        "Kantor Regional Contoh",
        by=None,
        parent=ministry,
        city="Denpasar",
        time_zone="Asia/Makassar",
        signatory_title="Kepala Kantor Regional Contoh",
        signatory_name="Ni Made Sari",
    )
    other = Office.add("lain", "Kantor Lain", by=None, parent=ministry)
    pensiun = Unit.add(office, "pensiun", "Bidang Pensiun", short_name="Pensiun", by=None)
    inka = Unit.add(office, "inka", "Bidang Informasi Kepegawaian", short_name="INKA", by=None)
    other_unit = Unit.add(other, "umum", "Bagian Umum", by=None)
    skm9, skm16 = Edition.builtin("skm9"), Edition.builtin("skm16")
    return Cast(
        ministry=ministry,
        office=office,
        other=other,
        pensiun=pensiun,
        inka=inka,
        other_unit=other_unit,
        service=Service.add(pensiun, "pensiun", "Layanan Pensiun", edition=skm9, by=None),
        service16=Service.add(inka, "data", "Layanan Data", edition=skm16, by=None),
        other_service=Service.add(other_unit, "umum", "Layanan Umum", edition=skm9, by=None),
        people={
            "team": person("team", office, Role.SURVEY_TEAM),
            "officer": person("officer", office, Role.UNIT_OFFICER, unit=pensiun),
            "head": person("head", office, Role.HEAD),
            "auditor": person("auditor", office, Role.AUDITOR),
            "ministry": person("ministry", ministry, Role.MINISTRY),
            "other_officer": person("other_officer", office, Role.UNIT_OFFICER, unit=inka),
            "stranger": person("stranger", other, Role.SURVEY_TEAM),
        },
    )


def person(name: str, office: Office, role: str, unit: Unit | None = None) -> User:
    user = User.objects.create_user(f"{name}@contoh.go.id", PASSWORD, name=name.title())
    Membership.grant(user, office, role, by=None, unit=unit)
    return user


def answer(
    service: Service,
    answers: str = "343444333",
    *,
    at: datetime | None = None,
    suggestion: str = "",
    **fields: Any,
) -> Any:
    """Store one response the way the form does; returns its receipt."""
    submission = Submission(
        id=fields.pop("id", uuid4()),
        edition_id=service.edition_id,
        answers=answers,
        channel=fields.pop("channel", "web"),
        suggestion=suggestion,
        **fields,
    )
    return Response.receive(service, submission, at=at)


def at_once(act: Callable[[], None], threads: int = 8) -> None:
    """Run `act` in so many threads that begin together, and end with what any of them raised."""
    start, errors = threading.Barrier(threads), []

    def run() -> None:
        try:
            start.wait()
            act()
        except Exception as error:  # the test fails below, with the error in sight
            errors.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=run) for _each in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert errors == []


def moment(text: str) -> datetime:
    """`2026-03-05 10:00` in UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


@contextmanager
def triggers_aside(cursor: Any, table: str = "%") -> Iterator[None]:
    """SQLite without the triggers of a table, or of all; those that keep the index of the search stay."""
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE %s "
        "AND name NOT LIKE '%%_words_%%'",
        [table],
    )
    triggers = cursor.fetchall()
    for name, _sql in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in triggers:
        cursor.execute(sql)


SqliteOperations = SqliteWrapper.ops_class
original_flush = SqliteOperations.execute_sql_flush


def flush_past_the_triggers(self: Any, sql_list: list[str]) -> None:
    """Tests with real transactions empty the tables afterwards, which the append-only triggers
    refuse on SQLite (PostgreSQL truncates, which fires none): put them aside while emptying."""
    with self.connection.cursor() as cursor, triggers_aside(cursor):
        original_flush(self, sql_list)


SqliteOperations.execute_sql_flush = flush_past_the_triggers  # type: ignore[method-assign]
