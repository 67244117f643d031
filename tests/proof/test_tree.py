"""Trees and records: the bytes that docs/proof.md specifies, for ever."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuntas.proof import records, tree

# Computed by hand from RFC 6962 for the leaves "", 00, 10, 2021, …: the RFC's own test data.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("n", range(1, 9))
def test_roots_are_those_of_certificate_transparency(n: int) -> None:
    leaves = [tree.leaf_hash(data) for data in INPUTS[:n]]
    assert tree.root_of(leaves).hex() == ROOTS[n - 1]


def test_no_leaves_have_a_root_too() -> None:
    assert tree.root_of([]) == hashlib.sha256(b"").digest()


@given(st.integers(1, 300), st.data())
def test_a_path_leads_from_every_leaf_to_the_root_and_from_no_other(
    n: int, data: st.DataObject
) -> None:
    leaves = [tree.leaf_hash(b"%d" % place) for place in range(n)]
    place = data.draw(st.integers(0, n - 1))
    path, root = tree.path_of(leaves, place), tree.root_of(leaves)
    assert tree.climb(leaves[place], path) == root
    assert tree.climb(tree.leaf_hash(b"other"), path) != root
    assert len(path) <= max(n - 1, 1).bit_length()


def test_leaf_and_inner_node_cannot_be_taken_for_one_another() -> None:
    left, right = tree.leaf_hash(b"a"), tree.leaf_hash(b"b")
    assert tree.leaf_hash(left + right) != tree.node_hash(left, right)
    # An odd leaf is not doubled: three leaves are not four with the last one twice.
    three = [tree.leaf_hash(b"%d" % n) for n in range(3)]
    assert tree.root_of(three) != tree.root_of([*three, three[-1]])


ROW = records.ResponseRow(
    id=UUID("00000000-0000-7000-8000-000000000001"),
    month=date(2026, 1, 1),
    received_at=datetime(2026, 1, 15, 3, 4, 5, 6, tzinfo=UTC),
    answered_on=None,
    service=7,
    edition=3,
    channel="web",
    answers="343444333",
    profile="P3--",
    seconds=48,
    signs=0,
    with_code=False,
)


def test_the_record_of_a_response_is_these_bytes() -> None:
    assert records.response_record(ROW) == (
        b"tuntas response 1\n"
        b"00000000-0000-7000-8000-000000000001\n"
        b"2026-01\n2026-01-15T03:04:05.000006Z\n\n7\n3\nweb\n343444333\nP3--\n48\n0\n0\n"
    )
    late = ROW._replace(answered_on=date(2026, 1, 9), seconds=None, signs=3, with_code=True)
    assert records.response_record(late).endswith(
        b"\n2026-01-09\n7\n3\nweb\n343444333\nP3--\n\n3\n1\n"
    )
    with pytest.raises(ValueError, match="line feed"):
        records.response_record(ROW._replace(profile="a\nb"))


def test_every_value_of_a_response_changes_its_leaf() -> None:
    secret = bytes(32)
    leaf = records.receipt_leaf(secret, ROW)
    others = [
        ROW._replace(**{name: value})
        for name, value in {
            "id": UUID(int=2),
            "month": date(2026, 2, 1),
            "received_at": ROW.received_at.replace(microsecond=7),
            "answered_on": date(2026, 1, 15),
            "service": 8,
            "edition": 4,
            "channel": "qr",
            "answers": "343444334",
            "profile": "L3--",
            "seconds": 49,
            "signs": 1,
            "with_code": True,
        }.items()
    ]
    assert len({leaf, *(records.receipt_leaf(secret, row) for row in others)}) == 13
    assert records.receipt_leaf(b"\x01" * 32, ROW) != leaf


def test_days_of_sealing_are_those_of_western_indonesia() -> None:
    assert records.sealing_day(datetime(2026, 1, 14, 16, 59, tzinfo=UTC)) == date(2026, 1, 14)
    assert records.sealing_day(datetime(2026, 1, 14, 17, 0, tzinfo=UTC)) == date(2026, 1, 15)
