"""Two offices with two units each and a ministry above one of them, in which every text a person
or a citizen could have written carries a word that says whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, models
from django.test import Client

from tests.conftest import Cast, answer, person, signed_in, triggers_aside
from tests.things import AFTER, DURING, asked_things, close_january, office_things, unit_things
from tuntas import report
from tuntas.imports.excerpts import excerpt_of
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    ApiToken,
    Audience,
    CalendarFeed,
    Contact,
    Deactivation,
    Edition,
    Feedback,
    HistoricalResult,
    Holiday,
    Import,
    Membership,
    Merge,
    NarrativeTemplate,
    Office,
    PrivacyNotice,
    PublishedAnswer,
    Referral,
    Reopened,
    ReportKind,
    Role,
    Scope,
    Service,
    SpamMark,
    Stationery,
    Tablet,
    TextErasure,
    Unit,
    User,
    Vote,
    WallScreen,
)
from tuntas.models.closures import Closure
from tuntas.models.papers import SheetValues
from tuntas.models.periods import Period

# Texts in which no person writes: keys, codes, names of kinds, what the program itself says.
OF_THE_PROGRAM = {
    "path", "address", "content_type", "stored_as", "lease_holder", "last_error", "answered_as",
    "secret", "salt", "old_salt", "licence", "time_zone", "signature_anchor", "number_pattern",
    "signatory_employee_id", "span", "key", "about", "kind", "section", "outline", "paper", "event",
    "code", "token", "sha256", "table", "answers", "profile", "channel", "weights",
    "element", "horizon", "status", "problem", "refusal", "instrument", "statement",
    "fee_question", "root", "editions", "own_weights", "password", "device",
}  # fmt: skip
# May stay empty, and then carry nothing but their word.
FORCED = {"outsidekey.reason", "publication.url"}
# Tables of the program as a whole.
OF_NOBODY = {
    "event",
    "chore",
    "worker",
    "hookmark",
    "setupcode",
    "mailpreference",
    "idempotencykey",
}
WORD = re.compile(r"rahasia(kantor[abm]|unit[ab][12])(?:x([a-z]+)q([a-z_]+?)9)?")
# An officer hands over to the other units, so their names are known.
NAMES = {"unit.name", "unit.short_name"}
# What finds every word when it is searched for, and is none itself when a page repeats it.
SOUGHT = "ahasia"


def word(owner: str, model: str, field: str) -> str:
    return f"rahasia{owner}x{model}q{field}9"


@dataclass
class Planted:
    """Both offices as the four units see them, and what cannot be asked of the database again."""

    ministry: Office
    casts: dict[str, Cast]  # by unit: a1, a2, b1, b2
    worlds: dict[str, dict[str, Any]]
    people: dict[str, User]
    owners: dict[tuple[str, int], str]
    secrets: dict[str, Any]

    def client(self, who: str) -> Client:
        return signed_in(self.people[who])


def plant() -> Planted:
    ministry = Office.add("pusat", "Badan", by=None)
    offices = {
        "a": Office.add("kanreg", "Kantor", by=None, parent=ministry, **signatory()),
        "b": Office.add("lain", "Kantor", by=None, **signatory()),
    }
    found = Planted(ministry, {}, {}, {}, {("office", ministry.pk): "kantorm"}, {})
    found.people["ministry"] = person("ministry", ministry, Role.MINISTRY)
    for letter, office in offices.items():
        found.owners["office", office.pk] = f"kantor{letter}"
        fill(found, letter, office)
    mark_all(found)
    for letter, office in offices.items():
        settle(found, letter, office)
    mark_all(found)
    return found


def signatory() -> dict[str, str]:
    return {"city": "Kota", "signatory_title": "Kepala", "signatory_name": "Nama"}


def fill(found: Planted, letter: str, office: Office) -> None:
    """Units, services, people, and what comes before the closing."""
    units = [Unit.add(office, code, "Bidang", short_name="B", by=None) for code in ("satu", "dua")]
    services = [
        Service.add(unit, "layanan", "Layanan", edition=Edition.builtin("skm9"), by=None)
        for unit in units
    ]
    people = {
        "team": person(f"team-{letter}", office, Role.SURVEY_TEAM),
        "head": person(f"head-{letter}", office, Role.HEAD),
        "auditor": person(f"auditor-{letter}", office, Role.AUDITOR),
        "officer": person(f"officer-{letter}1", office, Role.UNIT_OFFICER, unit=units[0]),
        "other_officer": person(f"officer-{letter}2", office, Role.UNIT_OFFICER, unit=units[1]),
    }
    found.people |= {f"{who}_{letter}": user for who, user in people.items()}
    for number in (0, 1):
        name, (mine, other) = f"{letter}{number + 1}", (number, 1 - number)
        owner = {**people, "officer": people["other_officer"]} if number else people
        found.casts[name] = Cast(
            found.ministry, office, office, units[mine], units[other], units[other],
            services[mine], services[other], services[other], owner,
        )  # fmt: skip
        found.owners["unit", units[mine].pk] = f"unit{name}"
        found.worlds[name] = asked_things(found.casts[name])
        conversations(found, name)


def conversations(found: Planted, name: str) -> None:
    """Suggestions answered, referred, merged, marked as spam, erased, voted on and opened again."""
    cast, team = found.casts[name], found.casts[name].people["team"]
    codes = [
        answer(cast.service, suggestion=f"Antrean ke-{n} terlalu lama.", at=DURING).tracking_code
        for n in range(7)
    ]
    rows = [Feedback.by_code(code) for code in codes]
    talked, referred, merged, spam, erased, split, open_one = (row for row in rows if row)
    reply = talked.reply("Kami menambah petugas.", by=team)
    Vote.cast(talked, reply.pk, "partly", "Masih lama.")
    Reopened.make(talked, "Belum ada perubahan.")
    Contact.give(talked, f"{word(f'unit{name}', 'contact', 'email')}@warga.example")
    Referral.make(
        referred, "Diteruskan.", by=team, destination="office", addressee="Dinas", number="12/S",
        on=DURING.date(),
    )  # fmt: skip
    Merge.make(open_one, [merged], by=team)
    SpamMark.put(spam, "Bukan tentang layanan", by=team)
    TextErasure.make(erased, "office", by=team, reason="Memuat nama orang")
    split.split("terlalu lama", by=team)
    talked.assign(cast.people["officer"], by=team)
    found.secrets[name] = {"tracking": codes[0], "open": codes[6]}


def settle(found: Planted, letter: str, office: Office) -> None:
    """The closing, the plans, and every document that is made of what was planted."""
    months_before(found, letter, office)
    office.refresh_from_db()
    close_january(found.casts[f"{letter}1"])
    of_office: dict[str, Any] = {}
    for name in (f"{letter}1", f"{letter}2"):
        cast = found.casts[name]
        for row in (cast.office, cast.pensiun, cast.inka, cast.service, cast.service16):
            row.refresh_from_db()
        found.worlds[name] |= unit_things(cast)
        unit_words(found, name)
        of_office = of_office or office_things(cast)
        found.worlds[name] = of_office | found.worlds[name]
    office_words(found, letter, office)
    mark_all(found)
    for kind in sorted(set(ReportKind.values) - {ReportKind.INTEGRITY}):
        report.make(office, kind, Span.parse("2026-01"))


def months_before(found: Planted, letter: str, office: Office) -> None:
    """A published value of an earlier year, and a closing that was taken back."""
    cast = found.casts[f"{letter}1"]
    HistoricalResult.record(
        office, Month(2024, 1), Decimal(80), source="Laporan lama", by=None, n=40
    )
    answer(cast.service, at=DURING.replace(month=2))
    february = Closure.seal(Period.of(office, Month(2026, 2)), by=None, at=AFTER.replace(month=3))
    february.reopen(by=cast.people["team"], reason="Ada kuesioner yang tertinggal")


def unit_words(found: Planted, name: str) -> None:
    """What a unit may write beside the things every test needs."""
    cast, world = found.casts[name], found.worlds[name]
    team = cast.people["team"]
    plan = ActionPlan.objects.get(pk=world["plan"])
    plan.change(
        by=team, cause="Kursi kurang", person_in_charge="Budi", action=plan.action + " Segera."
    )
    plan.add_file(
        "surat.pdf", b"%PDF-1.7 " + word(f"unit{name}", "evidence", "content").encode(), by=None,
        label="Surat",
    )  # fmt: skip
    plan.add_link(f"https://contoh.go.id/{name}", by=None, label="Foto")
    plan.add_obstacle(by=None, text="Pengadaan", depends_on="Biro")
    plan.add_obstacle(by=None, text="Izin").resolve(AFTER.date(), by=team, how="Disetujui")
    plan.agree(by=team, note="Rapat")
    draft = word(f"unit{name}", "actionplan", "draft")
    ActionPlan.add(cast.pensiun, by=None, survey_month=plan.survey_month, action=draft)
    feedback = Feedback.objects.filter(unit=cast.pensiun).latest("pk")
    plan.source_feedback.add(feedback)
    PublishedAnswer.objects.get(pk=world["published"]).publish(by=team)
    hidden = word(f"unit{name}", "publishedanswer", "hidden")
    PublishedAnswer.write(feedback, hidden, hidden, by=None)
    Audience.record(cast.service, 2026, 400, source="Register", by=None)
    values = SheetValues("343444333", "P3--", DURING.date(), "Kursi rusak")
    paper = cast.service.paper_batches.get(pk=world["paper"])
    paper.type_first(2, values, by=team)
    import_with_words(found, name)
    found.secrets[name]["tablet"] = Tablet.add(cast.service, "Loket", "kiosk", by=None)[1]


def import_with_words(found: Planted, name: str) -> None:
    """A spreadsheet whose heading, cells and refused rows carry the unit's word."""
    cast, said = found.casts[name], word(f"unit{name}", "upload", "excerpt")
    text = f"u1,u2,u3,u4,u5,u6,u7,u8,u9,Saran,{said}\n3,3,3,3,3,3,3,3,3,{said},{said}\n"
    row = Import.add(cast.service, ContentFile(text.encode()), "isi.csv", by=cast.people["team"])
    row.accept(excerpt_of(row.path, "isi.csv", cast.service.edition).data(), by=cast.people["team"])
    row.refused.create(line=2, column="u1", value="7", reason="Nilai")
    found.worlds[name]["import"] = row.pk


