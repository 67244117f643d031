"""Telling the office's other systems: takes deliveries from the queue and posts them, signed.

At least once: the mark is written after the receiver said yes, so a worker that dies in between
leaves the delivery waiting, and it is sent again under the same id. The order is not promised. The
address is checked each time it is visited (`links`): only public ones, or networks the office
allowed; the connection goes to the very address that was checked; redirects are not followed; of the
answer only the status is looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tuntas import links, work
from tuntas.models import Delivery, Lease

SECONDS = 8.0  # for the whole visit, however slowly the receiver talks
AGENT = "Tuntas"
GONE = 410  # the receiver says that it is no more


class NotTaken(Exception):
    """The receiver did not take it; the message is short and says nothing of its answer."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_final = reason, is_final


def waiting() -> object:
    return Delivery.objects.to_send(timezone.now()).select_related("hook__office")


def send(delivery: Delivery, lease: Lease) -> None:
    """Post one delivery and write what came of it."""
    hook, now = delivery.hook, timezone.now()
    lease.renew(first_at=delivery.first_at or now, attempts=F("attempts") + 1)
    body = json.dumps(delivery.content, ensure_ascii=False, separators=(",", ":")).encode()
    signature = sign(body, hook.secrets_at(now), now)
    try:
        post(hook.url, body, signature, str(delivery.uid))
    except NotTaken as refusal:
        refuse(delivery, lease, refusal)
    else:
        with transaction.atomic():
            lease.renew(delivered_at=timezone.now(), last_error="")
            hook.took()


def refuse(delivery: Delivery, lease: Lease, refusal: NotTaken) -> None:
    """Not taken: again later, each time after a longer pause, for a day; then dead."""
    now = timezone.now()
    then = None if refusal.is_final else delivery.next_try(now)
    outcome = {"given_up_at": now} if then is None else {"not_before": then}
    with transaction.atomic():
        lease.renew(last_error=refusal.reason[:80], **outcome)
        delivery.hook.failed(now)


def sign(body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """`t=1767225600,v1=…`: HMAC-SHA256 over timestamp, dot and body; one v1 for each secret."""
    stamp = str(int(now.timestamp()))
    text = stamp.encode() + b"." + body
    marks = [hmac.new(secret.encode(), text, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={stamp}", *(f"v1={mark}" for mark in marks)])


def post(url: str, body: bytes, signature: str, uid: str) -> None:
    """One POST. Raises NotTaken unless the receiver answers 2xx in time."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "Connection": "close",
        "Tuntas-Signature": signature,
        "Tuntas-Event-Id": uid,
    }
    try:
        status = visit(parts, body, headers)
    except links.Refused as refusal:
        raise NotTaken(f"refused: {refusal}") from refusal
    except TimeoutError as error:
        raise NotTaken("timeout") from error
    except ssl.SSLError as error:
        raise NotTaken("certificate") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotTaken(type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotTaken(f"HTTP {status}", is_final=status == GONE)


def visit(parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer. The rest of it is not read."""
    host, port = links.target(parts.scheme, parts.hostname, parts.geturl())
    address = checked(parts.scheme, links.addresses_of(host, port))
    headers = {"Host": links.host_header(parts.scheme, host, port), **headers}
    connection = links.Pinned(host, port, address, SECONDS, parts.scheme == "https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    hung_up = Event()
    clock = Timer(SECONDS, hang_up, [connection, hung_up])
    clock.daemon = True
    clock.start()
    try:
        connection.request("POST", links.quoted(path), body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        if hung_up.is_set():
            raise TimeoutError from error
        raise
    finally:
        clock.cancel()
        connection.close()


def checked(scheme: str, addresses: list[str]) -> str:
    """The address to go to. Without TLS only inside the networks the office allowed."""
    allowed: Sequence[links.Network] = settings.LINK_NETWORKS
    chosen = links.checked(addresses, allowed)
    if scheme != "https" and not all(is_inside(address, allowed) for address in addresses):
        raise links.Refused("not https")
    return chosen


def is_inside(text: str, networks: Sequence[links.Network]) -> bool:
    address = ipaddress.ip_address(text.split("%", 1)[0])
    return any(address.version == net.version and address in net for net in networks)


def hang_up(connection: http.client.HTTPConnection, hung_up: Event) -> None:
    """End a visit that takes too long, whatever it is waiting for."""
    hung_up.set()
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


work.register("webhooks", waiting, send)
