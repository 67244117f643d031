"""What a citizen's phone has to carry: small pages, one request, no cookie, nobody else's server."""

from __future__ import annotations

import gzip
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from tests.conftest import Cast
from tests.public.test_form import filled, send
from tuntas.models import Edition, Service
from tuntas.report.card import HEIGHT, WIDTH

FORM_LIMIT, RECEIPT_LIMIT, PAYLOAD_LIMIT = 14 * 1024, 5 * 1024, 1024
CASES = [
    (edition, language)
    for edition in ("skm9", "skm16", "skm16-online")
    for language in ("id", "en", "ban")
]
EVERY_FORM = pytest.mark.parametrize(("edition", "language"), CASES)


def service_of(cast: Cast, edition: str) -> Service:
    return Service.add(
        cast.pensiun, f"s-{edition}", "Layanan Uji", edition=Edition.builtin(edition), by=None
    )


def packed(response: Any) -> int:
    """Size as it travels: compressed by the server itself."""
    assert response["Content-Encoding"] == "gzip"
    return len(response.content)


@EVERY_FORM
def test_the_form_is_one_small_document_without_cookie_or_third_party(
    cast: Cast, edition: str, language: str
) -> None:
    service = service_of(cast, edition)
    path = f"/s/{service.token}/?l={language}"
    assert packed(Client().get(path, headers={"Accept-Encoding": "gzip"})) <= FORM_LIMIT
    response = Client().get(path)
    html = response.content.decode()
    assert len(gzip.compress(response.content, 6)) <= FORM_LIMIT
    assert not response.cookies
    assert not re.search(r'(src|href|action)="(https?:)?//', html)
    assert not re.search(r"<(link|script|img|iframe)[^>]* (src|href)=\"(?!data:)", html)
    assert "'unsafe" not in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "no-store"
    assert html.count("<fieldset") == len(service.edition.question_list) + 2
    assert html.count('type="radio"') == 4 * len(service.edition.question_list) + 32


@EVERY_FORM
def test_the_receipt_is_small_even_with_every_code_on_it(
    cast: Cast, edition: str, language: str
) -> None:
    sent = send(service_of(cast, edition), suggestion="Tambah kursi.", l=language)
    assert len(sent.content) == 0
    receipt = Client().get(sent["Location"], headers={"Accept-Encoding": "gzip"})
    assert packed(receipt) <= RECEIPT_LIMIT
    assert not receipt.cookies


@EVERY_FORM
def test_what_is_sent_fits_in_one_packet(cast: Cast, edition: str, language: str) -> None:
    data = filled(
        service_of(cast, edition), l=language, again="", p_education="5", p_occupation="a"
    )
    assert len(urlencode(data)) <= PAYLOAD_LIMIT


@pytest.mark.parametrize("language", ["id", "en", "ban"])
def test_a_shared_link_has_a_preview_of_its_own(cast: Cast, language: str) -> None:
    query = "" if language == "id" else f"?l={language}"
    path = f"/s/{cast.service.token}/"
    html = Client().get(path + query).content.decode()
    found = dict(re.findall(r'<meta property="og:(.+?)" content="(.+?)">', html))
    assert found["url"] == settings.PUBLIC_URL + path + query
    assert found["image"] == f"{settings.PUBLIC_URL}{path}card.png{query}"
    assert (found["image:width"], found["image:height"]) == (str(WIDTH), str(HEIGHT))
    assert found["title"].endswith("Layanan Pensiun")
    assert "Kantor Regional Contoh" in found["description"]
    card = Client().get(found["image"].removeprefix(settings.PUBLIC_URL))
    assert card["Content-Type"] == "image/png"
    assert card["Cache-Control"] == "public, max-age=86400"
    assert card.content.startswith(b"\x89PNG")
    assert not card.cookies


def test_there_is_no_card_of_an_unknown_service(cast: Cast) -> None:
    assert Client().get("/s/tidakada/card.png").status_code == 404
