"""Slips to cut: one-time codes on A4, each with its QR code, service and last day.

Not a report: it is made once, together with the codes, and nothing of it is kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import segno
import typst
from django.conf import settings
from django.utils import translation

from tuntas.models import InvitationBatch
from tuntas.models.invitations import address, shown
from tuntas.report import numbers
from tuntas.report.pdf import FOLDER, FONTS, STANDARD, check_fonts

# More does not fit on a slip of 55 mm, and the code must.
LONGEST_NAME = 80


@translation.override("id")  # paper for citizens, whatever the officer reads
def render(batch: InvitationBatch, codes: Sequence[str]) -> bytes:
    """The codes of the batch as PDF/A. Raises MissingFont."""
    check_fonts(FONTS)
    service = batch.service
    data = {
        "title": f"Kode penilaian – {service.name}",
        "office": service.office.name,
        "service": shortened(service.name),
        "unit": service.unit.name,
        "expires": numbers.day(batch.expires_on),
        "site": f"{settings.PUBLIC_URL}{service.get_absolute_url()}".split("://", 1)[1],
        "slips": [
            {"code": shown(code), "qr": qr_of(f"{address(service, code)}&c=qr")} for code in codes
        ],
    }
    made = typst.compile(
        str(FOLDER / "typ" / "slips.typ"),
        format="pdf",
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=STANDARD,
    )
    return bytes(made)


def shortened(name: str) -> str:
    """A name that leaves room for the code below it."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def qr_of(link: str) -> str:
    out = io.BytesIO()
    segno.make(link, error="m").save(out, kind="svg", border=0, xmldecl=False, nl=False)
    return out.getvalue().decode()
