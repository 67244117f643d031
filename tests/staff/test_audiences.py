"""Whether enough people of each service have answered, and whom to ask more."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from unittest import mock

import pytest
from click.testing import CliRunner
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas.cli import main
from tuntas.law.months import Month
from tuntas.models import Audience, Event, Exclusion, Period, Response, Service
from tuntas.models.adequacy import adequacies, together
from tuntas.models.closures import Closure

AUGUST = datetime(2026, 8, 20, 3, tzinfo=UTC)
TODAY = date(2026, 8, 20)


@pytest.fixture(autouse=True)
def in_august() -> Any:
    with mock.patch.object(timezone, "now", return_value=AUGUST):
        yield


def say(service: Service, size: int, year: int = 2026) -> Audience:
    return Audience.record(service, year, size, source="Register 2025", by=None)


def answers(service: Service, n: int, at: str = "2026-03-05 03:00") -> None:
    width = len(service.edition.question_list)
    for _each in range(n):
        answer(service, "3" * width, at=moment(at))


def test_wanted_missing_and_a_month_follow_from_the_regulations_table(cast: Cast) -> None:
    say(cast.service, 100)  # the table: 80
    answers(cast.service, 7)
    row = adequacies(cast.office, 2026, [cast.service], TODAY)[0]
    assert (row.wanted, row.answered, row.missing) == (80, 7, 73)
    assert row.months_left == 5  # August to December
    assert row.per_month == 15  # 73 / 5, rounded up
    assert row.percent == 100 * 7 / 80


def test_the_furthest_behind_come_first_and_the_unknown_last(cast: Cast) -> None:
    third = Service.add(cast.inka, "tiga", "Ketiga", edition=cast.service.edition, by=None)
    say(cast.service, 10)
    say(third, 10)
    answers(cast.service, 8)
    answers(third, 2)
    rows = adequacies(cast.office, 2026, [cast.service, cast.service16, third], TODAY)
    assert [row.service for row in rows] == [third, cast.service, cast.service16]
    total = together(rows)
    assert (total.population, total.wanted, total.reached, total.unknown) == (20, 20, 10, 1)


def test_more_of_one_service_do_not_make_up_for_another(cast: Cast) -> None:
    say(cast.service, 10)
    say(cast.service16, 10)
    answers(cast.service, 15)
    total = together(adequacies(cast.office, 2026, [cast.service, cast.service16], TODAY))
    assert (total.reached, total.missing, total.per_month) == (10, 10, 2)


def test_only_what_counts_in_the_year_is_counted_closed_or_not(cast: Cast) -> None:
    say(cast.service, 100)
    answers(cast.service, 2, "2025-12-05 03:00")
    answers(cast.service, 3, "2026-01-05 03:00")
    answers(cast.service, 4, "2026-02-05 03:00")
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-02 03:00"))
    out = Response.objects.filter(month=date(2026, 2, 1)).values_list("id", flat=True)[:1]
    exclusion = Exclusion.propose(
        cast.office, Month(2026, 2), list(out), "Uji coba petugas di loket", by=cast.people["team"]
    )
    exclusion.decide(accept=True, by=cast.people["head"])
    assert adequacies(cast.office, 2026, [cast.service], TODAY)[0].answered == 6


def test_a_year_that_is_over_has_no_months_left(cast: Cast) -> None:
    say(cast.service, 100, 2025)
    row = adequacies(cast.office, 2025, [cast.service], TODAY)[0]
    assert (row.missing, row.per_month) == (80, None)


def test_the_page_shows_it_and_takes_the_number_with_its_source(cast: Cast) -> None:
    team = cast.client("team")
    address = reverse("audience", args=[cast.service.pk, 2026])
    saved = team.post(address, {"size": "1200", "source": "Register 2025"}, follow=True)
    html = saved.content.decode()
    assert "dari 1.200 penerima diperlukan 291 responden" in html
    assert "Register 2025" in html
    assert "Kecukupan responden 2026" in html
    assert "59" in html  # 291 / 5, rounded up
    again = team.post(address, {"size": "900", "source": "Register 2026"})
    assert again.status_code == 302
    assert Audience.objects.get().size == 900
    assert Event.objects.filter(action="audience.recorded").count() == 2
    refused = team.post(address, {"size": "0", "source": ""})
    assert refused.status_code == 422
    assert team.get(reverse("audience-list") + "?year=1899").status_code == 404
    assert team.get(reverse("audience-list") + "?year=abc").status_code == 404


def test_an_officer_sees_the_own_unit_only(cast: Cast) -> None:
    say(cast.service, 100)
    say(cast.service16, 100)
    page = cast.client("officer").get(reverse("audience-list")).content.decode()
    assert "Layanan Pensiun" in page
    assert "Layanan Data" not in page
    assert "/audiences/" in cast.client("officer").get(reverse("home")).content.decode()


def test_home_and_the_month_show_the_year_so_far(cast: Cast) -> None:
    say(cast.service, 100)
    answers(cast.service, 5)
    team = cast.client("team")
    assert "5 dari 80 responden yang diperlukan tahun ini" in " ".join(
        team.get(reverse("home")).content.decode().split()
    )
    page = team.get(reverse("period", args=["2026-03"])).content.decode()
    assert "Populasi 100 orang; 5 dari 80 responden" in page


def test_an_impossible_year_or_size_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="2000"):
        say(cast.service, 10, 1899)
    with pytest.raises(ValidationError):
        say(cast.service, 0)


def test_the_command_sets_and_lists(cast: Cast) -> None:
    run = CliRunner()
    words = ["audience", "set", "kanreg", "pensiun", "pensiun", "2026", "1200"]
    done = run.invoke(main, [*words, "--source", "Register 2025"])
    assert done.exit_code == 0, done.output
    assert "perlu 291 responden" in done.output
    assert run.invoke(main, words).exit_code == 2  # a number needs a source
    listed = run.invoke(
        main, ["audience", "list", "--office", "kanreg", "--year", "2026", "--json"]
    )
    rows = json.loads(listed.output)
    assert rows[0] | {"name": ""} == {
        "unit": "pensiun",
        "service": "pensiun",
        "name": "",
        "population": 1200,
        "source": "Register 2025",
        "wanted": 291,
        "answered": 0,
        "missing": 291,
        "per_month": 59,
    }
    assert rows[1]["population"] is None
    plain = run.invoke(main, ["audience", "list", "--office", "kanreg"])
    assert "populasi belum diisi" in plain.output
