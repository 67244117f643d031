"""Stationery: what the papers of an office look like: letterhead, logo, paper, report numbers."""

from __future__ import annotations

import base64
import re
from datetime import date

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office
from tuntas.models.people import User

# A redrawn logo larger than this would make every document heavy.
LOGO_MAX_BYTES = 300 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
MOST_LINES = 6
ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
# What a report number may be made of; only the running number is a must.
NUMBER_PLACES = {
    "urut": _("nomor urut dalam tahun itu, misalnya 007"),
    "kode": _("kode kantor"),
    "jenis": _("jenis laporan: SKM, TL, OLAH, MONEV, RTL, REKAP, ZI"),
    "bulan": _("bulan laporan, misalnya 08"),
    "romawi": _("bulan laporan dengan angka Romawi, misalnya VIII"),
    "tahun": _("tahun laporan"),
}


class Paper(models.TextChoices):
    """Sheets that Indonesian offices print on."""

    A4 = "a4", _("A4 (210 × 297 mm)")
    F4 = "f4", _("F4/folio (215 × 330 mm)")


def check_pattern(pattern: str) -> None:
    """Raise ValidationError for an unknown place, a stray brace, or no running number."""
    places = re.findall(r"\{([^{}]*)\}", pattern)
    for name in places:
        if name not in NUMBER_PLACES:
            raise ValidationError(
                _("Tempat isian {%(name)s} tidak dikenal. Yang tersedia: %(known)s."),
                params={"name": name, "known": ", ".join(f"{{{one}}}" for one in NUMBER_PLACES)},
            )
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", pattern)):
        raise ValidationError(_("Ada kurung kurawal yang tidak berpasangan."))
    if pattern and "urut" not in places:
        raise ValidationError(_("Pola nomor harus memuat {urut} agar tidak ada nomor yang sama."))


def check_letterhead(text: str) -> None:
    """Raise ValidationError for more lines than fit."""
    if len(text.splitlines()) > MOST_LINES:
        raise ValidationError(
            _("Kop paling banyak %(most)s baris; gabungkan atau hapus sebagian."),
            params={"most": MOST_LINES},
        )


class Stationery(models.Model):
    """What every document of an office carries. A document keeps what it was made with."""

    office = models.OneToOneField(Office, models.CASCADE, related_name="stationery")
    letterhead = models.TextField(
        _("kop surat"), max_length=600, blank=True, validators=[check_letterhead]
    )
    # Drawn anew from what was uploaded, always PNG; empty without a logo.
    logo = models.BinaryField(default=b"", blank=True)
    number_pattern = models.CharField(
        _("pola nomor laporan"), max_length=100, blank=True, validators=[check_pattern]
    )
    signatory_rank = models.CharField(_("pangkat/golongan"), max_length=80, blank=True)
    paper = models.CharField(_("kertas"), max_length=2, choices=Paper, default=Paper.A4)

    def __str__(self) -> str:
        return f"{self.office_id}"

    @classmethod
    def of(cls, office: Office) -> Stationery:
        """The office's stationery; the defaults, not stored, while it changed nothing."""
        return cls.objects.filter(office=office).first() or cls(office=office)

    @property
    def letterhead_lines(self) -> list[str]:
        return [line.strip() for line in self.letterhead.splitlines() if line.strip()]

    @property
    def logo_text(self) -> str:
        """The logo as Base64, as documents keep it; empty without one."""
        return base64.b64encode(bytes(self.logo)).decode() if self.logo else ""

    def change(self, *, by: User | None, **fields: str) -> None:
        """Change texts, paper or number pattern. Raises ValidationError."""
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        with transaction.atomic():
            self.save()
            Event.record(
                "stationery.changed", by=by, about=self, office=self.office, fields=sorted(fields)
            )

    def put_logo(self, png: bytes, *, by: User | None) -> None:
        """Use a picture, already drawn anew as PNG; empty bytes take the logo away.

        Raises ValidationError for another type and beyond LOGO_MAX_BYTES.
        """
        if png and not png.startswith(PNG):
            raise ValidationError({"logo": _("Logo harus berupa gambar PNG atau JPEG.")})
        if len(png) > LOGO_MAX_BYTES:
            raise ValidationError(
                {"logo": _("Logo terlalu rinci; gunakan gambar yang lebih sederhana.")}
            )
        with transaction.atomic():
            self.logo = png
            self.save()
            Event.record("stationery.logo", by=by, about=self, office=self.office, bytes=len(png))

    def number(self, ordinal: int, kind: str, on: date) -> str:
        """The number of the `ordinal`-th document of a year, by the office's pattern."""
        words = {
            "urut": f"{ordinal:03d}",
            "kode": self.office.code.upper(),
            "jenis": kind,
            "bulan": f"{on.month:02d}",
            "romawi": ROMAN[on.month],
            "tahun": str(on.year),
        }
        return re.sub(r"\{([^{}]*)\}", lambda place: words[place[1]], self.number_pattern)
