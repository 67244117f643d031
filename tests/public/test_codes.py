"""One-time codes: admit once, say clearly why not, and never lead back from an answer to a code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from tests.conftest import Cast, answer, at_once, make_cast
from tests.public.test_form import filled
from tuntas.models import (
    CodeRefused,
    CodeRule,
    Event,
    Feedback,
    Invitation,
    InvitationBatch,
    Response,
    Service,
)
from tuntas.models.invitations import CodesOff, check_references, shown

SOON = timedelta(days=30)


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Makassar")).date()


def batch(service: Service, kind: str = "link", rule: str = "optional", n: int = 5) -> Any:
    service.change(by=None, codes=rule)
    return InvitationBatch.make(service, kind, n, expires_on=today() + SOON, by=None)


def post(service: Service, **changes: Any) -> Any:
    return Client().post(f"/s/{service.token}/", filled(service, **changes))


def test_a_link_opens_the_form_as_helpdesk_and_is_spent_once(cast: Cast) -> None:
    made, codes = batch(cast.service)
    html = Client().get(f"/s/{cast.service.token}/?u={codes[0]}").content.decode()
    assert f'name="u" value="{codes[0]}"' in html
    assert 'name="channel" value="helpdesk"' in html
    assert post(cast.service, u=codes[0], channel="helpdesk").status_code == 303
    stored = Response.objects.get()
    assert (stored.channel, stored.with_code) == ("helpdesk", True)
    made.refresh_from_db()
    assert made.used_n == 1
    assert [n for _day, n in made.days] == [1]


@pytest.mark.parametrize("typed", ["{}", "{} ", "lower", "dashed"])
def test_a_slip_code_is_read_however_it_is_typed(cast: Cast, typed: str) -> None:
    _made, codes = batch(cast.service, "slip")
    assert len(codes[0]) == 8
    given = {"lower": codes[0].lower(), "dashed": shown(codes[0])}.get(
        typed, typed.format(codes[0])
    )
    html = Client().get(f"/s/{cast.service.token}/?c=qr", {"u": given, "c": "qr"}).content.decode()
    assert f'name="u" value="{codes[0]}"' in html
    assert 'name="channel" value="qr"' in html


def test_the_same_form_again_gets_the_same_receipt_not_code_used(cast: Cast) -> None:
    _made, codes = batch(cast.service)
    data = {"id": str(uuid4()), "u": codes[0], "suggestion": "Tambah kursi."}
    pages = [
        Client().get(post(cast.service, **data)["Location"]).content.decode() for _twice in range(2)
    ]
    assert pages[0] == pages[1]
    assert data["id"].replace("-", "").upper() in pages[0]
    assert Response.objects.count() == Feedback.objects.count() == 1
    assert InvitationBatch.objects.get().used_n == 1


@pytest.mark.parametrize("rule", ["optional", "required"])
def test_another_form_with_the_code_gets_a_page_and_nothing_is_stored(
    cast: Cast, rule: str
) -> None:
    _made, codes = batch(cast.service, rule=rule)
    post(cast.service, u=codes[0])
    second = post(cast.service, u=codes[0], suggestion="Tambah kursi.")
    html = second.content.decode()
    assert second.status_code == 409
    assert "Kode ini sudah dipakai" in html
    assert ("Isi penilaian tanpa kode" in html) == (rule == "optional")
    assert Response.objects.count() == 1
    assert not Feedback.objects.exists()
    assert Client().get(f"/s/{cast.service.token}/?u={codes[0]}").status_code == 409


def test_a_required_code_shuts_the_public_form_but_not_the_offices_own_channels(
    cast: Cast,
) -> None:
    batch(cast.service, rule="required")
    page = Client().get(f"/s/{cast.service.token}/?c=qr")
    assert page.status_code == 200
    html = page.content.decode()
    assert "Masukkan kode dari petugas" in html
    assert 'name="c" value="qr"' in html
    assert "q1" not in html
    assert "Masukkan kode" in post(cast.service).content.decode()
    assert not Response.objects.exists()
    for channel in ("kiosk", "outreach", "assisted", "paper", "import"):
        answer(cast.service, channel=channel)
    assert Response.objects.filter(with_code=False).count() == 5


def test_an_optional_code_may_be_left_out_and_typed_on_the_form(cast: Cast) -> None:
    batch(cast.service)
    assert "Punya kode dari petugas?" in Client().get(f"/s/{cast.service.token}/").content.decode()
    post(cast.service)
    assert not Response.objects.get().with_code


def test_a_service_without_codes_does_not_look_at_them(cast: Cast) -> None:
    _made, codes = batch(cast.service)
    cast.service.change(by=None, codes=CodeRule.NONE)
    for _twice in range(2):
        assert post(cast.service, u=codes[0]).status_code == 303
    assert Response.objects.filter(with_code=False).count() == 2
    assert InvitationBatch.objects.get().used_n == 0
    with pytest.raises(CodesOff):
        InvitationBatch.make(cast.service, "slip", 5, expires_on=today(), by=None)


def test_unknown_expired_and_revoked_codes_are_told_apart(cast: Cast) -> None:
    made, codes = batch(cast.service)
    batch(cast.service16)
    assert post(cast.service, u="ABCDEFGH").status_code == 404
    assert post(cast.service16, u=codes[0]).status_code == 404  # a code is for one service
    Invitation.objects.filter(batch=made, place=1).update(expires_on=today() - SOON)
    late = Client().get(f"/s/{cast.service.token}/?u={codes[1]}")
    assert late.status_code == 410
    assert "Masa berlaku" in late.content.decode()
    post(cast.service, u=codes[0])
    assert made.revoke(by=cast.people["team"]) == 4
    gone = post(cast.service, u=codes[2])
    assert gone.status_code == 410
    assert "dicabut" in gone.content.decode()
    assert post(cast.service, u=codes[0]).status_code == 409  # used stays used
    with pytest.raises(ValidationError):
        made.revoke(by=cast.people["team"])
    assert Response.objects.count() == 1
    assert Event.objects.get(action="invitations.revoked").details == {"n": 4}


def test_a_code_works_to_the_end_of_its_last_day_in_the_offices_zone(cast: Cast) -> None:
    made, codes = batch(cast.service)
    last = made.expires_on
    # 23:59 and 00:01 in Denpasar (UTC+8)
    before = datetime(last.year, last.month, last.day, 15, 59, tzinfo=UTC)
    with pytest.raises(CodeRefused):
        answer(cast.service, code=codes[0], at=before + timedelta(minutes=2))
    answer(cast.service, code=codes[0], at=before)
    assert Response.objects.get().with_code


def test_nothing_leads_from_a_response_to_its_code(cast: Cast) -> None:
    """No key, no time finer than a day, and no row of an invitation that changes when it is used."""
    _made, codes = batch(cast.service)
    before = list(Invitation.objects.order_by("pk").values())
    post(cast.service, u=codes[3])
    assert list(Invitation.objects.order_by("pk").values()) == before
    names = {field.name for field in Response._meta.get_fields()}
    assert not {name for name in names if "invit" in name or "batch" in name or name == "code"}
    for model in (Invitation, InvitationBatch):
        kinds = {field.get_internal_type() for field in model._meta.concrete_fields}
        assert not kinds & {"DateTimeField", "TimeField", "UUIDField"}
        assert Response not in {field.related_model for field in model._meta.get_fields()}
    told = [event.details for event in Event.objects.filter(action__startswith="invitations")]
    assert codes[3] not in str(told) + str(before) + str(InvitationBatch.objects.values())
    assert Event.objects.filter(action__contains="used").count() == 0


def test_codes_are_unguessable_and_their_hashes_keyed(cast: Cast, settings: Any) -> None:
    _made, links = batch(cast.service)
    assert {len(code) for code in links} == {16}
    assert len(set(links)) == 5
    assert Invitation.find(cast.service, links[0]) is not None
    settings.SECRET_KEY = "x" * 50
    assert Invitation.find(cast.service, links[0]) is None


@pytest.mark.parametrize(("n", "days"), [(4, 30), (501, 30), (10, 367), (10, -1)])
def test_a_batch_has_limits(cast: Cast, n: int, days: int) -> None:
    cast.service.change(by=None, codes="optional")
    with pytest.raises(ValidationError):
        InvitationBatch.make(
            cast.service, "slip", n, expires_on=today() + timedelta(days=days), by=None
        )
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["T-1", "Budi Santoso"], "Baris 2"),
        (["Wayan"], "Baris 1"),
        (["=1+1"], "Baris 1"),
        (["T-1", "", "T-1"], "dua kali"),
    ],
)
def test_a_list_takes_numbers_of_tickets_never_names(lines: list[str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        check_references(lines)
    assert check_references(["T-2026/001", " #77 ", ""]) == ["T-2026/001", "#77"]


def test_wrong_codes_are_braked_without_shutting_out_the_next_service(cast: Cast) -> None:
    _made, codes = batch(cast.service)
    _made, others = batch(cast.service16)
    client = Client(REMOTE_ADDR="203.0.113.7")
    seen = [client.get(f"/s/{cast.service.token}/?u=ABCD{n:04}").status_code for n in range(200)]
    assert 120 <= seen.count(404) < 140  # a slow machine lets some come back meanwhile
    assert seen[-1] == 429
    assert client.get(f"/s/{cast.service.token}/?u={codes[0]}").status_code == 429
    assert client.get(f"/s/{cast.service16.token}/?u={others[0]}").status_code == 200
    assert (
        Client(REMOTE_ADDR="203.0.113.8").get(f"/s/{cast.service.token}/?u={codes[0]}").status_code
        == 200
    )


@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_one_code_and_one_wins() -> None:
    """Eight forms race for each of five codes while each is also sent a second time: five responses,
    and every form that was thanked finds its own receipt again."""
    cast = make_cast()
    made, codes = batch(cast.service)
    outcomes = []

    def send() -> None:
        for code in codes:
            key = uuid4()
            for _twice in range(2):
                try:
                    receipt = answer(cast.service, code=code, id=key)
                    outcomes.append((code, receipt.response_id))
                except CodeRefused as refusal:
                    outcomes.append((refusal.state, None))

    at_once(send)
    thanked = [(code, key) for code, key in outcomes if key]
    assert len(outcomes) == 8 * 5 * 2
    assert {code for code, key in outcomes if not key} == {"used"}
    assert len(thanked) == 2 * 5
    assert len(set(thanked)) == 5
    assert {key for _code, key in thanked} == set(Response.objects.values_list("id", flat=True))
    made.refresh_from_db()
    assert (made.used_n, Response.objects.filter(with_code=True).count()) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_by_eight_threads_at_once_is_one_response() -> None:
    cast = make_cast()
    made, codes = batch(cast.service)
    seen, key = [], uuid4()
    at_once(lambda: seen.append(answer(cast.service, code=codes[0], id=key).code))
    assert len(seen) == 8
    assert len(set(seen)) == 1, seen
    made.refresh_from_db()
    assert (made.used_n, Response.objects.count()) == (1, 1)
