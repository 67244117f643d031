"""What all public views share: no cookie, an inline style and script named by hash, plain errors."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page

from tuntas.languages import chosen_language, language_context

FOLDER = Path(__file__).parent
PublicView = Callable[..., HttpResponse]


@cache
def source(name: str) -> SafeString:
    """A style or script of this folder, to stand inside the page: one document, one request."""
    return mark_safe((FOLDER / name).read_text(encoding="utf-8"))  # noqa: S308  # our own file


def sha256_of(name: str) -> str:
    digest = hashlib.sha256(source(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


# Inline, but only these very files: the policy names their hashes.
POLICY = {
    **settings.CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "style-src": [sha256_of(name) for name in ("page.css", "results.css", "wall.css")],
    "script-src": [
        sha256_of(name)
        for name in (
            "chooser.js",
            "form.js",
            "proof.js",
            "sent.js",
            "size.js",
            "tablet.js",
            "verify.js",
        )
    ],
    "worker-src": [SELF],  # the tablet's page works without network
}


def public(view: PublicView) -> PublicView:
    """A page for anyone. Cross-site posts are refused by their origin, since there is no cookie
    that a token could protect; a database that does not answer becomes a page, not a crash."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(chosen_language(request)):
            return answer(request, *args, **kwargs)

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and is_cross_site(request):
            return problem(
                request,
                403,
                _("Kiriman ini datang dari situs lain"),
                _("Buka kembali tautan atau kode QR dari kantor, lalu isi dari sana."),
            )
        try:
            return view(request, *args, **kwargs)
        except (DatabaseError, InterfaceError):
            return database_silent(request)

    opened.is_public = True  # type: ignore[attr-defined]  # read by the permission test
    # Compressing is safe here: the page holds no secret of a signed-in person.
    wrapped = csrf_exempt(gzip_page(csp_replace(POLICY)(opened)))
    return cast(PublicView, wrapped)


def database_silent(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return problem(
            request,
            503,
            _("Sistem sedang tidak dapat dihubungi"),
            _("Tunggu sebentar, lalu muat ulang halaman ini."),
        )
    return problem(
        request,
        503,
        _("Jawaban belum tersimpan"),
        _(
            "Sistem sedang tidak dapat menyimpan. Tunggu sebentar, lalu muat ulang halaman ini "
            "untuk mengirim lagi. Jawaban yang dikirim dua kali tetap dihitung satu kali."
        ),
    )


def is_cross_site(request: HttpRequest) -> bool:
    """Whether a browser says that the form stood on another site."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return bool(origin) and urlsplit(origin).netloc != request.get_host()


def page(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a public page; nothing of it may be kept by a shared computer."""
    shared = {
        "css": source("page.css"),
        "size_script": source("size.js"),
        **language_context(request),
    }
    response = render(request, f"public/{name}.html", {**shared, **context}, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def kept(request: HttpRequest, response: HttpResponse, seconds: int) -> HttpResponse:
    """What holds nothing of the reader: kept so long, then asked for again by its tag."""
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:20]}"'
    answered = get_conditional_response(request, etag=response["ETag"], response=response)
    kept = answered or response
    # Also on "not modified", whose headers take the place of those a browser has kept.
    kept["Cache-Control"] = f"public, max-age={seconds}"
    return kept


def problem(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page that says what is wrong and what to do."""
    return page(request, "problem", {"title": title, "text": text}, status)
