"""The short way of the public form: what is asked for a thousand times an hour and always answered alike.

It stands before Django and answers two things by itself: the form when it is opened, and a filled-in form
in which nothing is wrong. Everything else, and everything it is not sure of, goes the long way through
Django, which alone decides. So there is one set of rules: the lane only repeats what Django answered for
the same address a moment ago, with another form id in it, and it stores by the same functions as the page.

What the lane knows is at most `FRESH` seconds old; that is how long a service that was just closed may
still show its form. Whether a month is closed is asked within the transaction, as everywhere. Decision 0016.
"""

from __future__ import annotations

import re
import struct
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from tuntas import measures
from tuntas.answers import fresh_id, read, seal, submission_of
from tuntas.models import CodeRule, Response, Service
from tuntas.models.responses import BY_LINK, Channel
from tuntas.public import proof, traffic
from tuntas.public.codes import is_unproven
from tuntas.public.survey import find_service

FRESH = 2.0  # seconds
MOST_KEPT = 500  # pages, services and doors; beyond that all are forgotten (16 MB of pages)
MOST_BYTES = 64 * 1024  # of a filled-in form
FORM_TYPE = "application/x-www-form-urlencoded"
START, END = "/s/", "/"

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]


@dataclass(frozen=True)
class Page:
    """A form as Django rendered it, cut where the id and the mark of the form stand."""

    headers: Headers  # without Content-Length and Content-Encoding
    pieces: list[bytes]  # between them, in turn, what `fillings` names
    packed: list[bytes]  # the same, compressed
    fillings: list[str]

    def fill(self, form_id: UUID) -> list[bytes]:
        return [FILLINGS[name](form_id).encode() for name in self.fillings]

    def plain(self, form_id: UUID) -> bytes:
        parts = [self.pieces[0]]
        for filling, piece in zip(self.fill(form_id), self.pieces[1:], strict=True):
            parts += [filling, piece]
        return b"".join(parts)

    def gzip(self, form_id: UUID) -> bytes:
        """One gzip stream: the packed pieces with the fillings between them as stored blocks."""
        parts = [GZIP_HEAD, self.packed[0]]
        for filling, packed in zip(self.fill(form_id), self.packed[1:], strict=True):
            n = len(filling)
            parts += [struct.pack("<BHH", 0, n, n ^ 0xFFFF), filling, packed]
        whole = self.plain(form_id)
        parts += [b"\x03\x00", struct.pack("<LL", zlib.crc32(whole), len(whole))]
        return b"".join(parts)


# What stands in the gaps, each following from the id of the form alone.
FILLINGS: dict[str, Callable[[UUID], str]] = {
    "id": str,
    "mark": proof.mark_of,
    "challenge": proof.challenge_of,
}
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"  # RFC 1952: no name, no time, Unix


def packed(pieces: list[bytes], gaps: list[int]) -> list[bytes]:
    """The pieces as deflate blocks that end at a byte (RFC 1951), for gaps of these lengths between them.

    Each may refer back to the pieces before it. For the gap the compressor sees a byte that no UTF-8
    text holds, so nothing can refer to what will stand there.
    """
    squeeze, found = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), []
    for piece, gap in zip(pieces, [*gaps, 0], strict=True):
        found.append(squeeze.compress(piece) + squeeze.flush(zlib.Z_SYNC_FLUSH))
        squeeze.compress(b"\xff" * gap)
        squeeze.flush(zlib.Z_SYNC_FLUSH)
    return found


@dataclass(frozen=True)
class Known:
    """A service that takes answers without a code, and where its receipts are."""

    at: float
    service: Service
    receipt: str


