"""Search: the same words find the same rows on both engines, and what is erased is in no index any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas import doctor
from tuntas.models import ActionPlan, Feedback, Office, Reply, RetentionChoice, TextErasure, search
from tuntas.models.retention import erase_due

TEXTS = {
    "antre": "Saya mengantre lama sekali di loket dua.",
    "café": "Kafe CAFÉ di lobi tutup; Jum’at juga — kenapa?",
    "ac": "AC rusak, acara batal. Suhu 30°C…",
    "bayar": "Pembayaran lewat QRIS 2.0 ditolak!! (kode: E-404)",
    "bersih": "Toilet kurang bersih😀kotor, tolong dibersihkan",
    "bali": "ᬓᬦ᭄ᬢᭀᬃ᭟ becik pisan",
    "tunggu": "Petugas menyuruh menunggu_lama/berjam-jam",
    "operator": 'NOT OR AND NEAR said:toilet* "kutip" ^awal \\n',
}


def put(cast: Cast, **texts: str) -> dict[str, Feedback]:
    for text in texts.values():
        answer(cast.service, suggestion=text)
    return {name: Feedback.objects.get(text=text) for name, text in texts.items()}


def found(cast: Cast, typed: str) -> set[str]:
    names = {text: name for name, text in TEXTS.items()}
    rows = search.among(Feedback.objects.all(), cast.office.pk, typed)
    return {names[row.text] for row in rows}


CASES: list[tuple[str, set[str]]] = [
    ("", set(TEXTS)),
    ("  \t ", set(TEXTS)),
    ("loket", {"antre"}),
    ("LOKET dua", {"antre"}),
    ("loket tiga", set()),
    ("lok", {"antre"}),
    ("oket", set()),  # a word is found by its beginning
    ("antre", {"antre"}),
    ("cafe", {"café"}),
    ("CAFÉ", {"café"}),
    ("cafe\u0301", {"café"}),
    ("jum'at", {"café"}),
    ("jum’at", {"café"}),
    ("—", set()),
    ("?!", set()),
    ("ac", {"ac"}),  # the whole word, not "acara"
    ("a", set()),
    ("30°c", {"ac"}),
    ("suhu 30", {"ac"}),
    ("bayar", {"bayar"}),
    ("qris 2.0", {"bayar"}),
    ("e-404", {"bayar"}),
    ("404)", {"bayar"}),
    ("bersih", {"bersih"}),
    ("kotor", {"bersih"}),  # a smiley parts words
    ("😀", set()),
    ("tunggu", {"tunggu"}),
    ("suruh", {"tunggu"}),
    ("lama", {"antre", "tunggu"}),
    ("berjam-jam", {"tunggu"}),
    ("ᬓᬦ᭄ᬢᭀᬃ", {"bali"}),
    ("ᬓᬦ᭄ᬢ", {"bali"}),
    ("becik pisan", {"bali"}),
    # What an engine's own language would take for more than words.
    ("NOT", {"operator"}),
    ("NOT OR AND", {"operator"}),
    ("toilet*", {"bersih", "operator"}),
    ('"toilet', {"bersih", "operator"}),
    ("said:toilet", {"operator"}),
    ("toilet AND loket", set()),
    ("loket OR toilet", set()),
    ("^awal", {"operator"}),
    ("NEAR(toilet)", {"operator"}),
    ("toilet -bersih", {"bersih"}),
    ("'kutip' & | ! <-> :*", {"operator"}),
    ("\\n", {"operator"}),
    ("%_", set()),
    ("loket' OR 1=1 --", set()),
    ("\x00", set()),
    ("\ue000", set()),
    ("a" * 500, set()),
    ("x " * 500, set()),
]


def test_the_same_words_find_the_same_texts(cast: Cast) -> None:
    put(cast, **TEXTS)
    differences = {typed: got for typed, due in CASES if (got := found(cast, typed)) != due}
    assert differences == {}


@pytest.mark.slow
def test_no_sign_at_all_makes_the_search_fail(cast: Cast) -> None:
    """Each sign by itself and within a word; FTS5 would refuse two words where one was meant."""
    put(cast, **TEXTS)
    words = [
        word
        for code in (*range(0xD800), *range(0xE000, 0x20000))
        for word in search.words_of(f"a{chr(code)}z")
    ]
    assert len(words) > 0x1F000
    for start in range(0, len(words), 500):
        together = search.query_of(cast.office.pk, words[start : start + 500])
        assert search.few("tuntas_feedback_words", together) == []
    for sign in "\"'*^:()-+{}[]&|!<>\\~%_;,./?@#$`=\x00\x1f\u2028":
        for typed_word in (sign, f"loket{sign}", f"{sign}loket", f"lo{sign}ket"):
            url = reverse("feedback-list")
            answered = cast.client("team").get(url, {"state": "all", "q": typed_word})
            assert answered.status_code in (200, 400), (sign, answered.status_code)


def test_words_may_stand_in_the_text_and_in_messages(cast: Cast) -> None:
    row = put(cast, one="Antrean panjang.")["one"]
    row.reply("Loket ditambah Senin.", by=cast.people["team"])
    row.answer_back("Tetapi hujan.")
    for typed in ("antrean", "loket hujan", "panjang senin"):
        assert list(search.among(Feedback.objects.all(), cast.office.pk, typed)) == [row]
    Reply.objects.filter(feedback=row, by=None).update(text="Sekarang baik.")
    assert not search.among(Feedback.objects.all(), cast.office.pk, "hujan").exists()
    assert search.among(Feedback.objects.all(), cast.office.pk, "loket sekarang").exists()


def test_only_what_one_may_see_is_found(cast: Cast) -> None:
    for service in (cast.service, cast.service16, cast.other_service):
        answers = "3" * service.edition.questions.count()
        answer(service, answers, suggestion=f"Kursi di {service.name}")
    seen = {}
    for who in ("team", "officer", "other_officer", "stranger"):
        page = cast.client(who).get(reverse("feedback-list"), {"state": "all", "q": "kursi"})
        seen[who] = {row.service.code for row in page.context["page"]}
    assert seen == {
        "team": {"pensiun", "data"},
        "officer": {"pensiun"},
        "other_officer": {"data"},
        "stranger": {"umum"},
    }


@pytest.mark.parametrize("rare", [0, 5000])
def test_common_words_and_rare_ones_find_by_the_same_rule(
    cast: Cast, monkeypatch: Any, rare: int
) -> None:
    """Whichever way the rows are fetched: by their keys, or along the list."""
    monkeypatch.setattr(search, "RARE", rare)
    put(cast, **{str(n): f"Kursi nomor {n} rusak" for n in range(60)})
    url = reverse("feedback-list") + "?state=all&sort=oldest&q=kursi+rusak"
    texts, client = [], cast.client("team")
    page = client.get(url).context["page"]
    while True:
        texts += [row.text for row in page]
        if not page.after:
            break
        page = client.get(url, {**query(url), "after": page.after}).context["page"]
    assert texts == [f"Kursi nomor {n} rusak" for n in range(60)]
    assert client.get(url).context["n"] == 60


def query(url: str) -> dict[str, str]:
    return dict(part.split("=") for part in url.partition("?")[2].replace("+", " ").split("&"))


def test_a_search_begins_with_the_index(cast: Cast) -> None:
    put(cast, **{str(n): f"Kursi nomor {n}" for n in range(30)})
    with CaptureQueriesContext(connection) as queries:
        list(search.among(Feedback.objects.all(), cast.office.pk, "kursi 17"))
    sql = [row["sql"] for row in queries.captured_queries if row["sql"].startswith("SELECT")]
    with connection.cursor() as cursor:
        is_postgres = connection.vendor == "postgresql"
        if is_postgres:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for each in sql:
            cursor.execute(f"EXPLAIN {'' if is_postgres else 'QUERY PLAN'} {each}")
            plans.append(" ".join(str(row) for row in cursor.fetchall()))
    index = "tuntas_feedback_words_all" if is_postgres else "VIRTUAL TABLE INDEX"
    assert index in plans[0], plans
    # Of so few rows any index that holds the key is as good to PostgreSQL as the one that begins with it.
    assert ("Index Cond: (id = " if is_postgres else "PRIMARY KEY") in plans[1], plans


def test_plans_are_searched_by_the_same_rule(cast: Cast) -> None:
    plan = ActionPlan.add(
        cast.pensiun,
        by=None,
        survey_month=moment("2026-03-01 00:00").date(),
        action="Menambah kursi tunggu di lobi.",
    )
    client, url = cast.client("team"), reverse("plan-list")
    for typed, due in (("kursi", [plan]), ("lobi TAMBAH", [plan]), ("loket", []), ('"', [])):
        assert list(client.get(url, {"q": typed}).context["page"]) == due, typed
    plan.change(by=cast.people["team"], action="Memindahkan meja.")
    assert list(client.get(url, {"q": "meja"}).context["page"]) == [plan]
    assert list(client.get(url, {"q": "kursi"}).context["page"]) == []


# -- erasing -------------------------------------------------------------------------------------

SECRET = "Qwyzzle Xanthopolous"  # begins like no other word: an index keeps it in one piece


def stored(word: str) -> int:
    """How often a word stands in the files of the database, case aside."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return (
                Path(settings.DATABASES["default"]["NAME"])
                .read_bytes()
                .lower()
                .count(word.encode())
            )
        cursor.execute("VACUUM tuntas_feedback, tuntas_reply, tuntas_feedback_words")
        cursor.execute(
            "SELECT count(*) FROM tuntas_feedback_words WHERE said::text LIKE %s", [f"%{word}%"]
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cause", ["citizen", "rule"])
def test_no_word_of_an_erased_text_stays_in_the_database(cast: Cast, cause: str) -> None:
    put(cast, **{str(n): f"Kursi nomor {n} rusak" for n in range(50)})
    row = put(cast, one=f"{SECRET} tidak sopan.")["one"]
    row.reply("Terima kasih.", by=cast.people["team"])
    # The text, the words beside it and, on SQLite, the index over these.
    least = 3 if connection.vendor == "sqlite" else 1
    assert all(stored(word) >= least for word in ("qwyzzle", "xanthopolous"))
    if cause == "citizen":
        TextErasure.make(row, "citizen")
    else:
        Feedback.objects.filter(pk=row.pk).update(received_at=moment("2020-01-01 00:00"))
        RetentionChoice.choose(cast.office, "text", 1, by=None)
        assert erase_due(cast.office, timezone.now())["text"] == 1
    assert [stored(word) for word in ("qwyzzle", "xanthopolous")] == [0, 0]
    assert not search.among(Feedback.objects.all(), cast.office.pk, "qwyzzle").exists()
    assert search.among(Feedback.objects.all(), cast.office.pk, "kursi 49").count() == 1


# -- the triggers --------------------------------------------------------------------------------


def test_the_triggers_of_the_index_are_there_after_all_migrations(cast: Cast) -> None:
    """Django makes a table of SQLite anew to alter it, and its triggers go: who does that puts them back."""
    assert doctor.search_index()[0] == "baik"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER tuntas_reply_words_update")
        else:
            cursor.execute("DROP TRIGGER tuntas_reply_words ON tuntas_reply")
    level, told, _hint = doctor.search_index()
    assert (level, "tuntas_reply" in told) == ("galat", True)


def test_another_office_is_passed_over(cast: Cast) -> None:
    put(cast, one="Kursi rusak.")
    answer(cast.other_service, suggestion="Kursi patah.")
    other = Office.objects.get(pk=cast.other.pk)
    (row,) = search.among(Feedback.objects.all(), other.pk, "kursi")
    assert row.text == "Kursi patah."
