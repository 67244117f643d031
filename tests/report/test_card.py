"""The preview card that messengers show beside a link."""

from __future__ import annotations

import struct

import pytest

from tuntas.report import card

LONG = "Pelayanan Penetapan Pertimbangan Teknis Kenaikan Pangkat dan Pindah Instansi "


@pytest.mark.parametrize("service", ["Layanan Pensiun", LONG, LONG * 3, "W" * 200, '#"[$\\'])
def test_the_card_is_one_small_picture_of_the_right_size(service: str) -> None:
    words = {"office": LONG, "service": service, "title": "Nilai layanan kami", "line": "Singkat"}
    picture = card.draw(**words)
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (card.WIDTH, card.HEIGHT)
    assert len(picture) < 300_000  # what WhatsApp still shows
    card.draw.cache_clear()
    assert card.draw(**words) == picture


def test_the_card_shows_the_names() -> None:
    drawn = {
        card.draw(office=office, service=service, title="Nilai", line="Singkat")
        for office in ("Kantor A", "Kantor B")
        for service in ("Layanan A", "Layanan B")
    }
    assert len(drawn) == 4
