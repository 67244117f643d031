"""Feedback: its classes, deadlines, merges, splits, conversation and the honest share."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from tests.conftest import Cast, answer, make_cast, moment
from tuntas import similarity
from tuntas.law.holidays import NATIONAL
from tuntas.law.months import Month, Span
from tuntas.law.workdays import add_working_days
from tuntas.models import (
    AnsweredShare,
    Batch,
    Contact,
    Event,
    Feedback,
    Holiday,
    HolidayChange,
    Merge,
    PublishedAnswer,
    Referral,
    Reopened,
    Reply,
    ReplyTemplate,
    SpamMark,
    Vote,
    Way,
)
from tuntas.models.conversations import may_reopen
from tuntas.models.feedback import MERGED
from tuntas.models.holidays import read_lines
from tuntas.models.reply_templates import check, share_from
from tuntas.models.retention import erase_due
from tuntas.report.suggestions import answered_share, suggestions_sentence


def write(cast: Cast, text: str = "Kursi tunggu kurang.", at: str = "2026-07-01 02:00") -> Feedback:
    receipt = answer(cast.service, suggestion=text, at=moment(at))
    found = Feedback.by_code(receipt.tracking_code)
    assert found
    return found


def anew(row: Feedback) -> Feedback:
    return Feedback.objects.select_related("office", "service", "unit").get(pk=row.pk)


# -- working days --------------------------------------------------------------------------------


def test_the_national_days_are_dated_cited_and_on_their_days() -> None:
    assert len(NATIONAL) == 109
    assert NATIONAL[date(2026, 3, 20)].is_joint_leave
    assert "1497 Tahun 2025" in NATIONAL[date(2026, 12, 25)].source.instrument
    assert "933 Tahun 2025" in NATIONAL[date(2025, 8, 18)].source.instrument
    assert {day.year for day in NATIONAL} == {2023, 2024, 2025, 2026}
    assert all(not row.is_joint_leave or day.weekday() < 5 for day, row in NATIONAL.items())


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2026, 3, 16), date(2026, 3, 30)),  # Nyepi, Idulfitri and their joint leave
        (date(2026, 12, 22), date(2026, 12, 31)),  # Christmas Eve and Christmas
        (date(2026, 7, 1), date(2026, 7, 8)),  # a weekend only
    ],
)
def test_deadlines_step_over_national_days(cast: Cast, start: date, due: date) -> None:
    assert add_working_days(start, 5, NATIONAL) == due
    assert write(cast, at=f"{start} 02:00").due_on == due


def test_a_change_of_holidays_moves_only_what_waits(cast: Cast) -> None:
    waiting, answered = write(cast), write(cast)
    answered.reply("Sudah.", by=cast.people["team"])
    change = HolidayChange(cast.office, ((date(2026, 7, 3), "Galungan"),))
    assert [row.pk for row, _due in change.moved] == [waiting.pk]
    assert anew(waiting).due_on == date(2026, 7, 8)  # nothing moves before it is confirmed
    assert change.apply(by=cast.people["team"]) == 1
    assert anew(waiting).due_on == date(2026, 7, 9)
    assert anew(answered).due_on == date(2026, 7, 8)
    assert write(cast).due_on == date(2026, 7, 9)
    assert HolidayChange(cast.office, (), (date(2026, 7, 3),)).apply(by=None) == 2
    assert anew(waiting).due_on == date(2026, 7, 8)
    assert not Holiday.objects.exists()
    with pytest.raises(ValidationError):
        HolidayChange(cast.office).apply(by=None)


def test_an_office_may_work_on_joint_leave(cast: Cast) -> None:
    row = write(cast, at="2026-12-22 02:00")
    HolidayChange(cast.office, (), (date(2026, 12, 24),)).apply(by=None)
    assert anew(row).due_on == date(2026, 12, 30)
    HolidayChange(cast.office, ((date(2026, 12, 24), ""),)).apply(by=None)
    assert anew(row).due_on == date(2026, 12, 31)


def test_pasted_holidays_are_read_or_named_by_line() -> None:
    assert read_lines("2026-12-25 Hari Natal\n\n 2027-01-01  Tahun Baru ") == [
        (date(2026, 12, 25), "Hari Natal"),
        (date(2027, 1, 1), "Tahun Baru"),
    ]
    with pytest.raises(ValidationError) as error:
        read_lines("2026-02-30 Salah\nNatal\n2026-12-25 Natal")
    assert ["Baris 1" in error.value.messages[0], "Baris 2" in error.value.messages[1]] == [
        True
    ] * 2
    with pytest.raises(ValidationError):
        read_lines("  ")


# -- classes and the share -----------------------------------------------------------------------


def test_an_answer_mostly_of_a_template_counts_as_one_chosen_or_pasted(cast: Cast) -> None:
    text = "Terima kasih atas masukan tentang {layanan} di {unit} pada {bulan}. Kami teruskan."
    ReplyTemplate.add(cast.office, "Umum", text, by=None)
    team = cast.people["team"]
    row = write(cast)
    sent = row.reply(ReplyTemplate.objects.get().fill(row.words), by=team)
    assert "Layanan Pensiun di Bidang Pensiun pada Juli 2026" in sent.text
    assert (sent.way, sent.template.name) == (Way.TEMPLATE, "Umum")  # type: ignore[union-attr]
    edited = write(cast).reply(
        sent.text + " Dua puluh kursi baru dipasang hari Senin di lantai dua, dekat loket.", by=team
    )
    assert (edited.way, edited.template) == (Way.INDIVIDUAL, None)
    assert share_from("satu dua tiga empat", "satu dua tiga lima") == Fraction(3, 4)
    assert share_from("satu", "") == 0
    assert check("{nama} {")[0].startswith("Tempat isian {nama}")
    with pytest.raises(ValidationError):
        ReplyTemplate.add(cast.office, "Buruk", "{nama}", by=None)


def test_every_class_is_counted_once_and_adds_up(cast: Cast) -> None:
    team = cast.people["team"]
    ReplyTemplate.add(cast.office, "Umum", "Terima kasih, kami perbaiki segera.", by=None)
    rows = [write(cast, f"Masukan nomor {n} tentang antrean.") for n in range(8)]
    rows[0].reply("Kami menambah dua petugas di loket mulai Senin.", by=team)
    rows[1].reply("Terima kasih, kami perbaiki segera.", by=team)
    Merge.make(rows[0], [rows[2]], by=team)
    Referral.make(
        rows[3], "Diteruskan.", by=team, destination="lapor", addressee="Admin", number="123",
        on=date(2026, 7, 2),
    )  # fmt: skip
    rows[4].decline("Kewenangan ini diatur undang-undang.", by=team)
    SpamMark.put(rows[5], "Iklan pinjaman daring", by=team)
    write(cast, "baik")
    rows[6].due_on = date(2026, 7, 30)
    rows[6].save()
    share = AnsweredShare.of(Feedback.objects.all(), today=date(2026, 7, 20))
    assert share == AnsweredShare(
        received=9, courtesy=1, spam=1, individual=1, template=1, merged=1, referred=1,
        not_actionable=1, waiting_in_time=1, waiting_late=1,
    )  # fmt: skip
    assert share.answered + share.waiting + share.courtesy + share.spam == share.received
    assert share.percent == Fraction(500, 7)
    assert not share.is_complete
    words = suggestions_sentence(share)
    for part in ("5 dari 7", "71,43%", "1 dijawab dengan templat", "1 melewati tenggat", "1 spam"):
        assert part in words
    assert "100%" not in words


def test_hundred_percent_is_said_only_when_it_is_computed(cast: Cast) -> None:
    team = cast.people["team"]
    rows = [write(cast), write(cast)]
    rows[0].reply("Kursi ditambah.", by=team, at=moment("2026-07-03 02:00"))
    rows[1].reply("Kursi sudah ditambah.", by=team, at=moment("2026-07-05 02:00"))
    span, early, later = (
        Span.parse("2026-07"),
        moment("2026-07-04 00:00"),
        moment("2026-07-31 00:00"),
    )
    assert answered_share(cast.office, span, early).percent == 50
    assert "Sebanyak 1 dari 2" in suggestions_sentence(answered_share(cast.office, span, early))
    assert "100%" in suggestions_sentence(answered_share(cast.office, span, later))
    empty = AnsweredShare.of(Feedback.objects.none())
    assert empty.percent is None
    assert "tidak dihitung" in suggestions_sentence(empty)


def test_the_first_answer_decides_so_that_old_reports_stay_true(cast: Cast) -> None:
    ReplyTemplate.add(cast.office, "Umum", "Terima kasih, kami perbaiki segera.", by=None)
    row, team = write(cast), cast.people["team"]
    row.reply("Terima kasih, kami perbaiki segera.", by=team)
    row.reply("Lampu di ruang tunggu sudah kami ganti dengan yang baru.", by=team)
    assert anew(row).answered_as == Way.TEMPLATE


# -- merging, splitting, undoing -----------------------------------------------------------------


def test_a_merged_feedback_is_answered_when_its_main_one_is(cast: Cast) -> None:
    team = cast.people["team"]
    main, other = write(cast), write(cast)
    merge = Merge.make(main, [other], by=team)[0]
    other = anew(other)
    assert (other.waits, other.answered_at) == (False, None)
    assert AnsweredShare.of(Feedback.objects.all(), today=date(2026, 7, 2)).waiting_in_time == 2
    reply = main.reply("Kursi ditambah.", by=team)
    assert anew(other).answered_as == MERGED
    assert list(anew(other).office_replies()) == [reply]
    merge.undo(by=team)
    assert (anew(other).waits, anew(other).answered_as) == (True, "")
    with pytest.raises(ValidationError):
        merge.undo(by=team)


def test_what_cannot_be_merged_is_refused_and_nothing_changes(cast: Cast) -> None:
    team = cast.people["team"]
    main, other, courtesy = write(cast), write(cast), write(cast, "baik")
    with pytest.raises(ValidationError):
        Merge.make(main, [other, courtesy], by=team)
    assert not Merge.objects.exists()
    assert anew(other).waits
    with pytest.raises(ValidationError):
        Merge.make(main, [main], by=team)
    Merge.make(main, [other], by=team)
    third = write(cast)
    with pytest.raises(ValidationError):
        Merge.make(other, [third], by=team)
    with pytest.raises(ValidationError):
        Merge.make(third, [main], by=team)
    with pytest.raises(ValidationError):
        SpamMark.put(main, "Iklan pinjaman daring", by=team)
    with pytest.raises(ValidationError):
        main.classify("courtesy", by=team)
    stranger = answer(cast.other_service, suggestion="Lain kantor.")
    with pytest.raises(ValidationError):
        Merge.make(third, [Feedback.by_code(stranger.tracking_code)], by=team)  # type: ignore[list-item]


def test_a_split_leaves_the_text_alone_and_keeps_one_code(cast: Cast) -> None:
    row, team = write(cast, "Kursi kurang. Data saya salah."), cast.people["team"]
    part = row.split("Data saya salah.", by=team, unit=cast.inka)
    assert (anew(row).text, part.text) == ("Kursi kurang. Data saya salah.", "Data saya salah.")
    assert (part.split_from, part.unit, part.waits) == (row, cast.inka, True)
    for bad in ("", "Bukan tulisannya.", row.text):
        with pytest.raises(ValidationError):
            row.split(bad, by=team)


def test_referral_refusal_and_spam_can_be_taken_back(cast: Cast) -> None:
    row, team = write(cast), cast.people["team"]
    row.decline("Bukan kewenangan kami.", by=team)
    assert (anew(row).waits, anew(row).answered_as) == (False, Way.NOT_ACTIONABLE)
    Reply.objects.get().withdraw(by=team)
    assert (anew(row).waits, anew(row).answered_as) == (True, "")
    mark = SpamMark.put(row, "Iklan pinjaman daring", by=team)
    assert anew(row).kind == "spam"
    with pytest.raises(ValidationError):
        anew(row).classify("praise", by=team)
    mark.undo(by=team)
    assert (anew(row).kind, anew(row).waits) == ("suggestion", True)
    with pytest.raises(ValidationError):
        SpamMark.put(row, "x", by=team)
    with pytest.raises(ValidationError):
        anew(row).reply("Kursi ditambah.", by=team).withdraw(by=team)
    with pytest.raises(ValidationError):
        Referral.make(
            row, "Ya", by=team, destination="lapor", addressee="A", number="1",
            on=timezone.now().date() + timedelta(days=3),
        )  # fmt: skip


def test_a_batch_is_undone_where_nobody_changed_it_since(cast: Cast) -> None:
    team, rows = cast.people["team"], [write(cast), write(cast), write(cast)]
    batch = Batch.classify(cast.office, rows, "complaint", by=team)
    rows[0].classify("praise", by=team)
    assert batch.undo(by=team) == 2
    assert [anew(row).kind for row in rows] == ["praise", "suggestion", "suggestion"]
    with pytest.raises(ValidationError):
        batch.undo(by=team)
    merged = Batch.merge(cast.office, rows, by=team)
    assert Merge.objects.filter(main=rows[0]).count() == 2
    assert merged.undo(by=team) == 2
    moved = Batch.hand_over(cast.office, rows, cast.inka, by=team)
    assert moved.undo(by=team) == 3
    template = ReplyTemplate.add(cast.office, "Umum", "Terima kasih, {unit}.", by=None)
    sent = Batch.reply(cast.office, [anew(row) for row in rows], template, by=team)
    assert {reply.way for reply in Reply.objects.all()} == {Way.TEMPLATE}
    with pytest.raises(ValidationError):
        sent.undo(by=team)


def test_only_people_of_the_unit_are_assigned(cast: Cast) -> None:
    row, team = write(cast), cast.people["team"]
    row.assign(cast.people["officer"], by=team)
    with pytest.raises(ValidationError):
        row.assign(cast.people["other_officer"], by=team)
    row.hand_over(cast.inka, by=team)
    assert anew(row).assignee is None


# -- the citizen ---------------------------------------------------------------------------------


def test_a_citizen_votes_once_per_answer_and_may_change_it(cast: Cast) -> None:
    row = write(cast)
    reply = row.reply("Kursi ditambah.", by=cast.people["team"])
    Vote.cast(row, reply.pk, "no", "Masih kurang")
    Vote.cast(row, reply.pk, "yes")
    assert [(vote.helped, vote.words) for vote in Vote.objects.all()] == [("yes", "")]
    for bad in ((reply.pk, "maybe"), (0, "yes")):
        with pytest.raises(ValidationError):
            Vote.cast(row, *bad)
    other = write(cast)
    with pytest.raises(ValidationError):
        Vote.cast(other, reply.pk, "yes")


def test_reopening_within_thirty_days_gives_a_new_deadline(cast: Cast) -> None:
    row, team = write(cast), cast.people["team"]
    with pytest.raises(ValidationError):
        Reopened.make(row, "Kapan?", at=moment("2026-07-02 02:00"))
    row.reply("Sudah.", by=team, at=moment("2026-07-03 02:00"))
    assert not may_reopen(anew(row), moment("2026-08-02 02:01"))
    with pytest.raises(ValidationError):
        Reopened.make(anew(row), "Terlambat", at=moment("2026-08-02 02:01"))
    with pytest.raises(ValidationError):
        Reopened.make(anew(row), "  ", at=moment("2026-07-10 02:00"))
    assert not Reopened.objects.exists()
    Reopened.make(anew(row), "Belum ada kursi.", at=moment("2026-07-10 02:00"))
    fresh = anew(row)
    assert (fresh.waits, fresh.due_on, fresh.is_answered) == (True, date(2026, 7, 17), True)
    with pytest.raises(ValidationError):
        Reopened.make(fresh, "Lagi", at=moment("2026-07-10 03:00"))
    fresh.reply("Kursi datang besok.", by=team, at=moment("2026-07-11 02:00"))
    assert not anew(row).waits


def test_an_address_is_told_of_answers_and_erased_by_rule_or_wish(cast: Cast) -> None:
    row, team = write(cast), cast.people["team"]
    contact = Contact.give(row, "warga@contoh.id", at=moment("2026-07-01 03:00"))
    assert not Contact.objects.to_notify().exists()
    row.reply("Sudah.", by=team, at=moment("2026-07-03 02:00"))
    assert list(Contact.objects.to_notify()) == [contact]
    contact.mark_told(at=moment("2026-07-03 02:05"))
    assert not Contact.objects.to_notify().exists()
    assert erase_due(cast.office, moment("2026-08-01 02:00"))["contact"] == 0
    assert erase_due(cast.office, moment("2026-08-02 02:01"))["contact"] == 1
    Contact.give(row, "warga@contoh.id").erase()
    assert not Contact.objects.exists()
    assert "contoh.id" not in str(list(Event.objects.values("action", "about", "details")))
    with pytest.raises(ValidationError):
        Contact.give(row, "bukan-surel")


def test_merged_and_split_answers_are_told_too(cast: Cast) -> None:
    team = cast.people["team"]
    main, other = write(cast), write(cast, "Kursi kurang. AC mati.")
    Contact.give(other, "warga@contoh.id", at=moment("2026-07-01 03:00"))
    part = other.split("AC mati.", by=team)
    part.reply("AC diperbaiki.", by=team, at=moment("2026-07-02 03:00"))
    assert Contact.objects.to_notify().count() == 1
    Contact.objects.get().mark_told(at=moment("2026-07-02 04:00"))
    Merge.make(main, [other], by=team, at=moment("2026-07-02 05:00"))
    main.reply("Kursi ditambah.", by=team, at=moment("2026-07-03 03:00"))
    assert Contact.objects.to_notify().count() == 1


def test_what_is_published_is_never_the_raw_text(cast: Cast) -> None:
    row = write(
        cast, "Kursi tunggu di loket dua hanya ada tiga sehingga banyak yang berdiri sejak pagi."
    )
    with pytest.raises(ValidationError):
        PublishedAnswer.write(row, row.text, "Ditambah.", by=None)
    entry = PublishedAnswer.write(row, "Kursi kurang", "Kami menambah kursi.", by=None)
    assert not PublishedAnswer.objects.public().exists()
    entry.publish(by=cast.people["team"])
    assert PublishedAnswer.objects.public().get().published_by == cast.people["team"]
    entry.unpublish(by=cast.people["team"])
    assert not PublishedAnswer.objects.public().exists()
    with pytest.raises(ValidationError):
        entry.unpublish(by=None)


# -- help for reading ----------------------------------------------------------------------------


def test_similar_texts_are_grouped_with_the_words_they_share() -> None:
    texts = [
        "Mohon kursi di ruang tunggu ditambah.",
        "Aplikasi sering keluar sendiri saat mengunggah berkas.",
        "Ruang tunggu kekurangan kursi.",
        "Unggah berkas di aplikasi selalu gagal.",
        "Terima kasih.",
        "",
    ]
    found = similarity.groups(texts)
    assert [group.places for group in found] == [(0, 2), (1, 3)]
    assert {"kursi", "ruang"} <= set(found[0].words)
    assert "unggah" in found[1].words
    assert similarity.nearest(texts[0], texts[1:])[0][0] == 1
    assert similarity.stem("mengunggah") == similarity.stem("unggahan") == "unggah"


# -- at once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_answers_and_merges_at_the_same_time_leave_a_true_state() -> None:
    cast = make_cast()
    team = cast.people["team"]
    main, *others = [write(cast, f"Masukan {n} kursi") for n in range(9)]
    errors: list[Any] = []

    def run(act: Any) -> None:
        try:
            act()
        except ValidationError:
            pass
        except Exception as error:  # the test fails with what it was
            errors.append(error)
        finally:
            connection.close()

    acts = [lambda row=row: Merge.make(anew(main), [anew(row)], by=team) for row in others]
    acts += [lambda: anew(main).reply("Kursi ditambah.", by=team)] * 4
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert main.replies.count() == 1  # the same text by the same person is one answer
    assert Merge.objects.count() == 8
    share = AnsweredShare.of(Feedback.objects.all())
    assert (share.individual, share.merged, share.waiting) == (1, 8, 0)
    for row in Feedback.objects.all():
        before = (row.waits, row.answered_as)
        row.settle()
        assert (row.waits, row.answered_as) == before


def test_the_month_is_that_of_the_survey(cast: Cast) -> None:
    assert Month.of(write(cast).month) == Month(2026, 7)
