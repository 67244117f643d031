"""What is counted of every request, for `/metrics` and, when asked for, a line in the log.

Counted by door and kind of answer, never by office, address or person: the figures of a small office
would tell who came. All web processes count into files of one folder that the supervisor made, so that
whichever of them is asked tells the sum.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger("tuntas.requests")

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for the shared folder
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds

REQUESTS = Counter("tuntas_requests", "Answered requests.", ["door", "method", "status"])
SECONDS = Histogram(
    "tuntas_request_seconds", "Time until the answer was ready.", ["door"], buckets=BUCKETS
)
ANSWERS = Counter("tuntas_form_answers", "Questionnaires taken at the public form.")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def door_of(request: HttpRequest) -> str:
    """`public`, `staff`, `api`; `none` for files and for addresses that no page has."""
    match = request.resolver_match
    if match is None:
        return "none"
    if match.route.startswith("api/"):
        return "api"
    return "public" if getattr(match.func, "is_public", False) else "staff"


def measure_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Outermost of all: what the others answer by themselves is counted, too."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - start
        door = door_of(request)
        # A method may be any word; what is no usual one must not make a series of its own.
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(door, method, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(door).observe(seconds)
        match = request.resolver_match
        if match is not None and match.url_name == "survey-form" and method == "POST":
            ANSWERS.inc(response.status_code == 303)
        if settings.LOG_REQUESTS:
            told = {
                "method": method,
                "route": f"/{match.route}" if match else "-",
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
            }
            log.info("%(method)s %(route)s %(status)s %(ms)s ms", told, extra={"fields": told})
        return response

    return answer


def registry() -> CollectorRegistry:
    """The counters of all web processes; outside `tuntas serve`, of this one."""
    if FOLDER not in os.environ:
        return REGISTRY
    gathered = CollectorRegistry()
    MultiProcessCollector(gathered)  # type: ignore[no-untyped-call]
    return gathered
