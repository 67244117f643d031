"""Who may call, and how every refusal looks: {"code", "message", "fields"}.

Every token has its share of calls; what is left of it stands in the header `RateLimit`.

`code` is stable and for programs; `message` is for people and may change; `fields` names what is
wrong with which field and is empty otherwise. docs/api.md lists the codes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _
from ninja import Field, NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import ConfigDict

from tuntas.limits import Limit
from tuntas.models import ApiToken, IdempotencyKey, Scope
from tuntas.models.idempotency import OtherRequest
from tuntas.typed import has_nul

# A token may call so often at once, and so often a second from then on.
CALLS_AT_ONCE, CALLS_PER_SECOND = 300, 5
WINDOW = CALLS_AT_ONCE // CALLS_PER_SECOND  # seconds after which a used-up share is whole again
calls = Limit(CALLS_AT_ONCE, CALLS_PER_SECOND)
# What every call with a token may be refused with, beside what is its own.
REFUSALS = frozenset({401, 403, 405, 422, 429, 503})


class Refused(Exception):
    """The call is answered with this status, code and sentence."""

    def __init__(
        self, status: int, code: str, message: str, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.fields = status, code, message, fields or {}


class Problem(Schema):
    """Every refusal."""

    code: str = Field(description="stable, for programs; docs/api.md lists them")
    message: str = Field(description="Indonesian, for people; may change")
    fields: dict[str, list[str]] = Field(description="what is wrong with which field")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "invalid",
                "message": "Ada isian yang tidak sesuai.",
                "fields": {"from": ["bulan harus berbentuk 2023-01, bukan '2023'"]},
            }
        }
    )


class Bearer(HttpBearer):
    """A token of an office that works today and opens `scope`."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = ApiToken.by_key(token)
        if found is not None:
            count(request, found)
        if found is not None and self.scope not in found.scopes:
            raise Refused(
                403,
                "scope-missing",
                _("Token ini tidak boleh melakukan itu. Buat token dengan izin “%(scope)s”.")
                % {"scope": self.scope.label},
            )
        return found


def count(request: HttpRequest, token: ApiToken) -> None:
    """Count a call of the token. Raises Refused when its share is used up."""
    key = token.sha256.encode()
    wait = calls.take(key)
    request.calls_left = calls.left(key)  # type: ignore[attr-defined]  # for `tell_limits`
    if wait:
        request.calls_wait = ceil(wait)  # type: ignore[attr-defined]
        raise Refused(
            429,
            "too-many",
            _("Terlalu banyak panggilan dengan token ini. Ulangi setelah %(seconds)s detik.")
            % {"seconds": ceil(wait)},
        )


def tell_limits(request: HttpRequest, response: HttpResponse) -> None:
    """Say in the headers how much is left, in the words of the IETF draft on rate limits."""
    left = getattr(request, "calls_left", None)
    if left is None:
        return
    n, seconds = left
    response["RateLimit-Policy"] = f'"token";q={CALLS_AT_ONCE};w={WINDOW}'
    response["RateLimit"] = f'"token";r={n};t={ceil(seconds)}'
    if response.status_code == 429:
        response["Retry-After"] = str(request.calls_wait)  # type: ignore[attr-defined]


def once(request: HttpRequest, token: ApiToken, key: str) -> str:
    """What stands for this request however often it is sent with its Idempotency-Key within a day;
    empty without a key. Raises Refused when the key came with something else before."""
    if not key:
        return ""
    asked = f"{request.method} {request.path}\n".encode() + request.body
    try:
        return str(IdempotencyKey.take(token, key, asked).uid)
    except OtherRequest as other:
        raise Refused(
            409,
            "key-reused",
            _("Idempotency-Key ini sudah dipakai untuk permintaan lain. Pakai kunci baru."),
        ) from other


def error(
    status: int, code: str, message: str, fields: dict[str, list[str]] | None = None
) -> JsonResponse:
    told = {"code": code, "message": message, "fields": fields or {}}
    return JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False})


def explain_errors(api: NinjaAPI) -> None:
    """Give everything ninja refuses by itself the same shape."""

    @api.exception_handler(Refused)
    def refused(_request: HttpRequest, refusal: Any) -> HttpResponse:
        return error(refusal.status, refusal.code, refusal.message, refusal.fields)

    @api.exception_handler(AuthenticationError)
    def unauthorized(_request: HttpRequest, _error: Any) -> HttpResponse:
        response = error(
            401,
            "unauthorized",
            _("Kirim token yang berlaku: Authorization: Bearer tuntas_…. Buat di Pengaturan."),
        )
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(ValidationError)
    def invalid(_request: HttpRequest, found: Any) -> HttpResponse:
        fields: dict[str, list[str]] = {}
        for row in found.errors:
            place = [str(part) for part in row["loc"] if part not in ("body", "query", "header")]
            fields.setdefault(".".join(place[1:] or place) or "body", []).append(row["msg"])
        return error(422, "invalid", _("Ada isian yang tidak sesuai."), fields)

    @api.exception_handler(HttpError)
    def unreadable(_request: HttpRequest, found: Any) -> HttpResponse:
        return error(found.status_code, "unreadable", _("Isi permintaan bukan JSON yang utuh."))


def door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What lies outside ninja, in the same shape: wrong method or address, a silent database."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = refused_address(request) or view(request, *args, **kwargs)
        except Http404:
            response = unknown(request)
        except RequestDataTooBig:
            response = error(413, "too-large", _("Isi permintaan terlalu besar."))
        except (DatabaseError, InterfaceError):
            response = error(
                503, "database", _("Sistem sedang tidak dapat dihubungi. Ulangi sebentar lagi.")
            )
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = error(405, "method", _("Gunakan %(methods)s.") % {"methods": allowed})
            response["Allow"] = allowed
        tell_limits(request, response)
        response["Cache-Control"] = "no-store"
        return response

    opened.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie opens this door
    opened.is_api = True  # type: ignore[attr-defined]  # read by the permission test
    return opened


def refused_address(request: HttpRequest) -> HttpResponse | None:
    """What is said to an address with NUL in it, which no engine could look for."""
    place = has_nul(request)
    if place == "query":
        told = _("Alamat memuat karakter NUL (%00). Hapus karakter itu.")
        return error(422, "invalid", _("Ada isian yang tidak sesuai."), {"query": [told]})
    return unknown(request) if place else None


def unknown(_request: HttpRequest) -> HttpResponse:
    return error(404, "not-found", _("Alamat ini tidak ada. Lihat /api/v1/openapi.json."))