def office_words(found: Planted, letter: str, office: Office) -> None:
    """What an office may write beside the things every test needs."""
    team, owner = found.people[f"team_{letter}"], f"kantor{letter}"
    Stationery.of(office).change(
        by=team, letterhead="Kop", signatory_rank="Pembina", number_pattern="{urut}/{kode}/{tahun}"
    )
    Holiday.objects.create(office=office, date=AFTER.date(), name="Libur", at=AFTER, by=team)
    NarrativeTemplate.write(office, "monthly", "tujuan", "Tujuan kantor", by=team)
    NarrativeTemplate.write(office, "follow-up", "tujuan", "Tujuan tindak lanjut", by=team)
    PrivacyNotice.publish(office, {"id": word(owner, "privacynotice", "texts")}, by=team)
    leaving = person(f"leaving-{letter}", office, Role.AUDITOR)
    Deactivation.objects.create(person=leaving, office=office, reason="Pindah", at=AFTER, by=team)
    found.secrets[letter] = {
        "wall": WallScreen.add(office, "Lobi", by=None)[1],
        "calendars": {
            who: CalendarFeed.renew(user)
            for who, user in found.people.items()
            if who.endswith(f"_{letter}")
        },
        "tokens": {
            scope: ApiToken.add(office, "Sistem", scopes, expires_on=office.today, by=None)[1]
            for scope, scopes in token_scopes().items()
        },
    }


