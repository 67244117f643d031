"""What stands in an address or a form is text that anybody may have typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase


def whole(text: str | None) -> int | None:
    """The whole number written with ASCII digits, or None; at most 18 of them, so that both engines
    can look for it. `"²".isdigit()` is true, but `int("²")` is not a number."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def words(text: str | None) -> str:
    """Text of a form without blanks round it and without NUL, which PostgreSQL takes in no text."""
    return (text or "").replace("\0", "").strip()


def typed_code(text: str, between: str = "") -> str:
    """What may be part of a code of ours; all other signs, also those that no address can hold, are
    gone, with `between` in their place."""
    return re.sub(r"[^A-Za-z0-9-]+", between, text).strip("-")


def file_name(text: str) -> str:
    """The name of a file without the folders before it and without signs that are not seen, such as
    line breaks or the one that turns `exe.pdf` round; at most 200, of which the ending stays."""
    last = re.split(r"[/\\]", text)[-1]
    seen = "".join(sign for sign in last if sign.isprintable()).strip()
    return seen[-200:] if seen.strip(". ") else "berkas"


def has_nul(request: HttpRequest) -> str:
    """Where the address holds NUL: "path", "query" or nowhere."""
    if "\0" in request.path:
        return "path"
    return "query" if "%00" in request.META.get("QUERY_STRING", "") else ""


class AddressMiddleware:
    """No page has an address with NUL in it, no list can be narrowed by one, and PostgreSQL could not
    even look for it. The API answers for itself, in its own shape. Innermost, so that the page that
    says so knows who reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> None:
        place = "" if getattr(view, "is_api", False) else has_nul(request)
        if place == "path":
            raise Http404
        if place:
            raise BadRequest("NUL in the query")
