"""Services of the token's office, and a one-time link for a closed ticket."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, HeaderEx, P, Router, Schema, Status
from pydantic import ConfigDict

from tuntas.api import lists, rollups, spans
from tuntas.api.access import REFUSALS, Bearer, Problem, Refused, explain_errors, once
from tuntas.api.description import Api
from tuntas.models import ApiToken, CodeRefused, Scope, Service
from tuntas.models.invitations import CodesOff, address, check_references, invite

api = Api(
    title="Tuntas",
    version="1",
    description="Survei Kepuasan Masyarakat. Penjelasan dan contoh: docs/api.md.",
    # Every docs page of the library loads its parts from other hosts: ours is api/docs.py.
    docs_url=None,
    urls_namespace="api-1",
)
explain_errors(api)
router = Router(tags=["services"])


class ServiceOut(Schema):
    office: str
    unit: str
    service: str
    name: str
    url: str
    codes: str = Field(description="none, optional or required")
    is_open: bool


class InvitationIn(Schema):
    """What the helpdesk says. Nothing else is read: a name or a number of a citizen is refused."""

    model_config = ConfigDict(extra="forbid")

    service: str = Field(max_length=40, description="code of the service")
    unit: str = Field("", max_length=40, description="needed when two units have that service")
    office: str = Field("", max_length=40, description="if given, must be the token's office")
    ticket: str = Field(
        "",
        max_length=60,
        description="number of the ticket, with a digit and no blanks; it is not stored",
        # What `check_references` takes, told to whoever reads the description.
        json_schema_extra={
            "pattern": "^([0-9][A-Za-z0-9#._/-]*|[A-Za-z#][A-Za-z0-9#._/-]*[0-9][A-Za-z0-9#._/-]*)?$"
        },
    )


class InvitationOut(Schema):
    url: str
    code: str
    expires: date


@router.get(
    "/services",
    auth=Bearer(Scope.SERVICES),
    response={200: list[ServiceOut], REFUSALS: Problem},
    summary="Services of the office",
)
def services(request: HttpRequest) -> list[dict[str, Any]]:
    """All of them at once, with the address of each form; an office has some dozens."""
    rows = office_services(request).order_by("unit__position", "unit__code", "code")
    return [
        {
            "office": row.office.code,
            "unit": row.unit.code,
            "service": row.code,
            "name": row.name,
            "url": f"{settings.PUBLIC_URL}{row.get_absolute_url()}",
            "codes": row.codes,
            "is_open": row.closed_at is None,
        }
        for row in rows
    ]


@router.post(
    "/invitations",
    auth=Bearer(Scope.INVITATIONS),
    response={
        frozenset({200, 201}): InvitationOut,
        REFUSALS | {400, 404, 409, 413}: Problem,
    },
    summary="A one-time link for one closed ticket",
)
def invitation(
    request: HttpRequest,
    body: InvitationIn,
    idempotency_key: HeaderEx[
        str,
        P(
            alias="Idempotency-Key",
            max_length=200,
            description="the caller's own name of this request, kept for 24 hours",
            examples=["6f1f2a1e-ticket-1"],
        ),
    ] = "",
) -> Any:
    """201 for a new link, 200 with the same link when ticket or Idempotency-Key came before; the
    same key with another request is refused (`key-reused`). Whether a link was used is never said."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    uid = once(request, token, idempotency_key)
    service = find_service(request, body)
    try:
        made = invite(service, token, reference=reference_of(body.ticket, uid))
    except CodesOff as off:
        raise Refused(
            409,
            "codes-off",
            _("Layanan ini tidak memakai kode. Tim survei menyalakannya di halaman layanan."),
        ) from off
    except CodeRefused as refusal:
        raise Refused(409, "revoked", _("Kode untuk tiket ini sudah dicabut kantor.")) from refusal
    told = {
        "url": address(service, made.code),
        "code": made.code,
        "expires": made.expires_on,
    }
    return Status(201 if made.is_new else 200, told)


def office_services(request: HttpRequest) -> Any:
    """Those of the token's own office; of another office nothing is seen."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    return Service.objects.select_related("office", "unit").filter(office=token.office)


def find_service(request: HttpRequest, body: InvitationIn) -> Service:
    found = office_services(request).filter(code=body.service)
    if body.unit:
        found = found.filter(unit__code=body.unit)
    if body.office:
        found = found.filter(office__code=body.office)
    rows: list[Service] = list(found[:2])
    if not rows:
        raise Refused(404, "unknown-service", _("Layanan itu tidak ada di kantor token ini."))
    if len(rows) > 1:
        text = _("Dua unit memiliki layanan dengan kode itu; sebutkan unitnya.")
        raise Refused(422, "ambiguous-service", text, {"unit": [text]})
    if rows[0].closed_at is not None:
        raise Refused(409, "service-closed", _("Survei layanan ini sudah ditutup."))
    return rows[0]


def reference_of(ticket: str, uid: str) -> str:
    """What makes the same request the same: the office's ticket, else the caller's own key, as
    `once` remembers it."""
    if ticket:
        try:
            check_references([ticket])
        except ValidationError as found:
            text = _("Bukan nomor tiket: huruf, angka, dan - _ . / #, tanpa spasi dan tanpa nama.")
            raise Refused(422, "invalid", text, {"ticket": [text]}) from found
        return f"ticket:{ticket}"
    return f"key:{uid}" if uid else ""


api.add_router("", router)
for part in (spans, rollups, lists):
    api.add_router("", part.router)
