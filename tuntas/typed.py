"""What stands in an address or a form is text that anybody may have typed."""

from __future__ import annotations

from collections.abc import Callable

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


def address_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """No page has an address with NUL in it, no list can be narrowed by one, and PostgreSQL could not
    even look for it. Innermost, so that the page that says so knows who reads it."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path:
            raise Http404
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the query")
        return get_response(request)

    return answer
