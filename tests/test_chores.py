"""Citizens who left an address are told once of each answer, and forgotten by the rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.conftest import Cast, answer
from tuntas import chores
from tuntas.models import Contact, Feedback


def test_a_citizen_is_told_once_and_the_mail_holds_no_text(
    cast: Cast, settings: Any, mailoutbox: Any
) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    answer(cast.service, suggestion="Tambah kursi tunggu.")
    feedback = Feedback.objects.get()
    Contact.give(feedback, "warga@contoh.id")
    now = timezone.now()
    chores.tell_citizens(now, None)
    assert mailoutbox == []  # nothing to tell yet
    feedback.reply("Kursi sudah ditambah di ruang tunggu.", by=cast.people["officer"])
    for _again in range(2):
        chores.tell_citizens(now, None)
    (letter,) = mailoutbox
    assert letter.to == ["warga@contoh.id"]
    assert "/t/" in letter.body
    assert "kursi" not in letter.body.lower()


def test_an_address_is_erased_after_its_conversation(cast: Cast) -> None:
    answer(cast.service, suggestion="Tambah kursi tunggu.")
    feedback = Feedback.objects.get()
    Contact.give(feedback, "warga@contoh.id")
    feedback.reply("Kursi sudah ditambah.", by=cast.people["officer"])
    chores.purge(timezone.now() + timedelta(days=20), None)
    assert Contact.objects.exists()
    chores.purge(timezone.now() + timedelta(days=40), None)
    assert not Contact.objects.exists()
