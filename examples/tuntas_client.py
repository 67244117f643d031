"""A small client for the API of Tuntas. Standard library only; copy this file and change it freely.

    client = Client("https://skm.kantor.go.id", os.environ["TUNTAS_TOKEN"])
    link = client.invite("pensiun", ticket="T-2026/0001")
    print(link.url)
    for row in client.feedback(state="waiting"):
        print(row["id"], row["unit"], row["due_on"])

Every call is tried again when the server or the way to it fails, and when the token's share of
calls is used up, after as long as the server asks. A POST carries an Idempotency-Key, so that
trying it again makes nothing twice. `verify` checks what a webhook has brought.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

AGAIN = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Refused(Exception):
    """The API says no. `code` is stable (docs/api.md); `fields` says what is wrong with which."""

    status: int
    code: str
    message: str
    fields: dict[str, list[str]]

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


class Unreachable(Exception):
    """The server could not be reached, however often it was tried."""


@dataclass(frozen=True)
class Invitation:
    """A one-time link for one closed ticket."""

    url: str
    code: str
    expires: str


@dataclass(frozen=True)
class Client:
    """`base` is the address of the installation, `token` begins with tuntas_."""

    base: str
    token: str = ""
    tries: int = 4
    timeout: float = 15.0
    wait: Callable[[float], None] = time.sleep

    def services(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/api/v1/services")
        return found

    def invite(self, service: str, *, unit: str = "", ticket: str = "") -> Invitation:
        asked = {"service": service, "unit": unit, "ticket": ticket}
        return Invitation(**self.call("POST", "/api/v1/invitations", asked))

    def index(self, first: str, last: str, **narrowed: str) -> dict[str, Any]:
        """Index of closed months, `first` to `last` like 2026-01. Numbers are exact texts."""
        query = urlencode({"from": first, "to": last, **narrowed})
        found: dict[str, Any] = self.call("GET", f"/api/v1/index?{query}")
        return found

    def results(self, office: str, **narrowed: str) -> Iterator[dict[str, Any]]:
        """Released months of an office, newest first. Needs no token."""
        return self.pages(f"/api/v1/offices/{office}/results?{urlencode(narrowed)}")

    def feedback(self, **narrowed: str) -> Iterator[dict[str, Any]]:
        return self.pages(f"/api/v1/feedback?{urlencode(narrowed)}")

    def plans(self, **narrowed: str) -> Iterator[dict[str, Any]]:
        return self.pages(f"/api/v1/plans?{urlencode(narrowed)}")

    def pages(self, path: str | None) -> Iterator[dict[str, Any]]:
        """All rows of a list, page by page."""
        while path:
            page = self.call("GET", path)
            yield from page["results"]
            path = page["next"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call with its repetitions. Raises Refused or Unreachable."""
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        for attempt in range(1, self.tries + 1):
            pause = float(2**attempt) / 2
            request = Request(urljoin(self.base, path), data, headers, method=method)
            try:
                with urlopen(request, timeout=self.timeout) as answer:
                    return json.load(answer)
            except HTTPError as error:
                if error.code not in AGAIN or attempt == self.tries:
                    raise refusal(error) from None
                pause = float(error.headers.get("Retry-After") or pause)
            except (URLError, TimeoutError, ConnectionError) as error:
                if attempt == self.tries:
                    raise Unreachable(str(error)) from error
            self.wait(pause)
        raise Unreachable(path)


def refusal(error: HTTPError) -> Refused:
    try:
        told = json.load(error)
    except ValueError:
        told = {}
    return Refused(
        error.code, told.get("code", ""), told.get("message", ""), told.get("fields", {})
    )


def verify(secret: str, header: str, body: bytes, *, seconds: float = 300) -> bool:
    """Whether a webhook came from Tuntas just now. `header` is Tuntas-Signature; `body` the bytes
    as they came. False also for an old one, which somebody might be sending again."""
    pairs = [part.split("=", 1) for part in header.split(",") if "=" in part]
    stamp = next((value for name, value in pairs if name == "t"), "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > seconds:
        return False
    text = stamp.encode() + b"." + body
    mark = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value, mark) for name, value in pairs)
