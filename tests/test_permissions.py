"""Every staff address x every role x two offices: who gets in, who is refused, who sees nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.conftest import Cast
from tests.things import asked_things, close_january, office_things, unit_things

READERS = {"team", "head", "auditor", "ministry"}
EVERYONE = READERS | {"officer", "other_officer"}
TEAM, TEAM_HEAD, OWN_UNIT = {"team"}, {"team", "head"}, READERS | {"officer"}
WRITERS = {"team", "officer"}
OFFICERS = WRITERS | {"other_officer"}
# Name of the address: its arguments, and who may open it by GET. Addresses that only take POST
# have None for GET and stand in POSTS.
GETS: dict[str, tuple[list[str], set[str]]] = {
    "home": ([], EVERYONE),
    "overview": ([], READERS),
    "rollup": ([], READERS),
    "rollup-export": (["csv"], READERS),
    "rollup-office": (["below"], READERS),
    "rollup-outside": (["outside"], READERS),
    "aggregate-list": ([], READERS),
    "aggregate": (["aggregate"], READERS),
    "wall-list": ([], READERS),
    "notices": ([], EVERYONE),
    "reminder-rules": ([], TEAM),
    "letters": ([], TEAM),
    "feedback-list": ([], EVERYONE),
    "feedback": (["feedback"], OWN_UNIT),
    "feedback-groups": ([], EVERYONE),
    "batch": (["several"], {"team"}),
    "template-list": ([], TEAM),
    "template-edit": (["template"], TEAM),
    "holiday-list": ([], TEAM),
    "published-list": ([], TEAM),
    "plan-list": ([], EVERYONE),
    "plan-add": ([], {"team", "officer", "other_officer"}),
    "plan-proposals": ([], EVERYONE),
    "plan-table": ([], EVERYONE),
    "plan-export": (["csv"], EVERYONE),
    "feedback-export": (["csv"], EVERYONE),
    "plan-activities": (["plan"], WRITERS),
    "progress-correction": (["plan", "progress"], WRITERS),
    "evidence-preview": (["plan", "evidence"], OWN_UNIT),
    "plan": (["plan"], OWN_UNIT),
    "plan-edit": (["plan"], WRITERS),
    "evidence-file": (["plan", "evidence"], OWN_UNIT),
    "period-list": ([], EVERYONE),
    "period": (["month"], EVERYONE),
    "period-pack": (["month"], READERS),
    "period-closure": (["month"], TEAM_HEAD),
    "quality": (["month"], READERS),
    "publication-materials": ([], READERS),
    "publication-material": (["link", "png"], READERS),
    "analysis": ([], EVERYONE),
    "analysis-table": (["table", "csv"], EVERYONE),
    "publication-list": ([], READERS),
    "publication-proof": (["publication"], READERS),
    "pekppp": ([], READERS),
    "report-list": ([], READERS),
    "report": (["report"], READERS),
    "report-file": (["report", "pdf"], READERS),
    "narrative-list": ([], TEAM),
    "report-order": (["order"], READERS),
    "report-progress": (["order"], READERS),
    "report-signed": (["report", "sha256"], READERS),
    "stationery": ([], TEAM),
    "narrative": (["kind", "section"], TEAM),
    "service-list": ([], EVERYONE),
    "service": (["service"], OWN_UNIT),
    "service-poster": (["service", "a4", "pdf"], OWN_UNIT),
    "service-questionnaire": (["service"], OWN_UNIT),
    "channels": ([], EVERYONE),
    "office-poster": (["a4", "pdf"], EVERYONE),
    "assisted-list": ([], OFFICERS),
    "assisted": (["service"], WRITERS),
    "paper-list": ([], OFFICERS),
    "paper-batch": (["paper"], WRITERS),
    "paper-typing": (["paper", "place"], WRITERS),
    "paper-sheet": (["paper", "number"], WRITERS),
    "paper-forms": (["paper", "number", "number"], WRITERS),
    "service-qr": (["service", "svg"], OWN_UNIT),
    "service-add": ([], TEAM),
    "service-codes": (["service"], OWN_UNIT),
    "code-batch-revocation": (["service", "batch"], WRITERS),
    "token-list": ([], TEAM),
    "webhook-list": ([], TEAM),
    "webhook": (["hook"], TEAM),
    "import-list": ([], EVERYONE),
    "import-add": ([], {"team", "officer", "other_officer"}),
    "import": (["import"], OWN_UNIT),
    "import-mapping": (["import"], WRITERS),
    "import-progress": (["import"], OWN_UNIT),
    "import-problems": (["import"], OWN_UNIT),
    "tablet-list": ([], EVERYONE),
    "edition-list": ([], EVERYONE),
    "edition-add": ([], TEAM),
    "edition": (["draft"], EVERYONE),
    "edition-preview": (["draft"], EVERYONE),
    "edition-publication": (["draft"], TEAM),
    "edition-removal": (["draft"], TEAM),
    "edition-fee": (["draft"], TEAM),
    "edition-weights": (["draft"], TEAM),
    "question-add": (["draft"], TEAM),
    "question": (["draft", "question"], TEAM),
    "audience-list": ([], EVERYONE),
    "audience": (["service", "year"], TEAM),
    "tablet-add": ([], TEAM),
    "unit-add": ([], TEAM),
    "unit-edit": (["unit"], TEAM),
    "office-settings": ([], TEAM),
    "privacy-settings": ([], TEAM),
    "retention": ([], READERS),
    "processing": ([], READERS),
    "processing-file": ([], READERS),
    "feedback-erasure": (["feedback"], TEAM),
    "people": ([], TEAM),
    "person": (["person"], TEAM),
    "person-deactivation": (["person"], TEAM),
    "person-reactivation": (["person"], TEAM),
    "membership-removal": (["membership"], TEAM),
    "account": ([], EVERYONE),
    "deputies": ([], EVERYONE),
    "person-deputies": (["person"], TEAM),
    "audit": ([], READERS),
    "audit-file": (["csv"], READERS),
    "office-choice": ([], EVERYONE),
}
POSTS: dict[str, tuple[list[str], set[str]]] = {
    "feedback-reply": (["feedback"], {"team", "officer", "head"}),
    "feedback-sorting": (["feedback"], WRITERS),
    "feedback-outcome": (["feedback", "refusal"], WRITERS),
    "feedback-undoing": (["feedback"], WRITERS),
    "feedback-publication": (["feedback"], TEAM),
    "feedback-batch": ([], {"team", "officer", "other_officer"}),
    "batch-undoing": (["several"], {"team"}),
    "template-retirement": (["template"], TEAM),
    "published-turn": (["published"], TEAM),
    "plan-progress": (["plan"], WRITERS),
    "plan-obstacle": (["plan"], WRITERS),
    "plan-evidence": (["plan"], WRITERS),
    "plan-completion": (["plan"], WRITERS),
    "plan-agreement": (["plan"], TEAM_HEAD),
    "plan-review": (["plan"], TEAM_HEAD),
    "progress-withdrawal": (["plan", "progress"], WRITERS),
    "progress-done": (["plan", "progress"], WRITERS),
    "obstacle-resolution": (["plan", "obstacle"], WRITERS),
    "plan-reopening": (["plan"], TEAM),
    "publication-withdrawal": (["publication"], TEAM),
    "publication-page": (["month"], TEAM),
    "report-signature": (["report"], TEAM_HEAD),
    "period-reopening": (["month"], TEAM),
    "exclusion-add": (["month"], TEAM),
    "exclusion-decision": (["month", "exclusion"], TEAM_HEAD),
    "import-confirmation": (["import"], WRITERS),
    "import-cancellation": (["import"], WRITERS),
    "service-edit": (["service"], TEAM),
    "code-batch-add": (["service"], WRITERS),
    "code-rule": (["service"], TEAM),
    "token-revocation": (["token"], TEAM),
    "webhook-test": (["hook"], TEAM),
    "webhook-secret": (["hook"], TEAM),
    "webhook-switch": (["hook"], TEAM),
    "delivery-retry": (["hook", "delivery"], TEAM),
    "tablet-revocation": (["tablet"], TEAM),
    "edition-edit": (["draft"], TEAM),
    "edition-next": (["edition"], TEAM),
    "edition-start-add": (["edition"], TEAM),
    "edition-start-withdrawal": (["start"], TEAM),
    "tablet-backup": (["tablet"], WRITERS),
    "paper-clearing": (["paper", "number"], WRITERS),
    "aggregate-export": ([], TEAM_HEAD),
    "aggregate-add": ([], TEAM_HEAD),
    "aggregate-confirmation": (["aggregate"], TEAM_HEAD),
    "aggregate-cancellation": (["aggregate"], TEAM_HEAD),
    "wall-add": ([], TEAM),
    "wall-revocation": (["screen"], TEAM),
    "calendar-address": ([], EVERYONE),
    "calendar-revocation": ([], EVERYONE),
    "letter-retry": (["notice"], TEAM),
    "person": (["person"], TEAM),
    "person-deactivation": (["person"], TEAM),
    "person-reactivation": (["person"], TEAM),
    "membership-removal": (["membership"], TEAM),
    "staff-invitation-renewal": (["staff_invitation"], TEAM),
    "staff-invitation-withdrawal": (["staff_invitation"], TEAM),
    "sign-in-ending": ([], EVERYONE),
    "identity-disconnection": ([], EVERYONE),
    "deputies": ([], EVERYONE),
    "person-deputies": (["person"], TEAM),
    "retention-choice": (["kept"], TEAM),
}
# Addresses with rules of their own, tested where they live.
ELSEWHERE = {"language", "setup", "invitation-acceptance", "sign-in-removal", "deputy-ending"}
# Things of a unit or an office that others must not even know of.
NAMED = {
    "feedback",
    "batch",
    "template",
    "published",
    "plan",
    "evidence",
    "report",
    "service",
    "unit",
    "membership",
    "tablet",
    "exclusion",
    "token",
    "draft",
    "edition",
    "start",
    "paper",
    "import",
    "several",
    "publication",
    "screen",
    "hook",
    "delivery",
    "notice",
    "below",
    "outside",
    "aggregate",
    "order",
    "person",
    "staff_invitation",
}
ONE_OFFICE = {"team", "officer", "other_officer", "head", "auditor"}


@pytest.fixture
def world(cast: Cast, settings: Any, tmp_path: Path) -> dict[str, Any]:
    """One of everything in office A, with the keys the addresses need."""
    settings.DATA = tmp_path
    asked = asked_things(cast)
    close_january(cast)
    return asked | unit_things(cast) | office_things(cast)


def address(world: dict[str, Any], name: str, arguments: list[str]) -> str:
    return reverse(name, args=[world[argument] for argument in arguments])


def client_of(world: dict[str, Any], who: str) -> Client:
    """The ministry works in office A here; everybody else has only the own office."""
    cast: Cast = world["cast"]
    client = cast.client(who)
    if who == "ministry":
        client.post(reverse("office-choice"), {"office": cast.office.pk})
    return client


def expected(arguments: list[str], allowed: set[str], who: str) -> set[int]:
    if who in allowed:
        return {200, 302, 422}
    if who == "stranger" and NAMED & set(arguments):
        return {404}
    if who in ("officer", "other_officer") and "several" in arguments:
        return {404}  # what another person did to several at once
    of_unit = {"feedback", "plan", "service", "tablet", "batch", "paper", "import"}
    if who == "other_officer" and of_unit & set(arguments):
        return {403, 404}
    return {403}


WHO = [*sorted(EVERYONE), "stranger"]


@pytest.mark.parametrize("who", WHO)
def test_every_page_opens_for_exactly_the_right_people(world: dict[str, Any], who: str) -> None:
    client = client_of(world, who)
    for name, (arguments, allowed) in GETS.items():
        # The stranger leads the survey of another office: own pages yes, these things no.
        rights = {"stranger"} if who == "stranger" and not NAMED & set(arguments) else allowed
        response = client.get(address(world, name, arguments))
        for close in response._resource_closers:  # an evidence file; close() would end the test's
            close()  # database connection too
        status = response.status_code
        assert status in expected(arguments, rights, who), (name, who, status)


@pytest.mark.parametrize("who", WHO)
def test_every_act_is_open_to_exactly_the_right_people(world: dict[str, Any], who: str) -> None:
    client = client_of(world, who)
    for name, (arguments, allowed) in POSTS.items():
        rights = {"stranger"} if who == "stranger" and not NAMED & set(arguments) else allowed
        status = client.post(address(world, name, arguments)).status_code
        assert status in expected(arguments, rights, who), (name, who, status)


def test_signed_out_people_are_led_to_the_sign_in_page(world: dict[str, Any]) -> None:
    client = Client()
    for name, (arguments, _allowed) in (GETS | POSTS).items():
        url = address(world, name, arguments)
        response = client.get(url) if name in GETS else client.post(url)
        assert response.status_code == 302, name
        assert response["Location"].startswith(reverse("account_login")), name


def addresses(resolver: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the site as it is written down, with its places to fill in, and its pattern."""
    for entry in (resolver or get_resolver()).url_patterns:
        text = f"{before}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from addresses(entry, text)
        else:
            yield text, entry


def patterns() -> list[URLPattern]:
    return [pattern for _text, pattern in addresses()]


def test_every_address_is_guarded_and_in_the_table() -> None:
    for pattern in patterns():
        view = pattern.callback
        if view.__module__.startswith("allauth"):
            continue
        name = pattern.name or ""
        if getattr(view, "is_public", False) or name in ELSEWHERE:
            continue
        if getattr(view, "is_api", False):  # tokens, not roles: tests/api/test_invitations.py
            continue
        assert hasattr(view, "staff_roles"), f"{name} has no guard"
        assert name in GETS or name in POSTS, f"{name} is not in the table"


def test_nobody_can_sign_up(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404
