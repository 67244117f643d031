"""Nothing that can be typed into an address or a form makes the site fall over: whatever is odd is
answered with a page below 500, at every address, on both engines.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from tests.conftest import Cast, answer
from tests.test_permissions import GETS, POSTS, address, addresses, client_of, world  # noqa: F401
from tuntas.public import traffic

pytestmark = pytest.mark.slow

PACKAGE = Path(__file__).parents[1] / "tuntas"
ODD = {
    "nul": "a\0b",
    "blank": "",
    "spaces": "  ",
    "surrogate": "\udcff",
    "huge": "9" * 400,
    "beyond-64-bits": str(2**63),
    "negative": "-1",
    "not-ascii-digits": "٣",
    "superscript": "²",
    "long": "x" * 5000,
    "markup": "<script>alert(1)</script>",
    "quotes": "' OR 1=1 --\"",
    "path": "../../etc/passwd",
    "right-to-left": "\u202eabc",
    "date": "2026-02-30",
    "month": "2026-13",
    "year": "0000-01",
    "far": "9999-12-31",
    "infinite": "1e999",
    "json": '{"a":' * 200,
}


@cache
def names() -> list[str]:
    """Every name that a page or a form of ours reads."""
    found: set[str] = {"page", "next"}
    for file in [*PACKAGE.rglob("staff/*.py"), *PACKAGE.rglob("public/*.py")]:
        text = file.read_text()
        found |= set(re.findall(r"(?:GET|POST|query|data)\.(?:get|getlist|pop)\(\"(\w+)\"", text))
        found |= set(re.findall(r"^    (\w+) = forms\.", text, re.M))
    for file in (PACKAGE / "templates").rglob("*.html"):
        found |= set(re.findall(r'name="(\w+)"', file.read_text()))
    return sorted(found - {"csrfmiddlewaretoken"})


def ask(client: Client, method: str, url: str, data: dict[str, Any]) -> int:
    """Status of one call whose writes are taken back."""
    client.raise_request_exception = False
    with transaction.atomic():
        answer = getattr(client, method)(url, data)
        status = int(answer.status_code)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return status


def ask_with(client: Client, method: str, url: str, value: str) -> int:
    """Status when every name we read is given this value."""
    return ask(client, method, url, dict.fromkeys(names(), encoded(value)))


def encoded(value: str) -> str:
    """As a browser that is made to could send it: half of a character becomes a wrong byte."""
    return (
        value.encode("utf-8", "surrogateescape").decode("latin-1") if "\udcff" in value else value
    )


@pytest.mark.parametrize(("method", "table"), [("get", GETS), ("post", POSTS)])
def test_in_all_that_is_sent_at_once(
    world: dict[str, Any],  # noqa: F811
    method: str,
    table: dict[str, Any],
) -> None:
    client = client_of(world, "team")
    fell = {
        (odd, name): status
        for odd, value in ODD.items()
        for name, (arguments, _allowed) in table.items()
        if (status := ask_with(client, method, address(world, name, arguments), value)) >= 500
    }
    assert fell == {}


def test_in_one_place_of_a_filter(world: dict[str, Any]) -> None:  # noqa: F811
    """Alone, because one bad value keeps a page from looking at the others."""
    client = client_of(world, "team")
    fell, asked = {}, 0
    for page, (arguments, _allowed) in GETS.items():
        url = address(world, page, arguments)
        for name in filter_names(client, url):
            for odd, value in ODD.items():
                asked += 1
                if (status := ask(client, "get", url, {name: encoded(value)})) >= 500:
                    fell[page, name, odd] = status
    assert fell == {}
    assert asked > 500


def test_in_what_anybody_may_send(cast: Cast) -> None:
    code = answer(cast.service, suggestion="Tambah kursi.").tracking_code
    pages = ["/", "/t/", "/v/", cast.service.get_absolute_url(), f"/t/{code}/", f"/t/{code}/data/",
             "/o/kanreg/", "/o/kanreg/answers/", "/language/", "/accounts/login/",
             "/accounts/password/reset/"]  # fmt: skip
    odd = ODD | {"slash": "/", "slashes": "a/b", "lines": "a\r\nSet-Cookie: b=c", "dots": ".."}
    odd |= {"word": "id", "address": "orang@contoh.example"}
    fell = {}
    for page in pages:
        for name, value in odd.items():
            for method in ("get", "post"):
                traffic.wrong_codes.forget()
                if (status := ask_with(Client(), method, page, value)) >= 500:
                    fell[method, page, name] = status
    assert fell == {}


def filter_names(client: Client, url: str) -> set[str]:
    """The names of the fields that a page narrows its list by."""
    page = client.get(url)
    if not page.get("Content-Type", "").startswith("text/html"):
        for close in page._resource_closers:  # type: ignore[attr-defined]
            close()
        return set()
    forms = re.findall(r'<form[^>]*method="get".*?</form>', page.content.decode(), re.S)
    return {name for form in forms for name in re.findall(r'name="(\w+)"', form)}


def test_in_an_address(cast: Cast) -> None:
    client = cast.client("team")
    fell = {}
    for odd in ("nul", "beyond-64-bits", "huge", "long", "far", "not-ascii-digits"):
        for pattern in [text for text, _pattern in addresses() if "<" in text]:
            url = "/" + re.sub(
                r"<(\w+):\w+>", lambda place, odd=odd: filled(place[1], odd), pattern
            )
            for method in ("get", "post"):
                if (status := ask(client, method, url, {})) >= 500:
                    fell[f"{method} {pattern} {odd}"] = status
    assert fell == {}


def filled(kind: str, odd: str) -> str:
    """A place of an address with something odd that its kind lets in, where there is such."""
    if kind == "int":
        return ODD[odd] if ODD[odd].isdecimal() else "9" * 30
    return ODD[odd].replace("\0", "%00")


FILES = [
    ("a.csv", b""),
    ("a.csv", b"\0" * 1000),
    ("a.csv", b"\xff\xfe\xff"),
    ("a.xlsx", b"PK\x03\x04" + b"\0" * 60),
    ("a.json", b"[" * 50_000),
    ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 60),
    ("a.pdf", b"%PDF-1.7"),
    ("../../a.png", b"\x89PNG"),
    ("a\0.pdf", b"%PDF-1.7"),
    ("x" * 300 + ".pdf", b"%PDF-1.7"),
]


def test_in_a_file(world: dict[str, Any]) -> None:  # noqa: F811
    client = client_of(world, "team")
    fell = {}
    for name, content in FILES:
        for page, (arguments, _who) in (GETS | POSTS).items():
            data = {"file": SimpleUploadedFile(name, content), "service": world["service"]}
            data["logo"] = SimpleUploadedFile(name, content)
            if (status := ask(client, "post", address(world, page, arguments), data)) >= 500:
                fell[name, page] = status
    assert fell == {}
