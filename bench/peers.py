"""The limits behind the same server: a minimal Django view, and one raw INSERT per request."""

from __future__ import annotations

import os
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuntas.settings")

import django
from django.conf import settings

if os.environ.get("BENCH_SYNCHRONOUS"):
    # The non-durable peer: a commit that does not wait for the disk.
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] += "PRAGMA synchronous=NORMAL;"
    else:
        options["options"] = "-c synchronous_commit=off"
django.setup()
# The peers carry no middleware at all: they are the floor of what a request costs here.
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "bench.peers"

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tuntas.models.responses import INSERT

# Same row, other table: no triggers, no foreign keys.
RAW = INSERT.replace("tuntas_response", "bench_raw").split(" ON CONFLICT")[0]
COLUMNS = [name.strip() for name in RAW.split("(", 1)[1].split(")", 1)[0].split(",")]
ROW = {
    "office_id": 1,
    "service_id": 1,
    "edition_id": 1,
    "month": "2026-01-01",
    "received_at": "2026-01-15 03:00:00",
    "channel": "web",
    "profile": "P3--",
    "answered_on": None,
    "seconds": None,
    "with_code": False,
}


def minimal(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok", headers={"Content-Length": "2"})


def insert(request: HttpRequest) -> HttpResponse:
    """Parse the form and insert one row, acknowledged after the commit."""
    answers = "".join(request.POST.get(f"q{n}", "0") for n in range(1, 10))
    key = uuid4() if connection.vendor == "postgresql" else uuid4().hex
    row = {**ROW, "id": key, "answers": answers}
    with connection.cursor() as cursor:
        cursor.execute(RAW, [row.get(name, 0) for name in COLUMNS])
    return HttpResponse(b"ok", headers={"Content-Length": "2"})


urlpatterns = [path("minimal", minimal), path("insert", insert)]
application = get_wsgi_application()
