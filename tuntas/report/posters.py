"""Posters, table tents and stickers with the QR code that leads to a form: ready for print.

    pdf = poster(office, size="tent", format="pdf", service=service)

Without a service the code leads to the page where the citizen chooses one. The words are those of
the citizens' form, in Indonesian and English, the same for every office.
"""

from __future__ import annotations

import io
from typing import Literal
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tuntas.models import Channel, Office, Service, Unit
from tuntas.report.pdf import typeset

# Kind to what it is called. Error correction: a wall poster gets torn and drawn on, so its code
# survives the loss of a quarter; on a sticker bigger squares help more than redundancy.
SIZES = {"a4": "Poster A4", "tent": "Tenda meja A5", "stickers": "Lembar stiker"}
CORRECTION = {"a4": "q", "tent": "q", "stickers": "m"}
FORMATS = {"pdf": "application/pdf", "png": "image/png"}


class NotAPoster(ValueError):
    """A size or format that does not exist; the message names those that do."""


def poster(
    office: Office,
    *,
    size: str,
    format: str,
    unit: Unit | None = None,
    service: Service | None = None,
) -> bytes:
    """The file for the printer. Raises NotAPoster and MissingFont."""
    if size not in SIZES:
        raise NotAPoster(f"ukuran {size!r} tidak dikenal; pilih {', '.join(SIZES)}")
    if format not in FORMATS:
        raise NotAPoster(f"format {format!r} tidak dikenal; pilih {', '.join(FORMATS)}")
    kind: Literal["pdf", "png"] = "png" if format == "png" else "pdf"
    url = address(office, Channel.QR, unit=unit, service=service)
    about = service or unit
    data = {
        "title": f"{SIZES[size]} – {about.name if about else office.name}",
        "content": {"office": office.name},
        "size": size,
        "service": service.name if service else "",
        "unit": (service.unit if service else unit).name if about else "",  # type: ignore[union-attr]
        "is_demo": office.is_demo,
        "qr": qr_svg(url, CORRECTION[size]),
        "url": url,
        "typed": typed(address(office, None, unit=unit, service=service)),
        **words(service),
    }
    return typeset("poster", data, made_at=timezone.now(), format=kind)


def words(service: Service | None) -> dict[str, str]:
    """What a poster says: one clear sentence, and what happens with the answers."""
    if service is None:
        do = "Pindai, pilih layanan, lalu jawab beberapa pertanyaan singkat."
        do_en = "Scan, choose the service, then answer a few short questions."
    else:
        n = len(service.edition.question_list)
        do = f"Pindai, lalu jawab {n} pertanyaan singkat, 1–2 menit."
        do_en = f"Scan, then answer {n} short questions, 1–2 minutes."
    return {
        "ask": "Bagaimana pelayanan kami?",
        "ask_en": "How was our service?",
        "do": do,
        "do_en": do_en,
        "promise": "Nama tidak ditanyakan. Setiap saran dijawab.",
        "promise_en": "We do not ask your name. Every suggestion is answered.",
    }


def address(
    office: Office,
    channel: str | None,
    *,
    unit: Unit | None = None,
    service: Service | None = None,
) -> str:
    """Where a link or code leads: the form of the service, or the choice of services.

    `channel` None leaves the mark of the channel out, for an address that is typed.
    """
    marks = {} if channel is None else {"c": channel}
    if service is not None:
        path = service.get_absolute_url()
    else:
        path = reverse("service-chooser", args=[office.address])
        marks |= {"u": unit.code} if unit else {}
    return f"{settings.PUBLIC_URL}{path}" + (f"?{urlencode(marks)}" if marks else "")


def typed(url: str) -> str:
    """The shortest form of an address that a browser understands when it is typed."""
    return url.split("://", 1)[1].rstrip("/")


def qr_svg(url: str, error: str, *, border: int = 4) -> str:
    """The code with the quiet zone of four squares the standard asks for; less only where the paper
    around it is left white."""
    out = io.BytesIO()
    segno.make(url, error=error, micro=False).save(out, kind="svg", border=border, light="#fff")
    return out.getvalue().decode()


def poster_name(
    office: Office, size: str, format: str, unit: Unit | None = None, service: Service | None = None
) -> str:
    """`poster-a4-kanreg10-pensiun.pdf`."""
    codes = [office.code]
    if service is not None:
        codes += [service.unit.code, service.code]
    elif unit is not None:
        codes.append(unit.code)
    return f"poster-{size}-{'-'.join(codes)}.{format}"
