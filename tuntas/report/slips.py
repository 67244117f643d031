"""Slips to cut: one-time codes on A4, each with its QR code, service and last day.

Not a report: it is made once, together with the codes, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation

from tuntas.models import InvitationBatch
from tuntas.models.invitations import address, shown
from tuntas.report import numbers
from tuntas.report.pdf import typeset
from tuntas.report.posters import qr_svg

# More does not fit on a slip of 55 mm, and the code must.
LONGEST_NAME = 80


@translation.override("id")  # paper for citizens, whatever the officer reads
def render(batch: InvitationBatch, codes: Sequence[str]) -> bytes:
    """The codes of the batch as PDF/A. Raises MissingFont."""
    service = batch.service
    data = {
        "title": f"Kode penilaian – {service.name}",
        "office": service.office.name,
        "service": shortened(service.name),
        "unit": service.unit.name,
        "expires": numbers.day(batch.expires_on),
        "site": f"{settings.PUBLIC_URL}{service.get_absolute_url()}".split("://", 1)[1],
        "slips": [
            {"code": shown(code), "qr": qr_svg(f"{address(service, code)}&c=qr", "m", border=0)}
            for code in codes
        ],
    }
    return typeset("slips", data)


def shortened(name: str) -> str:
    """A name that leaves room for the code below it."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"
