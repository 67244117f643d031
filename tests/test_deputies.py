"""Somebody on leave: a colleague holds the roles for some days, under the own name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas import reminders
from tuntas.law.months import Month
from tuntas.models import (
    Deputy,
    Event,
    Exclusion,
    Feedback,
    Membership,
    Notice,
    Office,
    Response,
    Role,
)
from tuntas.models.exclusions import SamePerson
from tuntas.models.feedback import people_of
from tuntas.reminders import Staff
from tuntas.report.ics import entries_of


def lend(cast: Cast, person: str, deputy: str, first: int = 0, last: int = 6) -> Deputy:
    """From `first` to `last` days from today."""
    who, today = cast.people[person], cast.office.today
    days = (today + timedelta(days=first), today + timedelta(days=last))
    return Deputy.appoint(who, cast.office, cast.people[deputy], *days, by=who)


def roles(cast: Cast, who: str) -> set[str]:
    return cast.people[who].roles_in(cast.office)


def test_the_deputy_holds_the_roles_on_those_days_only(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole days by the clock of the office, which is in Makassar (UTC+8)."""
    cast.office.refresh_from_db()
    monkeypatch.setattr(timezone, "now", lambda: moment("2026-02-27 08:00"))
    person, deputy = cast.people["head"], cast.people["officer"]
    Deputy.appoint(person, cast.office, deputy, date(2026, 3, 2), date(2026, 3, 6), by=person)
    for at, holds in (
        ("2026-03-01 15:59", False),
        ("2026-03-01 16:00", True),  # midnight in Makassar
        ("2026-03-06 15:59", True),
        ("2026-03-06 16:00", False),
    ):
        monkeypatch.setattr(timezone, "now", lambda at=at: moment(at))
        assert (Role.HEAD in roles(cast, "officer")) is holds, at
        assert Role.HEAD in roles(cast, "head")
        assert Office.objects.read_whole_by(deputy).exists() is holds


def test_a_deputy_sees_and_answers_what_the_other_unit_got(cast: Cast) -> None:
    answer(cast.service, suggestion="Tambah kursi tunggu.")
    row = Feedback.objects.get()
    page = reverse("feedback", args=[row.pk])
    deputy = cast.client("other_officer")
    assert deputy.get(page).status_code == 404
    lend(cast, "officer", "other_officer")
    assert deputy.get(page).status_code == 200
    assert cast.people["other_officer"] in people_of(cast.pensiun)
    staff = Staff.of(cast.office)
    assert [user.name for user in staff.of_unit(cast.pensiun.pk)] == ["Officer", "Other_Officer"]
    assert any(
        "#" in entry.summary for entry in entries_of(cast.people["other_officer"], timezone.now())
    )


def test_what_takes_two_persons_still_takes_two(cast: Cast) -> None:
    month = Month.of(cast.office.today)
    ids = [answer(cast.service).response_id for _each in range(2)]
    assert Response.objects.count() == 2
    lend(cast, "team", "head")
    head = cast.people["head"]
    asked = Exclusion.propose(cast.office, month, ids, "Diisi oleh petugas sendiri.", by=head)
    with pytest.raises(SamePerson):
        asked.decide(accept=True, by=head)
    asked.decide(accept=True, by=cast.people["team"])


def test_the_audit_says_for_whom(cast: Cast) -> None:
    lend(cast, "team", "head")
    with_deputy = Event.record(
        "office.changed", by=cast.people["head"], about=cast.office, office=cast.office
    )
    assert with_deputy.details["stands_in_for"] == [cast.people["team"].pk]
    page = cast.client("auditor").get(reverse("audit")).content.decode()
    assert "Head (saat itu pengganti Team)" in page
    assert "menunjuk pengganti saat cuti" in page
    alone = Event.record(
        "office.changed", by=cast.people["team"], about=cast.office, office=cast.office
    )
    assert "stands_in_for" not in alone.details


