"""Files to download: made for this request, or kept as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from tuntas.models import Evidence, Publication, SignedFile
from tuntas.report import sheets

# What somebody uploaded is never a page of this site, whatever is in it.
DOWNLOAD_ONLY = "default-src 'none'; sandbox"


def download(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """`content` of the media type `kind`, kept by the browser under `name`."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def streamed(parts: Iterable[bytes], kind: str, name: str) -> StreamingHttpResponse:
    """The same of a file that need not fit into memory."""
    response = StreamingHttpResponse(parts, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def listed(
    format: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], name: str
) -> HttpResponseBase:
    """A long list: a workbook is made in memory, a CSV is sent row by row."""
    if format == "xlsx":
        return download(sheets.as_xlsx(title, heads, rows), sheets.TYPES[format], name)
    return streamed(sheets.csv_lines(heads, rows), sheets.TYPES[format], name)


def kept_file(row: Evidence | Publication | SignedFile) -> FileResponse:
    """An uploaded file, always as a download. Raises Http404 when the storage lacks it."""
    if not default_storage.exists(row.storage_path):
        raise Http404
    response = FileResponse(
        default_storage.open(row.storage_path),
        as_attachment=True,
        filename=row.file_name,
        content_type=row.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = DOWNLOAD_ONLY
    return response
