"""Signs are shown and never drop an answer; only an exclusion by two people does, and it is printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Cast, answer, moment
from tuntas import report
from tuntas.law.months import Month, Span
from tuntas.law.quality import BURST_MOST, Sign, bursts, signs_of
from tuntas.models import Closure, Exclusion, Period, PeriodClosed, Response
from tuntas.models.exclusions import SamePerson
from tuntas.models.form_ids import new_form_id, seconds_since_opened
from tuntas.models.results import month_results

JANUARY, DURING, AFTER = Month(2026, 1), moment("2026-01-15 03:00"), moment("2026-02-02 03:00")
REASON = "Uji coba tablet oleh petugas loket"


@pytest.mark.parametrize(
    ("answers", "seconds", "is_repeat", "expected"),
    [
        ("343434343", 20, False, Sign(0)),
        ("343434343", 8, False, Sign.FAST),
        ("343434343", 9, False, Sign(0)),
        ("343434343", None, False, Sign(0)),
        ("444444444", 40, False, Sign.STRAIGHT),
        ("440444444", 40, False, Sign(0)),  # eight answers only
        ("444444444", 2, True, Sign.FAST | Sign.STRAIGHT | Sign.REPEAT),
    ],
)
def test_signs(answers: str, seconds: int | None, is_repeat: bool, expected: Sign) -> None:
    assert signs_of(answers, seconds, is_repeat=is_repeat) == expected


def at(second: float) -> datetime:
    return datetime(2026, 1, 15, 3, 0, tzinfo=UTC) + timedelta(seconds=second)


def test_a_burst_is_more_than_eight_within_a_minute() -> None:
    assert bursts(at(7 * n) for n in range(BURST_MOST)) == []
    assert bursts(at(6 * n) for n in range(9)) == [(at(0), at(48), 9)]
    assert bursts(at(60 * n) for n in range(50)) == []
    two = [at(n) for n in range(10)] + [at(3600 + n) for n in range(12)]
    assert [n for _first, _last, n in bursts(two)] == [10, 12]


@given(st.lists(st.integers(0, 600), max_size=60), st.randoms())
def test_bursts_do_not_depend_on_the_order(seconds: list[int], random: object) -> None:
    times = [at(second) for second in seconds]
    shuffled = sorted(times, key=lambda _time: random.random())  # type: ignore[attr-defined]
    assert bursts(times) == bursts(shuffled)
    assert sum(n for _first, _last, n in bursts(times)) <= len(times)


def test_a_form_id_says_when_the_form_was_opened() -> None:
    opened = moment("2026-01-15 03:00")
    key = new_form_id(opened)
    assert (key.version, key.variant) == (7, "specified in RFC 4122")
    assert seconds_since_opened(key, opened + timedelta(seconds=42)) == 42
    assert seconds_since_opened(key, opened + timedelta(hours=2)) is None
    assert seconds_since_opened(key, opened - timedelta(seconds=5)) is None
    assert seconds_since_opened(uuid4(), opened) is None


def exclude(cast: Cast, *, accept: bool = True) -> Exclusion:
    wrong = [answer(cast.service, "111111111", at=DURING).response_id for _each in range(3)]
    made = Exclusion.propose(cast.office, JANUARY, wrong, REASON, by=cast.people["team"])
    made.decide(accept=accept, by=cast.people["head"])
    return made


def value(cast: Cast) -> tuple[int | None, str]:
    row = month_results(cast.office, [JANUARY])[0]
    return row.n, f"{float(row.converted or 0):.2f}"


def test_an_accepted_exclusion_leaves_the_index_and_stands_in_the_closure(cast: Cast) -> None:
    answer(cast.service, "444444444", at=DURING)
    exclude(cast)
    assert value(cast) == (1, "100.00")
    closure = Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    assert closure.n == 1
    assert value(cast) == (1, "100.00")
    (told,) = closure.content["exclusions"]
    assert (told["n"], told["reason"]) == (3, REASON)
    assert (told["proposed_by"], told["accepted_by"]) == ("Team", "Head")
    assert Response.objects.count() == 4  # nothing is deleted


def test_a_rejected_or_waiting_exclusion_changes_nothing(cast: Cast) -> None:
    answer(cast.service, "444444444", at=DURING)
    exclude(cast, accept=False)
    key = Response.objects.first().id  # type: ignore[union-attr]
    Exclusion.propose(cast.office, JANUARY, [key], REASON, by=cast.people["team"])
    assert value(cast) == (4, "43.75")


def test_a_closed_month_takes_no_exclusion(cast: Cast) -> None:
    key = answer(cast.service, at=DURING).response_id
    waiting = Exclusion.propose(cast.office, JANUARY, [key], REASON, by=cast.people["team"])
    Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    with pytest.raises(PeriodClosed):
        waiting.decide(accept=True, by=cast.people["head"])
    with pytest.raises(PeriodClosed):
        Exclusion.propose(cast.office, JANUARY, [key], REASON, by=cast.people["team"])


def test_it_takes_a_reason_an_answer_and_two_people(cast: Cast) -> None:
    team = cast.people["team"]
    key = answer(cast.service, at=DURING).response_id
    with pytest.raises(ValidationError, match="15"):
        Exclusion.propose(cast.office, JANUARY, [key], "jelek", by=team)
    with pytest.raises(ValidationError, match="Pilih"):
        Exclusion.propose(cast.office, JANUARY, [], REASON, by=team)
    made = Exclusion.propose(cast.office, JANUARY, [key], REASON, by=team)
    with pytest.raises(SamePerson):
        made.decide(accept=True, by=team)


def test_the_processing_form_lists_only_what_counts_and_prints_the_reason(cast: Cast) -> None:
    answer(cast.service, "444444444", at=DURING)
    exclude(cast)
    Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    made = report.make(cast.office, "processing", Span.parse("2026-01"))
    assert len(made.content["respondents"]) == 1
    assert any(REASON in note and "3 jawaban" in note for note in made.content["explanations"])


def test_the_page_shows_signs_bursts_and_takes_a_proposal_to_its_end(cast: Cast) -> None:
    for second in range(10):
        answer(cast.service, "444444444", at=DURING + timedelta(seconds=second))
    answer(cast.service, "123412341", at=DURING)
    team, head = cast.client("team"), cast.client("head")
    page = team.get("/periods/2026-01/quality/").content.decode()
    assert "Lonjakan: Layanan Pensiun" in page
    assert "Semua jawaban sama" in page
    made = team.post(
        "/periods/2026-01/exclusions", {"sign": "2", "all": "1", "reason": REASON}, follow=True
    ).content.decode()
    assert "mengeluarkan 10 jawaban" in made
    exclusion = Exclusion.objects.get()
    refused = team.post(
        f"/periods/2026-01/exclusions/{exclusion.pk}", {"act": "accept"}, follow=True
    ).content.decode()
    assert "Minta orang lain" in refused
    head.post(f"/periods/2026-01/exclusions/{exclusion.pk}", {"act": "accept"})
    assert value(cast)[0] == 1


def test_the_form_notes_how_fast_it_was_filled_in_and_a_repeat(cast: Cast) -> None:
    client = Client()
    page = client.get(f"/s/{cast.service.token}/").content.decode()
    key = page.split('name="id" value="')[1].split('"')[0]
    sent = {"id": key, "edition": cast.service.edition_id, "channel": "qr", "again": "1"}
    sent |= {f"q{number}": str(number % 4 + 1) for number in range(1, 10)}
    assert client.post(f"/s/{cast.service.token}/", sent).status_code == 303
    stored = Response.objects.get()
    assert stored.seconds in (0, 1, 2)
    assert Sign(stored.signs) == Sign.FAST | Sign.REPEAT