def token_scopes() -> dict[str, list[str]]:
    return {scope: [scope] for scope in Scope.values} | {"all": list(Scope.values)}


# -- the words -----------------------------------------------------------------------------------


def mark_all(found: Planted) -> None:
    """Give every text of every row that has an owner its word, where it has none yet."""
    with without_triggers():
        for model in apps.get_app_config("tuntas").get_models():
            fields = texts_of(model)
            for row in model._base_manager.all() if fields else []:
                mark(found, row, fields)


def texts_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a table in which a person writes."""
    name = model._meta.model_name
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in OF_THE_PROGRAM
        and not field.name.endswith("sha256")
        and name not in OF_NOBODY
    ]


def mark(found: Planted, row: models.Model, fields: list[Any]) -> None:
    owner = owner_of(found, row)
    new = {}
    for field in fields:
        old, name = getattr(row, field.name), str(row._meta.model_name)
        forced = f"{name}.{field.name}" in FORCED
        if owner and (old or forced) and "rahasia" not in old:
            said = word(owner, name, field.name)
            new[field.name] = carrying(row.pk, field, old, said)
    if new:
        type(row)._base_manager.filter(pk=row.pk).update(**new)


def carrying(key: int, field: Any, old: str, said: str) -> str:
    if field.name == "url":
        return f"{old.rstrip('/') or 'https://contoh.go.id'}/{said}"
    if field.name == "email":
        return f"{said}.{key}@contoh.go.id"
    text = f"{old} {said}"
    return text if field.max_length is None or len(text) <= field.max_length else said


def owner_of(found: Planted, row: models.Model) -> str:
    """The unit a row belongs to, else the office; empty when it is everybody's."""
    owners = sorted(owners_of(found, row), reverse=True)  # "unit…" before "kantor…"
    return owners[0] if owners else ""


