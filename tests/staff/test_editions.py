"""The editor: an office's own questionnaire from copy to publication to the month it starts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast, answer, moment
from tuntas.law.elements import REGULATION_ORDER
from tuntas.law.months import Month
from tuntas.models import Edition, EditionStart, Event, Period, Response, Service
from tuntas.models.closures import Closure, fingerprint
from tuntas.models.drafts import DraftQuestion, FeeQuestion, element_code
from tuntas.models.results import counts as count_months
from tuntas.models.results import index_of, instruments_of, latest_instruments, month_results
from tuntas.models.surveys import AlreadyPublished, DraftWaiting, NothingToUndo, NotReady

JANUARY, DURING, AFTER = Month(2026, 1), moment("2026-01-15 03:00"), moment("2026-02-02 03:00")
FOUR = ("Tidak aman", "Kurang aman", "Aman", "Sangat aman")


@pytest.fixture
def team(cast: Cast) -> Client:
    return cast.client("team")


@pytest.fixture
def draft(cast: Cast) -> Edition:
    source = Edition.builtin("skm9")
    return Edition.begin(cast.office, "Kuesioner kami", source, by=cast.people["team"])


def post(client: Client, name: str, key: int, data: Any = None, *more: int) -> Any:
    return client.post(reverse(name, args=[key, *more]), data or {}, follow=True)


def edit(client: Client, edition: Edition, act: str, **data: Any) -> str:
    return str(post(client, "edition-edit", edition.pk, {"act": act, **data}).content.decode())


def fresh(edition: Edition) -> Edition:
    return Edition.objects.select_related("questionnaire__office").get(pk=edition.pk)


def options(*texts: str) -> dict[str, str]:
    return {f"option_{number}": text for number, text in enumerate(texts, start=1)}


def test_a_copy_begins_as_a_draft_of_the_office_with_who_and_when(cast: Cast, team: Client) -> None:
    made = team.post(reverse("edition-add"), {"name": "Layanan daring", "source": "skm16-online"})
    edition = Edition.objects.get(questionnaire__office=cast.office)
    assert made["Location"] == reverse("edition", args=[edition.pk])
    assert (edition.number, edition.published_at, edition.made_by) == (1, None, cast.people["team"])
    assert edition.questionnaire.code == "layanan-daring"
    said = [replace(row, key=None) for row in edition.draft.questions]
    assert said == [
        replace(row, key=None) for row in Edition.builtin("skm16-online").draft.questions
    ]
    page = team.get(made["Location"]).content.decode()
    assert "Draf" in page
    assert "Team" in page


def test_wording_options_and_element_of_a_question_change(draft: Edition, team: Client) -> None:
    key = draft.question_list[0].pk
    data = {"place": "procedures", "text": "Seberapa mudah caranya?", **options(*FOUR)}
    assert "dapat diurungkan" in post(team, "question", draft.pk, data, key).content.decode()
    changed = fresh(draft).question_list[0]
    assert (changed.pk, changed.element) == (key, "procedures")
    assert (changed.text, changed.options) == ("Seberapa mudah caranya?", list(FOUR))
    assert fresh(draft).draft.numbers(element="procedures") == (1, 2)
    # Its first element is now without a question, which keeps the draft from being published.
    assert [row.text for row in fresh(draft).draft.problems()] == [
        "Unsur Persyaratan belum memiliki pertanyaan."
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"place": "fees", "text": "Ya?", **options("a", "b", "c")}, "harus 4"),
        ({"place": "fees", "text": "Ya?", **options("a", "b", "c", "d", "e")}, "harus 4"),
        ({"place": "fees", "text": "Ya?", **options("a", "b", "c", "A")}, "harus berbeda"),
        ({"place": "fees", "text": "", **options(*FOUR)}, "tidak boleh kosong"),
        ({"place": "fees", "text": "x" * 401, **options(*FOUR)}, "400"),
        ({"place": "local", "text": "Ya?", **options("a")}, "2–6"),
        ({"place": "new", "text": "Ya?", **options(*FOUR)}, "nama unsur"),
        ({"place": "new", "new_element": "fees", "text": "Ya?", **options(*FOUR)}, "nama unsur"),
        ({"place": "unknown", "text": "Ya?", **options(*FOUR)}, "unknown"),
    ],
)
def test_a_bad_question_is_refused_in_words_and_keeps_what_was_typed(
    draft: Edition, team: Client, data: dict[str, str], words: str
) -> None:
    page = team.post(reverse("question-add", args=[draft.pk]), data)
    html = page.content.decode()
    assert page.status_code == 422
    assert words.casefold() in html.casefold()
    assert data["option_1"] in html
    assert len(fresh(draft).question_list) == 9


def test_several_questions_an_extra_element_and_local_questions(
    draft: Edition, team: Client
) -> None:
    second = {"place": "requirements", "text": "Persyaratannya jelas?", **options(*FOUR)}
    extra = {"place": "new", "new_element": "Keamanan data", "text": "Amankah?", **options(*FOUR)}
    local = {"place": "local", "text": "Dari mana Anda tahu?", **options("Situs", "Teman")}
    for data in (second, extra, local):
        post(team, "question-add", draft.pk, data)
    said = fresh(draft).draft
    assert said.numbers(element="requirements") == (1, 2)  # beside its kin
    assert said.element_codes == (*REGULATION_ORDER, "keamanan_data")
    assert said.weights["keamanan_data"] == Fraction(1, 10)
    assert [row.text for row in said.questions if row.is_local] == ["Dari mana Anda tahu?"]
    assert said.problems() == []
    page = team.get(reverse("edition", args=[draft.pk])).content.decode()
    assert "Keamanan data" in page
    assert "Pertanyaan lokal (di luar indeks)" in page
    assert "hlm. 19 huruf a" in page


def test_questions_move_by_buttons_and_the_button_keeps_the_focus(
    draft: Edition, team: Client
) -> None:
    first, second = (row.pk for row in draft.question_list[:2])
    page = edit(team, draft, "down", question=first)
    assert [row.pk for row in fresh(draft).question_list[:2]] == [second, first]
    assert page.count("autofocus") == 1
    assert 'value="down" autofocus' in page.split(f'id="q-{first}"')[1].split("</li>\n    \n")[0]
    page = edit(team, draft, "up", question=first)
    assert [row.pk for row in fresh(draft).question_list[:2]] == [first, second]
    assert "autofocus" in page.split('value="down"')[1]  # at the top only "down" can have it
    edit(team, draft, "up", question=first)  # already there: nothing happens
    assert [row.pk for row in fresh(draft).question_list[:2]] == [first, second]


def test_the_last_change_can_be_undone_and_done_again(draft: Edition, team: Client) -> None:
    key = draft.question_list[4].pk
    edit(team, draft, "remove", question=key)
    assert len(fresh(draft).question_list) == 8
    assert "diurungkan" in edit(team, draft, "undo")
    back = fresh(draft)
    assert [row.pk for row in back.question_list].index(key) == 4
    edit(team, draft, "undo")
    assert len(fresh(draft).question_list) == 8
    other = Edition.begin(back.office, "Lain", Edition.builtin("skm9"), by=None)  # type: ignore[arg-type]
    with pytest.raises(NothingToUndo):
        other.undo(by=None)
    assert "Tidak ada perubahan" in edit(team, other, "undo")


def test_the_fee_question_is_replaced_or_left_out_with_a_note(draft: Edition, team: Client) -> None:
    said = {"choice": "replaced", "text": "Apakah biayanya sesuai ketetapan?", **options(*FOUR)}
    page = post(team, "edition-fee", draft.pk, said).content.decode()
    changed = fresh(draft)
    assert (changed.fee_question, changed.question_list[3].text) == ("replaced", said["text"])
    assert "hlm. 9 catatan *" in page
    page = post(team, "edition-fee", draft.pk, {"choice": "omitted"}).content.decode()
    changed = fresh(draft)
    assert "menyimpang dari peraturan" in page
    assert len(changed.question_list) == 8
    assert set(changed.draft.weights.values()) == {Fraction(1, 8)}
    assert changed.draft.problems() == []
    post(team, "edition-fee", draft.pk, {"choice": "standard"})
    assert fresh(draft).draft.questions[3].options == (
        "Sangat mahal",
        "Cukup mahal",
        "Murah",
        "Gratis",
    )
    bad = team.post(reverse("edition-fee", args=[draft.pk]), {"choice": "replaced"})
    assert bad.status_code == 422
    assert "Tulis pertanyaan pengganti" in bad.content.decode()


def weights(*texts: str) -> dict[str, str]:
    return {f"w_{code}": text for code, text in zip(REGULATION_ORDER, texts, strict=True)}


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["0,111"] * 9, "kurang 1/1000 (0,001000)"),
        (["1/8"] * 9, "lebih 1/8 (0,125000)"),
        (["1/9"] * 8 + ["0"], "lebih dari 0"),
        (["1/9"] * 8 + ["1/0"], "lebih dari 0"),
        (["1/9"] * 8 + ["-1/9"], "Tulis pecahan"),
        (["1/9"] * 8 + ["1e-1"], "Tulis pecahan"),
    ],
)
def test_weights_that_do_not_sum_to_exactly_one_are_refused(
    draft: Edition, team: Client, texts: list[str], words: str
) -> None:
    page = team.post(reverse("edition-weights", args=[draft.pk]), weights(*texts))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert fresh(draft).own_weights == {}


def test_own_weights_are_kept_exactly_and_go_when_the_elements_change(
    draft: Edition, team: Client
) -> None:
    texts = ["0,2", "1/5", "0.1", *["1 / 12"] * 6]
    post(team, "edition-weights", draft.pk, weights(*texts))
    said = fresh(draft)
    assert said.weights is not None
    assert sum(said.weights.values()) == 1
    assert said.own_weights["procedures"] == "1/5"
    extra = {"place": "new", "new_element": "Keamanan", "text": "Aman?", **options(*FOUR)}
    post(team, "question-add", draft.pk, extra)
    with pytest.raises(NotReady) as refused:
        fresh(draft).publish(by=None)
    assert "tidak lagi sesuai" in refused.value.problems[0].text
    post(team, "edition-weights", draft.pk, {"act": "equal"})
    assert fresh(draft).draft.problems() == []


def test_the_surveys_of_an_integrity_zone_come_and_go_as_a_whole(
    draft: Edition, team: Client
) -> None:
    edit(team, draft, "with", instrument="spkp")
    edit(team, draft, "with", instrument="spak")
    said = fresh(draft).draft
    assert said.numbers(instrument="spkp") == tuple(range(10, 18))
    assert said.numbers(instrument="spak") == tuple(range(18, 23))
    assert [row.places for row in said.measures()][-2:] == ["10–17", "18–22"]
    edit(team, draft, "remove", question=fresh(draft).question_list[-1].pk)
    assert "tepat sekali" in fresh(draft).draft.problems()[0].text
    edit(team, draft, "without", instrument="spak")
    assert fresh(draft).draft.instruments == ("spkp",)
    assert fresh(draft).draft.problems() == []


def test_publishing_lists_every_problem_first_and_then_fixes_the_edition(
    cast: Cast, draft: Edition, team: Client
) -> None:
    draft.change(
        lambda now: replace(now, name="", questions=now.questions[:7]), by=None, what="test"
    )
    page = team.get(reverse("edition-publication", args=[draft.pk])).content.decode()
    for words in ("Beri nama", "Unsur Sarana dan Prasarana belum", "Unsur Penanganan Pengaduan"):
        assert words in page
    assert "Terbitkan sekarang" not in page
    refused = team.post(reverse("edition-publication", args=[draft.pk]))
    assert refused.status_code == 422
    edit(team, draft, "undo")
    done = post(team, "edition-publication", draft.pk).content.decode()
    assert "Edisi 1 diterbitkan" in done
    published = fresh(draft)
    assert (published.published_by, published.before) == (cast.people["team"], None)
    with pytest.raises(AlreadyPublished):
        published.change(lambda now: now.named("x"), by=None, what="test")
    assert team.post(reverse("edition-edit", args=[draft.pk]), {"act": "undo"}).status_code == 404
    for act in (
        lambda: Edition.objects.filter(pk=draft.pk).update(name="x"),
        lambda: published.questions.update(text="x"),
        lambda: published.questions.first().delete(),  # type: ignore[union-attr]
        lambda: published.questions.create(position=20, text="x", options=["a", "b"]),
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            act()
    assert Event.objects.filter(action="edition.published", about=f"edition:{draft.pk}").exists()


def test_checks_count_questions_elements_and_options(draft: Edition) -> None:
    question = DraftQuestion("Aman?", FOUR)
    many = [replace(question, element=f"unsur_{number}") for number in range(12)]
    full = replace(draft.draft, questions=(*draft.draft.questions, *many, *[question] * 40))
    words = " ".join(problem.text for problem in full.problems())
    assert "Ada 21 unsur; paling banyak 20." in words
    assert "Ada 61 pertanyaan; paling banyak 60." in words
    short = replace(draft.draft, fee_question=FeeQuestion.OMITTED)
    assert "masih ada pertanyaannya" in short.problems()[0].text
    assert element_code("  Keamanan & Data! ") == "keamanan_data"


def test_the_next_edition_has_the_next_number_and_only_one_draft_at_a_time(
    cast: Cast, draft: Edition, team: Client
) -> None:
    draft.publish(by=None)
    post(team, "edition-next", draft.pk)
    second = Edition.objects.get(questionnaire=draft.questionnaire, number=2)
    page = post(team, "edition-next", draft.pk).content.decode()
    assert "sudah memiliki draf" in page
    with pytest.raises(DraftWaiting):
        fresh(draft).begin_next(by=None)
    post(team, "edition-removal", second.pk)
    assert not Edition.objects.filter(pk=second.pk).exists()
    assert fresh(draft).begin_next(by=None).number == 2


def test_a_draft_thrown_away_takes_its_empty_questionnaire_along(
    cast: Cast, draft: Edition, team: Client
) -> None:
    assert (
        "tidak dapat dikembalikan"
        in team.get(reverse("edition-removal", args=[draft.pk])).content.decode()
    )
    post(team, "edition-removal", draft.pk)
    assert not cast.office.questionnaires.exists()
    assert Event.objects.filter(action="edition.discarded").exists()


def test_the_preview_is_the_citizens_form_and_stores_nothing(draft: Edition, team: Client) -> None:
    frame = team.get(reverse("edition-preview", args=[draft.pk]))
    address = reverse("survey-preview", args=[draft.preview_key])
    assert address.rsplit(":", 2)[0] in frame.content.decode()
    assert "frame-src 'self'" in frame["Content-Security-Policy"]
    citizen = Client()
    page = citizen.get(address)
    html = page.content.decode()
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert html.count('name="q') == 9 * 4
    assert draft.question_list[0].text in html
    sent = citizen.post(address, {f"q{number}": "3" for number in range(1, 10)})
    assert "tidak ada yang disimpan" in sent.content.decode()
    assert not Response.objects.exists()
    assert citizen.get(reverse("survey-preview", args=["salah:kunci:ini"])).status_code == 404


def test_starting_takes_a_coming_month_and_tells_each_service(
    cast: Cast, draft: Edition, team: Client
) -> None:
    draft.publish(by=None)
    coming = Month.of(cast.office.today) + 1
    chosen = {"month": str(coming), "services": [cast.service.pk, cast.service16.pk]}
    page = post(team, "edition-start-add", draft.pk, chosen).content.decode()
    assert "2 layanan memakai edisi ini mulai 1" in page
    again = post(team, "edition-start-add", draft.pk, chosen).content.decode()
    assert "sudah menunggu edisi lain" in again
    early = {"month": str(coming + -1), "services": [cast.service.pk]}
    refused = team.post(reverse("edition-start-add", args=[draft.pk]), early)
    assert refused.status_code == 422
    assert "belum mulai" in refused.content.decode()
    nothing = team.post(reverse("edition-start-add", args=[draft.pk]), {"month": str(coming)})
    assert "paling sedikit satu layanan" in nothing.content.decode()
    start = EditionStart.objects.holding().get(service=cast.service)
    service_page = team.get(reverse("service", args=[cast.service.pk])).content.decode()
    assert "Kuesioner kami, edisi 1" in service_page
    assert "dibatalkan" in post(team, "edition-start-withdrawal", start.pk).content.decode()
    assert Service.objects.get(pk=cast.service.pk).coming_edition is None


def test_a_service_can_be_added_with_an_own_edition(
    cast: Cast, draft: Edition, team: Client
) -> None:
    page = team.get(reverse("service-add")).content.decode()
    assert "Kuesioner kami" not in page  # a draft cannot be asked
    draft.publish(by=None)
    data = {"unit": cast.inka.pk, "code": "baru", "name": "Baru", "questionnaire": draft.pk}
    assert team.post(reverse("service-add"), data).status_code == 302
    assert Service.objects.get(code="baru").edition == draft


def test_own_weights_and_a_missing_fee_hold_live_and_in_the_closure(cast: Cast) -> None:
    draft = Edition.begin(cast.office, "Kuesioner kami", Edition.builtin("skm9"), by=None)
    draft.change(lambda now: now.with_fee("omitted", None), by=None, what="fee")
    codes = fresh(draft).draft.element_codes
    own = dict.fromkeys(codes, "1/16") | {"requirements": "9/16"}
    draft.change(lambda now: replace(now, own_weights=own), by=None, what="weights")
    draft.publish(by=None)
    service = Service.add(cast.inka, "baru", "Baru", edition=fresh(draft), by=None)
    for _each in range(3):
        answer(service, "41111111", at=DURING)
    live = month_results(cast.office, [JANUARY])[0].result
    assert live is not None
    assert (live.index_value, live.weights) == (Fraction(9, 4) + Fraction(7, 16), "own")
    assert "fees-omitted" in live.flags
    closure = Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    assert Fraction(closure.content["result"]["index_value"]) == live.index_value
    assert closure.content["services"][0]["own_weights"] == own
    assert month_results(cast.office, [JANUARY])[0].result == live


def test_a_closure_keeps_ipkp_and_ipak_and_one_without_them_is_written_as_before(
    cast: Cast,
) -> None:
    zone = Service.add(cast.inka, "zi", "Layanan ZI", edition=Edition.builtin("skm9-zi"), by=None)
    answer(cast.service, at=DURING)
    alone = Closure.seal(Period.of(cast.other, JANUARY), by=None, at=AFTER)
    assert "instruments" not in alone.content
    answer(zone, "4" * 9 + "6" * 8 + "3" * 5, at=DURING)
    answer(zone, "4" * 9 + "4" * 8 + "0" * 5, at=DURING)
    before = month_results(cast.office, [JANUARY])[0]
    closure = Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    after = month_results(cast.office, [JANUARY])[0]
    assert after.instruments == before.instruments
    spkp, spak = after.instruments
    assert (spkp.n, spkp.index_value) == (2, Fraction(5, 6) * 4)
    assert (spak.n, spak.index_value) == (1, Fraction(2))
    kept = closure.content["instruments"]["spkp"]
    assert (kept["n"], kept["index_value"], kept["index_value_2"]) == (2, "10/3", "3.33")
    assert closure.sha256 == fingerprint(closure.content)
    plain = next(row for row in closure.content["services"] if row["code"] == "pensiun")
    assert set(plain["tally"]) == {"n", "elements", "respondents"}
    assert "own_weights" not in plain


def test_three_months_are_pooled_not_averaged(cast: Cast) -> None:
    zone = Service.add(cast.inka, "zi", "Layanan ZI", edition=Edition.builtin("skm9-zi"), by=None)
    answer(zone, "4" * 9 + "6" * 13, at=moment("2026-01-10 03:00"))
    for _each in range(3):
        answer(zone, "4" * 9 + "2" * 13, at=moment("2026-03-10 03:00"))
    answer(zone, "4" * 9 + "1" * 13, at=moment("2025-12-10 03:00"))  # too old
    spkp, spak = latest_instruments(cast.office, Month(2026, 3))
    assert (spkp.n, spkp.mean, spak.index_value) == (4, Fraction(3), Fraction(2))
    client = cast.client("team")
    page = client.get(reverse("period", args=["2026-03"])).content.decode()
    assert "Januari–Maret 2026" in page
    assert "Nilai 3 bulan terakhir" in page
    counted = count_months(cast.office, [Month(2026, 3)], services={zone.pk})
    assert instruments_of(counted)[0].n == 3
    assert index_of(counted, "exact").converted == 100  # type: ignore[union-attr]


def test_the_form_with_22_questions_stays_within_14_kilobytes(cast: Cast) -> None:
    for code in ("skm9-zi", "skm16-zi"):
        service = Service.add(cast.inka, code, "Layanan", edition=Edition.builtin(code), by=None)
        page = Client().get(service.get_absolute_url(), headers={"accept-encoding": "gzip"})
        assert page["Content-Encoding"] == "gzip"
        assert len(page.content) <= 14 * 1024, code


def test_editions_of_another_office_are_not_found(cast: Cast, draft: Edition) -> None:
    stranger = cast.client("stranger")
    assert stranger.get(reverse("edition", args=[draft.pk])).status_code == 404
    assert "Kuesioner kami" not in stranger.get(reverse("edition-list")).content.decode()
    # The ministry works in one office at a time.
    ministry = cast.client("ministry")
    ministry.post(reverse("office-choice"), {"office": cast.other.pk})
    assert ministry.get(reverse("edition", args=[draft.pk])).status_code == 404
