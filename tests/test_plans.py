"""Action plans: stages as rows, entries that can be corrected, clocks, carry-over, self-score."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from tests.conftest import Cast, answer, moment
from tuntas import demo
from tuntas.imports import activities
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Evidence, Office, Period, Publication, Stage
from tuntas.models.closures import Closure
from tuntas.models.effects import effect_of
from tuntas.models.evaluations import evaluate
from tuntas.report.monitoring import carried_plans, end_of, known_plans

JANUARY = date(2026, 1, 1)
START = moment("2026-02-02 03:00")


@pytest.fixture
def plan(cast: Cast) -> ActionPlan:
    return ActionPlan.add(
        cast.pensiun, by=cast.people["officer"], at=START, survey_month=JANUARY,
        element="facilities", action="Menambah kursi tunggu.", start_month=date(2026, 2, 1),
    )  # fmt: skip


def ready(plan: ActionPlan, cast: Cast) -> None:
    plan.add_progress(by=cast.people["officer"], at=START, kind="note", text="Kursi dibeli.")
    plan.add_link("https://contoh.go.id/foto", by=cast.people["officer"], at=START)


def stages(plan: ActionPlan) -> list[str]:
    return list(plan.stages.order_by("id").values_list("stage", flat=True))


def test_a_plan_goes_from_draft_to_accepted_and_back_with_its_whole_history(
    cast: Cast, plan: ActionPlan
) -> None:
    people = cast.people
    plan.agree(by=people["head"], note="Rapat 3 Februari")
    ready(plan, cast)
    plan.propose(by=people["officer"], note="Selesai.")
    with pytest.raises(ValidationError, match="alasan"):
        plan.review(accept=False, by=people["head"])
    plan.review(accept=False, by=people["head"], note="Foto belum ada.")
    plan.propose(by=people["officer"])
    plan.review(accept=True, by=people["team"])
    assert ActionPlan.objects.finished().get().completion.by == people["team"]
    plan.reopen(by=people["team"], reason="Kursi rusak.")
    assert not ActionPlan.objects.finished().exists()
    assert stages(plan) == [
        "draft", "agreed", "running", "proposed", "sent_back", "proposed", "accepted", "reopened",
    ]  # fmt: skip
    assert plan.stages.get(stage="sent_back").note == "Foto belum ada."


def test_whoever_proposes_does_not_accept(cast: Cast, plan: ActionPlan) -> None:
    ready(plan, cast)
    plan.propose(by=cast.people["team"])
    with pytest.raises(ValidationError, match="orang lain"):
        plan.review(accept=True, by=cast.people["team"])
    assert not plan.is_finished


@pytest.mark.parametrize("stage", [Stage.ACCEPTED, Stage.SENT_BACK, Stage.REOPENED, Stage.DRAFT])
def test_a_stage_is_only_reached_from_the_one_before(plan: ActionPlan, stage: str) -> None:
    with pytest.raises(ValidationError, match="Rancangan"):
        plan.step(stage, by=None)
    assert stages(plan) == ["draft"]


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_itself_keeps_the_stages(plan: ActionPlan, act: str) -> None:
    rows = plan.stages.all()
    acts = {
        "update": lambda: rows.update(note="lain"),
        "delete": lambda: rows._raw_delete("default"),  # type: ignore[attr-defined]
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        acts[act]()


def test_a_plan_was_finished_only_while_it_stood_accepted(cast: Cast, plan: ActionPlan) -> None:
    ready(plan, cast)
    plan.finish(by=None, at=START + timedelta(days=1))
    plan.step(Stage.REOPENED, by=None, note="x", at=START + timedelta(days=9))
    plan = ActionPlan.objects.get()
    assert [plan.finished_by(START + timedelta(days=days)) for days in (1, 2, 9, 10)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_changes_keep_what_was_written_before(cast: Cast, plan: ActionPlan) -> None:
    plan.change(by=cast.people["team"], action="Menambah 20 kursi.", element="facilities")
    assert plan.revisions.get().before == {"action": "Menambah kursi tunggu."}
    plan.change(by=cast.people["team"], action="Menambah 20 kursi.")
    assert plan.revisions.count() == 1


@pytest.mark.parametrize(
    ("due", "horizon", "words"),
    [
        (date(2027, 1, 31), "short", None),
        (date(2027, 2, 1), "short", "12 bulan setelah mulai"),
        (date(2028, 2, 29), "medium", None),
        (date(2028, 3, 1), "medium", "25 bulan setelah mulai"),
        (date(2028, 3, 1), "long", None),
        (date(2026, 1, 31), "short", "mendahului"),
    ],
)
def test_the_horizon_must_fit_the_due_date(
    cast: Cast, plan: ActionPlan, due: date, horizon: str, words: str | None
) -> None:
    if words is None:
        plan.change(by=cast.people["team"], due_on=due, horizon=horizon)
        return
    with pytest.raises(ValidationError, match=words):
        plan.change(by=cast.people["team"], due_on=due, horizon=horizon)


def test_an_entry_is_taken_back_for_a_day_and_corrected_for_ever(
    cast: Cast, plan: ActionPlan
) -> None:
    officer, team = cast.people["officer"], cast.people["team"]
    wrong = plan.add_progress(by=officer, at=START, kind="note", text="Salah.")
    late = START + timedelta(hours=25)
    for by, at in ((team, START), (officer, late)):
        with pytest.raises(ValidationError, match="Hanya penulisnya"):
            plan.withdraw_progress(wrong, by=by, at=at)
    second = plan.add_progress(by=officer, at=START, kind="note", text="Kedua.")
    right = plan.correct_progress(wrong, by=team, at=late, kind="note", text="Benar.")
    assert list(plan.progress.current()) == [right, second]
    assert right.is_late_correction
    plan.withdraw_progress(second, by=officer, at=START + timedelta(hours=23))
    assert list(plan.progress.current()) == [right]
    assert plan.progress.count() == 3
    with pytest.raises(ValidationError, match="sudah"):
        plan.correct_progress(wrong, by=team, kind="note", text="Lagi.")


def test_a_planned_activity_is_carried_out_later_and_keeps_both_dates(
    cast: Cast, plan: ActionPlan
) -> None:
    row = plan.add_progress(by=None, at=START, kind="planned", text="Bimtek", on=date(2026, 3, 5))
    assert not ActionPlan.objects.followed_up().exists()
    with pytest.raises(ValidationError, match="belum tiba"):
        plan.mark_done(row, date(2026, 3, 9), by=None, at=moment("2026-03-08 01:00"))
    plan.mark_done(row, date(2026, 3, 9), by=None, at=moment("2026-03-10 01:00"))
    row.refresh_from_db()
    assert (row.on, row.done_on) == (date(2026, 3, 5), date(2026, 3, 9))
    assert ActionPlan.objects.followed_up().exists()
    assert stages(plan)[-1] == "running"


def test_an_obstacle_is_open_until_it_is_resolved_once(cast: Cast, plan: ActionPlan) -> None:
    row = plan.add_obstacle(by=None, text="Menunggu akses.", depends_on="BKN Pusat")
    assert not row.is_resolved(moment("2099-01-01 00:00"))
    row.resolve(date(2026, 2, 1), by=cast.people["officer"], how="Akses diberikan.")
    with pytest.raises(ValidationError, match="sudah teratasi"):
        row.resolve(date(2026, 2, 1), by=None)


def test_unfinished_plans_are_carried_on_as_the_same_rows(cast: Cast, plan: ActionPlan) -> None:
    second, until = Span.parse("2026-S2"), end_of(date(2026, 9, 1), cast.office)
    assert [row.pk for row in carried_plans(cast.office, second, until)] == [plan.pk]
    assert known_plans(cast.office, second, until) == []
    assert str(plan.carried_from(second)) == "2026-S1"
    ready(plan, cast)
    plan.finish(by=None, at=moment("2026-06-30 01:00"))
    assert carried_plans(cast.office, second, until) == []


def test_links_wait_their_turn_to_be_looked_at(cast: Cast, plan: ActionPlan) -> None:
    never, fresh, stale, broken = (
        plan.add_link(f"https://contoh.go.id/{name}", by=None) for name in "abcd"
    )
    plan.add_file("a.pdf", b"%PDF-1.7", by=None)
    now = moment("2026-05-20 00:00")
    fresh.record_check("ok", http_status=200, at=now - timedelta(days=6))
    stale.record_check("ok", http_status=200, at=now - timedelta(days=8))
    broken.record_check("dead", http_status=404, at=now - timedelta(days=2))
    assert list(Evidence.objects.links_to_check(now)) == [never, stale, broken]
    with pytest.raises(ValueError, match="state"):
        never.record_check("bagus")


def test_a_server_without_a_way_out_blames_no_link(cast: Cast, plan: ActionPlan) -> None:
    first, second = (plan.add_link(f"https://contoh.go.id/{name}", by=None) for name in "ab")
    first.record_check("unreachable")
    assert not Evidence.objects.bad_links().exists()
    second.record_check("ok", http_status=200)
    assert list(Evidence.objects.bad_links()) == [first]


def close(cast: Cast, month: Month, answers: list[str]) -> None:
    for text in answers:
        answer(cast.service, text, at=moment(f"{month}-15 03:00"))
    after = moment(f"{month + 1}-02 03:00")
    Closure.seal(Period.of(cast.office, month), by=None, at=after)


def test_the_element_is_compared_only_over_closed_months_of_the_unit(
    cast: Cast, plan: ActionPlan
) -> None:
    close(cast, Month(2026, 1), ["333333323"] * 40)
    found = effect_of(plan)
    assert found is not None
    assert found.compared.verdict == "open"
    assert found.after == ()
    # Question 8 asks for the facilities.
    close(cast, Month(2026, 3), ["333333343"] * 40)
    answer(cast.service, "111111111", at=moment("2026-04-15 03:00"))  # an open month: not counted
    found = effect_of(ActionPlan.objects.get())
    assert found is not None
    assert (found.before, found.after) == ((Month(2026, 1),), (Month(2026, 3),))
    assert (found.compared.before.mean, found.compared.after.mean) == (2, 4)
    assert found.compared.verdict == "up"
    plan.change(by=cast.people["team"], element="")
    assert effect_of(plan) is None


def publish(office: Office, kind: str, on: date, span: str = "2026-01") -> Publication:
    return Publication.register(
        office, Span.parse(span), kind, f"Media {kind}", on, by=None,
        url="https://contoh.go.id/ikm", at=moment("2026-12-01 00:00"),
    )  # fmt: skip


def test_the_audit_clock_starts_with_the_first_publication(cast: Cast, plan: ActionPlan) -> None:
    plan.change(by=cast.people["team"], start_month=date(2026, 6, 1))
    assert plan.lead_time_months == 5
    publish(cast.office, "website", date(2026, 4, 9))
    first = publish(cast.office, "printed", date(2026, 3, 2))
    by_number = {row.number: row for row in evaluate(cast.office, 2026).indicators}
    assert plan.audit_months(first.on) == 3
    assert by_number[9].score == 4
    first.withdraw(by=cast.people["team"])
    assert {row.number: row for row in evaluate(cast.office, 2026).indicators}[9].score == 4
    assert plan.audit_months(None) is None


def test_the_self_score_climbs_with_what_is_done_and_says_what_is_missing(
    cast: Cast, plan: ActionPlan
) -> None:
    def scores() -> dict[int, int]:
        return {row.number: row.score for row in evaluate(cast.office, 2026).indicators}

    assert scores() == {6: 0, 7: 0, 8: 1, 9: 5}
    close(cast, Month(2026, 1), ["333333333"])
    assert scores()[6] == 2
    publish(cast.office, "printed", date(2026, 2, 5))
    publish(cast.office, "printed", date(2026, 2, 6))
    publish(cast.office, "website", date(2026, 2, 6))
    assert scores() == {6: 4, 7: 2, 8: 1, 9: 5}
    six = evaluate(cast.office, 2026).indicators[0]
    assert six.raise_by == ("Tindak lanjuti paling sedikit satu rencana aksi.",)
    assert {proof.kind for proof in six.proofs} == {"period", "publication"}
    ready(plan, cast)
    plan.finish(by=None)
    assert scores() == {6: 5, 7: 2, 8: 5, 9: 5}
    assert evaluate(cast.other, 2026).indicators[0].score == 0


@pytest.mark.slow
def test_the_seed_year_is_scored_as_the_rules_read_it(db: None) -> None:
    demo.load()
    found = evaluate(Office.objects.get(code="kanreg10"), 2023)
    by_number = {row.number: row for row in found.indicators}
    assert by_number[9].score == 3  # the slowest of the seven began after four months
    assert "4 bulan" in by_number[9].how
    assert by_number[8].score == 3
    assert by_number[8].how == "5 dari 7 rencana aksi diterima selesai."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": ""}, "bukti"),
        ({"on": date(2025, 12, 31)}, "masa surveinya"),
        ({"on": date(2027, 1, 1)}, "belum tiba"),
        ({"kind": "radio"}, "radio"),
    ],
)
def test_a_publication_needs_a_proof_and_a_possible_day(
    cast: Cast, changes: dict[str, Any], words: str
) -> None:
    fields = {"kind": "website", "on": date(2026, 2, 5), "url": "https://contoh.go.id/"} | changes
    with pytest.raises(ValidationError, match=words):
        Publication.register(
            cast.office, Span.parse("2026-01"), name="Situs", by=None,
            at=moment("2026-12-01 00:00"), **fields,
        )  # fmt: skip


LINES = [
    ("1. Bimtek KP tanggal 9 Februari 2023;", "done", "Bimtek KP", (2023, 2, 9), None),
    ("9. Peningkatan Pelayanan tanggal 27-28 Juli 2023;", "done", "Peningkatan Pelayanan",
     (2023, 7, 27), (2023, 7, 28)),
    ("XLC Disiplin PNS dan PPPK bulan November 2023;", "planned", "XLC Disiplin PNS dan PPPK",
     (2023, 11, 1), None),
    ("- Rapat, 3 s.d. 4 Mei 2023", "done", "Rapat", (2023, 5, 3), (2023, 5, 4)),
    ("Sosialisasi (23 Agustus 2023)", "planned", "Sosialisasi", (2023, 8, 23), None),
    ("Sosialisasi PermenpanRB 1 Tahun 2023", "note", "Sosialisasi PermenpanRB 1 Tahun 2023",
     None, None),
    ("Bimtek tanggal 31 Februari 2023", "note", "Bimtek tanggal 31 Februari 2023", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "kind", "text", "on", "until"), LINES)
def test_pasted_lines_are_read_as_dated_activities(
    line: str, kind: str, text: str, on: Any, until: Any
) -> None:
    row = activities.read(line, date(2023, 8, 21))[0]
    assert (row.kind, row.text) == (kind, text)
    assert row.on == (date(*on) if on else None)
    assert row.until == (date(*until) if until else None)


def test_a_heading_of_plans_makes_what_follows_planned() -> None:
    text = "Telah dilaksanakan:\n1. A tanggal 1 Mei 2023\nRencana semester II:\n2. B bulan Mei 2023"
    rows = activities.read(text, date(2026, 1, 1))
    assert [row.kind for row in rows] == ["note", "done", "note", "planned"]
    assert "kalender" in activities.read_line("A tanggal 31 Juni 2023", date(2026, 1, 1)).problem
    with pytest.raises(activities.TooManyLines):
        activities.read("a\n" * 101, date(2026, 1, 1))
