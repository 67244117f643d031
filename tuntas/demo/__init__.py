"""The demo office: Kantor Regional X BKN with everything its semester report of 2023 contains.

The six monthly values are historical results, not invented answers; the seven plans are those of
the report. Beside them stand synthetic answers and suggestions of recent months (`synthetic.py`),
so that every page has something to show. The whole office is marked as a demo.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tuntas.demo import synthetic
from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    Edition,
    HistoricalResult,
    Membership,
    Office,
    Role,
    Service,
    Unit,
    User,
)

DATA = Path(__file__).with_name("kanreg10.json")
PEOPLE = (
    ("tim@demo.tuntas.id", "Putu Ayu Lestari", Role.SURVEY_TEAM, ""),
    ("petugas@demo.tuntas.id", "Made Wirawan", Role.UNIT_OFFICER, "inka"),
    ("pensiun@demo.tuntas.id", "Komang Suryani", Role.UNIT_OFFICER, "pensiun"),
    ("kepala@demo.tuntas.id", "Kepala Kantor (contoh)", Role.HEAD, ""),
    ("auditor@demo.tuntas.id", "Nyoman Adi", Role.AUDITOR, ""),
    ("kementerian@demo.tuntas.id", "Rina Hapsari", Role.MINISTRY, ""),
)


class NotADemo(Exception):
    """An office with the demo's code exists and is a real one."""


@dataclass(frozen=True)
class SignIn:
    email: str
    role: str
    password: str


def load(
    progress: Callable[[str], None] = lambda _step: None, now: datetime | None = None
) -> list[SignIn]:
    """Load the demo office once, as it would stand at `now`; the people's sign-ins come back.

    Raises NotADemo.
    """
    found = Office.objects.filter(code="kanreg10").first()
    if found is not None:
        if not found.is_demo:
            raise NotADemo
        return sign_ins()
    data = json.loads(DATA.read_text(encoding="utf-8"))
    with transaction.atomic():
        progress("kantor, unit, dan layanan")
        office, units = add_office(data)
        people = add_people(office, units)
        progress("nilai dan rencana aksi Semester I 2023")
        add_history(office, data)
        for plan in data["plans"]:
            add_plan(units[plan["unit"]], plan)
        progress("jawaban contoh bulan-bulan terakhir")
        synthetic.add(office, units, people, now or timezone.now())
    return sign_ins()


def add_office(data: dict[str, Any]) -> tuple[Office, dict[str, Unit]]:
    ministry = Office.add("bkn", "Badan Kepegawaian Negara", by=None, city="Jakarta", is_demo=True)
    fields = dict(data["office"])
    office = Office.add(
        fields.pop("code"), fields.pop("name"), by=None, parent=ministry, is_demo=True, **fields
    )
    units = {}
    for row in data["units"]:
        units[row["code"]] = Unit.add(
            office, row["code"], row["name"], short_name=row["short_name"], by=None
        )
    for unit, code, name, edition in data["services"]:
        Service.add(units[unit], code, name, edition=Edition.builtin(edition), by=None)
    return office, units


def add_people(office: Office, units: dict[str, Unit]) -> dict[str, User]:
    """The demo's people; one password for all, made here and kept in the data folder only."""
    people = {}
    for email, name, role, unit in PEOPLE:
        user = User.objects.create_user(email, demo_password(), name=name)
        place = office.parent if role == Role.MINISTRY else office
        Membership.grant(user, place, role, by=None, unit=units.get(unit))
        people[email.split("@")[0]] = user
    return people


def demo_password() -> str:
    path = Path(settings.DATA) / "demo-password"
    if not path.exists():
        path.write_text("-".join(secrets.token_hex(2) for _each in range(3)), encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


def sign_ins() -> list[SignIn]:
    return [SignIn(email, str(role.label), demo_password()) for email, _name, role, _unit in PEOPLE]


def add_history(office: Office, data: dict[str, Any]) -> None:
    for month, value in data["values"].items():
        HistoricalResult.record(
            office, Month.parse(month), Decimal(value), source=data["source"], by=None
        )


def add_plan(unit: Unit, row: dict[str, Any]) -> ActionPlan:
    """One plan of the report, recorded as if it had been followed in the system then."""
    survey = Month.parse(row["survey"])
    told_at = noon(date.fromisoformat(row["told_on"]), unit)
    plan = ActionPlan.add(
        unit,
        by=None,
        at=noon((survey + 1).first_day, unit),
        survey_month=survey.first_day,
        element=row["element"],
        action=row["action"],
        start_month=Month.parse(row["start"]).first_day,
        end_month=Month.parse(row["end"]).first_day if row["end"] else None,
    )
    for entry in row["progress"]:
        days = {key: date.fromisoformat(entry[key]) for key in ("on", "until") if key in entry}
        rest = {key: entry[key] for key in ("kind", "text", "month_only") if key in entry}
        plan.add_progress(by=None, at=told_at, **rest, **days)
    for obstacle in row["obstacles"]:
        plan.add_obstacle(by=None, at=told_at, **obstacle)
    for url in row["evidence"]:
        plan.add_link(url, by=None, at=told_at)
    if row["finished"]:
        plan.finish(by=None, at=told_at)
    return plan


def noon(day: date, unit: Unit) -> datetime:
    return datetime.combine(day, time(12), tzinfo=unit.office.zone)
