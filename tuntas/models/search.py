"""Search: the rows of an office in which every word typed begins a word, found by the index of migration 0021.

What counts as a word is the same on both engines: letters and digits, without case and accents. A word of three
letters or more is looked for as the beginning of one, from four also behind the prefixes of Indonesian
("bayar" finds "pembayaran", "tunggu" finds "menunggu"); a shorter one must be the whole word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

Rows = TypeVar("Rows", bound=QuerySet[Any])

INDEXES = {
    "tuntas_feedback": "tuntas_feedback_words",
    "tuntas_actionplan": "tuntas_actionplan_words",
}
MOST_TYPED = 200  # characters that are read of what was typed
MOST_WORDS = 8
MOST_LETTERS = 50  # of one word; PostgreSQL keeps the first 100
BEGINNING = 3  # letters from which a word stands for all that begin with it
ROOT = 4  # letters from which it is looked for behind prefixes
RARE = 5000  # up to so many rows of the office are fetched by their keys
OFFICE_SIGN = "\ue000"


def among(rows: Rows, office_id: int, text: str) -> Rows:
    """Those of `rows`, all of one office, in which every word of `text` stands; all for an empty text, none
    for one without a letter or digit."""
    if not text.strip():
        return rows
    words = words_of(text)
    if not words:
        return rows.none()
    index, query = INDEXES[rows.model._meta.db_table], query_of(office_id, words)
    keys = few(index, query)
    if keys is not None:
        return rows.filter(pk__in=keys)
    # Words that stand in many rows are soon met by walking along the list in its own order. The sum keeps
    # the engine from fetching all of those rows first.
    matches = RawSQL(f"SELECT rowid FROM {index} WHERE {condition(index)}", [query])  # noqa: S608, S611
    return rows.alias(walked=F("pk") + 0).filter(walked__in=matches)


def few(index: str, query: str) -> list[int] | None:
    """Keys of all rows that the query finds, or None when they are more than `RARE`."""
    sql = f"SELECT rowid FROM {index} WHERE {condition(index)} LIMIT {RARE + 1}"  # noqa: S608
    is_postgres = connection.vendor == "postgresql"
    # On SQLite a transaction would wait for those who write.
    with transaction.atomic() if is_postgres else nullcontext(), connection.cursor() as cursor:
        if is_postgres:
            # How rare the beginning of a word is, its planner can only guess.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(sql, [query])
        keys = [row[0] for row in cursor.fetchall()]
    return keys if len(keys) <= RARE else None


def condition(index: str) -> str:
    if connection.vendor != "postgresql":
        return f"{index} MATCH %s"
    said = "(said || replies)" if index == "tuntas_feedback_words" else "said"
    return f"{said} @@ %s::tsquery"


# -- what was typed --------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """The words of what was typed, as the index has them."""
    plain = "".join(sign if is_of_a_word(sign) else " " for sign in folded(text[:MOST_TYPED]))
    return [word[:MOST_LETTERS] for word in plain.split()[:MOST_WORDS]]


def folded(text: str) -> str:
    """Small letters without what is written over or under them."""
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", apart).lower())


def is_of_a_word(sign: str) -> bool:
    """Letters, digits and the marks of other scripts; not those that choose the look of an emoji."""
    category = unicodedata.category(sign)
    return (category[0] in "LN" or category in ("Mn", "Mc")) and not "\ufe00" <= sign <= "\ufe0f"


def query_of(office_id: int, words: list[str]) -> str:
    """In the engine's language. A word holds letters, marks and digits only: nothing in it can be an operator."""
    is_postgres = connection.vendor == "postgresql"
    either, both = (" | ", " & ") if is_postgres else (" OR ", " AND ")
    parts = [quoted(f"{OFFICE_SIGN}{office_id}", is_postgres)]
    for word in words:
        star = "" if len(word) < BEGINNING else ":*" if is_postgres else "*"
        forms = [quoted(form, is_postgres) + star for form in forms_of(word)]
        parts.append(f"({either.join(forms)})")
    return both.join(parts)


def quoted(word: str, is_postgres: bool) -> str:
    return f"'{word}'" if is_postgres else f'"{word}"'


def forms_of(word: str) -> Iterator[str]:
    """The word, and for a root the beginnings of what Indonesian makes of it."""
    yield word
    if len(word) < ROOT or not (word.isascii() and word.isalpha()):
        return
    for prefix in ("di", "ke", "se", "ber", "ter", "memper", "diper"):
        yield prefix + word
    for nasal, first in NASALS:
        if word[0] in first:
            # The first letter of the root melts into the prefix, except in newer words.
            for rest in (word, word[1:]) if word[0] in "kpts" else (word,):
                yield f"me{nasal}{rest}"
                yield f"pe{nasal}{rest}"


NASALS = (("m", "bfvp"), ("n", "cdjzt"), ("ng", "aeioughkxq"), ("ny", "s"), ("", "lmnrwy"))


# -- keeping the index -----------------------------------------------------------------------------


def forget_erased() -> None:
    """Take the words of erased suggestions out of the index for good; call it in the transaction that erased.

    FTS5 only notes that they are gone until it merges its parts, which takes a second for a million rows.
    PostgreSQL does it by itself, with its vacuum, as for every old version of a row.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO tuntas_feedback_words (tuntas_feedback_words) VALUES ('optimize')"
            )
