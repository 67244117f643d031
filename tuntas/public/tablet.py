"""The page of an office's tablet: asks at the counter or on a visit, keeps answers without network,
and hands them over exactly once.

The address is the secret (`Tablet.by_key`), so no cookie and no sign-in are needed on the device.
"""

from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tuntas.answers import FilledForm, form_context
from tuntas.law.profile import UNKNOWN
from tuntas.models import Channel, Tablet
from tuntas.models.codes import CODE_ALPHABET
from tuntas.models.feedback import REPLY_WORKING_DAYS
from tuntas.models.tablets import hand_over
from tuntas.public.door import page, problem, public, source

MOST_ITEMS = 50
# After so long without a touch the tablet asks, then clears what was filled in.
IDLE_SECONDS = 60


@public
@translation.override("id")  # what its scripts say without network is Indonesian
def tablet_page(request: HttpRequest, key: str) -> HttpResponse:
    """The whole app in one document, which the service worker keeps for days without network."""
    tablet = Tablet.by_key(key)
    if tablet is None:
        return unknown(request)
    service = tablet.service
    if service.closed_at is not None:
        return problem(
            request,
            410,
            _("Survei layanan ini sudah ditutup"),
            _("Jawaban yang masih tersimpan di tablet tidak hilang. Hubungi tim survei."),
        )
    form = FilledForm(id="", channel=tablet.channel, edition=service.edition)
    context = {
        **form_context(service, form),
        "tablet": tablet,
        "key": key,
        "script": source("form.js"),
        "tablet_script": source("tablet.js"),
        "words": WORDS,
        "unknown": UNKNOWN,
        "alphabet": CODE_ALPHABET,
        "most_items": MOST_ITEMS,
        "idle": IDLE_SECONDS,
        "track_url": f"{settings.PUBLIC_URL}/t/",
        "reply_days": REPLY_WORKING_DAYS,
    }
    return page(request, "tablet", context)


# What the script says by itself. Data, so that translation and script stay apart.
WORDS = {
    "online": "Daring",
    "offline": "Luring: jawaban disimpan di tablet",
    "waiting": "menunggu dikirim",
    "sent": "terkirim",
    "refused": "ditolak server",
    "full": "Penyimpanan tablet penuh atau ditolak. Jawaban masih ada di layar ini: unduh sekarang, "
    "lalu kirim atau hapus antrean.",
    "revoked": "Alamat tablet ini sudah dicabut. Unduh cadangan, lalu serahkan kepada tim survei.",
}


@public
def tablet_worker(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001  # same for all
    """The service worker; its version changes with the page's parts, so that updates arrive."""
    parts = "".join(source(name) for name in ("form.js", "tablet.js", "page.css", "worker.js"))
    version = hashlib.sha256(parts.encode()).hexdigest()[:12]
    script = f'const VERSION="{version}";\n{source("worker.js")}'
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@public
def tablet_manifest(request: HttpRequest, key: str) -> HttpResponse:
    """What the system shows when the page is installed like an app."""
    tablet = Tablet.by_key(key)
    if tablet is None:
        return unknown(request)
    home = reverse("tablet", args=[key])
    return JsonResponse(
        {
            "name": f"Tuntas – {tablet.name}",
            "short_name": "Tuntas",
            "lang": "id",
            "start_url": home,
            "scope": home,
            "display": "fullscreen" if tablet.channel == Channel.KIOSK else "standalone",
            "background_color": "#faf8f4",
            "theme_color": "#0b5c63",
            "icons": [{"src": f"{home}icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
    )


@public
def tablet_icon(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001  # same for all
    return HttpResponse(render_to_string("public/icon.svg"), content_type="image/svg+xml")


@public
def tablet_sync(request: HttpRequest, key: str) -> HttpResponse:
    """Take what the tablet holds. Every entry is answered for itself; only what is on disk is
    acknowledged, and an entry that comes again is known, never counted twice."""
    tablet = Tablet.by_key(key)
    if tablet is None:
        return JsonResponse({"error": "revoked", "message": WORDS["revoked"]}, status=404)
    if request.method != "POST":
        return JsonResponse({"error": "method", "message": "POST"}, status=405)
    try:
        told = json.loads(request.body)
        clock, items, waiting = int(told["now"]), list(told["items"]), int(told["waiting"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return JsonResponse({"error": "format", "message": _("Kiriman tidak terbaca.")}, status=400)
    if len(items) > MOST_ITEMS:
        message = _("Paling banyak %(most)s jawaban sekali kirim.") % {"most": MOST_ITEMS}
        return JsonResponse({"error": "too-many", "message": message}, status=413)
    now = timezone.now()
    try:
        results = [hand_over(tablet, item, clock, now) for item in items]
        left = max(0, waiting - sum(row.state != "refused" for row in results))
        tablet.seen(min(left, 2**31 - 1), at=now)
    except (DatabaseError, InterfaceError):
        message = _("Sistem sedang tidak dapat menyimpan; tablet akan mencoba lagi.")
        return JsonResponse({"error": "database", "message": message}, status=503)
    told = {"results": [vars(row) for row in results], "edition": tablet.service.edition_id}
    return JsonResponse(told)


def unknown(request: HttpRequest) -> HttpResponse:
    return problem(
        request,
        404,
        _("Alamat tablet tidak dikenal"),
        _("Alamat ini sudah dicabut atau tidak lengkap. Minta alamat baru kepada tim survei."),
    )
