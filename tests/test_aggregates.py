"""Aggregate files between installations: signed, checked to the last sum, never counted twice."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from tests.conftest import Cast
from tests.nation import NINE, close, service_row, tally_of
from tuntas.law.index import compute
from tuntas.law.months import Month, Span
from tuntas.law.tally import Tally
from tuntas.models import (
    AggregateImport,
    Event,
    Office,
    OutsideClosure,
    OutsideKey,
    OutsideOffice,
)
from tuntas.models.aggregate_file import AggregateRefused, build, canonical, read
from tuntas.models.aggregates import confirm, preview, receive
from tuntas.models.rollups import roll_up
from tuntas.models.signing import KeyUnreadable, fingerprint_words, key_path, public_key, sign

SPAN = Span.parse("2023-S1")
JANUARY, FEBRUARY = Month(2023, 1), Month(2023, 2)
HIGH, LOW = tally_of(["444444443", "343434343"] * 9), tally_of(["121212121"] * 7)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


def another_installation(settings: Any, tmp_path: Path, name: str = "lain") -> None:
    """From here on the key is that of another installation."""
    settings.DATA = tmp_path / name


@pytest.fixture
def far(cast: Cast) -> Office:
    """A region of "another installation": a tree of its own, beside that of the cast."""
    far = Office.add("jauh", "Wilayah Jauh", by=None)
    for code in ("satu", "dua"):
        Office.add(code, f"Kantor {code.title()}", parent=far, by=None)
    return far


def child(far: Office, code: str) -> Office:
    return far.children.get(code=code)


def take_in(cast: Cast, content: bytes, **how: Any) -> AggregateImport:
    row = receive(cast.ministry, "agregat.json", content, by=cast.people["ministry"])
    confirm(row, by=cast.people["ministry"], **({"key_compared": True} | how))
    return row


def value(office: Office) -> Any:
    return roll_up(office, SPAN).result


def test_closures_of_another_installation_are_pooled_with_our_own(cast: Cast, far: Office) -> None:
    close(cast.office, JANUARY, [service_row(LOW)])
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    close(child(far, "dua"), FEBRUARY, [service_row(LOW), service_row(HIGH)])
    take_in(cast, build(far, SPAN))
    assert value(cast.ministry) == compute(Tally.sum([LOW, LOW, HIGH, HIGH]), elements=NINE)
    lines = {line.place.address: line for line in roll_up(cast.ministry, SPAN).lines}
    assert lines["jauh"].place.is_outside
    assert lines["jauh.satu"].place.is_outside
    assert lines["jauh"].n == lines["jauh.satu"].n + lines["jauh.dua"].n
    assert lines["jauh.satu"].place.depth == 2
    assert Month(2023, 3) in lines["jauh.satu"].missing
    assert lines["jauh"].missing == ()  # only has others below it


def test_the_same_file_again_changes_nothing(cast: Cast, far: Office) -> None:
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    take_in(cast, build(far, SPAN))
    before = value(cast.ministry)
    again = receive(cast.ministry, "lagi.json", build(far, SPAN), by=None)
    found = confirm(again, by=None)
    assert found.counts == {"new": 0, "replaces": 0, "same": 1, "older": 0}
    assert OutsideClosure.objects.count() == 1
    assert OutsideKey.objects.count() == 1
    assert value(cast.ministry) == before


def test_a_newer_closure_replaces_and_the_old_row_stays(cast: Cast, far: Office) -> None:
    office = child(far, "satu")
    first = close(office, JANUARY, [service_row(LOW)])
    old = build(far, SPAN)
    take_in(cast, old)
    first.reopen(by=cast.people["team"], reason="Isian kertas tertinggal")
    close(office, JANUARY, [service_row(HIGH)])
    take_in(cast, build(far, SPAN))
    assert OutsideClosure.objects.count() == 2
    assert value(cast.ministry) == compute(HIGH, elements=NINE)
    row = receive(cast.ministry, "usang.json", old, by=None)
    assert confirm(row, by=None).counts["same"] == 1
    assert value(cast.ministry) == compute(HIGH, elements=NINE)


def test_an_older_closure_that_comes_late_is_kept_and_does_not_count(
    cast: Cast, far: Office
) -> None:
    office = child(far, "satu")
    first = close(office, JANUARY, [service_row(LOW)])
    old = build(far, SPAN)
    first.reopen(by=cast.people["team"], reason="Isian kertas tertinggal")
    close(office, JANUARY, [service_row(HIGH)])
    take_in(cast, build(far, SPAN))
    assert confirm(receive(cast.ministry, "a", old, by=None), by=None).counts["older"] == 1
    assert value(cast.ministry) == compute(HIGH, elements=NINE)


def test_an_office_in_two_files_counts_once(cast: Cast, far: Office) -> None:
    """The region sends everything, one of its offices sends its own as well, newer, elsewhere."""
    office = child(far, "satu")
    first = close(office, JANUARY, [service_row(LOW)])
    close(child(far, "dua"), JANUARY, [service_row(LOW)])
    take_in(cast, build(far, SPAN))
    take_in(cast, build(office, SPAN))
    assert value(cast.ministry).n == 14
    region = Office.add("wilayah", "Wilayah", parent=cast.ministry, by=None)
    first.reopen(by=cast.people["team"], reason="Isian kertas tertinggal")
    close(office, JANUARY, [service_row(HIGH)])
    row = receive(region, "baru.json", build(office, SPAN), by=None)
    confirm(row, by=None, key_compared=True)
    assert value(cast.ministry) == compute(Tally.sum([LOW, HIGH]), elements=NINE)
    assert value(region) == compute(HIGH, elements=NINE)


def test_an_office_that_is_at_home_counts_by_its_own_closures(cast: Cast) -> None:
    close(cast.office, JANUARY, [service_row(HIGH)])
    row = receive(cast.ministry, "sendiri.json", build(cast.office, SPAN), by=None)
    assert preview(cast.ministry, read(row.text.encode())).at_home == ("Kantor Regional Contoh",)
    confirm(row, by=None, key_compared=True)
    assert value(cast.ministry).n == HIGH.n


def test_what_came_from_outside_is_passed_on(cast: Cast, far: Office) -> None:
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    close(cast.office, JANUARY, [service_row(LOW)])
    take_in(cast, build(far, SPAN))
    top = Office.add("puncak", "Puncak", by=None)
    row = receive(top, "semua.json", build(cast.ministry, SPAN), by=None)
    confirm(row, by=None, key_compared=True)
    assert value(top) == value(cast.ministry)
    addresses = {line.place.address for line in roll_up(top, SPAN).lines}
    assert "pusat.jauh.satu" in addresses


def test_elements_beyond_the_nine_come_through_and_pool(cast: Cast, far: Office) -> None:
    more = (*NINE, "access")
    tally = tally_of(["3434343434", "1111111114"], more)
    close(child(far, "satu"), JANUARY, [service_row(tally, more)])
    take_in(cast, build(far, SPAN))
    assert value(cast.ministry) == compute(tally, elements=more)


# -- keys ----------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = public_key()
    assert public_key() == key
    assert stat.S_IMODE(key_path().stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [key_path()]
    words = fingerprint_words(key)
    assert len(words.split("-")) == 8
    assert fingerprint_words(key) == words
    key_path().write_text("rusak")
    with pytest.raises(KeyUnreadable, match="aggregate-key"):
        public_key()


def test_a_first_key_needs_a_person_and_a_changed_one_a_reason_too(
    cast: Cast, far: Office, settings: Any, tmp_path: Path
) -> None:
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    row = receive(cast.ministry, "a.json", build(far, SPAN), by=None)
    with pytest.raises(ValidationError):
        confirm(row, by=None)
    assert not OutsideOffice.objects.exists()
    assert row.is_waiting
    confirm(row, by=None, key_compared=True)
    another_installation(settings, tmp_path)
    close(child(far, "dua"), JANUARY, [service_row(LOW)])
    changed = receive(cast.ministry, "b.json", build(far, SPAN), by=None)
    for how in ({}, {"key_compared": True}, {"reason": "Server diganti bulan ini"}):
        with pytest.raises(ValidationError):
            confirm(changed, by=None, **how)  # type: ignore[arg-type]
    assert OutsideClosure.objects.count() == 1
    confirm(changed, by=None, key_compared=True, reason="Server diganti bulan ini")
    assert [row.reason for row in OutsideKey.objects.all()] == ["Server diganti bulan ini", ""]
    assert Event.objects.filter(action="aggregate.key-trusted").count() == 2


def test_an_import_is_decided_once(cast: Cast, far: Office) -> None:
    row = receive(cast.ministry, "a.json", build(far, SPAN), by=None)
    row.cancel(by=None)
    for act in (lambda: row.cancel(by=None), lambda: confirm(row, by=None, key_compared=True)):
        with pytest.raises(ValidationError):
            act()
    assert AggregateImport.objects.get().text == ""


@pytest.mark.parametrize(
    "table",
    ["tuntas_outsideclosure", "tuntas_outsideoffice", "tuntas_outsidekey", "tuntas_officeidentity"],
)
def test_the_database_refuses_to_change_what_came_in(cast: Cast, far: Office, table: str) -> None:
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    take_in(cast, build(far, SPAN))
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# -- bad files -----------------------------------------------------------------------------------


def signed_again(content: bytes, change: Callable[[Any], Any]) -> bytes:
    """The file with a change in its body, signed as if the sender had meant it."""
    body = json.loads(content)["body"]
    change(body)
    return canonical({"body": body, "key": public_key(), "signature": sign(canonical(body))})


def first(body: Any) -> Any:
    return body["closures"][0]


def tally(body: Any) -> Any:
    return first(body)["content"]["services"][0]["tally"]


BAD: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "another version": ("version", lambda body: body.update(version=2)),
    "another format": ("format", lambda body: body.update(format="lain")),
    "a key too many": ("structure", lambda body: body.update(more=1)),
    "a span that is none": ("structure", lambda body: body.update(span="2023-13")),
    "an unknown convention": ("structure", lambda body: body.update(weights="0.2")),
    "a signer that is not among the offices": (
        "structure",
        lambda body: body.update(signer="00000000-0000-4000-8000-000000000000"),
    ),
    "an office twice": ("structure", lambda body: body["offices"].append(body["offices"][0])),
    "an office without a name": ("structure", lambda body: body["offices"][0].update(name="")),
    "a path that is none": ("structure", lambda body: body["offices"][0].update(path="../x")),
    "a closure of an unknown office": ("structure", lambda body: first(body).update(office="x")),
    "a month outside": ("structure", lambda body: first(body).update(month="2024-01")),
    "a month closed before its end": (
        "structure",
        lambda body: first(body).update(closed_at="2023-01-05T00:00:00+00:00"),
    ),
    "a closure twice": ("structure", lambda body: body["closures"].append(first(body))),
    "number zero": ("structure", lambda body: first(body).update(number=0)),
    "a number that is true": ("structure", lambda body: first(body).update(number=True)),
    "no fingerprint": ("structure", lambda body: first(body).update(sha256="x")),
    "n one too many": ("sums", lambda body: first(body)["content"].update(n=19)),
    "a score too many": ("sums", lambda body: tally(body)["elements"]["fees"].update({"4": 99})),
    "a score of five": ("sums", lambda body: tally(body)["elements"]["fees"].update({"5": 1})),
    "a score of nothing": ("sums", lambda body: tally(body)["elements"]["fees"].update({"1/0": 1})),
    "a negative count": ("sums", lambda body: tally(body)["elements"]["fees"].update({"4": -1})),
    "an unknown element": ("sums", lambda body: tally(body)["elements"].update(x={"4": 1})),
    "respondents that do not fit": ("sums", lambda body: tally(body).update(respondents={"4": 18})),
    "an index that is not the sum": (
        "result",
        lambda body: first(body)["content"]["result"].update(converted="100"),
    ),
    "a result left out": ("result", lambda body: first(body)["content"].update(result=None)),
    "a total that is not the sum": ("total", lambda body: body["total"].update(n=1)),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_by_its_fault_and_nothing_is_stored(
    cast: Cast, far: Office, what: str
) -> None:
    code, change = BAD[what]
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    content = signed_again(build(far, SPAN), change)
    with pytest.raises(AggregateRefused) as refusal:
        receive(cast.ministry, "a.json", content, by=None)
    assert refusal.value.code == code, str(refusal.value)
    assert not AggregateImport.objects.exists()


def test_the_same_number_with_another_content_is_a_conflict(cast: Cast, far: Office) -> None:
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    content = build(far, SPAN)
    take_in(cast, content)
    other = signed_again(content, lambda body: first(body).update(sha256="0" * 64))
    with pytest.raises(AggregateRefused) as refusal:
        receive(cast.ministry, "a.json", other, by=None)
    assert refusal.value.code == "conflict"


def test_one_closure_under_two_names_is_refused(cast: Cast, far: Office) -> None:
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    content = build(far, SPAN)

    def rename(body: Any) -> None:
        named = next(row for row in body["offices"] if row["uid"] != first(body)["office"])
        first(body)["office"] = named["uid"]

    with pytest.raises(AggregateRefused) as refusal:
        receive(cast.ministry, "a.json", signed_again(content, rename), by=None)
    assert refusal.value.code == "twice"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unreadable"),
        (b"\xff\xfe", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b"[]", "format"),
        (b'{"body":{},"key":"","signature":""}', "format"),
        (b'{"a":1,"a":1}', "unreadable"),
        (b'{"a":1.5}', "unreadable"),
        (b'{"a":NaN}', "unreadable"),
        (b'{"a": 1}', "not-canonical"),
    ],
)
def test_what_is_no_aggregate_file_is_said_to_be_none(content: bytes, code: str) -> None:
    with pytest.raises(AggregateRefused) as refusal:
        read(content)
    assert refusal.value.code == code


@pytest.mark.parametrize("seed", range(4))
def test_no_flipped_byte_gets_in(cast: Cast, far: Office, seed: int) -> None:
    """Every kind of damage to every part of a file is refused, by a sentence that names it."""
    random = Random(seed)
    close(child(far, "satu"), JANUARY, [service_row(HIGH)])
    content = build(far, SPAN)
    places = {0, 1, len(content) - 1, *random.sample(range(len(content)), 250)}
    for place in places:
        broken = bytearray(content)
        broken[place] ^= 1 << random.randrange(8)
        with pytest.raises(AggregateRefused) as refusal:
            receive(cast.ministry, "a.json", bytes(broken), by=None)
        assert refusal.value.code in {
            "unreadable", "not-canonical", "format", "version", "key", "signature",
        }  # fmt: skip
        assert len(str(refusal.value)) > 30
    for place in random.sample(range(len(content)), 60):
        with pytest.raises(AggregateRefused):
            read(content[:place])
        with pytest.raises(AggregateRefused):
            read(content[:place] + content[place : place + 1] + content[place:])
    assert not AggregateImport.objects.exists()
    assert not OutsideClosure.objects.exists()
