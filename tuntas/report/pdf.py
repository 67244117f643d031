"""Content to PDF by Typst: archival (PDF/A-2b), tagged, with the project's own fonts only.

The words reach Typst as JSON data, so nothing a citizen or officer wrote is ever read as markup.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

from tuntas.models import Report

FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
FACES = ("Regular", "Bold", "Italic", "BoldItalic")
# Archival; the kinds in ACCESSIBLE are also checked against PDF/UA-1 while they are set.
STANDARD: Literal["a-2b"] = "a-2b"
ACCESSIBLE = frozenset({"monthly"})
PRINT_PPI = 300


class MissingFont(Exception):
    """A font file of the package is not there; the message says which and what to do."""


def check_fonts(folder: Path) -> None:
    missing = [
        f"LiberationSans-{face}.ttf"
        for face in FACES
        if not (folder / f"LiberationSans-{face}.ttf").is_file()
    ]
    if missing:
        raise MissingFont(
            f"Berkas huruf {', '.join(missing)} tidak ada di {folder}. PDF tidak dapat dibuat. "
            "Pasang ulang Tuntas: berkas huruf adalah bagian dari paketnya."
        )


def render(report: Report, fonts: Path = FONTS) -> bytes:
    """The report as PDF/A. The same report gives the same bytes. Raises MissingFont."""
    return typeset(report.kind, data_of(report), made_at=report.made_at, fonts=fonts)


def data_of(report: Report) -> dict[str, Any]:
    return {
        "content": report.content,
        "title": report.title,
        "code": report.code,
        "number": report.number,
        "logo": list(base64.b64decode(report.content.get("letterhead", {}).get("logo", ""))),
        "accessible": report.kind in ACCESSIBLE,
        "verify": f"{settings.PUBLIC_URL}/v/{report.code}/",
    }


def pages_of(report: Report, fonts: Path = FONTS) -> list[int]:
    """The page of each heading of the contents, in order. Raises MissingFont."""
    check_fonts(fonts)
    told = typst.query(
        str(FOLDER / "typ" / f"{report.kind}.typ"),
        "<pages>",
        field="value",
        one=True,
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data_of(report), ensure_ascii=False)},
    )
    return list(json.loads(told))


def typeset(
    name: str,
    data: dict[str, Any],
    *,
    made_at: datetime | None = None,
    format: Literal["pdf", "png"] = "pdf",
    ppi: float = PRINT_PPI,
    fonts: Path = FONTS,
) -> bytes:
    """`typ/NAME.typ` with this data as PDF/A, or a document of one page as PNG, for print unless
    `ppi` says otherwise. `made_at` stands in a PDF: now when it is not given.

    Raises MissingFont.
    """
    check_fonts(fonts)
    made = typst.compile(
        str(FOLDER / "typ" / f"{name}.typ"),
        format=format,
        ppi=ppi,
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=standards_of(name) if format == "pdf" else [],
        timestamp=int(made_at.timestamp()) if made_at else None,
    )
    return bytes(made)


def standards_of(name: str) -> list[Any]:
    return [STANDARD, "ua-1"] if name in ACCESSIBLE else [STANDARD]
