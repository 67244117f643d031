"""What a busy door needs to know: is a burst coming, and does one address hammer.

Counted in this process's memory only, so the way of a response has no query and no write more. With
several workers each sees its own share: a burst is noticed a little later, a limit is a little
wider. A restart forgets everything, which locks nobody out. No network address is kept: the keys are
hashes under a secret that lives and dies with the process.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest

from tuntas.law.quality import BURST_MOST, BURST_WINDOW
from tuntas.limits import Limit

# The form goes on asking for a proof of work so long after a burst.
CALM_SECONDS = 300.0
# An office behind one address, a school bus of citizens, a kiosk without a tablet key: 400 answers
# at once and 20 a minute from then on. A script that sends thousands a minute is left with those.
MOST_AT_ONCE, PER_SECOND = 400, 20 / 60
# Wrong one-time codes: 39 bits and 500 codes of a service make one hit in a billion tries.
WRONG_AT_ONCE, WRONG_PER_SECOND = 120, 10 / 60


class Bursts:
    """Arrivals of each service within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.arrivals: dict[int, deque[float]] = {}
        self.seen: dict[int, float] = {}

    def arrived(self, service_id: int) -> None:
        """Note a response of the public form."""
        now = self.clock()
        with self.lock:
            times = self.arrivals.setdefault(service_id, deque(maxlen=BURST_MOST + 1))
            times.append(now)
            is_full = len(times) > BURST_MOST
            if is_full and now - times[0] < BURST_WINDOW.total_seconds():
                self.seen[service_id] = now

    def is_on(self, service_id: int) -> bool:
        """Whether a burst was seen at the service lately."""
        at = self.seen.get(service_id)
        return at is not None and self.clock() - at < CALM_SECONDS

    def forget(self) -> None:
        with self.lock:
            self.arrivals.clear()
            self.seen.clear()


bursts = Bursts()
answers = Limit(MOST_AT_ONCE, PER_SECOND)
wrong_codes = Limit(WRONG_AT_ONCE, WRONG_PER_SECOND)
PROCESS_SECRET = secrets.token_bytes(32)


def key_of(request: HttpRequest, service_id: int) -> bytes | None:
    """Who sends to which service, as a hash nobody can turn back; None when nobody can be told
    from anybody, and so nobody is limited."""
    address = address_of(request)
    if address is None:
        return None
    text = f"{service_id}:{network_of(address)}".encode()
    return hashlib.blake2b(text, key=PROCESS_SECRET, digest_size=12).digest()


def address_of(request: HttpRequest) -> str | None:
    """Where the request came from. Behind one of the office's own proxies it is what that proxy
    appended to X-Forwarded-For; without that header all visitors look alike: None."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if peer and peer not in settings.PROXIES:
        return peer
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return forwarded.rpartition(",")[2].strip() or None


def network_of(address: str) -> str:
    """An IPv6 visitor owns a whole /64: count that, not one address of it."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    except ValueError:
        return address
