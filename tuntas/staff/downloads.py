"""A file to download, made for this request."""

from __future__ import annotations

from django.http import HttpResponse


def download(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """`content` of the media type `kind`, kept by the browser under `name`."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
