"""Looking at a link without being led where it must not go. PURE: no settings, no database.

Only http and https, only public addresses. The name is resolved once per step, every address it
has must be allowed, and the connection goes to the very address that was checked, so a name that
changes its answer in between (rebinding) gains nothing. Redirects are steps like the first.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

OK, DEAD, UNREACHABLE, REFUSED = "ok", "dead", "unreachable", "refused"
MOST_REDIRECTS = 5
SECONDS = 8.0
MOST_BYTES = 64 * 1024
REDIRECTS = {301, 302, 303, 307, 308}
# The server does not like HEAD, or answers it differently: ask again by GET.
ASK_AGAIN = {400, 403, 404, 405, 406, 429, 500, 501, 503}
AGENT = "Tuntas link check"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Look:
    """What was found: a state (ok, dead, unreachable, refused), the HTTP status or None, and a
    short reason for people who look after the system."""

    state: str
    status: int | None = None
    reason: str = ""


class Refused(Exception):
    """The address may not be visited; the message says why."""


def look(
    url: str,
    *,
    allowed: Sequence[Network] = (),
    seconds: float = SECONDS,
    resolve: Resolver | None = None,
) -> Look:
    """Visit a link. `allowed` are networks that may be visited although they are not public."""
    for _step in range(MOST_REDIRECTS + 1):
        try:
            status, location = visit(url, allowed, seconds, resolve or addresses_of)
        except Refused as error:
            return Look(REFUSED, None, str(error))
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            return Look(UNREACHABLE, None, type(error).__name__)
        if status in REDIRECTS and location:
            url = urljoin(url, location)
            continue
        if status < 400 or status in (401, 403, 429):
            return Look(OK, status)  # it exists; some only want to know who asks
        return Look(UNREACHABLE if status >= 500 else DEAD, status)
    return Look(DEAD, None, "too many redirects")


def visit(
    url: str, allowed: Sequence[Network], seconds: float, resolve: Resolver
) -> tuple[int, str]:
    """One step: HEAD, then GET where HEAD says little. Status and the Location header."""
    parts = urlsplit(url)
    host, port = target(parts.scheme, parts.hostname, url)
    address = checked(resolve(host, port), allowed)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    status, location = ask("HEAD", parts.scheme, host, port, address, path, seconds)
    if status in ASK_AGAIN:
        status, location = ask("GET", parts.scheme, host, port, address, path, seconds)
    return status, location


def target(scheme: str, host: str | None, url: str) -> tuple[str, int]:
    """Host and port. Raises Refused for another scheme, sign-in data or a strange port."""
    if scheme not in ("http", "https") or not host:
        raise Refused("only http and https")
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise Refused("sign-in data inside the address")
    try:
        port = parts.port or (443 if scheme == "https" else 80)
    except ValueError:
        raise Refused("no such port") from None
    return host.encode("idna").decode("ascii"), port


def addresses_of(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def checked(addresses: Sequence[str], allowed: Sequence[Network]) -> str:
    """The address to connect to. Raises Refused unless every one of them may be visited."""
    if not addresses:
        raise Refused("the name has no address")
    for text in addresses:
        if not may_visit(text, allowed):
            raise Refused("the address is not a public one")
    return addresses[0]


def may_visit(text: str, allowed: Sequence[Network]) -> bool:
    """Public unicast addresses only; IPv4 inside IPv6 is judged as the IPv4 it is."""
    address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(
        text.split("%", 1)[0]
    )
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    if any(address.version == net.version and address in net for net in allowed):
        return True
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def may_visit_host(host: str, allowed: Sequence[Network]) -> bool:
    """The same for a host as it is written: a name passes here, its addresses when it is visited."""
    try:
        return may_visit(host, allowed)
    except ValueError:
        return host != "localhost"


class Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, while the request still names the host."""

    def __init__(self, host: str, port: int, address: str, seconds: float, secure: bool) -> None:
        super().__init__(host, port, timeout=seconds)
        self.address, self.secure = address, secure

    def connect(self) -> None:
        raw = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = raw
        if self.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(raw, server_hostname=self.host)


def ask(
    method: str, scheme: str, host: str, port: int, address: str, path: str, seconds: float
) -> tuple[int, str]:
    """One request; of a GET at most MOST_BYTES are read."""
    connection = Pinned(host, port, address, seconds, scheme == "https")
    try:
        headers = {
            "Host": host_header(scheme, host, port),
            "User-Agent": AGENT,
            "Accept": "*/*",
            "Connection": "close",
        }
        if method == "GET":
            headers["Range"] = f"bytes=0-{MOST_BYTES - 1}"
        connection.request(method, quoted(path), headers=headers)
        response = connection.getresponse()
        location = response.getheader("Location") or ""
        if method == "GET":
            response.read(MOST_BYTES)
        return response.status, location
    finally:
        connection.close()


def host_header(scheme: str, host: str, port: int) -> str:
    named = f"[{host}]" if ":" in host else host
    return named if port == (443 if scheme == "https" else 80) else f"{named}:{port}"


def quoted(path: str) -> str:
    """The path with everything but visible ASCII percent-encoded."""
    return "".join(
        sign if "!" <= sign <= "~" else "".join(f"%{byte:02X}" for byte in sign.encode())
        for sign in path
    )