def test_a_deputy_cannot_keep_what_was_lent(cast: Cast) -> None:
    """No role is given, nobody asked in, no token made, nothing lent on."""
    lend(cast, "team", "officer")
    officer = cast.client("officer")
    assert Role.SURVEY_TEAM in roles(cast, "officer")
    assert officer.get(reverse("service-list")).status_code == 200
    for page, key in (("people", []), ("person", [cast.people["head"].pk]), ("token-list", [])):
        assert officer.get(reverse(page, args=key)).status_code == 403
        assert officer.post(reverse(page, args=key), {}).status_code == 403
    links = {reverse("people"), reverse("token-list")}
    for who, offered in (("officer", set()), ("team", links)):
        html = cast.client(who).get(reverse("office-settings")).content.decode()
        assert {link for link in links if f'href="{link}"' in html} == offered
    before = Membership.objects.count()
    lend(cast, "officer", "other_officer")
    assert roles(cast, "other_officer") == {Role.UNIT_OFFICER}
    assert Membership.objects.count() == before


def test_an_auditor_has_no_deputy(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="Tidak ada peran"):
        lend(cast, "auditor", "head")
    assert (
        "tidak dapat digantikan" in cast.client("auditor").get(reverse("deputies")).content.decode()
    )


@pytest.mark.parametrize(
    ("deputy", "first", "last", "field"),
    [
        ("head", 3, 2, "last"),
        ("head", -9, -1, "last"),
        ("head", 0, 400, "last"),
        ("head", 400, 401, "last"),
        ("team", 0, 1, "deputy"),
        ("stranger", 0, 1, "deputy"),
        ("ministry", 0, 1, "deputy"),
    ],
)
def test_what_cannot_be_is_refused(
    cast: Cast, deputy: str, first: int, last: int, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        lend(cast, "team", deputy, first, last)
    assert field in refused.value.message_dict
    assert not Deputy.objects.exists()


def test_two_deputies_for_one_day_are_refused_and_the_day_after_is_not(cast: Cast) -> None:
    lend(cast, "team", "head", 0, 3)
    with pytest.raises(ValidationError, match="sudah ada pengganti"):
        lend(cast, "team", "officer", 3, 5)
    lend(cast, "team", "officer", 4, 5)


def test_it_ends_when_the_person_is_deactivated_or_says_so(cast: Cast) -> None:
    row = lend(cast, "officer", "other_officer")
    assert Deputy.objects.in_effect().count() == 1
    cast.people["officer"].deactivate(
        by=cast.people["team"], office=cast.office, reason="Pindah tugas."
    )
    assert not Deputy.objects.in_effect().exists()
    cast.people["officer"].reactivate(by=cast.people["team"], office=cast.office)
    cast.client("officer").post(reverse("deputy-ending", args=[row.pk]))
    assert not Deputy.objects.in_effect().exists()
    assert Event.objects.filter(action="deputy.ended").count() == 1


def test_the_pages_appoint_show_and_end(cast: Cast) -> None:
    officer, today = cast.client("officer"), cast.office.today
    form = {
        "deputy": cast.people["other_officer"].pk,
        "first": str(today),
        "last": str(today + timedelta(days=2)),
    }
    page = officer.post(reverse("deputies"), form, follow=True).content.decode()
    assert "Pengganti ditunjuk." in page
    row = Deputy.objects.get()
    assert (row.person, row.by) == (cast.people["officer"], cast.people["officer"])
    assert (
        "Anda menggantikan"
        in cast.client("other_officer").get(reverse("deputies")).content.decode()
    )
    team = cast.client("team")
    assert (
        "digantikan Other_Officer"
        in team.get(reverse("person", args=[row.person_id])).content.decode()
    )
    # Nobody else may end it; the survey team may, and may appoint for somebody who cannot.
    assert cast.client("head").post(reverse("deputy-ending", args=[row.pk])).status_code == 403
    assert cast.client("stranger").post(reverse("deputy-ending", args=[row.pk])).status_code == 404
    team.post(reverse("deputy-ending", args=[row.pk]))
    assert not Deputy.objects.unended().exists()
    team.post(reverse("person-deputies", args=[row.person_id]), form)
    assert Deputy.objects.in_effect().get().by == cast.people["team"]
    wrong = team.post(reverse("person-deputies", args=[row.person_id]), form | {"last": "kemarin"})
    assert wrong.status_code == 422


def test_the_deputy_is_told_once_and_at_once(cast: Cast) -> None:
    lend(cast, "head", "officer")
    reminders.plan(timezone.now())
    reminders.plan(timezone.now())
    notice = Notice.objects.get(kind="deputy")
    assert notice.person == cast.people["officer"]
    assert notice.about.startswith("Head, ")
    assert not notice.is_item
    assert notice.still_holds()
    Deputy.objects.get().end(by=cast.people["head"])
    assert not notice.still_holds()
