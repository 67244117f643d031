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


def minimal(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok", headers={"Content-Length": "2"})


def insert(request: HttpRequest) -> HttpResponse:
    """Parse the form and insert one row, acknowledged after the commit."""
    answers = "".join(request.POST.get(f"q{n}", "0") for n in range(1, 10))
    key = uuid4() if connection.vendor == "postgresql" else uuid4().hex
    row = [1, key, 1, 1, "2026-01-01", "2026-01-15 03:00:00", None, "web", answers, "P3--"]
    with connection.cursor() as cursor:
        cursor.execute(RAW, row)
    return HttpResponse(b"ok", headers={"Content-Length": "2"})


urlpatterns = [path("minimal", minimal), path("insert", insert)]
application = get_wsgi_application()