def owners_of(found: Planted, row: models.Model) -> set[str]:
    """All units and offices a row belongs or points to."""
    name = str(row._meta.model_name)
    if name in ("unit", "office"):
        known = found.owners.get((name, row.pk))
        return {known} if known else set()
    if isinstance(row, User):
        posts = Membership.objects.filter(user=row)[:1]
        return {owner for post in posts for owner in owners_of(found, post.office)}
    owners = {
        owner_behind(found, row, field)
        for field in row._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and getattr(row, field.attname) is not None
        and field.related_model not in (User, type(row))
    }
    return owners - {""}


def owner_behind(found: Planted, row: models.Model, field: Any) -> str:
    """Whose the thing is that a row points to; units and offices need not be fetched for it."""
    name = str(field.related_model._meta.model_name)
    if name in ("unit", "office"):
        return found.owners.get((name, getattr(row, field.attname)), "")
    return owner_of(found, getattr(row, field.name))


@contextmanager
def without_triggers() -> Iterator[None]:
    """Append-only tables get their words, too; only here and only in a test's database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        with triggers_aside(cursor):
            yield


def planted_words() -> set[tuple[str, str]]:
    """Every word there is, as whose and where; also those in files and in JSON."""
    found = {
        (owner, f"{name}.{field}")
        for model in apps.get_app_config("tuntas").get_models()
        for place in texts_of(model)
        for text in model._base_manager.values_list(place.name, flat=True)
        for owner, name, field in WORD.findall(text.lower())
    }
    units = {owner for owner, _what in found if owner.startswith("unit")}
    found |= {(unit, what) for unit in units for what in ("evidence.content", "upload.excerpt")}
    return found | {(office, "privacynotice.texts") for office in ("kantora", "kantorb")}


def unplanted() -> set[str]:
    """Texts of which no row carries a word, so that the walk would not notice them."""
    return {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("tuntas").get_models()
        for field in texts_of(model)
        if not model._base_manager.filter(**{f"{field.name}__contains": "rahasia"}).exists()
    }
