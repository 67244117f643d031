"""Uploads: what a file is told by its bytes, how it is given back, and what its name may do."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.conftest import Cast
from tests.things import DURING, ONE_PIXEL
from tuntas.models import ActionPlan, Evidence, Import

HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
# A picture to one program and a page to another: kept as what its first bytes say.
POLYGLOTS = {
    "gambar.png": (ONE_PIXEL + HTML, "image/png"),
    "gambar.html": (ONE_PIXEL + HTML, "image/png"),
    "surat.pdf": (b"%PDF-1.7\n" + HTML, "application/pdf"),
    "surat.svg": (b"%PDF-1.7\n" + SVG, "application/pdf"),
    "arsip.html": (b"PK\x03\x04" + HTML, "application/zip"),
    "foto.js": (b"\xff\xd8\xff" + HTML, "image/jpeg"),
}
NAMES = {
    "up": "../../../etc/cron.d/x.pdf",
    "backslashes": "..\\..\\x.pdf",
    "nul": "a\0b.pdf",
    "long": "x" * 300 + ".pdf",
    "right-to-left": "laporan\u202efdp.exe.pdf",
    "lines": "a\r\nSet-Cookie: b=c\r\n\r\n<script>.pdf",
    "quotes": 'a"; filename="b.html',
    "only dots": "..",
    "empty": "",
    "wide": "ｌａｐｏｒａｎ.pdf",
}


@pytest.fixture
def plan(cast: Cast) -> ActionPlan:
    return ActionPlan.add(
        cast.pensiun, by=None, survey_month=DURING.date().replace(day=1), action="Menambah kursi."
    )


def given_back(cast: Cast, row: Evidence) -> Any:
    answer = cast.client("team").get(reverse("evidence-file", args=[row.plan_id, row.pk]))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    for close in answer._resource_closers:  # type: ignore[attr-defined]
        close()
    return answer, content


@pytest.mark.parametrize("name", ["bukti.pdf", "bukti.png", "bukti.jpg", "bukti.docx", "x.html"])
@pytest.mark.parametrize(
    "content",
    [
        HTML,
        SVG,
        b"GIF89a" + HTML,
        b"\xef\xbb\xbf%PDF-1.7",
        b" %PDF-1.7",
        b"MZ\x90\0",
        b"#!/bin/sh",
        b"",
    ],
)
@pytest.mark.django_db
def test_what_is_no_such_file_is_refused_whatever_it_is_called(
    cast: Cast, plan: ActionPlan, name: str, content: bytes, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    answer = cast.client("team").post(
        reverse("plan-evidence", args=[plan.pk]),
        {"evidence-file": SimpleUploadedFile(name, content, content_type="application/pdf")},
    )
    assert answer.status_code == 422
    assert not plan.evidence.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", POLYGLOTS)
@pytest.mark.django_db
def test_what_is_two_things_at_once_is_given_back_as_a_download(
    cast: Cast, plan: ActionPlan, name: str
) -> None:
    content, kind = POLYGLOTS[name]
    answer, came = given_back(cast, plan.add_file(name, content, by=None))
    assert came == content
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.django_db
def test_a_picture_shown_is_drawn_anew(cast: Cast, plan: ActionPlan) -> None:
    row = plan.add_file("a.png", ONE_PIXEL + HTML, by=None)
    answer = cast.client("team").get(reverse("evidence-preview", args=[plan.pk, row.pk]))
    assert answer["Content-Type"] == "image/png"
    assert b"<script" not in answer.content
    assert Image.open(io.BytesIO(answer.content)).format == "PNG"


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.django_db
def test_a_name_is_words_only(cast: Cast, plan: ActionPlan, kind: str) -> None:
    """It neither leads to a place, nor ends a header, nor makes one file look like another."""
    row = plan.add_file(NAMES[kind], b"%PDF-1.7 " + kind.encode(), by=None)
    row.refresh_from_db()
    path = Path(default_storage.path(row.storage_path))
    assert path.name == row.sha256
    assert path.is_relative_to(product.MEDIA_ROOT)
    assert len(row.file_name) <= 200
    assert row.file_name.isprintable(), row.file_name
    assert not set(row.file_name) & set("/\\"), row.file_name
    assert row.file_name.strip(". ")
    upload = ContentFile(b"u1\n3\n")
    spreadsheet = Import.add(cast.service, upload, NAMES[kind], by=cast.people["team"])
    assert spreadsheet.file_name == row.file_name
    assert spreadsheet.path.is_relative_to(product.MEDIA_ROOT)
    answer, _content = given_back(cast, row)
    assert answer["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in answer
    assert not set("\r\n") & set(answer["Content-Disposition"])


@pytest.mark.django_db
def test_a_file_of_exactly_the_largest_size_is_kept_and_one_more_byte_is_not(
    plan: ActionPlan, settings: Any
) -> None:
    settings.EVIDENCE_MAX_BYTES = 1024
    plan.add_file("a.pdf", b"%PDF-1.7".ljust(1024), by=None)
    with pytest.raises(ValidationError, match="terlalu besar"):
        plan.add_file("b.pdf", b"%PDF-1.7".ljust(1025), by=None)
