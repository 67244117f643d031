"""A walk through all of the site with words planted in every text of two offices: nobody reads a word
of an office or a unit that the table of rights in docs/operate.md does not give to that person.

tests/test_permissions.py looks at who is let in; this looks at what stands on the pages, in the
files and in the answers of the API once somebody is in. Measured by `pytest -s`: the last line says
how many addresses were asked by how many people.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse

from tests.acts import Acts, foreign_things, own_with_foreign_keys
from tests.planted import Planted, plant, unplanted
from tests.rights import (
    API,
    BY_SCOPE,
    BY_SECRET,
    MAY_READ,
    OPEN,
    PUBLIC,
    RESULTS,
    WITH_ALL,
    allowed,
)
from tests.test_permissions import ELSEWHERE, GETS, addresses
from tests.walking import Walk
from tuntas.api import access
from tuntas.api.invitations import api
from tuntas.limits import Limit
from tuntas.models import Edition, Evidence, Feedback, Report, Scope
from tuntas.models.feedback import FeedbackQuerySet
from tuntas.models.offices import OfficeQuerySet
from tuntas.models.plans import ActionPlanQuerySet
from tuntas.models.spreadsheets import ImportQuerySet
from tuntas.public.open_data import FILE_NAMES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FORMATS = ("csv", "xlsx", "pdf", "docx")
POSTER = "/publications/material-regulation.pdf?period=2026-01"

# -- the walk ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planted]:
    """Planted once for all walks, which only read, and taken back at the end."""
    data = tmp_path_factory.mktemp("data")
    with django_db_blocker.unblock(), override_settings(DATA=data), transaction.atomic():
        yield plant()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def walks() -> Iterator[list[Walk]]:
    """All that were made, to be counted."""
    made: list[Walk] = []
    yield made
    asked = {url for walk in made for url in walk.asked}
    n = sum(len(walk.asked) for walk in made)
    sys.stdout.write(f"\n{len(made)} walks, {len(asked)} addresses, {n} requests\n")


def walk_of(planted: Planted, walks: list[Walk], who: str) -> Walk:
    user = planted.people[who]
    user.refresh_from_db()
    walk = Walk(planted.client(who), own_email=user.email)
    if who == "ministry":
        office = planted.casts["a1"].office
        walk.client.post(reverse("office-choice"), {"office": office.pk})
    walks.append(walk)
    return walk


def everywhere(planted: Planted, letters: str = "ab") -> list[str]:
    """Every address of the staff with the things of each of the four units, and every suggestion,
    proof and report, of both offices or of one."""
    offices = [planted.casts[f"{letter}1"].office for letter in letters]
    found = [
        url
        for name, (arguments, _who) in GETS.items()
        for unit, world in planted.worlds.items()
        if unit[0] in letters
        for url in in_formats(world, name, arguments)
    ]
    found += [
        reverse("feedback", args=[row.pk]) for row in Feedback.objects.filter(office__in=offices)
    ]
    found += [
        reverse("evidence-file", args=[row.plan_id, row.pk]) for row in Evidence.objects.all()
    ]
    found += [reverse("period", args=["2026-02"]), POSTER]
    for row in Report.objects.filter(office__in=offices):
        found += [reverse("report-file", args=[row.code, each]) for each in FORMATS[1:]]
    return list(dict.fromkeys(found))


def in_formats(world: dict[str, Any], name: str, arguments: list[str]) -> Iterator[str]:
    """The address with each kind of file it may be asked for; a page only as it is."""
    for ending in FORMATS if {"csv", "pdf"} & set(arguments) else [""]:
        told = [ending if each in ("csv", "pdf") else world[each] for each in arguments]
        try:
            yield reverse(name, args=told)
        except NoReverseMatch:
            continue


def calendar_of(planted: Planted, who: str) -> str:
    keys = planted.secrets["a"]["calendars"]
    return reverse("calendar", args=[keys[who]]) if who in keys else ""


def test_every_text_a_person_writes_carries_a_word(planted: Planted) -> None:
    assert unplanted() == set()


@pytest.mark.parametrize("who", list(MAY_READ))
def test_everybody_reads_what_the_table_of_rights_gives_and_no_more(
    planted: Planted, walks: list[Walk], who: str
) -> None:
    """Also no less: a word that nobody met would prove nothing by its absence."""
    person = who if who == "ministry" else f"{who}_a"
    walk = walk_of(planted, walks, person)
    # Links lead the same way for all who read the whole office.
    walk.follow(everywhere(planted), 1 if who in ("team", "officer") else 0)
    walk.narrow(list(planted.worlds.values()))
    if calendar_of(planted, person):
        walk.get(calendar_of(planted, person))
    met = {said: url for said, url in walk.seen.items() if said[1] != "cut"}
    may = allowed(who)
    assert {said: met[said] for said in met.keys() - may} == {}
    assert may - met.keys() == set()
    # A word cut short is one of an office or unit of which the rest is read, too.
    assert {owner for owner, _what in walk.seen} == {owner for owner, _what in may}
    assert walk.answers[200] > 100


def test_another_office_opens_none_of_it(planted: Planted, walks: list[Walk]) -> None:
    walk = walk_of(planted, walks, "team_b")
    walk.follow(everywhere(planted, "a"), 0)
    assert {owner for owner, _what in walk.seen} <= {"kantorb", "unitb1", "unitb2"}
    assert walk.answers[404] > 100


# -- the public pages ----------------------------------------------------------------------------


def public_places(planted: Planted, name: str) -> dict[str, Any]:
    world, secrets = planted.worlds[name], planted.secrets[name]
    cast = planted.casts[name]
    edition = Edition.objects.get(pk=world["draft"])
    return {
        "form": cast.service.token,
        "unknown": "tidak-ada",
        "preview": edition.preview_key,
        "address": cast.office.address,
        "month": world["month"],
        "unit-code": cast.pensiun.code,
        "version": 2,
        "tablet-key": secrets["tablet"],
        "tracking": secrets["tracking"],
        "report": world["report"],
        "wall": planted.secrets[name[0]]["wall"],
    }


def public_addresses(planted: Planted, page: str) -> Iterator[tuple[str, str]]:
    """Each with the unit it is about."""
    for unit in planted.worlds:
        for file in FILE_NAMES if "file" in PUBLIC[page] else [""]:
            places = public_places(planted, unit) | {"file": file}
            yield unit, reverse(page, args=[places[place] for place in PUBLIC[page]])


def test_the_public_reads_what_is_published_and_no_more(
    planted: Planted, walks: list[Walk]
) -> None:
    met: set[str] = set()
    for page in PUBLIC:
        for unit, url in public_addresses(planted, page):
            walk = Walk(Client())
            walks.append(walk)
            walk.follow([url], 0 if page in BY_SECRET else 1)
            own = {f"kantor{unit[0]}", f"unit{unit[0]}1", f"unit{unit[0]}2", "kantorm"}
            if page in ("landing", "metrics", "conversation-find", "verify-find"):
                own |= {"kantora", "kantorb", "unita1", "unita2", "unitb1", "unitb2"}
            more = BY_SECRET.get(page, set())
            wrong = {
                said: where
                for said, where in walk.seen.items()
                if said[0] not in own or said[1] not in OPEN | more
            }
            assert wrong == {}, (page, unit)
            met |= {what for _owner, what in walk.seen}
    assert OPEN | set().union(*BY_SECRET.values()) == met


def test_every_public_address_was_asked() -> None:
    named = {
        pattern.name
        for _text, pattern in addresses()
        if getattr(pattern.callback, "is_public", False)
    }
    assert named - ELSEWHERE == set(PUBLIC)


# -- the API -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [*BY_SCOPE, "all"])
def test_a_token_reads_its_own_office_only(
    planted: Planted, walks: list[Walk], scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limits are tested elsewhere; here they would hide all other answers.
    monkeypatch.setattr(access, "calls", Limit(10**6, 10**6))
    key = planted.secrets["a"]["tokens"][scope]
    walk = Walk(Client(), headers={"Authorization": f"Bearer {key}"})
    walks.append(walk)
    for path, asked in API.items():
        for url in asked if "{" not in path else []:
            walk.get(f"/api/v1{path}{url}")
    wanted = WITH_ALL if scope == "all" else BY_SCOPE[scope]
    assert {what for _owner, what in walk.seen} == wanted
    assert {owner for owner, _what in walk.seen} <= {"kantora", "unita1", "unita2"}


def test_results_tell_what_the_public_page_tells(planted: Planted, walks: list[Walk]) -> None:
    walk = Walk(Client())
    walks.append(walk)
    for letter in ("a1", "b1"):
        places = public_places(planted, letter)
        for path, asked in API.items():
            for url in asked if "{" in path else []:
                walk.get(f"/api/v1{path.format(**places)}{url}")
    assert {what for _owner, what in walk.seen} == RESULTS


def test_every_address_of_the_api_was_asked() -> None:
    told = {path.removeprefix("/api/v1") for path in api.get_openapi_schema()["paths"]}
    assert told == set(API)
    assert set(BY_SCOPE) == set(Scope.values)


# -- acts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "unit"),
    [("team_a", "b1"), ("head_a", "b1"), ("officer_a", "b1"), ("officer_a", "a2")],
)
def test_nobody_acts_on_what_belongs_to_others(planted: Planted, who: str, unit: str) -> None:
    acts = Acts(planted, planted.client(who), unit)
    for name, url in foreign_things(planted, unit):
        status = acts.post(url, {})
        assert status in (403, 404), (name, status)
        assert acts.written == set(), name
    assert acts.n > 40
    assert acts.read == {}


@pytest.mark.parametrize(("who", "unit"), [("team_a", "b1"), ("officer_a", "a2")])
def test_nobody_draws_what_belongs_to_others_into_the_own_acts(
    planted: Planted, who: str, unit: str
) -> None:
    """The own address with the key of another unit's thing in one field of the form."""
    acts = Acts(planted, planted.client(who), unit)
    touched = {}
    for name, field, url, data in own_with_foreign_keys(planted, "a1", unit):
        acts.post(url, data)
        if acts.touched:
            touched[name, field] = acts.touched
    assert touched == {}
    assert acts.n > 100
    assert acts.read == {}


# -- the walk itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "what", "page"),
    [
        (FeedbackQuerySet, "feedback.text", "feedback"),
        (ActionPlanQuerySet, "actionplan.action", "plan"),
        (ImportQuerySet, "import.file_name", "import"),
    ],
)
def test_it_notices_a_filter_that_is_gone(
    planted: Planted, monkeypatch: pytest.MonkeyPatch, rows: Any, what: str, page: str
) -> None:
    monkeypatch.setattr(rows, "visible_to", lambda self, _user: self)
    walk = walk_of(planted, [], "officer_a")
    walk.follow([reverse(page, args=[planted.worlds["a2"][page]])], 0)
    assert ("unita2", what) in walk.seen


def test_it_notices_that_offices_are_no_longer_apart(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OfficeQuerySet, "visible_to", lambda self, _user: self)
    walk = walk_of(planted, [], "team_a")
    walk.get(reverse("office-choice"))
    assert ("kantorb", "office.name") in walk.seen
