"""A number that leads to a list is the number of its rows."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from tuntas import demo
from tuntas.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGES = ("home", "overview", "feedback-list", "plan-list", "service-list", "period-list", "rollup")
LINK = re.compile(r'<a href="(/(feedback|plans)/\?[^"]+)"[^>]*>(.*?)</a>', re.S)


def counts_of(page: str) -> list[tuple[str, str, int]]:
    """Address, list and number of each link whose text holds one number."""
    found = []
    for address, kind, text in LINK.findall(page):
        numbers = re.findall(r"\d+", re.sub(r"<[^>]+>", " ", text))
        if len(numbers) == 1:
            found.append((address.replace("&amp;", "&"), kind, int(numbers[0])))
    return found


def test_numbers_are_those_of_the_lists_they_lead_to(db: None) -> None:
    demo.load()
    seen = 0
    for name in ("tim", "kepala", "petugas", "pensiun", "auditor", "kementerian"):
        client = Client()
        client.force_login(User.objects.get(email=f"{name}@demo.tuntas.id"))
        for page in PAGES:
            answer = client.get(reverse(page))
            if answer.status_code == 403:  # not for this role
                continue
            for address, kind, number in counts_of(answer.content.decode()):
                shown = client.get(address).content.decode()
                body = shown.partition("<tbody>")[2].partition("</tbody>")[0]
                rows = set(re.findall(rf'href="/{kind}/(\d+)/"', body))
                assert len(rows) == number, (name, page, address)
                seen += 1
    assert seen > 50
