"""People of an office: asked in, given and losing roles, let out and in again, their sessions."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.conftest import PASSWORD, Cast, at_once, make_cast, person
from tests.test_mail import Server, server, smtp  # noqa: F401  # fixtures of the mail server
from tuntas.models import Event, Membership, Role, SignIn, StaffInvitation, User
from tuntas.models.staff_invitations import InvitationOver

NEW = "kursi-tunggu-loket-dua"


def asked(cast: Cast, **changes: Any) -> dict[str, Any]:
    posts = ["auditor", f"unit_officer:{cast.inka.pk}"]
    return {"email": "Baru@contoh.go.id", "name": "Made Baru", "posts": posts} | changes


def invited(cast: Cast, **changes: Any) -> str:
    """The address of the page that the shown link of a new invitation opens."""
    page = cast.client("team").post(reverse("people"), asked(cast, **changes))
    assert page.status_code == 200, page.content.decode()
    return str(page.context["url"]).partition("/accounts/")[2].join(["/accounts/", ""])


def test_a_person_is_asked_in_by_a_link_shown_once(cast: Cast) -> None:
    url = invited(cast)
    key = url.split("/")[-2]
    assert key not in str(StaffInvitation.objects.values())
    client = cast.client("team")
    assert key not in client.get(reverse("people")).content.decode()
    assert "baru@contoh.go.id" in client.get(reverse("people")).content.decode()
    guest = Client()
    html = guest.get(url).content.decode()
    assert "Kantor Regional Contoh" in html
    assert "Petugas unit – INKA" in html
    weak = {"name": "Made Baru", "password1": "made-baru-123", "password2": "made-baru-123"}
    assert guest.post(url, weak).status_code == 422
    good = {"name": "Made Baru", "password1": NEW, "password2": NEW}
    assert guest.post(url, good)["Location"] == reverse("account_login")
    user = User.objects.get(email="baru@contoh.go.id")
    assert user.check_password(NEW)
    assert set(user.memberships.values_list("role", "unit__code")) == {
        ("auditor", None),
        ("unit_officer", "inka"),
    }
    assert guest.get(url).status_code == 410
    assert guest.post(url, good).status_code == 410
    assert Event.objects.filter(action="staff-invitation.accepted", by=user).exists()


def test_an_invitation_goes_by_mail_where_there_is_a_server(
    cast: Cast,
    smtp: Server,  # noqa: F811
    settings: Any,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    client = cast.client("team")
    assert client.post(reverse("people"), asked(cast))["Location"] == reverse("people")
    (letter,) = smtp.letters
    text = letter.get_payload(decode=True).decode()  # type: ignore[union-attr]
    url = next(line for line in text.splitlines() if "/accounts/invitation/" in line)
    assert letter["To"] == "baru@contoh.go.id"
    assert "- Auditor" in text
    assert "Tautan berlaku sampai" in text
    assert StaffInvitation.objects.get().sent_at
    assert Client().get(url[url.index("/accounts/") :]).status_code == 200
    smtp.answers["RCPT"] = ["550 no such user"]
    page = client.post(reverse("people"), asked(cast, email="salah@contoh.go.id"))
    assert "Server surel tidak menerima" in page.content.decode()
    assert StaffInvitation.objects.get(email="salah@contoh.go.id").sent_at is None


def test_a_new_link_ends_the_old_one_and_seven_days_end_both(cast: Cast) -> None:
    url, row, client = invited(cast), StaffInvitation.objects.get(), cast.client("team")
    page = client.post(reverse("staff-invitation-renewal", args=[row.pk]))
    new = str(page.context["url"])
    new = new[new.index("/accounts/") :]
    assert Client().get(url).status_code == 410
    assert Client().get(new).status_code == 200
    StaffInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(new).status_code == 410
    assert "kedaluwarsa" in client.get(reverse("people")).content.decode()


def test_a_withdrawn_invitation_lets_nobody_in(cast: Cast) -> None:
    url, row, client = invited(cast), StaffInvitation.objects.get(), cast.client("team")
    client.post(reverse("staff-invitation-withdrawal", args=[row.pk]))
    assert Client().get(url).status_code == 410
    again = client.post(reverse("staff-invitation-withdrawal", args=[row.pk]), follow=True)
    assert "sudah dipakai atau ditarik" in again.content.decode()
    invited(cast)  # the address can be asked in anew


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "bukan surel"}, "Alamat surel"),
        ({"posts": []}, "Peran"),
        ({"posts": ["raja"]}, "Peran"),
        ({"posts": ["unit_officer:999999"]}, "Peran"),
        ({"name": ""}, "Nama"),
    ],
)
def test_a_bad_invitation_is_refused_in_words(
    cast: Cast, changes: dict[str, Any], words: str
) -> None:
    page = cast.client("team").post(reverse("people"), asked(cast, **changes))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not StaffInvitation.objects.exists()


def test_one_address_waits_once(cast: Cast) -> None:
    invited(cast)
    page = cast.client("team").post(reverse("people"), asked(cast, email="BARU@contoh.go.id"))
    assert page.status_code == 422
    assert "sudah diundang" in page.content.decode()


def test_who_has_an_account_accepts_with_it_and_nobody_sets_its_password(cast: Cast) -> None:
    url = invited(cast, email="stranger@contoh.go.id")
    guest = Client()
    assert "sudah mempunyai akun" in guest.get(url).content.decode()
    guest.post(url, {"name": "X", "password1": NEW, "password2": NEW})
    cast.client("auditor").post(url)
    stranger = cast.people["stranger"]
    assert User.objects.get(pk=stranger.pk).check_password(PASSWORD)
    assert stranger.roles_in(cast.office) == set()
    client = cast.client("stranger")
    assert "Terima" in client.get(url).content.decode()
    client.post(url)
    assert stranger.roles_in(cast.office) == {"auditor", "unit_officer"}


@pytest.mark.django_db(transaction=True)
def test_a_link_used_several_times_at_once_works_once() -> None:
    cast = make_cast()
    posts = [("auditor", None)]
    row, _key = StaffInvitation.invite(cast.office, "b@contoh.go.id", "B", posts, by=None)
    outcomes: list[str] = []

    def act() -> None:
        try:
            found = StaffInvitation.objects.get(pk=row.pk)
            outcomes.append(found.accept(person=None, name="B", password=NEW).email)
        except InvitationOver:
            outcomes.append("over")

    at_once(act, threads=6)
    assert sorted(outcomes) == ["b@contoh.go.id", *["over"] * 5]


def test_roles_are_given_and_taken_with_a_question(cast: Cast) -> None:
    client, auditor = cast.client("team"), cast.people["auditor"]
    page = reverse("person", args=[auditor.pk])
    assert client.post(page, {"post": f"unit_officer:{cast.inka.pk}"}).status_code == 302
    assert client.post(page, {"post": f"unit_officer:{cast.other_unit.pk}"}).status_code == 422
    given = auditor.memberships.get(role="unit_officer")
    event = Event.objects.filter(action="membership.granted").latest("id")
    assert event.details == {"role": "unit_officer", "unit": "inka"}
    url = reverse("membership-removal", args=[given.pk])
    assert "tidak lagi menjadi" in client.get(url).content.decode()
    assert auditor.memberships.count() == 2
    client.post(url)
    assert auditor.memberships.count() == 1
    own = Membership.objects.get(user=cast.people["team"])
    client.post(reverse("membership-removal", args=[own.pk]))
    assert Membership.objects.filter(pk=own.pk).exists()


def test_who_is_deactivated_is_out_at_once_and_stays_in_the_audit(cast: Cast) -> None:
    gone, client = cast.client("auditor"), cast.client("team")
    auditor = cast.people["auditor"]
    assert gone.get(reverse("home")).status_code == 200
    url = reverse("person-deactivation", args=[auditor.pk])
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "Pindah tugas."}).status_code == 302
    assert gone.get(reverse("home")).status_code == 302
    assert not SignIn.objects.running().filter(person=auditor).exists()
    sign_in = {"login": auditor.email, "password": PASSWORD}
    refused = Client().post(reverse("account_login"), sign_in, follow=True)
    assert "dinonaktifkan" in refused.content.decode()
    html = client.get(reverse("person", args=[auditor.pk])).content.decode()
    assert "Pindah tugas." in html
    assert client.post(url, {"reason": "Lagi."}).status_code == 422
    client.post(reverse("person-reactivation", args=[auditor.pk]))
    assert gone.get(reverse("home")).status_code == 302  # the old session stays ended
    assert cast.client("auditor").get(reverse("home")).status_code == 200
    actions = Event.objects.filter(about=f"user:{auditor.pk}").values_list("action", flat=True)
    assert {"person.deactivated", "person.reactivated"} <= set(actions)


def test_who_works_elsewhere_too_is_not_ours_to_deactivate(cast: Cast) -> None:
    stranger = cast.people["stranger"]
    Membership.grant(stranger, cast.office, Role.AUDITOR, by=None)
    url = reverse("person-deactivation", args=[stranger.pk])
    page = cast.client("team").post(url, {"reason": "Pindah."})
    assert "juga bekerja di kantor lain" in page.content.decode()
    assert User.objects.get(pk=stranger.pk).is_active


def test_the_last_of_the_survey_team_stays(cast: Cast) -> None:
    team = cast.people["team"]
    own = Membership.objects.get(user=team)
    head = cast.people["head"]
    with pytest.raises(ValidationError, match="terakhir"):
        own.revoke(by=head)
    with pytest.raises(ValidationError, match="terakhir"):
        team.deactivate(by=None, office=cast.office, reason="Uji")
    second = person("second", cast.office, Role.SURVEY_TEAM)
    with pytest.raises(ValidationError, match="diri sendiri"):
        second.deactivate(by=second, office=cast.office, reason="Uji")
    second.deactivate(by=team, office=cast.office, reason="Uji")
    with pytest.raises(ValidationError, match="terakhir"):
        own.revoke(by=second)  # an inactive colleague does not count


@pytest.mark.django_db(transaction=True)
def test_two_who_remove_each_other_at_once_leave_one() -> None:
    cast = make_cast()
    second = person("second", cast.office, Role.SURVEY_TEAM)
    pairs = [(cast.people["team"].pk, second.pk), (second.pk, cast.people["team"].pk)]

    def act() -> None:
        by, leaving = (User.objects.get(pk=pk) for pk in pairs.pop())
        with contextlib.suppress(ValidationError):
            leaving.deactivate(by=by, office=cast.office, reason="Uji")

    at_once(act, threads=2)
    team = User.objects.filter(memberships__office=cast.office, memberships__role="survey_team")
    assert team.filter(is_active=True).count() == 1


def test_sessions_are_listed_in_words_and_ended(cast: Cast) -> None:
    phone, desk = cast.client("team"), cast.client("team")
    chrome = "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36"
    phone.get(reverse("account"), headers={"user-agent": chrome})
    html = desk.get(reverse("account")).content.decode()
    assert "Chrome, Android" in html
    assert "sesi ini" in html
    row = SignIn.objects.get(device="Chrome, Android")
    foreign = cast.client("head").post(reverse("sign-in-removal", args=[row.pk]))
    assert foreign.status_code == 404
    done = desk.post(reverse("sign-in-ending"), follow=True)
    assert "1 sesi lain diakhiri" in done.content.decode()
    assert phone.get(reverse("home"))["Location"] == reverse("account_login")
    assert desk.get(reverse("home")).status_code == 200
    third = cast.client("team")
    third.get(reverse("home"))
    mine = SignIn.objects.running().filter(person=cast.people["team"])
    other = mine.exclude(key=desk.session["sign_in"]).get()
    desk.post(reverse("sign-in-removal", args=[other.pk]))
    assert third.get(reverse("home")).status_code == 302
    desk.post(reverse("account_logout"))
    assert not SignIn.objects.running().filter(person=cast.people["team"]).exists()


def test_wrong_passwords_lock_out_for_a_while(cast: Cast) -> None:
    client, url = Client(), reverse("account_login")
    for _each in range(5):
        client.post(url, {"login": "team@contoh.go.id", "password": "salah-sekali-lagi"})
    page = client.post(url, {"login": "team@contoh.go.id", "password": PASSWORD})
    assert page.status_code == 200
    assert "Terlalu banyak" in page.content.decode()


@pytest.mark.parametrize(
    ("password", "words"),
    [("pendek", "12 karakter"), ("qwerty123456", "umum"), ("team@contoh.go.id", "mirip")],
)
def test_a_weak_password_is_refused_in_indonesian(cast: Cast, password: str, words: str) -> None:
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    page = cast.client("team").post(reverse("account_change_password"), data)
    assert words in page.content.decode()
