"""English is the second language, Balinese that of the public pages: complete, with the same
placeholders, and reachable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.urls import reverse

from scripts.messages import folders_of, key_of, texts
from tests.conftest import Cast

LOCALE = Path(__file__).parents[1] / "tuntas" / "locale"
PLACES = re.compile(r"%\(\w+\)s|%%")


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize(("language", "least"), [("en", 450), ("ban", 120)])
def test_every_text_is_translated_with_its_placeholders(language: str, least: int) -> None:
    with catalogue(language).open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert len(messages) > least
    for message in messages:
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts:
            assert text, message.id
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(sources[0])), message.id


@pytest.mark.parametrize("language", ["en", "ban"])
def test_every_text_of_the_code_is_in_the_catalogue(language: str) -> None:
    with catalogue(language).open("rb") as file:
        known = {key_of(message.id) for message in read_po(file)}
    missing = {key_of(text) for text in texts(folders_of(language)) if key_of(text)} - known
    assert not missing, "jalankan make messages, lalu terjemahkan"


def test_the_staff_pages_speak_english_when_asked_and_the_form_stays_indonesian(cast: Cast) -> None:
    client = cast.client("team")
    client.post(reverse("language"), {"language": "en", "next": "/home/"})
    html = client.get(reverse("home")).content.decode()
    assert "What waits for you" in html
    assert "Yang menunggu" not in html
    assert (
        "Bagaimana pelayanan kami?" in client.get(cast.service.get_absolute_url()).content.decode()
    )