class Lane:
    """A WSGI application before Django's."""

    def __init__(self, django: Callable[..., Iterable[bytes]]) -> None:
        self.django = django
        # By door and address: when Django was asked, and its page; None where it is not the plain form.
        self.pages: dict[tuple[str, ...], tuple[float, Page | None]] = {}
        self.known: dict[str, Known | None] = {}
        self.thanks: dict[tuple[str, ...], Headers] = {}
        self.shown = measures.REQUESTS.labels("public", "GET", "2xx")
        self.taken = measures.REQUESTS.labels("public", "POST", "3xx")
        self.seconds = measures.SECONDS.labels("public")

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        # A line in the log for each request is Django's to write.
        if path.startswith(START) and path.count("/") == 3 and not settings.LOG_REQUESTS:
            began = time.perf_counter()
            method = environ["REQUEST_METHOD"]
            if method == "GET" and is_plain(environ.get("QUERY_STRING", "")):
                return self.show(environ, start, began)
            if method == "POST" and is_form(environ):
                return self.take(environ, start, began)
        return self.django(environ, start)

    # -- the form --------------------------------------------------------------------------------

    def show(self, environ: dict[str, Any], start: StartResponse, began: float) -> Iterable[bytes]:
        key = (*door(environ), environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        at, page = self.pages.get(key, (-FRESH, None))
        is_known = began - at <= FRESH
        if not is_known:
            page = page_of(self.rendered(environ))
            if len(self.pages) >= MOST_KEPT:
                self.pages.clear()
            self.pages[key] = began, page
        if page is None:  # not the plain form: Django answers this very browser
            return self.django(environ, start)
        form_id = UUID(fresh_id())
        headers = [*page.headers]
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = page.gzip(form_id)
            headers.append(("Content-Encoding", "gzip"))
        else:
            body = page.plain(form_id)
        headers.append(("Content-Length", str(len(body))))
        start("200 OK", headers)
        if is_known:  # else Django has counted it
            self.shown.inc()
            self.seconds.observe(time.perf_counter() - began)
        return (body,)

    def rendered(self, environ: dict[str, Any]) -> HttpResponse:
        """What Django answers to this address, not compressed."""
        asked = {key: value for key, value in environ.items() if key not in VARYING}
        response: Any = self.django(asked, lambda *_args: None)
        response.close()
        return response  # type: ignore[no-any-return]

    # -- the filled-in form ----------------------------------------------------------------------

    def take(self, environ: dict[str, Any], start: StartResponse, began: float) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = self.thanks.get(door(environ))
        try:
            address = self.stored(environ, body, began) if headers is not None else None
        except Exception:  # whatever went wrong here goes wrong properly there, and is told there
            address = None
        if address is None or headers is None:
            return self.asked_django({**environ, "wsgi.input": BytesIO(body)}, start)
        start("303 See Other", [*headers, ("Location", address)])
        self.taken.inc()
        measures.ANSWERS.inc()
        self.seconds.observe(time.perf_counter() - began)
        return (b"",)

    def stored(self, environ: dict[str, Any], body: bytes, began: float) -> str | None:
        """Where the receipt is; None when this is nothing for the lane. Raises whatever went wrong."""
        known = self.service(environ["PATH_INFO"][len(START) : -len(END)], began)
        if known is None:
            return None
        service, data = known.service, fields_of(body)
        if "to" in data or data.get("l", settings.LANGUAGE_CODE) != settings.LANGUAGE_CODE:
            return None
        given = data.get("channel", "")
        form = read(data, service, given if given in BY_LINK else Channel.WEB)
        if form.errors or form.code:
            return None
        if traffic.answers.take(traffic.key_of(Asked(environ), service.pk)):  # type: ignore[arg-type]
            return None
        submission = submission_of(
            form,
            is_repeat=data.get("again") == "1",
            is_unproven=is_unproven(service, UUID(form.id), "", data.get("proof", "")),
        )
        receipt = Response.receive(service, submission, at=timezone.now())
        if receipt.is_new:
            traffic.bursts.arrived(service.pk)
        return known.receipt.replace("SEAL", seal(receipt))

    def service(self, token: str, now: float) -> Known | None:
        """The service behind a token when it takes answers without a code."""
        known = self.known.get(token)
        if known is not None and now - known.at < FRESH:
            return known
        service = find_service(token)
        if service is None or service.closed_at is not None or service.codes != CodeRule.NONE:
            self.known.pop(token, None)
            return None
        if len(self.known) >= MOST_KEPT:
            self.known.clear()
        known = Known(now, service, reverse("survey-receipt", args=[token, "SEAL"]))
        self.known[token] = known
        return known

    def asked_django(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Let Django answer, and remember how it thanks at this door."""
        response: Any = self.django(environ, start)
        if response.status_code == 303 and not response.cookies:
            kept = {**response.headers}
            if kept.pop("Location", "").startswith(environ["PATH_INFO"]):
                if len(self.thanks) >= MOST_KEPT:
                    self.thanks.clear()
                self.thanks[door(environ)] = list(kept.items())
        return response  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Asked:
    """As much of a request as `traffic` looks at."""

    META: dict[str, Any]


# What the same page may be asked for with; the lane packs it for each browser by itself.
VARYING = frozenset({"HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"})


def door(environ: dict[str, Any]) -> tuple[str, ...]:
    """By what name and over what wire somebody came: Django judges both, and hosts it does not know it
    has never answered with a page."""
    return (
        environ.get("HTTP_HOST", ""),
        # All that Django takes from it is whether it begins so.
        str(environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip() == "https"),
        environ["wsgi.url_scheme"],
    )


def is_plain(query: str) -> bool:
    """Whether nothing but a channel and a language is asked for."""
    if not query:
        return True
    return len(query) < 40 and {name for name, _value in parse_qsl(query)} <= {"c", "l"}


def is_form(environ: dict[str, Any]) -> bool:
    """Whether this is a form of moderate size that a browser sent from the page itself."""
    length = environ.get("CONTENT_LENGTH") or ""
    return (
        environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
        and not environ.get("QUERY_STRING")
        and environ.get("CONTENT_TYPE", "").partition(";")[0] == FORM_TYPE
        and length.isdecimal()
        and 0 < int(length) <= MOST_BYTES
    )


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form; of a name that came twice the last one, as everywhere. Raises ValueError for
    what is no UTF-8 or has more fields than any form."""
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=limit))


def page_of(response: HttpResponse) -> Page | None:
    """A page to be repeated, when the answer is a form that nobody filled in yet and that everybody gets
    alike: `survey.show` said so, and what it said is found in it."""
    told: dict[str, str] = getattr(response, "fillings", {})
    if not told or response.status_code != 200 or response.cookies:
        return None
    signs = {text: name for name, text in told.items()}
    parts = re.split("(" + "|".join(map(re.escape, signs)) + ")", response.content.decode())
    pieces, fillings = [part.encode() for part in parts[::2]], [signs[sign] for sign in parts[1::2]]
    if set(fillings) != set(told):
        return None
    headers = [
        (name, value)
        for name, value in response.headers.items()
        if name not in ("Content-Length", "Content-Encoding")
    ]
    blocks = packed(pieces, [len(told[name]) for name in fillings])
    return Page(headers, pieces, blocks, fillings)
