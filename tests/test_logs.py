"""A log never holds what opens a conversation, a tablet or a calendar."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from tests.conftest import Cast, answer
from tuntas.logs import WithoutSecrets
from tuntas.models import Tablet


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.addFilter(WithoutSecrets())
    caplog.set_level(logging.WARNING)
    return caplog


def test_addresses_stand_in_the_log_without_their_secrets(
    cast: Cast, lines: pytest.LogCaptureFixture
) -> None:
    _tablet, key = Tablet.add(cast.service, "Kunjungan", "outreach", by=None)
    code = answer(cast.service, suggestion="Tambah kursi.").tracking_code
    assert Client().post(f"/d/{key}/sync", b"{", "application/json").status_code == 400
    assert Client().post(f"/t/{code}/", {"text": ""}).status_code == 422
    assert Client().get(f"/t/{code}/tidak-ada/").status_code == 404
    # What is not ASCII reaches the log written with backslashes.
    assert Client().get(f"/t/{code}é/").status_code == 404
    assert Client().get(f"/t/{code}/é/").status_code == 404
    told = lines.text
    assert "/d/<slug:key>/sync" in told
    assert "/t/<str:code>/" in told
    assert "/t/…/tidak-ada/" in told
    assert key not in told
    assert code not in told


def test_the_filter_is_in_force(settings: object) -> None:
    handlers = settings.LOGGING["handlers"]  # type: ignore[attr-defined]
    assert all("without_secrets" in handler["filters"] for handler in handlers.values())
